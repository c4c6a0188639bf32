// A study that fills: its buttons, how far it is, its pictures, its table, what it found, and the code.

const TOLD_EVERY = 0.1; // of the trainings, to screen readers

function studyView(view) {
  const run = button([icon("resume"), make("span", {}, "Run")], () => press("run"), { class: "nbreg-button nbreg-primary" });
  const stop = button([icon("stop"), "Stop"], () => press("stop"), { class: "nbreg-button" });
  const bar = progress("Trainings");
  const status = make("span", { class: "nbreg-status" });
  const fault = make("p", { class: "nbreg-fault", role: "alert", hidden: "" });
  const advice = make("p", { class: "nbreg-advice", hidden: "" });
  let [asked, spoken, told] = ["", "", 0];

  const press = (kind) => {
    asked = kind;
    view.ask(kind);
    show();
  };
  const isEmpty = () => !view.get("tables").length && !view.get("table");
  const missing = () => (isEmpty() ? "No table in this notebook yet" : view.get("missing"));
  const heading = (state) => {
    if (state.busy) return state.busy;
    if (asked === "run" && !underway(state)) return "Starting";
    return state.status ? doing(state, asked) : missing() || "Ready to run";
  };
  const speak = (state, word) => {
    const place = state.epochs ? Math.floor(state.progress / state.epochs / TOLD_EVERY) : 0;
    const news = word !== spoken || (underway(state) && place !== told);
    [spoken, told] = [word, place];
    if (news) view.say([word, state.where].filter(Boolean).join(", "));
  };
  const show = () => {
    const state = view.get("state");
    const running = underway(state);
    if ((asked === "run" && (running || state.busy)) || (asked === "stop" && !running && !state.busy)) asked = "";
    const word = heading(state);
    view.root.dataset.status = state.busy || asked === "run" ? "busy" : state.status ?? "none";
    say(status, word);
    run.disabled = running || Boolean(state.busy) || asked === "run" || Boolean(missing());
    stop.disabled = !(running || state.busy) || Boolean(state.stopping) || asked === "stop";
    bar.words.hidden = !state.status;
    bar.show(state.status ? state : { epochs: 0, progress: 0, where: "", left: "", speed: "" });
    fault.hidden = !state.error;
    say(fault, state.error ?? "");
    view.root.toggleAttribute("data-empty", isEmpty());
    advice.hidden = !isEmpty();
    speak(state, word);
  };
  advice.append(make("strong", {}, "There is no table in this notebook yet"), make("span", {}, "Make one in a cell, such as"),
    make("code", {}, 'df = pandas.read_csv("houses.csv")'), make("code", {}, "%nnreg data diamonds -o df"),
    make("span", {}, "and it can be chosen here."));
  for (const trait of ["state", "tables", "table", "missing"]) view.follow(trait, show);
  // A wish that came to nothing.
  view.follow("trouble", (text) => {
    if (text) asked = "";
    show();
  });
  return make("div", { class: "nbreg-run", role: "group", "aria-label": "Study" },
    make("div", { class: "nbreg-run-head" }, make("div", { class: "nbreg-toolbar", role: "group", "aria-label": "Run" }, run, stop)),
    make("div", { class: "nbreg-progress" }, make("div", { class: "nbreg-run-status" }, status, bar.words), bar.bar),
    fault, advice, findings(view), takenView(view), codeView(view));
}

// Whose code it is, where it is not the study's.
function takenView(view) {
  const words = make("span", {});
  const node = make("div", { class: "nbreg-study-taken", hidden: "" }, words,
    button("Back to the study", () => view.ask("give_back"), { class: "nbreg-link" }));
  view.follow("taken", (told) => {
    node.hidden = !told;
    say(words, told ? `This trains with ${told}:` : "");
    if (told) view.say(`The code below trains with ${told}`);
  });
  return node;
}

// What the study has found so far: pictures, the table, and words.
function findings(view) {
  let [found, held] = [null, null];
  const lines = (index, metric) => [
    `${found.factor} ${found.axis.labels[index]}`, [metric.title, metric.words[index]], ["Trainings", found.done[index]],
  ];
  const hold = (index) => {
    held = index === held ? null : index;
    show();
    if (held !== null && !take.hidden) view.say(`${found.axis.labels[held]} is held: the button after the picture writes down its training`);
  };
  const charts = [0, 1].map(() => studyChartView(view, { hold, lines }));
  const target = selection([], (name) => view.ask("show_target", { name }));
  target.focus.setAttribute("aria-label", "Target that is shown");
  const take = button("", () => view.ask("take", { place: held }), { class: "nbreg-button nbreg-small nbreg-from-here", hidden: "" });
  const empty = make("p", { class: "nbreg-study-empty" }, make("span", {}, "The picture and the table fill as trainings end."));
  const pictures = make("div", { class: "nbreg-study-metrics" }, ...charts.map(({ node }) => node));
  const whole = make("div", { class: "nbreg-study-whole", hidden: "" });
  const table = studyTable(hold);
  const words = make("ul", { class: "nbreg-study-words", "aria-label": "What the study found", hidden: "" });
  const heading = make("h4", {});
  const filled = make("div", { class: "nbreg-study-found" },
    make("div", { class: "nbreg-study-head" }, heading, target.node), pictures, whole, take, words, table.node);
  const show = () => {
    filled.hidden = !found;
    empty.hidden = Boolean(found);
    if (!found) return;
    say(heading, found.heading);
    target.fill(found.targets.map((name) => [name, name]));
    target.show(found.target);
    target.node.hidden = found.targets.length < 2;
    pictures.hidden = found.metrics.length === 0;
    pictures.dataset.count = found.metrics.length;
    charts.forEach((chart, place) => {
      chart.node.hidden = place >= found.metrics.length;
      if (!chart.node.hidden) chart.show(found.metrics[place], found.axis);
      chart.held(held);
    });
    take.hidden = held === null || !found.can_take;
    if (held !== null) say(take, `Train with ${found.axis.labels[held]}: write down the line`);
    table.show(found, held);
  };
  view.hear("found", (message, buffers) => {
    if (!message.found) {
      [found, held] = [null, null];
      return show();
    }
    const numbers = buffers.length ? floats(buffers[0]) : [];
    const { n_folds: many, axis: { labels } } = message.found;
    message.found.metrics.forEach((metric, place) => {
      metric.points = labels.map((_, index) => [...numbers.slice((place * labels.length + index) * many, (place * labels.length + index + 1) * many)]);
      metric.means = metric.means.map((each) => each.map((value) => value ?? NaN));
    });
    if (found && found.number !== message.found.number) held = null;
    found = message.found;
    show();
  });
  view.follow("words", (sentences) => {
    words.hidden = !sentences.length;
    words.replaceChildren(...sentences.map((sentence) => make("li", {}, sentence)));
  });
  view.follow("picture", (html) => {
    whole.hidden = !html;
    whole.innerHTML = html;
  });
  show();
  return make("div", { class: "nbreg-study-findings", role: "group", "aria-label": "Findings" }, empty, filled);
}

// Values and their metrics; a value can be pressed, as in the picture.
function studyTable(hold) {
  const [head, body] = [make("tr", {}), make("tbody", {})];
  const node = make("div", { class: "nbreg-study-table", tabindex: "0", role: "region", "aria-label": "Values and their metrics" },
    make("table", {}, make("thead", {}, head), body));
  let rows = [];
  let drawn = "";
  const row = (index) => {
    const name = button("", () => hold(index), { class: "nbreg-link", "aria-pressed": "false" });
    const line = make("tr", {}, make("th", { scope: "row" }, name));
    return { line, name, cells: [] };
  };
  const show = (found, held) => {
    const shape = JSON.stringify([found.head, found.rows.length]);
    if (shape !== drawn) {
      drawn = shape;
      head.replaceChildren(...found.head.map((words) => make("th", { scope: "col" }, words)));
      rows = found.rows.map((_, index) => row(index));
      rows.forEach((each) => {
        each.cells = found.head.slice(1).map(() => make("td", {}));
        each.line.append(...each.cells);
      });
      body.replaceChildren(...rows.map(({ line }) => line));
    }
    found.rows.forEach(([title, ...words], index) => {
      const { line, name, cells } = rows[index];
      say(name, title);
      name.setAttribute("aria-pressed", String(index === held));
      cells.forEach((cell, place) => say(cell, words[place]));
      line.toggleAttribute("data-best", index === found.best);
    });
  };
  return { node, show };
}
