"""The simple recurrent network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nbreg.networks.architecture import ARCHITECTURES
from nbreg.networks.recurrent import Recurrent


@ARCHITECTURES.register("rnn")
@dataclass(frozen=True)
class Rnn(Recurrent):
    """Elman's network (1990): the state is a function of the step and of the state before."""

    name: ClassVar[str] = "rnn"
    layer: ClassVar[str] = "SimpleRNN"
