"""The loss of a stand-alone script: one of Keras's, or one that is written out."""

from __future__ import annotations

from typing import NamedTuple

from nbreg.errors import NbregError
from nbreg.networks.cholesky import FLOOR
from nbreg.networks.mixture_outputs import MixtureLikelihood
from nbreg.networks.objective import LOSSES, LearnedWeightsLoss, NamedLoss, Objective, WeightedLoss

Lines = list[str]


class LossCode(NamedTuple):
    """Lines that stand before compiling, and what compiling takes."""

    before: Lines
    arguments: list[str]


def loss_code(objective: Objective, *, by_target: bool) -> LossCode:
    """Return the code of what training makes small; `by_target`: the network has an output for each target.

    Raises NbregError for an objective that a script does not write out.
    """
    if isinstance(objective, (NamedLoss, WeightedLoss)):
        weights = objective.weights if isinstance(objective, WeightedLoss) else None
        name = f"keras.losses.{LOSSES[objective.loss]}"
        return _by_target(name, weights) if by_target else _weighted(name, weights)
    if isinstance(objective, LearnedWeightsLoss):
        return LossCode(_filled(_LEARNED, loss=f"keras.losses.{LOSSES[objective.loss]}"), ["learned_loss"])
    if isinstance(objective, MixtureLikelihood):
        return LossCode(_likelihood(objective.n_components), ["likelihood_loss"])
    raise NbregError(
        "A script holds what a few lines can say, and the loss that this network has learned with takes more: keep it "
        "with %nnreg save, regressor.save(...)."
    )


def _by_target(name: str, weights: tuple[float, ...] | None) -> LossCode:
    listed = [] if weights is None else [f"WEIGHTS = {list(weights)!r}  # of the targets' losses"]
    shares = "1 / len(TARGETS) for _ in TARGETS" if weights is None else "weight / len(TARGETS) for weight in WEIGHTS"
    return LossCode(listed, [f"loss=[{name}() for _ in TARGETS]", f"loss_weights=[{shares}]"])


def _weighted(name: str, weights: tuple[float, ...] | None) -> LossCode:
    if weights is None:
        return LossCode([], [f"{name}()"])
    lines = [f"WEIGHTS = {list(weights)!r}  # of the targets' losses", *_filled(_WEIGHTED, loss=name)]
    return LossCode(lines, ["weighted_loss"])


def distribution_lines(objective: Objective, *, is_bent: bool) -> Lines:
    """Return the lines that read distributions of all targets off the network, where it has learned such."""
    if not isinstance(objective, MixtureLikelihood):
        return []
    of = "bend(targets)" if is_bent else "the targets"
    if objective.n_components == 1:
        return _filled(_DISTRIBUTION, what="means and covariances", of=of, parts=_PARTS, weights="")
    what, weights = "weights, means and covariances", "np.asarray(keras.ops.softmax(logits)), "
    return _filled(_DISTRIBUTION, what=what, of=of, parts=f"logits, {_PARTS}", weights=weights)


def _likelihood(n_components: int) -> Lines:
    if n_components == 1:
        parts = _filled(_NORMAL_PARTS, floor=FLOOR)
        loss = _filled(_LIKELIHOOD, parts=_PARTS, surprise=_NORMAL_SURPRISE.strip(), axes="-1")
    else:
        parts = _filled(_MIXTURE_PARTS, floor=FLOOR, k=n_components)
        loss = _filled(_LIKELIHOOD, parts=f"logits, {_PARTS}", surprise=_MIXTURE_SURPRISE.strip(), axes="(1, 2)")
    return [*parts, *_filled(_DENSITY), *loss]


def _filled(text: str, **words: object) -> Lines:
    """Return the lines of a definition, two blank lines before it and behind it."""
    return ["", "", *text.strip("\n").format(**words).splitlines(), "", ""]


#: What a network's outputs say of a normal distribution.
_PARTS = "means, spreads, slopes"

_WEIGHTED = '''
def weighted_loss(observed, predicted):
    """Return for each row the mean over targets of their losses, each times its weight."""
    errors = {loss}(reduction=None)(observed[..., None], predicted[..., None])
    return keras.ops.mean(errors * keras.ops.array(WEIGHTS, "float32"), axis=-1)
'''

_LEARNED = '''
def learned_loss(observed, outputs):
    """Return for each row the mean over targets of exp(-s) error + s, where s is the target's log-variance.

    Kendall, Gal & Cipolla 2018, "Multi-task learning using uncertainty to weigh losses": weights that are learned.
    """
    predicted, log_variances = outputs[:, : len(TARGETS)], outputs[:, len(TARGETS) :]
    errors = {loss}(reduction=None)(observed[..., None], predicted[..., None])
    return keras.ops.mean(keras.ops.exp(-log_variances) * errors + log_variances, axis=-1)
'''

_NORMAL_PARTS = '''
def parts(outputs):
    """Return means, spreads and slopes: for each row a normal distribution of all targets together.

    Slopes say how a target's deviation from its mean goes with those of the targets before it, and the spread how much
    is left of it then. Any slopes and any positive spreads make a covariance (Pourahmadi 1999).
    """
    n = len(TARGETS)
    return outputs[:, :n], outputs[:, n : 2 * n] + {floor}, outputs[:, 2 * n :]
'''

_MIXTURE_PARTS = '''
def parts(outputs):
    """Return logits, means, spreads and slopes: for each row several normal distributions of all targets together.

    Logits are of the distributions' weights. Slopes say how a target's deviation from its mean goes with those of the
    targets before it, and the spread how much is left of it then. Any slopes and any positive spreads make a covariance
    (Pourahmadi 1999).
    """
    n = len(TARGETS)
    _, logits, *others = keras.ops.split(outputs, np.cumsum([n, {k}, {k} * n, {k} * n]).tolist(), axis=-1)
    shapes = [(keras.ops.shape(each)[0], {k}, each.shape[-1] // {k}) for each in others]
    means, spreads, slopes = map(keras.ops.reshape, others, shapes)
    return logits, means, spreads + {floor}, slopes
'''

_DENSITY = '''
def log_density(deviations, spreads, slopes):
    """Return the logarithm of the normal density of deviations from the means."""
    target, before = np.tril_indices(len(TARGETS), -1)
    to_targets = np.eye(len(TARGETS), dtype="float32")[target]
    explained = keras.ops.matmul(slopes * keras.ops.take(deviations, before, axis=-1), to_targets)
    z = (deviations - explained) / spreads
    return -keras.ops.sum(keras.ops.log(spreads) + (z**2 + float(np.log(2 * np.pi))) / 2, axis=-1)
'''

_NORMAL_SURPRISE = """
    surprise = -log_density(observed - means, spreads, slopes)
"""

_MIXTURE_SURPRISE = """
    densities = log_density(observed[:, None] - means, spreads, slopes)
    surprise = -keras.ops.logsumexp(densities + keras.ops.log_softmax(logits), axis=-1)
"""

_LIKELIHOOD = '''
def likelihood_loss(observed, outputs):
    """Return the negative log likelihood of each row.

    In its gradient a row counts by the width of its distribution, lest rows with little noise be learned at the cost of
    the others (Seitzer et al. 2022).
    """
    {parts} = parts(outputs)
    {surprise}
    weighted = keras.ops.stop_gradient(keras.ops.exp(keras.ops.mean(keras.ops.log(spreads), axis={axes}))) * surprise
    return weighted + keras.ops.stop_gradient(surprise - weighted)
'''

_DISTRIBUTION = '''
def distribution(frame):
    """Return for each row {what} of {of}, all together."""
    {parts} = map(np.asarray, parts(network.predict(encode(frame), batch_size=8192, verbose=0)))
    triangle = np.zeros((*spreads.shape, len(TARGETS))) + np.eye(len(TARGETS))
    triangle[..., *np.tril_indices(len(TARGETS), -1)] = -slopes
    factor = np.linalg.inv(triangle) * spreads[..., None, :]
    covariances = factor @ factor.swapaxes(-1, -2) * np.outer(SCALE, SCALE)
    return {weights}means * SCALE + MEAN, covariances
'''
