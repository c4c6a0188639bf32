"""Loading and unloading, in an IPython without a kernel."""

import subprocess
import sys
import textwrap

HEAVY = ("tensorflow", "keras", "matplotlib", "shap", "sklearn", "pandas", "ipywidgets")


def run_apart(code):
    """Run code in a process of its own, so that nothing has been imported before."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_and_loading_import_nothing_heavy():
    said = run_apart(
        f"""
        import sys
        import nbreg
        def heavy(): return [name for name in {HEAVY} if name in sys.modules]
        assert not heavy(), heavy()
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        before = heavy()
        shell.run_line_magic("load_ext", "nbreg")
        shell.run_line_magic("nnreg", "help")
        from nbreg.magics.completion import offers
        offers("%nnreg fit --", {{}}); offers("%nnreg plot ", {{}})
        offers("%nnreg explain --method ", {{}}); offers("%nnreg effect ", {{}}); offers("%nnreg whatif 3 --set ", {{}})
        print([name for name in heavy() if name not in before])
        """
    )
    assert said.splitlines()[-1] == "[]"


def test_loading_twice_is_loading_once_and_unloading_takes_all_back():
    run_apart(
        """
        from IPython.core.interactiveshell import InteractiveShell
        import nbreg
        from nbreg.explanation.effort import REPORTING
        from nbreg.training.conducting import CONDUCTING
        shell = InteractiveShell.instance()
        def state():
            formatter = shell.display_formatter.mimebundle_formatter
            return (
                {kind: dict(shell.magics_manager.magics[kind]) for kind in ("line", "cell")},
                list(shell.Completer.custom_matchers), list(shell.configurables), CONDUCTING.conductor, REPORTING.open,
                dict(formatter.deferred_printers), dict(formatter.type_printers), set(shell.magics_manager.registry),
            )
        before = state()
        nbreg.load_ipython_extension(shell)
        nbreg.load_ipython_extension(shell)
        assert len(shell.Completer.custom_matchers) == 1 + len(before[1])
        assert shell.find_line_magic("nnreg") and shell.find_cell_magic("nnreg")
        nbreg.unload_ipython_extension(shell)
        assert state() == before
        nbreg.unload_ipython_extension(shell)
        assert state() == before
        nbreg.load_ipython_extension(shell)
        assert "fit" in shell.find_line_magic("nnreg").__doc__
        """
    )


def test_tab_completes_through_ipython():
    said = run_apart(
        """
        from IPython.core.interactiveshell import InteractiveShell
        import nbreg, pandas as pd
        shell = InteractiveShell.instance()
        nbreg.load_ipython_extension(shell)
        shell.user_ns["houses"] = pd.DataFrame({"price": [1], "living area": [2]})
        def complete(line):
            return [c.text for c in shell.Completer.completions(line, len(line))]
        from IPython.core.completer import provisionalcompleter
        with provisionalcompleter():
            print(complete("%nnreg fit hou"), complete("%nnreg fit houses --target "), complete("%nnreg ev"))
        """
    )
    assert said.splitlines()[-1] == "['houses'] ['price', '\"living area\"'] ['evaluate']"
