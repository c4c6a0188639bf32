// A picture on a canvas: as sharp as the screen, drawn once a frame, with lines, dots and a read-out beside a point.

class Picture {
  constructor(canvas) {
    this.canvas = canvas;
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
  // Returns {width, height, colour(name), begin(canvas)}, null where there is no room; `begin` clears a canvas of this
  // picture and returns its pen.
  sheet() {
    // Not clientWidth, which is rounded: a picture that is scaled by a fraction of a pixel is a blurred one.
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width || !height) return null;
    const ratio = window.devicePixelRatio || 1;
    const [columns, lines] = [Math.round(width * ratio), Math.round(height * ratio)];
    const style = getComputedStyle(this.canvas);
    const begin = (canvas) => {
      if (canvas.width !== columns) canvas.width = columns;
      if (canvas.height !== lines) canvas.height = lines;
      const pen = canvas.getContext("2d");
      pen.setTransform(columns / width, 0, 0, lines / height, 0, 0);
      pen.clearRect(0, 0, width, height);
      pen.font = `${style.fontSize} ${style.fontFamily}`;
      return pen;
    };
    return { width, height, columns, lines, begin, colour: (name) => style.getPropertyValue(`--nbreg-${name}`).trim() };
  }
  // Lay out and paint, where there is anything to be seen: `isEmpty`, `layout` and `paint` are a subclass's.
  draw() {
    const sheet = this.sheet();
    if (!sheet) return;
    const pen = sheet.begin(this.canvas);
    if (this.isEmpty) return;
    this.at = this.layout(pen, sheet.width, sheet.height);
    this.paint(pen, this.at, sheet.colour, sheet);
  }
  stroke(pen, x1, y1, x2, y2, dash = []) {
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
    pen.setLineDash([]);
  }
  drawDot(pen, x, y, radius) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fill();
  }
  // As much of a text as there is room for.
  fitted(pen, text, width) {
    let words = text;
    while (words.length > 3 && pen.measureText(words).width > width) words = `${words.slice(0, -2).trimEnd()}…`;
    return words;
  }
}

// Show `lines`, [name, value], in the box `read` beside the point (x, y) of a canvas, where there is more room.
function showBeside(read, canvas, x, y, lines) {
  read.replaceChildren(...lines.flatMap(([name, value]) => [make("span", {}, name), make("b", {}, value)]));
  const [right, low] = [x > canvas.clientWidth / 2, y > canvas.clientHeight / 2];
  Object.assign(read.style, {
    left: right ? "auto" : `${x + 12}px`, right: right ? `${canvas.clientWidth - x + 12}px` : "auto",
    top: low ? "auto" : `${y + 8}px`, bottom: low ? `${canvas.clientHeight - y + 8}px` : "auto",
  });
}

// The place among `order` that a key leads to from the place `from` (-1: before the first); undefined for other keys.
function placeByKey(event, order, from) {
  const page = Math.max(1, Math.round(order.length / 10));
  const steps = { ArrowLeft: from - 1, ArrowRight: from + 1, PageUp: from - page, PageDown: from + page, Home: 0, End: order.length - 1 };
  return event.key in steps ? order[Math.max(0, Math.min(order.length - 1, steps[event.key]))] : undefined;
}

// Where the pointer is on a canvas.
function pointOn(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}
