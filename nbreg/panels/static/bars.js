// Importance: a bar for each feature with its standard error; one of them is chosen.

const FIRST_BARS = 12; // beyond them a button shows the others

function importanceView(view) {
  const list = make("div", { class: "nbreg-bars", role: "listbox", "aria-label": "Features by importance" });
  const more = button("", () => {
    all = !all;
    draw();
  }, { class: "nbreg-link", hidden: "" });
  const measure = make("p", { class: "nbreg-muted nbreg-measure" });
  let [all, bars, options] = [false, null, []];

  const choose = (name) => view.ask("choose", { feature: name });
  const reach = () => {
    const ends = bars.values.map((value, i) => value + (bars.errors[i] ?? 0));
    const low = Math.min(0, ...bars.values);
    return [low, Math.max(...ends, low + 1e-300)];
  };
  const bar = (name, i, share) => {
    const [value, error] = [bars.values[i], bars.errors[i]];
    const [left, right] = [share(Math.min(0, value)), share(Math.max(0, value))];
    const track = make("span", { class: "nbreg-track" },
      make("span", { class: "nbreg-bar-fill", style: `left:${left}%;width:${right - left}%` }));
    if (error) {
      const [from, to] = [share(value - error), share(value + error)];
      track.append(make("span", { class: "nbreg-whisker", style: `left:${from}%;width:${to - from}%` }));
    }
    const node = make("div", { class: "nbreg-bar-row", role: "option", "data-name": name, "aria-label": bars.spoken[i], title: name },
      make("span", { class: "nbreg-bar-name" }, name), track, make("span", { class: "nbreg-bar-value" }, bars.texts[i]));
    node.addEventListener("click", () => choose(name));
    return node;
  };
  const draw = () => {
    if (!bars) return;
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    const [low, high] = reach();
    const share = (value) => Math.max(0, Math.min(100, (100 * (value - low)) / (high - low)));
    const hidden = bars.names.length - FIRST_BARS;
    const count = all || hidden <= 1 ? bars.names.length : FIRST_BARS;
    options = bars.names.slice(0, count).map((name, i) => bar(name, i, share));
    list.replaceChildren(...options);
    more.hidden = hidden <= 1;
    say(more, all ? `Show the ${FIRST_BARS} most important` : `Show all ${bars.names.length} features`);
    say(measure, `${bars.measure}; lines are standard errors`);
    mark();
    options.find((node) => node.dataset.name === focused)?.focus();
  };
  const mark = () => {
    const chosen = view.get("feature");
    const current = options.find((node) => node.dataset.name === chosen) ?? options[0];
    for (const node of options) {
      node.setAttribute("aria-selected", String(node.dataset.name === chosen));
      node.tabIndex = node === current ? 0 : -1;
    }
  };
  list.addEventListener("keydown", (event) => {
    const at = options.indexOf(document.activeElement);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 };
    if (["Enter", " "].includes(event.key) && at >= 0) choose(options[at].dataset.name);
    else if (event.key in steps) options[Math.max(0, Math.min(options.length - 1, steps[event.key]))]?.focus();
    else return;
    event.preventDefault();
  });
  view.follow("summary", (summary) => {
    bars = summary.bars ?? null;
    draw();
  });
  view.follow("feature", mark);
  return box("importance", "Importance", [make("h3", {}, "Importance")], list, more, measure);
}
