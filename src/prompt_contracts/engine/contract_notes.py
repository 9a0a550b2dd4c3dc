"""What a contract itself shows, without any answer: clauses that say nothing more than others, or than a schema.

Only what is certain is told. That dropping a clause loses no mutant makes it not redundant, so that is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prompt_contracts.case import Case
from prompt_contracts.expectations.definition import scope_of
from prompt_contracts.expectations.facet_rule import FacetContext
from prompt_contracts.json_value import Json, canonical, pointer, show
from prompt_contracts.linting.schema_values import finite_values, is_readable
from prompt_contracts.patterns.pattern import is_operators
from prompt_contracts.references import References
from prompt_contracts.turn import COMBINATIONS, members_of

_MOST_NUMBERS = 1_000


def contract_notes(case: Case, references: References) -> tuple[str, ...]:
    """The notes on what a case expects, those of its turns included; each once."""
    expects = [case.facets, *({facet.name: facet.value for facet in turn.preview.expect} for turn in case.turns)]
    scope = scope_of(case, read_schema=references.read_schema, resolve=None)
    return tuple(dict.fromkeys(note for expect in expects for note in _notes(expect, scope)))


def row_notes(cases: Sequence[Case]) -> tuple[str, ...]:
    """The note on rows of one case that ask different things and expect the same."""
    first = cases[0]
    rows = [each for each in cases if (each.model, each.prompt, each.relation) == (first.model, first.prompt, None)]
    asked = {str([message.to_json() for message in case.messages]) for case in rows}
    if len(asked) < 2 or any(case.turns or case.facets != first.facets for case in rows):
        return ()
    columns = [f"`{name}`" for name in _only_asked(rows)]
    if not columns:
        return (f"the {len(rows)} rows ask different things, and one contract stands for all of them",)
    whose = "both rows have" if len(rows) == 2 else f"all {len(rows)} rows have"
    named = f"column {columns[0]} is" if len(columns) == 1 else f"columns {' and '.join(columns)} are"
    return (f"{whose} this contract; their {named} named in the prompt and nowhere in `expect`",)


def _only_asked(rows: Sequence[Case]) -> tuple[str, ...]:
    """The columns that differ between rows, and that only the prompt names."""
    tables = [case.strength.columns for case in rows if case.strength.columns is not None]
    return tuple(
        name
        for name in (tables[0].only_asked if len(tables) == len(rows) else ())
        if len({canonical(each.values[name]) for each in tables}) > 1
    )


def _notes(expect: dict[str, Json], scope: FacetContext) -> Iterator[str]:
    yield from _implied_by_list(expect)
    for name, value in expect.items():
        yield from _repeated(value, (name,))
    entries = expect.get("tool_calls")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        for tool, arguments in entry.items() if isinstance(entry, dict) else ():
            schema = next((each.parameters for each in scope.case.tools if each.name == tool), None)
            yield from _taking_everything(arguments, schema, tool, index, scope)
    for name in COMBINATIONS:
        for _, member in members_of(expect.get(name)):
            yield from _notes(member, scope)


def _implied_by_list(expect: dict[str, Json]) -> Iterator[str]:
    """Facets that a list of calls, to which nothing may be added and of which nothing may be missing, says already."""
    listed = expect.get("tool_calls")
    is_none = listed == "none"
    if not is_none and (not isinstance(listed, list) or "allow" in (expect.get("unlisted"), expect.get("missing"))):
        return
    entries = listed if isinstance(listed, list) else []
    if "never" in expect:
        yield "'never' says nothing more: 'tool_calls' lists every call that may be made"
    is_counted = not any(isinstance(entry, dict) and "$times" in entry for entry in entries)
    if "tool_count" in expect and is_counted:
        yield "'tool_count' says nothing more: 'tool_calls' lists every call that may be made"
    is_loose = expect.get("strings") == "loose"
    if expect.get("arguments_valid") is True and not is_loose and is_counted and all(map(_is_literal_call, entries)):
        yield "'arguments_valid' says nothing more: 'tool_calls' says every argument"


def _is_literal_call(entry: Json) -> bool:
    return isinstance(entry, dict) and all(_is_literal(arguments) for arguments in entry.values())


def _is_literal(pattern: Json) -> bool:
    """Whether a pattern is one value."""
    if isinstance(pattern, dict):
        return all(not key.startswith("$") and _is_literal(value) for key, value in pattern.items())
    return not isinstance(pattern, list) or all(map(_is_literal, pattern))


def _repeated(pattern: Json, clause: tuple[str | int, ...]) -> Iterator[str]:
    """`$any_of` with one value twice."""
    if isinstance(pattern, list):
        for index, item in enumerate(pattern):
            yield from _repeated(item, (*clause, index))
    elif isinstance(pattern, dict):
        for key, inner in pattern.items():
            if key in ("$schema", "$eq"):
                continue
            if key == "$any_of" and isinstance(inner, list):
                seen: set[str] = set()
                for one in inner:
                    text = canonical(one)
                    if text in seen:
                        yield f"{show(one, limit=40)} stands twice under '$any_of' at {pointer(*clause)}"
                    seen.add(text)
            yield from _repeated(inner, (*clause, key))


def _taking_everything(arguments: Json, schema: Json, tool: str, index: int, scope: FacetContext) -> Iterator[str]:
    """Patterns that every value of the tool's own finite schema matches."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(arguments, dict) or is_operators(arguments) or not isinstance(properties, dict):
        return
    optional = arguments.get("$optional")
    for key, pattern in {**arguments, **(optional if isinstance(optional, dict) else {})}.items():
        if key.startswith("$") or not is_operators(pattern) or not is_readable(pattern):
            continue
        values = _all_values(properties.get(key), schema)
        if values and len(values) > 1 and all(scope.language.holds(pattern, value).is_certain for value in values):
            where = f" (entry {index + 1})" if index else ""
            yield f"{key} of {tool}{where} takes each of the {len(values)} values that the tool's schema has"


def _all_values(schema: Json, root: Json) -> tuple[Json, ...] | None:
    values = finite_values(schema, root)
    if values is not None or not isinstance(schema, dict) or schema.get("type") != "integer":
        return values
    low, high = schema.get("minimum"), schema.get("maximum")
    is_bounded = all(isinstance(bound, int) and not isinstance(bound, bool) for bound in (low, high))
    if not is_bounded or not isinstance(low, int) or not isinstance(high, int) or high - low >= _MOST_NUMBERS:
        return None
    return tuple(range(low, high + 1))
