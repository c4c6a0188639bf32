"""Which layers a rule is known for that tells how differences pass them."""

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
#: Layers that are a function of each number by itself; those behind have a rule of another kind (see `differences`).
ELEMENTWISE_LAYERS = frozenset({"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU"})
_RECURRENT = frozenset({"SimpleRNN", "LSTM", "GRU"})
_WITH_RULE = frozenset({"Dot", "Multiply", "Softmax", "MaxPooling1D", "GlobalMaxPooling1D"})
#: nbreg's own layers; what some say beside the point predictions counts for nothing.
_OWN = frozenset({
    "Bounded", "Shares", "LogVariances", "RandomFourierFeatures", "PredictiveCovariance", "LatentPoints",
})  # fmt: skip
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


def is_softmax(activation: Any) -> bool:
    """Return whether an activation is the softmax over the last axis."""
    import keras

    return activation is keras.activations.softmax


def _missing_in(layer: Any) -> str | None:
    kind, what = type(layer).__name__, f"layer {layer.name} ({type(layer).__name__})"
    if _is_of_keras(layer) and kind in ("Functional", "Sequential"):
        return missing_rule(layer)
    if kind == "LatentPoints" and _is_own(layer):
        return missing_rule(layer.decoder)
    if not _is_known(layer):
        return f"{what} has no rescale rule"
    missing = next((each for each in _activations(layer) if not _has_rule(each)), None)
    if missing is None:
        return None
    name = getattr(missing, "__name__", type(missing).__name__)
    return f"the activation {name} of {what} has no rescale rule"


def _is_known(layer: Any) -> bool:
    kind = type(layer).__name__
    if _is_own(layer):
        return kind in _OWN
    if not _is_of_keras(layer):
        return False
    if kind in _RECURRENT or kind in _WITH_RULE:
        return _is_plain(layer)
    return bool(_LINEAR.fullmatch(kind)) or kind in ELEMENTWISE_LAYERS


def _is_plain(layer: Any) -> bool:
    """Return whether the rule holds for a layer of such choices."""
    import keras

    if not isinstance(layer, keras.layers.Layer):
        return False  # an operation such as ``x * y``, which cannot be exchanged
    n_inputs = max(len(node.input_tensors) for node in layer._inbound_nodes)
    choices = layer.get_config()
    unlike = (
        n_inputs > (2 if type(layer).__name__ in ("Dot", "Multiply") else 1),  # a state to begin with, say
        choices.get("return_state", False),
        choices.get("stateful", False),
        choices.get("normalize", False),
        choices.get("data_format", "channels_last") != "channels_last",
        choices.get("strides") != choices.get("pool_size"),
        type(layer).__name__ == "Softmax" and choices["axis"] not in (-1, len(layer.output.shape) - 1),
    )
    return not any(unlike)


def _activations(layer: Any) -> list[Any]:
    activations = [nonlinearity_of(layer), getattr(layer, "recurrent_activation", None)]
    return [each for each in activations if each is not None]


def _has_rule(activation: Any) -> bool:
    import keras

    if isinstance(activation, keras.layers.Layer):
        return _missing_in(activation) is None and type(activation).__name__ in ELEMENTWISE_LAYERS
    name = getattr(activation, "__name__", "")
    is_function = name in _ELEMENTWISE_FUNCTIONS and getattr(keras.activations, name, None) is activation
    return is_function or is_softmax(activation)


def _is_of_keras(layer: Any) -> bool:
    return type(layer).__module__.startswith("keras.")


def _is_own(layer: Any) -> bool:
    return type(layer).__module__.startswith("nbreg.networks.keras_parts.")
