// Several runs over each other: the validation loss of each in a colour of its own, its train loss thin and dashed.

class ComparisonChart extends Chart {
  constructor(canvas) {
    super(canvas);
    this.runs = []; // [{name, rows, place}]: `place` 1 to 8 says the colour
    this.withTrain = true;
  }
  get series() {
    return this.runs.map(({ rows }) => ({ rows, columns: this.columnsOf(rows) }));
  }
  columnsOf(rows) {
    if (!rows.validated) return [LOSS];
    return this.withTrain ? [VALIDATION, LOSS] : [VALIDATION];
  }
  get whole() {
    return [0, Math.max(2, ...this.runs.map(({ rows }) => (rows.length ? rows.start + rows.lastEpoch : 0)))];
  }
  drawCurves(pen, at, colour) {
    for (const { rows, place } of this.runs) {
      const own = colour(`run-${place}`);
      const [watched, train] = this.columnsOf(rows);
      if (train !== undefined) this.drawLine(pen, at, rows, train, { colour: own, width: 1, dash: [3, 3] });
      this.drawLine(pen, at, rows, watched, { colour: own, width: 2 });
    }
  }
  drawMarks(pen, at, colour) {
    this.drawRead(pen, at, colour);
    for (const { rows, place } of this.runs) {
      if (!rows.reaches(this.read)) continue;
      this.mark(pen, at, rows, rows.nearest(this.read), this.columnsOf(rows)[0], colour(`run-${place}`), colour("surface"));
    }
  }
}
