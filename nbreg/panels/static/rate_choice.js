// The learning rate and its schedule: chosen by hand, or from what a range test suggests.

const RATES = [1e-5, 1];

// A slider and a field for one learning rate; they say the same. `late`: the slider counts when it is let go.
function rateControl(wish, { word = "", late = false } = {}) {
  const range = logSlider((rate) => wish(rate), ...RATES, { late });
  const box = entry(wish, { words: (value) => (typeof value === "number" ? short(value) : ""), mode: "decimal", empty: word || null });
  box.focus.placeholder = word;
  box.focus.setAttribute("aria-label", "Learning rate");
  range.focus.setAttribute("aria-label", "Learning rate, slider");
  range.focus.addEventListener("input", () => {
    box.focus.value = range.output.textContent;
  });
  const node = make("div", { class: "nbreg-rate-choice" }, range.node, box.node);
  const show = (value) => {
    node.toggleAttribute("data-auto", typeof value !== "number");
    range.show(typeof value === "number" ? value : 1e-3);
    if (typeof value !== "number") range.focus.setAttribute("aria-valuetext", word);
    box.show(value);
  };
  return { node, focus: box.focus, range: range.focus, show, span: 6 };
}

function rateChoice(view, declared) {
  const wish = (value) => view.ask("choose", { name: declared.name, value });
  const rate = rateControl(wish, declared);
  const auto = button(declared.word || "auto", () => wish(declared.word), { class: "nbreg-link", "aria-pressed": "false", title: "Look for a rate when training begins" });
  auto.hidden = !declared.word;
  const suggest = button("Suggest", () => view.ask("suggest"), { class: "nbreg-link", title: "Try rates from small to large on the table, and see where the loss falls best" });
  const part = field(declared, { ...rate, output: make("span", { class: "nbreg-links" }, auto, suggest) });
  const found = suggestion(view);
  part.node.append(found.node);
  const show = (choices, anew) => {
    const value = choices[declared.name];
    part.show(value, anew);
    auto.setAttribute("aria-pressed", String(typeof value !== "number"));
    found.holds(value);
  };
  view.follow("state", ({ busy = "" }) => {
    suggest.disabled = Boolean(busy);
  });
  return { names: [declared.name], node: part.node, show, wrong: (problems) => part.wrong(problems[declared.name]), idle: part.idle };
}

// What a range test found: the loss by rate, and the rate to take.
function suggestion(view) {
  const [width, height] = [280, 60];
  const curve = smallCurve("range-test", width, height);
  const mark = shape("line", { class: "nbreg-at", y1: 2, y2: height - 2 });
  curve.node.setAttribute("preserveAspectRatio", "none");
  curve.node.append(mark);
  const [words, low, high] = [make("p", {}), make("span", {}), make("span", {})];
  const use = button("Use", () => view.ask("use_suggestion"), { class: "nbreg-button nbreg-small" });
  const node = make("div", { class: "nbreg-suggestion", hidden: "" }, curve.node, make("div", { class: "nbreg-ends" }, low, high),
    make("div", { class: "nbreg-suggested" }, words, use));
  let [rate, held] = [null, null];
  const label = () => {
    const taken = rate !== null && held === rate;
    say(use, taken ? "In use" : `Use ${short(rate ?? NaN)}`);
    use.disabled = taken;
  };
  view.follow("suggestion", (told) => {
    node.hidden = !(told.rates?.length);
    if (node.hidden) return;
    const { rates } = told;
    rate = told.rate;
    // A loss that ran away would press the rest of the curve flat.
    const most = 3 * told.losses.filter(Number.isFinite).reduce((low, loss) => Math.min(low, loss), Infinity);
    curve.show(told.losses.map((loss) => (Number.isFinite(loss) ? Math.min(loss, Math.max(most, told.losses[0] * 1.2)) : NaN)));
    const x = 2 + ((width - 4) * Math.log(rate / rates[0])) / Math.log(rates.at(-1) / rates[0]);
    for (const name of ["x1", "x2"]) mark.setAttribute(name, x.toFixed(1));
    say(low, short(rates[0]));
    say(high, short(rates.at(-1)));
    say(words, told.words ?? "");
    curve.node.setAttribute("role", "img");
    curve.node.removeAttribute("aria-hidden");
    curve.node.setAttribute("aria-label", `Loss by learning rate; ${short(rate)} is suggested`);
    label();
  });
  const holds = (value) => {
    held = value;
    label();
  };
  return { node, holds };
}

function scheduleChoice(view, declared) {
  const control = selection(optionsOf(declared.choices), (value) => view.ask("choose", { name: declared.name, value }));
  const curve = smallCurve("schedule", 120, 28);
  curve.node.setAttribute("preserveAspectRatio", "none");
  const part = field(declared, { ...control, node: make("div", { class: "nbreg-with-schedule" }, control.node, curve.node) }, 6);
  view.follow("schedule", ({ rates = [], words = "" }) => {
    curve.show(rates.length && Math.min(...rates) === Math.max(...rates) ? [...rates, rates[0]] : rates);
    curve.node.replaceChildren(...[shape("title", {}, words), curve.node.lastElementChild]);
  });
  return { names: [declared.name], node: part.node, show: (choices, anew) => part.show(choices[declared.name], anew),
    wrong: (problems) => part.wrong(problems[declared.name]), idle: part.idle };
}
