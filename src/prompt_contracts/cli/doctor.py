"""`prompt-contracts doctor`: what this environment has and lacks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

from prompt_contracts.engine.environment_check import examine
from prompt_contracts.secret import Environment

_SIGNS = {"ok": "ok      ", "note": "note    ", "problem": "PROBLEM "}


def doctor(output: TextIO) -> int:
    """Print the findings of the working directory; 1 when one of them is a problem."""
    findings = examine(Path.cwd(), environ=Environment(os.environ))
    output.writelines(f"{_SIGNS[finding.status]} {finding.subject}: {finding.text}\n" for finding in findings)
    return int(any(finding.status == "problem" for finding in findings))
