"""Compiled trainers, kept for the next training of the same kind.

Compiling takes longer than training does on a small table. So a trainer owns a twin of the network, which
takes on the network's weights before the training and hands them back after it: another fold, seed,
learning rate, rate of dropout, strength of a penalty or weights of the targets' losses then run without
tracing or compiling.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import MethodType
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.networks.draws import notebook_draws_kept, seeded
from nbreg.training.compiled_epochs import TRACING, CompiledEpochs, Shape
from nbreg.training.engines import is_of_keras
from nbreg.training.giving_back import Forgotten
from nbreg.training.loose_numbers import fill, loosen, loosened, without_numbers
from nbreg.training.optimizers import make_optimizer, optimizer_options

if TYPE_CHECKING:
    import keras

    from nbreg.training.spec import TrainingSpec

#: How many idle trainers are kept, and how many at most where somebody goes round many (`room_for`).
CAPACITY, MOST = 8, 32

_rooms: list[int] = []
_idle: OrderedDict[int, tuple[str, CompiledEpochs, list[Any]]] = OrderedDict()
_lock = threading.Lock()
_forgotten = Forgotten()


@contextmanager
def trainer_for(
    network: keras.Model, shape: Shape, spec: TrainingSpec, *, xla: bool, in_place: bool
) -> Iterator[CompiledEpochs]:
    """Lend a trainer whose model has the weights of `network`, and give them back to it at the end.

    It is nobody else's meanwhile. With `in_place`, and for networks that hold code of the user's own, the
    model is `network` itself, and the trainer is not kept.
    """
    with _forgotten.busy():
        yield from _lent(network, shape, spec, xla, in_place)


def _lent(
    network: keras.Model, shape: Shape, spec: TrainingSpec, xla: bool, in_place: bool
) -> Iterator[CompiledEpochs]:
    if in_place or not is_shareable(network):
        with TRACING:
            trainer = _new_trainer(network, shape, spec, xla)
        trainer.keep_as_best()
        yield trainer
        _forgotten.add(1)
        return
    key = _key(network, shape, spec, xla)
    trainer, fresh_state = _take(key) or _twin_trainer(network, shape, spec, xla)
    _copy_state(network, trainer.model)
    fill(trainer.model, network)
    spec.made_small.fill(trainer.model.loss)
    _assign(trainer.model.optimizer.variables, fresh_state)
    trainer.keep_as_best()
    try:
        yield trainer
    finally:
        _copy_state(trainer.model, network)
    # Only a trainer that came through whole is lent again.
    _give_back(key, trainer, fresh_state)


def is_shareable(network: keras.Model) -> bool:
    """Return whether a twin built from the network's configuration is sure to compute the same.

    It is not where the network holds code of the user's own, which may change under the same name.
    """
    of_keras = type(network).__name__ in ("Functional", "Sequential") and is_of_keras(network)
    plain = of_keras or type(network).__module__.split(".")[0] == "nbreg"
    return plain and _is_known(network.get_config())


def _is_known(config: Any) -> bool:
    """Return whether all parts of a configuration are Keras's or nbreg's."""
    if isinstance(config, dict):
        foreign = "module" in config and str(config["module"]).split(".")[0] not in ("keras", "nbreg")
        is_code = config.get("class_name") == "Lambda"
        return not foreign and not is_code and all(map(_is_known, config.values()))
    return not isinstance(config, (list, tuple)) or all(map(_is_known, config))


def clear_trainers() -> None:
    """Forget all idle trainers, and give back the memory that they hold."""
    with _lock:
        n = len(_idle)
        _idle.clear()
    _forgotten.add(n, at_once=True)


def _take(key: str) -> tuple[CompiledEpochs, list[Any]] | None:
    with _lock:
        for number in reversed(_idle):
            if _idle[number][0] == key:
                _, trainer, fresh_state = _idle.pop(number)
                return trainer, fresh_state
    return None


def _give_back(key: str, trainer: CompiledEpochs, fresh_state: list[Any]) -> None:
    with _lock:
        _idle[id(trainer)] = key, trainer, fresh_state
    _forget_surplus()


@contextmanager
def room_for(n: int) -> Iterator[None]:
    """Keep `n` idle trainers, at most `MOST`, within: for who trains so many kinds of networks again and again in turn.

    With fewer places than kinds, each would be forgotten just before its next turn.
    """
    with _lock:
        _rooms.append(min(n, MOST))
    try:
        yield
    finally:
        with _lock:
            _rooms.remove(min(n, MOST))
        _forget_surplus()


def _forget_surplus() -> None:
    with _lock:
        n = max(0, len(_idle) - max([CAPACITY, *_rooms]))
        for _ in range(n):
            _idle.popitem(last=False)
    _forgotten.add(n)


def _twin_trainer(
    network: keras.Model, shape: Shape, spec: TrainingSpec, xla: bool
) -> tuple[CompiledEpochs, list[Any]]:
    with TRACING, notebook_draws_kept():
        config = loosened(seeded(network.get_config(), np.random.default_rng(0)))
        model = network.__class__.from_config(config)
        loosen(model)
        trainer = _new_trainer(model, shape, spec, xla)
    return trainer, [variable.numpy() for variable in trainer.model.optimizer.variables]


def _new_trainer(model: keras.Model, shape: Shape, spec: TrainingSpec, xla: bool) -> CompiledEpochs:
    model.compile(_forgettable(make_optimizer(spec, 1e-3)), spec.make_loss(), jit_compile=xla)
    return CompiledEpochs(model, shape, xla=xla)


def _forgettable(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return the optimizer, changed so that the graph of its step goes when the trainer goes.

    On TensorFlow, Keras's optimizers update weights by way of a distribution strategy, also where there is one device
    only, and a graph that was traced through that is never given back: 1 MB or more for each network compiled. Their
    base class updates each weight directly, to the same bits.
    """
    name = "_backend_update_step"
    plain = next((vars(kind)[name] for kind in reversed(type(optimizer).__mro__) if name in vars(kind)), None)
    if plain is not None:
        setattr(optimizer, name, MethodType(plain, optimizer))
    return optimizer


def _copy_state(source: keras.Model, destination: keras.Model) -> None:
    for old, new in zip(state_of(destination), state_of(source), strict=True):
        old.assign(new.value)


def state_of(model: keras.Model) -> list[Any]:
    """Return the weights and the states of random draws: in a network and its twin they stand in the same order."""
    optimizer = getattr(model, "optimizer", None)
    of_metrics = {id(variable) for variable in model.metrics_variables}
    of_optimizer = {id(variable) for variable in optimizer.variables} if optimizer else set()
    return [v for v in model.variables if id(v) not in of_metrics and id(v) not in of_optimizer]


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _key(network: keras.Model, shape: Shape, spec: TrainingSpec, xla: bool) -> str:
    """Return what tells one compiled function from another."""
    weights = [(tuple(w.shape), w.dtype, w.trainable) for w in network.weights]
    parts = [type(network).__name__, _normalised(without_numbers(network.get_config()), {}), weights, shape, xla]
    return json.dumps(
        [*parts, spec.optimizer, optimizer_options(spec), repr(spec.made_small.pattern)],
        sort_keys=True,
        default=repr,
    )


def _normalised(config: Any, numbers: dict[str, int]) -> Any:
    """Return a configuration without what makes no difference: seeds, and what layers happen to be called."""
    if isinstance(config, dict):
        return {key: _normalised_entry(key, value, numbers) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return [_normalised(each, numbers) for each in config]
    return config


def _normalised_entry(key: str, value: Any, numbers: dict[str, int]) -> Any:
    if key == "seed":
        return 0
    if key == "name" and isinstance(value, str):
        return numbers.setdefault(value, len(numbers))
    if key in ("keras_history", "input_layers", "output_layers"):
        return _renamed(value, numbers)
    return _normalised(value, numbers)


def _renamed(value: Any, numbers: dict[str, int]) -> Any:
    if isinstance(value, (list, tuple)):
        return [_renamed(each, numbers) for each in value]
    return numbers.setdefault(value, len(numbers)) if isinstance(value, str) else value
