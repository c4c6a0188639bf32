"""The network of gated recurrent units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nbreg.networks.architecture import ARCHITECTURES
from nbreg.networks.recurrent import Recurrent


@ARCHITECTURES.register("gru")
@dataclass(frozen=True)
class Gru(Recurrent):
    """Gated recurrent units (Cho et al. 2014): two gates say what of the state is used, and what is kept."""

    name: ClassVar[str] = "gru"
    layer: ClassVar[str] = "GRU"
