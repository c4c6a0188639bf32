// The controls of panels' forms, by the kind of option that each sets: built once, then only brought up to date.
//
// A control is {node, focus, show(value), output?, refill?}: `focus` is what its label names, `output` says its value in
// words, `refill` is called when the table's columns are others.
// What a person chooses goes to `wish(value)`; what is shown is what Python says in answer.

const REST = 600; // ms without input after which a control shows again what Python says
const PACE = 80; // ms between the wishes of a control that is being moved
const LONG_LABEL = 15; // letters, beyond which a label takes half of a line
const FEW = 4; // choices that are shown beside each other
const STEPS = [1, 1.5, 2, 3, 5, 7]; // of a decade, on a logarithmic slider
const BENDS = {
  relu: (x) => Math.max(0, x), sigmoid: (x) => 1 / (1 + Math.exp(-x)), tanh: Math.tanh, linear: (x) => x,
  leaky_relu: (x) => (x < 0 ? 0.12 * x : x), elu: (x) => (x < 0 ? Math.expm1(x) : x),
  selu: (x) => 1.05 * (x < 0 ? 1.67 * Math.expm1(x) : x), silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(0.798 * (x + 0.0447 * x ** 3))), softplus: (x) => Math.log1p(Math.exp(x)),
};

Object.assign(ICONS, {
  copy: "M5.5 1.5h8v9h-8zM7 3v6h5V3zM2.5 4.5H4V13h6.5v1.5h-8z",
  branch: "M4.2 1.4a2 2 0 0 1 .8 3.8v1.9c.9-.8 2.2-1 3.5-1.1 1.4-.1 2-.4 2.2-1a2 2 0 1 1 1.6.2c-.3 1.7-1.9 2.2-3.6 2.4-2 .2-3.4.6-3.7 2.3a2 2 0 1 1-1.6 0V5.2a2 2 0 0 1 .8-3.8z",
});

// An id that no other panel on the page has.
function unique(word) {
  return `nbreg-${word}-${Math.random().toString(36).slice(2, 10)}`;
}

function shape(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function spaced(word) {
  return String(word).replaceAll("_", " ");
}

// Take at most one value every `pause` milliseconds, the last one always.
function paced(take, pause = PACE) {
  let [timer, waiting, value] = [0, false, null];
  const pass = () => {
    timer = waiting ? setTimeout(pass, pause) : 0;
    if (waiting) take(value);
    waiting = false;
  };
  return (latest) => {
    [value, waiting] = [latest, true];
    if (!timer) pass();
  };
}

// What Python says is shown at once, but not under a hand: then as soon as the hand rests, or lets go.
function underHand(node, show) {
  let [timer, late, latest] = [0, false, null];
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(rest, REST);
  };
  const rest = () => {
    if (node.matches(":active")) return wait();
    timer = 0;
    if (late) show(latest);
    late = false;
  };
  node.addEventListener("input", wait);
  return (value) => {
    latest = value;
    if (!timer && node.matches(":active")) wait();
    if (timer) late = true;
    else show(value);
  };
}

// A row of points as a line in a picture of `width` x `height`, from edge to edge.
function lineOf(values, width, height, margin = 2) {
  const known = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const across = (width - 2 * margin) / Math.max(1, values.length - 1);
  const up = (value) => (high > low ? (value - low) / (high - low) : 0.5) * (height - 2 * margin);
  let pen = "M";
  return values.map((value, index) => {
    if (!Number.isFinite(value)) return (pen = "M") && "";
    const point = `${pen}${(margin + across * index).toFixed(1)} ${(height - margin - up(value)).toFixed(1)}`;
    pen = "L";
    return point;
  }).join("");
}

function smallCurve(kind, width, height) {
  const path = shape("path");
  const node = shape("svg", { class: `nbreg-curve-small nbreg-${kind}`, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, path);
  return { node, show: (values) => path.setAttribute("d", values.length ? lineOf(values, width, height) : "") };
}

// Words beside each other, of which one holds; `options` are [value, words].
function segments(options, wish) {
  const name = unique("segment");
  const node = make("div", { class: "nbreg-segments", role: "radiogroup" });
  const inputs = options.map(([value, words]) => {
    const input = make("input", { type: "radio", name, value });
    input.addEventListener("change", () => wish(value));
    node.append(make("label", {}, input, make("span", {}, words)));
    return input;
  });
  return { node, focus: node, show: (value) => inputs.forEach((input) => (input.checked = input.value === value)) };
}

// A list to choose from; `options` are [value, words]. `fill` gives it other ones.
function selection(options, wish) {
  const box = make("select");
  const node = make("div", { class: "nbreg-select" }, box);
  let [filled, current] = ["", ""];
  const show = (value) => {
    box.value = current = value ?? "";
  };
  const fill = (list) => {
    if (JSON.stringify(list) === filled) return;
    filled = JSON.stringify(list);
    box.replaceChildren(...list.map(([value, words]) => make("option", { value }, words)));
    show(current);
  };
  fill(options);
  box.addEventListener("change", () => wish(box.value));
  return { node, focus: box, show, fill };
}

// The words of declared choices, as options to choose from.
function optionsOf(words) {
  return words.map((word) => [word, spaced(word)]);
}

function choice(declared, wish) {
  const words = declared.word ? [...declared.choices, declared.word] : declared.choices;
  const letters = words.reduce((sum, word) => sum + word.length + 3, 0);
  const control = (words.length <= FEW && letters <= 20 ? segments : selection)(optionsOf(words), wish);
  const { show } = control;
  if (words.every((word) => word in BENDS)) return bent(control);
  return { ...control, show: (value) => show(value ?? declared.word) };
}

// Activation functions are told apart by their curves.
function bent(control) {
  const curve = smallCurve("bend", 26, 18);
  control.node.append(curve.node);
  control.node.classList.add("nbreg-with-curve");
  const show = (value) => {
    control.show(value);
    curve.show(value in BENDS ? Array.from({ length: 41 }, (_, i) => BENDS[value]((i - 20) / 6.5)) : []);
  };
  control.focus.addEventListener("change", () => show(control.focus.value));
  return { ...control, show };
}

function toggle(wish) {
  const node = make("button", { type: "button", class: "nbreg-switch", role: "switch", "aria-checked": "false" });
  const show = (value) => node.setAttribute("aria-checked", String(Boolean(value)));
  node.addEventListener("click", () => {
    show(node.getAttribute("aria-checked") !== "true");
    wish(node.getAttribute("aria-checked") === "true");
  });
  return { node, focus: node, show };
}

// A text that is passed on when it is complete; Escape brings back what holds. From the moment that a person goes into the
// box to the moment that a text is passed on, what Python says (the rate of a schedule, say, every epoch) waits:
// a selection or the caret would be lost.
function entry(wish, { words = String, mode = "text", empty = null, step = null, example = "" } = {}) {
  const box = make("input", { type: "text", inputmode: mode, autocomplete: "off", spellcheck: "false", placeholder: example });
  let [holds, shown, sent, held] = ["", "", "", false];
  const follow = () => {
    box.value = shown = sent = holds;
    held = false;
  };
  const show = (value) => {
    holds = words(value);
    const selected = box.selectionStart !== box.selectionEnd;
    if (document.activeElement !== box || !(held || selected)) follow();
  };
  const pass = () => {
    const text = box.value.trim();
    held = false;
    if (text === sent ? text === shown : text === "" && empty === null) return follow();
    if (text === sent) return;
    sent = text;
    wish(text === "" ? empty : mode === "decimal" ? text.replace(",", ".") : text);
  };
  for (const kind of ["focus", "pointerdown", "keydown", "input"]) {
    box.addEventListener(kind, () => {
      held = true;
    });
  }
  for (const kind of ["change", "blur"]) box.addEventListener(kind, pass);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") pass();
    if (event.key === "Escape" && box.value !== holds) {
      event.stopPropagation();
      if (sent === shown) follow();
      else {
        box.value = holds;
        pass();
      }
    }
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way || !step || !Number.isFinite(Number(box.value)) || box.value === "") return;
    event.preventDefault();
    box.value = String(step(Number(box.value), way * (event.shiftKey ? 10 : 1)));
    pass();
  });
  return { node: box, focus: box, show };
}

function plainNumber(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value ?? "");
}

function numberEntry(declared, wish) {
  const whole = declared.kind === "integer";
  const within = (value) => Math.min(declared.maximum ?? Infinity, Math.max(declared.minimum ?? -Infinity, value));
  const control = entry(wish, {
    words: (value) => (value === null || value === declared.word ? "" : plainNumber(value)),
    mode: whole ? "numeric" : "decimal",
    empty: declared.word || null,
    step: whole ? (value, way) => within(value + way) : null,
  });
  control.focus.placeholder = declared.word;
  return { ...control, span: 2 };
}

// A slider over the places 0..last; `valueAt(place)` and `placeOf(value)` say what they mean.
// While it moves it passes on what it says, or, where that is to be done `late`, only what it is let go at.
function slider(wish, { last, valueAt, placeOf, words, late = false }) {
  const range = make("input", { type: "range", min: "0", max: String(last), step: "1" });
  const output = make("output");
  const put = (value) => {
    range.style.setProperty("--share", String(range.value / last));
    range.setAttribute("aria-valuetext", words(value));
    say(output, words(value));
  };
  const send = paced(wish);
  range.addEventListener("input", () => put(valueAt(Number(range.value))));
  range.addEventListener(late ? "change" : "input", () => send(valueAt(Number(range.value))));
  const show = underHand(range, (value) => {
    range.value = placeOf(value);
    put(value);
  });
  return { node: range, focus: range, output, show, span: 3 };
}

function evenSlider(wish, maximum, step) {
  const digits = Math.ceil(-Math.log10(step));
  return slider(wish, {
    last: Math.round(maximum / step),
    valueAt: (place) => Number((place * step).toFixed(digits)),
    placeOf: (value) => Math.round(value / step),
    words: (value) => (value ? plainNumber(value) : "off"),
  });
}

// Round numbers from `low` to `high`, even steps for the eye; with `off`, 0 stands before them.
function decades(low, high, off = false) {
  const values = off ? [0] : [];
  for (let power = Math.round(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const step of STEPS) if (step * 10 ** power <= high * 1.0001) values.push(Number(`${step}e${power}`));
  }
  return values;
}

function nearestPlace(values, value) {
  const distance = (each) => (each > 0 && value > 0 ? Math.abs(Math.log(each / value)) : each === value ? 0 : Infinity);
  return values.reduce((best, each, place) => (distance(each) < distance(values[best]) ? place : best), 0);
}

function logSlider(wish, low, high, { off = false, late = false } = {}) {
  const values = decades(low, high, off);
  return slider(wish, {
    late, last: values.length - 1,
    valueAt: (place) => values[place],
    placeOf: (value) => nearestPlace(values, value),
    words: (value) => (value ? short(value) : off ? "off" : ""),
  });
}

// Options that a slider suits better than a field.
const SLIDERS = {
  dropout: (wish) => evenSlider(wish, 0.9, 0.05),
  l1: (wish) => logSlider(wish, 1e-7, 1e-1, { off: true }),
  l2: (wish) => logSlider(wish, 1e-7, 1e-1, { off: true }),
};

function control(declared, wish, columns = () => []) {
  const listed = { words: (value) => (Array.isArray(value) ? value.join(", ") : String(value ?? "")), empty: declared.word || "", example: declared.example };
  if (declared.name in SLIDERS) return SLIDERS[declared.name](wish);
  if (declared.kind === "choice") return choice(declared, wish);
  if (declared.kind === "switch") return { ...toggle(wish), span: 3 };
  if (declared.kind === "integer" || declared.kind === "real") return numberEntry(declared, wish);
  if (declared.kind === "column") return columnChoice(declared, wish, columns);
  return { ...entry(wish, listed), span: declared.kind === "integers" ? 3 : 6 };
}

function columnChoice(declared, wish, columns) {
  const control = selection([], (value) => wish(value || declared.word));
  const refill = () => control.fill([["", declared.needed ? "choose a column" : declared.word], ...columns().map((name) => [name, name])]);
  const show = (value) => {
    refill();
    control.show(value ?? "");
  };
  return { ...control, show, refill };
}

// A control with its label, its help, and what is wrong with its value. `show` leaves alone what has not changed.
function field(declared, control, span = Math.max(control.span ?? 3, declared.label.length > LONG_LABEL ? 3 : 0)) {
  const [name, problem] = [unique("label"), unique("problem")];
  const group = control.focus.getAttribute("role") === "radiogroup";
  const label = make(group ? "span" : "label", { id: name, title: declared.help }, declared.label);
  const line = make("p", { class: "nbreg-problem", id: problem, hidden: "" });
  if (group) control.focus.setAttribute("aria-labelledby", name);
  else {
    control.focus.id ||= unique("control");
    label.setAttribute("for", control.focus.id);
  }
  if (declared.help) control.focus.setAttribute("aria-description", declared.help);
  const node = make("div", { class: "nbreg-field", "data-name": declared.name, "data-span": span },
    make("div", { class: "nbreg-label" }, label, control.output ?? ""), control.node, line);
  let shown;
  return {
    node,
    show(value, anew = false) {
      const text = JSON.stringify(value ?? null);
      if (text !== shown || anew) control.show(value ?? null);
      shown = text;
    },
    wrong(sentence = "") {
      line.hidden = !sentence;
      say(line, sentence);
      if (!sentence) return ["aria-invalid", "aria-errormessage"].forEach((each) => control.focus.removeAttribute(each));
      control.focus.setAttribute("aria-invalid", "true");
      control.focus.setAttribute("aria-errormessage", problem);
    },
    // Out of sight while it would do nothing.
    idle(reason = "") {
      node.hidden = Boolean(reason);
    },
  };
}

function button(words, act, attributes = {}) {
  const node = make("button", { type: "button", ...attributes }, ...[words].flat());
  node.addEventListener("click", act);
  return node;
}

// A button that opens a box beside it; Escape, or a press or the focus elsewhere, closes it.
function opener(opens, box) {
  const node = make("div", { class: "nbreg-opener" }, opens, box);
  const open = (wanted) => {
    opens.setAttribute("aria-expanded", String(wanted));
    box.hidden = !wanted;
  };
  open(false);
  opens.addEventListener("click", () => open(box.hidden));
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || box.hidden) return;
    event.stopPropagation();
    open(false);
    opens.focus();
  });
  const away = (event) => !box.hidden && !node.contains(event.target) && open(false);
  document.addEventListener("pointerdown", away);
  node.addEventListener("focusout", (event) => event.relatedTarget && !node.contains(event.relatedTarget) && open(false));
  return { node, open, end: () => document.removeEventListener("pointerdown", away) };
}
