// What a run is doing, and the means to steer it: status, progress, pause and stop, the learning rate.

const WORDS = {
  pending: "Preparing", running: "Training", paused: "Paused",
  finished: "Finished", stopped: "Stopped", failed: "Failed",
};
const ENDS = ["finished", "stopped", "failed"];
const MOST_ROWS = 12000; // of a curve; beyond this a shorter history is asked for
const GREETED = 1000; // ms in which the whole history is asked for once

function underway(state) {
  return Boolean(state?.status) && !ENDS.includes(state.status);
}

// Returns what asks Python for the whole history, where that was not just done.
function greeter(model) {
  let last = -Infinity;
  return () => {
    if (performance.now() - last < GREETED) return;
    last = performance.now();
    model.send({ kind: "hello" });
  };
}

// What the run is doing, in a word; what was asked of it last counts already.
function doing(state, asked = "") {
  if (!underway(state)) return WORDS[state.status];
  if (state.stopping || asked === "stop") return "Stopping";
  if (asked === "pause" && state.status === "running") return "Pausing";
  return WORDS[state.status];
}

// A bar that fills, and below it where the run is, how long it still takes, and how fast it is.
function progress(label = "Epochs") {
  const fill = make("div");
  const bar = make("div", { class: "nbreg-bar", role: "progressbar", "aria-label": label, "aria-valuemin": "0" }, fill);
  const [where, left, speed] = ["where", "left", "speed"].map((name) => make("span", { class: `nbreg-${name}` }));
  const words = make("div", { class: "nbreg-words" }, where, left, speed);
  const show = (state) => {
    const share = state.epochs ? Math.min(1, state.progress / state.epochs) : 0;
    fill.style.width = `${(100 * share).toFixed(2)}%`;
    bar.setAttribute("aria-valuemax", state.epochs);
    bar.setAttribute("aria-valuenow", Math.floor(state.progress));
    bar.setAttribute("aria-valuetext", state.where);
    say(where, state.where);
    say(left, state.left);
    say(speed, state.speed);
  };
  return { bar, words, left, node: make("div", { class: "nbreg-progress" }, bar, words), show };
}

// Pause (or resume) and stop.
function steering(ask) {
  const pause = make("button", { type: "button", class: "nbreg-button" });
  const stop = make("button", { type: "button", class: "nbreg-button" }, icon("stop"), "Stop");
  pause.addEventListener("click", () => ask(pause.dataset.kind));
  stop.addEventListener("click", () => ask("stop"));
  const show = (state) => {
    const kind = state?.status === "paused" ? "resume" : "pause";
    if (pause.dataset.kind !== kind) {
      pause.dataset.kind = kind;
      pause.replaceChildren(icon(kind), kind === "pause" ? "Pause" : "Resume");
    }
    pause.disabled = stop.disabled = !underway(state) || state.stopping;
  };
  return { pause, stop, show };
}

// A field for the learning rate of a run underway; `set(rate)` is told what is entered, `complain(words)` what is wrong.
function rateForm(set, complain) {
  const box = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", size: "8" });
  const submit = make("button", { type: "submit" }, "Set");
  const label = make("label", {}, "Learning rate ", box);
  const node = make("form", { class: "nbreg-rate" }, label, submit);
  let [holds, edited] = [null, false];
  const words = () => (Number.isFinite(holds) && holds !== null ? short(holds) : "");
  const valid = (is) => {
    box.setAttribute("aria-invalid", String(!is));
    complain(is ? "" : "A learning rate is a number above 0, such as 0.001 or 3e-4.");
  };
  const enter = (event) => {
    event.preventDefault();
    const rate = Number(box.value.trim().replace(",", ".") || NaN);
    valid(Number.isFinite(rate) && rate > 0);
    if (!(Number.isFinite(rate) && rate > 0)) return;
    edited = true;
    set(rate);
  };
  node.addEventListener("submit", enter);
  box.addEventListener("input", () => {
    edited = true;
    submit.disabled = false;
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") enter(event);
    if (event.key !== "Escape") return;
    edited = false;
    box.value = words();
    valid(true);
    submit.disabled = true;
  });
  const show = (state) => {
    const ended = !underway(state);
    holds = state.learning_rate;
    if (!edited && document.activeElement !== box) box.value = words();
    box.disabled = ended;
    submit.disabled = ended || !edited;
  };
  // What was entered has been heard.
  const settle = () => {
    edited = false;
  };
  return { node, label, box, show, settle };
}
