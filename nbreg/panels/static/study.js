// The study panel: choose a factor and its values, run, watch it fill, and take the code.

// Controls that are not the one of their kind; null: another one's sets it.
const STUDY_OWN = {
  target: targetChoice,
  features: featureChips,
  factor: factorChoice,
  second_factor: factorChoice,
  values: valuesChoice,
  second_values: valuesChoice,
  split: (view, declared, all) => splitChoice(view, { split: declared, time: all.time, group: all.group }),
};

function studyControl({ name }, all) {
  if (all.split && (name === "time" || name === "group")) return null;
  return STUDY_OWN[name];
}

// What is varied: factors with a question of their own, and any other option.
function factorChoice(view, declared) {
  const { name, word } = declared;
  const box = make("select");
  const about = make("p", { class: "nbreg-about-choice" });
  const control = { node: make("div", { class: "nbreg-select" }, box), focus: box, show: (value) => (box.value = value ?? word) };
  const part = field(declared, control, 6);
  part.node.append(about);
  box.addEventListener("change", () => view.ask("choose", { name, value: box.value }));
  const options = (list) => list.map((each) => make("option", { value: each.name }, each.title));
  let filled = "";
  view.follow("factors", (factors) => {
    if (JSON.stringify(factors) === filled) return;
    filled = JSON.stringify(factors);
    const of = (own) => factors.filter((each) => each.own === own);
    box.replaceChildren(...(word ? [make("option", { value: word }, "none")] : []),
      make("optgroup", { label: "Questions" }, ...options(of(true))),
      make("optgroup", { label: "Any other option" }, ...options(of(false))));
  });
  const show = (choices, anew) => {
    part.show(choices[name], anew);
    const asks = view.get("factors").find((each) => each.name === choices[name])?.asks ?? "";
    about.hidden = !asks;
    say(about, asks);
  };
  return { names: [name], node: part.node, show, wrong: (problems) => part.wrong(problems[name]), idle: part.idle };
}

// Values as a line of text; those that are taken by themselves stand there while it is empty. They are looked at as
// they are typed.
function valuesChoice(view, declared) {
  const { name } = declared;
  const look = paced((value) => view.ask("try_values", { name, value }), 300);
  const control = entry((value) => view.ask("choose", { name, value }), { words: (value) => String(value ?? ""), empty: "" });
  control.node.addEventListener("input", () => look(control.node.value.trim()));
  const part = field(declared, control, 6);
  const about = make("p", { class: "nbreg-about-choice" });
  part.node.append(about);
  view.follow("usual", (usual) => {
    const told = usual[name] ?? {};
    control.node.placeholder = told.values ?? "";
    say(about, told.words ?? "");
    about.hidden = !told.words;
  });
  return { names: [name], node: part.node, show: (choices, anew) => part.show(choices[name], anew), wrong: (problems) => part.wrong(problems[name]), idle: part.idle };
}

function render({ model, el }) {
  return openPanel({ model, el }, "study", (view) => {
    view.body.append(setupForm(view, studyControl, "study"), studyView(view));
  });
}

export default { render };
