"""Where recordings of real traffic lie on the machine that runs the tests, if it has any."""

from __future__ import annotations

import os
from pathlib import Path


def find_real_cassettes() -> tuple[Path, ...]:
    """The files, sorted; none where the folder is absent.

    The folder is `PROMPT_CONTRACTS_REAL_CASSETTES`, else one beside the repository.
    """
    beside = Path(__file__).resolve().parents[2] / "shared/real-cassettes"
    folder = Path(os.environ.get("PROMPT_CONTRACTS_REAL_CASSETTES", beside))
    return tuple(sorted(folder.rglob("*.yaml")))
