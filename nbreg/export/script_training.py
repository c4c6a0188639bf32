"""The training part of a stand-alone script: order of rows, learning rates, early stopping, fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from nbreg.data.targets import TargetScaler
from nbreg.errors import NbregError
from nbreg.export.layer_code import ends_by_target
from nbreg.export.script_data import is_cut
from nbreg.networks.objective import LOSSES, NamedLoss, Objective, WeightedLoss
from nbreg.training.engines import validation_batch_size
from nbreg.training.optimizers import OPTIMIZERS, optimizer_options
from nbreg.training.run import Run
from nbreg.training.schedules import PLATEAU_FACTOR, PLATEAU_PATIENCE, LearningRates
from nbreg.training.spec import TrainingSpec

Lines = list[str]


@dataclass(frozen=True)
class Trained:
    """What a script needs to know of a training that was done."""

    spec: TrainingSpec
    run: Run
    seed: int
    batch_size: int
    validation_batch_size: int
    has_validation: bool
    #: Whether XLA compiled the steps; None: what Keras chooses.
    jit_compile: bool | None
    #: How much each target's loss counts; None: alike.
    weights: tuple[float, ...] | None = None
    #: Whether the script's network has an output for each target.
    by_target: bool = False

    @classmethod
    def of(cls, regressor: Any) -> Self:
        """Return what is to be known of a trained regressor's training."""
        run, n_validation_rows = regressor.run_, regressor.n_rows_["validation"]
        return cls(
            spec=regressor.training_,
            run=run,
            seed=regressor.data_spec_.seed,
            batch_size=regressor.training_.batch_size,
            validation_batch_size=validation_batch_size(regressor.network_, n_validation_rows),
            has_validation=n_validation_rows > 0,
            jit_compile={"xla": True, "graph": False}.get(run.engine or ""),
            weights=_weights(regressor.training_.objective),
            by_target=ends_by_target(regressor.network_),
        )

    @property
    def epochs(self) -> int:
        """The epochs to train: those asked for, or those run where it was stopped."""
        return len(self.run.history) if self.run.status in ("stopped", "failed") else self.spec.epochs

    @property
    def watched(self) -> str:
        return "val_loss" if self.has_validation else "loss"

    @property
    def keeps_best(self) -> bool:
        return self.spec.patience > 0 or self.run.status in ("stopped", "failed")


def _weights(objective: Objective | None) -> tuple[float, ...] | None:
    if objective is None or isinstance(objective, NamedLoss):
        return None
    if isinstance(objective, WeightedLoss):
        return objective.weights
    raise NbregError(
        "A script trains with Keras's own losses, and this network has learned with another: keep it with %nnreg save, "
        "regressor.save(...)."
    )


def training_lines(trained: Trained) -> Lines:
    """Return the lines that train the network."""
    of_rows = "by_target(self.y[rows])" if trained.by_target else "self.y[rows]"
    batches = _BATCHES.format(seed=trained.seed, batch=trained.batch_size, y=of_rows)
    lines = ["", "", *(_BY_TARGET.strip("\n").splitlines() if trained.by_target else []), "", ""]
    lines += [*batches.strip("\n").splitlines(), "", ""]
    lines += _compile_lines(trained)
    rates, callbacks = _callback_lines(trained)
    lines += [*rates, "callbacks = [", *(f"    {each}," for each in callbacks), "]"]
    lines += ["history = network.fit(", "    Batches(encode(train), scaled_targets(train)),"]
    if trained.has_validation:
        y = "by_target(scaled_targets(validation))" if trained.by_target else "scaled_targets(validation)"
        lines += [f"    validation_data=(encode(validation), {y}),"]
        lines += [f"    validation_batch_size={trained.validation_batch_size},"]
    return [
        *lines,
        f"    epochs={trained.epochs},",
        "    shuffle=False,",
        "    callbacks=callbacks,",
        "    verbose=2,",
        ")",
    ]


def _compile_lines(trained: Trained) -> Lines:
    options = optimizer_options(trained.spec)
    said = ", ".join([repr(_first_rate(trained)), *(f"{name}={value!r}" for name, value in options.items())])
    compiled = [f"keras.optimizers.{OPTIMIZERS[trained.spec.optimizer]}({said})"]
    before, loss = _loss_lines(trained)
    compiled += loss
    compiled += [f"jit_compile={trained.jit_compile}"] if trained.jit_compile is not None else []
    line = f"network.compile({', '.join(compiled)})"
    if len(line) > _WIDTH:
        return [*before, "network.compile(", *(f"    {each}," for each in compiled), ")"]
    return [*before, line]


def _loss_lines(trained: Trained) -> tuple[Lines, Lines]:
    """Return lines to stand before compiling, and what compiling takes: the loss, and weights where there are any."""
    name = LOSSES[trained.spec.loss]
    if trained.by_target:
        given = trained.weights
        listed = [] if given is None else [f"WEIGHTS = {list(given)!r}  # of the targets' losses"]
        weights = (
            "1 / len(TARGETS) for _ in TARGETS" if given is None else "weight / len(TARGETS) for weight in WEIGHTS"
        )
        return listed, [f"loss=[keras.losses.{name}() for _ in TARGETS]", f"loss_weights=[{weights}]"]
    if trained.weights is None:
        return [], [f"keras.losses.{name}()"]
    lines = _WEIGHTED_LOSS.format(loss=name).strip("\n").splitlines()
    return ["", *lines, "", "", f"WEIGHTS = {list(trained.weights)!r}  # of the targets' losses"], ["weighted_loss"]


def _callback_lines(trained: Trained) -> tuple[Lines, Lines]:
    """Return lines to stand before the callbacks, and the callbacks."""
    spec = trained.spec
    before, callbacks = _rate_lines(trained)
    if spec.schedule == "plateau" and not _changed_by_hand(trained):
        choices = f"factor={PLATEAU_FACTOR}, patience={PLATEAU_PATIENCE}, min_delta=0"
        callbacks.append(f"keras.callbacks.ReduceLROnPlateau(monitor='{trained.watched}', {choices})")
    if trained.keeps_best:
        patience = spec.patience or trained.epochs
        choices = f"monitor='{trained.watched}', patience={patience}, restore_best_weights=True"
        callbacks.append(f"keras.callbacks.EarlyStopping({choices})")
    return before, callbacks


def _rate_lines(trained: Trained) -> tuple[Lines, Lines]:
    if _changed_by_hand(trained):
        rates = _rates_begun_with(trained)
        rates += [rates[-1]] * (trained.epochs - len(rates))
    elif trained.spec.schedule in ("constant", "plateau"):
        return [], []
    else:
        rates = _planned(trained)
    before = [
        f"# The learning rate of each epoch.{_words_of_changes_within(trained)}",
        f"RATES = {[float(f'{rate:.9g}') for rate in rates]!r}",
    ]
    return before, ["keras.callbacks.LearningRateScheduler(lambda epoch, _: RATES[epoch])"]


def _rates_begun_with(trained: Trained) -> list[float]:
    """Return the rate that each epoch began with, of those that ran."""
    ended_with = [row.learning_rate for row in trained.run.history]
    set_at = dict(trained.run.changes)
    factor = LearningRates(trained.spec.schedule, 1.0, trained.spec.epochs).at
    begun_with = list(ended_with)
    for epoch in _changed_within(trained):
        before = ended_with[epoch - 1] * factor(epoch) / factor(epoch - 1) if epoch else _first_rate(trained)
        begun_with[epoch] = set_at.get(float(epoch), before)
    return begun_with


def _changed_within(trained: Trained) -> list[int]:
    """Return the epochs, counted from 0, within which the learning rate was set, of those that ended."""
    within = {int(change.progress) for change in trained.run.changes if change.progress % 1}
    return sorted(epoch for epoch in within if epoch < len(trained.run.history))


def _words_of_changes_within(trained: Trained) -> str:
    epochs = ", ".join(str(epoch + 1) for epoch in _changed_within(trained))
    return f" Changes within an epoch ({epochs}, counted from 1) wait for the next one here." if epochs else ""


def _changed_by_hand(trained: Trained) -> bool:
    if trained.run.changes:
        return True
    if trained.spec.schedule == "plateau":
        ratios = [
            b.learning_rate / a.learning_rate
            for a, b in zip(trained.run.history, trained.run.history[1:], strict=False)
        ]
        return any(abs(ratio - 1) > 1e-3 and abs(ratio - PLATEAU_FACTOR) > 1e-3 for ratio in ratios)
    seen = [row.learning_rate for row in trained.run.history]
    return any(abs(rate - planned) > 1e-5 * planned for rate, planned in zip(seen, _planned(trained), strict=False))


def _planned(trained: Trained) -> list[float]:
    rates = LearningRates(trained.spec.schedule, _base_rate(trained), trained.spec.epochs)
    return [rates.at(epoch) for epoch in range(trained.epochs)]


def _base_rate(trained: Trained) -> float:
    if not isinstance(trained.spec.learning_rate, str):
        return trained.spec.learning_rate
    unit = LearningRates(trained.spec.schedule, 1.0, trained.spec.epochs).at(0)
    if trained.run.range_test is not None:
        return float(f"{trained.run.range_test.suggestion:.9g}")
    return float(f"{trained.run.history[0].learning_rate / unit:.9g}")


def _first_rate(trained: Trained) -> float:
    return float(f"{_planned(trained)[0]:.9g}") if trained.epochs else _base_rate(trained)


#: Longest line of a call before each argument gets one of its own.
_WIDTH = 100

_BY_TARGET = '''
def by_target(y):
    """Return the columns of y one by one, as the network's outputs are."""
    return tuple(np.split(y, len(TARGETS), axis=1))
'''

_WEIGHTED_LOSS = '''
def weighted_loss(observed, predicted):
    """Return for each row the mean over targets of their losses, each times its weight."""
    errors = keras.losses.{loss}(reduction=None)(observed[..., None], predicted[..., None])
    return keras.ops.mean(errors * keras.ops.array(WEIGHTS, "float32"), axis=-1)
'''

_BATCHES = '''
class Batches(keras.utils.PyDataset):
    """The train rows; each epoch has an order of its own, which only the seed decides."""

    def __init__(self, x, y, seed={seed}, batch_size={batch}):
        super().__init__()
        self.x, self.y, self.seed, self.batch_size = x, y, seed, batch_size
        self.epoch, self.order = -1, np.arange(len(x))

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def on_epoch_begin(self):
        self.epoch += 1
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.x))

    def __getitem__(self, step):
        rows = self.order[step * self.batch_size : (step + 1) * self.batch_size]
        return self.x[rows], {y}
'''


def final_lines(judged: str | None, scaler: TargetScaler, *, by_target: bool) -> Lines:
    """Return the lines that predict, and that judge the predictions on the rows `judged`, if any."""
    lines = ["", "", "def predict(frame):", '    """Return predictions in target units, (n_rows, n_targets)."""']
    lines += ["    scaled = network.predict(encode(frame), batch_size=8192, verbose=0)"]
    lines += ["    scaled = np.hstack(scaled)  # one output a target"] if by_target else []
    lines += ["    scaled = scaled.astype(float)"]
    lines += ["    scaled = np.clip(scaled, LOWER, UPPER)"] if is_cut(scaler) else []
    lines += _way_back(scaler)
    if judged is None:
        return lines
    return [*lines, "", "", f"observed, predicted = {judged}[TARGETS].to_numpy(float), predict({judged})", *_METRICS]


def _way_back(scaler: TargetScaler) -> Lines:
    if scaler.are_shares:
        return ["    shares = np.clip(unbend(scaled * SCALE + MEAN), 0, 1)",
                "    return shares / shares.sum(axis=1, keepdims=True)"]  # fmt: skip
    if scaler.bounds is not None:
        return ["    return np.clip(unbend(scaled * SCALE + MEAN), LEAST, GREATEST)"]
    return ["    return unbend(scaled * SCALE + MEAN)"]


_METRICS = [
    "for i, target in enumerate(TARGETS):",
    "    r2 = r2_score(observed[:, i], predicted[:, i])",
    "    mae = mean_absolute_error(observed[:, i], predicted[:, i])",
    '    print(f"{target}: R2 {r2:.4f}, mean absolute error {mae:.6g}")',
]
