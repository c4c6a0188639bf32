// One metric by the values of a factor: the mean with its interval, and each fold as a faint dot.

const CLIPPED = -0.25; // where an axis of shares ends while some are far below nought
const WIDE_RANGE = 8; // of means, as a factor, beyond which an axis is logarithmic
const SLANTED = 96; // px that a name below the axis has when it does not fit lying
const SLANT = Math.PI / 5.5;

class StudyChart extends Picture {
  constructor(canvas) {
    super(canvas);
    this.shown = null;
    this.read = null; // the value that is read out
    this.held = null; // the value that is held
  }
  // `metric` is {means: [[mean, low, high]], points: [numbers by value], best, share}; `axis` {kind, labels, positions}.
  // `band` is a learning curve beyond the values, {x, y, low, high}; null: there is none.
  show(metric, axis) {
    this.shown = metric;
    this.axis = axis;
    if (this.read >= axis.labels.length) this.read = null;
    this.refresh();
  }
  get isEmpty() {
    return !this.shown || !this.shown.means.some(([mean]) => Number.isFinite(mean));
  }
  nearest(x) {
    const away = this.axis.labels.map((_, index) => Math.abs(this.at.x(index) - x));
    return away.indexOf(Math.min(...away));
  }

  // Where things are

  // Intervals may reach below what an axis can show: an error is never negative.
  range() {
    const { means, points, share, band } = this.shown;
    const seen = [...means.map(([mean]) => mean), ...points.flat()].filter(Number.isFinite);
    const known = means.map(([mean]) => mean).filter(Number.isFinite);
    let [low, high] = [Math.min(...seen), Math.max(...seen)];
    if (!share && low > 0 && Math.max(...known) / Math.min(...known) > WIDE_RANGE) {
      const foreseen = band ? Math.max(low / 5, Math.min(...band.y)) : low;
      return { logarithmic: true, low: Math.min(low, foreseen) / 1.3, high: high * 1.4 };
    }
    const ends = [...means.flat(), ...(band ? [...band.y, band.low.at(-1)] : [])].filter(Number.isFinite);
    const least = low >= 0 ? 0 : -Infinity;
    const room = Math.max(high - low, Math.abs(high) * 0.05); // intervals of two folds reach far beyond what there is
    [low, high] = [Math.max(least, low - room, Math.min(low, ...ends)), Math.min(high + room, Math.max(high, ...ends))];
    if (share && low < 4 * CLIPPED) low = CLIPPED;
    if (share) high = Math.min(high, 1);
    const margin = Math.max((high - low) * 0.08, Math.abs(high) * 0.01 + 1e-12);
    return { logarithmic: false, low: low === CLIPPED || low === least ? low : Math.max(least, low - margin), high: high + margin };
  }
  across(left, right) {
    const { kind, labels, positions } = this.axis;
    const edge = Math.min(34, (right - left) / (2 * labels.length));
    const reach = this.shown.band?.x.at(-1);
    if (kind === "names" || labels.length < 2) {
      const slot = (right - left) / labels.length;
      return (index) => left + slot * (index + 0.5);
    }
    const scale = kind === "log" ? Math.log : Number;
    const [first, last] = [Math.min(...positions), Math.max(...positions, reach ?? -Infinity)].map(scale);
    const at = (value) => left + edge + ((right - left - 2 * edge) * (scale(value) - first)) / (last - first || 1);
    return Object.assign((index) => at(positions[index]), { at });
  }
  layout(pen, width, height) {
    const range = this.range();
    const scale = range.logarithmic ? Math.log : Number;
    const [low, high] = [scale(range.low), scale(range.high)];
    const most = Math.max(3, Math.min(6, Math.floor(height / 40)));
    const ticks = (range.logarithmic ? logTicks : linearTicks)(range.low, range.high, most).map((tick) => ({ ...tick, text: brief(tick) }));
    const left = Math.ceil(Math.max(18, ...ticks.map(({ text }) => pen.measureText(text).width))) + 10;
    const right = width - 8;
    const x = this.across(left, right);
    const slot = (right - left) / this.axis.labels.length;
    const widest = Math.max(...this.axis.labels.map((text) => pen.measureText(text).width));
    const slanted = this.axis.kind === "names" && widest > slot - 6;
    const bottom = height - (slanted ? 16 + Math.min(SLANTED, widest) * Math.sin(SLANT) : 24);
    const top = 22;
    const y = (value) => bottom - ((bottom - top) * (scale(value) - low)) / (high - low);
    return { left, right, top, bottom, ticks, slot, slanted, x, y, floor: range.low, ceiling: range.high };
  }

  // Drawing

  paint(pen, at, colour) {
    this.drawAxes(pen, at, colour);
    this.drawHeld(pen, at, colour);
    if (this.shown.band) this.drawBand(pen, at, colour);
    this.drawPoints(pen, at, colour);
    if (this.axis.kind !== "names") this.drawLine(pen, at, colour);
    this.axis.labels.forEach((_, index) => this.drawMean(pen, at, colour, index));
  }
  drawAxes(pen, at, colour) {
    pen.lineWidth = 1;
    pen.textBaseline = "middle";
    pen.fillStyle = colour("muted");
    pen.strokeStyle = colour("grid");
    pen.textAlign = "right";
    for (const { value, text } of at.ticks) {
      const y = Math.round(at.y(value)) + 0.5;
      if (y < at.top - 1 || y > at.bottom + 1) continue;
      this.stroke(pen, at.left, y, at.right, y);
      pen.fillText(text, at.left - 7, y);
    }
    pen.strokeStyle = colour("axis");
    this.stroke(pen, at.left, at.bottom + 0.5, at.right, at.bottom + 0.5);
    this.drawNames(pen, at, colour);
  }
  drawNames(pen, at, colour) {
    let end = -Infinity;
    this.axis.labels.forEach((text, index) => {
      const x = at.x(index);
      pen.fillStyle = colour(index === this.held ? "text" : "muted");
      if (at.slanted) return this.drawSlanted(pen, text, x, at.bottom + 10);
      const half = pen.measureText(text).width / 2;
      const middle = Math.max(at.left + half - 14, Math.min(x, at.right + 6 - half));
      pen.strokeStyle = colour("axis");
      this.stroke(pen, Math.round(x) + 0.5, at.bottom, Math.round(x) + 0.5, at.bottom + 4);
      if (middle - half < end + 6) return;
      pen.textAlign = "center";
      pen.fillText(text, middle, at.bottom + 14);
      end = middle + half;
    });
  }
  drawSlanted(pen, text, x, y) {
    pen.save();
    pen.translate(x + 3, y);
    pen.rotate(-SLANT);
    pen.textAlign = "right";
    pen.fillText(this.fitted(pen, text, Math.min(SLANTED, (x - 4) / Math.cos(SLANT))), 0, 0);
    pen.restore();
  }
  drawHeld(pen, at, colour) {
    for (const [index, alpha] of [[this.held, 0.14], [this.read, 0.08]]) {
      if (index === null) continue;
      const half = Math.min(26, at.slot / 2);
      pen.globalAlpha = alpha;
      pen.fillStyle = colour("accent");
      pen.fillRect(at.x(index) - half, at.top - 8, 2 * half, at.bottom - at.top + 8);
      pen.globalAlpha = 1;
    }
  }
  // What more rows would bring: the curve that goes on, and how sure that is.
  drawBand(pen, at, colour) {
    const { x, y, low, high } = this.shown.band;
    const within = (value) => Math.max(at.top - 8, Math.min(at.bottom, at.y(Math.max(value, at.floor))));
    const trace = (places, values) => places.forEach((place) => pen.lineTo(at.x.at(x[place]), within(values[place])));
    const places = x.map((_, place) => place);
    pen.fillStyle = pen.strokeStyle = colour("validation");
    pen.globalAlpha = 0.14;
    pen.beginPath();
    trace(places, low);
    trace(places.toReversed(), high);
    pen.fill();
    pen.globalAlpha = 1;
    pen.lineWidth = 1.5;
    pen.setLineDash([5, 4]);
    pen.beginPath();
    trace(places, y);
    pen.stroke();
    pen.setLineDash([]);
    const text = `${brief({ value: x.at(-1), text: whole(x.at(-1)) })} rows`;
    pen.fillStyle = colour("muted");
    pen.textAlign = "right";
    pen.fillText(text, at.right + 4, at.bottom + 14);
  }
  // Folds stand beside their mean.
  drawPoints(pen, at, colour) {
    pen.fillStyle = colour("muted");
    const [aside, spread] = [Math.min(11, at.slot / 3), Math.min(2.5, at.slot / 8)];
    this.shown.points.forEach((values, index) => {
      pen.globalAlpha = Math.max(0.28, 0.6 - 0.012 * values.length);
      values.forEach((value, place) => {
        const x = at.x(index) + aside + (place % 2 ? spread : -spread);
        if (value >= at.floor) this.drawDot(pen, x, at.y(value), 2.2); // not so where there is none
      });
    });
    pen.globalAlpha = 1;
  }
  drawLine(pen, at, colour) {
    const known = this.axis.labels.map((_, index) => index)
      .filter((index) => this.shown.means[index][0] >= at.floor)
      .sort((a, b) => this.axis.positions[a] - this.axis.positions[b]);
    pen.strokeStyle = colour("train");
    pen.globalAlpha = 0.45;
    pen.lineWidth = 1.5;
    pen.beginPath();
    known.forEach((index, place) => pen[place ? "lineTo" : "moveTo"](at.x(index), at.y(this.shown.means[index][0])));
    pen.stroke();
    pen.globalAlpha = 1;
  }
  drawMean(pen, at, colour, index) {
    const [mean, low, high] = this.shown.means[index];
    if (!Number.isFinite(mean)) return;
    const isBest = index === this.shown.best;
    const ink = colour(isBest ? "good" : "train");
    const x = at.x(index);
    if (mean < at.floor) return this.drawBelow(pen, x, at.bottom - 9, ink);
    const y = at.y(mean);
    pen.strokeStyle = pen.fillStyle = ink;
    pen.lineWidth = 2;
    if (Number.isFinite(low) && Number.isFinite(high)) {
      const [foot, head] = [at.y(Math.max(low, at.floor)), Math.max(at.top - 8, at.y(high))];
      this.stroke(pen, x, foot, x, head);
      for (const [end, isThere] of [[foot, low >= at.floor], [head, high <= at.ceiling]]) {
        if (isThere) this.stroke(pen, x - 5, end, x + 5, end);
      }
    }
    pen.fillStyle = colour("surface");
    this.drawDot(pen, x, y, isBest ? 7 : 6);
    pen.fillStyle = ink;
    this.drawDot(pen, x, y, isBest ? 5.5 : 4.5);
    if (isBest) this.drawBest(pen, at, x, Number.isFinite(high) ? at.y(high) : y, ink);
  }
  drawBest(pen, at, x, y, ink) {
    pen.textAlign = "center";
    pen.font = pen.font.replace(/^(\d)/, "600 $1");
    pen.fillText("best", Math.max(at.left + 14, Math.min(x, at.right - 14)), Math.max(9, y - 14));
    pen.font = pen.font.replace("600 ", "");
  }
  drawBelow(pen, x, y, ink) {
    pen.fillStyle = ink;
    pen.beginPath();
    pen.moveTo(x - 5, y);
    pen.lineTo(x + 5, y);
    pen.lineTo(x, y + 7);
    pen.fill();
  }
}

// A chart with its heading and read-out. `hold(index)` is told of a click or Enter; `lines(index)` are the words that
// are read out. Returns {node, chart, show, held}.
function studyChartView(view, { hold, lines }) {
  const parts = {
    canvas: make("canvas", { tabindex: "0", role: "img" }),
    read: make("div", { class: "nbreg-read", "aria-hidden": "true", hidden: "" }),
    title: make("h4", {}),
    better: make("span", { class: "nbreg-muted" }),
  };
  const chart = new StudyChart(parts.canvas);
  const node = make("div", { class: "nbreg-study-metric" },
    make("div", { class: "nbreg-study-metric-head" }, parts.title, parts.better),
    make("div", { class: "nbreg-plot" }, parts.canvas, parts.read));
  let metric = null;
  const readOut = (index, aloud = false) => {
    chart.read = index;
    chart.refresh();
    parts.read.hidden = index === null;
    if (index === null) return;
    const [title, ...told] = lines(index, metric);
    showBeside(parts.read, parts.canvas, chart.at.x(index), chart.at.top + 20, told);
    parts.read.prepend(make("strong", {}, title));
    if (aloud) view.say([title, ...told.map((each) => each.join(" "))].join(", "));
  };
  const ready = () => chart.at && !chart.isEmpty;
  parts.canvas.addEventListener("pointermove", (event) => ready() && readOut(chart.nearest(pointOn(parts.canvas, event)[0])));
  parts.canvas.addEventListener("pointerleave", () => readOut(null));
  parts.canvas.addEventListener("blur", () => readOut(null));
  parts.canvas.addEventListener("click", (event) => ready() && hold(chart.nearest(pointOn(parts.canvas, event)[0])));
  parts.canvas.addEventListener("keydown", (event) => {
    if (!ready() || isShortcut(event)) return;
    if (event.key === "Escape") readOut(null);
    if ((event.key === "Enter" || event.key === " ") && chart.read !== null) {
      event.preventDefault();
      return hold(chart.read);
    }
    const order = chart.axis.labels.map((_, index) => index);
    const place = placeByKey(event, order, chart.read === null ? -1 : chart.read);
    if (place === undefined) return;
    event.preventDefault();
    readOut(place, true);
  });
  view.keepDrawn(chart, parts.canvas);
  return {
    node, chart,
    show(now, axis) {
      metric = now;
      chart.show(now, axis);
      say(parts.title, now.title);
      parts.title.title = now.title;
      say(parts.better, now.better);
      parts.canvas.setAttribute("aria-label", now.alt);
      if (chart.read !== null && chart.at) readOut(chart.read);
    },
    held(index) {
      chart.held = index;
      chart.refresh();
    },
  };
}
