"""Cascading randomisation: whether attributions forget what the network forgets."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nbreg.evaluation.wording import counted
from nbreg.explanation.checks.check import CHECKS, Check, Measured
from nbreg.explanation.checks.rank_correlation import in_words, mean_of_known, rank_correlations, too_few_to_rank
from nbreg.explanation.checks.trial import Trial
from nbreg.explanation.explained import Explained

if TYPE_CHECKING:
    import keras

#: Networks are randomised so many times; stages beyond so many are left out.
TIMES, MOST_STAGES = 3, 4
GOOD_BELOW = 0.6


@CHECKS.register("cascading_randomisation")
class CascadingRandomisation(Check):
    """Cascading randomisation of the network's weights, from the top to the bottom (Adebayo et al. 2018).

    In a copy of the network the weights of a layer are dealt out anew among its connections, which keeps their sizes
    as they are; then those of the next one below. After each layer, absolute attributions are compared with the
    network's own by Spearman's correlation over the features of a row, the mean over rows. The value is that of the
    last stage, when nothing that was learned is left. Correlations seldom fall to 0, as features of a wide spread
    matter to most networks.
    """

    title = "Cascading randomisation"
    reading = (
        "Rank correlation with the attributions of a network whose weights are shuffled, layer by layer from the top. "
        "Good: below 0.6 at the end; bad: above: then they show the data more than what the network learned."
    )
    place = 7

    def refusal(self, trial: Trial) -> str | None:
        if not hasattr(trial.task.explained, "network"):
            return "a function has no weights to shuffle"
        return too_few_to_rank(trial)

    def measure(self, trial: Trial) -> Measured | None:
        explained = with_own_copy(trial.task.explained)
        found = np.array([_falling(trial, explained, time) for time in range(TIMES)])  # (TIMES, n_stages)
        by_stage = [mean_of_known(stage) for stage in found.T]
        stages = ", ".join(map(in_words, by_stage[:-1]))
        words = f"{in_words(by_stage[-1])} after {counted(len(layers_with_weights(explained.network)), 'layer')}"
        return Measured(by_stage[-1], words + (f" ({stages} before)" if stages else ""), by_stage[-1] < GOOD_BELOW)


def with_own_copy(explained: Any) -> Any:
    """Return what is explained with a copy of its network, weights included, in the network's place."""
    import keras

    known = explained.regressor.blueprint_.architecture.custom_objects()
    with keras.saving.custom_object_scope(known):
        network = keras.models.clone_model(explained.network)
    for layer in network.layers:  # one by one: a network cut behind its embeddings still counts their weights
        layer.set_weights(explained.network.get_layer(layer.name).get_weights())
    other = copy.copy(explained)
    other.network = network
    return other


def layers_with_weights(network: keras.Model) -> list[Any]:
    """Return the layers that have weights, the topmost first."""
    return [layer for layer in reversed(network.layers) if layer.get_weights()]


def _falling(trial: Trial, explained: Any, time: int) -> list[float]:
    """Return the rank correlation after each stage; the copy has its own weights again afterwards."""
    trained = explained.network.get_weights()
    try:
        return [_likeness(trial, explained) for _ in _stages(explained.network, (trial.task.seed, time))]
    finally:
        explained.network.set_weights(trained)


def _stages(network: keras.Model, seed: tuple[int, int]) -> Iterator[None]:
    """Shuffle layer after layer, and halt after some of them, the last in any case."""
    rng = np.random.default_rng(seed)
    layers = layers_with_weights(network)
    halts = set(np.linspace(len(layers), 0, min(len(layers), MOST_STAGES), endpoint=False).round().astype(int))
    for number, layer in enumerate(layers, start=1):
        layer.set_weights([rng.permutation(weights.ravel()).reshape(weights.shape) for weights in layer.get_weights()])
        if number in halts:
            yield


def _likeness(trial: Trial, explained: Explained) -> float:
    shuffled = np.abs(trial.anew(explained=explained))
    return mean_of_known(rank_correlations(np.abs(trial.again), shuffled))
