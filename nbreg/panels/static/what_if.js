// What if the chosen row were different: a control for each feature.

const FIRST_CONTROLS = 6; // features that can be changed before the others are asked for
const GATHER = 25; // ms between two wishes of a slider that is being moved

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
  return box("what-if", "What if", [make("h3", {}, "What if"), resetAll], list, more, notices);
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
