"""A stage for the face of the train panel: traits as Python would set them, for every state, and wishes written down.

Nothing is trained here. `Stage` answers the simplest wishes, so that controls can be seen to follow what Python says.
"""

from __future__ import annotations

import itertools
import math
import random
import time
from typing import Any

import numpy as np
import traitlets

from nbreg.fit_options import fit_options, grouped_fit_options
from nbreg.panels.form import form, plain
from nbreg.panels.panel import Panel
from nbreg.panels.still import Still
from nbreg.panels.train import TrainPanel
from nbreg.panels.train_idle import idle_of


def bell(middle: float, width: float, n: int = 16) -> list[float]:
    return [math.exp(-(((i / n - middle) / width) ** 2)) for i in range(n)]


def column(
    name: str, kind: str = "number", range: str = "", bars: list[float] | None = None, **more: str
) -> dict[str, Any]:
    about = {"name": name, "kind": kind, "range": range, "bars": bars or bell(0.4, 0.2)}
    return about | {"role": "feature", "missing": "", "warning": "", "suspicion": ""} | more


def diamonds() -> list[dict[str, Any]]:
    return [
        column("carat", range="0.2 to 5.01", bars=bell(0.1, 0.2)),
        column("cut", "category", "5 levels", [0.1, 0.25, 0.6, 0.7, 1.0]),
        column("color", "category", "7 levels", [0.3, 0.6, 0.7, 0.8, 1.0, 0.6, 0.4]),
        column("clarity", "category", "8 levels", [0.1, 0.3, 0.9, 1.0, 0.8, 0.5, 0.4, 0.2]),
        column("depth", range="43 to 79", bars=bell(0.5, 0.1)),
        column("table", range="43 to 95", bars=bell(0.3, 0.1), missing="3 % missing"),
        column("certified", "boolean", "2 levels", [1.0, 0.4]),
        column("sold", "date", "2019 to 2023", bell(0.7, 0.5)),
        column("price_in_euros_with_tax", range="310 to 18,000", bars=bell(0.1, 0.3), suspicion="leak",
               warning="is nearly a copy of the target: it would not be known when a price is to be predicted."),
        column("id", range="53,940 values", bars=[1.0] * 16, suspicion="identifier",
               warning="names rows rather than describing them; a network learns it by heart.", role="out"),
        column("price", range="326 to 18,823", bars=bell(0.05, 0.3), role="target"),
    ]  # fmt: skip


def many_columns(n: int = 200) -> list[dict[str, Any]]:
    sensors = [column(f"sensor_{i:03d}_mean_of_the_last_hour", range="0 to 1", bars=bell(i / n, 0.2)) for i in range(n)]
    return [*sensors, column("y", role="target")]


def choices() -> dict[str, Any]:
    values = {name: plain(option.default) for group in grouped_fit_options().values() for name, option in group.items()}
    return values | {"target": ["price"]}


def declared_form() -> list[dict[str, Any]]:
    return form(grouped_fit_options())


def network(hidden: list[int]) -> dict[str, Any]:
    layers = [{"title": "inputs", "units": 26, "hidden": False, "ahead": True}]
    layers += [{"title": f"hidden {i}", "units": units, "hidden": True} for i, units in enumerate(hidden, 1)]
    layers += [{"title": "price", "units": 1, "hidden": False}]
    sizes = [layer["units"] for layer in layers]
    n = sum((a + 1) * b for a, b in itertools.pairwise(sizes))
    size = {"parameters": f"{n:,} parameters", "memory": f"{4 * n / 1000:.0f} kB"}
    return {"layers": layers, "words": "a perceptron of several layers", **size}


def schedule(rate: float = 0.01) -> dict[str, Any]:
    rates = [rate * (1 + math.cos(math.pi * i / 100)) / 2 for i in range(100)]
    return {"rates": rates, "words": "From 0.01 down to 0, as a cosine."}


def state(status: str = "running", done: int = 120, epochs: int = 200, **more: Any) -> dict[str, Any]:
    ended = status in ("finished", "stopped", "failed")
    return {
        "status": status, "stopping": False, "epochs": epochs, "progress": float(done),
        "where": f"{done} of {epochs} epochs" if ended else f"Epoch {done + 1} of {epochs}",
        "left": "in 12 s" if ended else "8 s left", "speed": "" if ended else "11 epochs/s",
        "best": {"epoch": max(1, done - 6), "validated": True, "words": "0.0712"},
        "learning_rate": 0.01, "changes": [], "error": "", "asked": 0, "name": "run 3", "start": 0, "busy": "", **more,
    }  # fmt: skip


def rows(done: int, shift: float = 1.0, start: int = 0) -> np.ndarray:
    noise = random.Random(done)
    losses = []
    for epoch in range(start + 1, start + done + 1):
        loss = shift * (0.04 + 0.9 * math.exp(-epoch / 22))
        losses.append((epoch, loss * noise.uniform(0.97, 1.03), (loss + 0.025) * noise.uniform(0.92, 1.08), 0.01))
    return np.array(losses, dtype=np.float32)


def pairs(n: int = 1500) -> np.ndarray:
    random_ = np.random.default_rng(0)
    observed = np.exp(random_.normal(8, 0.9, n)).clip(326, 18823)
    return np.stack([observed, observed * np.exp(random_.normal(0, 0.12, n))], axis=1).astype(np.float32)


CARDS = [
    {"title": "Validation R²", "value": "0.981", "context": "+0.31 over a linear model", "tone": "good"},
    {"title": "Mean absolute error", "value": "284", "context": "of price; 8,630 validation rows", "tone": ""},
    {"title": "Validation loss", "value": "0.0712", "context": "best at epoch 114", "tone": ""},
    {"title": "Train R²", "value": "0.984", "context": "0.003 above validation", "tone": ""},
]
TABLES = [{"name": "df", "words": "53,940 x 11"}, {"name": "houses", "words": "1,460 x 81"}]
RUNS = [
    {"number": 1, "name": "run 1", "words": "64, 32 · adam 0.01", "best_epoch": 41, "epochs": 60, "status": "finished"},
    {"number": 2, "name": "run 2", "words": "128, 64, 32 · adamw 0.003 · dropout 0.1", "best_epoch": 88, "epochs": 90,
     "status": "stopped"},
]  # fmt: skip
SUGGESTION = {
    "rates": [10 ** (-5 + 5 * i / 59) for i in range(60)],
    "losses": [1.0 - 0.7 / (1 + math.exp(-(i - 32) / 4)) + (0.0 if i < 50 else 0.2 * (i - 49) ** 2) for i in range(60)],
    "rate": 0.003, "words": "The loss falls fastest near 0.003.",
}  # fmt: skip
LINE = "%nnreg fit df --target price --hidden 128,64 --activation gelu --dropout 0.1 --learning-rate 0.003 -o model"
CODE = """import nbreg

model = nbreg.fit(
    df,
    target="price",
    hidden=(128, 64),
    activation="gelu",
    dropout=0.1,
    learning_rate=0.003,
    epochs=200,
)
"""


class Stage(Panel):
    """A train panel without anything behind it: what is asked of it is in `asked`."""

    _esm = TrainPanel._esm
    _css = TrainPanel._css

    tables = traitlets.List([]).tag(sync=True)
    table = traitlets.Unicode("").tag(sync=True)
    missing = traitlets.Unicode("").tag(sync=True)
    columns = traitlets.List([]).tag(sync=True)
    form = traitlets.List([]).tag(sync=True)
    choices = traitlets.Dict({}).tag(sync=True)
    problems = traitlets.Dict({}).tag(sync=True)
    idle = traitlets.Dict({}).tag(sync=True)
    summaries = traitlets.Dict({}).tag(sync=True)
    network = traitlets.Dict({}).tag(sync=True)
    schedule = traitlets.Dict({}).tag(sync=True)
    suggestion = traitlets.Dict({}).tag(sync=True)
    start = traitlets.Dict({}).tag(sync=True)
    runs = traitlets.List([]).tag(sync=True)
    state = traitlets.Dict({}).tag(sync=True)
    cards = traitlets.List([]).tag(sync=True)
    line = traitlets.Unicode(LINE).tag(sync=True)
    code = traitlets.Unicode(CODE).tag(sync=True)
    result = traitlets.Unicode("").tag(sync=True)
    test = traitlets.Unicode("").tag(sync=True)

    def __init__(self, scene: str = "choosing"):
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._messages: list[tuple[str, list[bytes], dict[str, Any]]] = []
        super().__init__(title="Train", form=declared_form(), choices=choices())
        self.put_on(scene)

    def put_on(self, scene: str) -> None:
        """Show one of the `SCENES`."""
        traits, self._messages = SCENES[scene]()
        with self.hold_trait_notifications(), self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)
        self.hear_hello()

    def still(self) -> Still:
        return Still("a train panel on stage", "<p>a train panel on stage</p>")

    def hear_hello(self) -> None:
        for kind, buffers, more in self._messages:
            self.tell(kind, buffers, **more)

    def _answer(self, kind: str, rest: dict[str, Any]) -> None:
        if kind != "hello":
            self.asked.append((kind, rest))
        if hasattr(self, f"hear_{kind}"):
            super()._answer(kind, rest)

    def be_busy(self) -> None:
        """Tell of a training that is at another epoch, and at another learning rate, a hundred times a second."""
        for done in range(200):
            self.state = state(done=done, learning_rate=0.01 * (1 - done / 400))
            time.sleep(0.01)

    def hear_choose(self, name: str, value: Any) -> None:
        if value == "nonsense":
            self.problems = {name: f"{name} takes a number; got nonsense."}
            return
        self.problems = {}
        option = fit_options()[name]
        checked = option.parse(value) if isinstance(value, str) else option.check(value)
        self.choices = self.choices | {name: plain(checked)}
        self.idle = idle_of(self.choices, fit_options())
        if name == "hidden":
            self.network = network(plain(checked))
        if name in ("target", "features"):
            self._assign_roles()

    def _assign_roles(self) -> None:
        target, features = self.choices["target"], self.choices["features"]
        self.columns = [
            each | {"role": "target" if each["name"] in target else
                    "feature" if features is None or each["name"] in features else "out"}
            for each in self.columns
        ]  # fmt: skip

    def hear_pause(self) -> None:
        self.state = self.state | {"status": "paused"}

    def hear_resume(self) -> None:
        self.state = self.state | {"status": "running"}

    def hear_stop(self) -> None:
        self.state = self.state | {"status": "stopped"}

    def hear_branch(self, run: int, epoch: int | None) -> None:
        self.start = {"name": f"run {run}", "epoch": epoch or 41, "words": f"from run {run} at epoch {epoch or 41}"}

    def hear_begin_anew(self) -> None:
        self.start = {}


def nothing() -> Any:
    return {"tables": [], "table": "", "columns": [], "network": {}, "schedule": schedule(), "state": {}, "cards": [],
            "runs": [], "suggestion": {}, "start": {}, "test": "", "summaries": {}, "trouble": "",
            "missing": "Choose a table", "idle": idle_of(choices(), fit_options())}, []  # fmt: skip


def choosing() -> Any:
    summaries = {"Data": "53,940 rows · 9 of 10 features", "Training": "about 12,000 steps"}
    return nothing()[0] | {"tables": TABLES, "table": "df", "columns": diamonds(), "network": network([64, 32]),
                           "choices": choices(), "summaries": summaries, "missing": ""}, []  # fmt: skip


def without_target() -> Any:
    columns = [each | {"role": "feature"} for each in diamonds()]
    told = {"choices": choices() | {"target": []}, "missing": "Choose a target, the column to predict"}
    return choosing()[0] | {"columns": columns, **told}, []


def running(done: int = 120, **more: Any) -> Any:
    traits = choosing()[0] | {"state": state(done=done, **more), "cards": CARDS, "runs": RUNS}
    earlier = {"runs": [{"number": number, "name": f"run {number}", "start": 0} for number in (1, 2)]}
    return traits, [
        ("earlier", [rows(60, 1.6).tobytes(), rows(90, 1.2).tobytes()], earlier),
        ("rows", [rows(done).tobytes()], {"start": 0, "end": done}),
        ("scatter", [pairs().tobytes()], {"target": "price", "epoch": done, "words": "1,500 of 8,630 validation rows"}),
    ]


def steered() -> Any:
    return running(changes=[[70, 0.003]], learning_rate=0.003)


def finished() -> Any:
    traits, messages = running(status="finished", done=200)
    words = "200 epochs, finished"
    last = {"number": 3, "name": "run 3", "words": words, "best_epoch": 194, "epochs": 200, "status": "finished"}
    return traits | {"runs": [*RUNS, last]}, messages


def failed() -> Any:
    error = "The loss is not a number since epoch 121: try a smaller learning rate, or clipnorm."
    return running(status="failed", error=error)


def branched() -> Any:
    traits, messages = running(status="finished", done=160)
    start = {"name": "run 1", "epoch": 41, "words": "from run 1 at epoch 41"}
    return traits | {"start": start, "suggestion": SUGGESTION}, messages


def tested() -> Any:
    traits, messages = running(status="finished", done=160)
    return traits | {"test": "On 10,788 test rows: R² 0.979, mean absolute error 291."}, messages


def busy() -> Any:
    return choosing()[0] | {"state": {"busy": "Looking for a learning rate"}}, []


def crowded() -> Any:
    return choosing()[0] | {"columns": many_columns(), "choices": choices() | {"target": ["y"]}}, []


SCENES = {
    "nothing": nothing, "choosing": choosing, "without_target": without_target, "running": running, "steered": steered,
    "paused": lambda: running(status="paused"), "failed": failed, "finished": finished,
    "branched": branched, "tested": tested, "busy": busy, "crowded": crowded,
}  # fmt: skip
