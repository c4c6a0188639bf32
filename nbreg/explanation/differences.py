"""How the difference between a row and a background row passes what is not linear: a rule each.

A layer of a network is linear, or goes `through` rules; between two rows a rule is a linear function that takes the
difference of what enters to the difference of what leaves, exactly. TensorFlow is imported within functions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

#: Where what enters differs by less, the slope is taken for the quotient of differences.
_SMALLEST = 1e-6

#: What a rule keeps of pairs, tensors ``(n * b, ...)``.
Kept = tuple[Any, ...]


class Rule(ABC):
    """Something that is not linear, of one tensor ``(n, ...)`` or more."""

    @abstractmethod
    def __call__(self, *before: Any) -> Any:
        """Return what leaves, ``(n, ...)``."""

    @abstractmethod
    def between(self, n: int, *before: Any) -> Kept:
        """Return what `passed` has to know of all pairs.

        `before` is what enters, each ``(n + b, ...)``: of the rows, then of the background.
        """

    @abstractmethod
    def passed(self, kept: Kept, *differences: Any) -> Any:
        """Return the linear function of differences of what enters, each ``(n * b, ...)``: that of what leaves."""


#: From a rule and what enters it to what is taken for what leaves it.
Stead = Callable[..., Any]

_stead: ContextVar[Stead] = ContextVar("stead", default=lambda rule, *before: rule(*before))


def through(rule: Rule, *before: Any) -> Any:
    """Return what leaves a rule, or what stands in its place just now."""
    return _stead.get()(rule, *before)


@contextmanager
def in_place_of_rules(stead: Stead) -> Iterator[None]:
    """Within, `stead` is called in place of every rule; it holds for this thread."""
    token = _stead.set(stead)
    try:
        yield
    finally:
        _stead.reset(token)


def recorded(function: Callable[..., Any], *arguments: Any) -> tuple[Any, list[tuple[Rule, tuple[Any, ...]]]]:
    """Return what a function returns, and the rules that it went through, each with what entered it."""
    met: list[tuple[Rule, tuple[Any, ...]]] = []

    def record(rule: Rule, *before: Any) -> Any:
        met.append((rule, before))
        return rule(*before)

    with in_place_of_rules(record):
        return function(*arguments), met


def passed_through(function: Callable[..., Any], kept: Iterable[Kept], *differences: Any) -> Any:
    """Return what a function comes to with the linear functions of pairs in place of the rules that it goes through.

    `kept` is in the order of the rules. Constants that the function adds are added here too: only gradients are right.
    """
    in_order = iter(kept)

    def pass_on(rule: Rule, *each: Any) -> Any:
        return rule.passed(next(in_order), *each)

    with in_place_of_rules(pass_on):
        return function(*differences)


@dataclass(frozen=True, eq=False)
class Elementwise(Rule):
    """A function of each number by itself: it multiplies by the quotient of differences (the rescale rule)."""

    function: Callable[[Any], Any]

    def __call__(self, *before: Any) -> Any:
        return self.function(*before)

    def between(self, n: int, *before: Any) -> Kept:
        (numbers,) = before
        return (quotients(numbers, *with_slope(self.function, numbers), n),)

    def passed(self, kept: Kept, *differences: Any) -> Any:
        (multipliers,), (difference,) = kept, differences
        return difference * multipliers


@dataclass(frozen=True, eq=False)
class Product(Rule):
    """A function of two tensors that is linear in either.

    Each has the mean of the other to go with, its Shapley value in a product of two (so does shap's DeepExplainer).
    """

    function: Callable[[Any, Any], Any]

    def __call__(self, *before: Any) -> Any:
        return self.function(*before)

    def between(self, n: int, *before: Any) -> Kept:
        return tuple(_listed((_rows(each, n) + _background(each, n)) / 2) for each in before)

    def passed(self, kept: Kept, *differences: Any) -> Any:
        (first, second), (one, other) = kept, differences
        return self.function(one, second) + self.function(first, other)


class Softmax(Rule):
    """The softmax over the last axis, as ``exp(z - log(sum(exp(z))))``, each function of which is rescaled.

    So no multiplier exceeds 1. By quotients ``exp(z) / sum(exp(z))``, as in shap's DeepExplainer, contributions can
    outgrow the change many times, and cancel.
    """

    def __call__(self, *before: Any) -> Any:
        import tensorflow as tf

        return tf.nn.softmax(*before, axis=-1)

    def between(self, n: int, *before: Any) -> Kept:
        import tensorflow as tf

        (z,) = before
        total = tf.reduce_logsumexp(z, axis=-1, keepdims=True)
        highest = tf.maximum(_rows(total, n), _background(total, n))  # of each pair, or exp would overflow
        of_sum = _logarithmic_mean(total, highest, n)
        shares = _listed(_logarithmic_mean(z, highest, n) / of_sum)
        means = _listed(_logarithmic_mean(z - total, tf.zeros_like(highest), n))
        return shares, means

    def passed(self, kept: Kept, *differences: Any) -> Any:
        import tensorflow as tf

        (shares, means), (difference,) = kept, differences
        return means * (difference - tf.reduce_sum(shares * difference, axis=-1, keepdims=True))


class Highest(Rule):
    """The maximum over the last axis but one.

    All goes to where the higher of the two maxima, the row's or the background row's, is (as in shap's DeepExplainer).
    """

    def __call__(self, *before: Any) -> Any:
        import tensorflow as tf

        return tf.reduce_max(*before, axis=-2)

    def between(self, n: int, *before: Any) -> Kept:
        import tensorflow as tf

        (inside,) = before
        top = tf.reduce_max(inside, axis=-2, keepdims=True)
        place = tf.one_hot(tf.argmax(inside, axis=-2), inside.shape[-2], axis=len(inside.shape) - 2, dtype=inside.dtype)
        change, moved = (_rows(each, n) - _background(each, n) for each in (inside, top))
        chosen = tf.where(moved >= 0, _rows(place, n), _background(place, n))
        is_small = tf.abs(change) < _SMALLEST
        return (_listed(chosen * tf.where(is_small, 1.0, moved / tf.where(is_small, 1.0, change))),)

    def passed(self, kept: Kept, *differences: Any) -> Any:
        import tensorflow as tf

        (multipliers,), (difference,) = kept, differences
        return tf.reduce_sum(multipliers * difference, axis=-2)


def quotients(before: Any, after: Any, slope: Any, n: int) -> Any:
    """Return ``(n * b, ...)``: by what a function of one number multiplies the difference of each pair.

    The arguments are ``(n + b, ...)``: the rows', then those of the background.
    """
    import tensorflow as tf

    change = _rows(before, n) - _background(before, n)
    is_small = tf.abs(change) < _SMALLEST
    quotient = (_rows(after, n) - _background(after, n)) / tf.where(is_small, tf.ones_like(change), change)
    return _listed(tf.where(is_small, _rows(slope, n), quotient))


def with_slope(function: Callable[[Any], Any], before: Any) -> tuple[Any, Any]:
    """Return the values of a function of one number, and its slopes."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(before)
        after = function(before)
    return after, tape.gradient(after, before)


def _logarithmic_mean(exponents: Any, highest: Any, n: int) -> Any:
    """Return for all pairs the quotient of the differences of ``exp`` and of `exponents`, over ``exp(highest)``."""
    import tensorflow as tf

    one, other = _rows(exponents, n), _background(exponents, n)
    apart = tf.abs(one - other)
    is_small = apart < _SMALLEST
    decay = tf.where(is_small, 1.0, -tf.math.expm1(-apart) / tf.where(is_small, 1.0, apart))
    return tf.exp(tf.maximum(one, other) - highest) * decay


def _rows(each: Any, n: int) -> Any:
    return each[:n, None]


def _background(each: Any, n: int) -> Any:
    return each[None, n:]


def _listed(pairs: Any) -> Any:
    """Return ``(n, b, ...)`` as ``(n * b, ...)``."""
    import tensorflow as tf

    return tf.reshape(pairs, (-1, *pairs.shape[2:]))
