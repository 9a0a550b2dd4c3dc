"""An environment as a user has it: the wheel of this checkout with what it needs, and no tools of developers."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
_CONSTRAINTS = CHECKOUT / "constraints.txt"


def install(folder: Path) -> Path:
    """The Python of a new environment in a folder, with the versions that the Makefile installs."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    newest = next(line for line in _CONSTRAINTS.read_text().splitlines() if line.startswith("pip=="))
    subprocess.run([*_pip(python), newest], check=True)
    # Not editable: a wheel is built and unpacked, as from an index.
    add(python, str(CHECKOUT))
    return python


def add(python: Path, package: str) -> None:
    """One more package in an environment, in the version that the Makefile installs."""
    constraints = str(_CONSTRAINTS)
    subprocess.run([*_pip(python), "--constraint", constraints, "--build-constraint", constraints, package], check=True)


def _pip(python: Path) -> list[str]:
    return [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
