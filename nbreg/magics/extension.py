"""``%load_ext nbreg`` and ``%unload_ext nbreg``."""

from __future__ import annotations

from typing import Any

from nbreg.magics import completion
from nbreg.magics.nnreg import NNRegMagics, write_docstring
from nbreg.magics.showing import Showing


def load(shell: Any) -> None:
    """Register the magics, their completion and how regressors are shown. Loading twice is loading once."""
    if _loaded(shell):
        return
    write_docstring()
    magics = NNRegMagics(shell)  # which also enters it among the configurables
    shell.register_magics(magics)
    magics.matcher = completion.matcher(shell)
    shell.Completer.custom_matchers.insert(0, magics.matcher)
    magics.showing = Showing(shell, magics)
    magics.showing.begin()


def unload(shell: Any) -> None:
    """Take back all that `load` did."""
    magics = _loaded(shell)
    if not magics:
        return
    magics.showing.end()
    shell.Completer.custom_matchers.remove(magics.matcher)
    shell.configurables.remove(magics)
    manager = shell.magics_manager
    manager.registry.pop(NNRegMagics.__name__, None)
    for kind in ("line", "cell"):
        manager.magics[kind].pop("nnreg", None)


def _loaded(shell: Any) -> NNRegMagics | None:
    found = shell.magics_manager.registry.get(NNRegMagics.__name__)
    return found if isinstance(found, NNRegMagics) else None
