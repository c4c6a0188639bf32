// The learning curve: losses by epoch on a canvas, growing while one watches.
// It knows nothing of kernels and widgets: append rows, change what is shown, draw.

const COLUMNS = 4; // of a row: epoch, loss, validation loss, learning rate
const [EPOCH, LOSS, VALIDATION, RATE] = [0, 1, 2, 3];

// 0.0812, 12,431, 1.20e-5: three significant digits
function figure(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2);
  if (size >= 100) return Math.round(value).toLocaleString("en-US");
  return value === 0 ? "0" : value.toPrecision(3);
}

// 0.001, 3e-5: no digits beyond those that were meant
function short(value) {
  if (!Number.isFinite(value)) return "–";
  const rounded = Number(value.toPrecision(3));
  const size = Math.abs(rounded);
  if (size !== 0 && size < 1e-4) return rounded.toExponential();
  return rounded.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

// The rows so far, in one array that doubles when it is full.
class Rows {
  constructor() {
    this.clear();
  }
  clear() {
    this.numbers = new Float32Array(COLUMNS * 512);
    this.length = 0;
    this.validated = false;
    this.low = this.lowPositive = Infinity;
    this.high = -Infinity;
  }
  get(index, column) {
    return this.numbers[index * COLUMNS + column];
  }
  get lastEpoch() {
    return this.length ? this.get(this.length - 1, EPOCH) : -Infinity;
  }
  // Rows that are already here are passed over, so that overlapping messages do no harm.
  append(numbers) {
    let first = 0;
    while (first < numbers.length && numbers[first] <= this.lastEpoch) first += COLUMNS;
    const added = numbers.subarray(first);
    const needed = this.length * COLUMNS + added.length;
    if (needed > this.numbers.length) {
      const larger = new Float32Array(Math.max(needed, 2 * this.numbers.length));
      larger.set(this.numbers.subarray(0, this.length * COLUMNS));
      this.numbers = larger;
    }
    this.numbers.set(added, this.length * COLUMNS);
    for (let i = 0; i < added.length; i += COLUMNS) this.measure(added[i + LOSS], added[i + VALIDATION]);
    this.length = needed / COLUMNS;
  }
  measure(loss, validation) {
    if (!Number.isNaN(validation)) this.validated = true;
    for (const value of [loss, validation]) {
      if (!Number.isFinite(value)) continue;
      this.low = Math.min(this.low, value);
      this.high = Math.max(this.high, value);
      if (value > 0) this.lowPositive = Math.min(this.lowPositive, value);
    }
  }
  // the row whose epoch is nearest
  nearest(epoch) {
    let [low, high] = [0, this.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.get(middle, EPOCH) < epoch) low = middle + 1;
      else high = middle;
    }
    const before = Math.max(0, low - 1);
    return Math.abs(this.get(before, EPOCH) - epoch) <= Math.abs(this.get(low, EPOCH) - epoch) ? before : low;
  }
}

function linearTicks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high * (1 + 1e-9); k++) {
    const value = k * step || 0; // never -0
    const text = decimals > 4
      ? short(value)
      : value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    ticks.push({ value, text });
  }
  return ticks;
}

// As many of 1, 2, 5 in every decade as there is room for; within a decade, steps as on a linear scale.
function logTicks(low, high, most) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const skip = Math.max(1, Math.ceil((last - first) / most));
  let best = [];
  for (const factors of [[1], [1, 3], [1, 2, 5]]) {
    const ticks = [];
    for (let power = first; power <= last; power += factors.length > 1 ? 1 : skip) {
      for (const factor of factors) {
        const value = factor * 10 ** power;
        if (value >= low * 0.999 && value <= high * 1.001) ticks.push({ value, text: short(value) });
      }
    }
    if (ticks.length <= most) best = ticks;
  }
  return best.length >= 3 ? best : linearTicks(low, high, Math.min(most, 5));
}

class LearningCurve {
  constructor(canvas) {
    this.canvas = canvas;
    this.rows = new Rows();
    this.epochs = 1;
    this.ended = false;
    this.logarithmic = true;
    this.best = null; // {epoch, words}
    this.changes = []; // [epoch, learning rate], as asked for while training
    this.read = null; // index of the row that is read out
    this.frame = 0;
  }
  // Draw before the next frame, once, however often it is asked for.
  refresh() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }
  remove() {
    cancelAnimationFrame(this.frame);
  }
  get canBeLogarithmic() {
    return !(this.rows.low <= 0);
  }

  // Where things are

  // The axis ends at 10, 20, 50, 100, ... epochs, the next that is reached, and at last at all there are.
  extent() {
    const last = Math.max(1, this.rows.lastEpoch);
    if (this.ended) return Math.max(2, last);
    const power = 10 ** Math.floor(Math.log10(last));
    const round = [1, 2, 5, 10, 20].map((factor) => factor * power).find((end) => end >= Math.max(10, 1.04 * last));
    return Math.max(2, Math.min(this.epochs, round ?? 10));
  }
  range(logarithmic) {
    let low = logarithmic ? Math.log(this.rows.lowPositive) : this.rows.low;
    let high = logarithmic ? Math.log(this.rows.high) : this.rows.high;
    if (!(low <= high)) return [0, 1];
    if (!logarithmic && low >= 0 && low < 0.4 * high) return [0, high * 1.06];
    const margin = Math.max((high - low) * 0.06, logarithmic ? 0.05 : Math.abs(high) * 0.02 + 1e-12);
    return [low - margin, high + margin];
  }
  layout(pen, width, height) {
    const logarithmic = this.logarithmic && this.canBeLogarithmic;
    const [low, high] = this.range(logarithmic);
    const [top, bottom] = [34, height - 24];
    const most = Math.max(3, Math.min(7, Math.floor((bottom - top) / 28)));
    const ticks = logarithmic ? logTicks(Math.exp(low), Math.exp(high), most) : linearTicks(low, high, most);
    const left = Math.ceil(Math.max(24, ...ticks.map((tick) => pen.measureText(tick.text).width))) + 10;
    const right = width - 14;
    const extent = this.extent();
    const scale = logarithmic ? Math.log : (value) => value;
    return {
      left, right, top, bottom, extent, ticks,
      x: (epoch) => left + ((right - left) * epoch) / extent,
      y: (value) => bottom - ((bottom - top) * (scale(value) - low)) / (high - low),
      epochAt: (x) => ((x - left) / (right - left)) * extent,
    };
  }

  // Drawing

  draw() {
    // Not clientWidth, which is rounded: a picture that is scaled by a fraction of a pixel is a blurred one.
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
    pen.font = `${style.fontSize} ${style.fontFamily}`;
    pen.lineJoin = "round";
    const at = (this.at = this.layout(pen, width, height));
    this.drawAxes(pen, at, colour);
    if (!this.rows.length) return;
    this.drawChanges(pen, at, colour);
    this.drawLine(pen, at, LOSS, colour("train"));
    if (this.rows.validated) this.drawLine(pen, at, VALIDATION, colour("validation"));
    this.drawBest(pen, at, colour);
    this.drawRead(pen, at, colour);
  }
  drawAxes(pen, at, colour) {
    pen.lineWidth = 1;
    pen.strokeStyle = colour("grid");
    pen.fillStyle = colour("muted");
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const { value, text } of this.rows.length ? at.ticks : []) {
      const y = Math.round(at.y(value)) + 0.5;
      if (y < at.top - 1 || y > at.bottom + 1) continue;
      if (y < at.bottom - 3) this.stroke(pen, at.left, y, at.right, y);
      pen.fillText(text, at.left - 8, y);
    }
    pen.strokeStyle = colour("axis");
    this.stroke(pen, at.left, at.bottom + 0.5, at.right, at.bottom + 0.5);
    this.drawEpochs(pen, at);
  }
  drawEpochs(pen, at) {
    const most = Math.max(3, Math.min(9, Math.floor((at.right - at.left) / 72)));
    pen.textAlign = "center";
    let end = -Infinity;
    for (const { value, text } of linearTicks(0, at.extent, most)) {
      if (!Number.isInteger(value)) continue;
      const half = pen.measureText(text).width / 2;
      const x = Math.min(at.x(value), at.right + 12 - half);
      if (x - half < end + 8) continue;
      pen.fillText(text, x, at.bottom + 14);
      end = x + half;
    }
    if (pen.measureText("epoch").width + end + 12 < at.right + 12) {
      pen.textAlign = "right";
      pen.fillText("epoch", at.right + 12, at.bottom + 14);
    }
  }
  stroke(pen, x1, y1, x2, y2, dash = []) {
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
    pen.setLineDash([]);
  }
  // Of the rows that share a pixel only the first, lowest, highest and last are drawn, which looks the same.
  drawLine(pen, at, column, colour) {
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = 1.75;
    pen.beginPath();
    let [down, pixel, points, x, y, low, high] = [false, NaN, 0, 0, 0, 0, 0];
    for (let index = 0; index < this.rows.length; index++) {
      const value = at.y(this.rows.get(index, column));
      if (!Number.isFinite(value)) {
        down = false;
        continue;
      }
      x = at.x(this.rows.get(index, EPOCH));
      if (down && Math.floor(x) === pixel) {
        if (value < low) pen.lineTo(x, (low = value));
        else if (value > high) pen.lineTo(x, (high = value));
      } else {
        if (down) pen.lineTo(x, value);
        else pen.moveTo(x, value);
        [pixel, low, high, down] = [Math.floor(x), value, value, true];
      }
      points += 1;
      y = value;
    }
    pen.stroke();
    if (points === 1) this.drawDot(pen, x, y, 3);
  }
  drawDot(pen, x, y, radius) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fill();
  }
  drawChanges(pen, at, colour) {
    pen.lineWidth = 1;
    pen.textBaseline = "middle";
    let end = -Infinity;
    for (const [epoch, rate] of this.changes) {
      const x = Math.round(at.x(epoch)) + 0.5;
      pen.strokeStyle = colour("muted");
      this.stroke(pen, x, at.top, x, at.bottom, [2, 3]);
      const text = `rate ${short(rate)}`;
      const width = pen.measureText(text).width;
      const left = x + 4 + width > at.right ? x - 4 - width : x + 4;
      if (left < end + 6) continue;
      pen.textAlign = "left";
      this.write(pen, text, left, at.top + 7, colour("muted"), colour("surface"));
      end = left + width;
    }
  }
  drawBest(pen, at, colour) {
    if (!this.best) return;
    const index = this.rows.nearest(this.best.epoch);
    const column = this.best.validated ? VALIDATION : LOSS;
    const [x, y] = [at.x(this.best.epoch), at.y(this.rows.get(index, column))];
    if (!Number.isFinite(y)) return;
    pen.fillStyle = colour("surface");
    this.drawDot(pen, x, y, 5.5);
    pen.fillStyle = colour(this.best.validated ? "validation" : "train");
    this.drawDot(pen, x, y, 4.5);
    const text = `best ${this.best.words}`;
    const width = pen.measureText(text).width;
    pen.textAlign = "left";
    const left = Math.max(at.left + 4, Math.min(x - width / 2, at.right - width));
    const height = this.freeHeight(at, left, width, y);
    if (Math.abs(height - y) > 28) {
      const sign = Math.sign(height - y);
      pen.lineWidth = 1;
      pen.strokeStyle = colour("muted");
      pen.beginPath();
      pen.moveTo(x, y + 7 * sign);
      pen.lineTo(x, height - 9 * sign);
      pen.stroke();
    }
    this.write(pen, text, left, height, colour("text"), colour("surface"));
  }
  // A label goes where no curve passes: above its point if there is room, else below.
  freeHeight(at, left, width, y) {
    const [first, last] = [left - 4, left + width + 4].map((x) => this.rows.nearest(at.epochAt(x)));
    let [top, bottom] = [y, y];
    for (let index = first; index <= last; index++) {
      for (const column of [LOSS, VALIDATION]) {
        const value = at.y(this.rows.get(index, column));
        if (value < top) top = value;
        if (value > bottom) bottom = value;
      }
    }
    if (y - top <= 120 && top - 14 > at.top + 14) return top - 14;
    if (bottom + 14 < at.bottom - 8) return bottom + 14;
    return Math.max(at.top + 20, y - 14);
  }
  write(pen, text, x, y, colour, halo) {
    pen.textBaseline = "middle";
    pen.lineWidth = 4;
    pen.strokeStyle = halo;
    pen.strokeText(text, x, y);
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
  }
  drawRead(pen, at, colour) {
    if (this.read === null) return;
    const index = Math.min(this.read, this.rows.length - 1);
    const x = at.x(this.rows.get(index, EPOCH));
    pen.strokeStyle = colour("muted");
    pen.lineWidth = 1;
    this.stroke(pen, Math.round(x) + 0.5, at.top, Math.round(x) + 0.5, at.bottom);
    for (const [column, name] of [[LOSS, "train"], [VALIDATION, "validation"]]) {
      const y = at.y(this.rows.get(index, column));
      if (!Number.isFinite(y)) continue;
      pen.fillStyle = colour("surface");
      this.drawDot(pen, x, y, 5);
      pen.fillStyle = colour(name);
      this.drawDot(pen, x, y, 3.5);
    }
  }
}
