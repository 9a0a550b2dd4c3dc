"""Installs the language server of editors in a temporary folder and tests the schema in it: `make test-editor`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PACKAGE = "yaml-language-server@2.0.0"
VARIABLE = "PROMPT_CONTRACTS_LANGUAGE_SERVER"


def main(arguments: Sequence[str]) -> int:
    """The exit code of pytest; 0 where there is no npm to install the server with."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        print("skipped: the language server needs Node.js, and there is no 'node' or no 'npm' here")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        install = [npm, "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", folder]
        subprocess.run([*install, PACKAGE], check=True)
        server = Path(folder) / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
        command = [sys.executable, "-m", "pytest", "tests/editor", *arguments]
        return subprocess.run(command, env={**os.environ, VARIABLE: str(server)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
