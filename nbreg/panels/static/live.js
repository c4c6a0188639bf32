// The live view of a training. Python sends rows and words; clicks go back as wishes.

const WORDS = {
  pending: "Preparing", running: "Training", paused: "Paused",
  finished: "Finished", stopped: "Stopped", failed: "Failed",
};
const ENDS = ["finished", "stopped", "failed"];
const PATIENCE = 2500; // ms without an answer before saying why there is none
const UNHEARD = "This kernel hears buttons only between cells. To stop now, interrupt it (■): the best weights are kept.";
const MOST_ROWS = 12000; // beyond this a shorter history is asked for

const ICONS = {
  pause: "M4 2.5h3v11H4zM9 2.5h3v11H9z",
  resume: "M4.5 2.2v11.6L13.5 8z",
  stop: "M3.5 3.5h9v9h-9z",
};

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "0 0 16 16");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  picture.append(path);
  return picture;
}

function build(title, loss) {
  const parts = {
    status: make("span", { class: "nbreg-status" }),
    title: make("span", { class: "nbreg-title" }, title),
    rate: make("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", size: "8" }),
    set: make("button", { type: "submit" }, "Set"),
    pause: make("button", { type: "button", class: "nbreg-button" }),
    stop: make("button", { type: "button", class: "nbreg-button" }, icon("stop"), "Stop"),
    bar: make("div", { class: "nbreg-bar", role: "progressbar", "aria-label": "Epochs", "aria-valuemin": "0" }),
    fill: make("div"),
    where: make("span", { class: "nbreg-where" }),
    left: make("span", { class: "nbreg-left" }),
    speed: make("span", { class: "nbreg-speed" }),
    train: make("b"),
    validation: make("b"),
    best: make("b"),
    log: make("button", { type: "button", "aria-pressed": "true" }, "Log"),
    linear: make("button", { type: "button", "aria-pressed": "false" }, "Linear"),
    canvas: make("canvas", { tabindex: "0", role: "img" }),
    read: make("div", { class: "nbreg-read", "aria-hidden": "true", hidden: "" }),
    empty: make("p", { class: "nbreg-empty" }, "The curves begin with the first epoch"),
    hint: make("p", { class: "nbreg-hint", hidden: "" }),
    spoken: make("p", { class: "nbreg-spoken", role: "status", "aria-live": "polite" }),
  };
  parts.bar.append(parts.fill);
  parts.scale = make("div", { class: "nbreg-scale", role: "group", "aria-label": "Scale of the loss" }, parts.log, parts.linear);
  parts.form = make("form", { class: "nbreg-rate" }, make("label", {}, "Learning rate ", parts.rate), parts.set);
  const key = (name, text, value) => make("span", { class: `nbreg-key nbreg-${name}` }, text, value);
  parts.keys = {
    train: key("train", "Train ", parts.train),
    validation: key("validation", "Validation ", parts.validation),
    best: key("best", "Best ", parts.best),
  };
  // JupyterLab would take Enter and the arrow keys for the notebook; it lets such elements have them.
  for (const name of ["rate", "set", "pause", "stop", "log", "linear", "canvas"]) parts[name].dataset.lmSuppressShortcuts = "true";
  parts.root = make("section", { class: "nbreg-live", "aria-label": title },
    make("div", { class: "nbreg-frame" },
      make("header", {}, make("div", { class: "nbreg-name" }, parts.status, parts.title),
        make("div", { class: "nbreg-tools" }, parts.form, parts.pause, parts.stop)),
      make("div", { class: "nbreg-progress" }, parts.bar, make("div", { class: "nbreg-words" }, parts.where, parts.left, parts.speed)),
      parts.hint,
      make("div", { class: "nbreg-legend" }, parts.keys.train, parts.keys.validation, parts.keys.best),
      make("div", { class: "nbreg-chart" }, parts.canvas, parts.empty,
        make("span", { class: "nbreg-caption" }, loss), parts.scale, parts.read),
      parts.spoken));
  return parts;
}

// Words in the page change only where they differ, so that screen readers and selections stay undisturbed.
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function render({ model, el }) {
  const parts = build(model.get("title"), model.get("loss"));
  const chart = new LearningCurve(parts.canvas);
  let state = null;
  let seen = 0; // rows of the run that have arrived
  let asked = null; // what was asked last: {kind, count, timer}
  let greeting = 0; // when the whole history was asked for

  const greet = () => {
    if (performance.now() - greeting < 1000) return;
    greeting = performance.now();
    model.send({ kind: "hello" });
  };

  // Asking

  const ask = (kind, more = {}) => {
    if (asked) clearTimeout(asked.timer);
    const timer = setTimeout(unanswered, PATIENCE);
    asked = { kind, count: state?.asked ?? 0, timer };
    model.send({ kind, ...more });
    show();
  };
  const unanswered = () => {
    parts.hint.hidden = false;
    say(parts.hint, UNHEARD);
  };
  const settle = () => {
    if (!asked || (state.asked <= asked.count && !ENDS.includes(state.status))) return;
    clearTimeout(asked.timer);
    if (parts.hint.textContent === UNHEARD) parts.hint.hidden = true;
    if (asked.kind === "pause" && state.status === "running") return; // heard, and on its way
    asked = null;
  };
  const setRate = (event) => {
    event.preventDefault();
    const text = parts.rate.value.trim().replace(",", ".");
    const valid = text !== "" && Number.isFinite(Number(text)) && Number(text) > 0;
    parts.rate.setAttribute("aria-invalid", String(!valid));
    parts.hint.hidden = valid;
    if (!valid) {
      say(parts.hint, "A learning rate is a number above 0, such as 0.001 or 3e-4.");
      say(parts.spoken, parts.hint.textContent);
      return;
    }
    parts.rate.dataset.edited = "";
    ask("learning_rate", { value: Number(text) });
  };

  // Showing

  const heading = () => {
    if (ENDS.includes(state.status)) return WORDS[state.status];
    if (state.stopping || asked?.kind === "stop") return "Stopping";
    if (asked?.kind === "pause" && state.status === "running") return "Pausing";
    return WORDS[state.status];
  };
  const showStatus = () => {
    const word = heading();
    if (parts.status.textContent === word) return;
    say(parts.status, word);
    parts.root.dataset.status = state.status;
    say(parts.spoken, `${word}: ${parts.title.textContent}. ${state.where}${state.best ? `, best loss ${state.best.words}` : ""}`);
  };
  const showControls = () => {
    const ended = ENDS.includes(state.status);
    const kind = state.status === "paused" ? "resume" : "pause";
    if (parts.pause.dataset.kind !== kind) {
      parts.pause.dataset.kind = kind;
      parts.pause.replaceChildren(icon(kind), kind === "pause" ? "Pause" : "Resume");
    }
    parts.pause.disabled = ended || state.stopping;
    parts.stop.disabled = ended || state.stopping;
    parts.rate.disabled = ended;
    const rate = state.learning_rate === null ? "" : short(state.learning_rate);
    if (!parts.rate.dataset.edited && document.activeElement !== parts.rate) parts.rate.value = rate;
    parts.set.disabled = ended || !parts.rate.dataset.edited;
  };
  const showProgress = () => {
    const share = state.epochs ? Math.min(1, state.progress / state.epochs) : 0;
    parts.fill.style.width = `${(100 * share).toFixed(2)}%`;
    parts.bar.setAttribute("aria-valuemax", state.epochs);
    parts.bar.setAttribute("aria-valuenow", Math.floor(state.progress));
    parts.bar.setAttribute("aria-valuetext", state.where);
    say(parts.where, state.where);
    say(parts.left, state.error || state.left);
    say(parts.speed, state.speed);
  };
  const showFigures = () => {
    const { rows } = chart;
    const last = rows.length - 1;
    parts.empty.hidden = last >= 0;
    parts.keys.validation.hidden = !rows.validated;
    parts.keys.best.hidden = !state.best;
    parts.root.toggleAttribute("data-validated", rows.validated);
    parts.scale.hidden = last < 0;
    parts.log.disabled = !chart.canBeLogarithmic;
    if (last < 0) return;
    say(parts.train, figure(rows.get(last, LOSS)));
    say(parts.validation, figure(rows.get(last, VALIDATION)));
    if (state.best) say(parts.best, `${state.best.words} at epoch ${state.best.epoch.toLocaleString("en-US")}`);
    const validation = rows.validated ? `, validation ${figure(rows.get(last, VALIDATION))}` : "";
    const best = state.best ? `, best ${parts.best.textContent}` : "";
    parts.canvas.setAttribute("aria-label",
      `Loss by epoch, ${seen.toLocaleString("en-US")} epochs: train ${figure(rows.get(last, LOSS))}${validation}${best}. ` +
      "The arrow keys read out epochs.");
  };
  const show = () => {
    if (!state) return;
    showProgress();
    showStatus();
    showControls();
    showFigures();
    chart.refresh();
  };

  const receive = (message, buffers) => {
    if (message.kind !== "rows") return;
    if (message.start > seen) return greet(); // something was missed before this view was there
    if (message.start === 0) chart.rows.clear();
    const buffer = buffers[0];
    const bytes = buffer instanceof ArrayBuffer ? new Uint8Array(buffer) : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    chart.rows.append(new Float32Array(bytes.slice().buffer));
    seen = Math.max(message.start === 0 ? 0 : seen, message.end);
    state = message.state;
    Object.assign(chart, { epochs: state.epochs, best: state.best, changes: state.changes, ended: ENDS.includes(state.status) });
    settle();
    show();
    if (chart.rows.length > MOST_ROWS) greet();
  };

  // Reading out an epoch, under the pointer or by the arrow keys

  const readOut = (index, aloud = false) => {
    const { rows } = chart;
    chart.read = index === null || !rows.length ? null : Math.max(0, Math.min(index, rows.length - 1));
    parts.read.hidden = chart.read === null;
    chart.refresh();
    if (chart.read === null) return;
    const lines = [["Train", LOSS], ["Validation", VALIDATION], ["Learning rate", RATE]]
      .filter(([, column]) => !Number.isNaN(rows.get(chart.read, column)))
      .map(([name, column]) => [name, column === RATE ? short(rows.get(chart.read, column)) : figure(rows.get(chart.read, column))]);
    const epoch = `Epoch ${rows.get(chart.read, EPOCH).toLocaleString("en-US")}`;
    parts.read.replaceChildren(make("strong", {}, epoch),
      ...lines.flatMap(([name, value]) => [make("span", {}, name), make("b", {}, value)]));
    const x = chart.at.x(rows.get(chart.read, EPOCH));
    const left = x > parts.canvas.clientWidth / 2;
    parts.read.style.left = left ? "" : `${x + 12}px`;
    parts.read.style.right = left ? `${parts.canvas.clientWidth - x + 12}px` : "";
    if (aloud) say(parts.spoken, `${epoch}: ${lines.map((line) => line.join(" ")).join(", ")}`);
  };
  const point = (event) => {
    if (!chart.at || !chart.rows.length) return;
    const x = event.clientX - parts.canvas.getBoundingClientRect().left;
    readOut(chart.rows.nearest(chart.at.epochAt(x)));
  };
  const walk = (event) => {
    const from = chart.read ?? chart.rows.length - 1;
    const page = Math.max(1, Math.round(chart.rows.length / 10));
    const steps = {
      ArrowLeft: from - 1, ArrowRight: from + 1, PageUp: from - page, PageDown: from + page,
      Home: 0, End: chart.rows.length - 1, Escape: null,
    };
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    readOut(steps[event.key], true);
  };
  const setScale = (logarithmic) => {
    chart.logarithmic = logarithmic;
    parts.log.setAttribute("aria-pressed", String(logarithmic));
    parts.linear.setAttribute("aria-pressed", String(!logarithmic));
    chart.refresh();
  };

  // Light or dark is told by the background that is really there, which holds in any front end.
  const theme = () => {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    pen.fillStyle = getComputedStyle(parts.root).getPropertyValue("--nbreg-surface").trim() || "#fff";
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    parts.root.dataset.theme = 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
    chart.refresh();
  };

  parts.pause.addEventListener("click", () => ask(parts.pause.dataset.kind));
  parts.stop.addEventListener("click", () => ask("stop"));
  parts.form.addEventListener("submit", setRate);
  parts.rate.addEventListener("input", () => {
    parts.rate.dataset.edited = "yes";
    parts.set.disabled = false;
  });
  parts.rate.addEventListener("keydown", (event) => {
    if (event.key === "Enter") setRate(event);
    if (event.key !== "Escape") return;
    parts.rate.dataset.edited = "";
    parts.rate.value = short(state?.learning_rate ?? NaN);
    parts.rate.removeAttribute("aria-invalid");
    parts.hint.hidden = true;
    parts.set.disabled = true;
  });
  parts.log.addEventListener("click", () => setScale(true));
  parts.linear.addEventListener("click", () => setScale(false));
  parts.canvas.addEventListener("pointermove", point);
  parts.canvas.addEventListener("pointerdown", point);
  parts.canvas.addEventListener("pointerleave", () => readOut(null));
  parts.canvas.addEventListener("blur", () => readOut(null));
  parts.canvas.addEventListener("keydown", walk);

  el.append(parts.root);
  const sizes = new ResizeObserver(theme); // also told when the view enters the page: before, it has no colours
  sizes.observe(parts.canvas);
  const themes = new MutationObserver(() => requestAnimationFrame(theme));
  for (const node of [document.body, document.documentElement]) themes.observe(node, { attributes: true });
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", theme);
  model.on("msg:custom", receive);
  greet();

  return () => {
    sizes.disconnect();
    themes.disconnect();
    scheme.removeEventListener("change", theme);
    model.off("msg:custom", receive);
    if (asked) clearTimeout(asked.timer);
    chart.remove();
  };
}

export default { render };
