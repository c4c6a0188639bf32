"""The learning rates of a stand-alone script: a formula, or a list where they were changed by hand."""

from __future__ import annotations

from itertools import pairwise

from nbreg.export.call_code import named
from nbreg.export.trained import Trained
from nbreg.training.schedules import PLATEAU_FACTOR, LearningRates

Lines = list[str]


def rate_lines(trained: Trained) -> tuple[Lines, Lines]:
    """Return lines to stand before the callbacks, and the callbacks that set each epoch's learning rate."""
    if is_steered(trained):
        rates = _rates_begun_with(trained)
        rates += [rates[-1]] * (trained.epochs - len(rates))
        title = f"# The learning rate of each epoch.{_words_of_changes_within(trained)}"
        before = [title, *named("RATES", [_nine_digits(rate) for rate in rates])]
        return before, ["keras.callbacks.LearningRateScheduler(lambda epoch, _: RATES[epoch])"]
    schedule, epochs = trained.spec.schedule, trained.spec.epochs
    if schedule in ("constant", "plateau") or epochs == 1:
        return [], []
    formula = FORMULAS[schedule].format(base=_base_rate(trained), epochs=epochs, last=epochs - 1)
    lines = ["", "", *formula.strip("\n").splitlines(), "", ""]
    return lines, ["keras.callbacks.LearningRateScheduler(learning_rate)"]


def first_rate(trained: Trained) -> float:
    """Return the learning rate that the training began with."""
    return _nine_digits(_planned(trained)[0]) if trained.epochs else _base_rate(trained)


def is_steered(trained: Trained) -> bool:
    """Return whether learning rates were other than planned."""
    if trained.run.changes:
        return True
    seen = [row.learning_rate for row in trained.run.history]
    if trained.spec.schedule == "plateau":
        ratios = [after / before for before, after in pairwise(seen)]
        return any(abs(ratio - 1) > 1e-3 and abs(ratio - PLATEAU_FACTOR) > 1e-3 for ratio in ratios)
    return any(abs(rate - planned) > 1e-5 * planned for rate, planned in zip(seen, _planned(trained), strict=False))


def _rates_begun_with(trained: Trained) -> list[float]:
    """Return the rate that each epoch began with, of those that ran."""
    ended_with = [row.learning_rate for row in trained.run.history]
    set_at = dict(trained.run.changes)
    factor = LearningRates(trained.spec.schedule, 1.0, trained.spec.epochs).at
    begun_with = list(ended_with)
    for epoch in _changed_within(trained):
        before = ended_with[epoch - 1] * factor(epoch) / factor(epoch - 1) if epoch else first_rate(trained)
        begun_with[epoch] = set_at.get(float(epoch), before)
    return begun_with


def _changed_within(trained: Trained) -> list[int]:
    """Return the epochs, counted from 0, within which the learning rate was set, of those that ended."""
    within = {int(change.progress) for change in trained.run.changes if change.progress % 1}
    return sorted(epoch for epoch in within if epoch < len(trained.run.history))


def _words_of_changes_within(trained: Trained) -> str:
    epochs = ", ".join(str(epoch + 1) for epoch in _changed_within(trained))
    return f" Changes within an epoch ({epochs}, counted from 1) wait for the next one here." if epochs else ""


def _planned(trained: Trained) -> list[float]:
    rates = LearningRates(trained.spec.schedule, _base_rate(trained), trained.spec.epochs)
    return [rates.at(epoch) for epoch in range(trained.epochs)]


def _base_rate(trained: Trained) -> float:
    if not isinstance(trained.spec.learning_rate, str):
        return trained.spec.learning_rate
    unit = LearningRates(trained.spec.schedule, 1.0, trained.spec.epochs).at(0)
    if trained.run.range_test is not None:
        return _nine_digits(trained.run.range_test.suggestion)
    return _nine_digits(trained.run.history[0].learning_rate / unit)


def _nine_digits(rate: float) -> float:
    return float(f"{rate:.9g}")


#: A schedule -> its code for two epochs or more, the same as in `nbreg.training.schedules`.
FORMULAS = {
    "cosine": '''
def learning_rate(epoch, _):
    """Return half a cosine wave, down to almost 0."""
    return {base!r} * (1 + np.cos(np.pi * epoch / {epochs})) / 2
''',
    "exponential": '''
def learning_rate(epoch, _):
    """Return an even decay, to a hundredth at the end."""
    return {base!r} * 0.01 ** (epoch / {epochs})
''',
    "step": '''
def learning_rate(epoch, _):
    """Return a third of it after each third of the epochs."""
    return {base!r} / 3 ** (3 * epoch // {epochs})
''',
    "one_cycle": '''
def learning_rate(epoch, _):
    """Return a rise over 30 % of the epochs, then a fall to almost 0, both in cosine form (Smith & Topin 2018)."""
    share = epoch / {last}
    if share < 0.3:
        start, end, part = 1 / 25, 1, share / 0.3
    else:
        start, end, part = 1, 1e-4, (share - 0.3) / 0.7
    return {base!r} * (end + (start - end) * (1 + np.cos(np.pi * part)) / 2)
''',
}
