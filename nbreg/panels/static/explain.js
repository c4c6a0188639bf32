// The explain panel: how it was explained, what matters, one feature, one row, and what if it were different.

const FIRST_CONTROLS = 6; // features that can be changed before the others are asked for
const GATHER = 25; // ms between two wishes of a slider that is being moved

function box(title, ...children) {
  return make("section", { class: "nbreg-box", "aria-label": title }, make("div", { class: "nbreg-box-head" }, make("h3", {}, title)), ...children);
}

// The head: what it is about, how it stands, by which method, for which target.

function headView(view) {
  const parts = {
    title: make("h2"), status: make("span", { class: "nbreg-status" }), about: make("p", { class: "nbreg-muted" }),
    hint: make("p", { class: "nbreg-muted nbreg-method-words" }), gap: make("p", { class: "nbreg-muted" }),
    bar: make("div", { class: "nbreg-bar", role: "progressbar", "aria-label": "Explaining", "aria-valuemin": "0", "aria-valuemax": "100" }),
    fill: make("div"), left: make("span", { class: "nbreg-muted" }),
  };
  parts.bar.append(parts.fill);
  const method = make("select");
  const target = make("select");
  method.addEventListener("change", () => view.ask("choose", { method: method.value }));
  target.addEventListener("change", () => view.ask("choose", { target: target.value }));
  const cancel = button("Cancel", () => view.ask("cancel"), { class: "nbreg-button" });
  const labelled = (words, node) => make("label", { class: "nbreg-labelled" }, make("span", {}, words), make("span", { class: "nbreg-select" }, node));
  const targets = labelled("Target", target);
  const busy = make("div", { class: "nbreg-busy", hidden: "" }, parts.bar, parts.left, cancel);

  const describe = () => {
    const { methods = [] } = view.get("about");
    const chosen = methods.find((each) => each.name === view.get("method"));
    if (chosen) say(parts.hint, [chosen.about, chosen.cost && `${chosen.cost[0].toUpperCase()}${chosen.cost.slice(1)}.`].filter(Boolean).join(" "));
    method.value = view.get("method");
  };
  view.follow("about", ({ methods = [], targets: names = [], regressor = "", n_rows: rows = 0, which = "" }) => {
    method.replaceChildren(...methods.map((each) => {
      const option = make("option", { value: each.name, title: each.refusal || each.about }, each.refusal ? `${each.name}: ${each.refusal}` : each.name);
      option.disabled = Boolean(each.refusal);
      return option;
    }));
    target.replaceChildren(...names.map((name) => make("option", { value: name }, name)));
    target.value = view.get("target");
    targets.hidden = names.length < 2;
    say(parts.about, regressor && `${regressor} · ${rows.toLocaleString("en-US")} ${which}`);
    describe();
  });
  view.follow("method", describe);
  view.follow("target", (name) => {
    target.value = name;
    say(parts.title, name ? `What predictions of ${name} hang on` : "Explain");
  });
  view.follow("status", (status) => {
    view.root.dataset.status = status;
    busy.hidden = status !== "explaining";
  });
  view.follow("words", (words) => {
    say(parts.status, words);
    view.say(words);
  });
  view.follow("progress", ({ share = null, left = "" }) => {
    parts.bar.toggleAttribute("data-unknown", share === null);
    parts.fill.style.width = share === null ? "" : `${100 * share}%`;
    if (share === null) parts.bar.removeAttribute("aria-valuenow");
    else parts.bar.setAttribute("aria-valuenow", Math.round(100 * share));
    say(parts.left, left || "getting started");
  });
  view.follow("summary", ({ gap = "" }) => say(parts.gap, gap));
  return make("header", { class: "nbreg-head" },
    make("div", { class: "nbreg-head-line" }, make("div", { class: "nbreg-head-name" }, parts.title, parts.about), parts.status),
    make("div", { class: "nbreg-head-tools" }, targets, labelled("Method", method), make("div", { class: "nbreg-head-words" }, parts.hint, parts.gap)), busy);
}

function cardsView(view) {
  const node = make("dl", { class: "nbreg-tiles" });
  view.follow("summary", ({ cards = [] }) => node.replaceChildren(...cards.map((card) =>
    make("div", { class: "nbreg-tile" }, make("dt", {}, card.label), make("dd", {}, card.value, make("small", {}, card.note))))));
  return node;
}

function cautionsView(view) {
  const list = make("ul");
  const node = make("aside", { class: "nbreg-cautions", "aria-label": "To keep in mind", hidden: "" }, list);
  view.follow("summary", ({ cautions = [] }) => {
    node.hidden = !cautions.length;
    list.replaceChildren(...cautions.map((each) => make("li", {}, each)));
  });
  return node;
}

// Choosing a row

function rowHead(view) {
  const number = make("input", { type: "number", min: "0", step: "1", "aria-label": "Row, counted from 0" });
  const words = make("span", { class: "nbreg-muted" });
  const go = (row) => {
    const last = (view.get("about").n_rows ?? 1) - 1;
    view.ask("choose", { row: Math.max(0, Math.min(last, row)) });
  };
  const [back, on] = [
    button("‹", () => go(view.get("row") - 1), { class: "nbreg-button nbreg-square", "aria-label": "Previous row" }),
    button("›", () => go(view.get("row") + 1), { class: "nbreg-button nbreg-square", "aria-label": "Next row" }),
  ];
  number.addEventListener("change", () => number.value !== "" && view.ask("choose", { row: Math.round(Number(number.value)) }));
  view.follow("row", (row) => {
    if (row >= 0) number.value = row;
    back.disabled = row <= 0;
    on.disabled = row >= (view.get("about").n_rows ?? 1) - 1;
  });
  view.follow("about", ({ n_rows: rows = 0, which = "" }) => {
    number.max = rows - 1;
    say(words, `of ${rows.toLocaleString("en-US")} ${which}, from 0`);
  });
  return make("div", { class: "nbreg-row-head" }, make("h3", {}, "One row"), make("span", { class: "nbreg-stepper" }, back, number, on), words);
}

function worstView(view) {
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
  const slice = (each, i) => {
    const node = button([make("b", {}, each.words), make("span", {}, `${each.rows} · ${each.mae}; ${each.bias}`)],
      () => view.ask("mark", { number: view.get("marked") === i ? -1 : i }), { class: "nbreg-slice", "aria-pressed": "false" });
    return node;
  };
  const mark = () => {
    [...slices.querySelectorAll(".nbreg-slice")].forEach((node, i) => node.setAttribute("aria-pressed", String(view.get("marked") === i)));
    for (const node of view.root.querySelectorAll(".nbreg-line[data-row]")) {
      if (Number(node.dataset.row) === view.get("row")) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
    }
  };
  const node = make("div", { class: "nbreg-pair", hidden: "" }, box("Worst-predicted rows", words, rows),
    box("Where residuals are large", slices, ofSlice));
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

// What if

function whatIfView(view) {
  const list = make("div", { class: "nbreg-controls" });
  const notices = make("div", { class: "nbreg-notices", role: "status" });
  const more = button("", () => {
    all = !all;
    arrange();
  }, { class: "nbreg-link", hidden: "" });
  const resetAll = button("Reset all", () => view.ask("reset"), { class: "nbreg-button nbreg-small", disabled: "" });
  let [all, controls] = [false, {}];

  const arrange = () => {
    const order = (view.get("summary").columns ?? []).filter((name) => name in controls);
    const changed = Object.keys(view.get("changes"));
    const shown = all || order.length <= FIRST_CONTROLS + 1 ? order : order.filter((name, i) => i < FIRST_CONTROLS || changed.includes(name));
    const nodes = shown.map((name) => controls[name].node);
    if (nodes.length !== list.children.length || nodes.some((node, i) => node !== list.children[i])) list.replaceChildren(...nodes);
    more.hidden = order.length <= FIRST_CONTROLS + 1;
    say(more, all ? "Show the most important only" : `Show all ${order.length} features`);
  };
  view.follow("about", ({ controls: declared = [] }) => {
    controls = Object.fromEntries(declared.map((each) => [each.name, valueControl(view, each)]));
    arrange();
  });
  view.follow("summary", arrange);
  view.follow("chosen", ({ values = {}, own = {}, changes = {}, notices: said = [] }) => {
    for (const [name, control] of Object.entries(controls)) control.show(values[name], own[name], name in changes);
    notices.replaceChildren(...said.map((each) => make("p", {}, each)));
    resetAll.disabled = !Object.keys(changes).length;
    arrange();
  });
  return make("section", { class: "nbreg-box nbreg-what-if", "aria-label": "What if" },
    make("div", { class: "nbreg-box-head" }, make("h3", {}, "What if"), resetAll), list, more, notices);
}

// A control for one feature: {node, show(value, own, changed)}.
function valueControl(view, declared) {
  const wish = (value) => view.ask("set", { name: declared.name, value });
  const id = unique("value");
  const parts = { number: numberParts, date: dateParts, boolean: switchParts }[declared.kind] ?? levelParts;
  const { nodes, show } = parts(declared, wish, id);
  const reset = button("↺", () => view.ask("reset", { names: [declared.name] }), { class: "nbreg-take-back", "aria-label": `Reset ${declared.name}`, title: "Reset" });
  const node = make("div", { class: `nbreg-value nbreg-of-${declared.kind}`, "data-name": declared.name },
    make("div", { class: "nbreg-value-head" }, make("label", { for: id }, declared.name), reset), make("div", { class: "nbreg-value-parts" }, ...nodes));
  return {
    node,
    show(value, own, changed) {
      node.toggleAttribute("data-changed", changed);
      reset.hidden = !changed;
      reset.title = `Back to ${own ?? "missing"}`;
      show(value ?? null);
    },
  };
}

function numberParts({ name, low, high, step, unit, texts }, wish, id) {
  const range = make("input", { type: "range", min: low, max: high, step, "aria-label": `${name}, from ${texts[0]} to ${texts[1]}` });
  const field = make("input", { type: "text", inputmode: "decimal", id, autocomplete: "off", spellcheck: "false" });
  const send = paced(wish, GATHER);
  range.disabled = !(high > low);
  range.addEventListener("input", () => {
    field.dataset.shown = field.value = plainNumber(Number(range.value));
    fill(Number(range.value));
    send(Number(range.value));
  });
  const fill = (value) => range.style.setProperty("--share", String(Math.max(0, Math.min(1, (value - low) / (high - low || 1)))));
  const pass = () => {
    const text = field.value.trim().replaceAll(/(?<=\d),(?=\d{3}\b)/g, "").replace(",", ".").replace("−", "-");
    if (text === "" || text === field.dataset.shown) {
      field.value = field.dataset.shown;
      return;
    }
    field.dataset.shown = field.value;
    wish(Number.isFinite(Number(text)) ? Number(text) : text);
  };
  const isTyping = () => document.activeElement === field && field.value !== field.dataset.shown;
  field.addEventListener("change", pass);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") pass();
    if (event.key !== "Escape" || !isTyping()) return;
    event.stopPropagation();
    field.value = field.dataset.shown;
  });
  const put = underHand(range, (value) => {
    if (value !== null) range.value = value;
    fill(value ?? low);
    const text = value === null ? "" : plainNumber(value);
    if (!isTyping()) field.value = text;
    field.dataset.shown = text;
    field.placeholder = value === null ? "missing" : "";
  });
  return { nodes: [range, make("span", { class: "nbreg-number" }, field, unit ? make("span", { class: "nbreg-unit" }, unit) : "")], show: put };
}

function dateParts({ low, high, times }, wish, id) {
  const field = make("input", { type: times ? "datetime-local" : "date", id, title: `Rows go from ${low} to ${high}` });
  field.addEventListener("change", () => field.value && wish(field.value));
  return { nodes: [field], show: (value) => (field.value = value === null ? "" : times && !value.includes("T") ? `${value}T00:00` : times ? value : value.slice(0, 10)) };
}

function switchParts({ name, gaps }, wish, id) {
  if (gaps) return levelParts({ name, gaps, levels: ["true", "false"] }, (value) => wish(value === null ? null : value === "true"), id);
  const control = toggle(wish);
  control.focus.id = id;
  const words = make("span", { class: "nbreg-muted" });
  return {
    nodes: [control.node, words],
    show: (value) => {
      control.show(value);
      say(words, value ? "true" : "false");
    },
  };
}

const GAP = "\u0000"; // no level is called so

function levelParts({ levels = [], gaps }, wish, id) {
  const list = make("select", { id });
  const fill = (extra) => list.replaceChildren(...(gaps || extra === null ? [make("option", { value: GAP }, "(missing)")] : []),
    ...[...levels, ...(extra !== null && !levels.includes(extra) ? [extra] : [])].map((level) => make("option", { value: level }, level)));
  list.addEventListener("change", () => wish(list.value === GAP ? null : list.value));
  return {
    nodes: [make("span", { class: "nbreg-select" }, list)],
    show: (value) => {
      const text = value === null ? null : String(value);
      if (!list.options.length || ![...list.options].some((each) => each.value === (text ?? GAP))) fill(text);
      list.value = text ?? GAP;
    },
  };
}

// All of it

function emptyView(view) {
  const [words, again] = [make("p"), button("Look again", () => view.ask("explain"), { class: "nbreg-button" })];
  const node = make("div", { class: "nbreg-nothing" }, words, again);
  const show = () => {
    const status = view.get("status");
    node.hidden = Boolean(view.get("summary").bars);
    again.hidden = !["empty", "stopped"].includes(status);
    say(again, status === "stopped" ? "Explain" : "Look again");
    say(words, view.get("words"));
  };
  for (const trait of ["status", "summary", "words"]) view.follow(trait, show);
  return node;
}

function buildExplain(view) {
  const parts = make("div", { class: "nbreg-parts", hidden: "" }, cardsView(view),
    make("div", { class: "nbreg-pair nbreg-features" }, importanceView(view), featureView(view)), cautionsView(view),
    make("section", { class: "nbreg-row-section", "aria-label": "One row" }, rowHead(view),
      make("div", { class: "nbreg-pair nbreg-row-pair" }, whatIfView(view), waterfallView(view))),
    worstView(view), codeView(view));
  const head = headView(view);
  view.follow("summary", ({ bars }) => {
    parts.hidden = !bars;
  });
  view.follow("about", ({ methods }) => {
    head.hidden = !methods;
  });
  view.body.append(head, emptyView(view), parts);
}

export default { render: (context) => openPanel(context, "explain", buildExplain) };
