// One feature: its attributions by value as points, or its effect as a curve, on a canvas.

class FeaturePlot extends Picture {
  constructor(canvas) {
    super(canvas);
    this.cloud = null; // {x, y, rows, colors, about}
    this.curve = null; // {x, y, spread, shares, about}
    this.marks = null; // for each point whether it is marked
    this.chosen = { row: -1, place: null };
    this.read = null; // index of the point, or place on the curve, that is read out
  }
  get shown() {
    return this.curve ?? this.cloud;
  }
  // Points from left to right, for the arrow keys.
  sorted() {
    const { x } = this.shown;
    this.shown.order ??= Array.from(x, (_, i) => i).sort((a, b) => x[a] - x[b]);
    return this.shown.order;
  }
  nearest(x, y) {
    const { x: xs, y: ys } = this.shown;
    let [best, nearest] = [null, this.curve ? Infinity : 24 ** 2];
    for (let i = 0; i < xs.length; i++) {
      const distance = (this.at.x(xs[i]) - x) ** 2 + (this.curve ? 0 : (this.at.y(ys[i]) - y) ** 2);
      if (distance < nearest) [best, nearest] = [i, distance];
    }
    return best;
  }

  // Where things are

  layout(pen, width, height) {
    const { x, y, measure } = this.shown.about;
    const rug = this.curve ? 30 : 0;
    const left = Math.ceil(Math.max(16, ...y.ticks.map(([, text]) => pen.measureText(text).width))) + 12;
    const [top, right] = [26, width - 12];
    const places = x.kind === "level" ? x.ticks.map(([, text]) => pen.measureText(text).width) : [];
    const room = (right - left) / Math.max(1, places.length) - 8;
    const slanted = places.some((each) => each > room);
    const bottom = height - rug - (slanted ? Math.min(92, 0.62 * Math.max(...places) + 18) : 24) - 16;
    const across = (value) => left + ((right - left) * (value - x.low)) / (x.high - x.low);
    const up = (value) => bottom - ((bottom - top) * (value - y.low)) / (y.high - y.low);
    return { left, right, top, bottom, rug, slanted, measure, x: across, y: up, ticks: { x: x.ticks, y: y.ticks }, levels: x.kind === "level" };
  }

  // Drawing

  get isEmpty() {
    return !this.shown;
  }
  paint(pen, at, colour, { width, height }) {
    this.drawAxes(pen, at, colour, width, height);
    if (this.curve) this.drawCurve(pen, at, colour);
    else this.drawCloud(pen, at, colour);
    this.drawRead(pen, at, colour);
  }
  drawAxes(pen, at, colour, width, height) {
    pen.lineWidth = 1;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const [value, text] of at.ticks.y) {
      const y = Math.round(at.y(value)) + 0.5;
      if (y < at.top - 2 || y > at.bottom + 2) continue;
      pen.strokeStyle = colour(value === 0 ? "axis" : "grid");
      this.stroke(pen, at.left, y, at.right, y);
      pen.fillStyle = colour("muted");
      pen.fillText(text, at.left - 7, y);
    }
    const floor = at.bottom + at.rug;
    pen.strokeStyle = colour("axis");
    this.stroke(pen, at.left, floor + 0.5, at.right, floor + 0.5);
    pen.fillStyle = colour("muted");
    this.drawTicks(pen, at, floor);
    pen.textAlign = "left";
    pen.fillText(this.fitted(pen, at.measure, width - 8), 2, 9);
    pen.textAlign = "right";
    pen.fillText(this.fitted(pen, this.shown.about.feature, at.right - at.left), at.right, height - 8);
  }
  drawTicks(pen, at, floor) {
    let end = -Infinity;
    for (const [value, text] of at.ticks.x) {
      const x = at.x(value);
      if (at.slanted) {
        pen.save();
        pen.translate(x + 4, floor + 8);
        pen.rotate(-0.66);
        pen.textAlign = "right";
        pen.fillText(this.fitted(pen, text, 112), 0, 4);
        pen.restore();
        continue;
      }
      const half = pen.measureText(text).width / 2;
      const middle = Math.max(half, Math.min(x, at.right + 10 - half));
      if (middle - half < end + 10) continue;
      pen.textAlign = "center";
      pen.fillText(text, middle, floor + 14);
      end = middle + half;
    }
  }
  drawCloud(pen, at, colour) {
    const { x, y, colors, rows } = this.cloud;
    const marked = this.marks?.some((mark) => mark) ? this.marks : null;
    const shade = shades(this.cloud.about.color, colour, pen);
    const radius = x.length > 800 ? 2.4 : 3.1;
    const fade = Math.max(0.35, Math.min(0.85, 16 / Math.sqrt(x.length)));
    for (const last of marked ? [false, true] : [false]) {
      for (let i = 0; i < x.length; i++) {
        if (marked && Boolean(marked[i]) !== last) continue;
        pen.globalAlpha = marked ? (last ? 1 : 0.16) : fade;
        pen.fillStyle = shade(colors[i]);
        this.drawDot(pen, at.x(x[i]), at.y(y[i]), last ? radius + 0.8 : radius);
      }
    }
    pen.globalAlpha = 1;
    const own = rows.indexOf(this.chosen.row);
    if (own >= 0) this.ring(pen, at.x(x[own]), at.y(y[own]), colour);
    const { place } = this.chosen;
    // On a level a point stands a little beside the middle, and so does what becomes of it.
    const beside = at.levels && own >= 0 ? x[own] - Math.round(x[own]) : 0;
    if (place) this.mark(pen, at, { x: place.x + beside, y: place.y }, colour);
  }
  ring(pen, x, y, colour) {
    pen.lineWidth = 1.5;
    pen.strokeStyle = colour("text");
    pen.beginPath();
    pen.arc(x, y, 6.5, 0, 2 * Math.PI);
    pen.stroke();
  }
  // Where the chosen row stands now; at the edge where it has left the picture.
  mark(pen, at, place, colour) {
    const x = Math.max(at.left, Math.min(at.right, at.x(place.x)));
    const y = Math.max(at.top, Math.min(at.bottom, at.y(place.y)));
    pen.strokeStyle = colour("muted");
    pen.lineWidth = 1;
    this.stroke(pen, x, at.top, x, at.bottom, [2, 3]);
    pen.fillStyle = colour("surface");
    this.drawDot(pen, x, y, 5.6);
    pen.fillStyle = colour("text");
    this.drawDot(pen, x, y, 4.2);
  }
  drawCurve(pen, at, colour) {
    const { x, y, spread, shares } = this.curve;
    this.drawRug(pen, at, shares, colour);
    pen.fillStyle = pen.strokeStyle = colour("train");
    const known = Array.from(x, (_, i) => i).filter((i) => Number.isFinite(y[i]));
    if (at.levels) {
      pen.lineWidth = 4;
      for (const i of known) {
        pen.globalAlpha = 0.3;
        if (spread[i] > 0) this.stroke(pen, at.x(x[i]), at.y(y[i] - spread[i]), at.x(x[i]), at.y(y[i] + spread[i]));
        pen.globalAlpha = 1;
        this.drawDot(pen, at.x(x[i]), at.y(y[i]), 4.5);
      }
      return;
    }
    if (known.some((i) => spread[i] > 0)) {
      pen.globalAlpha = 0.16;
      pen.beginPath();
      known.forEach((i) => pen.lineTo(at.x(x[i]), at.y(y[i] + spread[i])));
      known.reverse().forEach((i) => pen.lineTo(at.x(x[i]), at.y(y[i] - spread[i])));
      known.reverse();
      pen.fill();
      pen.globalAlpha = 1;
    }
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    pen.beginPath();
    known.forEach((i) => pen.lineTo(at.x(x[i]), at.y(y[i])));
    pen.stroke();
  }
  // How many of the rows are where: the taller, the more the curve rests on.
  drawRug(pen, at, shares, colour) {
    const most = Math.max(...shares) || 1;
    const { x } = this.curve;
    const [first, last] = [at.x(x[0]), at.x(x[x.length - 1])];
    const breadth = at.levels ? Math.min(34, (0.6 * (at.right - at.left)) / x.length) : (last - first) / shares.length;
    pen.fillStyle = colour("axis");
    shares.forEach((share, i) => {
      const height = (share / most) * (at.rug - 6);
      const left = at.levels ? at.x(x[i]) - breadth / 2 : first + i * breadth;
      pen.fillRect(left, at.bottom + at.rug - height, Math.max(1, breadth - 1), height);
    });
  }
  drawRead(pen, at, colour) {
    if (this.read === null) return;
    const { x, y } = this.shown;
    pen.fillStyle = colour("surface");
    this.drawDot(pen, at.x(x[this.read]), at.y(y[this.read]), 6);
    pen.fillStyle = colour("validation");
    this.drawDot(pen, at.x(x[this.read]), at.y(y[this.read]), 4.4);
  }
}

// A colour for a number from 0 to 1: one of its own for each of a few levels, else between two.
function shades(color, colour, pen) {
  const parts = (text) => {
    pen.fillStyle = text;
    return [1, 3, 5].map((start) => parseInt(pen.fillStyle.slice(start, start + 2), 16));
  };
  const levels = color?.levels?.length;
  const [from, to] = [parts(colour("low")), parts(colour("high"))];
  const mixed = (share) => `rgb(${from.map((part, i) => Math.round(part + (to[i] - part) * share)).join(" ")})`;
  const table = levels ? color.levels.map((_, i) => colour(`run-${i + 1}`)) : Array.from({ length: 33 }, (_, i) => mixed(i / 32));
  return (number) => (Number.isFinite(number) ? table[Math.round((table.length - 1) * number)] : colour("train"));
}

function legend(color) {
  const words = make("span", {}, `coloured by ${color.name}`);
  const end = (text) => make("span", { class: "nbreg-shade-end" }, text);
  if (!color.levels) return [words, end(color.low), make("i", { "aria-hidden": "true" }), end(color.high)];
  return [words, ...color.levels.flatMap((level, i) =>
    [make("i", { class: "nbreg-swatch", style: `background: var(--nbreg-run-${i + 1})`, "aria-hidden": "true" }), end(level)])];
}

// A value on the horizontal axis, in words.
function placeWords(about, value) {
  if (about.x.kind === "level") return about.x.ticks[Math.max(0, Math.min(about.x.ticks.length - 1, Math.round(value)))]?.[1] ?? "";
  if (about.x.kind === "date") return new Date(Math.round(value * 86400) * 1000).toISOString().slice(0, 10);
  return short(value);
}

const LOOKS = { dependence: "Attributions", ale: "ALE", pdp: "Partial dependence" };

function featureView(view) {
  const parts = {
    canvas: make("canvas", { tabindex: "0", role: "img" }),
    read: make("div", { class: "nbreg-read", "aria-hidden": "true", hidden: "" }),
    title: make("h3"),
    words: make("p", { class: "nbreg-muted nbreg-measure" }),
    legend: make("div", { class: "nbreg-shades", hidden: "" }),
    busy: make("p", { class: "nbreg-empty", hidden: "" }),
  };
  const plot = new FeaturePlot(parts.canvas);
  const looks = segments(Object.entries(LOOKS), (look) => view.ask("choose", { look }));
  looks.node.setAttribute("aria-label", "What is shown of the feature");
  let curve = null; // the latest that came: of a feature, a kind and a target

  const show = () => {
    const look = view.get("look");
    looks.show(look);
    const fits = Boolean(curve) && curve.about.kind === look && curve.about.feature === plot.cloud?.about.feature
      && curve.about.target === view.get("target");
    plot.curve = look !== "dependence" && fits && curve.x ? curve : null;
    parts.busy.hidden = look === "dependence" || (fits && Boolean(curve.x));
    say(parts.busy, fits && curve.about.trouble ? curve.about.trouble : "Computing the curve");
    parts.canvas.classList.toggle("nbreg-pale", !parts.busy.hidden);
    readOut(null);
    describe();
    plot.refresh();
  };
  const describe = () => {
    const shown = plot.shown;
    if (!shown) return;
    say(parts.title, shown.about.feature);
    say(parts.words, plot.curve ? [shown.about.words, ...shown.about.notices, "Bars below: the share of the rows."].join(" ")
      : `${shown.about.words}. Click a point to choose its row.`);
    const { color } = plot.curve ? {} : shown.about;
    parts.legend.hidden = !color;
    if (color) parts.legend.replaceChildren(...legend(color));
    parts.canvas.setAttribute("aria-label", plot.curve ? shown.about.words
      : `${shown.about.measure} by the value of ${shown.about.feature}, ${shown.about.words}. The arrow keys read out rows, Enter chooses one.`);
  };
  const readOut = (index, aloud = false) => {
    plot.read = index;
    plot.refresh();
    parts.read.hidden = index === null;
    if (index === null || !plot.at) return;
    const { x, y, rows, shares, about } = plot.shown;
    const lines = [[about.feature, placeWords(about, x[index])], [plot.curve ? about.measure : "attribution", figure(y[index])]];
    if (!plot.curve) lines.unshift(["row", whole(rows[index])]);
    if (plot.curve && plot.at.levels) lines.push(["share of rows", `${(100 * shares[index]).toFixed(1)} %`]);
    showBeside(parts.read, parts.canvas, plot.at.x(x[index]), plot.at.y(y[index]), lines);
    if (aloud) view.say(lines.map((each) => each.join(" ")).join(", "));
  };
  const near = (event) => {
    return plot.at && plot.shown ? plot.nearest(...pointOn(parts.canvas, event)) : null;
  };
  const choose = (index) => {
    if (index !== null && !plot.curve) view.ask("choose", { row: plot.cloud.rows[index] });
  };
  parts.canvas.addEventListener("pointermove", (event) => readOut(near(event)));
  parts.canvas.addEventListener("click", (event) => choose(near(event)));
  parts.canvas.addEventListener("pointerleave", () => readOut(null));
  parts.canvas.addEventListener("blur", () => readOut(null));
  parts.canvas.addEventListener("keydown", (event) => {
    if (!plot.shown || isShortcut(event)) return;
    const order = plot.sorted();
    const own = plot.cloud?.rows.indexOf(plot.chosen.row) ?? -1;
    const from = order.indexOf(plot.read ?? (plot.curve ? 0 : own));
    const place = placeByKey(event, order, from);
    if (event.key === "Escape") readOut(null);
    else if (["Enter", " "].includes(event.key)) choose(plot.read);
    else if (place !== undefined) readOut(place, true);
    else return;
    event.preventDefault();
  });
  view.hear("cloud", (message, buffers) => {
    const [x, y, , colors] = buffers.map(floats);
    plot.cloud = { x, y, colors, rows: new Int32Array(floats(buffers[2]).buffer), about: message.about };
    plot.marks = null;
    show();
  });
  view.hear("marks", (_, buffers) => {
    plot.marks = floats(buffers[0]);
    plot.refresh();
  });
  view.hear("curve", (message, buffers) => {
    const [x, y, spread, shares] = buffers.map(floats);
    curve = { x, y, spread, shares, about: message.about };
    show();
  });
  view.follow("look", show);
  view.follow("chosen", (row) => {
    plot.chosen = { row: row.row ?? -1, place: row.place ?? null };
    plot.refresh();
  });
  view.keepDrawn(plot, parts.canvas);
  return box("feature", "One feature", [parts.title, looks.node], parts.legend,
    make("div", { class: "nbreg-plot" }, parts.canvas, parts.busy, parts.read), parts.words);
}
