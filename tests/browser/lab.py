"""A real JupyterLab (or Notebook 7) in headless Chromium, driven as a person would drive it.

with Server(folder) as server, chromium() as browser:
    notebook = Lab(server, browser, artifacts).open(["1 + 1"])
    notebook.run_cell(0)
    assert notebook.output_text(0) == "2"
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

#: What the executable of Chromium is called in Debian, elsewhere, and as Chrome.
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: Seconds for anything that only takes long when it is broken.
LONG = 240.0
expect.set_options(timeout=LONG * 1000)
#: Milliseconds within which a wish is answered while a training goes on, however busy the machine; none of the
#: trainings that are steered here ends by itself so soon. What it takes on a quiet machine is the benchmarks' matter.
PROMPT = 10_000

#: The notebook in front; the same in JupyterLab and in Notebook 7.
_PANEL = "window.jupyterapp.shell.currentWidget"
_KERNEL = f"{_PANEL}?.context?.sessionContext?.session?.kernel"


def find_browser() -> str | None:
    """Return the path of an installed Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class Server:
    """A Jupyter server on a free port, with folders of its own; `app` is lab or notebook. A context manager."""

    def __init__(self, folder: Path, app: str = "lab"):
        self.folder, self.app = folder, app
        self.notebooks = folder / "notebooks"
        self.token = secrets.token_hex(16)
        self.url = ""

    def __enter__(self) -> Server:
        self.notebooks.mkdir(parents=True)
        # Without this JupyterLab asks whether it may fetch news, in front of what is to be seen.
        quiet = self.folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
        quiet.parent.mkdir(parents=True)
        quiet.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
        with (self.folder / "server.log").open("w") as log:
            self._process = subprocess.Popen(self._command(), env=self._environment(), stdout=log, stderr=log,
                                             cwd=self.folder, start_new_session=True)  # fmt: skip
        try:
            self.url = self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def address(self, name: str) -> str:
        """Return the address of a notebook, token included."""
        where = f"doc/tree/{name}?reset&" if self.app == "lab" else f"notebooks/{name}?"
        return f"{self.url}{where}token={self.token}"

    def _command(self) -> list[str]:
        options = {
            "ServerApp.port": "0", "ServerApp.ip": "127.0.0.1", "ServerApp.root_dir": str(self.notebooks),
            "IdentityProvider.token": self.token, "ServerApp.open_browser": "False",
        }  # fmt: skip
        module = {"lab": "jupyterlab", "notebook": "notebook"}[self.app]
        flags = [f"--{name}={value}" for name, value in options.items()]
        return [sys.executable, "-m", module, "--allow-root", "--expose-app-in-browser", *flags]

    def _environment(self) -> dict[str, str]:
        folders = {
            "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython",
        }  # fmt: skip
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return environment | {name: str(self.folder / folder) for name, folder in folders.items()}

    def _wait(self) -> str:
        """Wait until the server answers; return its address, which it writes into a file."""
        deadline = time.monotonic() + LONG
        while time.monotonic() < deadline and self._process.poll() is None:
            for file in (self.folder / "runtime").glob("jpserver-*.json"):
                with contextlib.suppress(OSError, ValueError, KeyError):
                    url = str(json.loads(file.read_text())["url"])
                    urllib.request.urlopen(f"{url}api/status?token={self.token}", timeout=5).close()
                    return url
            time.sleep(0.1)
        raise RuntimeError("The Jupyter server did not start: " + (self.folder / "server.log").read_text()[-2000:])

    def _end(self) -> None:
        """End the server, which ends its kernels; kill it where it does not listen."""
        for signum in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signum)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(15)
                return


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start the installed browser. While it is there, asyncio's loop runs in this thread: no asyncio.run."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


class Lab:
    """Opens notebooks of a server in a browser, and closes them; pictures go to the folder `artifacts`."""

    def __init__(self, server: Server, browser: Browser, artifacts: Path):
        self.server, self.browser, self.artifacts = server, browser, artifacts
        self._opened: list[Notebook] = []

    def open(
        self, cells: Sequence[str], *, width: int = 1400, height: int = 1000, dark: bool = False, name: str = ""
    ) -> Notebook:
        """Open a new notebook of these code cells in a new page and wait until its kernel is idle."""
        name = name or f"notebook_{secrets.token_hex(4)}.ipynb"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        content = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": kernel}
        )
        nbformat.write(content, self.server.notebooks / name)
        return self.visit(name, width=width, height=height, dark=dark)

    def visit(self, name: str, *, width: int = 1400, height: int = 1000, dark: bool = False) -> Notebook:
        """Open a notebook that is in the server's folder `notebooks`."""
        scheme = "dark" if dark else "light"
        context = self.browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        context.set_default_timeout(LONG * 1000)
        notebook = Notebook(self, context.new_page(), name)
        self._opened.append(notebook)
        notebook.load()
        notebook.set_theme(dark)
        return notebook

    def close(self, picture: str = "") -> None:
        """Close all pages and end their kernels; first take a `picture` of each, if a name for it is given."""
        for number, notebook in enumerate(self._opened):
            with contextlib.suppress(PlaywrightError):
                if picture:
                    notebook.screenshot(f"{picture}_{number}")
                notebook.shut_down_kernel()
            notebook.close()
        self._opened.clear()


class Notebook:
    """One notebook in one page. Cells are counted from 0. `page` is Playwright's, for all that is not here."""

    def __init__(self, lab: Lab, page: Page, name: str):
        self.lab, self.page, self.name = lab, page, name
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def path(self) -> Path:
        """The file on disk."""
        return self.lab.server.notebooks / self.name

    def load(self, kernel: bool = True) -> None:
        """Load the page anew; wait for the cells and, where there is to be one, for an idle kernel."""
        self.page.goto(self.lab.server.address(self.name), wait_until="domcontentloaded")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        if kernel:
            self.page.wait_for_function(f"() => {_PANEL}?.context?.sessionContext?.isReady")
            self.wait_idle()

    def close(self) -> None:
        self.page.context.close()

    # Running

    def run_cell(self, index: int, wait: bool = True, timeout: float = LONG) -> None:
        """Run a cell, as Ctrl+Enter does; `wait` for its end at most `timeout` seconds."""
        self.page.evaluate(
            f"""index => {{
                const notebook = {_PANEL}.content;
                notebook.deselectAll();
                notebook.activeCellIndex = index;
                const done = (window.nbregDone ||= {{}});
                done[index] = false;
                window.jupyterapp.commands.execute("notebook:run-cell").then(() => {{ done[index] = true; }});
            }}""",
            index,
        )
        if wait:
            self.wait_cell(index, timeout)

    def wait_cell(self, index: int, timeout: float = LONG) -> None:
        """Wait until a cell that `run_cell` started has ended."""
        self.page.wait_for_function("index => window.nbregDone?.[index] === true", arg=index, timeout=timeout * 1000)

    def is_running(self, index: int) -> bool:
        return self.page.evaluate("index => window.nbregDone?.[index] === false", index)

    def wait_idle(self, timeout: float = LONG) -> None:
        """Wait until the kernel is idle."""
        self.page.wait_for_function(f"() => {_KERNEL}?.status === 'idle'", timeout=timeout * 1000)

    def wait_for(self, script: str, timeout: float = LONG) -> None:
        """Wait until a JavaScript expression is true."""
        self.page.wait_for_function(f"() => {script}", timeout=timeout * 1000)

    def interrupt(self) -> None:
        """Press the interrupt button."""
        self.page.evaluate('() => { window.jupyterapp.commands.execute("notebook:interrupt-kernel"); }')

    def shut_down_kernel(self) -> None:
        self.page.evaluate(f"async () => {{ await {_PANEL}?.context?.sessionContext?.shutdown(); }}")

    def save(self) -> None:
        self.page.evaluate(f"() => {_PANEL}.context.save()")

    # Editing

    def set_source(self, index: int, source: str) -> None:
        """Replace the text of a cell."""
        self.page.evaluate(
            f"([index, source]) => {_PANEL}.content.widgets[index].model.sharedModel.setSource(source)", [index, source]
        )

    def source(self, index: int) -> str:
        return self.page.evaluate(f"index => {_PANEL}.content.widgets[index].model.sharedModel.source", index)

    def set_cells(self, sources: Sequence[str]) -> None:
        """Put new code cells in place of all that there are; the kernel keeps what it knows."""
        self.page.evaluate(
            f"""sources => {{
                const model = {_PANEL}.content.model.sharedModel;
                model.insertCells(0, sources.map(source => ({{cell_type: "code", source, metadata: {{}}}})));
                model.deleteCellRange(sources.length, model.cells.length);
                window.nbregDone = {{}};
            }}""",
            list(sources),
        )

    @property
    def n_cells(self) -> int:
        return self.page.evaluate(f"() => {_PANEL}.content.widgets.length")

    def type_in(self, index: int, text: str) -> None:
        """Type at the end of a cell's text, key by key, as for a completion."""
        self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text)

    def complete(self, index: int, text: str) -> list[str]:
        """Type `text` at the end of a cell, press Tab, and return what the kernel offers (JupyterLab adds words)."""
        self.type_in(index, text)
        self.page.keyboard.press("Tab")
        items = self.page.locator(".jp-Completer:not(.lm-mod-hidden) .jp-Completer-item")
        items.first.wait_for()
        typed = items.filter(has=self.page.locator(".jp-Completer-typeExtended:not(:empty)"))
        return typed.locator(".jp-Completer-match").all_inner_texts()

    # Looking

    def output(self, index: int) -> Locator:
        """Return the output area of a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-OutputArea").first

    def output_text(self, index: int) -> str:
        """Return the visible text of a cell's output."""
        area = self.output(index)
        return area.inner_text().strip() if area.count() else ""

    def output_types(self, index: int) -> list[list[str]]:
        """Return the MIME types of each output of a cell, as they would be saved."""
        script = f"""index => ({_PANEL}.content.widgets[index].model.outputs?.toJSON() ?? [])
            .map(output => Object.keys(output.data || {{}}).sort())"""
        return self.page.evaluate(script, index)

    def failures(self) -> list[str]:
        """Return what each failed cell says."""
        script = f"""() => {_PANEL}.content.widgets.flatMap(cell => cell.model.type === "code"
            ? cell.model.outputs.toJSON().filter(output => output.output_type === "error").map(output => output.evalue)
            : [])"""
        return self.page.evaluate(script)

    def set_theme(self, dark: bool) -> None:
        """Choose JupyterLab's light or dark theme and wait until it is there."""
        theme = "JupyterLab Dark" if dark else "JupyterLab Light"
        self.page.evaluate(
            'theme => window.jupyterapp.commands.execute("apputils:change-theme", {theme})', theme
        )  # fmt: skip
        self.wait_for(f"document.body.dataset.jpThemeLight === '{str(not dark).lower()}'")

    def resize(self, width: int, height: int = 1000) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def click_in_view(self, button: str, then: str) -> float:
        """Click a button of the live view and return the milliseconds until its status is `then`, or it is gone."""
        script = """([button, then]) => new Promise(resolve => {
            const root = document.querySelector(".nbreg-live");
            const press = [...root.querySelectorAll("button")].find(one => one.textContent === button);
            const began = performance.now();
            const look = () => root.dataset.status === then || !root.isConnected
                ? resolve(performance.now() - began) : requestAnimationFrame(look);
            press.click();
            look();
        })"""
        return self.page.evaluate(script, [button, then])

    def screenshot(self, name: str, index: int | None = None) -> Path:
        """Save a picture of the page, or of one cell's output, as artifact `name`.png."""
        path = self.lab.artifacts / f"{name}.png"
        target: Any = self.page if index is None else self.output(index)
        target.screenshot(path=path)
        return path
