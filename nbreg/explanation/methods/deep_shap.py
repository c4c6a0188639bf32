"""DeepSHAP: differences from background rows, handed back through the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbreg.evaluation.wording import counted
from nbreg.explanation.explained import Explained
from nbreg.explanation.method import METHODS, Attribution, Method, Task
from nbreg.explanation.network import ExplainedNetwork, kept_with
from nbreg.explanation.pairs import Pairs
from nbreg.explanation.rescale import rescale_step
from nbreg.explanation.rescale_rules import missing_rule
from nbreg.explanation.target_units import in_target_units

if TYPE_CHECKING:
    import keras

#: A pair of a row and a background row takes as much room as so many rows: beside values, it has what multiplies them.
ROWS_A_PAIR = 2


@METHODS.register("deep_shap")
class DeepShap(Method):
    """DeepSHAP (Lundberg & Lee 2017): DeepLIFT's rescale rule (Shrikumar, Greenside & Kundaje 2017), averaged over
    background rows.

    Between a background row and a row each activation is taken for a multiplication, by the quotient of the
    differences of its outputs and of its inputs; the inverse transform of the target is one more activation. So
    attributions add up to the prediction exactly. It is fast, and not the Shapley value: interactions are shared out
    by rule. Beside functions of one number there are rules for products, softmax, pooling and recurrent layers (see
    `differences`); other layers that are not linear have none.
    """

    def refusal(self, explained: Explained) -> str | None:
        return missing_rule(explained.network) if isinstance(explained, ExplainedNetwork) else "it needs a network"

    def attribute(self, task: Task) -> Attribution:
        explained = task.explained
        assert isinstance(explained, ExplainedNetwork)  # `refusal` came before
        copy = _parted_copy(explained)
        pairs = Pairs(task, explained.rows_a_step // ROWS_A_PAIR)
        convert = in_target_units(explained.regressor.target_scaler_, explained.targets)
        key = "rescale", pairs.n_rows, pairs.n_background
        n_evaluations = 3 * len(task.points) * len(task.background)
        step = explained.compiled(key, rescale_step(copy, convert, explained.targets), n_evaluations)
        values = pairs.shares_of_players(step)
        base_values = explained.predict(task.background).mean(axis=0)
        background = counted(len(task.background), "background row")
        return Attribution(values, base_values, words=f"rescale rule between each row and each of {background}")


def _parted_copy(explained: ExplainedNetwork) -> keras.Model:
    """Return a copy of the network with activations apart, and the weights of the moment."""
    import keras

    from nbreg.explanation.parted_network import parted, take_weights

    network = explained.network
    with keras.saving.custom_object_scope(explained.regressor.blueprint_.architecture.custom_objects()):
        copy = kept_with(network, "parted", lambda: parted(network))
    take_weights(copy, network)
    return copy
