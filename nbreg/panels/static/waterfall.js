// One row: the steps from the base value to its prediction, as lines of a table whose bars hang on each other.

function waterfallView(view) {
  const figures = make("dl", { class: "nbreg-figures" });
  const lines = make("div", { class: "nbreg-waterfall", role: "img" });
  const method = make("p", { class: "nbreg-muted nbreg-how" });
  let share = () => 0;

  const at = (name, value) => `${name}:${share(value).toFixed(3)}%`;
  const end = (kind, words, { value, text }, last, was = null) => {
    const track = make("span", { class: "nbreg-track" }, make("span", { class: "nbreg-pin", style: at("left", value) }));
    if (was) track.append(make("span", { class: "nbreg-pin nbreg-was", style: at("left", was.value) }));
    return make("div", { class: `nbreg-step nbreg-step-${kind}`, style: at("--to", value) },
      make("span", { class: "nbreg-step-name" }, words), track, make("span", { class: "nbreg-step-value" }, text),
      make("span", { class: "nbreg-step-change" }, last));
  };
  const step = (each) => {
    const [low, high] = [Math.min(each.from, each.to), Math.max(each.from, each.to)];
    const sign = each.value >= 0 ? "raises" : "lowers";
    const track = make("span", { class: "nbreg-track" },
      make("span", { class: `nbreg-step-bar nbreg-${sign}`, style: `${at("left", low)};width:${(share(high) - share(low)).toFixed(3)}%` }));
    if (each.error) {
      const [from, to] = [share(each.to - each.error), share(each.to + each.error)];
      track.append(make("span", { class: "nbreg-whisker", style: `left:${from}%;width:${to - from}%` }));
    }
    const value = make("span", { class: "nbreg-step-text" }, each.text);
    if (each.was) value.prepend(make("s", {}, each.was), " → ");
    return make("div", { class: "nbreg-step", style: at("--to", each.to), "data-changed": String(each.changed) },
      make("span", { class: "nbreg-step-name" }, make("span", {}, each.name), each.text ? " = " : "", value), track,
      make("span", { class: "nbreg-step-value" }, make("b", { class: `nbreg-${sign}` }, each.words)),
      make("span", { class: "nbreg-step-change" }, each.change));
  };
  view.follow("chosen", (row) => {
    if (!row.steps) return lines.replaceChildren();
    share = (value) => (100 * (value - row.low)) / (row.high - row.low);
    const changed = Object.keys(row.changes).length > 0;
    lines.toggleAttribute("data-changed", changed);
    lines.replaceChildren(end("base", "base value", row.base, changed ? "change" : ""), ...row.steps.map(step),
      end("prediction", "prediction", row.prediction, row.change, changed ? row.was : null));
    lines.setAttribute("aria-label", row.spoken);
    lines.dataset.serial = row.serial;
    figures.replaceChildren(...row.figures.map((each) =>
      make("div", {}, make("dt", {}, each.label), make("dd", {}, each.text))));
    say(method, row.method);
  });
  return make("section", { class: "nbreg-box", "aria-label": "One prediction" }, figures, lines, method);
}
