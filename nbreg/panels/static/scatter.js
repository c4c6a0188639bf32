// Predicted against observed on a canvas: the nearer to the line, the better.

class Scatter extends Picture {
  constructor(canvas) {
    super(canvas);
    this.pairs = new Float32Array(0); // observed, predicted, observed, ...
    this.target = "";
    this.read = null; // index of the pair that is read out
  }
  get length() {
    return this.pairs.length / 2;
  }
  show(pairs, target) {
    Object.assign(this, { pairs, target, order: null });
    this.read = this.read !== null && this.read < this.length ? this.read : null;
    let [low, high] = [Infinity, -Infinity];
    for (const value of pairs) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    this.range = low < high ? [low, high] : [low - 0.5, low + 0.5];
    this.refresh();
  }
  // Pairs from the smallest to the largest observed value, for the arrow keys.
  sorted() {
    this.order ??= Array.from({ length: this.length }, (_, i) => i).sort((a, b) => this.pairs[2 * a] - this.pairs[2 * b]);
    return this.order;
  }
  nearest(x, y, reach = 24) {
    let [best, nearest] = [null, reach ** 2];
    for (let i = 0; i < this.length; i++) {
      const distance = (this.at.x(this.pairs[2 * i]) - x) ** 2 + (this.at.y(this.pairs[2 * i + 1]) - y) ** 2;
      if (distance < nearest) [best, nearest] = [i, distance];
    }
    return best;
  }
  layout(pen, width, height) {
    const [low, high] = this.range;
    const margin = (high - low) * 0.03;
    const [top, bottom, right] = [12, height - 40, width - 10];
    const ticks = linearTicks(low, high, Math.max(3, Math.min(6, Math.floor((bottom - top) / 44)))).map((tick) => ({ ...tick, text: brief(tick) }));
    const left = Math.ceil(Math.max(16, ...ticks.map((tick) => pen.measureText(tick.text).width))) + 26;
    const share = (value) => (value - low + margin) / (high - low + 2 * margin);
    return { left, right, top, bottom, ticks, x: (value) => left + (right - left) * share(value), y: (value) => bottom - (bottom - top) * share(value) };
  }
  get isEmpty() {
    return !this.length;
  }
  paint(pen, at, colour, { height }) {
    this.drawAxes(pen, at, colour, height);
    this.drawPoints(pen, at, colour);
    this.drawRead(pen, at, colour);
  }
  drawAxes(pen, at, colour, height) {
    pen.lineWidth = 1;
    pen.textBaseline = "middle";
    pen.fillStyle = colour("muted");
    let end = -Infinity;
    for (const { value, text } of at.ticks) {
      const [x, y] = [Math.round(at.x(value)) + 0.5, Math.round(at.y(value)) + 0.5];
      pen.strokeStyle = colour("grid");
      this.stroke(pen, at.left, y, at.right, y);
      this.stroke(pen, x, at.top, x, at.bottom);
      pen.textAlign = "right";
      pen.fillText(text, at.left - 6, y);
      const half = pen.measureText(text).width / 2;
      const middle = Math.min(x, at.right + 8 - half);
      if (middle - half < end + 6) continue;
      pen.textAlign = "center";
      pen.fillText(text, middle, at.bottom + 12);
      end = middle + half;
    }
    pen.strokeStyle = colour("axis");
    this.stroke(pen, at.left, at.bottom + 0.5, at.right, at.bottom + 0.5);
    this.stroke(pen, at.left + 0.5, at.top, at.left + 0.5, at.bottom);
    pen.fillText(this.fitted(pen, `observed ${this.target}`, at.right - at.left), (at.left + at.right) / 2, height - 9);
    pen.save();
    pen.translate(8, (at.top + at.bottom) / 2);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "center";
    pen.fillText("predicted", 0, 0);
    pen.restore();
    pen.lineWidth = 1.25;
    pen.strokeStyle = colour("muted");
    this.stroke(pen, at.left, at.bottom, at.right, at.top, [5, 4]);
  }
  drawPoints(pen, at, colour) {
    pen.fillStyle = colour("train");
    pen.globalAlpha = Math.max(0.22, Math.min(0.8, 14 / Math.sqrt(this.length)));
    const radius = this.length > 600 ? 1.9 : 2.6;
    for (let i = 0; i < this.length; i++) {
      this.drawDot(pen, at.x(this.pairs[2 * i]), at.y(this.pairs[2 * i + 1]), radius);
    }
    pen.globalAlpha = 1;
  }
  drawRead(pen, at, colour) {
    if (this.read === null) return;
    const [x, y] = [at.x(this.pairs[2 * this.read]), at.y(this.pairs[2 * this.read + 1])];
    for (const [name, radius] of [["surface", 6.5], ["text", 5], ["surface", 3]]) {
      pen.fillStyle = colour(name);
      this.drawDot(pen, x, y, radius);
    }
  }
}

// The picture with its heading, choice of target and read-out.
function scatterView(view) {
  const parts = {
    canvas: make("canvas", { tabindex: "0", role: "img", "aria-label": "Predicted against observed" }),
    read: make("div", { class: "nbreg-read", "aria-hidden": "true", hidden: "" }),
    words: make("span", { class: "nbreg-muted" }),
    empty: make("p", { class: "nbreg-empty" }, "Fills as the network learns"),
  };
  const target = selection([], (name) => view.ask("show_target", { name }));
  target.focus.setAttribute("aria-label", "Target that is shown");
  const scatter = new Scatter(parts.canvas);
  const node = make("div", { class: "nbreg-scatter" },
    make("div", { class: "nbreg-scatter-head" }, make("h4", {}, "Predicted against observed"), target.node),
    make("div", { class: "nbreg-scatter-chart" }, parts.canvas, parts.empty, parts.read), parts.words);
  const readOut = (index, aloud = false) => {
    scatter.read = index;
    scatter.refresh();
    parts.read.hidden = index === null;
    if (index === null) return;
    const [observed, predicted] = [scatter.pairs[2 * index], scatter.pairs[2 * index + 1]];
    const lines = [["Observed", observed], ["Predicted", predicted], ["Residual", observed - predicted]]
      .map(([name, value]) => [name, figure(value)]);
    showBeside(parts.read, parts.canvas, scatter.at.x(observed), scatter.at.y(predicted), lines);
    if (aloud) view.say(lines.map((each) => each.join(" ")).join(", "));
  };
  const point = (event) => {
    if (scatter.at && scatter.length) readOut(scatter.nearest(...pointOn(parts.canvas, event)));
  };
  const walk = (event) => {
    if (!scatter.length || isShortcut(event)) return;
    const order = scatter.sorted();
    const place = placeByKey(event, order, scatter.read === null ? -1 : order.indexOf(scatter.read));
    if (event.key === "Escape") readOut(null);
    if (place === undefined) return;
    event.preventDefault();
    readOut(place, true);
  };
  parts.canvas.addEventListener("pointermove", point);
  parts.canvas.addEventListener("pointerdown", point);
  parts.canvas.addEventListener("pointerleave", () => readOut(null));
  parts.canvas.addEventListener("blur", () => readOut(null));
  parts.canvas.addEventListener("keydown", walk);
  view.hear("scatter", (message, buffers) => {
    scatter.show(floats(buffers[0]), message.target);
    parts.empty.hidden = scatter.length > 0;
    if (scatter.read === null) parts.read.hidden = true;
    say(parts.words, message.words ?? "");
    target.show(message.target);
    parts.canvas.setAttribute("aria-label", `Predicted against observed ${message.target}, ${message.words || `${scatter.length} rows`}. The arrow keys read out rows.`);
  });
  view.follow("columns", () => {
    const names = targetNames(view);
    target.fill(names.map((name) => [name, name]));
    target.node.hidden = names.length < 2;
  });
  view.keepDrawn(scatter, parts.canvas);
  return node;
}
