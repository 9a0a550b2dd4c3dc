"""An environment as a user has it: the wheel of this checkout with what it needs, and no tools of developers."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def install(folder: Path) -> Path:
    """The Python of a new environment in a folder, with the versions that the Makefile installs."""
    constraints = str(CHECKOUT / "constraints.txt")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    newest = next(line for line in Path(constraints).read_text().splitlines() if line.startswith("pip=="))
    subprocess.run([*pip, newest], check=True)
    # Not editable: a wheel is built and unpacked, as from an index.
    subprocess.run([*pip, "--constraint", constraints, "--build-constraint", constraints, str(CHECKOUT)], check=True)
    return python
