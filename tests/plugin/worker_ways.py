"""The ways in which xdist deals out cells: `make test-workers` tries them all, `make test` one of them.

Each takes seconds to start its workers.
"""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")

ALL_ARE_WANTED = "PROMPT_CONTRACTS_ALL_WORKERS" in os.environ  # at import: the tests run without variables of ours


def ways(first: T, *others: T) -> tuple[T, ...]:
    """The first alone, unless all are wanted."""
    return (first, *others) if ALL_ARE_WANTED else (first,)
