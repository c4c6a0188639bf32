"""Numbers as people read them: few digits, thousands parted, millions as ``1.2 M``.

Figures of a trained network are shown with two significant digits: training on another processor differs
in the last bits, and what a saved notebook shows should hold there too.
"""

from __future__ import annotations

import math

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

#: What stands where there is no number.
NOTHING = "–"


def count(number: int) -> str:
    """Return ``12,400`` for 12400."""
    return f"{number:,d}"


def counted(number: int, noun: str) -> str:
    """Return ``1 row`` or ``12,400 rows``."""
    return f"{count(number)} {noun}" + ("" if number == 1 else "s")


def rounded(number: float | None, digits: int = 2) -> str:
    """Return `number` with `digits` significant digits: ``0.0031``, ``270``, ``1.2 M``, ``3.4 bn``, ``4.5 × 10¹²``."""
    if number is None or not math.isfinite(number):
        return NOTHING
    if number == 0:
        return "0"
    mantissa, exponent_text = f"{number:.{digits - 1}e}".split("e")
    exponent = int(exponent_text)
    if -5 < exponent < 6:
        text = f"{float(f'{mantissa}e{exponent}'):,.{max(0, digits - 1 - exponent)}f}"
    elif 6 <= exponent < 12:
        power, unit = (6, "M") if exponent < 9 else (9, "bn")
        text = f"{float(mantissa) * 10 ** (exponent - power):.{max(0, digits - 1 + power - exponent)}f} {unit}"
    else:
        text = f"{mantissa} × {power_of_ten(exponent)}"
    return text.replace("-", "−")


def give_or_take(number: float, error: float) -> str:
    """Return ``5.10 ± 0.08``: an error with one significant digit (two below 2: ``± 0.12``), a number as far as that.

    Where the error is not known, the number with two digits.
    """
    if not (math.isfinite(number) and math.isfinite(error)) or error <= 0:
        return rounded(number)
    mantissa, exponent = (float(part) for part in f"{error:.1e}".split("e"))
    if mantissa >= 9.5:  # with one digit it would be 10
        error, mantissa, exponent = 10 ** (exponent + 1), 1.0, exponent + 1
    n_digits = 2 if mantissa < 2 else 1
    last = int(exponent) - n_digits + 1  # the power of ten of the last digit
    digits = 0 if number == 0 else math.floor(math.log10(abs(number))) - last + 1
    return f"{rounded(number, max(digits, 1))} ± {rounded(error, n_digits)}"


def power_of_ten(exponent: int) -> str:
    """Return ``10⁻⁹`` for -9."""
    return f"10{str(exponent).translate(_SUPERSCRIPT)}"


def tick(number: float) -> str:
    """Return `number` as an axis shows it, without needless zeros: ``17,500``, ``0.25``, ``1.5 M``."""
    if 1e6 <= abs(number) < 1e9:
        return f"{number / 1e6:,.6g} M".replace("-", "−")
    return f"{number:,.6g}".replace("-", "−")


def of_one(number: float | None) -> str:
    """Return a share of one, such as R²: two decimals, and more where it comes near to one (``0.997``)."""
    if number is None or not math.isfinite(number):
        return NOTHING
    if number <= -10:
        return rounded(number)
    missing = 1 - number
    decimals = min(6, math.ceil(-math.log10(missing))) if 5e-7 < missing < 0.005 else 2
    text = f"{number:.{decimals}f}"
    return (text[1:] if float(text) == 0 and text.startswith("-") else text).replace("-", "−")


def per_cent(share: float | None, digits: int = 2) -> str:
    """Return ``3.4 %`` for 0.034."""
    return NOTHING if share is None or not math.isfinite(share) else f"{rounded(100 * share, digits)} %"


def listed(words: list[str] | tuple[str, ...]) -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
