"""What a command explains: a regressor, or anything else in the notebook that predicts."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from nbreg.errors import OptionError, did_you_mean
from nbreg.magics.command import Call, Frame
from nbreg.options import Integer, Option, Optional, Spec, option
from nbreg.panels.notebook_names import ModelName


class PredictorName(ModelName):
    """The name of something in the notebook that predicts."""

    expected = "the name of a regressor, of a function, or of an object with a method predict"


class RowsOrTable(Frame):
    """A number of rows, or a table that holds them."""

    expected = "a whole number of at least 1, or the name of a table in the notebook"
    metavar = "N|DATA"

    def parse(self, text: str) -> int | str:
        try:
            return Integer().parse(text)
        except ValueError:
            return text

    def check(self, value: Any) -> int | str:
        return value if isinstance(value, str) else Integer(minimum=1).check(value)


@dataclass(frozen=True)
class Predicting(Spec):
    """Which predictor a command acts on."""

    model: str | None = option(
        None,
        "Regressor to explain, by its name, or any function from a table to predictions, or an object with a "
        "method predict; the latest regressor unless given.",
        Optional(PredictorName()),
    )


class Predictor(NamedTuple):
    """`predict` is a Regressor or a function; `columns` those that it takes, where it says so."""

    predict: Any
    columns: tuple[str, ...] = ()


def or_a_table(options: Mapping[str, Option]) -> dict[str, Option]:
    """Return `options` with a background that, as in Python, may be a table too."""
    background = options["background"]
    words = f"{background.help} Or a table of such rows."
    return {**options, "background": replace(background, help=words, kind=RowsOrTable())}


def predictor(call: Call) -> Predictor:
    """Return what the call names, or the session's latest regressor. Raises OptionError."""
    from nbreg.regressor import Regressor

    name, names = call.options.get("model"), call.shell.user_ns
    found = names.get(name)
    if name is None or isinstance(found, Regressor):
        return Predictor(call.regressor())
    if not _can_predict(found):
        known = predictors_in(names)
        raise OptionError(f'There is no regressor or function "{name}" in the notebook.{did_you_mean(name, known)}')
    # scikit-learn's estimators know the columns that they were fitted on, and want no others.
    columns = getattr(found, "feature_names_in_", ())
    return Predictor(found.predict if _has_predict(found) else found, tuple(map(str, columns)))


def rows_for(call: Call, predictor: Predictor, name: str | None) -> Any:
    """Return the table of that name, with the columns that the predictor takes; None without a name.

    Raises DataError.
    """
    from nbreg.session import as_table

    if name is None:
        return None
    table = as_table(call.table(name))
    has_all = predictor.columns and set(predictor.columns) <= set(table.columns)
    target = [name for name in table.columns if name == call.options.get("target")]
    return table.select(*predictor.columns, *target) if has_all else table


def choices_for(call: Call, predictor: Predictor) -> dict[str, Any]:
    """Return the options of the call as Python takes them: a background that is a name as the table it names."""
    choices = {name: value for name, value in call.options.items() if name not in ("out", "model", "data")}
    if isinstance(choices.get("background"), str):
        choices["background"] = rows_for(call, predictor, choices["background"])
    return choices


def predictors_in(names: Mapping[str, Any]) -> list[str]:
    """Return the names of what predicts in a namespace; of functions, those that the notebook made."""
    return [name for name, value in list(names.items()) if not name.startswith("_") and _looks_like_one(value)]


def _can_predict(value: Any) -> bool:
    return not inspect.isclass(value) and (_has_predict(value) or callable(value))


def _looks_like_one(value: Any) -> bool:
    is_own = inspect.isfunction(value) and value.__module__ == "__main__"
    is_bound = inspect.ismethod(value) and value.__name__.startswith("predict")
    return not inspect.isclass(value) and (is_own or is_bound or _has_predict(value))


def _has_predict(value: Any) -> bool:
    # Looked up in the class: an object may answer to any name.
    return callable(getattr(type(value), "predict", None))
