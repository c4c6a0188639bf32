"""How a search is shown: at every point of its course, and what its pictures hold."""

from __future__ import annotations

import json

import numpy as np
import optuna
import pytest

from nbreg.data.frames import as_frame
from nbreg.data.spec import DataSpec
from nbreg.errors import DataError, OptionError
from nbreg.plots.best_so_far import BestSoFar
from nbreg.plots.option_importance import FEWEST_TRIALS, OptionImportance
from nbreg.plots.parallel_coordinates import Coordinate, ParallelCoordinates
from nbreg.plots.pictures import drawn, pictures_html
from nbreg.plots.plot import plot
from nbreg.plots.search_card import headline, search_bundle, search_text
from nbreg.search.asking import Asking
from nbreg.search.course import Course
from nbreg.search.fold_spec import FoldSpec
from nbreg.search.fold_table import FoldTable
from nbreg.search.scoring import Scoring
from nbreg.search.search import Search
from nbreg.search.searching import Searching
from nbreg.search.space import Space
from nbreg.search.trial import DONE, FAILED, PRUNED, Trial
from nbreg.search.trial_store import TrialStore
from nbreg.search.tune_spec import TuneSpec

LINE = "learning_rate=1e-4..1e-1:log, activation=relu|gelu|tanh"


def a_search(values: list[tuple[float, ...]], more: tuple[Trial, ...] = (), metric: str = "rmse") -> Search:
    """Return a search that came to these values by fold, the first of them with the options it began with."""
    table = FoldTable.of(as_frame(np.arange(60.0).reshape(30, 2)), DataSpec(target="x1"), FoldSpec(folds=3))
    asking = Asking(Space.of(LINE, {}), {}, "random", 0, metric == "r2")
    choices = TuneSpec(trials=max(1, len(values) + len(more) - 1), sampler="random", metric=metric)
    searching = Searching(table, asking, choices, Scoring.of(metric, table), TrialStore())
    for number, of_folds in enumerate(values):
        params = asking.params(number, ()) if number else asking.params_of({})
        searching.trials[number] = Trial(number, asking.options(params) if number else {}, params, DONE, of_folds)
    searching.trials |= {trial.number: trial for trial in more}
    search = Search(("x1",), {}, Course(3))
    search.searching = searching
    return search


def test_a_search_shows_itself_before_its_first_trial_is_done():
    search = a_search([])
    assert "no trial is done yet" in headline(search)
    data, _ = search_bundle(search)
    assert set(data) == {"text/plain", "text/html"}


def test_it_says_what_is_best_beside_what_it_began_with():
    search = a_search([(3.0, 3.2, 3.4), (2.0, 2.1, 2.2), (2.5, 2.5, 2.5)])
    # By fold 1.0, 1.1 and 1.2 less: mean 1.1, and 0.1 * sqrt(1/3 + 1/2) for the error.
    assert headline(search).endswith("instead of 3.20 ± 0.2 (by fold 1.1 ± 0.09 less).")
    assert "RMSE on the folds is 2.10 ± 0.09 with the best options" in headline(search)
    assert search.best.number == 1
    search = a_search([(1.0, 1.0, 1.0), (2.0, 2.1, 2.2)])
    assert "none was better" in headline(search)
    search = a_search([(0.5, 0.5, 0.6), (0.7, 0.8, 0.9)], metric="r2")
    assert search.best.number == 1
    assert "more)" in headline(search)


def test_trials_that_failed_or_were_given_up_are_told_and_not_best():
    failed = Trial(2, {}, {}, FAILED, error="The loss is not a number.")
    pruned = Trial(3, {}, {}, PRUNED, values=(0.1,), given_up=(1, 30))
    search = a_search([(3.0, 3.2, 3.4), (2.0, 2.1, 2.2)], (failed, pruned))
    text = search_text(search)
    assert "Trial 2 failed: The loss is not a number." in text
    assert "1 given up early and 1 failed" in text
    assert search.best.number == 1
    info = BestSoFar.of(search)
    assert info.others == (2, 3)
    steps = info.draw().axes[0].lines[0]
    assert (steps.get_xdata()[-1], steps.get_ydata()[-1]) == (3, search.best_score)  # it stays the best to the end


def test_the_best_so_far_is_the_running_best():
    scores = [3.0, 3.5, 2.0, 2.5, 1.0]
    info = BestSoFar.of(a_search([(score,) * 3 for score in scores]))
    np.testing.assert_allclose(info.best, np.minimum.accumulate(scores))
    assert info.default == pytest.approx(3.0)
    rising = BestSoFar.of(a_search([(score,) * 3 for score in scores], metric="r2"))
    np.testing.assert_allclose(rising.best, np.maximum.accumulate(scores))


def test_parallel_coordinates_stand_between_the_ends_of_the_space():
    search = a_search([(3.0,) * 3, (2.0,) * 3, (1.0,) * 3, (4.0,) * 3])
    info = ParallelCoordinates.of(search)
    assert [each.title for each in info.coordinates] == ["learning_rate", "activation", "RMSE"]
    assert info.lines[-1][-1] == 0  # the best lies on top, and is the lowest
    for trial, line in zip(sorted(search.trials, key=lambda each: -each.score), info.lines, strict=True):
        rate = trial.options.get("learning_rate", 0.01)
        assert line[0] == pytest.approx(np.log10(rate / 1e-4) / 3, abs=2e-3)
        activation = trial.options.get("activation", "relu")
        assert line[1] == ["relu", "gelu", "tanh"].index(activation) / 2
    assert info.figure()


def test_importance_is_optunas_and_takes_some_trials():
    rng = np.random.default_rng(0)
    search = a_search([(score,) * 3 for score in rng.uniform(1, 2, FEWEST_TRIALS - 1)])
    with pytest.raises(DataError, match=r"can be told from 12 trials on, .*; 11 are done"):
        OptionImportance.of(search)
    search = a_search([(score,) * 3 for score in rng.uniform(1, 2, 30)])
    study = optuna.create_study()
    for trial in search.trials:
        study.add_trial(
            optuna.trial.create_trial(
                value=trial.score,
                params=dict(trial.params),
                distributions={
                    "learning_rate": optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True),
                    "activation": optuna.distributions.CategoricalDistribution(("relu", "gelu", "tanh")),
                },
            )
        )
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    expected = optuna.importance.get_param_importances(study, evaluator=evaluator)
    info = OptionImportance.of(search)
    assert dict(zip(info.names, info.shares, strict=True)) == pytest.approx(dict(expected))
    assert info.figure()


def test_a_score_that_is_a_share_is_shown_per_cent_everywhere():
    search = a_search([(0.6, 0.62, 0.64), (0.5, 0.53, 0.54)], metric="mape")
    assert headline(search) == (
        "MAPE on the folds is 52.3 ± 2 % with the best options, instead of 62.0 ± 2 % (by fold 9.7 ± 0.5 % less)."
    )
    info = BestSoFar.of(search)
    assert info.scores == pytest.approx((62, 157 / 3))
    assert info.figure().axes[0].get_ylabel() == "MAPE, %, mean of the folds"
    info = ParallelCoordinates.of(a_search([(1.0,) * 3, (0.5,) * 3, (0.7,) * 3], metric="mape"))
    assert [text for _, text in info.coordinates[-1].ticks] == ["50.0 %", "100 %"]


@pytest.mark.parametrize("name", ["best_so_far", "option_importance", "parallel_coordinates"])
def test_each_picture_of_a_search_is_had_by_its_name(name):
    search = a_search([tuple(np.random.default_rng(i).uniform(1, 2, 3)) for i in range(15)])
    shown = plot(name, search)
    data, metadata = shown._repr_mimebundle_()
    assert data["text/plain"] == f"<plot {name}>"
    assert len(metadata["image/png"]["alt"]) > 20
    with pytest.raises(OptionError, match=f"{name} has no use for row"):
        plot(name, search, row=1)
    with pytest.raises(DataError):
        plot(name, a_search([]))
    with pytest.raises(OptionError, match="learning_curve is a picture of a regressor; got a search"):
        plot("learning_curve", search)
    with pytest.raises(OptionError, match="study is a picture of a study; got a search"):
        plot("study", search)


def test_the_card_of_a_whole_search_has_its_pictures():
    rng = np.random.default_rng(0)
    search = a_search([tuple(rng.uniform(1, 2, 3)) for _ in range(20)])
    search.course.end()
    data, metadata = search_bundle(search)
    assert data["text/html"].count("<img") == 3
    assert data["text/html"].count('class="nbreg-wide"') == 0  # two options and the score need no row of their own
    wide = ParallelCoordinates(
        tuple(Coordinate(f"option {i}", ()) for i in range(7)), ((0.5,) * 7,) * 2, (1.0, 0.0), ""
    )
    assert 'class="nbreg-wide" style="--nbreg-widest: 975px"' in pictures_html(drawn([wide]))
    assert "as it began" in data["text/plain"]
    assert search.line.startswith("%nnreg fit df --target x1")
    assert json.dumps(metadata)
