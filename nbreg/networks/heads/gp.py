"""A Gaussian process on the network's features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from nbreg.errors import OptionError
from nbreg.networks.coregionalisation import Posterior, checked_posterior, likeliest_posterior
from nbreg.networks.gaussians import Gaussians
from nbreg.networks.heads.head import HEADS, Head
from nbreg.networks.objective import Objective, WeightedLoss
from nbreg.networks.targets import Targets
from nbreg.networks.variance_components import Moments
from nbreg.options import Integer, option

if TYPE_CHECKING:
    import keras

#: Names of the head's layers, by which `settle` finds them.
_FEATURES, _MEAN, _COVARIANCE = "fourier_features", "prediction", "covariance"
#: Multiples of the learned lengthscale that are tried after training, on at most so many rows.
_MULTIPLES, _ROWS_TRIED = 2.0 ** np.arange(-2, 3.5, 0.5), 5_000
_ROWS_A_PART = 8_192


@HEADS.register("gp")
@dataclass(frozen=True)
class GaussianProcess(Head):
    """A Gaussian process over all targets, on random Fourier features of the network's features.

    Steps train the network and the mean; when they have ended, the last layer's weights become a normal distribution,
    in closed form, and so does the prediction: see `coregionalisation`. (Liu et al. 2020, "Simple and principled
    uncertainty estimation with deterministic deep learning", has one target and an approximation for classes.) For a
    row like none of the train rows the prediction goes back to the targets' mean, and its spread to theirs.
    """

    is_joint: ClassVar[bool] = True
    is_closed_form: ClassVar[bool] = True

    fourier_features: int = option(
        256, "Random features that stand for the kernel of the Gaussian process.", Integer(minimum=2, maximum=4096)
    )

    def outputs(self, features: Any, targets: Targets, **choices: Any) -> Any:
        import keras

        from nbreg.networks.keras_parts.predictive_covariance import PredictiveCovariance
        from nbreg.networks.keras_parts.random_features import RandomFourierFeatures

        fourier = RandomFourierFeatures(self.fourier_features // 2, name=_FEATURES)(features)
        mean = keras.layers.Dense(targets.n_targets, use_bias=False, name=_MEAN, **choices)(fourier)
        covariance = PredictiveCovariance(targets.n_targets, name=_COVARIANCE)(fourier)
        return keras.layers.Concatenate(name="outputs")([mean, covariance])

    def of_targets(self, targets: Targets) -> Self:
        if targets.bounds or targets.shares:
            limits = "bounds (--bounds)" if targets.bounds else "shares (--shares)"
            raise OptionError(
                f"joint=gp predicts normal distributions, which nothing keeps in place: leave out {limits}."
            )
        return self

    def objective(self, loss: str, x: Any, y: Any, *, has_gaps: bool) -> Objective:
        if has_gaps:
            raise OptionError("joint=gp needs every target in every row, but some are missing; try joint=gaussian.")
        if loss != "mse":
            raise OptionError(f"joint=gp predicts normal distributions and goes with loss=mse only; got loss={loss}.")
        return WeightedLoss(loss)

    def settle(self, network: keras.Model, x: Any, y: Any, x_val: Any = None, y_val: Any = None) -> None:
        import keras
        from threadpoolctl import threadpool_limits

        behind = keras.Model(network.input, network.get_layer(_FEATURES).output)
        rows = _Rows(behind, x, y, x_val, y_val)
        with threadpool_limits(1):  # matrices are small, and on a busy machine threads wait for each other
            _choose_lengthscale(network.get_layer(_FEATURES).log_lengthscale, rows.some())
            found, _ = rows.posterior()
        network.get_layer(_MEAN).set_weights([found.weights])
        network.get_layer(_COVARIANCE).set_weights([found.basis, found.gains, found.mixing])

    def distribution(self, outputs: Any, n_targets: int) -> Gaussians:
        numbers = np.asarray(outputs, np.float64)
        covariances = np.empty((len(numbers), n_targets, n_targets))
        row, column = np.tril_indices(n_targets)
        covariances[:, row, column] = covariances[:, column, row] = numbers[:, n_targets:]
        return Gaussians(np.ones((len(numbers), 1)), numbers[:, None, :n_targets], covariances[:, None])

    def words(self) -> list[str]:
        return ["Gaussian process"]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Train and validation rows, seen through a network that ends in random features."""

    behind: keras.Model
    x: Any
    y: Any
    x_val: Any
    y_val: Any

    def some(self) -> _Rows:
        """Return some of these rows, evenly spread."""
        every = -(-len(self.x) // _ROWS_TRIED)
        arrays = (each if each is None else each[::every] for each in (self.x, self.y, self.x_val, self.y_val))
        return _Rows(self.behind, *arrays)

    def posterior(self) -> tuple[Posterior, float]:
        """Return the posterior given the train rows, and how likely targets are under it."""
        moments = Moments.of(_parts(self.behind, self.x, self.y))
        if self.x_val is None:
            return likeliest_posterior(moments)
        features, targets = zip(*_parts(self.behind, self.x_val, self.y_val), strict=True)
        return checked_posterior(moments, np.concatenate(features), np.concatenate(targets))


def _choose_lengthscale(log_lengthscale: Any, rows: _Rows) -> None:
    """Set the lengthscale to that multiple of the learned one under which targets are likeliest."""
    learned, found = float(log_lengthscale.numpy()), []
    for shift in np.log(_MULTIPLES):
        log_lengthscale.assign(learned + shift)
        found.append(rows.posterior()[1])
    log_lengthscale.assign(learned + np.log(_MULTIPLES)[int(np.argmax(found))])


def _parts(behind: keras.Model, x: Any, y: Any) -> Iterator[tuple[Any, Any]]:
    """Yield features and targets, part by part: for the features of all rows at once there may be no room."""
    for start in range(0, len(x), _ROWS_A_PART):
        rows = slice(start, start + _ROWS_A_PART)
        features = behind(x[rows], training=False).numpy()
        yield features.astype(np.float64), np.asarray(y[rows], np.float64)
