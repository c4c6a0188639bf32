"""Plots of explanations: what they show, against numpy, and that nothing is cut or covered."""

from __future__ import annotations

import threading

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import nbreg
from nbreg.errors import DataError, OptionError
from nbreg.explanation.companion import companion_of
from nbreg.explanation.players import Players
from nbreg.plots.plot import plot
from nbreg.plots.theme import house_style, shortened, to_png, wrapped

NAMES = ("importance", "beeswarm", "waterfall", "dependence", "heatmap")

RNG = np.random.default_rng(3)


def of_regression(n_rows=200, interaction=0.0):
    """Return attributions ``2 a + interaction * a * sign(b)``, 0 and 0.5 c, and the table they belong to."""
    table = pd.DataFrame(RNG.normal(size=(n_rows, 3)), columns=list("abc"))
    values = np.column_stack([2 * table.a + interaction * table.a * np.sign(table.b), 0 * table.b, table.c / 2])
    return values, table


# What is shown


def test_importance_is_the_mean_size_with_its_standard_error(make_explanation):
    values = RNG.normal(size=(50, 4)) * [1, 5, 2, 3]
    shown = plot("importance", make_explanation(values)).info
    assert shown.names == ("f1", "f3", "f2", "f0")
    sizes = np.abs(values[:, [1, 3, 2, 0]])
    np.testing.assert_allclose(shown.importances, sizes.mean(axis=0))
    np.testing.assert_allclose(shown.errors, pd.DataFrame(sizes).sem())
    assert shown.measure == "mean |attribution| to price"


def test_seventy_features_are_fifteen_and_the_sum_of_the_others(make_explanation):
    values = RNG.normal(size=(30, 70)) * np.linspace(1, 3, 70)
    explanation = make_explanation(values)
    order = np.argsort(-np.abs(values).mean(axis=0))
    others = values[:, order[15:]].sum(axis=1)
    shown = plot("importance", explanation).info
    assert shown.names == (*(f"f{i}" for i in order[:15]), "55 other features")
    assert shown.importances[-1] == pytest.approx(np.abs(others).mean())
    assert "added up row by row" in shown.about_others
    for name in ("beeswarm", "heatmap"):
        info = plot(name, explanation).info
        rows = info.rows if name == "heatmap" else slice(None)
        np.testing.assert_allclose(info.values[:, -1], others[list(rows)] if name == "heatmap" else others)
        assert info.names == shown.names


def test_a_single_feature_too_many_is_shown_by_its_name(make_explanation):
    assert len(plot("importance", make_explanation(RNG.normal(size=(9, 16)))).info.names) == 16
    assert plot("importance", make_explanation(RNG.normal(size=(9, 17)))).info.names[-1] == "2 other features"


def test_sensitivities_are_not_added_up(make_explanation):
    values = np.abs(RNG.normal(size=(20, 30)))
    explanation = make_explanation(values, kind="sensitivity", base_values=None, method="saliency")
    shown = plot("importance", explanation).info
    assert len(shown.names) == 15
    assert shown.about_others == "not shown: 15 other features with smaller values"
    assert shown.measure == "mean sensitivity of price"
    with pytest.raises(OptionError, match="of saliency do not: explain by shapley"):
        plot("waterfall", explanation)
    for name in NAMES:
        if name != "waterfall":
            plot(name, explanation).png  # noqa: B018 - drawing must not fail


def test_importances_below_zero_stay_so(make_explanation):
    values = np.column_stack([np.full(10, 3.0), np.full(10, -1.0)])
    shown = plot("importance", make_explanation(values, kind="sensitivity", base_values=None))
    assert shown.info.importances == (3, -1)
    assert shown.figure.axes[0].get_xlim()[0] < -1


def test_beeswarm_dots_lie_at_the_attributions(make_explanation):
    values, table = of_regression(60)
    shown = plot("beeswarm", make_explanation(values * 1e-9, table))
    axes = shown.figure.axes[0]
    for line, column in enumerate((0, 2, 1)):  # from the top down
        dots = np.concatenate([np.asarray(c.get_offsets()) for c in axes.collections])
        here = dots[np.abs(dots[:, 1] - (2 - line)) < 0.45]
        np.testing.assert_allclose(np.sort(here[:, 0]), np.sort(values[:, column] * 1e-9), atol=1e-20)


def test_beeswarm_has_no_colours_for_groups_gaps_and_constants(make_explanation):
    table = pd.DataFrame({"a": [1.0, np.nan, 3], "b": [1.0, 2, 3], "c": [1.0, 2, 3], "d": [5.0, 5, 5]})
    players = Players((("a",), ("b", "c"), ("d",)), ((0,), (1, 2), (3,)))
    explanation = make_explanation(RNG.normal(size=(3, 3)), table, players=players)
    info = plot("beeswarm", explanation).info
    column = {name: info.numbers[:, i] for i, name in enumerate(info.names)}
    np.testing.assert_array_equal(column["a"], [1, np.nan, 3])
    assert np.isnan(column["b + c"]).all()
    assert np.isnan(column["d"]).all()


def test_a_large_table_is_sampled_for_dots_and_not_for_importances(make_explanation):
    values = RNG.normal(size=(5_000, 2))
    explanation = make_explanation(values)
    assert len(plot("beeswarm", explanation).info.values) == 2_000
    assert "2,000 of 5,000 rows" in plot("beeswarm", explanation).info.alt
    np.testing.assert_allclose(
        plot("importance", explanation).info.importances, np.sort(np.abs(values).mean(axis=0))[::-1]
    )


def test_waterfall_goes_from_base_value_to_prediction(make_explanation):
    values = RNG.normal(size=(4, 14))
    table = pd.DataFrame(RNG.normal(size=(4, 14)), columns=[f"f{i}" for i in range(14)])
    table["f0"] = ["x", "y", "z", "Ideal"]
    errors = np.full(values.shape, 0.25)
    explanation = make_explanation(values, table, standard_errors=errors, rows=np.array([3, 5, 8, 90]))
    info = plot("waterfall", explanation, row=3).info
    order = np.argsort(-np.abs(values[3]))
    np.testing.assert_allclose(info.attributions, [*values[3, order[:9]], values[3, order[9:]].sum()])
    np.testing.assert_allclose(info.corners[0], 10)
    np.testing.assert_allclose(info.corners[-1], explanation.predictions[3])
    assert info.names[-1] == "5 other features"
    assert info.errors == pytest.approx([0.25] * 9 + [1.25])
    assert info.where == "row 3 (row 90 of the table)"
    assert dict(zip(info.names, info.texts, strict=True)).get("f0", "Ideal") == "Ideal"
    assert plot("waterfall", explanation).info.row == 0
    with pytest.raises(OptionError, match="from 0 to 3"):
        plot("waterfall", explanation, row=4)


def test_waterfall_of_small_steps_on_a_large_number_can_be_read(make_explanation):
    values = np.array([[1e-3, -2e-3]])
    explanation = make_explanation(values, base_values=np.array([2.5e6]), predictions=np.array([2.5e6 - 1e-3]))
    axes = plot("waterfall", explanation).figure.axes[0]
    assert axes.get_xlabel() == "price, less 2.50000 M"
    assert np.ptp(axes.get_xlim()) < 0.02


def test_heatmap_holds_each_row_once_and_similar_ones_together(make_explanation):
    values = np.tile([[1.0, 0.0], [-1.0, 2.0]], (20, 1)) + RNG.normal(scale=1e-3, size=(40, 2))
    info = plot("heatmap", make_explanation(values)).info
    assert sorted(info.rows) == list(range(40))
    signs = np.sign(info.values[:, info.names.index("f0")])
    assert np.count_nonzero(np.diff(signs)) == 1
    np.testing.assert_allclose(info.predictions, 10 + values[list(info.rows)].sum(axis=1))


def test_dependence_shows_value_and_attribution(make_explanation):
    values, table = of_regression()
    info = plot("dependence", make_explanation(values, table)).info
    assert info.scale.name == "a"  # the most important
    np.testing.assert_allclose(info.scale.numbers, table.a)
    np.testing.assert_allclose(info.attributions, values[:, 0])
    assert info.colors is None  # it hangs on nothing else
    assert plot("dependence", make_explanation(values, table), feature="c").info.scale.name == "c"


def test_dependence_is_coloured_by_the_feature_that_interacts(make_explanation):
    values, table = of_regression(300, interaction=1.0)
    assert companion_of(make_explanation(values, table), "a").name == "b"
    assert plot("dependence", make_explanation(values, table)).info.colors.name == "b"


def test_chance_is_no_interaction(make_explanation):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        table = pd.DataFrame(rng.normal(size=(60, 40)), columns=[f"f{i}" for i in range(40)])
        values = table.to_numpy() + rng.normal(size=table.shape)
        assert companion_of(make_explanation(values, table), "f0") is None


def test_dependence_of_categories_dates_and_flags(make_explanation):
    table = pd.DataFrame(
        {
            "cut": pd.Categorical(["good", "bad", None, "good"], categories=["good", "bad"], ordered=True),
            "sold": pd.to_datetime(["2024-01-01", "2024-03-01", "2024-02-01", None]),
            "new": [True, False, True, True],
        }
    )
    explanation = make_explanation(RNG.normal(size=(4, 3)), table)
    cut = plot("dependence", explanation, feature="cut")
    assert cut.info.scale.levels == ("good", "bad", "(missing)")
    np.testing.assert_array_equal(cut.info.scale.numbers, [0, 1, 2, 0])
    assert [text.get_text() for text in cut.figure.axes[0].get_xticklabels()] == ["good", "bad", "(missing)"]
    sold = plot("dependence", explanation, feature="sold")
    assert sold.info.about == "3 of 4 rows, 1 without a value"
    assert any("2024" in text for text in shown_texts(sold.figure))
    assert plot("dependence", explanation, feature="new").info.scale.levels == ("false", "true")


def test_rare_levels_share_a_strip(make_explanation):
    levels = [f"level {i:02d}" for i in range(30) for _ in range(i + 1)]
    table = pd.DataFrame({"place": levels})
    scale = plot("dependence", make_explanation(RNG.normal(size=(len(levels), 1)), table)).info.scale
    assert scale.levels == (*(f"level {i}" for i in range(19, 30)), "19 others")
    assert (scale.numbers == 11).sum() == sum(range(1, 20))


def test_dependence_of_what_has_no_value_is_told(make_explanation):
    table = pd.DataFrame({"a": [1.0, 2], "b": [1.0, 2], "empty": [np.nan, np.nan]})
    players = Players((("a", "b"), ("empty",)), ((0, 1), (2,)))
    explanation = make_explanation(RNG.normal(size=(2, 2)), table, players=players)
    with pytest.raises(OptionError, match=r'group "a \+ b" were explained as one'):
        plot("dependence", explanation, feature="b")
    with pytest.raises(DataError, match="no value in any"):
        plot("dependence", explanation)
    with pytest.raises(OptionError, match=r'There is no feature "empti"\..*Did you mean "empty"'):
        plot("dependence", explanation, feature="empti")


def test_targets_are_chosen_by_name(make_explanation):
    values = RNG.normal(size=(10, 2, 3))
    explanation = make_explanation(values)
    for name in NAMES:
        assert plot(name, explanation).info.target == "a"
        assert plot(name, explanation, target="c").info.target == "c"
    np.testing.assert_allclose(
        plot("importance", explanation, target="c").info.importances,
        np.sort(np.abs(values[..., 2]).mean(axis=0))[::-1],
    )
    with pytest.raises(OptionError, match='No target "price" is explained'):
        plot("importance", explanation, target="price")


def test_a_regressor_shows_its_last_explanation_and_makes_one_where_there_is_none():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80)})
    table["y"] = 3 * table.a
    regressor = nbreg.fit(table, target="y", epochs=3, hidden=(8,))
    first = plot("importance", regressor).info
    assert first.n_rows == len(regressor.explanation_) == regressor.n_rows_["test"]
    nbreg.explain(regressor, table, rows=7)
    assert plot("importance", regressor).info.n_rows == 7
    assert regressor.explanation_.plot("beeswarm").info.n_rows == 7


# How it is drawn


def shown_texts(figure):
    """Return all texts of a figure as they were drawn last."""
    from matplotlib.text import Text

    to_png(figure)
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def assert_readable(figure):
    """Fail where a text is cut off by the figure's edge, or where labels of one axis cover each other."""
    with house_style():
        figure.draw_without_rendering()
    page = figure.bbox
    for axes in figure.axes:
        ticks = [[t for t in axis.get_ticklabels() if _is_seen(t, axes)] for axis in (axes.xaxis, axes.yaxis)]
        named = [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label, *axes.texts]
        for text in (*ticks[0], *ticks[1], *(t for t in named if t.get_visible() and t.get_text())):
            box = text.get_window_extent()
            assert page.x0 <= box.x0 <= box.x1 <= page.x1, text.get_text()
            assert page.y0 <= box.y0 <= box.y1 <= page.y1, text.get_text()
        for labels in ticks:
            boxes = [label.get_window_extent() for label in labels if not label.get_rotation()]
            assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i]), [
                label.get_text() for label in labels
            ]
        for labels, name in zip(ticks, (axes.xaxis.label, axes.yaxis.label), strict=True):
            if name.get_text():
                assert not any(label.get_window_extent().overlaps(name.get_window_extent()) for label in labels)
        offset = axes.xaxis.get_offset_text()
        if offset.get_text() and axes.get_xlabel():
            assert not offset.get_window_extent().overlaps(axes.xaxis.label.get_window_extent())


def _is_seen(label, axes):
    if not (label.get_visible() and label.get_text()):
        return False
    x, y = label.get_transform().transform(label.get_position())
    inside = axes.get_window_extent().padded(2)
    return inside.x0 <= x <= inside.x1 or inside.y0 <= y <= inside.y1


LONG = "a_rather_long_name_of_a_column_with_many_letters_{i:02d}"

AWKWARD = {
    "one row": lambda: (RNG.normal(size=(1, 4)), None),
    "one feature": lambda: (RNG.normal(size=(20, 1)), None),
    "two features": lambda: (RNG.normal(size=(20, 2)), None),
    "all zero": lambda: (np.zeros((10, 3)), pd.DataFrame(RNG.normal(size=(10, 3)), columns=list("abc"))),
    "all the same": lambda: (np.ones((10, 3)), pd.DataFrame(np.ones((10, 3)), columns=list("abc"))),
    "no values": lambda: (
        RNG.normal(size=(10, 2)),
        pd.DataFrame({"a": np.full(10, np.nan), "b": [1.0, np.nan] * 5}),
    ),
    "huge": lambda: (RNG.normal(size=(30, 3)) * 1e14, None),
    "tiny": lambda: (RNG.normal(size=(30, 3)) * 1e-13, None),
    "70 long names": lambda: (
        RNG.normal(size=(40, 70)),
        pd.DataFrame(RNG.normal(size=(40, 70)), columns=[LONG.format(i=i) for i in range(70)]),
    ),
    "marks": lambda: (
        RNG.normal(size=(30, 4)),
        pd.DataFrame(
            {
                "$x_1$ and $": RNG.normal(size=30) * 1e7,
                "100 %": [f"$level_{i % 3}^2$" for i in range(30)],
                "Größe · 价格": RNG.normal(size=30),
                r"\alpha{": RNG.choice(list("abcdefghijklmnop"), 30),
            }
        ),
    ),
}


@pytest.mark.parametrize("case", AWKWARD)
@pytest.mark.parametrize("name", NAMES)
def test_awkward_explanations_are_drawn_readably_and_without_warnings(name, case, make_explanation):
    values, table = AWKWARD[case]()
    explanation = make_explanation(values, table, target_names=("sale price of the $house$ in %",))
    if case == "no values" and name == "dependence":
        explanation = make_explanation(values[:, [1]], table[["b"]])
    shown = plot(name, explanation)
    assert_readable(shown.figure)
    assert len(shown.info.alt) > 20
    assert plt.get_fignums() == []


@pytest.mark.parametrize("case", ["marks", "tiny"])
@pytest.mark.parametrize("feature", range(3))
def test_dependence_of_awkward_features_is_readable(case, feature, make_explanation):
    values, table = AWKWARD[case]()
    explanation = make_explanation(values, table)
    assert_readable(plot("dependence", explanation, feature=explanation.feature_names[feature]).figure)


def test_a_dollar_in_a_name_is_a_dollar(make_explanation):
    table = pd.DataFrame({"$a_1$": RNG.normal(size=9), "b": RNG.normal(size=9)})
    figure = plot("importance", make_explanation(RNG.normal(size=(9, 2)), table)).figure
    (label,) = [text for text in figure.axes[0].get_yticklabels() if "a_1" in text.get_text()]
    assert label.get_text() == "$a_1$"
    assert not label.get_parse_math()


def test_very_small_numbers_share_one_power_of_ten(make_explanation):
    axes = plot("importance", make_explanation(RNG.normal(size=(20, 2)) * 1e-10)).figure.axes[0]
    to_png(axes.figure)
    assert axes.xaxis.get_offset_text().get_text() in ("× 10⁻¹²", "× 10⁻⁹")
    assert not any("e" in label.get_text() for label in axes.get_xticklabels())


def test_numpys_global_draws_are_left_alone(make_explanation):
    explanation = make_explanation(RNG.normal(size=(20, 2)))
    np.random.seed(7)
    expected = np.random.random(3)
    np.random.seed(7)
    plot("beeswarm", explanation).png  # noqa: B018
    np.testing.assert_array_equal(np.random.random(3), expected)


def test_plots_drawn_at_once_in_two_threads_are_those_drawn_alone(make_explanation):
    explanation = make_explanation(RNG.normal(size=(30, 3)))
    alone = {name: plot(name, explanation).png for name in ("importance", "beeswarm")}
    found = {}
    threads = [
        threading.Thread(target=lambda name=name: found.update({name: plot(name, explanation).png})) for name in alone
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == alone


@pytest.mark.parametrize("name", ["sale price per square metre of ground", "x" * 70, "a_b_c", "Größe"])
def test_names_are_broken_after_marks_and_shortened_in_the_middle(name):
    lines = wrapped(name).split("\n")
    assert len(lines) <= 2
    assert max(map(len, lines)) <= 24
    assert ("…" in wrapped(name)) == (len(name) > 42)
    assert wrapped(name).replace("\n", "").replace(" ", "")[:8] == name.replace(" ", "")[:8]


def test_shortened_keeps_both_ends():
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghijklm", 7) == "abcd…lm"
