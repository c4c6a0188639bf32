"""For all tests: quiet TensorFlow, no live views by accident, and no silent skips where nothing may be skipped."""

import os
import signal

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# scikit-learn runs its check of array API input only if this is set before scipy is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# A shell starts what it runs in the background deaf to Ctrl-C, which tests press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

#: Set on CI: a test that is skipped there is a test that did not run.
NO_SKIPS = "NBREG_NO_SKIPS"

_skipped: list[str] = []


def pytest_runtest_logreport(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(f"{report.nodeid}: {report.longrepr[-1] if isinstance(report.longrepr, tuple) else ''}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    if os.environ.get(NO_SKIPS) and _skipped and exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    if os.environ.get(NO_SKIPS) and _skipped:
        terminalreporter.section("skipped, where nothing may be skipped")
        for line in _skipped:
            terminalreporter.write_line(line)
