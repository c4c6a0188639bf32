// Where a training begins: anew, or at the weights that an earlier run had at one of its epochs.

function earlierView(view) {
  const opens = make("button", { type: "button", class: "nbreg-button", "aria-haspopup": "dialog" }, icon("branch"), "Continue from");
  const list = make("ul", {});
  const box = make("div", { class: "nbreg-popup nbreg-earlier", role: "dialog", "aria-label": "Continue from an earlier run" },
    make("p", { class: "nbreg-muted" }, "The next training begins with the weights of an earlier run. Ticked runs are drawn behind the curve."), list);
  const popup = opener(opens, box);
  const rows = new Map();
  let drawn = new Set();
  const compare = (number, wanted) => {
    if (wanted) drawn.add(number);
    else drawn.delete(number);
    view.ask("compare", { runs: [...drawn].sort((a, b) => a - b) });
  };
  const branch = (number, epoch = null) => {
    popup.open(false);
    view.ask("branch", { run: number, epoch });
    opens.focus();
  };
  const row = (run) => {
    const [name, words] = [make("b", {}, run.name), make("span", { class: "nbreg-muted" })];
    const tick = make("input", { type: "checkbox", "aria-label": `Draw ${run.name} behind the curve` });
    tick.addEventListener("change", () => compare(run.number, tick.checked));
    const epoch = make("input", { type: "text", inputmode: "numeric", size: "5", autocomplete: "off", "aria-label": `Epoch of ${run.name}` });
    const go = () => branch(run.number, epoch.value.trim() === "" ? null : Math.round(Number(epoch.value)) || null);
    epoch.addEventListener("keydown", (event) => event.key === "Enter" && go());
    const begin = button("Continue", go, { class: "nbreg-button nbreg-small", "aria-label": `Continue from ${run.name}` });
    const node = make("li", {}, tick, make("div", { class: "nbreg-earlier-name" }, name, words),
      make("div", { class: "nbreg-earlier-go" }, make("span", { class: "nbreg-muted" }, "epoch"), epoch, begin));
    const show = (now) => {
      say(name, now.name);
      say(words, now.words);
      words.title = now.words;
      epoch.placeholder = now.best_epoch ? `best ${now.best_epoch}` : "best";
      tick.checked = drawn.has(now.number);
      tick.hidden = now.name === view.get("state").name; // in front already
    };
    return { node, show };
  };
  view.follow("runs", (runs) => {
    popup.node.hidden = !runs.length;
    if (!runs.length) popup.open(false);
    const numbers = runs.map((run) => run.number);
    for (const [number, { node }] of rows) if (!numbers.includes(number) && (node.remove() ?? true)) rows.delete(number);
    for (const run of [...runs].sort((a, b) => a.number - b.number)) {
      if (!rows.has(run.number)) {
        rows.set(run.number, row(run));
        list.prepend(rows.get(run.number).node); // the latest first
      }
      rows.get(run.number).show(run);
    }
  });
  view.hear("earlier", ({ runs: shown }) => {
    drawn = new Set(shown.map((run) => run.number));
    for (const run of view.get("runs")) rows.get(run.number)?.show(run);
  });
  view.onEnd(popup.end);

  const words = make("span", {});
  const start = make("span", { class: "nbreg-tag nbreg-start", hidden: "" }, words,
    button("×", () => view.ask("begin_anew"), { "aria-label": "Begin anew instead" }));
  view.follow("start", ({ words: told = "" }) => {
    start.hidden = !told;
    say(words, told);
  });
  return { node: popup.node, start };
}
