"""A network of the user's own: Keras layers, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

from nbreg.errors import OptionError
from nbreg.networks.architecture import Architecture

if TYPE_CHECKING:
    import keras

    from nbreg.networks.heads.head import Head
    from nbreg.networks.inputs import Inputs
    from nbreg.networks.targets import Targets


@dataclass(frozen=True)
class Stack(Architecture):
    """The layers that a ``%%nnreg fit`` cell lists, with the head for the targets added.

    `configs` are the layers' serialised configurations, so that each build has layers of its own; `own_code` are
    the classes and functions among them that are not Keras's, by name.
    """

    configs: tuple[dict[str, Any], ...] = ()
    own_code: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of_layers(cls, layers: Any) -> Stack:
        """Return a stack like `layers`, a sequence of Keras layers. Raises OptionError."""
        import keras

        configs, own_code = [], {}
        for position, layer in enumerate(layers, start=1):
            if not isinstance(layer, keras.layers.Layer):
                raise OptionError(f"layers takes Keras layers, such as Dense(64); number {position} is {layer!r}.")
            configs.append(keras.saving.serialize_keras_object(layer))
            own_code.update(_own_code_of(layer))
        return cls(tuple(configs), tuple(own_code.items()))

    @property
    def nameless(self) -> list[Any]:
        """The configurations without what layers happen to be called: alike for layers that do the same."""
        return [_nameless(config) for config in self.configs]

    def build(self, inputs: Inputs, targets: Targets, head: Head) -> keras.Model:
        import keras

        entry, x = inputs.entry()
        for position, layer in enumerate(self.new_layers(), start=1):
            try:
                x = layer(x)
            except (ValueError, TypeError) as error:
                reason = str(error).strip().splitlines()[0]
                raise OptionError(f"Layer {position}, {layer.__class__.__name__}, does not fit: {reason}") from error
        if len(x.shape) != 2:
            raise OptionError(
                f"The last layer gives {len(x.shape) - 1} dimensions a row, {tuple(x.shape[1:])}; "
                "regression needs one: add Flatten() or a pooling layer."
            )
        return keras.Model(entry, head.outputs(x, targets), name="stack")

    def new_layers(self) -> list[keras.layers.Layer]:
        """Return unbuilt layers after the configurations."""
        import keras

        known = self.custom_objects()
        return [keras.saving.deserialize_keras_object(c, custom_objects=known, safe_mode=False) for c in self.configs]

    def custom_objects(self) -> dict[str, Any]:
        return dict(self.own_code)

    def words(self) -> str:
        names = [_layer_words(config) for config in self.configs]
        return "own layers: " + (", ".join(names) or "none")


def _nameless(config: Any) -> Any:
    if isinstance(config, dict):
        return {key: _nameless(value) for key, value in config.items() if key != "name"}
    return [_nameless(each) for each in config] if isinstance(config, (list, tuple)) else config


def _own_code_of(layer: keras.layers.Layer) -> dict[str, Any]:
    """Return the layer's class, and the functions it holds (such as an activation), where they are not Keras's."""
    code: list[Any] = [type(layer)]
    code += [value for value in vars(layer).values() if isinstance(value, FunctionType)]
    return {each.__name__: each for each in code if not each.__module__.startswith("keras.")}


def _layer_words(config: dict[str, Any]) -> str:
    inner = config["config"]
    size = next((inner[key] for key in ("units", "rate", "filters") if key in inner), None)
    activation = inner.get("activation")
    words = config["class_name"] + (f" {size:g}" if size is not None else "")
    return f"{words} {activation}" if isinstance(activation, str) and activation != "linear" else words
