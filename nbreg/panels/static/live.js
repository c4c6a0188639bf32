// The live view of a training. Python sends rows and words; clicks go back as wishes.

const PATIENCE = 2500; // ms without an answer before saying why there is none
const AGAIN = 800; // ms without one before a wish is sent again, for a kernel may leave it lying until the next comes
const UNHEARD = "This kernel hears buttons only between cells. To stop now, interrupt it (■): the best weights are kept.";

function render({ model, el }) {
  const [title, loss] = [model.get("title"), model.get("loss")];
  const spoken = make("p", { class: "nbreg-spoken", role: "status", "aria-live": "polite" });
  const hint = make("p", { class: "nbreg-hint", hidden: "" });
  const status = make("span", { class: "nbreg-status" });
  const steer = steering((kind) => ask(kind));
  const rate = rateForm((value) => ask("learning_rate", { value }), (words) => complain(words));
  const bar = progress();
  const curve = curveView({ loss, spoken });
  const root = make("section", { class: "nbreg-view nbreg-live", "aria-label": title },
    make("div", { class: "nbreg-frame" },
      make("header", {}, make("div", { class: "nbreg-name" }, status, make("span", { class: "nbreg-title" }, title)),
        make("div", { class: "nbreg-tools" }, rate.node, steer.pause, steer.stop)),
      bar.node, hint, curve.root, spoken));
  keepKeys(rate.box, rate.node.querySelector("button"), steer.pause, steer.stop);
  let state = null;
  let asked = null; // what was asked last: {kind, count, timers}

  const greet = greeter(model);
  const advise = (words) => {
    hint.hidden = !words;
    say(hint, words);
  };
  const complain = (words) => {
    if (words) say(spoken, words);
    advise(words);
  };
  const ask = (kind, more = {}) => {
    const send = () => model.send({ kind, ...more });
    asked?.timers.forEach(clearTimeout);
    asked = { kind, count: state?.asked ?? 0, timers: [setTimeout(send, AGAIN), setTimeout(() => advise(UNHEARD), PATIENCE)] };
    if (kind === "learning_rate") rate.settle();
    send();
    show();
  };
  const settle = () => {
    if (!asked || (state.asked <= asked.count && underway(state))) return;
    asked.timers.forEach(clearTimeout);
    if (hint.textContent === UNHEARD) advise("");
    if (asked.kind === "pause" && state.status === "running") return; // heard, and on its way
    asked = null;
  };
  const show = () => {
    if (!state) return;
    bar.show({ ...state, left: state.error || state.left });
    const word = doing(state, asked?.kind);
    if (status.textContent !== word) {
      say(status, word);
      root.dataset.status = state.status;
      say(spoken, `${word}: ${title}. ${state.where}${state.best ? `, best loss ${state.best.words}` : ""}`);
    }
    steer.show(state);
    rate.show(state);
  };
  const receive = (message, buffers) => {
    if (message.kind !== "rows") return;
    if (!curve.receive(message, buffers)) return greet(); // something was missed before this view was there
    state = message.state;
    curve.follow({ ...state, ended: !underway(state) });
    settle();
    show();
    if (curve.length > MOST_ROWS) greet();
  };

  el.append(root);
  const endTheme = themed(root, () => curve.refresh());
  model.on("msg:custom", receive);
  greet();
  return () => {
    endTheme();
    model.off("msg:custom", receive);
    asked?.timers.forEach(clearTimeout);
    curve.remove();
  };
}

export default { render };
