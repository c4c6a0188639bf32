// The part of a form that is about the table: which one, its columns by their parts, and how rows are parted.

const MANY = 15; // columns beyond which they can be searched
const TYPES = { number: "123", category: "abc", boolean: "y/n", date: "date", text: "text" };
const SETS = ["train", "validation", "test"];

function tableChoice(view) {
  const control = selection([], (name) => view.ask("choose_table", { data: name }));
  const part = field({ name: "table", label: "Table", help: "The table to learn from." }, control);
  const show = () => {
    const tables = view.get("tables").map(({ name, words }) => [name, words ? `${name} · ${words}` : name]);
    const chosen = view.get("table");
    control.fill(tables.some(([name]) => name === chosen) ? tables : [["", "choose a table"], ...tables]);
    control.show(chosen);
  };
  view.follow("tables", show);
  view.follow("table", show);
  return part.node;
}

function targetNames(view) {
  return view.get("choices").target ?? [];
}

// One target is a list to choose from; more of them are chips below it.
function targetChoice(view, declared) {
  const choose = (names) => view.ask("choose", { name: "target", value: [...new Set(names.filter(Boolean))] });
  const first = selection([], (name) => choose([name, ...targetNames(view).slice(1)]));
  const next = selection([], (name) => {
    choose([...targetNames(view), name]);
    add.hidden = false;
    next.node.hidden = true;
    first.focus.focus();
  });
  const add = button("+ add", () => {
    add.hidden = true;
    next.node.hidden = false;
    next.focus.focus();
  }, { class: "nbreg-link", title: "Predict one more column", "aria-label": "Add a target" });
  const more = make("div", { class: "nbreg-tags" });
  next.node.hidden = true;
  next.focus.setAttribute("aria-label", "One more target");
  const part = field(declared, { ...first, output: add });
  part.node.append(next.node, more);
  const show = () => {
    const names = view.get("columns").map((column) => column.name);
    const targets = targetNames(view);
    first.fill([["", "choose a column"], ...names.map((name) => [name, name])]);
    first.show(names.includes(targets[0]) ? targets[0] : "");
    next.fill([["", "one more target"], ...names.filter((name) => !targets.includes(name)).map((name) => [name, name])]);
    next.show("");
    add.hidden = !targets.length || !next.node.hidden;
    more.replaceChildren(...targets.slice(1).map((name) => tag(name, `Do not predict ${name}`,
      () => choose(targetNames(view).filter((each) => each !== name)))));
  };
  return { names: ["target"], node: part.node, show, wrong: (problems) => part.wrong(problems.target), refill: show };
}

// Columns of the table, none or some, as words that can be taken away.
function columnsChoice(view, declared) {
  const { name } = declared;
  const chosen = () => view.get("choices")[name] ?? [];
  const choose = (names) => view.ask("choose", { name, value: names });
  const next = selection([], (column) => column && choose([...chosen(), column]));
  const tags = make("div", { class: "nbreg-tags" });
  const part = field(declared, next, 6);
  part.node.append(tags);
  const show = () => {
    const others = view.get("columns").map((column) => column.name).filter((column) => !chosen().includes(column));
    next.fill([["", chosen().length ? "one more column" : "none"], ...others.map((column) => [column, column])]);
    next.show("");
    tags.replaceChildren(...chosen().map((column) => tag(column, `Leave out ${column}`,
      () => choose(chosen().filter((each) => each !== column)))));
  };
  return { names: [name], node: part.node, show, wrong: (problems) => part.wrong(problems[name]), idle: part.idle, refill: show };
}

// Words that can be taken away.
function tag(words, advice, act) {
  return make("span", { class: "nbreg-tag", title: words }, make("span", {}, words), button("×", act, { "aria-label": advice }));
}

function bars(heights) {
  const wide = 40 / Math.max(1, heights.length);
  const part = wide > 3 ? wide - 1 : wide * 0.8;
  return shape("svg", { class: "nbreg-bars", viewBox: "0 0 40 14", "aria-hidden": "true" }, ...heights.map((height, index) => {
    const tall = height > 0 ? Math.max(1, 13 * height) : 0;
    return shape("rect", { x: (index * wide).toFixed(2), y: (14 - tall).toFixed(2), width: part.toFixed(2), height: tall.toFixed(2) });
  }));
}

function chip(column, press) {
  const parts = { bars: make("span", {}), about: make("span", { class: "nbreg-about" }), gaps: make("span", { class: "nbreg-gaps" }) };
  const mark = make("span", { class: "nbreg-mark", "aria-hidden": "true" }, "⚠");
  const node = button([
    make("span", { class: "nbreg-chip-name" }, make("b", {}, column.name), mark, make("i", {}, TYPES[column.kind] ?? column.kind)),
    make("span", { class: "nbreg-chip-about" }, parts.bars, parts.about, parts.gaps),
  ], press, { class: "nbreg-chip" });
  let shown = "";
  const show = (now, chosen) => {
    node.setAttribute("aria-pressed", String(chosen));
    const { role, ...told } = now;
    if (JSON.stringify(told) === shown) return;
    shown = JSON.stringify(told);
    parts.bars.replaceChildren(bars(now.bars ?? []));
    say(parts.about, now.missing ? "" : now.range);
    say(parts.gaps, now.missing);
    mark.hidden = !now.warning;
    const words = [now.name, now.kind, now.range, now.missing, now.warning].filter(Boolean);
    node.title = words.join(" · ");
    node.setAttribute("aria-label", words.join(", "));
  };
  return { node, show };
}

function featureChips(view, declared) {
  const chips = new Map();
  const grid = make("div", { class: "nbreg-chips", role: "group", tabindex: "-1" });
  const filter = make("input", { type: "search", placeholder: "Find a column", "aria-label": "Find a column", autocomplete: "off", hidden: "" });
  const count = make("span", { class: "nbreg-count" });
  const warnings = make("ul", { class: "nbreg-warnings", hidden: "" });
  const problem = make("p", { class: "nbreg-problem", hidden: "" });
  let [chosen, timer, late] = [new Set(), 0, false]; // while it is being clicked, what Python says waits
  const columns = () => view.get("columns").filter(({ role }) => role === "feature" || role === "out");
  const isUsual = ({ usual = true }) => usual;
  const choose = (change) => {
    change(chosen);
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      if (late) show();
    }, REST);
    draw();
    const taken = columns().filter(({ name }) => chosen.has(name));
    const asUsual = columns().every((column) => chosen.has(column.name) === isUsual(column));
    view.ask("choose", { name: "features", value: asUsual ? null : taken.map(({ name }) => name) });
  };
  const each = (act) => () => choose((set) => columns().forEach((column) => !chips.get(column.name).node.hidden && act(set, column)));
  const all = button("All", each((set, column) => isUsual(column) && set.add(column.name)), { class: "nbreg-link", "aria-label": "All features" });
  const none = button("None", each((set, { name }) => set.delete(name)), { class: "nbreg-link", "aria-label": "No features" });
  const leaveOut = button("", () => choose((set) => columns().forEach((column) => column.warning && set.delete(column.name))),
    { class: "nbreg-button nbreg-small" });
  const find = () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const [name, { node }] of chips) node.hidden = !name.toLowerCase().includes(wanted);
  };
  const draw = () => {
    const list = columns();
    for (const column of list) chips.get(column.name).show(column, chosen.has(column.name));
    say(count, `${list.filter(({ name }) => chosen.has(name)).length} of ${list.length}`);
    const suspicious = list.filter((column) => column.warning && chosen.has(column.name));
    leaveOut.hidden = suspicious.length < 1;
    say(leaveOut, suspicious.length > 1 ? `Leave out these ${suspicious.length}` : "Leave it out");
    warn(suspicious);
  };
  const warn = (suspicious) => {
    const sentences = suspicious.map((column) => `${column.name}\n${column.warning}`);
    warnings.hidden = !sentences.length;
    if (warnings.dataset.shown === sentences.join("\n")) return;
    warnings.dataset.shown = sentences.join("\n");
    warnings.replaceChildren(...suspicious.map(({ name, warning }) =>
      make("li", {}, ...(warning.includes(name) ? [warning] : [make("b", {}, name), `: ${warning}`]))));
  };
  const show = () => {
    if (timer) return (late = true);
    late = false;
    const list = columns();
    if ([...chips.keys()].join("\n") !== list.map((column) => column.name).join("\n")) {
      chips.clear();
      for (const column of list) {
        chips.set(column.name, chip(column, () => choose((set) => set.delete(column.name) || set.add(column.name))));
      }
      grid.replaceChildren(...[...chips.values()].map(({ node }) => node));
      filter.hidden = list.length <= MANY;
      filter.value = "";
    }
    chosen = new Set(list.filter((column) => column.role === "feature").map((column) => column.name));
    draw();
  };
  filter.addEventListener("input", find);
  grid.setAttribute("aria-label", declared.label);
  const node = make("div", { class: "nbreg-field nbreg-features", "data-name": "features", "data-span": 6 },
    make("div", { class: "nbreg-label", title: declared.help }, make("span", {}, declared.label), count,
      make("span", { class: "nbreg-links" }, all, none)),
    filter, grid, make("div", { class: "nbreg-suspicion" }, warnings, leaveOut), problem);
  const wrong = ({ features = "" }) => {
    problem.hidden = !features;
    say(problem, features);
  };
  const idle = (reason = "") => {
    node.hidden = Boolean(reason);
  };
  return { names: ["features"], node, show, wrong, idle, refill: show };
}

function perCent(share) {
  return `${Math.round(100 * share)} %`;
}

// How rows are parted: at random, by time or by group.
function splitChoice(view, declared) {
  const columns = () => view.get("columns").map((column) => column.name);
  const choose = (name, value) => view.ask("choose", { name, value });
  const kinds = field(declared.split, { ...segments(optionsOf(declared.split.choices), (word) => choose("split", word)) }, 6);
  const by = ["time", "group"].filter((name) => declared[name]).map((name) => [name,
    field({ ...declared[name], label: `Column of ${name}s` },
      control({ ...declared[name], needed: true }, (value) => choose(name, value), columns), 6)]);
  const show = (choices, anew) => {
    kinds.show(choices.split, anew);
    for (const [name, part] of by) {
      part.node.hidden = choices.split !== name;
      part.show(choices[name], true); // the table's columns may be other ones
    }
  };
  const wrong = (problems) => {
    kinds.wrong(problems.split);
    for (const [name, part] of by) part.wrong(problems[name]);
  };
  const node = make("div", { class: "nbreg-split", "data-span": 6 }, kinds.node, ...by.map(([, part]) => part.node));
  return { names: ["split", "time", "group"], node, show, wrong };
}

// How many rows go where: one bar with two handles.
function sharesChoice(view) {
  const choose = (name, value) => view.ask("choose", { name, value });
  const share = { validation: 0, test: 0 };
  const sent = { validation_fraction: 0, test_fraction: 0 };
  const pieces = Object.fromEntries(SETS.map((name) => [name, make("span", { class: `nbreg-piece nbreg-of-${name}` })]));
  const words = Object.fromEntries(SETS.map((name) => [name, make("b", {})]));
  const handle = (label) => make("input", { type: "range", min: "0", max: "100", step: "1", "aria-label": label });
  const [low, high] = [handle("End of the train rows, per cent"), handle("End of the validation rows, per cent")];
  const draw = () => {
    const train = 1 - share.validation - share.test;
    const parts = { train, ...share };
    for (const name of SETS) {
      pieces[name].style.flexGrow = parts[name];
      say(words[name], perCent(parts[name]));
    }
    low.value = Math.round(100 * train);
    high.value = Math.round(100 * (1 - share.test));
    const told = SETS.map((name) => `${name} ${perCent(parts[name])}`).join(", ");
    for (const each of [low, high]) each.setAttribute("aria-valuetext", told);
  };
  const tell = paced(([validation, test]) => {
    // The share that shrinks goes first: together they stay below all rows.
    const wishes = [["validation_fraction", validation], ["test_fraction", test]];
    wishes.sort(([a, x], [b, y]) => x - sent[a] - (y - sent[b]));
    for (const [name, value] of wishes) if (value !== sent[name]) choose(name, (sent[name] = value));
  });
  const move = (moved) => () => {
    const train = Math.max(10, Math.min(Number(low.value), moved === low ? Math.round(100 * (1 - share.test)) : Number(high.value)));
    const end = moved === high ? Math.max(Number(high.value), train) : Math.round(100 * (1 - share.test));
    Object.assign(share, { validation: (end - train) / 100, test: (100 - end) / 100 });
    draw();
    tell([share.validation, share.test]);
  };
  for (const each of [low, high]) each.addEventListener("input", move(each));
  const bar = make("div", { class: "nbreg-parts" }, ...SETS.map((name) => pieces[name]), low, high);
  const legend = make("div", { class: "nbreg-parts-words" }, ...SETS.map((name) => make("span", { class: `nbreg-of-${name}` }, `${name} `, words[name])));
  const problem = make("p", { class: "nbreg-problem", hidden: "" });
  const node = make("div", { class: "nbreg-field nbreg-shares", "data-name": "validation_fraction", "data-span": 6 }, bar, legend, problem);
  const show = underHand(bar, (choices) => {
    const { validation_fraction = 0, test_fraction = 0 } = choices;
    Object.assign(sent, { validation_fraction, test_fraction });
    Object.assign(share, { validation: validation_fraction, test: test_fraction });
    draw();
  });
  const wrong = (problems) => {
    const sentence = problems.validation_fraction || problems.test_fraction || "";
    problem.hidden = !sentence;
    say(problem, sentence);
  };
  return { names: ["validation_fraction", "test_fraction"], node, show, wrong };
}
