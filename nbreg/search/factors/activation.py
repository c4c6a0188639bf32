"""Studies of the activation of hidden layers."""

from __future__ import annotations

from nbreg.search.factor import FACTORS, OptionFactor


class Activation(OptionFactor):
    """The activation of the hidden layers: the five of textbooks; the option has more."""

    of = "activation"
    values = ("relu", "sigmoid", "tanh", "leaky_relu", "elu")
    asks = "Which activation suits the hidden layers?"
    metrics = ("rmse", "r2")


FACTORS.register("activation")(Activation())
