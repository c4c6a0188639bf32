// Elements, icons, words and numbers for all views.

const ICONS = {
  pause: "M4 2.5h3v11H4zM9 2.5h3v11H9z",
  resume: "M4.5 2.2v11.6L13.5 8z",
  stop: "M3.5 3.5h9v9h-9z",
};

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "0 0 16 16");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  picture.append(path);
  return picture;
}

// Words in the page change only where they differ, so that screen readers and selections stay undisturbed.
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

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

// 12,431
function whole(value) {
  return Math.round(value).toLocaleString("en-US");
}

// The numbers of a message's buffer.
function floats(buffer) {
  const bytes = buffer instanceof ArrayBuffer ? new Uint8Array(buffer)
    : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  return new Float32Array(bytes.slice().buffer);
}

// JupyterLab would take Enter, arrows and letters for the notebook; it leaves them to such elements.
function keepKeys(...nodes) {
  for (const node of nodes) node.dataset.lmSuppressShortcuts = "true";
}

// Whether a key is meant for someone else: with Ctrl, Command or Alt it is the notebook's or the browser's.
function isShortcut(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}

// Keep `root` light or dark as its background really is, which holds in any front end, and call `changed` when that,
// or the size, may have changed. Returns what ends this.
function themed(root, changed) {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const look = () => {
    pen.fillStyle = getComputedStyle(root).getPropertyValue("--nbreg-surface").trim() || "#fff";
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    root.dataset.theme = 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
    changed();
  };
  const sizes = new ResizeObserver(look); // also told when the view enters the page: before, it has no colours
  sizes.observe(root);
  const themes = new MutationObserver(() => requestAnimationFrame(look));
  for (const node of [document.body, document.documentElement]) themes.observe(node, { attributes: true });
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", look);
  return () => {
    sizes.disconnect();
    themes.disconnect();
    scheme.removeEventListener("change", look);
  };
}
