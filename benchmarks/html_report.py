"""The HTML report of 1,200 cells: seconds to write it, its size, and in a browser the time to open and to filter it.

Needs what `make test-browser` installs for the second half; without it, says so.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from prompt_contracts.renderers.html_report import html_report
from tests.browser.conftest import FLAGS, browser_path
from tests.renderers.page_samples import large_report

ROUNDS = 7
# Until the browser has laid the page out anew.
FILTER = """(name) => {
    document.querySelector(`[data-filter="${name}"]`).click();
    document.body.getBoundingClientRect();
}"""
SEARCH = """(text) => {
    const field = document.querySelector("input[name=q]");
    field.value = text;
    field.dispatchEvent(new Event("input", {bubbles: true}));
    document.body.getBoundingClientRect();
}"""


def main() -> None:
    """Print the figures."""
    report = large_report()
    html_report(report)
    started = time.process_time()
    text = html_report(report)
    written = time.process_time() - started
    print(f"HTML report of {len(report.results):,} cells: {written:.2f} s of CPU, {len(text.encode()) / 1e6:.1f} MB")
    path = browser_path()
    if path is None or find_spec("playwright") is None:
        print("  in a browser: not measured, 'make test-browser' installs what drives one")
        return
    measure_page(text, path)


def measure_page(text: str, path: str) -> None:
    """Print how long the browser takes."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "report.html"
        file.write_text(text, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        found: dict[str, list[float]] = {"opened": [], "filtered": [], "searched": []}
        for _ in range(ROUNDS):
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            metrics = page.context.new_cdp_session(page)
            # Of the thread that draws: the clock of a busy machine says nothing.
            metrics.send("Performance.enable", {"timeDomain": "threadTicks"})
            found["opened"].append(_spent(metrics, partial(page.goto, file.as_uri())))
            for name in ("failed", "all"):
                found["filtered"].append(_spent(metrics, partial(page.evaluate, FILTER, name)))
            for words in ("case_03", "the sun", ""):
                found["searched"].append(_spent(metrics, partial(page.evaluate, SEARCH, words)))
            page.close()
        browser.close()
    for name, values in found.items():
        print(f"  {name} in {statistics.median(values):.0f} ms of CPU (worst {max(values):.0f} ms)")


def _spent(metrics: Any, step: Callable[[], object]) -> float:
    """Milliseconds of the page's main thread."""
    before = _busy(metrics)
    step()
    return _busy(metrics) - before


def _busy(metrics: Any) -> float:
    found = metrics.send("Performance.getMetrics")["metrics"]
    return 1000 * float(next(each["value"] for each in found if each["name"] == "TaskDuration"))


if __name__ == "__main__":
    main()
