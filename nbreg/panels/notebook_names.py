"""What the notebook has a name for: tables above all."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbreg.options import Kind, Optional, Spec, option


class Name(Kind):
    """A name that Python can give to an object."""

    expected = "a Python name, such as model"
    metavar = "NAME"

    def check(self, value: Any) -> str:
        if not (isinstance(value, str) and value.isidentifier()):
            raise ValueError
        return value


class ModelName(Name):
    """The name of a regressor in the notebook."""


@dataclass(frozen=True)
class Acting(Spec):
    """Which regressor a command acts on."""

    model: str | None = option(None, "Regressor to use, by its name; the latest unless given.", Optional(ModelName()))


def notebook_names() -> Mapping[str, Any]:
    """Return the notebook's namespace; an empty one outside IPython."""
    if "IPython" not in sys.modules:
        return {}
    from IPython import get_ipython

    shell = get_ipython()
    return {} if shell is None else shell.user_ns


def tables_in(names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables (pandas, polars, pyarrow) of a namespace by name, private ones (``_name``) left out."""
    from narwhals.dependencies import is_into_dataframe

    return {name: value for name, value in list(names.items()) if not name.startswith("_") and is_into_dataframe(value)}


def name_of(value: Any, names: Mapping[str, Any]) -> str | None:
    """Return a name of this very object; None where it has none."""
    return next((name for name, other in names.items() if other is value and not name.startswith("_")), None)
