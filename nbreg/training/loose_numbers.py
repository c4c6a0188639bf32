"""Numbers of a network that are not compiled in: rates of dropout, and the strengths of penalties on weights.

A trainer's twin of a network has them as data. So a search among rates and strengths compiles once, not for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nbreg.training.engines import all_layers

if TYPE_CHECKING:
    import keras

#: Layers with these in their configuration give them to weights, and do nothing else with them.
_PENALTIES = ("kernel_regularizer", "recurrent_regularizer", "bias_regularizer")


def loosened(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a network's configuration with layers of dropout whose rates can be filled in."""
    from nbreg.networks.keras_parts.loose import LooseDropout

    loose = {
        "module": LooseDropout.__module__,
        "class_name": LooseDropout.__name__,
        "registered_name": f"nbreg>{LooseDropout.__name__}",
    }
    return _with_layers(config, lambda layer: {**layer, **loose} if _drops(layer) else layer)


def without_numbers(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a network's configuration without the numbers that can be filled in: what is compiled is the same."""
    return _with_layers(config, _without)


def loosen(model: keras.Model) -> None:
    """Have the penalties on a model's weights filled in from now on."""
    from nbreg.networks.keras_parts.loose import LoosePenalty

    for weight in model.trainable_weights:
        strengths = _strengths(weight.regularizer)
        if strengths is not None and weight.dtype == "float32":
            weight.regularizer = LoosePenalty(*strengths)


def fill(model: keras.Model, network: keras.Model) -> None:
    """Give a model, made of `loosened` and then `loosen`, the numbers of a network that is alike but for them."""
    from nbreg.networks.keras_parts.loose import LooseDropout, LoosePenalty

    for layer, source in zip(all_layers(model), all_layers(network), strict=True):
        if isinstance(layer, LooseDropout):
            layer.fill(source.rate)
    for weight, like in zip(model.trainable_weights, network.trainable_weights, strict=True):
        strengths = _strengths(like.regularizer)
        if isinstance(weight.regularizer, LoosePenalty) and strengths is not None:
            weight.regularizer.fill(*strengths)


def _with_layers(config: Mapping[str, Any], changed: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a configuration with changed ones of its layers, those of networks within it too (`all_layers`)."""
    if "layers" not in config:
        return dict(config)  # a model of its own kind, which makes its layers by itself
    return {**config, "layers": list(_changed_layers(config["layers"], changed))}


def _changed_layers(layers: Any, changed: Callable[[Any], Any]) -> Iterator[Any]:
    for layer in layers:
        if "layers" in layer["config"]:
            yield {**layer, "config": _with_layers(layer["config"], changed)}
        else:
            yield changed(layer)


def _without(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    config = dict(layer["config"])
    if _drops(layer):
        config["rate"] = 0.5
    if _is_known(layer):
        for name in _PENALTIES:
            if config.get(name) is not None:
                strengths = {key: bool(strength) for key, strength in config[name]["config"].items()}
                config[name] = {**config[name], "config": strengths}
    return {**layer, "config": config}


def _drops(layer: Mapping[str, Any]) -> bool:
    return _is_known(layer) and layer["class_name"] == "Dropout" and 0 < layer["config"]["rate"] < 1


def _is_known(layer: Mapping[str, Any]) -> bool:
    """Return whether a layer is Keras's own and computes in float32."""
    policy = layer["config"].get("dtype")
    name = policy["config"]["name"] if isinstance(policy, Mapping) else policy
    return str(layer.get("module")).startswith("keras") and name == "float32"


def _strengths(regularizer: Any) -> tuple[float, float] | None:
    """Return how strong a regularizer of Keras's is, by absolute values and by squares; None: it is another one."""
    import keras

    if type(regularizer) not in (keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2):
        return None
    config = regularizer.get_config()
    return config.get("l1", 0.0), config.get("l2", 0.0)
