"""Which options do nothing beside the others, by what networks, heads and options declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nbreg.networks.architecture import ARCHITECTURES, NetworkChoice, architecture_options
from nbreg.networks.blueprint import Blueprint
from nbreg.networks.heads.head import HEADS, NONE, HeadChoice, head_options
from nbreg.networks.skip import SkipChoice
from nbreg.options import Option


def idle_of(choices: Mapping[str, Any], known: Mapping[str, Option]) -> dict[str, str]:
    """Return, of the `known` options, those that do nothing as the others are chosen, and why."""
    needs = {name: each.needs for name, each in known.items()}
    unmet = {name: need.words() for name, need in needs.items() if need and not need.are_met(choices)}
    idle = {**unmet, **_of_head(choices), **_of_network(choices)}
    return {name: why for name, why in idle.items() if name in known}


def check_together(given: Mapping[str, Any], choices: Mapping[str, Any], known: Mapping[str, Option]) -> None:
    """Raise OptionError where one of the options `given` does not go with the network and head among `choices`."""
    asked = {**choices, **given}
    idle = idle_of(asked, known)
    chosen = {name: asked[name] for name in (*NetworkChoice.options(), *HeadChoice.options()) if name not in idle}
    Blueprint.of({**chosen, **given})


def _of_network(choices: Mapping[str, Any]) -> dict[str, str]:
    name = choices["network"]
    family = ARCHITECTURES[name]
    others = _all(set(architecture_options()) - set(family.options()), f"The {name} has none.")
    if not family.is_own_head:
        return others
    taken = (*HeadChoice.options(), *head_options(), *SkipChoice.options())
    return others | _all(taken, f"The {name} is a head of its own.")


def _of_head(choices: Mapping[str, Any]) -> dict[str, str]:
    name = choices["heads"] if choices["joint"] == NONE else choices["joint"]
    head = HEADS[name]
    idle = _all(set(head_options()) - set(head.options()), f"The {name} head has none.")
    if head.is_joint:
        idle["heads"] = f"The {name} head is one for all targets."
    if head.is_closed_form:
        idle |= _all(SkipChoice.options(), f"Nothing can stand beside the {name} head.")
    return idle


def _all(names: Iterable[str], why: str) -> dict[str, str]:
    return dict.fromkeys(names, why)
