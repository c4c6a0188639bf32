"""The network with long short-term memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nbreg.networks.architecture import ARCHITECTURES
from nbreg.networks.recurrent import Recurrent


@ARCHITECTURES.register("lstm")
@dataclass(frozen=True)
class Lstm(Recurrent):
    """Long short-term memory (Hochreiter & Schmidhuber 1997): gates say what is taken in, kept and let out."""

    name: ClassVar[str] = "lstm"
    layer: ClassVar[str] = "LSTM"
