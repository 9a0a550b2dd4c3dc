"""An environment with nothing but what is installed into it, and commands in it without keys, proxies and settings."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshEnvironment:
    """A virtual environment of this Python."""

    folder: Path

    def create(self, *requirements: str) -> None:
        """Make it anew, with the newest versions of what is required, from the registry."""
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(self.folder)], check=True)
        options = ["--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
        subprocess.run([str(self.program("python")), "-m", "pip", "install", *options, *requirements], check=True)

    def program(self, name: str) -> Path:
        """Where a program of it lies."""
        return self.folder / ("Scripts" if os.name == "nt" else "bin") / name

    def run(self, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """One command in a folder; what it printed is in the result, both streams together."""
        programs = str(self.program("python").parent)
        environ = {"PATH": f"{programs}{os.pathsep}{os.defpath}", "HOME": str(folder), "COLUMNS": "120"}
        command = [str(self.program(words[0])), *words[1:]]
        return subprocess.run(
            command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
