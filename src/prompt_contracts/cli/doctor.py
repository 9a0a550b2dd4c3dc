"""`prompt-contracts doctor`: what this environment has and lacks."""

from __future__ import annotations

import os
from pathlib import Path

from prompt_contracts.cli.output import print_text
from prompt_contracts.engine.environment_check import examine
from prompt_contracts.secret import Environment

_SIGNS = {"ok": "ok      ", "note": "note    ", "problem": "PROBLEM "}


def doctor() -> int:
    """Print the findings of the working directory; 1 when one of them is a problem."""
    findings = examine(Path.cwd(), environ=Environment(os.environ))
    print_text("\n".join(f"{_SIGNS[finding.status]} {finding.subject}: {finding.text}" for finding in findings))
    return int(any(finding.status == "problem" for finding in findings))
