// Curves by epoch on a canvas: axes, zoom, and what both the learning curve and a comparison of runs draw with.
// It knows nothing of kernels and widgets: give it rows, change what is shown, draw.

const COLUMNS = 4; // of a row: epoch, loss, validation loss, learning rate
const [EPOCH, LOSS, VALIDATION, RATE] = [0, 1, 2, 3];
const LEAST_EPOCHS = 2; // that a zoom shows
const PIECE = 150; // points of a line that are drawn in one go: long paths are many times slower than several short ones

// The rows of one run, in one array that doubles when it is full; its first epoch stands `start` epochs to the right.
class Rows {
  constructor(numbers = null, start = 0) {
    this.start = start;
    this.clear();
    if (numbers) this.append(numbers);
  }
  clear() {
    this.numbers = new Float32Array(COLUMNS * 512);
    this.length = 0;
    this.validated = false;
    this.low = Infinity;
  }
  get(index, column) {
    return this.numbers[index * COLUMNS + column];
  }
  epoch(index) {
    return this.start + this.get(index, EPOCH);
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
    for (let i = 0; i < added.length; i += COLUMNS) {
      if (!Number.isNaN(added[i + VALIDATION])) this.validated = true;
      for (const value of [added[i + LOSS], added[i + VALIDATION]]) if (value < this.low) this.low = value;
    }
    this.length = needed / COLUMNS;
  }
  // The row whose epoch on the axis is nearest.
  nearest(epoch) {
    let [low, high] = [0, this.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.epoch(middle) < epoch) low = middle + 1;
      else high = middle;
    }
    const before = Math.max(0, low - 1);
    return Math.abs(this.epoch(before) - epoch) <= Math.abs(this.epoch(low) - epoch) ? before : low;
  }
  // The epoch of the next row on the axis, or where there is none any more, of the last; `direction` is 1 or -1.
  beyond(epoch, direction) {
    let index = this.nearest(epoch);
    while (index >= 0 && index < this.length && (this.epoch(index) - epoch) * direction <= 0) index += direction;
    return index < 0 || index >= this.length ? epoch : this.epoch(index);
  }
  reaches(epoch) {
    return this.length > 0 && epoch >= this.epoch(0) && epoch <= this.epoch(this.length - 1);
  }
  // The first row and the one after the last between two epochs on the axis, and one more on either side.
  between(low, high) {
    if (!this.length) return [0, 0];
    return [Math.max(0, this.nearest(low) - 1), Math.min(this.length, this.nearest(high) + 2)];
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

// 12k, 1.5M: an axis of large numbers has little room
function brief({ value, text }) {
  const size = Math.abs(value);
  const [unit, letter] = [[1e9, "bn"], [1e6, "M"], [1e3, "k"]].find(([each]) => size >= 10 * each || (each > 1e3 && size >= each)) ?? [1, ""];
  return letter ? `${Number((value / unit).toPrecision(4))}${letter}` : text;
}

class Chart extends Picture {
  constructor(canvas) {
    super(canvas);
    this.logarithmic = true;
    this.window = null; // [first, last] epoch of a zoom
    this.selection = null; // [from, to] epochs, while a zoom is dragged
    this.read = null; // the epoch on the axis that is read out
    this.layer = document.createElement("canvas"); // axes and curves, which a read-out leaves as they are
    this.stale = true;
  }
  // What is drawn: [{rows, columns}], and how far the axis goes where nothing is zoomed. Both are a subclass's.
  get series() {
    return [];
  }
  get whole() {
    return [0, 10];
  }
  refresh() {
    this.stale = true;
    super.refresh();
  }
  // The same where only what is read out or selected has changed.
  refreshMarks() {
    super.refresh();
  }
  get canBeLogarithmic() {
    return this.series.every(({ rows }) => !(rows.low <= 0));
  }
  get hasRows() {
    return this.series.some(({ rows }) => rows.length);
  }

  // Where things are

  get shown() {
    return this.window ?? this.whole;
  }
  zoom(first, last) {
    const [low, high] = this.whole;
    const width = Math.max(LEAST_EPOCHS, last - first);
    if (width >= high - low) return this.reset();
    const left = Math.min(Math.max(low, first), high - width);
    this.window = [left, left + width];
    this.refresh();
  }
  reset() {
    this.window = null;
    this.refresh();
  }
  // A zoom stays within what there is.
  keepWithin() {
    if (this.window && this.window[1] > this.whole[1]) this.zoom(...this.window);
  }
  // Move a zoom so that an epoch is in sight; tells whether it had to.
  reveal(epoch) {
    const [first, last] = this.shown;
    if (!this.window || (epoch >= first && epoch <= last)) return false;
    this.zoom(epoch - (last - first) / 2, epoch + (last - first) / 2);
    return true;
  }
  // The epoch of the nearest row to the right (1) or left (-1), of any curve.
  beyond(epoch, direction) {
    const found = this.series.map(({ rows }) => rows.beyond(epoch, direction)).filter((other) => other !== epoch);
    return found.length ? direction * Math.min(...found.map((other) => direction * other)) : epoch;
  }
  // The smallest and largest loss to be seen, with a margin; logarithms where the scale is one.
  range(logarithmic) {
    const [first, last] = this.shown;
    let [low, high] = [Infinity, -Infinity];
    for (const { rows, columns } of this.series) {
      const [begin, end] = rows.between(first, last);
      for (let index = begin; index < end; index++) {
        for (const column of columns) {
          const value = rows.get(index, column);
          if (!Number.isFinite(value) || (logarithmic && value <= 0)) continue;
          if (value < low) low = value;
          if (value > high) high = value;
        }
      }
    }
    if (!(low <= high)) return [0, 1];
    if (logarithmic) [low, high] = [Math.log(low), Math.log(high)];
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
    const [first, last] = this.shown;
    const scale = logarithmic ? Math.log : (value) => value;
    return {
      left, right, top, bottom, first, last, low, high, logarithmic, ticks,
      x: (epoch) => left + ((right - left) * (epoch - first)) / (last - first),
      y: (value) => bottom - ((bottom - top) * (scale(value) - low)) / (high - low),
      epochAt: (x) => first + ((x - left) / (right - left)) * (last - first),
    };
  }

  // Drawing

  draw() {
    const sheet = this.sheet();
    if (!sheet) return;
    const { width, height, columns, lines, begin, colour } = sheet;
    if (this.stale || this.layer.width !== columns || this.layer.height !== lines) {
      const pen = begin(this.layer);
      this.at = this.layout(pen, width, height);
      this.drawAxes(pen, this.at, colour);
      if (this.hasRows) this.within(pen, height, () => this.drawCurves(pen, this.at, colour));
      this.stale = false;
    }
    const pen = begin(this.canvas);
    pen.drawImage(this.layer, 0, 0, width, height);
    if (this.hasRows && this.read !== null) this.within(pen, height, () => this.drawMarks(pen, this.at, colour));
    this.drawSelection(pen, this.at, colour);
  }
  within(pen, height, draw) {
    pen.save();
    pen.beginPath();
    const room = this.window ? 1 : 6; // for the dots at either end, where curves do not go on beyond it
    pen.rect(this.at.left - room, 0, this.at.right - this.at.left + 2 * room, height);
    pen.clip();
    draw();
    pen.restore();
  }
  // The curves, and what is read out of them where something is: a subclass's.
  drawCurves() {}
  drawMarks() {}
  drawAxes(pen, at, colour) {
    pen.lineWidth = 1;
    pen.strokeStyle = colour("grid");
    pen.fillStyle = colour("muted");
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const { value, text } of this.hasRows ? at.ticks : []) {
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
    for (const { value, text } of linearTicks(at.first, at.last, most)) {
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
  drawSelection(pen, at, colour) {
    if (!this.selection) return;
    const [left, right] = this.selection.map((epoch) => Math.min(at.right, Math.max(at.left, at.x(epoch)))).sort((a, b) => a - b);
    pen.fillStyle = colour("accent");
    pen.globalAlpha = 0.16;
    pen.fillRect(left, at.top, right - left, at.bottom - at.top);
    pen.globalAlpha = 1;
    pen.strokeStyle = colour("accent");
    pen.lineWidth = 1;
    for (const x of [left, right]) this.stroke(pen, Math.round(x) + 0.5, at.top, Math.round(x) + 0.5, at.bottom);
  }
  // Of the rows that share a pixel (two where the line is thin) only the first, lowest, highest and last are drawn,
  // which looks the same.
  drawLine(pen, at, rows, column, { colour, width = 1.75, dash = [] }) {
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = width;
    pen.lineJoin = "bevel"; // quicker than round corners, and at this width the same to the eye
    const coarse = width > 1 ? 1 : 2;
    pen.setLineDash(dash);
    pen.beginPath();
    const [begin, end] = rows.between(at.first, at.last);
    let [down, pixel, points, x, y, low, high] = [false, NaN, 0, 0, 0, 0, 0];
    for (let index = begin; index < end; index++) {
      const value = at.y(rows.get(index, column));
      if (down && (points + 1) % PIECE === 0) {
        pen.stroke();
        pen.beginPath();
        pen.moveTo(x, y);
      }
      if (!Number.isFinite(value)) {
        down = false;
        continue;
      }
      x = at.x(rows.epoch(index));
      if (down && Math.floor(x / coarse) === pixel) {
        if (value < low) pen.lineTo(x, (low = value));
        else if (value > high) pen.lineTo(x, (high = value));
      } else {
        if (down) pen.lineTo(x, value);
        else pen.moveTo(x, value);
        [pixel, low, high, down] = [Math.floor(x / coarse), value, value, true];
      }
      points += 1;
      y = value;
    }
    pen.stroke();
    pen.setLineDash([]);
    if (points === 1) this.drawDot(pen, x, y, 3);
  }
  // A point of a curve that is read out.
  mark(pen, at, rows, index, column, colour, surface) {
    const [x, y] = [at.x(rows.epoch(index)), at.y(rows.get(index, column))];
    if (!Number.isFinite(y)) return;
    pen.fillStyle = surface;
    this.drawDot(pen, x, y, 5);
    pen.fillStyle = colour;
    this.drawDot(pen, x, y, 3.5);
  }
  write(pen, text, x, y, colour, halo) {
    pen.textBaseline = "middle";
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeStyle = halo;
    pen.strokeText(text, x, y);
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
  }
  drawRead(pen, at, colour) {
    const x = Math.round(at.x(this.read)) + 0.5;
    pen.strokeStyle = colour("muted");
    pen.lineWidth = 1;
    this.stroke(pen, x, at.top, x, at.bottom);
  }
}
