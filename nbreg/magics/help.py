"""Help, written from the declarations."""

from __future__ import annotations

import inspect
from textwrap import fill

from nbreg.magics.command import COMMANDS, Command
from nbreg.options import Option, Switch

_WIDTH = 100
#: Commands as they are used one after the other; those that are not named here come last.
_ORDER = (
    "data", "profile", "fit", "forecast", "panel", "evaluate", "cv", "study", "predict", "explain", "effect",
    "interactions", "whatif", "worst", "plot", "runs", "save", "load", "code", "help",
)  # fmt: skip


def overview() -> str:
    """Return the help of %nnreg as a whole."""
    width = max(len(name) for name in COMMANDS)
    in_order = sorted(COMMANDS, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
    commands = [f"  {name:{width}}  {summary(COMMANDS[name])}" for name in in_order]
    return "\n".join(
        [
            "Neural-network regression: train, watch, judge, explain, use and take away.",
            "",
            "  %nnreg COMMAND ... [-o NAME]     the result is the cell's value, and NAME if given",
            "  %%nnreg fit DATA --target COL    the cell's body lists the network's layers, one a line",
            "",
            "Commands",
            *commands,
            "",
            "Examples",
            "  %nnreg data diamonds -o df",
            "  %nnreg fit df --target price --hidden 64,32 --epochs 30 -o model",
            "  %nnreg predict df -o prices",
            "  %nnreg explain",
            "",
            "%nnreg COMMAND --help explains one command. Tab completes commands, options, tables, columns and choices.",
        ]
    )


def summary(command: Command) -> str:
    """Return the first line of the command's docstring."""
    return (inspect.getdoc(command) or "").splitlines()[0]


def command_help(name: str, command: Command) -> str:
    """Return the help of one command: usage, words, options, examples."""
    words = " ".join(each.name.upper() if each.required else f"[{each.name.upper()}]" for each in command.arguments)
    target = command.options().get("target")
    is_needed = target is not None and target.kind.many
    usage = " ".join(filter(None, [f"%nnreg {name}", words, "--target COL" if is_needed else "", "[options]"]))
    parts = [usage, "", inspect.getdoc(command) or ""]
    if command.arguments:
        parts += ["", *(_entry(each.name.upper(), each.help) for each in command.arguments)]
    for heading, group in command.grouped_options().items():
        parts += ["", heading, *(_entry(_usage(each), _help(each)) for each in group.values())] if group else []
    parts += ["", "Examples", *(f"  {example}" for example in command.examples)] if command.examples else []
    return "\n".join(parts)


def _usage(option: Option) -> str:
    flag = "-o, --out" if option.flag == "--out" else option.flag
    return flag if isinstance(option.kind, Switch) else f"{flag} {option.kind.metavar}"


def _help(option: Option) -> str:
    default = option.default
    if default is None or default == () or isinstance(option.kind, Switch):
        return option.help
    shown = ",".join(map(str, default)) if isinstance(default, tuple) else default
    return f"{option.help} [{shown}]"


def _entry(head: str, text: str) -> str:
    indent = " " * 30
    if len(head) > 26:
        return f"  {head}\n" + fill(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)
    return fill(text, _WIDTH, initial_indent=f"  {head:28}", subsequent_indent=indent)
