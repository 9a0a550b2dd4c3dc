"""`rows` and `matrix` of a case -> named rows of variables. Fills no template in."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import field, replace

from prompt_contracts.cases.findings import Findings, did_you_mean
from prompt_contracts.cases.given_file import StoredRow
from prompt_contracts.cases.node import Node
from prompt_contracts.cases.template_text import VARIABLE_NAME, names_in
from prompt_contracts.data_class import dataclass
from prompt_contracts.given import GeneratedRow
from prompt_contracts.json_value import show
from prompt_contracts.strength_terms import RowColumns

MAX_ROWS = 10_000

_ID = re.compile(r"[A-Za-z0-9_.-]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a case."""

    id: str | None = None
    """None for the only row of a case that has none."""
    columns: Mapping[str, Node] = field(default_factory=dict)
    example: GeneratedRow | None = None
    """The generated part of it, where there is one."""


def expand_rows(members: Mapping[str, Node], case: Node, findings: Findings) -> tuple[Row, ...]:
    """The rows of a case in order; one without an id when it has neither `rows` nor `matrix`.

    What is wrong is noted as PC113, and then the rows are not to be used.
    """
    rows, matrix = members.get("rows"), members.get("matrix")
    if rows is not None and matrix is not None:
        message = "'rows' and 'matrix' stand in one case"
        advice = "write the combinations as rows, or keep one of the two"
        findings.error("PC113", message, case.key("matrix"), advice=advice)
        return ()
    if rows is not None:
        return _listed(rows, findings)
    return (Row(),) if matrix is None else _product(matrix, findings)


def row_of_all(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """One row with the columns of all: for looking at the rest of a case whose rows have mistakes. None of none."""
    columns = {name: column for row in reversed(rows) for name, column in row.columns.items()}
    return (Row(columns=columns),) if rows else ()


_ASKING_KEYS = ("system", "user", "messages", "history")


def columns_of(row: Row, written: Mapping[str, Node]) -> RowColumns:
    """The values of a row, and which of its columns a case, its templates not filled in, names in its prompt alone."""
    asking = {name for key in _ASKING_KEYS for name in names_in(written.get(key))}
    expecting = set(names_in(written.get("expect")))
    return RowColumns(
        values={name: node.value for name, node in row.columns.items()},
        only_asked=tuple(name for name in row.columns if name in asking and name not in expecting),
    )


def with_examples(
    rows: tuple[Row, ...], examples: tuple[StoredRow, ...], given: Node, findings: Findings
) -> tuple[Row, ...]:
    """Each row with each generated one, ids joined by `-`; a case without rows has the generated ones alone."""
    if len(rows) * len(examples) > MAX_ROWS:
        message = f"{len(rows):,} rows with {len(examples):,} generated ones each are more than {MAX_ROWS:,}"
        findings.error("PC113", message, given)
        return rows[:1]
    return tuple(
        replace(
            row,
            id=each.row.id if row.id is None else f"{row.id}-{each.row.id}",
            columns={**row.columns, **each.columns},
            example=each.row,
        )
        for row in rows
        for each in examples
    )


def _listed(node: Node, findings: Findings) -> tuple[Row, ...]:
    found: list[Row] = []
    places: dict[str, Node] = {}
    items = node.items or []
    first = items[0].members or {} if items else {}
    _check_columns(first, items[0] if items else node, findings)
    for number, item in enumerate(items, start=1):
        columns = item.members or {}
        _compare(first, item, number, findings)
        written = columns.get("id")
        row_id = str(number) if written is None else _id_text(written)
        place = item if written is None else written
        if _ID.fullmatch(row_id) is None or row_id in (".", ".."):
            advice = "use letters, digits, '_', '.' and '-'"
            findings.error("PC113", f"{show(row_id)} cannot be the id of a row", place, advice=advice)
        # Ids become folders of recordings, and not every file system tells upper from lower case.
        elif (other := places.setdefault(row_id.casefold(), place)) is not place:
            message = f"row id '{row_id}' is taken by the row at line {other.line}"
            findings.error("PC113", message, place, advice="ids differ in more than upper and lower case")
        found.append(Row(id=row_id, columns=columns))
    return tuple(found)


def _id_text(node: Node) -> str:
    value = node.value
    # 1.0 and 1 are the same number, and the same id.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _check_columns(columns: Mapping[str, Node], mapping: Node, findings: Findings) -> None:
    for name in columns:
        if VARIABLE_NAME.fullmatch(name) is None or name == "env":
            reason = "templates read the environment by that name" if name == "env" else "no template can name it"
            findings.error("PC113", f"'{name}' cannot be a column: {reason}", mapping.key(name), advice="rename it")


def _compare(first: Mapping[str, Node], row: Node, number: int, findings: Findings) -> None:
    columns = row.members or {}
    for name in columns:
        if name not in first:
            message = f"row {number} has a column '{name}' that row 1 does not have"
            findings.error("PC113", message, row.key(name), advice=did_you_mean(name, first))
    missing = [name for name in first if name not in columns]
    if missing:
        message = f"row {number} has no column '{missing[0]}', which row 1 has"
        findings.error("PC113", message, row, advice="give all rows the same columns")


def _product(node: Node, findings: Findings) -> tuple[Row, ...]:
    columns = node.members or {}
    _check_columns(columns, node, findings)
    if "id" in columns:
        message = "'id' cannot be a column of a matrix: ids are made of the values"
        findings.error("PC113", message, node.key("id"))
    lists = [column.items or [] for column in columns.values()]
    # Counted before it is built.
    count = math.prod(len(values) for values in lists)
    if count > MAX_ROWS:
        findings.error("PC113", f"the matrix has {count:,} combinations, more than {MAX_ROWS:,}", node)
        return ()
    found: dict[str, Row] = {}
    for values in itertools.product(*lists):
        row_id = "-".join(_safe(value) for value in values)
        if row_id.casefold() in found:
            message = f"two combinations of the matrix have the id '{row_id}'"
            findings.error("PC113", message, values[-1], advice="write them as rows with ids of their own")
            break
        found[row_id.casefold()] = Row(id=row_id, columns=dict(zip(columns, values, strict=True)))
    return tuple(found.values())


def _safe(node: Node) -> str:
    text = node.value if isinstance(node.value, str) else show(node.value, limit=60)
    safe = _UNSAFE.sub("_", text)
    # `.` and `..` would be other folders.
    return safe if safe.strip(".") else f"_{safe[1:]}"
