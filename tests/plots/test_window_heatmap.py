"""The heat map of a window: what it shows is asked of the info, and that it can be drawn."""

from __future__ import annotations

import numpy as np
import pytest

from nbreg.errors import OptionError
from nbreg.explanation.windows import WindowExplanation
from nbreg.plots.plot import PlotChoices, plot
from nbreg.plots.window_heatmap import MOST_CHANNELS, WindowHeatmap


def explained(n_rows=3, n_steps=12, n_channels=2, n_targets=1, kind="additive") -> WindowExplanation:
    rng = np.random.default_rng(0)
    several = () if n_targets == 1 else (n_targets,)
    values = rng.standard_normal((n_rows, n_steps, n_channels, *several))
    return WindowExplanation(
        values=np.abs(values) if kind == "sensitivity" else values,
        rest=np.zeros((n_rows, 0, *several)),
        base_values=None if kind == "sensitivity" else np.zeros((n_rows, *several)),
        predictions=np.zeros((n_rows, *several)),
        completeness_gap=None,
        step_names=(*(f"-{i} h" for i in range(n_steps - 1, 0, -1)), "now"),
        channel_names=tuple(f"channel {i}" for i in range(n_channels)),
        rest_names=(),
        target_names=tuple(f"target {i}" for i in range(n_targets)),
        rows=np.arange(n_rows),
        method="expected_gradients",
        kind=kind,
        words="",
    )


def test_rows_together_are_mean_sizes():
    found = explained()
    info = WindowHeatmap.of(found)
    np.testing.assert_allclose(info.values, np.abs(found.values).mean(axis=0))
    assert not info.is_signed
    assert info.measure == "mean |attribution| to target 0"


def test_one_row_is_signed():
    found = explained()
    info = WindowHeatmap.of(found, PlotChoices(row=1))
    np.testing.assert_array_equal(info.values, found.values[1])
    assert info.is_signed
    assert info.whose == "row 1"


def test_a_target_is_chosen_by_name():
    found = explained(n_targets=2)
    info = WindowHeatmap.of(found, PlotChoices(target="target 1"))
    np.testing.assert_allclose(info.values, np.abs(found.values[..., 1]).mean(axis=0))


def test_the_channels_that_matter_least_are_left_out_in_their_order():
    found = explained(n_channels=MOST_CHANNELS + 3)
    info = WindowHeatmap.of(found)
    sums = np.abs(found.values).mean(axis=0).sum(axis=0)
    kept = sorted(np.argsort(sums)[3:])
    assert info.channel_names == tuple(f"channel {i}" for i in kept)
    assert info.n_left_out == 3
    assert "3 channels left out" in info.alt


def test_words_name_the_largest():
    found = explained(n_rows=1)
    found.values[:] = 0.1
    found.values[0, 4, 1] = -7
    assert "The largest is channel 1 at -7 h" in WindowHeatmap.of(found).alt


@pytest.mark.parametrize("kind", ["additive", "sensitivity"])
@pytest.mark.parametrize("choices", [{}, {"row": 2}])
def test_is_drawn(kind, choices):
    drawn = plot("window_heatmap", explained(n_steps=48, n_channels=5, kind=kind), **choices)
    axes = drawn.figure.axes[0]
    assert len(axes.get_yticks()) == 5
    assert axes.get_xticklabels()[-1].get_text() == "now"
    shown = axes.images[0].get_array()
    assert shown.shape == (5, 48)
    assert axes.images[0].get_clim()[0] == (-axes.images[0].get_clim()[1] if drawn.info.is_signed else 0)


def test_rows_beyond_the_last_are_refused():
    with pytest.raises(OptionError, match="row takes a number from 0 to 2"):
        WindowHeatmap.of(explained(), PlotChoices(row=3))
    with pytest.raises(OptionError, match="shows a regressor"):
        WindowHeatmap.of(object())
