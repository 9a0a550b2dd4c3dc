"""Pictures of the HTML report of the example cases, light and dark, for the README: `make pictures`.

It replays the example cases, which needs no network, and opens their report in the browser of this machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CELL = "cases/tools.yaml::takes_the_city_from_the_question[paris-tiny-b:tiny]"
PICTURES: tuple[tuple[str, Literal["light", "dark"], str], ...] = (
    ("report", "light", ""),
    ("cell", "dark", f"#filter=failed&cell={CELL}"),
)
"""Name, colours, and the part of the page that is shown."""


def main() -> None:
    """Write the pictures."""
    browser = os.environ.get("PROMPT_CONTRACTS_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("no browser is installed: 'apt-get install chromium', or name one in PROMPT_CONTRACTS_BROWSER")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder) / "report.html"
        command = [sys.executable, "-m", "pytest", "cases", "-q", f"--pc-report={report}"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        for name, scheme, place in PICTURES:
            page = chromium.new_page(viewport={"width": 1400, "height": 900}, color_scheme=scheme)
            page.goto(f"{report.as_uri()}{place}")
            page.screenshot(path=FOLDER / f"{name}.png")
        chromium.close()
    print(*sorted(path.relative_to(ROOT) for path in FOLDER.glob("*.png")), sep="\n")


if __name__ == "__main__":
    main()
