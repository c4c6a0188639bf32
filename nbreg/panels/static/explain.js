// The explain panel: how it was explained, what matters, one feature, one row, and what if it were different.

// A part of the panel; what `head` holds stands in one line above the rest.
function box(name, label, head, ...children) {
  return make("section", { class: `nbreg-box nbreg-${name}`, "aria-label": label }, make("div", { class: "nbreg-box-head" }, ...head), ...children);
}

// The head: what it is about, how it stands, by which method, for which target.

function headView(view) {
  const parts = {
    title: make("h2"), status: make("span", { class: "nbreg-status" }), about: make("p", { class: "nbreg-muted" }),
    hint: make("p", { class: "nbreg-muted" }), gap: make("p", { class: "nbreg-muted" }),
    bar: make("div", { class: "nbreg-bar", role: "progressbar", "aria-label": "Explaining", "aria-valuemin": "0", "aria-valuemax": "100" }),
    fill: make("div"), left: make("span", { class: "nbreg-muted" }),
  };
  parts.bar.append(parts.fill);
  const method = make("select");
  const target = make("select");
  method.addEventListener("change", () => view.ask("choose", { method: method.value }));
  target.addEventListener("change", () => view.ask("choose", { target: target.value }));
  const cancel = button("Cancel", () => view.ask("cancel"), { class: "nbreg-button" });
  const labelled = (words, node) => make("label", { class: "nbreg-labelled" }, make("span", {}, words), make("span", { class: "nbreg-select" }, node));
  const targets = labelled("Target", target);
  const busy = make("div", { class: "nbreg-busy", hidden: "" }, parts.bar, parts.left, cancel);

  const describe = () => {
    const { methods = [] } = view.get("about");
    const chosen = methods.find((each) => each.name === view.get("method"));
    if (chosen) say(parts.hint, [chosen.about, chosen.cost && `${chosen.cost[0].toUpperCase()}${chosen.cost.slice(1)}.`].filter(Boolean).join(" "));
    method.value = view.get("method");
  };
  view.follow("about", ({ methods = [], targets: names = [], regressor = "", n_rows: rows = 0, which = "" }) => {
    method.replaceChildren(...methods.map((each) => {
      const option = make("option", { value: each.name, title: each.refusal || each.about }, each.refusal ? `${each.name}: ${each.refusal}` : each.name);
      option.disabled = Boolean(each.refusal);
      return option;
    }));
    target.replaceChildren(...names.map((name) => make("option", { value: name }, name)));
    target.value = view.get("target");
    targets.hidden = names.length < 2;
    say(parts.about, regressor && `${regressor} · ${whole(rows)} ${which}`);
    describe();
  });
  view.follow("method", describe);
  view.follow("target", (name) => {
    target.value = name;
    say(parts.title, name ? `What predictions of ${name} hang on` : "Explain");
  });
  view.follow("status", (status) => {
    view.root.dataset.status = status;
    busy.hidden = status !== "explaining";
  });
  view.follow("words", (words) => {
    say(parts.status, words);
    view.say(words);
  });
  view.follow("progress", ({ share = null, left = "" }) => {
    parts.bar.toggleAttribute("data-unknown", share === null);
    parts.fill.style.width = share === null ? "" : `${100 * share}%`;
    if (share === null) parts.bar.removeAttribute("aria-valuenow");
    else parts.bar.setAttribute("aria-valuenow", Math.round(100 * share));
    say(parts.left, left || "getting started");
  });
  view.follow("summary", ({ gap = "" }) => say(parts.gap, gap));
  return make("header", { class: "nbreg-head" },
    make("div", { class: "nbreg-head-line" }, make("div", { class: "nbreg-head-name" }, parts.title, parts.about), parts.status),
    make("div", { class: "nbreg-head-tools" }, targets, labelled("Method", method), make("div", { class: "nbreg-head-words" }, parts.hint, parts.gap)), busy);
}

function cautionsView(view) {
  const list = make("ul");
  const node = make("aside", { class: "nbreg-cautions", "aria-label": "To keep in mind", hidden: "" }, list);
  view.follow("summary", ({ cautions = [] }) => {
    node.hidden = !cautions.length;
    list.replaceChildren(...cautions.map((each) => make("li", {}, each)));
  });
  return node;
}

// Choosing a row

function rowHead(view) {
  const number = make("input", { type: "number", min: "0", step: "1", "aria-label": "Row, counted from 0" });
  const words = make("span", { class: "nbreg-muted" });
  const go = (row) => {
    const last = (view.get("about").n_rows ?? 1) - 1;
    view.ask("choose", { row: Math.max(0, Math.min(last, row)) });
  };
  const [back, on] = [
    button("‹", () => go(view.get("row") - 1), { class: "nbreg-button nbreg-square", "aria-label": "Previous row" }),
    button("›", () => go(view.get("row") + 1), { class: "nbreg-button nbreg-square", "aria-label": "Next row" }),
  ];
  number.addEventListener("change", () => number.value !== "" && view.ask("choose", { row: Math.round(Number(number.value)) }));
  view.follow("row", (row) => {
    if (row >= 0) number.value = row;
    back.disabled = row <= 0;
    on.disabled = row >= (view.get("about").n_rows ?? 1) - 1;
  });
  view.follow("about", ({ n_rows: rows = 0, which = "" }) => {
    number.max = rows - 1;
    say(words, `of ${whole(rows)} ${which}, from 0`);
  });
  return make("div", { class: "nbreg-row-head" }, make("h3", {}, "One row"), make("span", { class: "nbreg-stepper" }, back, number, on), words);
}

// All of it

function emptyView(view) {
  const [words, again] = [make("p"), button("Look again", () => view.ask("explain"), { class: "nbreg-button" })];
  const node = make("div", { class: "nbreg-nothing" }, words, again);
  const show = () => {
    const status = view.get("status");
    node.hidden = Boolean(view.get("summary").bars);
    again.hidden = !["empty", "stopped"].includes(status);
    say(again, status === "stopped" ? "Explain" : "Look again");
    say(words, view.get("words"));
  };
  for (const trait of ["status", "summary", "words"]) view.follow(trait, show);
  return node;
}

function buildExplain(view) {
  const figures = cardsView("The explanation in figures");
  view.follow("summary", ({ cards = [] }) => figures.show(cards));
  const parts = make("div", { class: "nbreg-parts", hidden: "" }, figures.node,
    make("div", { class: "nbreg-pair" }, importanceView(view), featureView(view)), cautionsView(view),
    make("section", { class: "nbreg-row-section", "aria-label": "One row" }, rowHead(view),
      make("div", { class: "nbreg-pair" }, whatIfView(view), waterfallView(view))),
    worstView(view), codeView(view));
  const head = headView(view);
  view.follow("summary", ({ bars }) => {
    parts.hidden = !bars;
  });
  view.follow("about", ({ methods }) => {
    head.hidden = !methods;
  });
  view.body.append(head, emptyView(view), parts);
}

export default { render: (context) => openPanel(context, "explain", buildExplain) };
