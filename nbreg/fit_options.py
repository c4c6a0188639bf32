"""All choices of a fit, gathered from where they are declared; light to import, for help and completion."""

from __future__ import annotations

from functools import cache

from nbreg.data.spec import DataSpec
from nbreg.networks.architecture import NetworkChoice, architecture_options
from nbreg.networks.heads.head import HeadChoice, head_options
from nbreg.networks.skip import SkipChoice
from nbreg.options import Option
from nbreg.training.spec import TrainingSpec

#: Choices about a whole table, which ``fit(X, y)`` does not take: its caller has parted X, y and the test rows.
OF_TABLES = ("target", "test_fraction", "stream")


@cache
def grouped_fit_options() -> dict[str, dict[str, Option]]:
    """Return the options of ``nbreg.fit`` and ``%nnreg fit`` under the heading that each belongs to."""
    return {
        "Data": DataSpec.options(),
        "Network": {**NetworkChoice.options(), **architecture_options(), **SkipChoice.options()},
        "Head": {**HeadChoice.options(), **head_options()},
        "Training": TrainingSpec.options(),
    }


@cache
def fit_options() -> dict[str, Option]:
    """Return the options of ``nbreg.fit`` and ``%nnreg fit`` by name."""
    return {name: each for group in grouped_fit_options().values() for name, each in group.items()}


@cache
def regressor_options() -> dict[str, Option]:
    """Return the options of a Regressor by name."""
    return {name: each for name, each in fit_options().items() if name not in OF_TABLES}
