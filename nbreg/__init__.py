"""Neural-network regression that lives in the notebook.

``%load_ext nbreg`` brings ``%nnreg``; the same is here for Python. Names are imported on first use, so
``import nbreg`` costs nothing until something is trained.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

#: The public names and where they live.
_CATALOGUE = {
    "ExplainPanel": "nbreg.panels.explain",
    "Explanation": "nbreg.explanation.explanation",
    "ForecastPanel": "nbreg.panels.forecast",
    "Forecaster": "nbreg.forecasting.forecaster",
    "NbregError": "nbreg.errors",
    "Regressor": "nbreg.regressor",
    "RunsPanel": "nbreg.panels.runs",
    "StudyPanel": "nbreg.panels.study",
    "TrainPanel": "nbreg.panels.train",
    "backtest": "nbreg.forecasting.backtest",
    "cross_validate": "nbreg.search.cross_validation",
    "effect": "nbreg.explanation.effects.computing",
    "explain": "nbreg.explanation.explain",
    "explain_windows": "nbreg.explanation.windows",
    "fit": "nbreg.session",
    "forecast": "nbreg.session",
    "interactions": "nbreg.explanation.effects.pairs",
    "load": "nbreg.session",
    "plot": "nbreg.plots.plot",
    "runs": "nbreg.session",
    "tune": "nbreg.search.tune",
    "profile": "nbreg.data.profile",
    "study": "nbreg.search.study",
    "what_if": "nbreg.explanation.what_if",
    "worst": "nbreg.failures",
}

__all__ = [*_CATALOGUE, "__version__", "load_ipython_extension", "unload_ipython_extension"]


def __getattr__(name: str) -> Any:
    if name not in _CATALOGUE:
        raise AttributeError(f"module 'nbreg' has no attribute {name!r}")
    value = getattr(importlib.import_module(_CATALOGUE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Register ``%nnreg`` and ``%%nnreg``; called by ``%load_ext nbreg``."""
    from nbreg.magics.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Leave the shell as it was before ``%load_ext nbreg``."""
    from nbreg.magics.extension import unload

    unload(shell)
