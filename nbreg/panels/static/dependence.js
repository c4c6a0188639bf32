// One feature: its attributions by value as points, or its effect as a curve, on a canvas.

class FeaturePlot {
  constructor(canvas) {
    this.canvas = canvas;
    this.cloud = null; // {x, y, rows, colors, about}
    this.curve = null; // {x, y, spread, shares, about}
    this.marks = null; // for each point whether it is marked
    this.chosen = { row: -1, place: null };
    this.read = null; // index of the point, or place on the curve, that is read out
    this.frame = 0;
  }
  refresh() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }
  remove() {
    cancelAnimationFrame(this.frame);
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

  draw() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    const [columns, lines] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== columns) this.canvas.width = columns;
    if (this.canvas.height !== lines) this.canvas.height = lines;
    const pen = this.canvas.getContext("2d");
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(`--nbreg-${name}`).trim();
    pen.setTransform(columns / width, 0, 0, lines / height, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (!this.shown) return;
    pen.font = `${style.fontSize} ${style.fontFamily}`;
    const at = (this.at = this.layout(pen, width, height));
    this.drawAxes(pen, at, colour, width, height);
    if (this.curve) this.drawCurve(pen, at, colour);
    else this.drawCloud(pen, at, colour);
    this.drawRead(pen, at, colour);
  }
  line(pen, x1, y1, x2, y2, dash = []) {
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
    pen.setLineDash([]);
  }
  dot(pen, x, y, radius) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fill();
  }
  fitted(pen, text, width) {
    let words = text;
    while (words.length > 3 && pen.measureText(words).width > width) words = `${words.slice(0, -2).trimEnd()}…`;
    return words;
  }
  drawAxes(pen, at, colour, width, height) {
    pen.lineWidth = 1;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const [value, text] of at.ticks.y) {
      const y = Math.round(at.y(value)) + 0.5;
      if (y < at.top - 2 || y > at.bottom + 2) continue;
      pen.strokeStyle = colour(value === 0 ? "axis" : "grid");
      this.line(pen, at.left, y, at.right, y);
      pen.fillStyle = colour("muted");
      pen.fillText(text, at.left - 7, y);
    }
    const floor = at.bottom + at.rug;
    pen.strokeStyle = colour("axis");
    this.line(pen, at.left, floor + 0.5, at.right, floor + 0.5);
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
        this.dot(pen, at.x(x[i]), at.y(y[i]), last ? radius + 0.8 : radius);
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
    this.line(pen, x, at.top, x, at.bottom, [2, 3]);
    pen.fillStyle = colour("surface");
    this.dot(pen, x, y, 5.6);
    pen.fillStyle = colour("text");
    this.dot(pen, x, y, 4.2);
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
        if (spread[i] > 0) this.line(pen, at.x(x[i]), at.y(y[i] - spread[i]), at.x(x[i]), at.y(y[i] + spread[i]));
        pen.globalAlpha = 1;
        this.dot(pen, at.x(x[i]), at.y(y[i]), 4.5);
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
    this.dot(pen, at.x(x[this.read]), at.y(y[this.read]), 6);
    pen.fillStyle = colour("validation");
    this.dot(pen, at.x(x[this.read]), at.y(y[this.read]), 4.4);
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
  const looks = make("div", { class: "nbreg-looks", role: "radiogroup", "aria-label": "What is shown of the feature" });
  const choices = Object.entries(LOOKS).map(([look, words]) => {
    const node = make("button", { type: "button", role: "radio", "data-look": look }, words);
    node.addEventListener("click", () => view.ask("choose", { look }));
    return node;
  });
  looks.append(...choices);
  looks.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const next = choices[(choices.indexOf(document.activeElement) + way + choices.length) % choices.length];
    next.focus();
    view.ask("choose", { look: next.dataset.look });
  });
  const lookNow = () => view.get("look");
  const curves = {}; // by feature, kind and target

  const show = () => {
    const look = lookNow();
    for (const node of choices) {
      node.setAttribute("aria-checked", String(node.dataset.look === look));
      node.tabIndex = node.dataset.look === look ? 0 : -1;
    }
    const curve = curves.latest;
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
    if (!plot.curve) lines.unshift(["row", rows[index].toLocaleString("en-US")]);
    if (plot.curve && plot.at.levels) lines.push(["share of rows", `${(100 * shares[index]).toFixed(1)} %`]);
    parts.read.replaceChildren(...lines.flatMap(([name, value]) => [make("span", {}, name), make("b", {}, value)]));
    const [left, top] = [plot.at.x(x[index]), plot.at.y(y[index])];
    const [right, low] = [left > parts.canvas.clientWidth / 2, top > parts.canvas.clientHeight / 2];
    Object.assign(parts.read.style, {
      left: right ? "auto" : `${left + 12}px`, right: right ? `${parts.canvas.clientWidth - left + 12}px` : "auto",
      top: low ? "auto" : `${top + 10}px`, bottom: low ? `${parts.canvas.clientHeight - top + 10}px` : "auto",
    });
    if (aloud) view.say(lines.map((each) => each.join(" ")).join(", "));
  };
  const near = (event) => {
    if (!plot.at || !plot.shown) return null;
    const box = parts.canvas.getBoundingClientRect();
    return plot.nearest(event.clientX - box.left, event.clientY - box.top);
  };
  const choose = (index) => {
    if (index !== null && !plot.curve) view.ask("choose", { row: plot.cloud.rows[index] });
  };
  parts.canvas.addEventListener("pointermove", (event) => readOut(near(event)));
  parts.canvas.addEventListener("click", (event) => choose(near(event)));
  parts.canvas.addEventListener("pointerleave", () => readOut(null));
  parts.canvas.addEventListener("blur", () => readOut(null));
  parts.canvas.addEventListener("keydown", (event) => {
    if (!plot.shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const order = plot.sorted();
    const own = plot.cloud?.rows.indexOf(plot.chosen.row) ?? -1;
    const from = order.indexOf(plot.read ?? (plot.curve ? 0 : own));
    const page = Math.max(1, Math.round(order.length / 10));
    const steps = { ArrowLeft: from - 1, ArrowRight: from + 1, PageUp: from - page, PageDown: from + page, Home: 0, End: order.length - 1 };
    if (event.key === "Escape") readOut(null);
    else if (["Enter", " "].includes(event.key)) choose(plot.read);
    else if (event.key in steps) readOut(order[Math.max(0, Math.min(order.length - 1, steps[event.key]))], true);
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
    curves.latest = { x, y, spread, shares, about: message.about };
    show();
  });
  view.follow("look", show);
  view.follow("chosen", (row) => {
    plot.chosen = { row: row.row ?? -1, place: row.place ?? null };
    plot.refresh();
  });
  const sizes = new ResizeObserver(() => plot.refresh());
  sizes.observe(parts.canvas);
  view.root.addEventListener("nbreg-theme", () => plot.refresh());
  view.onEnd(() => {
    sizes.disconnect();
    plot.remove();
  });
  return make("section", { class: "nbreg-box nbreg-feature", "aria-label": "One feature" },
    make("div", { class: "nbreg-box-head" }, parts.title, looks), parts.legend,
    make("div", { class: "nbreg-plot" }, parts.canvas, parts.busy, parts.read), parts.words);
}
