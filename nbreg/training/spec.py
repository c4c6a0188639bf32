"""The choices about training."""

from __future__ import annotations

from dataclasses import dataclass

from nbreg.options import Choice, Integer, Optional, Real, Spec, Switch, option


@dataclass(frozen=True)
class TrainingSpec(Spec):
    """How a network is trained; names as in Keras."""

    optimizer: str = option("adam", "What turns gradients into steps.", Choice("adam", "adamw", "rmsprop", "sgd"))
    learning_rate: float | str = option(
        0.001, "Size of a step; auto looks for one with a range test.", Optional(Real(above=0), "auto", meaning="auto")
    )
    schedule: str = option(
        "constant",
        "How the learning rate goes over the epochs.",
        Choice("constant", "cosine", "exponential", "step", "one_cycle", "plateau"),
    )
    momentum: float = option(0.9, "Momentum of sgd.", Real(minimum=0, below=1))
    nesterov: bool = option(False, "Nesterov's momentum, for sgd.", Switch())
    weight_decay: float = option(0.004, "Weight decay of adamw.", Real(minimum=0))
    clipnorm: float | None = option(None, "Longest gradient of a weight array; longer ones are shortened.",
                                    Optional(Real(above=0)))  # fmt: skip
    loss: str = option("mse", "What training makes small, on scaled targets.",
                       Choice("mse", "mae", "huber", "log_cosh", "msle", "mape"))  # fmt: skip
    epochs: int = option(100, "Most passes over the train rows.", Integer(minimum=1))
    batch_size: int | None = option(None, "Rows a step; auto goes by the number of train rows.",
                                    Optional(Integer(minimum=1), "auto"))  # fmt: skip
    patience: int = option(
        15, "Epochs without a better validation loss before stopping with the best weights; 0: never.",
        Integer(minimum=0),
    )  # fmt: skip
    engine: str = option(
        "auto", "What runs the epochs: compiled by XLA, as a graph, or Keras's own fit.",
        Choice("auto", "xla", "graph", "keras"),
    )  # fmt: skip

    def rows_per_step(self, n_rows: int) -> int:
        """Return the batch size for `n_rows` train rows."""
        if self.batch_size is not None:
            return min(self.batch_size, n_rows)
        automatic = 32 if n_rows < 2_000 else 64 if n_rows < 10_000 else 128 if n_rows < 30_000 else 256
        return min(automatic, n_rows)

    def words(self, n_rows: int) -> str:
        """Return the choices as people say them, for `n_rows` train rows."""
        rate = self.learning_rate if isinstance(self.learning_rate, str) else f"{self.learning_rate:g}"
        schedule = "" if self.schedule == "constant" else f", {self.schedule.replace('_', '-')} schedule"
        return f"{self.optimizer}, learning rate {rate}{schedule}, {self.loss}, batches of {self.rows_per_step(n_rows)}"
