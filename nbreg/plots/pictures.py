"""Pictures of a card: drawn once, shown on light and dark pages, and as one PNG where HTML is not shown."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from nbreg.plots.plot import image_bundle

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Drawn(Protocol):
    """What can be drawn, and told in words."""

    @property
    def alt(self) -> str:
        """What is to be seen, in words."""

    def figure(self) -> Figure:
        """Return a figure that belongs to nobody else."""


class Picture(NamedTuple):
    """A PNG at twice its shown size, and what is to be seen, in words."""

    png: bytes
    alt: str


#: Width of a picture of one panel, in CSS pixels, and the largest that a page shows it at.
PANEL_WIDTH, _WIDEST = 374, 536

# Pictures are made for light pages. On a dark one they are turned over, hues kept, so that their paper has the
# colour of JupyterLab's dark page; where this style is taken away they keep their own light paper.
PICTURES_STYLE = """
.nbreg-sheet .nbreg-pictures { display: flex; flex-wrap: wrap; gap: 8px; margin: 6px 0; }
.nbreg-sheet .nbreg-pictures img {
  flex: 1 1 calc(50% - 8px); width: auto; min-width: min(400px, 100%); max-width: min(536px, 100%); height: auto;
  object-fit: contain; border-radius: 6px; margin: 0;
}
.nbreg-sheet .nbreg-pictures img.nbreg-wide { flex-basis: 100%; max-width: min(var(--nbreg-widest), 100%); }
body[data-jp-theme-light="false"] .nbreg-sheet .nbreg-pictures img, body.vscode-dark .nbreg-sheet .nbreg-pictures img {
  filter: invert(.933) hue-rotate(180deg);
}
@media (prefers-color-scheme: dark) {
  body:not([data-jp-theme-light]):not([class*="vscode"]) .nbreg-sheet .nbreg-pictures img {
    filter: invert(.933) hue-rotate(180deg);
  }
}
"""


def drawn(infos: Iterable[Drawn]) -> tuple[Picture, ...]:
    """Return a picture of each."""
    from nbreg.plots.theme import to_png

    return tuple(Picture(to_png(info.figure()), info.alt) for info in infos)


def pictures_html(pictures: Sequence[Picture]) -> str:
    """Return HTML of pictures side by side, as many as there is room for; nothing where there are none."""
    images = [
        f'<img width="{_size(png)[0] // 2}" alt="{escape(alt)}" {_room(_size(png)[0] // 2)}'
        f'src="data:image/png;base64,{base64.b64encode(png).decode("ascii")}">'
        for png, alt in pictures
    ]
    return f'<div class="nbreg-pictures">\n{chr(10).join(images)}\n</div>\n' if images else ""


def _room(width: int) -> str:
    """Return the attributes of a picture wider than one panel: a row of its own, its letters as large as others'."""
    widest = round(width * _WIDEST / PANEL_WIDTH)
    return f'class="nbreg-wide" style="--nbreg-widest: {widest}px" ' if width > 1.25 * PANEL_WIDTH else ""


def side_by_side(pictures: Sequence[Picture]) -> bytes | None:
    """Return all pictures in one PNG, two in a row; None where there are none."""
    if not pictures:
        return None
    from PIL import Image

    images = [Image.open(io.BytesIO(png)) for png, _ in pictures]
    width = max(image.width for image in images)
    rows = [images[i : i + 2] for i in range(0, len(images), 2)]
    heights = [max(image.height for image in row) for row in rows]
    whole = Image.new("RGBA", (width * len(rows[0]), sum(heights)), (255, 255, 255, 0))
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            whole.paste(image, (width * j, sum(heights[:i])))
    buffer = io.BytesIO()
    whole.save(buffer, format="PNG")
    return buffer.getvalue()


def card_bundle(
    text: str, html: str, png: bytes | None, pictures: Sequence[Picture]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return data and metadata of a card: `html`, `png` with the pictures' words as its alternative, and `text`."""
    words = {"text/plain": text, "text/html": html}
    if png is None:
        return words, {}
    data, metadata = image_bundle(png, " ".join(picture.alt for picture in pictures), text)
    return {**data, **words}, metadata


def _size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
