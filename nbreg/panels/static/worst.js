// Where it fails: the worst rows, each to be chosen, and groups of rows, each to be marked.

function worstView(view) {
  const headed = (title, ...children) => box("worst", title, [make("h3", {}, title)], ...children);
  const [rows, slices, marked] = [make("div", { class: "nbreg-list" }), make("div", { class: "nbreg-list" }), make("div", { class: "nbreg-list" })];
  const words = make("p", { class: "nbreg-muted" });
  const ofSlice = make("div", { hidden: "" }, make("h4", {}, "Its worst rows"), marked);
  const line = (each) => {
    const node = button([make("span", {}, "row ", make("b", {}, each.name)), ...each.texts.map((text, i) =>
      make("span", i === 2 ? { class: each.too_low ? "nbreg-raises" : "nbreg-lowers" } : {}, text))],
    () => view.ask("choose", { row: each.row }), { class: "nbreg-line", "data-row": each.row });
    node.setAttribute("aria-label", `Row ${each.name}: observed ${each.texts[0]}, predicted ${each.texts[1]}, residual ${each.texts[2]}`);
    return node;
  };
  const head = () => make("div", { class: "nbreg-line nbreg-line-head", "aria-hidden": "true" },
    ...["", "observed", "predicted", "residual"].map((text) => make("span", {}, text)));
  const slice = (each, i) => button([make("b", {}, each.words), make("span", {}, `${each.rows} · ${each.mae}; ${each.bias}`)],
    () => view.ask("mark", { number: view.get("marked") === i ? -1 : i }), { class: "nbreg-slice", "aria-pressed": "false" });
  const mark = () => {
    [...slices.querySelectorAll(".nbreg-slice")].forEach((node, i) => node.setAttribute("aria-pressed", String(view.get("marked") === i)));
    for (const node of view.root.querySelectorAll(".nbreg-line[data-row]")) {
      if (Number(node.dataset.row) === view.get("row")) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
  };
  const node = make("div", { class: "nbreg-pair", hidden: "" }, headed("Worst-predicted rows", words, rows),
    headed("Where residuals are large", slices, ofSlice));
  view.follow("worst", (worst) => {
    node.hidden = !worst.rows;
    if (!worst.rows) return;
    say(words, worst.words);
    rows.replaceChildren(head(), ...worst.rows.map(line));
    const none = make("p", { class: "nbreg-muted" }, "No group of rows stands out beyond chance.");
    slices.replaceChildren(...(worst.slices.length ? worst.slices.map(slice) : [none]));
    ofSlice.hidden = !worst.marked.length;
    marked.replaceChildren(head(), ...worst.marked.map(line));
    mark();
  });
  view.follow("marked", mark);
  view.follow("row", mark);
  return node;
}
