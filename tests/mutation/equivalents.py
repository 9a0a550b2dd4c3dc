"""Mutants that a person has read and found equivalent: what they change nobody could notice. They are not run.

Only what changes no verdict, no word and no file belongs here; a line that is never needed is removed instead.
"""

from __future__ import annotations

from collections.abc import Mapping

EXPECTATIONS = "src/prompt_contracts/expectations/"
TRANSPORT = "src/prompt_contracts/transport/"

EQUIVALENTS: Mapping[tuple[str, str], str] = {}
"""File and changed line, as the tool shows it after the plus sign -> why."""
