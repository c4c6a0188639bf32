"""Every plot, through the common door; and that nothing global is touched."""

from __future__ import annotations

import base64
import struct
from dataclasses import replace

import matplotlib as mpl
import matplotlib.figure
import matplotlib.pyplot as plt
import pytest

from nbreg.errors import DataError, OptionError
from nbreg.plots.plot import PLOTS, plot

#: The plots of a forecaster, of windows, of studies and of searches have tests of their own.
OF_REGRESSORS = [
    name for name in PLOTS if PLOTS[name].shows == "regressor" and name not in ("forecast", "window_heatmap")
]

PNG = b"\x89PNG\r\n\x1a\n"


def test_the_plots_there_are():
    of_trainings = {"learning_curve", "predicted_observed", "residuals", "network", "learning_rate"}
    of_explanations = {"importance", "beeswarm", "waterfall", "dependence", "heatmap"}
    assert of_trainings | of_explanations | {"weights", "activations"} <= set(PLOTS)


@pytest.mark.parametrize("name", OF_REGRESSORS)
def test_every_plot_draws(name, regressor):
    shown = plot(name, regressor)
    assert isinstance(shown.figure, matplotlib.figure.Figure)
    assert shown.figure is shown.figure
    data, metadata = shown._repr_mimebundle_()
    png = base64.b64decode(data["image/png"])
    assert png.startswith(PNG)
    width, height = struct.unpack(">II", png[16:24])
    shown = metadata["image/png"]
    assert (shown["width"], shown["height"]) == (width // 2, height // 2)
    assert len(shown["alt"]) > 20
    assert data["text/plain"] == f"<plot {name}>"


@pytest.mark.parametrize("name", OF_REGRESSORS)
def test_the_same_report_gives_the_same_bytes_whatever_the_style(name, regressor):
    first = plot(name, regressor).png
    with plt.style.context("dark_background"), plt.rc_context({"font.size": 30, "savefig.facecolor": "red"}):
        assert plot(name, regressor).png == first
    assert b"tEXtSoftware" not in first


@pytest.mark.parametrize("name", OF_REGRESSORS)
def test_matplotlib_is_left_as_it_was(name, regressor):
    before, backend = dict(mpl.rcParams), mpl.get_backend()
    plot(name, regressor)._repr_mimebundle_()
    assert dict(mpl.rcParams) == before
    assert mpl.get_backend() == backend
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", ["predicted_observed", "residuals"])
def test_several_targets_are_small_multiples(name, regressor, three_targets):
    regressor.report_ = three_targets
    shown = plot(name, regressor)
    assert [panel.target for panel in shown.info.panels] == ["a", "b", "c"]
    assert len(shown.figure.axes) == {"predicted_observed": 3, "residuals": 6}[name]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("learning_curve", "ended before the first epoch"), ("predicted_observed", "no rows were kept"),
     ("residuals", "no rows were kept"), ("learning_rate", "--learning-rate auto")],
)  # fmt: skip
def test_where_there_is_nothing_to_see_it_says_so(name, reason, regressor, without_rows):
    regressor.report_ = replace(without_rows, range_test=None)
    with pytest.raises(DataError, match=reason):
        plot(name, regressor)


def test_an_unknown_plot_is_told_with_the_nearest_one(regressor):
    with pytest.raises(OptionError, match='Did you mean "residuals"'):
        plot("residual", regressor)


@pytest.mark.parametrize("name", OF_REGRESSORS)
def test_a_choice_that_a_plot_has_no_use_for_is_told(name, regressor):
    for choice, value in {"row": 1, "feature": "f0", "target": "price"}.items():
        if choice not in PLOTS[name].uses:
            with pytest.raises(OptionError, match=rf"{name} has no use for {choice} \(--{choice}\), which is for"):
                plot(name, regressor, **{choice: value})
        plot(name, regressor, **{choice: None})


def test_unknown_and_impossible_choices_are_told(regressor):
    with pytest.raises(OptionError, match=r'There is no option "rows"\..*Did you mean "row"'):
        plot("waterfall", regressor, rows=3)
    with pytest.raises(OptionError, match="a whole number of at least 0"):
        plot("waterfall", regressor, row=-1)


@pytest.mark.parametrize("name", ["learning_curve", "residuals", "network", "weights", "activations"])
def test_pictures_of_regressors_take_no_explanation(name, regressor):
    with pytest.raises(OptionError, match="of a regressor, not of an explanation"):
        plot(name, regressor.explanation_)


def test_the_python_door_is_the_same_function():
    import nbreg

    assert nbreg.plot is plot
