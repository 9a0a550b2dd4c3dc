"""A real browser, in which the HTML report is used as people use it: `make test-browser` installs what drives it.

Debian's chromium, or whatever `PROMPT_CONTRACTS_BROWSER` names; playwright brings no browser of its own here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from prompt_contracts.comparison import Comparison
from prompt_contracts.renderers.html_report import html_report
from prompt_contracts.report import Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def browser_path() -> str | None:
    """The browser of this machine."""
    return os.environ.get("PROMPT_CONTRACTS_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; they skip without one."""
    pytest.importorskip("playwright", reason="playwright is not installed: run 'make test-browser'")
    from playwright.sync_api import sync_playwright

    path = browser_path()
    if path is None:
        pytest.skip(f"no browser is installed (looked for {', '.join(BROWSERS)}): 'apt-get install chromium'")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield found
        found.close()


@dataclass(kw_only=True)
class Visit:
    """A report that is open in the browser, and all that the browser said meanwhile."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    """Lines of the console, and errors."""
    requested: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """What the policy of the page stopped before anything was sent."""

    def cell(self, number: int) -> Any:
        """A cell of the matrix."""
        return self.page.locator(f'#matrix a[data-n="{number}"]')

    @property
    def shown(self) -> list[int]:
        """The cells that a filter leaves, in their order on the page."""
        links = self.page.locator("#matrix tr.case:not([hidden]) a:not(.dim)")
        return [int(number) for number in links.evaluate_all("links => links.map(link => link.dataset.n)")]

    @property
    def told(self) -> str:
        """How many cells the page says it shows."""
        text: str = self.page.locator("#matrix output").inner_text()
        return text

    @property
    def address(self) -> str:
        """What stands behind the `#`."""
        return str(self.page.url).partition("#")[2]

    @property
    def focused(self) -> str:
        """The cell that has the focus, as its number; or the name of the element that has it."""
        found: str = self.page.evaluate("document.activeElement.dataset.n ?? document.activeElement.tagName")
        return found


Opener = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Opens a report from a file; at the end no page may have asked for anything or complained."""
    visits: list[Visit] = []

    def opened(
        report: Report,
        fragment: str = "",
        *,
        width: int = 1400,
        is_quiet: bool = True,
        comparison: Comparison | None = None,
        **more: Any,
    ) -> Visit:
        path = tmp_path / f"report{len(visits)}.html"
        path.write_text(html_report(report, comparison=comparison), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)
        context.set_default_timeout(15_000)
        page = context.new_page()
        visit = Visit(page=page, url=path.as_uri())
        page.on("console", lambda message: visit.complaints.append(message.text))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("request", lambda request: visit.requested.append(request.url.partition("#")[0]))
        page.on(
            "requestfailed", lambda request: visit.refused.extend([request.url] if request.failure == "csp" else [])
        )
        page.goto(visit.url + fragment)
        if is_quiet:
            visits.append(visit)
        return visit

    yield opened
    for visit in visits:
        assert visit.complaints == []
        assert {url for url in visit.requested if not url.startswith("data:image/png;base64,")} <= {visit.url, "data:,"}
        visit.page.context.close()
