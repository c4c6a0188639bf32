"""What came of one training on one fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nbreg.data.reading import Floats
from nbreg.evaluation.evaluation import Evaluation
from nbreg.search.warned import Warned


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a network did on the rows that were held out; or, where `error` says why, that there is none.

    `evaluation` has the metrics on the held-out rows, in target units; `predicted` the predictions for them,
    ``(n_test, n_targets)``. `loss` and `val_loss`, of the scaled target, are those of the epoch whose weights were
    kept, `last_loss` is the train loss of the last of all `epochs`. `baselines` are evaluations on the same rows.
    Of a training that its watch gave up (`Run.give_up`) only losses are known.
    """

    seconds: float
    n_train: int = 0
    n_test: int = 0
    evaluation: Evaluation | None = None
    predicted: Floats | None = None
    epochs: int = 0
    loss: float = float("nan")
    val_loss: float = float("nan")
    last_loss: float = float("nan")
    baselines: Mapping[str, Evaluation] = field(default_factory=dict)
    #: The validation loss of each epoch, NaN without validation rows.
    curve: tuple[float, ...] = ()
    error: str = ""
    #: What other processes warned of meanwhile.
    warned: tuple[Warned, ...] = ()

    def value(self, metric: str, target: str | None = None) -> float:
        """Return a metric of one target (the first, unless given), NaN where there is none.

        Beside the metrics of an evaluation it may be one of ``loss``, ``val_loss``, ``last_loss``, ``epochs`` and
        ``seconds``.
        """
        if metric in ("loss", "val_loss", "last_loss", "epochs", "seconds"):
            return float(getattr(self, metric)) if not self.error else float("nan")
        value = None if self.evaluation is None else self.evaluation.value(metric, target)
        return float("nan") if value is None else value
