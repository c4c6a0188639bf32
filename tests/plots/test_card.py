"""The card of a fit."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from nbreg.evaluation.report import Report
from nbreg.plots.card import card
from nbreg.plots.comparison import compare

TEXT = """\
Predicts price to within 1.0 on average (MAE) on 100 test rows: R² 0.999; boosted trees 0.9992, ridge 0.995.

rows      12,600: 12,400 train, 100 validation and 100 test
inputs    9 features, 26 inputs after encoding
network   mlp 64-32, relu: 3,841 parameters
training  adam, learning rate 0.001, mse, batches of 256; finished

price, 100 test rows     network   boosted trees     ridge    mean
MSE                          1.0            0.64*      4.0     830
RMSE                         1.0            0.80*      2.0      29
MAE                          1.0            0.80*      2.0      25
R²                         0.999          0.9992*    0.995    0.00
Explained variance         0.999          0.9992*    0.995    0.00
MSLE                  5.0 × 10⁻⁵      3.2 × 10⁻⁵*  0.00020   0.039
RMSLE                     0.0070          0.0056*    0.014    0.20
MAPE                      0.70 %          0.56 %*    1.4 %    18 %

- Left out "id": it names rows & nothing else."""


class Page(HTMLParser):
    """The tags, attributes and texts of a piece of HTML; which tags were left open."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.texts = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if self.open[-1:] != ["style"]:
            self.texts.append(text)

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_text(report):
    assert repr(card(report)) == TEXT


def test_text_names_no_epoch_and_no_time(report):
    other = replace(report, epochs_run=77, best_epoch=61)
    assert repr(card(other)) == repr(card(report))


def test_html_stands_alone(report):
    html = card(report).to_html()
    page = Page(html)
    assert page.open == []
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert not re.search(r"https?:|@import|url\(", html)
    assert all(image["src"].startswith("data:image/png;base64,") for image in page.of("img"))
    assert all(len(image["alt"]) > 20 for image in page.of("img"))
    assert "it names rows &amp; nothing else" in html


def test_html_says_the_same_without_its_style(report):
    text = " ".join(" ".join(Page(card(report).to_html()).texts).split())
    for part in ("Predicts price to within 1.0", "12,400 train", "3,841 parameters", "100 test rows",
                 "100 validation rows", "boosted trees", "finished after 4 of 100 epochs, best epoch 3"):  # fmt: skip
        assert part in text


def test_best_figures_are_bold_and_ties_share(report):
    comparison = compare(report, "test", "price")
    assert comparison.models == ("network", "boosted trees", "ridge", "mean")
    assert comparison.best == frozenset((i, 1) for i in range(8))
    tied = replace(report, baselines={**report.baselines, "boosted trees": report.evaluations})
    assert compare(tied, "test", "price").best == frozenset((i, j) for i in range(8) for j in (0, 1))
    assert card(report).to_html().count('<td class="nbreg-best"><b>') == 16


def test_pictures_are_two_side_by_side(report):
    report = replace(report, range_test=None)
    data, metadata = card(report)._repr_mimebundle_()
    png = base64.b64decode(data["image/png"])
    single = card(report).pictures[0][0]
    width, height = (int.from_bytes(single[at : at + 4], "big") for at in (16, 20))
    assert (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) == (2 * width, height)
    assert metadata["image/png"]["alt"].startswith("Learning curve over 4 epochs.")
    assert "Predicted against observed" in metadata["image/png"]["alt"]


def test_same_report_same_bytes_also_after_a_file(report):
    first = card(report)._repr_mimebundle_()
    assert card(Report.from_json(report.to_json()))._repr_mimebundle_() == first


def test_several_targets_have_a_table_and_a_picture_each(three_targets):
    shown = card(three_targets)
    assert len(shown.pictures) == 4 + 1  # the range test
    assert shown.to_html().count("<table>") == 6
    for target in "abc":
        assert f"{target}, 100 test rows" in repr(shown)


def test_a_failed_run_has_a_card_without_pictures(without_rows):
    data, metadata = card(replace(without_rows, range_test=None))._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html"}
    assert metadata == {}
    assert data["text/plain"].startswith("Training failed: The loss is no finite number")
    assert "failed after 0 of 100 epochs" in data["text/html"]


@pytest.mark.parametrize("status", ["stopped", "failed"])
def test_what_was_reached_is_shown_also_where_it_did_not_finish(report, status):
    html = card(replace(report, status=status, error="The loss is no finite number.")).to_html()
    assert f"{status} after 4 of 100 epochs" in html
    assert ("Training failed: The loss is no finite number. What it had reached: Predicts price" in html) == (
        status == "failed"
    )


def test_names_of_columns_cannot_break_the_page(report):
    name = '<script>alert("x")</script>'
    renamed = {which: replace(each, targets=(name,)) for which, each in report.evaluations.items()}
    shown = card(replace(report, targets=(name,), evaluations=renamed, baselines={}))
    page = Page(shown.to_html())
    assert page.of("script") == []
    assert page.open == []


def test_without_baselines_nothing_is_marked(report):
    shown = card(replace(report, baselines={}))
    assert "nbreg-best" not in shown.to_html().split("</style>")[1]
    assert "*" not in repr(shown)
