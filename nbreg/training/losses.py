"""What losses ask of the targets."""

from __future__ import annotations

from nbreg.errors import OptionError

#: Losses of the targets themselves, and how their targets are scaled, so that on scaled targets they are what they
#: are in target units: the mean squared logarithmic error is the mean squared error of ``log(1 + y)``, and relative
#: errors stay the same where targets are divided but not shifted.
_TRANSFORMS = {"msle": "log1p", "mape": "ratio"}


def target_transform_for(loss: str, asked: str) -> str:
    """Return how targets are bent for `loss`, where `asked` is what was asked for. Raises OptionError."""
    needed = _TRANSFORMS.get(loss, asked)
    if asked not in ("auto", needed):
        raise OptionError(
            f"loss={loss} is an error of the target itself and brings target_transform={needed}; {asked} was asked "
            "for: leave target_transform out, or use mse or mae."
        )
    return needed
