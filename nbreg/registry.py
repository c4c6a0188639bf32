"""Names to implementations: one file adds one, and the folder is read on first use."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from nbreg.errors import OptionError, did_you_mean

T = TypeVar("T")


class Registry(Generic[T]):
    """What the modules of one package register.

    The package is imported module by module on first use, so its modules import heavy libraries
    (TensorFlow, matplotlib, scikit-learn) inside functions only.
    """

    def __init__(self, package: str, noun: str):
        self.package, self.noun = package, noun
        self._found: dict[str, T] = {}
        self._scanned = False

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that keeps what it decorates under `name`."""

        def keep(implementation: T) -> T:
            self._found[name] = implementation
            return implementation

        return keep

    def __getitem__(self, name: str) -> T:
        """Return the implementation; raise OptionError, with the nearest name, where there is none."""
        self._scan()
        if name not in self._found:
            raise OptionError(f'There is no {self.noun} "{name}".{did_you_mean(name, self)}')
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        self._scan()
        return iter(sorted(self._found))

    def __len__(self) -> int:
        self._scan()
        return len(self._found)

    def _scan(self) -> None:
        if self._scanned:
            return
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self.package}.{module.name}")
        self._scanned = True
