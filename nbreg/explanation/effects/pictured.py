"""Results that are a picture and a few sentences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from nbreg.explanation.by_target import ByTarget

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Pictured(ByTarget, ABC):
    """Shows itself as a picture, with sentences in its place where there are none."""

    notices: tuple[str, ...]

    @property
    @abstractmethod
    def figure(self) -> Figure:
        """A matplotlib figure of it, which belongs to nobody else."""

    @abstractmethod
    def sentence(self) -> str:
        """Return what is to be seen, of one target."""

    @property
    def words(self) -> tuple[str, ...]:
        """A sentence for each target, then the notices."""
        return (*(self.of_target(name).sentence() for name in self.target_names), *self.notices)

    def __repr__(self) -> str:
        return "\n".join(self.words)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        from nbreg.plots.plot import image_bundle
        from nbreg.plots.theme import to_png

        return image_bundle(to_png(self.figure), " ".join(self.words), repr(self))
