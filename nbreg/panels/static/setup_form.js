// The form of a panel: groups of controls for declared options, built once, then only brought up to date.

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

// One group of the form under its heading: {node, parts, summary}. `own(declared, all)` is what makes the control of an
// option that has one of its own, null where another's sets it too; undefined: it is the one for its kind. The table is
// chosen where the target is. A group that is `folded` shows its heading until it is opened.
function formGroup(view, { title, controls, folded = false }, own) {
  const all = Object.fromEntries(controls.map((declared) => [declared.name, declared]));
  const columns = () => view.get("columns").map((column) => column.name);
  const parts = [];
  const built = (declared) => {
    const maker = own(declared, all);
    if (maker === null) return [];
    const part = maker ? maker(view, declared, all) : generated(declared);
    parts.push(part);
    return [part.node];
  };
  const generated = (declared) => {
    const { name } = declared;
    if (declared.kind === "columns") return columnsChoice(view, declared);
    const chooser = control(declared, (value) => view.ask("choose", { name, value }), columns);
    const made = field(declared, chooser);
    const show = (choices, anew) => made.show(choices[name], anew);
    return { ...made, names: [name], show, refill: chooser.refill, wrong: (problems) => made.wrong(problems[name]) };
  };
  const isRare = (declared) => declared.expert && own(declared, all) === undefined;
  const usual = ordered(controls.filter((declared) => !isRare(declared))).flatMap(built);
  const expert = controls.filter(isRare);
  const rare = make("div", { class: "nbreg-fields" }, ...expert.flatMap(built));
  const words = make("summary", {});
  const more = make("details", { class: "nbreg-more" }, words, rare);
  const summary = make("span", { class: "nbreg-summary" });
  const heading = unique("group");
  const node = make(folded ? "details" : "section", { class: "nbreg-group", "data-group": title, "aria-labelledby": heading },
    make(folded ? "summary" : "div", { class: "nbreg-group-head" }, make("h3", { id: heading }, title), summary),
    make("div", { class: "nbreg-fields" }, ...(all.target ? [tableChoice(view)] : []), ...usual), more);
  const names = controls.map(({ name }) => name);
  // What does nothing beside the other choices is not there.
  const idle = (reasons) => {
    for (const part of parts) part.idle?.(reasons[part.names[0]]);
    const count = expert.filter(({ name }) => !reasons[name]).length;
    say(words, `More options (${count})`);
    more.hidden = !count;
    node.hidden = !count && parts.every((part) => part.node.hidden);
  };
  // What is wrong is in sight.
  const unfold = (problems) => {
    if (folded && names.some((name) => problems[name])) node.open = true;
    if (expert.some(({ name }) => problems[name])) more.open = true;
  };
  return { node, parts, summary, title, idle, unfold };
}

// The whole form; `own` as for its groups, `next` is what changes apply to while something is under way.
function setupForm(view, own, next) {
  const note = make("span", { class: "nbreg-note", hidden: "" }, `Changes apply to the next ${next}`);
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
      group.unfold(problems);
    }
  };
  const showIdle = () => {
    const idle = view.get("idle") ?? {};
    for (const group of made) group.idle(idle);
  };
  const showSummaries = () => {
    const given = view.get("summaries") ?? {};
    const { parameters = "", memory = "" } = view.get("network") ?? {};
    const drawn = { Network: [parameters, memory].filter(Boolean).join(" · ") };
    for (const { title, summary } of made) say(summary, given[title] ?? drawn[title] ?? "");
  };
  view.follow("form", (form) => {
    if (JSON.stringify(form) === built) return;
    built = JSON.stringify(form);
    made = form.map((group) => formGroup(view, group, own));
    groups.replaceChildren(...made.map((group) => group.node));
    for (const show of [showAll, showProblems, showIdle, showSummaries]) show();
  });
  view.follow("choices", () => showAll());
  view.follow("columns", () => made.forEach((group) => group.parts.forEach((part) => part.refill?.())));
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
