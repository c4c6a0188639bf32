"""The card of an explanation."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_card import Page

from nbreg.explanation.checks.check import Checked
from nbreg.plots.explanation_card import completeness, explanation_card, headline

TEXT = """\
price hangs most on carat (2,000 on average), x (500) and cut (4.0).

method  shapley: exact: all coalitions; as asked for
rows    4 rows of 3 features explained, against a background of 100 rows
sum     attributions and base value add up to the predictions, to less than 0.0001 % of their range

mean |attribution| to price         standard error
carat                        2,000             580
x                              500             140
cut                            4.0               0

good  Agreement  0.83

- carat & x are correlated."""


CHECK = Checked("agreement", "Agreement", 0.83, "0.83", "Near 1 is good: two methods say the <same>.", is_good=True)


@pytest.fixture
def explanation(make_explanation):
    table = pd.DataFrame({"x": [1.0, 2, 3, 4], "carat": [0.2, 0.3, 0.4, np.nan], "cut": list("abab")})
    values = np.column_stack([[250, -250, 750, -750], [-1000, 3000, 3000, -1000], [4, 4, -4, -4]])
    notices = ("carat & x are correlated.",)
    return make_explanation(values, table, checks=(CHECK,), notices=notices)


def test_text(explanation):
    assert repr(explanation_card(explanation)) == TEXT


def test_html_stands_alone_and_says_the_same(explanation):
    html = explanation_card(explanation).to_html()
    page = Page(html)
    assert page.open == []
    assert not {"script", "link", "iframe"} & {tag for tag, _ in page.tags}
    text = " ".join(" ".join(page.texts).split())
    for part in ("price hangs most on carat (2,000 on average)", "exact: all coalitions", "background of 100 rows",
                 "carat & x are correlated", "Agreement", "0.83", "two methods say the <same>"):  # fmt: skip
        assert part in text
    alts = [image["alt"] for image in page.of("img")]
    assert [alt.split(",")[0] for alt in alts] == ["Importance of features", "Beeswarm: attribution to price"]


def test_pictures_are_turned_over_on_dark_pages(explanation):
    html = explanation_card(explanation).to_html()
    assert 'body[data-jp-theme-light="false"] .nbreg-sheet .nbreg-pictures img' in html
    assert "prefers-color-scheme: dark" in html


def test_bundle_has_html_text_and_both_pictures_in_one(explanation):
    card = explanation_card(explanation)
    data, metadata = card._repr_mimebundle_()
    assert data["text/plain"] == TEXT
    sizes = [(int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) for png, _ in card.pictures]
    png = base64.b64decode(data["image/png"])
    assert int.from_bytes(png[16:20], "big") == 2 * max(width for width, _ in sizes)
    assert int.from_bytes(png[20:24], "big") == max(height for _, height in sizes)
    assert metadata["image/png"]["alt"].startswith("Importance of features")
    assert explanation._repr_mimebundle_() == (data, metadata)


def test_each_target_is_shown_and_of_many_the_first_three(make_explanation):
    values = np.random.default_rng(0).normal(size=(10, 2, 4))
    card = explanation_card(make_explanation(values))
    assert len(card.pictures) == 6
    assert repr(card).count("mean |attribution| to") == 3
    assert '1 more target explained and not shown here: .plot("importance", target="d")' in repr(card)
    assert headline(card.explanation).count("hangs most on") == 3


def test_sampled_attributions_say_what_chance_leaves(explanation):
    errors = np.full(explanation.values.shape, 0.5)
    errors[1, 2] = 12.345
    text = repr(explanation_card(replace(explanation, standard_errors=errors)))
    assert "chance  largest standard error of a single attribution: 12\n" in text


def test_sensitivities_add_up_to_nothing(explanation):
    changes = {"kind": "sensitivity", "base_values": None, "completeness_gap": None, "values": abs(explanation.values)}
    text = repr(explanation_card(replace(explanation, **changes)))
    assert "add up" not in text
    assert "mean sensitivity of price" in text


@pytest.mark.parametrize(
    ("gap", "words"),
    [(0, "0.0001 %"), (3e-9, "0.0001 %"), (1e-6, "0.0001 %"), (1.2e-6, "0.001 %"), (0.03, "10 %"), (0.4, "100 %"),
     (0.001, "0.1 %"), (0.01, "1 %"), (25, "10,000 %")],
)  # fmt: skip
def test_completeness_is_rounded_up_to_a_power_of_ten(gap, words):
    assert completeness(gap).endswith(f"to less than {words} of their range")


def test_where_nothing_matters_it_says_so(explanation):
    nothing = explanation_card(replace(explanation, values=np.zeros((4, 3))))
    assert repr(nothing).startswith("price hangs on none of the features.")
    assert len(nothing.pictures) == 2


def test_names_cannot_break_the_page(make_explanation):
    name = '<script>alert("x")</script>'
    explanation = make_explanation(np.ones((2, 1)), pd.DataFrame({name: [1.0, 2]}), target_names=(name,))
    page = Page(explanation_card(explanation).to_html())
    assert page.of("script") == []
    assert page.open == []


def test_the_last_bits_change_nothing(explanation):
    other = replace(explanation, values=explanation.values * (1 + 1e-9), completeness_gap=4e-7)
    assert repr(explanation_card(other)) == TEXT
