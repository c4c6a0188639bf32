"""A report in one line."""

from __future__ import annotations

from nbreg.evaluation.evaluation import Evaluation
from nbreg.evaluation.report import Report
from nbreg.evaluation.wording import counted, listed, of_one, rounded

#: With more targets than this, a line names only those predicted worst and best.
MOST_NAMED = 3


def headline(report: Report) -> str:
    """Return what was reached, and what baselines reach, in one line."""
    if report.status == "failed" and not report.evaluations:
        return f"Training failed: {report.error or 'no reason is known'}"
    before = f"Training failed: {_what_happened(report)}. What it had reached: " if report.status == "failed" else ""
    which = report.judged
    if which is None:
        return f"{before}Trained on {counted(report.n_rows['train'], 'row')}; no rows were kept to judge it by."
    network = report.evaluations[which]
    on = f"on {counted(network.n_rows, which + ' row')}"
    if len(report.targets) > 1:
        return f"{before}{_several(network, on)}{_on_average(report, which)}."
    others = [
        f"{name} {_r2(report.baselines[name][which])}"
        for name in ("boosted trees", "ridge")
        if name in report.baselines
    ]
    beside = f"; {', '.join(others)}" if others else ""
    error = f"to within {rounded(network.value('mae'))} on average (MAE) " if network.value("mae") is not None else ""
    return f"{before}Predicts {report.targets[0]} {error}{on}: R² {_r2(network)}{beside}."


def _what_happened(report: Report) -> str:
    """Return the error without its advice, which stands below the card."""
    return report.error.split(";")[0].rstrip(".")


def _r2(evaluation: Evaluation, target: str | None = None) -> str:
    return of_one(evaluation.value("r2", target))


def _several(network: Evaluation, on: str) -> str:
    targets = network.targets
    if len(targets) <= MOST_NAMED:
        return f"Predicts {listed(targets)} {on}: R² {listed([_r2(network, target) for target in targets])}"
    defined = [target for target in targets if network.value("r2", target) is not None]
    start = f"Predicts {len(targets)} targets {on}"
    if not defined:
        return start
    worst, *_, best = sorted(defined, key=lambda target: network.value("r2", target) or 0.0)
    return f"{start}: R² from {_r2(network, worst)} ({worst}) to {_r2(network, best)} ({best})"


def _on_average(report: Report, which: str) -> str:
    """Return the average relative RMSE, beside that of the baselines, as the end of a line."""
    if report.evaluations[which].arrmse is None:
        return ""
    known = {name: of[which].arrmse for name, of in report.baselines.items() if name != "mean"}
    others = ", ".join(f"{name} {rounded(known[name])}" for name in ("boosted trees", "ridge") if name in known)
    return f"; aRRMSE {rounded(report.evaluations[which].arrmse)}{f' ({others})' if others else ''}"
