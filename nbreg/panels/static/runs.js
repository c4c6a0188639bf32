// The runs panel: a table of the session's runs to sort and filter, and the curves of those that are selected.

const FILTER_PACE = 150; // ms between two wishes while one types
const MORE_ROWS = 50; // that come into the page at a time, as one scrolls: laying out a table takes its time
const AHEAD = 600; // px before the end at which they do
const ADVICE = "Choosing by test metrics makes them too good to be true: choose by validation, look at test last.";

function runsToolbar(view) {
  const box = make("input", { type: "search", placeholder: "Filter runs", title: "Words that a run says, such as finished, or hidden 64", "aria-label": "Filter runs", autocomplete: "off", spellcheck: "false" });
  const count = make("span", { class: "nbreg-count", role: "status" });
  const send = paced((words) => view.ask("filter", { words }), FILTER_PACE);
  const show = underHand(box, (words) => {
    if (box.value !== words) box.value = words;
  });
  box.addEventListener("input", () => send(box.value));
  view.follow("words", show);
  view.follow("count", (words) => say(count, words));

  const test = toggle((on) => view.ask("show_test", { show: on }));
  const label = make("label", { class: "nbreg-with-test" }, test.node, "Test metrics");
  const advice = make("p", { class: "nbreg-advice", id: unique("advice") }, ADVICE);
  test.node.setAttribute("aria-describedby", advice.id);
  view.follow("with_test", (on) => {
    test.show(on);
    advice.hidden = !on;
  });

  const ticket = unique("file");
  const save = button("Export CSV", () => view.ask("export", { ticket }), { class: "nbreg-button", title: "All runs, numbers in full" });
  view.hear("file", (file) => {
    if (file.ticket !== ticket) return; // another view asked
    const link = make("a", { download: file.name, href: URL.createObjectURL(new Blob([file.text], { type: "text/csv" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    view.say(`Saved as ${file.name}`);
  });
  const node = make("div", { class: "nbreg-toolbar" },
    make("h2", {}, "Runs"), count, make("div", { class: "nbreg-tools" }, box, label, save));
  return { node, advice };
}

// The head: groups of columns, and below a button for each column to sort by it.
function runsHead(view) {
  const [groups, heads] = [make("tr", { class: "nbreg-column-groups" }), make("tr", { class: "nbreg-heads" })];
  let ends = [];
  const showSort = () => {
    for (const [name, node] of ends) {
      const sorted = name === view.get("sort");
      if (sorted) node.setAttribute("aria-sort", view.get("descending") ? "descending" : "ascending");
      else node.removeAttribute("aria-sort");
    }
  };
  const head = ({ name, title, group, numeric }) => {
    const sort = button([make("span", {}, title), make("i", { "aria-hidden": "true" })], () => view.ask("sort_by", { column: name }));
    if (group) sort.setAttribute("aria-label", `${title}, ${group}`);
    return make("th", { scope: "col", "data-column": name, class: `${numeric ? "nbreg-number" : ""}${name === "name" ? " nbreg-run-name" : ""}` }, sort);
  };
  const build = (columns) => {
    ends = columns.map((column) => [column.name, head(column)]);
    ends.forEach(([, node], index) => node.toggleAttribute("data-first", beginsGroup(columns, index)));
    heads.replaceChildren(make("th", { scope: "col", class: "nbreg-pick" }, make("span", { class: "nbreg-spoken" }, "Curve")), ...ends.map(([, node]) => node));
    const spans = [["", 0]];
    for (const { group } of columns) {
      if (group !== spans.at(-1)[0]) spans.push([group, 0]);
      spans.at(-1)[1] += 1;
    }
    groups.replaceChildren(make("td", { colspan: "3", class: "nbreg-corner" }), make("td", { colspan: String(spans[0][1] - 2) }),
      ...spans.slice(1).map(([group, span]) => make("th", { colspan: String(span), scope: "colgroup", "data-first": "" }, make("span", {}, group))));
    showSort();
  };
  return { node: make("thead", {}, groups, heads), build, showSort };
}

// Bring the children of `body` into an order without taking out the one that has the focus, which would lose it.
function reorder(body, wanted) {
  const held = wanted.find((node) => node.contains(document.activeElement));
  let next = body.firstElementChild;
  for (const node of wanted) {
    if (node === held) while (next !== held) [next] = [next.nextElementSibling, body.append(next)];
    if (node === next) next = next.nextElementSibling;
    else body.insertBefore(node, next);
  }
  while (next) [next] = [next.nextElementSibling, next.remove()];
}

function runsTable(view) {
  const head = runsHead(view);
  const body = make("tbody");
  const table = make("table", { role: "grid", "aria-label": "Runs of this session", "aria-multiselectable": "true" }, head.node, body);
  const nothing = make("p", { class: "nbreg-none", hidden: "" }, make("span"), button("Clear the filter", () => view.ask("filter", { words: "" }), { class: "nbreg-button" }));
  const node = make("div", { class: "nbreg-table" }, table);
  const rows = new Map();
  let [built, active, drawing, most, asked] = ["", null, false, MORE_ROWS, ""];

  const menu = runMenu([
    ["Use as latest", "", (row) => view.ask("use", { run: row.number })],
    ["Rename", "F2", (row) => row.rename()],
    ["Delete", "Del", (row) => row.confirm()],
  ]);
  const open = (row) => {
    activate(row);
    const now = row.number === view.get("latest");
    menu.open(row, [now, false, false]);
  };
  const added = (number) => {
    const row = runRow(number, {
      pick: (show) => view.ask("show_curve", { run: number, show }),
      rename: (name) => view.ask("rename", { run: number, name }),
      delete: () => view.ask("delete", { run: number }),
    });
    row.more.addEventListener("click", () => open(row));
    row.build(view.get("columns"));
    rows.set(number, row);
    return row;
  };
  const activate = (row) => {
    if (row === active) return;
    active?.setActive(false);
    active = row;
    active?.setActive(true);
  };
  const rowOf = (event) => rows.get(Number(event.target.closest("tr")?.dataset.run));
  body.addEventListener("focusin", (event) => activate(rowOf(event)));
  body.addEventListener("dblclick", (event) => event.target.closest(".nbreg-run") && rowOf(event).rename());
  body.addEventListener("keydown", (event) => {
    const row = rowOf(event);
    if (!row || isShortcut(event)) return;
    const to = (node) => node && rows.get(Number(node.dataset.run)).node.focus();
    const onRow = event.target === row.node;
    const actions = {
      ArrowDown: () => to(row.node.nextElementSibling), ArrowUp: () => to(row.node.previousElementSibling),
      Home: () => to(body.firstElementChild), End: () => {
        most = Infinity;
        draw();
        to(body.lastElementChild);
      },
      F2: row.rename, Delete: row.confirm,
      ...(onRow ? { Enter: () => open(row), " ": () => row.tick.click() } : {}),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  });

  const draw = () => {
    drawing = false;
    const [columns, lines, order] = [view.get("columns"), view.get("lines"), view.get("order")];
    if (JSON.stringify(columns) !== built) {
      built = JSON.stringify(columns);
      head.build(columns);
      for (const row of rows.values()) row.build(columns);
    }
    head.showSort();
    const there = [...body.children];
    const at = there.indexOf(active?.node);
    const focused = active?.node.contains(document.activeElement);
    const sorted = JSON.stringify(["sort", "descending", "words"].map((trait) => view.get(trait)));
    if (sorted !== asked) [asked, most, node.scrollTop] = [sorted, MORE_ROWS, 0];
    if (focused) most = Math.max(most, order.indexOf(active.number) + 1);
    const wanted = order.filter((number) => number in lines).slice(0, most).map((number) => rows.get(number) ?? added(number));
    reorder(body, wanted.map((row) => row.node));
    for (const number of rows.keys()) if (!(number in lines)) rows.delete(number);
    for (const row of wanted) row.show(lines[row.number], { place: view.get("colours")[row.number], latest: row.number === view.get("latest") });
    if (!active?.node.isConnected) {
      activate(wanted[Math.max(0, Math.min(at, wanted.length - 1))] ?? null);
      if (focused) active?.node.focus();
    }
    table.setAttribute("aria-rowcount", String(order.length + 2));
    nothing.hidden = wanted.length > 0 || !Object.keys(lines).length;
    say(nothing.firstChild, `No run says “${view.get("words")}”.`);
  };
  // Traits that come together are drawn once.
  const soon = () => {
    if (!drawing) queueMicrotask(draw);
    drawing = true;
  };
  for (const trait of ["columns", "lines", "order", "sort", "descending", "colours", "latest", "words"]) view.follow(trait, soon);
  node.addEventListener("scroll", () => {
    if (body.childElementCount >= view.get("order").length || node.scrollTop + node.clientHeight < node.scrollHeight - AHEAD) return;
    most += MORE_ROWS;
    soon();
  }, { passive: true });
  // A wish that came to nothing: the ticks show again what holds.
  view.follow("trouble", () => {
    for (const row of rows.values()) row.tick.checked = row.number in view.get("colours");
  });
  view.onEnd(menu.end);
  return { node: make("div", { class: "nbreg-table-frame" }, node, nothing, menu.node) };
}

function runsCurves(view) {
  const comparison = comparisonView({ loss: "Validation loss (dashed: train), of the scaled target", spoken: view.spoken });
  const legend = make("div", { class: "nbreg-legend" });
  const clear = button("Clear", () => view.ask("select", { runs: [] }), { class: "nbreg-button nbreg-tiny", "aria-label": "Clear all curves" });
  const node = make("section", { class: "nbreg-curves", "aria-label": "Curves" },
    make("div", { class: "nbreg-curves-head" }, make("h3", {}, "Curves"), legend, clear), comparison.root);
  const showLegend = () => {
    const [lines, colours] = [view.get("lines"), view.get("colours")];
    const chosen = view.get("selected").filter((number) => number in lines && number in colours);
    const known = JSON.stringify(chosen.map((number) => [number, lines[number].cells.name, colours[number]]));
    clear.hidden = chosen.length < 2;
    if (legend.dataset.known === known) return;
    legend.dataset.known = known;
    legend.replaceChildren(...chosen.map((number) => {
      const { name } = lines[number].cells;
      const chip = button([make("span", {}, name), make("i", { "aria-hidden": "true" }, "×")], () => view.ask("show_curve", { run: number, show: false }),
        { class: "nbreg-chip-run", "aria-label": `Take away the curve of ${name}`, title: name });
      chip.style.setProperty("--tone", `var(--nbreg-run-${colours[number]})`);
      return chip;
    }));
  };
  for (const trait of ["selected", "lines", "colours"]) view.follow(trait, showLegend);
  view.hear("curves", ({ runs }, buffers) => {
    comparison.setRuns(runs.map((run, index) => ({ ...run, numbers: floats(buffers[index]) })));
  });
  view.keepDrawn(comparison, comparison.root);
  return node;
}

function noRuns() {
  return make("div", { class: "nbreg-no-runs" }, make("h2", {}, "Nothing has been trained yet"),
    make("p", {}, "Train a network, and it stands here beside the others:"),
    make("p", {}, make("code", {}, "%nnreg fit DATA --target COLUMN"), make("span", {}, " or, with the mouse, "), make("code", {}, "%nnreg panel DATA")),
    make("p", { class: "nbreg-muted" }, "The table fills by itself; there is no need to open this panel again."));
}

function render({ model, el }) {
  return openPanel({ model, el }, "runs", (view) => {
    const [empty, toolbar] = [noRuns(), runsToolbar(view)];
    const full = make("div", { class: "nbreg-full" }, toolbar.node, toolbar.advice,
      make("div", { class: "nbreg-side" }, runsTable(view).node, runsCurves(view)));
    view.body.append(empty, full);
    view.follow("lines", (lines) => {
      const none = !Object.keys(lines).length;
      empty.hidden = !none;
      full.hidden = none;
    });
    view.follow("news", (words) => words && view.say(words));
  });
}

export default { render };
