"""The training part of a stand-alone script: order of rows, learning rates, early stopping, fit."""

from __future__ import annotations

from nbreg.data.targets import TargetScaler
from nbreg.export.call_code import call_lines
from nbreg.export.script_data import is_bent, is_cut
from nbreg.export.script_loss import distribution_lines, loss_code
from nbreg.export.script_rates import first_rate, is_steered, rate_lines
from nbreg.export.trained import Trained
from nbreg.training.optimizers import OPTIMIZERS, optimizer_options
from nbreg.training.schedules import PLATEAU_FACTOR, PLATEAU_PATIENCE

Lines = list[str]


def training_lines(trained: Trained) -> Lines:
    """Return the lines that train the network."""
    of_rows = "by_target(self.y[rows])" if trained.by_target else "self.y[rows]"
    batches = _BATCHES.format(seed=trained.seed, batch=trained.batch_size, y=of_rows)
    lines = ["", "", *(_BY_TARGET.strip("\n").splitlines() if trained.by_target else []), "", ""]
    lines += [*batches.strip("\n").splitlines(), "", ""]
    rates, callbacks = _callback_lines(trained)
    lines += _compile_lines(trained, rates)
    lines += ["callbacks = [", *(f"    {each}," for each in callbacks), "]"]
    lines += ["history = network.fit(", "    Batches(x_train, y_train),"]
    if trained.has_validation:
        y = "by_target(y_validation)" if trained.by_target else "y_validation"
        lines += [f"    validation_data=(x_validation, {y}),"]
        lines += [f"    validation_batch_size={trained.validation_batch_size},"]
    return [
        *lines,
        f"    epochs={trained.epochs},",
        "    shuffle=False,",
        "    callbacks=callbacks,",
        "    verbose=2,",
        ")",
    ]


def _compile_lines(trained: Trained, rates: Lines) -> Lines:
    options = optimizer_options(trained.spec)
    said = ", ".join([repr(first_rate(trained)), *(f"{name}={value!r}" for name, value in options.items())])
    loss = loss_code(trained.objective, by_target=trained.by_target)
    compiled = [f"keras.optimizers.{OPTIMIZERS[trained.spec.optimizer]}({said})", *loss.arguments]
    compiled += [f"jit_compile={trained.jit_compile}"] if trained.jit_compile is not None else []
    return [*loss.before, *rates, *call_lines("network.compile(", compiled)]


def _callback_lines(trained: Trained) -> tuple[Lines, Lines]:
    """Return lines to stand before the callbacks, and the callbacks."""
    spec = trained.spec
    before, callbacks = rate_lines(trained)
    if spec.schedule == "plateau" and not is_steered(trained):
        choices = f"factor={PLATEAU_FACTOR}, patience={PLATEAU_PATIENCE}, min_delta=0"
        callbacks.append(f"keras.callbacks.ReduceLROnPlateau(monitor='{trained.watched}', {choices})")
    if trained.keeps_best:
        patience = spec.patience or trained.epochs
        choices = f"monitor='{trained.watched}', patience={patience}, restore_best_weights=True"
        callbacks.append(f"keras.callbacks.EarlyStopping({choices})")
    return before, callbacks


_BY_TARGET = '''
def by_target(y):
    """Return the columns of y one by one, as the network's outputs are."""
    return tuple(np.split(y, len(TARGETS), axis=1))
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


def final_lines(judged: str | None, scaler: TargetScaler, trained: Trained, n_outputs: int) -> Lines:
    """Return the lines that predict, and that judge the predictions on the rows `judged`, if any."""
    lines = ["", "", "def predict(frame):", '    """Return predictions in target units, (n_rows, n_targets)."""']
    lines += ["    outputs = network.predict(encode(frame), batch_size=8192, verbose=0)"]
    predicted = "outputs[:, : len(TARGETS)]" if n_outputs > len(scaler.names) else "outputs"
    lines += [
        f"    scaled = {'np.hstack(outputs)' if trained.by_target else predicted}.astype(float)",
        *_way_back(scaler),
    ]
    lines += distribution_lines(trained.objective, is_bent=is_bent(scaler))
    if judged is None:
        return lines
    return [*lines, "", "", f"observed, predicted = {judged}[TARGETS].to_numpy(float), predict({judged})", *_METRICS]


def _way_back(scaler: TargetScaler) -> Lines:
    targets = f"{'np.clip(scaled, LOWER, UPPER)' if is_cut(scaler) else 'scaled'} * SCALE + MEAN"
    targets = f"unbend({targets})" if is_bent(scaler) else targets
    if scaler.are_shares:
        return [f"    shares = np.clip({targets}, 0, 1)", "    return shares / shares.sum(axis=1, keepdims=True)"]
    return [f"    return np.clip({targets}, LEAST, GREATEST)" if scaler.bounds is not None else f"    return {targets}"]


_METRICS = [
    "for i, target in enumerate(TARGETS):",
    "    r2 = r2_score(observed[:, i], predicted[:, i])",
    "    mae = mean_absolute_error(observed[:, i], predicted[:, i])",
    '    print(f"{target}: R2 {r2:.4f}, mean absolute error {mae:.6g}")',
]
