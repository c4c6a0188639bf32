// A training to be watched and steered: its buttons, how far it is, its curve, its predictions, how good it is.

const TOLD_EVERY = 0.1; // of the epochs, to screen readers

function trainingView(view) {
  const train = button([icon("resume"), make("span", {}, "Train")], () => press("train"), { class: "nbreg-button nbreg-primary" });
  const steer = steering((kind) => press(kind));
  const earlier = earlierView(view);
  const bar = progress();
  const [status, name] = [make("span", { class: "nbreg-status" }), make("span", { class: "nbreg-run-name" })];
  const fault = make("p", { class: "nbreg-fault", role: "alert", hidden: "" });
  const rate = rateControl((value) => view.ask("set_learning_rate", { learning_rate: value }), { late: true });
  const rateRow = make("div", { class: "nbreg-live-rate", role: "group", "aria-label": "Learning rate of the run underway" },
    make("span", { class: "nbreg-muted" }, "Learning rate"), rate.node);
  const advice = make("p", { class: "nbreg-advice", hidden: "" });
  const plots = plotsView(view);
  const cards = cardsView("How good it is");
  let [asked, spoken, told] = ["", "", 0];

  const press = (kind) => {
    asked = kind;
    view.ask(kind);
    show();
  };
  // What is missing before it can be trained, in words.
  const missing = () => {
    if (!view.get("tables").length && !view.get("table")) return "No table in this notebook yet";
    return view.get("missing");
  };
  const heading = (state) => {
    if (state.busy) return state.busy;
    if (asked === "train" && !underway(state)) return "Starting";
    return state.status ? doing(state, asked) : missing() || "Ready to train";
  };
  const speak = (state, word) => {
    const place = state.epochs ? Math.floor(state.progress / state.epochs / TOLD_EVERY) : 0;
    const news = word !== spoken || (underway(state) && place !== told);
    [spoken, told] = [word, place];
    if (news) view.say([word, state.name, state.where, state.best ? `best loss ${state.best.words}` : ""].filter(Boolean).join(", "));
  };
  const show = () => {
    const state = view.get("state");
    const running = underway(state);
    if (asked !== "train" && (!running || (asked === "pause" && state.status === "paused") || (asked === "resume" && state.status === "running"))) asked = "";
    if (asked === "train" && running) asked = "";
    const word = heading(state);
    view.root.dataset.status = state.busy || asked === "train" ? "busy" : state.status ?? "none";
    say(status, word);
    say(name, state.status ? state.name ?? "" : "");
    train.disabled = running || Boolean(state.busy) || asked === "train" || Boolean(missing());
    steer.show(state);
    bar.words.hidden = !state.status;
    bar.show(state.status ? state : { epochs: 0, progress: 0, where: "", left: "", speed: "" });
    fault.hidden = !state.error;
    say(fault, state.error ?? "");
    rateRow.toggleAttribute("data-off", !running);
    if (running) rate.show(state.learning_rate);
    showAdvice();
    speak(state, word);
  };
  const showAdvice = () => {
    const none = !view.get("tables").length && !view.get("table");
    view.root.toggleAttribute("data-empty", none);
    advice.hidden = !none;
  };
  advice.append(make("strong", {}, "There is no table in this notebook yet"), make("span", {}, "Make one in a cell, such as"),
    make("code", {}, 'df = pandas.read_csv("houses.csv")'), make("code", {}, "%nnreg data diamonds -o df"),
    make("span", {}, "and it can be chosen here."));
  for (const trait of ["state", "tables", "table", "missing"]) view.follow(trait, show);
  view.follow("cards", cards.show);
  // A wish to train that came to nothing.
  view.follow("trouble", (text) => {
    if (text && asked) asked = "";
    show();
  });
  view.follow("start", ({ words = "" }) => say(train.lastElementChild, words ? "Train on" : "Train"));

  return make("div", { class: "nbreg-run", role: "group", "aria-label": "Training" },
    make("div", { class: "nbreg-run-head" },
      make("div", { class: "nbreg-toolbar", role: "group", "aria-label": "Run" }, train, steer.pause, steer.stop, earlier.node, earlier.start),
      rateRow),
    make("div", { class: "nbreg-progress" }, make("div", { class: "nbreg-run-status" }, status, name, bar.words), bar.bar),
    fault, advice, plots, cards.node, resultView(view), finalTest(view), codeView(view));
}

// The curve and, beside it, what is predicted.
function plotsView(view) {
  return make("div", { class: "nbreg-plots" }, trainingCurve(view), scatterView(view));
}

// The curve of the run, earlier ones behind it; from an epoch that is held a training can go on.
function trainingCurve(view) {
  let held = null;
  const go = button("", () => {
    view.ask("branch", { run: numberOfRun(), epoch: held });
    curve.release();
    hold(null);
  }, { class: "nbreg-button nbreg-small nbreg-from-here", hidden: "" });
  // Only a run that has ended can be gone on from.
  const numberOfRun = () => view.get("runs").find((run) => run.name === view.get("state").name)?.number ?? null;
  const hold = (epoch) => {
    held = epoch;
    go.hidden = held === null || numberOfRun() === null;
    if (go.hidden) return;
    say(go, `Continue from epoch ${whole(held)}`);
    view.say(`Epoch ${whole(held)} is held: the button after the curve continues from there`);
  };
  const curve = curveView({ loss: "Loss, of the scaled target", spoken: view.spoken, press: hold });
  const greet = greeter(view.model);
  const follow = (state) => {
    if (state.status) curve.follow({ ...state, ended: !underway(state) });
    else curve.clear();
  };
  view.follow("state", follow);
  view.hear("rows", (message, buffers) => {
    if (message.start === 0) {
      curve.release();
      hold(null);
    }
    if (!curve.receive(message, buffers)) return greet(); // something was missed before this view was there
    follow(view.get("state"));
    if (curve.length > MOST_ROWS) greet();
  });
  view.hear("earlier", ({ runs }, buffers) => {
    curve.setEarlier(runs.map((run, index) => ({ ...run, numbers: floats(buffers[index]) })));
  });
  view.keepDrawn(curve, curve.chart.canvas);
  return make("div", { class: "nbreg-curve-area" }, curve.root, go);
}

// What a training ended in, where that is more than figures: HTML of Python's, which stands alone.
function resultView(view) {
  const node = make("div", { class: "nbreg-result", role: "group", "aria-label": "Result", hidden: "" });
  view.follow("result", (html) => {
    node.hidden = !html;
    node.innerHTML = html;
  });
  return node;
}

// The final test looks at the test rows, once it is asked for.
function finalTest(view) {
  const words = make("span", {});
  const run = button("Final test", () => view.ask("final_test"), { class: "nbreg-button nbreg-small", title: "Predict the test rows, which nothing has seen so far" });
  const node = make("div", { class: "nbreg-final" }, words, run);
  const show = () => {
    const told = view.get("test");
    const state = view.get("state");
    // A card tells of the test rows itself.
    node.hidden = !told && (!state.status || underway(state) || !state.best || Boolean(view.get("result")));
    run.hidden = Boolean(told);
    say(words, told || "The test rows have not been looked at.");
  };
  for (const trait of ["test", "state", "result"]) view.follow(trait, show);
  return node;
}
