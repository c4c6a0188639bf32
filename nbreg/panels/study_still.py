"""The picture that a study panel leaves: the line, and the study's card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbreg.evaluation import sheet
from nbreg.panels.still import Still
from nbreg.panels.train_still import LINE_STYLE, line_html

if TYPE_CHECKING:
    from nbreg.search.study import Study


def after(line: str, study: Study) -> Still:
    """Return a picture of what a study has come to."""
    from nbreg.plots.study_card import study_bundle

    data, metadata = study_bundle(study)
    html = sheet.sheet(line_html(line), LINE_STYLE) + data["text/html"]
    return Still(f"{line}\n\n{data['text/plain']}", html, data.get("image/png", ""), metadata)
