"""The part of a stand-alone script about the linear model beside a network: its layers, its fit, and its share.

In the script one gate multiplies the network's own predictions; what training found and what the validation rows let
in, two layers of ours, are both in its weights at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbreg.networks.beside import BLEND_LAYER, GATE_LAYER, LINEAR_LAYER, RANDOM_LAYER, blend_of, stands_beside
from nbreg.networks.skip import LINEAR, LINEAR_PENALTIES, USUAL_PENALTIES, Skip

if TYPE_CHECKING:
    import keras

Lines = list[str]


def is_beside(operation: Any) -> bool:
    """Return whether this is one of the layers that bring together a network and the linear model beside it."""
    return operation.name in (LINEAR_LAYER, GATE_LAYER, BLEND_LAYER)


def is_all_linear(network: keras.Model) -> bool:
    """Return whether nothing but a linear model stands beside a network, if anything does."""
    return all(layer.name != RANDOM_LAYER for layer in network.layers)


def definitions_beside(network: keras.Model) -> Lines:
    """Return the lines that make the layers, ``linear`` and ``gate``, for the network's statements to call."""
    if not stands_beside(network):
        return []
    n_targets = network.get_layer(LINEAR_LAYER).units
    return [
        "# Beside the network stands a linear model, fitted below. The gate multiplies the network's predictions",
        "# of each target by a number; closed at first, it lets the network learn what the linear model leaves.",
        f"linear = layers.Dense({n_targets}, trainable=False)",
        f"gate = layers.EinsumDense('bt,t->bt', output_shape={n_targets}, kernel_initializer='zeros')",
    ]


def call_beside(operation: Any, taken: str) -> str:
    """Return the call of such a layer with the tensor called `taken`."""
    return {LINEAR_LAYER: f"linear({taken})", GATE_LAYER: f"gate({taken})"}.get(operation.name, taken)


def fitting_lines(network: keras.Model, skip: Skip, *, has_validation: bool) -> Lines:
    """Return the lines that fit the linear model, with that of its penalties that suits the validation rows best."""
    if not stands_beside(network):
        return []
    n_numbers, n_inputs = network.get_layer(LINEAR_LAYER).kernel.shape[0], network.input_shape[1]
    numbers, of = ("", "") if n_numbers == n_inputs else (f"[:, :{n_numbers}]", f" of the first {n_numbers} inputs")
    lines = _filled(_RIDGE, x=f"x_train{numbers}", of=of)
    tried = LINEAR_PENALTIES if has_validation else (USUAL_PENALTIES[LINEAR],)
    penalties = tried if skip.linear_penalty is None else (skip.linear_penalty,)
    if len(penalties) == 1:
        chosen = f"model = ridge({penalties[0]!r})"
    else:
        lines += _filled(_ERROR, x=f"x_validation{numbers}")
        chosen = f"model = min(map(ridge, {list(penalties)!r}), key=validation_error)"
    return [*lines, chosen, "linear.set_weights([np.atleast_2d(model.coef_).T, model.intercept_])"]


def share_lines(network: keras.Model) -> Lines:
    """Return the lines that let the network in as far as the validation rows had it."""
    if not stands_beside(network) or set(blend_of(network)) == {1.0}:
        return []
    shares = [float(f"{share:.9g}") for share in blend_of(network)]
    return [
        "# How much of the network's predictions helped on the validation rows, a share for each target.",
        f"gate.set_weights([gate.get_weights()[0] * {shares!r}])",
    ]


def _filled(text: str, **words: str) -> Lines:
    return ["", "", *text.strip("\n").format(**words).splitlines(), "", ""]


_RIDGE = '''
def ridge(penalty):
    """Return the linear model{of} with a penalty on its squared weights."""
    return Ridge(alpha=penalty * len(train)).fit({x}.astype(float), y_train)
'''

_ERROR = """
def validation_error(model):
    predicted = model.predict({x}.astype(float)).reshape(y_validation.shape)
    return np.mean((predicted - y_validation) ** 2)
"""
