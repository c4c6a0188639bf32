// The train panel, and that of forecasts: choose, train, watch, steer, branch, and take the code.

// Options that have a control of their own; where it is null, another one's control sets it too.
const OWN = {
  target: targetChoice,
  features: featureChips,
  split: (view, declared, all) => splitChoice(view, { split: declared, time: all.time, group: all.group }),
  validation_fraction: sharesChoice,
  test_fraction: null,
  hidden: networkDrawing,
  learning_rate: rateChoice,
  schedule: scheduleChoice,
};

// The control of an option's own, null where another's sets it; undefined: the one for its kind.
function trainControl({ name }, all) {
  if (all.split && (name === "time" || name === "group")) return null;
  return OWN[name];
}

function render({ model, el }) {
  return openPanel({ model, el }, "train", (view) => {
    view.body.append(setupForm(view, trainControl, "training"), trainingView(view));
  });
}

export default { render };
