"""What a study panel is asked to do: the table, the factors and their values, the folds, and the options of a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbreg.data.spec import DataSpec
from nbreg.errors import NbregError, OptionError
from nbreg.fit_options import fit_options, regressor_options
from nbreg.forecasting.options import forecast_options
from nbreg.panels.form import label
from nbreg.panels.study_options import STUDY, FactorChoice
from nbreg.panels.train_choices import Choices
from nbreg.search.factor import FACTORS, Factor, factor_named, factor_names, factor_options
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.window_options import WindowStudySpec, asks_for_windows, settled_by_windows, window_options

if TYPE_CHECKING:
    from nbreg.search.fold_table import FoldTable

#: Factor -> its values, among the choices.
_VALUES = {"factor": "values", "second_factor": "second_values"}


class StudyChoices(Choices):
    """All choices of a study, each with a value, and a table, or None.

    Options that a factor is usually studied with (`Factor.fixed`) are chosen with it, and given back after it. Values
    of another factor mean nothing, so that they go with theirs.
    """

    def __init__(self, options: Mapping[str, Any]):
        self._folded: tuple[Any, FoldTable] | None = None
        super().__init__(options, STUDY)
        for name, value in self.usual_beside.items():
            if name not in options:
                self.options[name] = value

    # What is varied

    @property
    def on_windows(self) -> bool:
        """Whether rows are windows of series: a window is chosen, or something of windows is varied."""
        return asks_for_windows({"window": self.options["window"]}, [each.name for each in self.factors])

    @property
    def factors(self) -> tuple[Factor, ...]:
        names = (self.options["factor"], self.options["second_factor"])
        return tuple(factor_named(name) for name in names if name)

    @property
    def value_names(self) -> tuple[str, ...]:
        """What the values of each factor are called among the choices."""
        return tuple(_VALUES.values())[: len(self.factors)]

    @property
    def usual_beside(self) -> dict[str, Any]:
        """The options that are chosen so beside the factors, unless they are given."""
        folds = ("folds", "repeats") if self.on_windows else ()
        of_windows = {name: WindowStudySpec.options()[name].default for name in folds}
        beside = (each.usual_beside(on_windows=self.on_windows) for each in reversed(self.factors))
        return {**of_windows, **{name: value for each in beside for name, value in each.items()}}

    @property
    def values(self) -> Any:
        """Values as ``nbreg.study`` takes them: a text, of two factors one for each; nothing where none are given."""
        texts = {each.name: self.options[name] for each, name in zip(self.factors, _VALUES.values(), strict=False)}
        if len(texts) == 1:
            return next(iter(texts.values())) or ()
        return {name: text for name, text in texts.items() if text}

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        chosen = super().checked(self._with_no_values(given))
        asked = {**self.options, **chosen}
        if asked["factor"] == asked["second_factor"]:
            raise OptionError(f"A study of two factors takes two different ones; got {asked['factor']} twice.")
        self._check_values(given, asked)
        return {name: chosen[name] for name in chosen if name in given}

    def _check_values(self, given: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        """Raise OptionError for what are no values; before the table is folded, which takes long, none are refused."""
        for of, name in _VALUES.items():
            if self._folded is not None and name in given and asked[name] and asked[of]:
                wrong = self._wrong(factor_named(asked[of]), asked[name], self._folded[1])
                if wrong:
                    raise OptionError(wrong)

    def take(self, given: Mapping[str, Any]) -> list[str]:
        before = self.usual_beside
        names = super().take(self._with_no_values(given))
        after = self.usual_beside
        for name in before.keys() - after.keys() - set(given):
            if self.options[name] == before[name]:
                self.options[name] = self.known[name].check(self.known[name].default)
        for name in after.keys() - before.keys() - set(given):
            self.options[name] = after[name]
        return names

    def _with_no_values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is given, with no values for a factor that is another one now."""
        other = [name for name in _VALUES if name in given and given[name] != self.options[name]]
        return {**{_VALUES[name]: "" for name in other}, **given}

    @property
    def idle(self) -> dict[str, str]:
        replaced = {name: f"{each.name} is what is varied." for each in self.factors for name in each.replaces}
        own = {} if self.options["second_factor"] else {"second_values": "There is no second factor."}
        if self.options["folds"] > 1 and not self.on_windows:
            own["test_fraction"] = "Each row is held out once in every repeat."
        found = {**super().idle, **own}
        if self.on_windows:
            settled = dict.fromkeys(settled_by_windows(), "Windows settle it.")
            found = {name: why for name, why in found.items() if name not in window_options()} | settled
        return {**found, **replaced}

    # What follows

    def arguments(self) -> dict[str, Any]:
        """Return what ``nbreg.study`` takes besides the table: all that is not as it would be anyway."""
        idle, usual = self.idle, {**self._defaults(), **self.usual_beside}
        rest = {name: value for name, value in self.options.items() if name not in FactorChoice.options()}
        told = {name: value for name, value in rest.items() if name not in idle and value != usual[name]}
        values = {"values": self.values} if self.values else {}
        return {"factor": tuple(each.name for each in self.factors), "target": self.options["target"], **values, **told}

    def of_network(self) -> dict[str, Any]:
        """Return the options of a Regressor that all trainings have, as far as they are not at their defaults."""
        known = forecast_options() if self.on_windows else regressor_options()
        given = {**self.usual_beside, **self.arguments()}
        return {name: value for name, value in given.items() if name in known}

    def fit_arguments(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return what ``nbreg.fit``, or `verb`, takes to train with a value of each factor."""
        known = forecast_options() if self.on_windows else fit_options()
        options = {name: value for name, value in {**self.usual_beside, **self.arguments()}.items() if name in known}
        for factor, value in zip(self.factors, values, strict=True):
            options = factor.applied(value, options)
        return options

    @property
    def verb(self) -> str:
        """What trains with one of the values: ``fit``, or ``forecast``."""
        return "forecast" if self.on_windows else "fit"

    def copy(self) -> StudyChoices:
        """Return choices that later ones leave as they are."""
        copied = StudyChoices({})
        copied.options = dict(self.options)
        copied.data, copied.table, copied._folded = self.data, self.table, self._folded
        return copied

    def table_in_folds(self) -> FoldTable:
        """Return the table in folds, found once for the same choices. Raises DataError and OptionError."""
        from nbreg.search.study_table import table_of
        from nbreg.session import as_table

        asked = {**DataSpec.options(), **FoldSpec.options(), **window_options()}
        choices = {name: value for name, value in self.arguments().items() if name in asked}
        key = id(self.data), choices, self.on_windows, self.options["factor"], self.options["second_factor"]
        if self._folded is None or self._folded[0] != key:
            self._folded = key, table_of(as_table(self.data), choices, self.factors)
        return self._folded[1]

    def n_trainings(self) -> int:
        """Return how many trainings the study takes. Raises DataError and OptionError."""
        from nbreg.search.study_values import values_of

        table = self.table_in_folds()
        given = self.values
        by_factor = tuple(given.items()) if isinstance(given, dict) else (given,) if given else ()
        number = len(table.folds)
        for values in values_of(self.factors, _as_given(by_factor), table, self.of_network()):
            number *= len(values)
        return number

    def wrong_values(self, name: str, text: str) -> str:
        """Return why a text has no values for ``values`` or ``second_values``; nothing where it has.

        Raises DataError and OptionError where the table cannot be folded.
        """
        return self._wrong(self.factors[self.value_names.index(name)], text, self.table_in_folds())

    def _wrong(self, factor: Factor, text: str, table: FoldTable) -> str:
        from nbreg.search.study_values import values_of

        try:
            values_of((factor,), (text,), table, self.of_network())
        except NbregError as error:
            alone = self.options["second_factor"] and "has but one" in str(error)
            return "" if alone else str(error)
        return ""

    def usual_values(self, place: int) -> str:
        """Return the values that a factor takes unless some are given. Raises OptionError where there are none."""
        factor = self.factors[place]
        values = factor.defaults(self.table_in_folds(), self.of_network())
        return (" | " if factor.has_commas else ", ").join(_written(factor, value) for value in values)

    def _defaults(self) -> dict[str, Any]:
        return {name: each.check(each.default) for name, each in self.known.items()}


def _as_given(by_factor: Sequence[Any]) -> tuple[Any, ...]:
    return tuple((each[0], (each[1],)) if isinstance(each, tuple) else each for each in by_factor)


def _written(factor: Factor, value: Any) -> str:
    return str(factor.kind.texts(value)[0]) if not isinstance(value, float) else f"{value:g}"


def listed_factors() -> list[dict[str, Any]]:
    """Return all factors as plain data: name, title, what each asks, and whether it has values of its own."""
    return [_described(name) for name in factor_names()]


def _described(name: str) -> dict[str, Any]:
    factor, declared, is_own = factor_named(name), factor_options().get(name), name in tuple(FACTORS)
    title = factor.title if is_own or declared is None else label(declared)
    asks = factor.asks or (declared.help if declared is not None else "")
    words = " ".join(filter(None, [asks, factor.note]))
    return {"name": name, "title": title[:1].upper() + title[1:], "asks": words, "own": is_own}
