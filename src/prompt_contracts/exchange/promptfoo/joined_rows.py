"""Cases that follow each other and differ in nothing but their values -> one case with rows. Rows get their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prompt_contracts.exchange.case_text import Tree
from prompt_contracts.exchange.promptfoo.foreign_values import free_name, slug

CaseTree = dict[str, Tree]
_OF_ONE = ("name", "description", "rows")


def joined(cases: Sequence[CaseTree]) -> list[CaseTree]:
    """The cases, with every run of alike ones as one, and an id in each row."""
    groups: list[list[CaseTree]] = []
    for case in cases:
        if groups and "rows" in case and _rest(case) == _rest(groups[-1][0]) and _names(case) == _names(groups[-1][0]):
            groups[-1].append(case)
        else:
            groups.append([case])
    return [_whole(group) for group in groups]


def _rest(case: CaseTree) -> Mapping[str, Tree]:
    return {key: value for key, value in case.items() if key not in _OF_ONE}


def _rows(case: CaseTree) -> list[dict[str, Tree]]:
    rows = case.get("rows")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _names(case: CaseTree) -> list[str]:
    return sorted(_rows(case)[0]) if _rows(case) else []


def _whole(group: list[CaseTree]) -> CaseTree:
    first = group[0]
    if not _rows(first):
        return first
    taken: set[str] = set()
    rows: list[Tree] = []
    telling = _telling([row for case in group for row in _rows(case)])
    for case in group:
        for row in _rows(case):
            is_told = len(group) > 1 and len(_rows(case)) == 1 and "description" in case
            wanted = str(case["name"]) if is_told else _id(row, telling) or str(len(rows) + 1)
            name = free_name(wanted, taken)
            taken.add(name.casefold())
            rows.append({"id": name, **row})
    whole = {**first, "rows": rows}
    if len(group) > 1:
        whole.pop("description", None)
        shared = str(first["name"])
        whole["name"] = shared if "description" not in first else f"{shared}_and_more"
    return whole


def _telling(rows: Sequence[Mapping[str, Tree]]) -> list[str]:
    """The columns that tell rows apart, each once; the first of all where there is one row."""
    found: dict[tuple[str, ...], str] = {}
    for name in rows[0]:
        values = tuple(str(row[name]) for row in rows)
        if len(set(values)) > 1 or len(rows) == 1:
            found.setdefault(tuple(slug(value) for value in values), name)
    names = list(found.values())
    return names[:1] if len(rows) == 1 else names


def _id(row: Mapping[str, Tree], telling: Sequence[str]) -> str:
    """A short name made of the values; empty where they are too long for one."""
    texts = [str(row[name]) for name in telling]
    name = slug(" ".join(texts))
    return name if sum(map(len, texts)) <= 32 else ""
