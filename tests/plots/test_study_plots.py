"""What pictures and cards of studies show."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from nbreg.data.spec import DataSpec
from nbreg.errors import DataError
from nbreg.evaluation.evaluation import evaluate
from nbreg.plots.plot import plot
from nbreg.plots.study_card import study_bundle, study_html, study_text
from nbreg.plots.study_heatmap import StudyHeatmap
from nbreg.plots.study_plot import Panel, StudyPlot, axis_of
from nbreg.search.factor import factor_named
from nbreg.search.fold_table import FoldTable
from nbreg.search.outcome import Outcome
from nbreg.search.study import Study
from nbreg.search.study_spec import StudySpec
from nbreg.session import as_table

TARGETS = ("price", "size")


def made_up(factors: str, values: list, errors: list[float], targets: tuple[str, ...] = ("price",)) -> Study:
    """Return a study whose value i errs by about ``errors[i]`` on each row; NaN: it failed."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(10, 1, size=(60, 3)), columns=["a", *TARGETS])
    table = FoldTable.of(as_table(frame), DataSpec(target=targets), StudySpec())
    found = Study([factor_named(name) for name in factors.split(",")], values, table, "mlp 4, relu")
    for point, error in enumerate(errors):
        for fold, at in enumerate(table.folds):
            observed = frame[list(targets)].to_numpy()[at.test]
            predicted = observed + error * rng.choice([-1, 1], size=observed.shape) * rng.uniform(0.97, 1.03)
            found.outcomes[point, fold] = (
                Outcome(0.1, error="It was not to be.") if math.isnan(error) else
                Outcome(0.1, 48, 12, evaluate(observed, predicted, targets), last_loss=error)
            )  # fmt: skip
    return found


def test_the_plot_shows_means_intervals_and_each_fold():
    found = made_up("learning_rate", [[0.001, 0.01, 0.1]], [2.0, 1.0, 3.0])
    info = StudyPlot.of(found)
    assert (info.axis, info.labels, info.x) == ("log", ("0.001", "0.01", "0.1"), (0.001, 0.01, 0.1))
    assert [panel.title for panel in info.panels] == ["MSE", "R²"]
    frame = found.summary()
    np.testing.assert_allclose(info.panels[0].means, frame["mse"], rtol=1e-12)
    np.testing.assert_allclose(info.panels[0].halves, frame["mse_high"] - frame["mse"], rtol=1e-12)
    assert len(info.panels[0].folds) == 15
    assert [panel.best for panel in info.panels] == [1, None]
    assert info.alt == "MSE, R² by learning rate, for 3 values. Marked as best: 0.01."


def test_no_fold_lies_beyond_the_axes():
    panel = Panel("MSE", "MSE", False, (1.0, 2.0), (0.1, 0.1), ((0, 1.0), (0, 9.0), (1, 2.0)))
    (axes,) = StudyPlot("network", "names", ("mlp", "lstm"), (0.0, 1.0), (panel,)).figure().axes
    low, high = axes.get_ylim()
    assert low < 1.0
    assert high > 9.0


@pytest.mark.parametrize(
    ("factors", "values", "of"),
    [("activation", [["relu", "tanh"]], "RMSE, R² by activation"),
     ("hidden_units,learning_rate", [[4, 8], [0.1, 0.2]], "Heat map: ")],
)  # fmt: skip
def test_a_study_of_one_factor_or_two_is_drawn_again_by_its_name(factors, values, of):
    shown = plot("study", made_up(factors, values, [1.0, 2.0, 3.0, 4.0][: 2 * len(values)]))
    assert shown._repr_mimebundle_()[1]["image/png"]["alt"].startswith(of)
    assert shown.png.startswith(b"\x89PNG")
    with pytest.raises(DataError, match="Nothing of this study is finished yet"):
        plot("study", made_up(factors, values, []))


def test_what_is_not_really_best_is_not_marked():
    found = made_up("activation", [["relu", "tanh"]], [1.0, 1.0])
    assert all(panel.best is None for panel in StudyPlot.of(found).panels)
    assert "No value is marked as best." in StudyPlot.of(found).alt
    assert "nbreg-best" not in study_html(found, with_pictures=False).partition("</style>")[2]
    assert study_text(found).startswith("Activation. No real difference between relu and tanh (RMSE ")


@pytest.mark.parametrize(("factor", "values"), [("learning_rate", [0.001, 0.01, 0.1]), ("activation", ["relu", "elu"])])
@pytest.mark.parametrize("spread", [1.0, 30.0])  # which is drawn on a log scale
def test_the_word_best_stands_where_nothing_is_drawn(factor, values, spread):
    errors = [1.0 + spread * (i + 1) if i != 1 else 1.0 for i in range(len(values))]
    panel, _ = StudyPlot.of(made_up(factor, [values], errors)).parts()
    assert panel.panels[0].best == 1
    figure = panel.figure()
    figure.canvas.draw()
    (axes,) = figure.axes
    (word,) = (each for each in axes.texts if each.get_text() == "best")
    place, shown = word.get_window_extent(), panel.panels[0]
    tops = [(panel.x[i], mean + half) for i, (mean, half) in enumerate(zip(shown.means, shown.halves, strict=True))]
    drawn = axes.transData.transform([*tops, *((panel.x[i], value) for i, value in shown.folds)])
    assert drawn[:, 1].max() < place.y0
    assert place.y1 <= axes.bbox.y1
    assert place.x0 < axes.transData.transform((panel.x[1], 1.0))[0] < place.x1


def test_best_and_worse_in_words():
    text = study_text(made_up("hidden_units", [[8, 100, 500]], [3.0, 1.0, 1.0]))
    assert text.startswith("Hidden units. No real difference between 100 and 500 units (MAE 1.0")
    assert "; 8 units are worse (MAE 3.0)." in text
    one = study_text(made_up("hidden_units", [[1, 100, 500]], [3.0, 1.0, 1.0]))
    assert "; 1 unit is worse (MAE 3.0)." in one
    assert "tanh is worse (RMSE 3.0)." in study_text(made_up("activation", [["tanh", "relu", "elu"]], [3.0, 1.0, 1.0]))
    assert study_text(made_up("hidden_units", [[8, 100]], [3.0, 1.0])).startswith(
        "Hidden units. 100 is better than 8 (MAE 1.0 against 3.0)."
    )
    three = study_text(made_up("hidden_units", [[8, 64, 100]], [3.0, 2.0, 1.0]))
    assert three.startswith("Hidden units. 100 units are best: MAE 1.0, against 2.0 or more.")
    assert [line.split()[0] for line in three.splitlines() if "*" in line] == ["100"]


def test_each_target_has_its_panels_and_its_table():
    found = made_up("learning_rate", [[0.01, 0.1]], [1.0, 2.0], TARGETS)
    assert [panel.title for panel in StudyPlot.of(found).panels] == [
        "MSE of price", "R² of price", "MSE of size", "R² of size"
    ]  # fmt: skip
    assert study_html(found, with_pictures=False).count("<caption>") == 2
    assert "size: 0.01 is better than 0.1 (MSE " in study_text(found)
    assert found.best == 0.01


def test_failures_leave_a_gap_and_a_note():
    found = made_up("activation", [["relu", "tanh", "elu"]], [1.0, math.nan, 2.0])
    (panel, _) = StudyPlot.of(found).panels
    assert math.isnan(panel.means[1])
    text = study_text(found)
    assert "tanh failed on fold 1: It was not to be." in text
    assert "So did 2 trainings more." in text
    assert "relu is better than elu" in text
    StudyPlot.of(found).figure()


def test_a_study_without_anything_done_is_shown_too():
    found = made_up("learning_rate", [[0.01, 0.1]], [])
    bundle, _ = study_bundle(found)
    assert "image/png" not in bundle
    assert "Nothing is finished yet." in bundle["text/plain"]
    assert "0 of 10 trainings are finished." in bundle["text/plain"]
    found.outcomes[1, 0] = made_up("learning_rate", [[0.01, 0.1]], [1.0, 1.0]).outcomes[1, 0]
    assert "0.1 is ahead so far" in study_text(found)
    assert "image/png" in study_bundle(found)[0]


def test_data_sizes_show_the_curve_beyond_and_say_what_it_tells():
    sizes = [20, 25, 30, 40, 48]
    found = made_up("data_size", [sizes], [0.2 + 20 / n for n in sizes])
    panel = StudyPlot.of(found).panels[0]
    assert panel.band is not None
    assert max(panel.band.x) == pytest.approx(480)
    assert any(line.startswith("Twice the rows (96)") for line in study_text(found).splitlines())
    StudyPlot.of(found).figure()
    few = made_up("data_size", [sizes[:2]], [1.0, 0.9])
    assert StudyPlot.of(few).panels[0].band is None
    assert "What more rows would bring cannot be told yet" in study_text(few)


def test_two_factors_are_a_heat_map():
    values = [[2, 8], [0.001, 0.01, 0.1]]
    found = made_up("hidden_units,learning_rate", values, [3, 2.5, 2, 1, math.nan, 2.8])
    info = StudyHeatmap.of(found)
    (grid,) = info.grids
    assert info.labels == (("2", "8"), ("0.001", "0.01", "0.1"))
    np.testing.assert_allclose(np.ravel(grid.means), found.summary()["mae"])
    assert grid.words[1][1] == "failed"
    assert grid.best == (1, 0)
    assert "Marked as best: 8 and 0.001." in info.alt
    assert {"text/html", "image/png"} <= set(study_bundle(found)[0])


@pytest.mark.parametrize(
    ("wanted", "values", "expected"),
    [("auto", [1, 2, 3], "linear"), ("log", [1, 2, 3], "log"), ("auto", [1, 10, 100], "log"),
     ("log", [0, 0.1, 10], "linear"), ("log", [1, 10, 100], "log"),
     ("log", [0.1, "auto"], "names"), ("log", [False, True], "names"), ("names", [1, 100], "names")],
)  # fmt: skip
def test_axes_suit_the_values(wanted: str, values: list, expected: str):
    assert axis_of(wanted, values) == expected


@pytest.mark.parametrize("errors", [[1.0, 30.0], [1.0, 1.2]])
def test_figures_stand_on_the_axes_that_they_need(errors: list[float]):
    info = StudyPlot.of(made_up("learning_rate", [[0.0001, 0.1]], errors))
    axes = info.figure().axes[0]
    assert axes.get_yscale() == ("log" if errors[1] > 8 else "linear")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.0001", "0.1"]


def test_values_that_are_far_apart_by_chance_are_not_called_alike():
    found = made_up("learning_rate", [[0.01, 0.1]], [1.0, 1.0])
    for fold, error in enumerate([1.0, 30.0, 0.9, 1.1, 1.0]):
        one = made_up("learning_rate", [[0.01, 0.1]], [error, error]).outcomes[1, fold]
        found.outcomes[1, fold] = one
    assert study_text(found).startswith("Learning rate. 0.01 and 0.1 cannot be told apart on these folds (MSE 1.0 to ")
