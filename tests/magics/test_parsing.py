"""From a line to arguments and options."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbreg.errors import NbregError, OptionError
from nbreg.magics.command import COMMANDS
from nbreg.magics.parsing import parse, words_of


def test_a_line_says_its_command_words_and_flags():
    parsed = parse('fit df --target price --target "sale date" --learning-rate=1e-3 --hidden 8,4 --batch-norm -o model')
    assert parsed.name == "fit"
    assert parsed.arguments == {"data": "df"}
    assert parsed.options == {
        "target": ("price", "sale date"), "learning_rate": 1e-3, "hidden": (8, 4), "batch_norm": True, "out": "model",
    }  # fmt: skip


def test_a_switch_is_turned_off_by_no():
    assert parse("fit df --no-batch-norm").options == {"batch_norm": False}


def test_a_path_keeps_its_backslashes():
    assert parse(r"load C:\models\a.nbreg").arguments == {"path": r"C:\models\a.nbreg"}


def test_nothing_at_all_asks_for_help():
    assert parse("  ").name == "help"
    assert parse("fit --help").wants_help


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fti df", 'There is no command "fti". Did you mean "fit"?'),
        ("fit df --lerning-rate 3", 'fit has no option --lerning-rate. Did you mean "--learning-rate"?'),
        ("fit df --epochs", "--epochs takes a whole number of at least 1, or auto; nothing was given."),
        ("fit df --epochs --seed 3", "--epochs takes a whole number of at least 1, or auto; nothing was given."),
        ("fit df --epochs many", "epochs (--epochs) takes a whole number of at least 1, or auto; got many."),
        ("fit df --epochs 3 --epochs 4", "--epochs is given twice."),
        ("fit df --network mpl", "Did you mean \"mlp\"?"),
        ("fit", "fit needs DATA: the name of a table in the notebook, a .csv or .parquet file, or a folder"),
        ("fit df df2", 'fit takes DATA; "df2" is one word too many.'),
        ("runs now", 'runs takes no words of its own; "now" is one word too many.'),
        ("fit 'df", "A quote is not closed in: fit 'df"),
        ("fit df -o 2x", "out (--out) takes a Python name, such as model, or none; got 2x."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_line(line, said):
    with pytest.raises(OptionError) as caught:
        parse(line)
    assert said in str(caught.value)


@given(st.lists(st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="'\"\\"), min_size=1)))
def test_words_that_a_shell_would_quote_come_back_whole(words):
    assert words_of(" ".join(shlex.quote(word) for word in words)) == words


@given(st.text(max_size=60))
def test_any_line_is_read_or_told_in_one_line(line):
    try:
        parsed = parse(line)
    except NbregError as error:
        assert "\n" not in str(error)
    else:
        assert parsed.name in COMMANDS


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_its_help(name):
    from nbreg.magics.help import command_help, summary

    text = command_help(name, COMMANDS[name])
    assert summary(COMMANDS[name]) in text
    for declared in COMMANDS[name].options().values():
        assert declared.flag in text
    for example in COMMANDS[name].examples:
        if example.startswith("%nnreg"):
            assert parse(example.removeprefix("%nnreg")).name == name
