"""One environment for each framework, with pinned versions from the registries, under `.applications/`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.applications.frameworks import Framework

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".applications"
CONSTRAINTS = Path(__file__).with_name("constraints")
NODE_PACKAGES = Path(__file__).with_name("package.json")
_PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
_HEAD = "# Written by: python -m tests.applications --upgrade {name}\n"


def pins(framework: Framework) -> Mapping[str, str]:
    """Package to version."""
    if framework.language == "node":
        found: dict[str, str] = json.loads(NODE_PACKAGES.read_text("utf-8"))["dependencies"]
        return found
    lines = _constraints(framework).read_text("utf-8").splitlines()
    return dict(line.split("==", 1) for line in lines if "==" in line)


def version(framework: Framework) -> str:
    """The version that is tried."""
    if framework.language == "shell":
        said = subprocess.run([framework.name, "--version"], capture_output=True, text=True, check=True).stdout
        return said.split()[1]
    return pins(framework)[re.sub(r"\[.*", "", framework.packages[0])]


def prepare(framework: Framework, *, is_upgrade: bool = False) -> Path:
    """Install what the framework needs, where it is not there yet; the Python that pytest is to be run with.

    An upgrade takes the newest versions that fit together and pins them.
    """
    folder = FOLDER / framework.name
    folder.mkdir(parents=True, exist_ok=True)
    if framework.language == "python":
        return _virtual_environment(framework, folder / "venv", is_upgrade=is_upgrade)
    if framework.language == "node":
        _node_modules(framework, folder)
    return Path(sys.executable)


def remove(framework: Framework) -> None:
    """Give the disk back."""
    shutil.rmtree(FOLDER / framework.name, ignore_errors=True)


def _constraints(framework: Framework) -> Path:
    return CONSTRAINTS / f"{framework.name}.txt"


def _virtual_environment(framework: Framework, folder: Path, *, is_upgrade: bool) -> Path:
    python, mark, constraints = folder / "bin" / "python", folder / "installed", _constraints(framework)
    wanted = "" if is_upgrade else f"{framework.packages}\n{constraints.read_text('utf-8')}"
    if wanted and mark.is_file() and mark.read_text("utf-8") == wanted:
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    options = ["--no-cache-dir", "--only-binary", ":all:", *(["--constraint", str(constraints)] if wanted else [])]
    install = [str(python), *_PIP, "install", *options, *framework.packages, "--editable", str(ROOT)]
    subprocess.run(install, check=True)
    if is_upgrade:
        frozen = subprocess.run([str(python), *_PIP, "freeze", "--exclude-editable"], capture_output=True, check=True)
        constraints.write_text(_HEAD.format(name=framework.name) + frozen.stdout.decode(), "utf-8")
    mark.write_text(f"{framework.packages}\n{constraints.read_text('utf-8')}", "utf-8")
    return python


def _node_modules(framework: Framework, folder: Path) -> None:
    known = pins(framework)
    wanted = json.dumps({"dependencies": {name: known[name] for name in framework.packages}})
    manifest = folder / "package.json"
    if manifest.is_file() and manifest.read_text("utf-8") == wanted:
        return
    shutil.rmtree(folder / "node_modules", ignore_errors=True)
    manifest.unlink(missing_ok=True)
    options = ["--no-package-lock", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
    packages = [f"{name}@{known[name]}" for name in framework.packages]
    subprocess.run(["npm", "install", *options, *packages], cwd=folder, check=True, capture_output=True)
    manifest.write_text(wanted, "utf-8")
