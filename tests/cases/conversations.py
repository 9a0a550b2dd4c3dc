"""Cases of two turns for the tests of this folder, the first of which gives variables. Asserts nothing."""

from __future__ import annotations

from pathlib import Path

from prompt_contracts.case import Case
from prompt_contracts.json_value import Json
from prompt_contracts.turn import FilledTurn
from tests.cases.case_files import good

HEAD = "version: 1\nmodels: [a:b]\n"


def talk(root: Path, second: str, *, case: str = "", variables: str = "") -> Case:
    """A case of two turns, the first of which gives `total` and `said`."""
    (found,) = good(root, text_of(second, case=case, variables=variables))
    return found


def text_of(second: str, *, case: str = "", variables: str = "") -> str:
    first = '{user: "How much?", extract: {total: /total, said: ""}, on_error: continue, expect: {json: {total: 5}}}'
    return f"{HEAD}{variables}cases:\n- name: a\n{case}  turns:\n  - {first}\n  - {second}\n"


def filled(root: Path, second: str, values: dict[str, Json], **more: str) -> FilledTurn:
    return talk(root, second, **more).turns[1].fill(values)


def expected(turn: FilledTurn) -> dict[str, Json]:
    return {facet.name: facet.value for facet in turn.expect}
