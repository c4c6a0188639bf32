"""Bounds of targets: predictions never leave them, and tables that do are told."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st

import nbreg
from nbreg.data.spec import DataSpec
from nbreg.data.target_limits import make_target_scaler
from nbreg.data.targets import TARGET_TYPES
from nbreg.errors import DataError, OptionError
from nbreg.explanation.target_units import in_target_units
from nbreg.fit_options import fit_options
from nbreg.magics.parsing import parse
from nbreg.networks.targets import Targets
from nbreg.training.quiet import import_keras

keras = import_keras()

RNG = np.random.default_rng(0)
PRICES, CLOUDS, DEPTHS = RNG.lognormal(3, 1, 300), RNG.beta(0.3, 0.3, 300) * 100, -RNG.gamma(2, 5, 300)
Y = np.column_stack([PRICES, CLOUDS, DEPTHS])
NAMES = ("price", "cloud", "depth")
BOUNDS = {"price": (0, None), "cloud": (0, 100), "depth": (None, 0)}


def scaler(transform="auto", bounds=BOUNDS):
    spec = DataSpec(bounds=bounds, target_transform=transform)
    return make_target_scaler(spec, Y, NAMES).fit(Y, NAMES)


def kept(targets, z):
    """What a network gives whose last layer gives `z`, ``(n_rows, n_targets)``."""
    entry = keras.Input((targets.n_targets,))
    return keras.Model(entry, targets.kept(entry))(np.asarray(z, np.float32)).numpy()


@pytest.mark.parametrize(
    ("given", "flags", "code"),
    [
        ("price=0:", "--bounds price=0:", "{'price': (0.0, None)}"),
        ({"a b": (None, 1.5)}, '--bounds "a b=:1.5"', "{'a b': (None, 1.5)}"),
        (["t=-40:60", "x=y=0:1"], "--bounds t=-40:60 --bounds x=y=0:1", "{'t': (-40.0, 60.0), 'x=y': (0.0, 1.0)}"),
        ([("t", 0, math.inf)], "--bounds t=0:", "{'t': (0.0, None)}"),
    ],
)
def test_bounds_are_written_as_they_are_read(given, flags, code):
    declared = fit_options()["bounds"]
    assert declared.flags(given) == flags
    assert declared.code(given) == code
    assert parse(f"fit df {flags}").options["bounds"] == declared.check(given) == declared.check(eval(code))


@pytest.mark.parametrize(
    "given", ["price", "price=1", "price=:", "price=1:0", "=0:1", {"p": (1, 1)}, {"p": 3}, ["p", 0]]
)
def test_what_are_no_bounds_is_told_in_one_line(given):
    with pytest.raises(OptionError, match=r"bounds \(--bounds\) takes TARGET=LEAST:GREATEST"):
        DataSpec(bounds=given)


def test_several_may_stand_behind_one_flag():
    wanted = (("a, b", 0.0, None), ("t", -40.0, 60.0))
    assert parse('fit df --bounds "a, b=0:" --bounds t=-40:60').options["bounds"] == wanted
    assert fit_options()["bounds"].parse("a=0:, t=-40:60") == (("a", 0.0, None), ("t", -40.0, 60.0))


@pytest.mark.parametrize("transform", ["none", "auto", "yeo-johnson"])
def test_nothing_the_network_says_leads_out(transform):
    found = scaler(transform)
    z = np.vstack([np.full((1, 3), -1e4), np.linspace(-30, 30, 201)[:, None] * np.ones(3), np.full((1, 3), 1e4)])
    for scaled in (kept(Targets.of(found), z), z.astype(np.float32)):
        predicted = found.inverse_transform(scaled)
        assert np.isfinite(predicted).all()
        assert (predicted[:, 0] >= 0).all()
        assert ((predicted[:, 1] >= 0) & (predicted[:, 1] <= 100)).all()
        assert (predicted[:, 2] <= 0).all()


def test_they_grow_with_what_the_last_layer_says_from_the_mean_on():
    found = scaler("none")
    targets = Targets.of(found)
    np.testing.assert_allclose(kept(targets, np.zeros((1, 3))), 0, atol=1e-6)
    steps = np.diff(kept(targets, np.linspace(-3, 3, 61)[:, None] * np.ones(3)), axis=0)
    assert (steps > 0).all()
    ends = found.inverse_transform(kept(targets, [[-60, -60, -60], [60, 60, 60]]))
    np.testing.assert_allclose(ends[0, :2], 0, atol=1e-3)
    np.testing.assert_allclose([ends[1, 1], ends[1, 2]], [100, 0], atol=1e-3)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.floats(-50, 49), st.floats(0.5, 1e4), st.sampled_from(["both", "low", "high"]))
def test_scaled_bounds_hold_wherever_they_are(low, width, which):
    ends = {"both": (low, low + width), "low": (low, None), "high": (None, low + width)}[which]
    found = kept(Targets(1, bounds=(ends,)), np.linspace(-40, 40, 81)[:, None])
    slack = 1e-5 * max(1.0, abs(low) + width)
    assert found.min() >= (ends[0] if ends[0] is not None else -np.inf) - slack
    assert found.max() <= (ends[1] if ends[1] is not None else np.inf) + slack


def test_targets_without_bounds_are_left_alone():
    targets = Targets.of(scaler("none", {"cloud": (0, 100)}))
    z = np.array([[-5.0, -5.0, 7.0]], np.float32)
    np.testing.assert_array_equal(kept(targets, z)[:, [0, 2]], z[:, [0, 2]])
    assert Targets.of(scaler(bounds=())).bounds == ()


def test_what_is_explained_keeps_to_them_too():
    import tensorflow as tf

    found = scaler("auto")
    scaled = np.random.default_rng(5).normal(0, 6, (200, 3)).astype(np.float32)
    values = in_target_units(found, [2, 1])(tf.constant(scaled)).numpy()
    np.testing.assert_allclose(values, found.inverse_transform(scaled)[:, [2, 1]], rtol=1e-9, atol=1e-12)
    assert values[:, 0].max() <= 0
    assert values[:, 1].max() <= 100


@pytest.mark.parametrize("store", [
    lambda x: pickle.loads(pickle.dumps(x)),
    lambda x: skops.io.loads(skops.io.dumps(x), trusted=list(TARGET_TYPES)),
])  # fmt: skip
def test_a_kept_scaler_knows_them(store):
    found = scaler("none")
    far = np.array([[1e3, 1e3, 1e3], [-1e3, -1e3, -1e3]])
    np.testing.assert_array_equal(store(found).inverse_transform(far), found.inverse_transform(far))
    assert Targets.of(store(found)) == Targets.of(found)


def test_tables_that_break_them_are_told_with_count_and_extremes():
    y = np.array([[-2.0], [0.5], [1.5], [3.0]])
    with pytest.raises(DataError, match=r'"y" breaks its bounds 0:1 in 3 rows: its values go from -2 to 3\.') as caught:
        make_target_scaler(DataSpec(bounds="y=0:1"), y, ("y",))
    assert "\n" not in str(caught.value)
    make_target_scaler(DataSpec(bounds="y=-2:3"), y, ("y",))  # at its bounds a target is within them


def test_a_name_that_is_no_target_is_told():
    with pytest.raises(DataError, match=r'name "prize", which is no target\..*Did you mean "price"'):
        scaler(bounds={"prize": (0, 1)})


def test_a_fit_keeps_to_them_far_from_its_rows():
    table = pd.DataFrame({"x": RNG.normal(size=120)})
    table["rate"] = np.clip(0.5 + table["x"], 0, 1)
    table["dose"] = np.maximum(table["x"], 0)
    choices = {"bounds": {"rate": (0, 1), "dose": (0, None)}, "target_transform": "none", "scaling": "standard"}
    regressor = nbreg.fit(table, target=["rate", "dose"], epochs=3, hidden=(8,), **choices)
    far = regressor.predict(pd.DataFrame({"x": np.linspace(-1e3, 1e3, 101)}))
    assert far.min() >= 0
    assert far[:, 0].max() <= 1
    assert far[:, 1].max() > 1
