"""Mutants that a person has read and found equivalent: what they change nobody could notice. They are not run.

Only what changes no verdict, no word and no file belongs here; a line that is never needed is removed instead.
"""

from __future__ import annotations

from collections.abc import Mapping

EXPECTATIONS = "src/prompt_contracts/expectations/"
TRANSPORT = "src/prompt_contracts/transport/"

EQUIVALENTS: Mapping[tuple[str, str], str] = {
    (
        f"{EXPECTATIONS}number_extent.py",
        "_MOST_DIGITS = 401",
    ): "from how many digits on a number is not written out; what is known of it is the same",
    (
        f"{EXPECTATIONS}order.py",
        "return True",
    ): "no operator but `$absent` and its kin is asked about nothing: the line is there for the types",
    (
        f"{EXPECTATIONS}pairing.py",
        "turned = cheapest_pairing(list(zip(*costs, strict=False)))",
    ): "all rows are equally long",
    (
        f"{EXPECTATIONS}schema_fragment.py",
        "_MAX_DEPTH = 101",
    ): "from which depth on the slower validator decides; both say the same",
    (
        f"{EXPECTATIONS}schema_satisfaction.py",
        "reached = tuple(itertools.islice(subschemas(keywords), _MOST_PARTS + 2))",
    ): "one more than the most is too many, and two more are",
}
"""File and changed line, as the tool shows it after the plus sign -> why."""
