// The learning curve of one run, as it grows: its losses, best epoch and changes of the learning rate, earlier runs behind.

// The loss by which a run is judged.
function watched(rows) {
  return rows.validated ? VALIDATION : LOSS;
}

class LearningCurve extends Chart {
  constructor(canvas) {
    super(canvas);
    this.rows = new Rows();
    this.earlier = []; // [{name, rows}]
    this.epochs = 1;
    this.ended = false;
    this.best = null; // {epoch, words, validated}
    this.changes = []; // [epoch, learning rate], as asked for while training
    this.held = null; // an own epoch that is held on to
    this.named = null; // of the earlier runs the one that is read out
    this.background = document.createElement("canvas");
    this.drawnBehind = ""; // what the background shows
  }
  get series() {
    return [{ rows: this.rows, columns: [LOSS, VALIDATION] }, ...this.earlier.map(({ rows }) => ({ rows, columns: [watched(rows)] }))];
  }
  // The axis ends at 10, 20, 50, 100, ... epochs, the next that is reached, and at last at all there are.
  get whole() {
    const others = Math.max(0, ...this.earlier.map(({ rows }) => (rows.length ? rows.start + rows.lastEpoch : 0)));
    const last = Math.max(1, this.rows.lastEpoch);
    const power = 10 ** Math.floor(Math.log10(last));
    const round = [1, 2, 5, 10, 20].map((factor) => factor * power).find((end) => end >= Math.max(10, 1.04 * last));
    const own = this.ended ? last : Math.min(this.epochs, round ?? 10);
    return [0, Math.max(2, this.rows.start + own, others)];
  }
  drawCurves(pen, at, colour) {
    if (this.earlier.length) this.drawBehind(pen, at, colour);
    if (!this.rows.length) return;
    this.drawStart(pen, at, colour);
    this.drawChanges(pen, at, colour);
    this.drawLine(pen, at, this.rows, LOSS, { colour: colour("train") });
    if (this.rows.validated) this.drawLine(pen, at, this.rows, VALIDATION, { colour: colour("validation") });
    this.drawBest(pen, at, colour);
    this.drawHeld(pen, at, colour);
  }
  // Earlier runs stay as they are while this one grows: they are drawn anew only on other axes or in another theme.
  drawBehind(pen, at, colour) {
    const { width, height } = this.layer;
    const wanted = [width, height, at.left, at.first, at.last, at.low, at.high, at.logarithmic, colour("earlier")].join();
    if (this.drawnBehind !== wanted) {
      Object.assign(this.background, { width, height }); // which clears it
      const behind = this.background.getContext("2d");
      behind.setTransform(pen.getTransform());
      for (const { rows } of this.earlier) this.drawLine(behind, at, rows, watched(rows), { colour: colour("earlier"), width: 1 });
      this.drawnBehind = wanted;
    }
    pen.save();
    pen.resetTransform();
    pen.drawImage(this.background, 0, 0);
    pen.restore();
  }
  // Where this run goes on from another.
  drawStart(pen, at, colour) {
    if (!this.rows.start) return;
    const x = Math.round(at.x(this.rows.start)) + 0.5;
    if (x < at.left - 1 || x > at.right + 1) return;
    pen.strokeStyle = colour("muted");
    pen.lineWidth = 1;
    this.stroke(pen, x, at.top, x, at.bottom, [6, 4]);
    const text = "goes on here";
    const width = pen.measureText(text).width;
    pen.textAlign = "left";
    this.write(pen, text, x + 5 + width > at.right ? x - 5 - width : x + 5, at.bottom - 9, colour("muted"), colour("surface"));
  }
  drawChanges(pen, at, colour) {
    pen.textBaseline = "middle";
    let end = -Infinity;
    for (const [epoch, rate] of this.changes) {
      const x = Math.round(at.x(this.rows.start + epoch)) + 0.5;
      if (x < at.left - 1 || x > at.right + 1) continue;
      pen.lineWidth = 1;
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
    const index = this.rows.nearest(this.rows.start + this.best.epoch);
    const column = this.best.validated ? VALIDATION : LOSS;
    const [x, y] = [at.x(this.rows.start + this.best.epoch), at.y(this.rows.get(index, column))];
    if (!Number.isFinite(y) || x < at.left - 6 || x > at.right + 6) return;
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
  drawHeld(pen, at, colour) {
    if (this.held === null) return;
    const x = Math.round(at.x(this.rows.start + this.held)) + 0.5;
    pen.strokeStyle = colour("accent");
    pen.lineWidth = 2;
    this.stroke(pen, x, at.top, x, at.bottom);
  }
  drawMarks(pen, at, colour) {
    this.drawRead(pen, at, colour);
    const surface = colour("surface");
    if (this.named) {
      const { rows } = this.named;
      this.drawLine(pen, at, rows, watched(rows), { colour: colour("muted") });
      this.mark(pen, at, rows, rows.nearest(this.read), watched(rows), colour("muted"), surface);
    }
    if (!this.rows.reaches(this.read)) return;
    const index = this.rows.nearest(this.read);
    for (const [column, name] of [[LOSS, "train"], [VALIDATION, "validation"]]) {
      this.mark(pen, at, this.rows, index, column, colour(name), surface);
    }
  }
  // Choose the earlier run that is read out: at this epoch the nearest to a height; without one, the latest.
  name(epoch, height) {
    const there = this.earlier.filter(({ rows }) => rows.reaches(epoch));
    const away = ({ rows }) => Math.abs(this.at.y(rows.get(rows.nearest(epoch), watched(rows))) - height);
    if (height === null || !this.at) this.named = there.at(-1) ?? null;
    else this.named = there.reduce((best, run) => (best && !(away(run) < away(best)) ? best : run), null);
    return this.named;
  }
}
