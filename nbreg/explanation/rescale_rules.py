"""Which layers the rescale rule is known for: linear ones, and functions of one number."""

from __future__ import annotations

import re
from typing import Any

#: Layers that are linear, or the identity, in a prediction; some have an activation of their own besides.
_LINEAR = re.compile(
    r"""InputLayer | Identity | Dense | EinsumDense
    | ((Depthwise | Separable)? Conv | Cropping | UpSampling | ZeroPadding | (Global)? AveragePooling) [123]D
    | Conv[123]DTranspose | BatchNormalization | Rescaling
    | Dropout | SpatialDropout[123]D | GaussianDropout | GaussianNoise | AlphaDropout | ActivityRegularization
    | Flatten | Reshape | Permute | RepeatVector | GetItem | Concatenate | Add | Subtract | Average""",
    re.VERBOSE,
)
#: Layers that are a function of each number by itself.
ELEMENTWISE_LAYERS = frozenset({"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU"})
_ELEMENTWISE_FUNCTIONS = frozenset({
    "linear", "relu", "leaky_relu", "relu6", "celu", "elu", "selu", "softplus", "softsign", "squareplus", "soft_shrink",
    "sparse_plus", "silu", "gelu", "tanh", "tanh_shrink", "threshold", "sigmoid", "sparse_sigmoid", "exponential",
    "hard_sigmoid", "hard_silu", "hard_tanh", "hard_shrink", "mish", "log_sigmoid",
})  # fmt: skip


def missing_rule(network: Any) -> str | None:
    """Return which layer of a network of Keras's has no rule, such as ``layer lstm_1 (LSTM) has no rescale rule``.

    None where all have one. A layer of the user's own class has none: nobody knows what it does.
    """
    return next((found for layer in _layers_of(network) if (found := _missing_in(layer))), None)


def nonlinearity_of(layer: Any) -> Any:
    """Return the layer's activation, or None where it has none, or the identity."""
    activation = getattr(layer, "activation", None)
    return None if getattr(activation, "__name__", None) == "linear" else activation


def _layers_of(network: Any) -> list[Any]:
    # A graph of layers lists its operations; Sequential is a list of layers.
    return list(getattr(network, "operations", None) or network.layers)


def _missing_in(layer: Any) -> str | None:
    kind, what = type(layer).__name__, f"layer {layer.name} ({type(layer).__name__})"
    if _is_of_keras(layer) and kind in ("Functional", "Sequential"):
        return missing_rule(layer)
    if not _is_of_keras(layer) or not (_LINEAR.fullmatch(kind) or kind in ELEMENTWISE_LAYERS):
        return f"{what} has no rescale rule"
    activation = nonlinearity_of(layer)
    if activation is None or _is_elementwise(activation):
        return None
    name = getattr(activation, "__name__", type(activation).__name__)
    return f"the activation {name} of {what} has no rescale rule"


def _is_elementwise(activation: Any) -> bool:
    import keras

    if isinstance(activation, keras.layers.Layer):
        return _missing_in(activation) is None and type(activation).__name__ in ELEMENTWISE_LAYERS
    name = getattr(activation, "__name__", "")
    return name in _ELEMENTWISE_FUNCTIONS and getattr(keras.activations, name, None) is activation


def _is_of_keras(layer: Any) -> bool:
    return type(layer).__module__.startswith("keras.")
