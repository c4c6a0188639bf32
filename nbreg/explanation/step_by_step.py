"""How differences pass a function that is applied step by step and goes on from its own state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbreg.explanation.differences import Kept, Rule, passed_through, recorded

State = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class StepByStep(Rule):
    """A function of sequences ``(n, n_steps, k)``, to the first part of the state after each step.

    `step` takes what enters a step, ``(n, k)``, and the state before it, a tuple of `n_parts` tensors ``(n, units)``,
    at first zeros; it returns the state after it, and goes through rules of its own. In TensorFlow it is one loop,
    however many the steps.
    """

    step: Callable[[Any, State], State]
    units: int
    n_parts: int = 1

    def __call__(self, *before: Any) -> Any:
        import tensorflow as tf

        (sequence,) = before

        def go_on(state: State, seen: Any) -> State:
            found: State = recorded(self.step, seen, state)[0]  # its own rules are nobody else's concern
            return found

        return _turned(tf.scan(go_on, _turned(sequence), self._begun(sequence))[0])

    def between(self, n: int, *before: Any) -> Kept:
        import tensorflow as tf

        (sequence,) = before
        begun = self._begun(sequence)
        _, met = recorded(self.step, sequence[:, 0], begun)

        def go_on(so_far: Any, seen: Any) -> Any:
            state, met = recorded(self.step, seen, so_far[0])
            return state, tuple(entered for _, entered in met)

        entered = tf.scan(go_on, _turned(sequence), (begun, tuple(each for _, each in met)))[1]
        of_rules = (rule.between(n, *map(_turned, each)) for (rule, _), each in zip(met, entered, strict=True))
        return tuple(tuple(map(_turned, kept)) for kept in of_rules)

    def passed(self, kept: Kept, *differences: Any) -> Any:
        import tensorflow as tf

        (sequence,) = differences

        def go_on(state: State, each: Any) -> State:
            seen, of_rules = each
            found: State = passed_through(self.step, of_rules, seen, state)
            return found

        return _turned(tf.scan(go_on, (_turned(sequence), kept), self._begun(sequence))[0])

    def _begun(self, sequence: Any) -> State:
        import tensorflow as tf

        return (tf.zeros((tf.shape(sequence)[0], self.units)),) * self.n_parts


def _turned(each: Any) -> Any:
    """Return rows and steps, ``(n, n_steps, ...)``, the other way round."""
    import tensorflow as tf

    return tf.transpose(each, (1, 0, *range(2, len(each.shape))))
