// A chart with what belongs to it: its caption, the scale, zoom by dragging and by keys, and the read-out.

const DRAG = 6; // px before a press is a drag

// `lines(epoch, height)` are the words of the read-out at an epoch on the axis and, under a pointer, at a height in
// pixels: {epoch, title, lines: [[name, value, place]]}; a line without a value is a heading, `place` a run's colour.
// `press(epoch)` is told of a click or Enter. Returns {node, show, again, remove}.
function chartPane(chart, { caption, empty, spoken, lines, press = () => {}, words = () => "" }) {
  const { canvas } = chart;
  const log = make("button", { type: "button", "aria-pressed": "true" }, "Log");
  const linear = make("button", { type: "button", "aria-pressed": "false" }, "Linear");
  const reset = make("button", { type: "button", class: "nbreg-reset", hidden: "" }, "Reset zoom");
  const scale = make("div", { class: "nbreg-scale", role: "group", "aria-label": "Scale of the loss" }, log, linear);
  const read = make("div", { class: "nbreg-read", "aria-hidden": "true", hidden: "" });
  const nothing = make("p", { class: "nbreg-empty" }, empty);
  const node = make("div", { class: "nbreg-chart" }, canvas, nothing, reset,
    make("span", { class: "nbreg-caption" }, caption), scale, read);
  canvas.setAttribute("tabindex", "0");
  canvas.setAttribute("role", "img");
  keepKeys(log, linear, reset, canvas);

  const show = () => {
    chart.keepWithin();
    nothing.hidden = chart.hasRows;
    scale.hidden = !chart.hasRows;
    log.disabled = !chart.canBeLogarithmic;
    reset.hidden = !chart.window;
    const range = chart.window ? ` Zoomed to epochs ${whole(chart.window[0])} to ${whole(chart.window[1])}.` : "";
    canvas.setAttribute("aria-label", chart.hasRows ? `${words()}${range} Arrow keys read out epochs, plus and minus zoom.` : empty);
    chart.refresh();
  };
  const setScale = (logarithmic) => {
    chart.logarithmic = logarithmic;
    log.setAttribute("aria-pressed", String(logarithmic));
    linear.setAttribute("aria-pressed", String(!logarithmic));
    chart.refresh();
  };
  const zoomed = () => {
    show();
    chart.draw(); // the read-out is placed by what is drawn
    again();
    say(spoken, chart.window ? `Epochs ${whole(chart.window[0])} to ${whole(chart.window[1])}` : "All epochs");
  };
  const zoom = (first, last) => {
    chart.zoom(first, last);
    zoomed();
  };
  const unzoom = () => {
    chart.reset();
    zoomed();
  };

  let height = null; // of the pointer that reads out
  const line = ([name, value, place]) => (value === undefined ? [make("strong", {}, name)] : [
    make("span", place ? { class: "nbreg-swatched", style: `--tone: var(--nbreg-run-${place})` } : {}, name), make("b", {}, value)]);
  const readOut = (epoch, aloud = false) => {
    const found = epoch === null || !chart.hasRows ? null : lines(epoch, height);
    chart.read = found ? found.epoch : null;
    read.hidden = !found;
    chart.refreshMarks();
    if (!found) return;
    read.replaceChildren(make("strong", {}, found.title), ...found.lines.flatMap(line));
    if (aloud && chart.reveal(found.epoch)) {
      show();
      chart.draw();
    }
    const x = chart.at?.x(found.epoch) ?? 0;
    const left = x > canvas.clientWidth / 2;
    read.style.left = left ? "" : `${x + 12}px`;
    read.style.right = left ? `${canvas.clientWidth - x + 12}px` : "";
    const told = ([name, value]) => (value === undefined ? `${name}:` : `${name} ${value},`);
    if (aloud) say(spoken, `${found.title}: ${found.lines.map(told).join(" ")}`.replace(/,$/, ""));
  };
  // What is read out follows what arrives.
  const again = () => chart.read !== null && readOut(chart.read);

  // With the mouse: moving reads out, dragging zooms, a click chooses an epoch.
  let [pressed, dragged] = [null, false];
  const epochOf = (event) => chart.at.epochAt(event.clientX - canvas.getBoundingClientRect().left);
  const pointAt = (event) => {
    height = event.clientY - canvas.getBoundingClientRect().top;
    readOut(epochOf(event));
  };
  const down = (event) => {
    if (!chart.at || !chart.hasRows || event.button) return;
    [pressed, dragged] = [event.clientX, false];
    if (event.pointerType !== "touch") canvas.setPointerCapture(event.pointerId);
    pointAt(event);
  };
  const move = (event) => {
    if (!chart.at || !chart.hasRows) return;
    if (pressed !== null && event.pointerType !== "touch" && (dragged || Math.abs(event.clientX - pressed) > DRAG)) {
      dragged = true;
      chart.selection = [chart.at.epochAt(pressed - canvas.getBoundingClientRect().left), epochOf(event)];
    }
    pointAt(event);
  };
  const up = () => {
    const { selection } = chart;
    if (pressed !== null && !dragged && chart.read !== null) press(chart.read);
    drop();
    if (!selection) return;
    readOut(null); // the pointer is at another epoch by then
    zoom(Math.max(chart.shown[0], Math.min(...selection)), Math.min(chart.shown[1], Math.max(...selection)));
  };
  const drop = () => {
    [pressed, dragged, chart.selection] = [null, false, null];
    chart.refreshMarks();
  };
  const keys = (event) => {
    if (!chart.hasRows || isShortcut(event)) return;
    const [first, last] = chart.shown;
    const from = chart.read ?? last;
    const page = Math.max(1, Math.round((last - first) / 10));
    const walk = (direction, least) =>
      readOut(direction * Math.max(direction * chart.beyond(from, direction), direction * from + least), true);
    const nearer = (factor) => () => zoom(from - (from - first) * factor, from + (last - from) * factor);
    const actions = {
      ArrowLeft: () => walk(-1, 0), ArrowRight: () => walk(1, 0), PageUp: () => walk(-1, page), PageDown: () => walk(1, page),
      Home: () => readOut(first, true), End: () => readOut(last, true),
      "+": nearer(0.5), "=": nearer(0.5), "-": nearer(2), 0: unzoom,
      Enter: () => chart.read !== null && press(chart.read),
      Escape: () => (chart.selection ? drop() : chart.read === null ? unzoom() : readOut(null)),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    height = null;
    actions[event.key]();
  };
  log.addEventListener("click", () => setScale(true));
  linear.addEventListener("click", () => setScale(false));
  reset.addEventListener("click", () => {
    unzoom();
    canvas.focus();
  });
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", drop);
  canvas.addEventListener("dblclick", unzoom);
  canvas.addEventListener("pointerleave", () => pressed === null && readOut(null));
  canvas.addEventListener("blur", () => readOut(null));
  canvas.addEventListener("keydown", keys);
  return { node, show, again, remove: () => chart.remove() };
}

// The learning curve of one run with its legend. `press(epoch)` is told an own epoch that was clicked, or null.
function curveView({ loss, spoken, press = () => {} }) {
  const chart = new LearningCurve(make("canvas"));
  const value = { train: make("b"), validation: make("b"), best: make("b"), earlier: make("b") };
  const key = (name, text) => make("span", { class: `nbreg-key nbreg-${name}`, hidden: "" }, text, value[name]);
  const keys = {
    train: key("train", "Train "), validation: key("validation", "Validation "), best: key("best", "Best "),
    earlier: key("earlier", "Earlier runs "),
  };
  keys.train.hidden = false;
  const own = (epoch) => Math.max(1, Math.min(chart.rows.lastEpoch, Math.round(epoch - chart.rows.start)));
  let [seen, best] = [0, null];

  const told = (rows, epoch, ...columns) => columns
    .map(([name, column]) => [name, column, rows.get(rows.nearest(epoch), column)])
    .filter(([, , number]) => !Number.isNaN(number))
    .map(([name, column, number]) => [name, (column === RATE ? short : figure)(number)]);
  const LOSSES = [["Train", LOSS], ["Validation", VALIDATION]];
  const lines = (epoch, height) => {
    const { rows } = chart;
    const rounded = Math.max(1, Math.min(Math.floor(chart.whole[1]), Math.round(epoch)));
    // Beyond its own rows, it is an earlier run that is read out; where there is none, the nearest of its own.
    const mine = rows.reaches(rounded) || (rows.length > 0 && !chart.earlier.some((run) => run.rows.reaches(rounded)));
    const at = mine ? rows.epoch(rows.nearest(rounded)) : rounded;
    const of = mine && rows.start ? ` (${whole(at - rows.start)} of this run)` : "";
    const other = chart.name(at, height);
    return {
      epoch: at,
      title: `Epoch ${whole(at)}${of}`,
      lines: [...(mine ? told(rows, at, ...LOSSES, ["Learning rate", RATE]) : []),
        ...(other ? [[other.name], ...told(other.rows, at, ...LOSSES)] : [])],
    };
  };
  const words = () => {
    const { rows } = chart;
    const last = rows.length - 1;
    if (last < 0) return "Learning curves of earlier runs.";
    const validation = rows.validated ? `, validation ${figure(rows.get(last, VALIDATION))}` : "";
    const told = best ? `, best ${value.best.textContent}` : "";
    return `Loss by epoch, ${whole(seen)} epochs: train ${figure(rows.get(last, LOSS))}${validation}${told}.`;
  };
  const hold = (epoch) => {
    if (!chart.rows.reaches(epoch)) return;
    chart.held = own(epoch) === chart.held ? null : own(epoch);
    press(chart.held);
    chart.refresh();
  };
  const pane = chartPane(chart, { caption: loss, empty: "The curves begin with the first epoch", spoken, lines, words, press: hold });
  const root = make("div", { class: "nbreg-curve" }, make("div", { class: "nbreg-legend" }, ...Object.values(keys)), pane.node);

  const show = () => {
    const { rows } = chart;
    const last = rows.length - 1;
    keys.validation.hidden = !rows.validated;
    keys.best.hidden = !best;
    root.toggleAttribute("data-validated", rows.validated);
    if (last >= 0) {
      say(value.train, figure(rows.get(last, LOSS)));
      say(value.validation, figure(rows.get(last, VALIDATION)));
      if (best) say(value.best, `${best.words} at epoch ${whole(rows.start + best.epoch)}`);
    } else say(value.train, "");
    pane.show();
    pane.again();
  };
  return {
    root, chart,
    get length() {
      return chart.rows.length;
    },
    get seen() {
      return seen;
    },
    // Take the rows of a message: those from `start` (0: all anew) to `end`. Returns false where some were missed.
    receive({ start, end }, buffers) {
      if (start > seen) return false;
      if (start === 0) chart.rows.clear();
      chart.rows.append(floats(buffers[0]));
      seen = start === 0 ? end : Math.max(seen, end);
      return true;
    },
    clear() {
      chart.rows.clear();
      [seen, best, chart.held, chart.window] = [0, null, null, null];
      press(null);
      show();
    },
    // How the run stands: {epochs, best, changes, ended, start}.
    follow(state) {
      best = state.best ?? null;
      chart.rows.start = state.start ?? 0;
      Object.assign(chart, { epochs: state.epochs, best, changes: state.changes ?? [], ended: state.ended });
      show();
    },
    // Other runs behind this one: [{name, numbers, start}].
    setEarlier(runs) {
      Object.assign(chart, { named: null, drawnBehind: "" });
      chart.earlier = runs.map(({ name, numbers, start }) => ({ name, rows: new Rows(numbers, start) }));
      keys.earlier.hidden = !runs.length;
      say(value.earlier, String(runs.length));
      show();
    },
    release() {
      chart.held = null;
      chart.refresh();
    },
    refresh: () => chart.refresh(),
    remove: () => pane.remove(),
  };
}
