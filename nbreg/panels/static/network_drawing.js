// The network as a drawing on which its hidden layers are edited: dragged, typed, added, taken away.

const UNITS = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048];
const MOST_DOTS = 8;
const TALL = 108; // px, of the tallest layer
const MIDDLE = 60; // px, of all layers
const APART = 52; // px between two layers, at least
const DRAGGED = 11; // px from one number of units to the next
const SETTLE = 2000; // ms in which Python's drawing follows an edit

// The next round number of units, `way` steps up or down.
function nextUnits(units, way) {
  const place = UNITS.findIndex((each) => each >= units);
  if (place < 0) return way > 0 ? units * 2 : UNITS.at(-1);
  const exact = UNITS[place] === units;
  return UNITS[Math.max(0, Math.min(UNITS.length - 1, place + way - (way > 0 && !exact ? 1 : 0)))];
}

function tallOf(units) {
  return Math.min(TALL, 22 + (TALL - 22) * Math.min(1, Math.log2(1 + (units ?? 3)) / 8));
}

// Heights of a layer's dots, and of the three points that stand for the rest.
function dotsOf(units) {
  const known = units ?? 3;
  const tall = tallOf(units) - 14;
  const count = Math.max(1, Math.min(known, MOST_DOTS, Math.floor(tall / 10) + 1));
  const more = known > count && count > 3;
  const at = (place) => MIDDLE + (count === 1 ? 0 : (place / (count - 1) - 0.5) * tall);
  const dots = [];
  const points = [];
  for (let place = 0; place < count; place++) {
    if (more && place === Math.floor(count / 2)) points.push(at(place) - 4, at(place), at(place) + 4);
    else dots.push(at(place));
  }
  return { dots, points };
}

function networkDrawing(view, declared) {
  const parts = {
    lines: shape("svg", { class: "nbreg-net-lines", "aria-hidden": "true" }),
    stage: make("div", { class: "nbreg-net-stage" }),
    edit: make("div", { class: "nbreg-net-edit", role: "group", hidden: "" }),
    units: make("input", { type: "text", inputmode: "numeric", autocomplete: "off", size: "5" }),
    words: make("p", { class: "nbreg-net-words" }),
    problem: make("p", { class: "nbreg-problem", hidden: "" }),
  };
  parts.stage.append(parts.lines);
  const scroll = make("div", { class: "nbreg-net-scroll" }, parts.stage);
  const drawing = make("div", { class: "nbreg-net", role: "group", "aria-label": "The network's layers" }, scroll, parts.edit);
  const node = make("div", { class: "nbreg-field", "data-name": "hidden", "data-span": 6, title: "" }, drawing, parts.words, parts.problem);
  const layers = []; // the elements, by place
  const adders = [];
  let [draft, timer, edited, wide] = [null, 0, -1, 0]; // `draft` is what was edited and is not drawn by Python yet

  // What is drawn

  const hidden = () => draft ?? view.get("choices").hidden ?? [];
  const drawn = () => {
    const told = view.get("network").layers ?? [];
    const [before, outputs] = [told.filter((layer) => layer.ahead), told.filter((layer) => !layer.hidden && !layer.ahead)];
    if (told.length && !draft && !editable()) return told;
    return [
      ...(before.length ? before : [{ title: "inputs", units: null }]),
      ...hidden().map((units, place) => ({ ...told.filter((layer) => layer.hidden)[place], units, hidden: true })),
      ...(outputs.length ? outputs : [{ title: "target", units: null }]),
    ];
  };
  // How many layers stand before the hidden ones: the inputs, and those of the architecture's own, such as convolutions.
  const ahead = () => Math.max(1, (view.get("network").layers ?? []).filter((layer) => layer.ahead).length);
  const editable = () => {
    const told = view.get("network").layers ?? [];
    const idle = (view.get("idle") ?? {}).hidden;
    return !idle && (draft !== null || !told.length
      || told.filter((layer) => layer.hidden).length === (view.get("choices").hidden ?? []).length);
  };

  // Editing

  const send = paced((units) => view.ask("choose", { name: "hidden", value: units }));
  const change = (units) => {
    draft = units;
    clearTimeout(timer);
    timer = setTimeout(() => {
      draft = null;
      draw();
    }, SETTLE);
    draw();
    send(units);
  };
  const put = (place, units) => change(hidden().map((each, index) => (index === place ? Math.max(1, units) : each)));
  const remove = (place) => {
    shut();
    change(hidden().filter((_, index) => index !== place));
    view.say(`Layer taken away; ${hidden().length} hidden layers`);
    (hidden().length ? layers[Math.min(place, hidden().length - 1) + ahead()] : adders[0]).node.focus();
  };
  const add = (place) => {
    const near = hidden()[place] ?? hidden()[place - 1] ?? 32;
    change([...hidden().slice(0, place), near, ...hidden().slice(place)]);
    layers[place + ahead()].node.focus();
  };
  const shut = (back = false) => {
    const place = edited;
    parts.edit.hidden = true;
    edited = -1;
    if (back) layers[place + ahead()]?.node.focus();
  };
  const open = (place, text = null) => {
    edited = place;
    parts.edit.hidden = false;
    parts.edit.setAttribute("aria-label", `Hidden layer ${place + 1}`);
    parts.units.setAttribute("aria-label", `Units of hidden layer ${place + 1}`);
    parts.units.value = text ?? hidden()[place];
    const x = parts.stage.offsetLeft + layers[place + ahead()].x - scroll.scrollLeft;
    const half = parts.edit.offsetWidth / 2;
    parts.edit.style.left = `${Math.max(0, Math.min(drawing.clientWidth - 2 * half, x - half))}px`;
    parts.units.focus();
    if (text === null) parts.units.select();
  };
  const typed = () => {
    const units = Math.round(Number(parts.units.value));
    if (edited >= 0 && units >= 1 && units !== hidden()[edited]) put(edited, units);
  };
  const nudge = (way) => () => {
    put(edited, nextUnits(hidden()[edited], way));
    parts.units.value = hidden()[edited];
  };
  parts.edit.append(
    button("−", nudge(-1), { "aria-label": "Fewer units" }), parts.units, button("+", nudge(1), { "aria-label": "More units" }),
    button("Remove", () => remove(edited), { class: "nbreg-remove", "aria-label": "Remove this layer" }));
  parts.units.addEventListener("change", typed);
  parts.units.addEventListener("keydown", (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (way) {
      event.preventDefault();
      nudge(way)();
    }
    if (event.key === "Enter") typed();
    if (event.key === "Enter" || event.key === "Escape") shut(true);
  });
  drawing.addEventListener("focusout", (event) => {
    if (edited < 0 || drawing.contains(event.relatedTarget)) return;
    typed();
    shut();
  });

  const press = (place, event) => {
    const units = hidden()[place];
    const steps = {
      ArrowUp: nextUnits(units, 1), ArrowDown: nextUnits(units, -1), PageUp: units * 2, PageDown: Math.ceil(units / 2),
    };
    if (isShortcut(event)) return;
    if (event.key in steps) put(place, steps[event.key]);
    else if (event.key === "Delete" || event.key === "Backspace") remove(place);
    else if (event.key === "Enter" || event.key === " ") open(place);
    else if (event.key === "+") add(place + 1);
    else if (event.key === "Escape" && edited >= 0) shut();
    else if (/^[1-9]$/.test(event.key)) open(place, event.key);
    else return;
    event.preventDefault();
  };
  const drag = (place, layer, down) => {
    const from = hidden()[place];
    let moved = false;
    layer.setPointerCapture(down.pointerId);
    const move = (event) => {
      const way = Math.round((down.clientY - event.clientY) / DRAGGED);
      moved ||= Math.abs(down.clientY - event.clientY) > 4;
      if (!moved) return;
      let units = from;
      for (let step = 0; step < Math.abs(way); step++) units = nextUnits(units, Math.sign(way));
      if (units !== hidden()[place]) put(place, units);
    };
    const end = () => {
      for (const [name, listener] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) {
        layer.removeEventListener(name, listener);
      }
      if (!moved) open(place);
    };
    layer.addEventListener("pointermove", move);
    layer.addEventListener("pointerup", end);
    layer.addEventListener("pointercancel", end);
  };

  // Drawing: elements are kept by their place, so that the focus stays where it is

  const layerAt = (index) => {
    if (layers[index]) return layers[index];
    const picture = shape("svg", { "aria-hidden": "true" });
    const [units, title] = [make("b", {}), make("span", {})];
    const made = { picture, units, title, node: make("div", { class: "nbreg-layer" }, picture), words: make("div", { class: "nbreg-layer-words" }, units, title) };
    made.node.addEventListener("keydown", (event) => layers[index].hidden && press(index - ahead(), event));
    made.node.addEventListener("pointerdown", (event) => {
      if (!layers[index].hidden || event.button) return;
      event.preventDefault();
      made.node.focus();
      drag(index - ahead(), made.node, event);
    });
    return (layers[index] = made);
  };
  const adderAt = (place) => (adders[place] ??= { node: button("+", () => add(place), { class: "nbreg-add" }) });
  const show = (index, layer, x) => {
    const made = layerAt(index);
    const tall = tallOf(layer.units);
    Object.assign(made, { x, hidden: Boolean(layer.hidden) && editable() });
    made.node.style.cssText = `left: ${x - 12}px; top: ${MIDDLE - tall / 2}px; height: ${tall}px`;
    const { dots, points } = dotsOf(layer.units);
    const circle = (r, kind) => (y) => shape("circle", { class: kind, cx: 12, cy: y - MIDDLE + tall / 2, r });
    made.picture.replaceChildren(...dots.map(circle(3.2, "nbreg-dot")), ...points.map(circle(1.1, "nbreg-point")));
    made.words.style.left = `${x}px`;
    say(made.units, layer.units === null ? "–" : layer.units.toLocaleString("en-US"));
    say(made.title, layer.title ?? "");
    made.words.title = layer.title ?? "";
    made.node.classList.toggle("nbreg-hidden-layer", made.hidden);
    made.node.classList.toggle("nbreg-outer-layer", !layer.hidden);
    const told = made.hidden
      ? { tabindex: "0", role: "spinbutton", "aria-label": `Hidden layer ${index - ahead() + 1}, units`, "aria-valuenow": layer.units, "aria-valuemin": 1,
        "aria-valuetext": `${layer.units} units`, title: "Drag up or down, click, or type a number of units; Delete removes the layer" }
      : { tabindex: null, role: "img", "aria-label": `${layer.title ?? "Layer"}: ${layer.units ?? "unknown"}`, "aria-valuenow": null,
        "aria-valuemin": null, "aria-valuetext": null, title: layer.title ?? "" };
    for (const [name, value] of Object.entries(told)) {
      if (value === null) made.node.removeAttribute(name);
      else if (made.node.getAttribute(name) !== String(value)) made.node.setAttribute(name, value);
    }
    return dots;
  };
  const draw = () => {
    if (!wide) return;
    const list = drawn();
    const across = Math.max(wide, APART * list.length);
    const edge = Math.min(56, Math.max(30, across / list.length / 2));
    const at = (index) => (list.length === 1 ? across / 2 : edge + ((across - 2 * edge) * index) / (list.length - 1));
    parts.stage.style.width = `${across}px`;
    parts.stage.style.setProperty("--apart", `${Math.min(104, (across - 2 * edge) / Math.max(1, list.length - 1)) - 28}px`);
    const dots = list.map((layer, index) => show(index, layer, at(index)));
    parts.lines.replaceChildren(...dots.slice(1).map((ends, index) => {
      const starts = dots[index];
      const d = starts.flatMap((y) => ends.map((end) => `M${at(index)} ${y.toFixed(1)}L${at(index + 1)} ${end.toFixed(1)}`)).join("");
      return shape("path", { d, opacity: Math.min(0.9, 2.4 / Math.sqrt(starts.length * ends.length)).toFixed(2) });
    }));
    const first = ahead() - 1; // behind this one the first hidden layer stands, or may be added
    const gaps = editable() ? Math.max(0, list.length - 1 - first) : 0;
    for (let place = 0; place < gaps; place++) {
      const adder = adderAt(place).node;
      adder.style.left = `${(at(first + place) + at(first + place + 1)) / 2 - 12}px`;
      const advice = `Add a hidden layer ${place === 0 ? `behind the ${first ? list[first].title : "inputs"}` : `behind hidden layer ${place}`}`;
      if (adder.title !== advice) Object.assign(adder, { title: advice, ariaLabel: advice });
    }
    // In the order of tabbing: a layer, then the place behind it.
    const adderBehind = (index) => (index >= first && index - first < gaps ? [adders[index - first].node] : []);
    const wanted = list.flatMap((_, index) => [layers[index].node, layers[index].words, ...adderBehind(index)]);
    const there = [...parts.stage.children].slice(1);
    for (const old of there) if (!wanted.includes(old)) old.remove();
    wanted.forEach((each, index) => {
      const now = parts.stage.children[index + 1];
      if (now !== each) parts.stage.insertBefore(each, now ?? null);
    });
  };
  const follow = () => {
    const told = (view.get("network").layers ?? []).filter((layer) => layer.hidden).map((layer) => layer.units);
    if (draft && told.join() === draft.join()) {
      clearTimeout(timer);
      draft = null;
    }
    const { words = "", layers: some = [] } = view.get("network");
    drawing.setAttribute("aria-label", `The network's layers${words ? `: ${words}` : ""}`);
    parts.words.hidden = some.length > 0 || !words;
    say(parts.words, words);
    draw();
  };
  const sizes = new ResizeObserver(() => {
    wide = scroll.clientWidth;
    draw();
  });
  sizes.observe(scroll);
  view.onEnd(() => sizes.disconnect());
  view.follow("network", follow);
  const wrong = ({ hidden: sentence = "" }) => {
    parts.problem.hidden = !sentence;
    say(parts.problem, sentence);
  };
  return { names: [declared.name], node, show: draw, wrong };
}
