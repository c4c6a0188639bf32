// The train panel, and that of forecasts: choose, train, watch, steer, branch, and take the code.

// Options that have a control of their own; where it is null, another one's control sets it too.
const OWN = {
  target: targetChoice,
  features: featureChips,
  split: (view, declared, all) => splitChoice(view, { split: declared, time: all.time, group: all.group }),
  validation_fraction: sharesChoice,
  test_fraction: null,
  hidden: networkDrawing,
  learning_rate: rateChoice,
  schedule: scheduleChoice,
};
// The order in which people think of them; where the rest stands, it is as it was declared.
const REST_OF_THEM = "";
const ORDER = [
  "target", "features", "split", "validation_fraction", "network", "activation", "hidden", REST_OF_THEM, "dropout",
  "batch_norm", "l1", "l2", "skip", "learning_rate", "schedule", "optimizer", "loss", "epochs", "batch_size", "patience",
];

function ordered(controls) {
  const place = ({ name }) => ORDER.indexOf(ORDER.includes(name) ? name : REST_OF_THEM);
  return [...controls].sort((a, b) => place(a) - place(b));
}

// The control of an option's own, null where another's sets it; undefined: the one for its kind.
function ownControl({ name }, all) {
  if (all.split && (name === "time" || name === "group")) return null;
  return OWN[name];
}

// One group of the form under its heading: {node, parts, summary}.
function formGroup(view, { title, controls }) {
  const all = Object.fromEntries(controls.map((declared) => [declared.name, declared]));
  const columns = () => view.get("columns").map((column) => column.name);
  const parts = [];
  const built = (declared) => {
    const own = ownControl(declared, all);
    if (own === null) return [];
    const part = own ? own(view, declared, all) : generated(declared);
    parts.push(part);
    return [part.node];
  };
  const generated = (declared) => {
    const { name } = declared;
    if (declared.kind === "columns") return columnsChoice(view, declared);
    const made = field(declared, control(declared, (value) => view.ask("choose", { name, value }), columns));
    return { ...made, names: [name], show: (choices, anew) => made.show(choices[name], anew), wrong: (problems) => made.wrong(problems[name]) };
  };
  const usual = ordered(controls.filter((declared) => !declared.expert || declared.name in OWN)).flatMap(built);
  const expert = controls.filter((declared) => declared.expert && !(declared.name in OWN));
  const rare = make("div", { class: "nbreg-fields" }, ...expert.flatMap(built));
  const words = make("summary", {});
  const more = make("details", { class: "nbreg-more" }, words, rare);
  const summary = make("span", { class: "nbreg-summary" });
  const heading = unique("group");
  const node = make("section", { class: "nbreg-group", "data-group": title, "aria-labelledby": heading },
    make("div", { class: "nbreg-group-head" }, make("h3", { id: heading }, title), summary),
    make("div", { class: "nbreg-fields" }, ...(title === "Data" ? [tableChoice(view)] : []), ...usual), more);
  // What does nothing beside the other choices is not there.
  const idle = (reasons) => {
    for (const part of parts) part.idle?.(reasons[part.names[0]]);
    const count = expert.filter(({ name }) => !reasons[name]).length;
    say(words, `More options (${count})`);
    more.hidden = !count;
    node.hidden = !count && parts.every((part) => part.node.hidden);
  };
  return { node, parts, summary, title, rare, more, idle, expert: expert.map(({ name }) => name) };
}

function trainForm(view) {
  const note = make("span", { class: "nbreg-note", hidden: "" }, "Changes apply to the next training");
  const fold = button("Setup", () => folded(!node.hasAttribute("data-folded")), { class: "nbreg-fold", "aria-expanded": "true" });
  const groups = make("div", { class: "nbreg-groups" });
  const node = make("div", { class: "nbreg-form", role: "group", "aria-label": "Setup" },
    make("div", { class: "nbreg-form-head" }, make("h2", {}, "Setup"), fold, note), groups);
  const folded = (wanted) => {
    node.toggleAttribute("data-folded", wanted);
    fold.setAttribute("aria-expanded", String(!wanted));
  };
  let [made, built] = [[], ""];
  const showAll = (anew = false) => made.forEach((group) => group.parts.forEach((part) => part.show(view.get("choices"), anew)));
  const showProblems = () => {
    const problems = view.get("problems");
    for (const group of made) {
      for (const part of group.parts) part.wrong(problems);
      if (group.expert.some((name) => problems[name])) group.more.open = true;
    }
  };
  const showIdle = () => {
    const idle = view.get("idle") ?? {};
    for (const group of made) group.idle(idle);
  };
  const showSummaries = () => {
    const given = view.get("summaries") ?? {};
    const { parameters = "", memory = "" } = view.get("network");
    const own = { Network: [parameters, memory].filter(Boolean).join(" · ") };
    for (const { title, summary } of made) say(summary, given[title] ?? own[title] ?? "");
  };
  view.follow("form", (form) => {
    if (JSON.stringify(form) === built) return;
    built = JSON.stringify(form);
    made = form.map((group) => formGroup(view, group));
    groups.replaceChildren(...made.map((group) => group.node));
    for (const show of [showAll, showProblems, showIdle, showSummaries]) show();
  });
  view.follow("choices", () => showAll());
  view.follow("columns", () => made.forEach((group) => group.parts.forEach((part) => part.watch === "columns" && part.show(view.get("choices")))));
  view.follow("problems", showProblems);
  view.follow("idle", showIdle);
  view.follow("summaries", showSummaries);
  view.follow("network", showSummaries);
  // A wish that came to nothing: controls show again what holds.
  view.follow("trouble", (text) => text && showAll(true));
  const wake = () => {
    groups.inert = !view.get("tables").length && !view.get("table");
  };
  view.follow("tables", wake);
  view.follow("table", wake);
  view.follow("state", (state) => {
    note.hidden = !underway(state);
  });
  return node;
}

function render({ model, el }) {
  return openPanel({ model, el }, "train", (view) => {
    view.body.append(trainForm(view), trainingView(view));
  });
}

export default { render };
