"""The choices about training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nbreg.networks.objective import LOSSES, NamedLoss, Objective
from nbreg.option_needs import Needs
from nbreg.option_words import number_text
from nbreg.options import Choice, Integer, Optional, Real, Repeated, Spec, Switch, option

if TYPE_CHECKING:
    import keras


class RateChanges(Repeated):
    """Learning rates from some epochs on: ``{40: 0.001}`` or pairs; normally a tuple of pairs by epoch."""

    expected = "EPOCH=RATE, a number of at least 0 and one above 0, such as 40=0.001"
    metavar = "EPOCH=RATE"
    of_columns = False

    def check(self, value: Any) -> tuple[tuple[float, float], ...]:
        pairs = super().check(value.items() if isinstance(value, Mapping) else value)
        return tuple(sorted(dict(pairs).items()))  # of two at the same epoch the later one holds

    def check_one(self, value: Any) -> tuple[float, float]:
        epoch, rate = map(float, value.split("=")) if isinstance(value, str) else value
        return Real(minimum=0).check(epoch), Real(above=0).check(rate)

    def text_of_one(self, value: tuple[float, float]) -> str:
        return "=".join(map(number_text, value))

    def code(self, value: tuple[tuple[float, float], ...]) -> str:
        return "{" + ", ".join(f"{number_text(epoch)}: {number_text(rate)}" for epoch, rate in value) + "}"


@dataclass(frozen=True)
class TrainingSpec(Spec):
    """How a network is trained; names as in Keras."""

    optimizer: str = option("adam", "What turns gradients into steps.", Choice("adam", "adamw", "rmsprop", "sgd"))
    learning_rate: float | str = option(
        0.01, "Size of a step; auto looks for one with a range test.", Optional(Real(above=0), "auto", meaning="auto")
    )
    schedule: str = option(
        "cosine",
        "How the learning rate goes over the epochs.",
        Choice("constant", "cosine", "exponential", "step", "one_cycle", "plateau"),
    )
    momentum: float = option(
        0.9, "Momentum of sgd.", Real(minimum=0, below=1), expert=True, needs=Needs("optimizer", "sgd")
    )
    nesterov: bool = option(
        False, "Nesterov's momentum, for sgd.", Switch(), expert=True, needs=Needs("optimizer", "sgd")
    )
    weight_decay: float = option(
        0.004, "Weight decay of adamw.", Real(minimum=0), expert=True, needs=Needs("optimizer", "adamw")
    )
    clipnorm: float | None = option(None, "Longest gradient of a weight array; longer ones are shortened.",
                                    Optional(Real(above=0)), expert=True)  # fmt: skip
    loss: str = option("mse", "What training makes small, on scaled targets.",
                       Choice(*LOSSES))  # fmt: skip
    # None is "auto", which `for_rows` settles; nothing is trained before that.
    epochs: int = option(
        None, "Most passes over the train rows; auto goes by their number.", Optional(Integer(minimum=1), "auto")
    )
    batch_size: int = option(
        None, "Rows a step; auto goes by the number of train rows.", Optional(Integer(minimum=1), "auto")
    )
    patience: int = option(
        40,
        "Epochs without a better validation loss before stopping; the best weights are kept. 0: never, the last are.",
        Integer(minimum=0),
    )
    rate_change: tuple[tuple[float, float], ...] = option(
        (), "Learning rate from an epoch on, as when it is changed live.", RateChanges(), expert=True
    )
    stop_after: int | None = option(
        None,
        "End after so many epochs, as the Stop button does: best weights are kept; the schedule stays that of all "
        "epochs.",
        Optional(Integer(minimum=1)),
        expert=True,
    )
    engine: str = option(
        "auto", "What runs the epochs: compiled by XLA, as a graph, or Keras's own fit.",
        Choice("auto", "xla", "graph", "keras"), expert=True,
    )  # fmt: skip

    #: What is made small: `loss`, or what the network's head makes of it.
    objective: Objective | None = None
    #: How often the like is trained, in folds and repeats: what is compiled once serves all.
    refits: int = 1

    def make_loss(self) -> keras.losses.Loss:
        """Return the Keras loss that training makes small."""
        return self.made_small.make()

    @property
    def made_small(self) -> Objective:
        """What training makes small."""
        return self.objective or NamedLoss(self.loss)

    def for_rows(self, n_rows: int) -> TrainingSpec:
        """Return the choices for `n_rows` train rows, with numbers in place of "auto".

        Small tables take small steps and many epochs: 200 for up to 1,000 rows, fewer with the 0.35th power of
        the rows, down to 40. A step never takes more rows than there are.
        """
        epochs = self.epochs or round(min(200, max(40, 200 * (1_000 / n_rows) ** 0.35)))
        automatic = 32 if n_rows < 2_000 else 64 if n_rows < 10_000 else 128 if n_rows < 30_000 else 256
        return replace(self, epochs=epochs, batch_size=min(self.batch_size or automatic, n_rows))

    def words(self) -> str:
        """Return the choices as people say them."""
        rate = self.learning_rate if isinstance(self.learning_rate, str) else f"{self.learning_rate:g}"
        schedule = "" if self.schedule == "constant" else f", {self.schedule.replace('_', '-')} schedule"
        loss = (self.objective and self.objective.words) or self.loss
        return f"{self.optimizer}, learning rate {rate}{schedule}, {loss}, batches of {self.batch_size}"
