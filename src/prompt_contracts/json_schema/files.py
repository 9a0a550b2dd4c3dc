"""The files that a JSON Schema refers to by `$ref`: where they are, and what is in them. Never the network.

A reference is written relative to the file in which it stands. It is made absolute once, inside the project,
so that a schema means the same wherever it is included.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, unquote

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_schema.dialect import DATA, SCHEMA_MAPS, subschemas
from prompt_contracts.json_schema.known_schema import known
from prompt_contracts.json_value import Json, exact_text, pointer
from prompt_contracts.references import ReadSchema

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
"""The keywords that refer to other schemas."""

PROJECT = "project://files/"
"""What absolute references inside the project start with."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

PathOf = Callable[[str], str]
"""The case file or included file in which the thing at a JSON pointer is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFiles:
    """The files behind a schema."""

    texts: tuple[tuple[str, str], ...] = ()
    """Address and exact text of each, in the order of the addresses."""
    problems: tuple[tuple[str, str], ...] = ()
    """Address and reason of each that could not be read."""


def with_absolute_references(value: Json, path_of: PathOf) -> Json:
    """The value of a facet with every reference of its schemas to another file made absolute."""
    return _in_pattern(value, "", path_of) if _may_lead_out(value) else value


_MOST = 4096
_led_nowhere: dict[int, Json] = {}
"""Values in which no reference leads out, by their ids, which are good as long as they are held here."""


def _may_lead_out(value: Json) -> bool:
    """Whether a reference may lead out. Every judgement comes by here twice, and almost none does. Thread-safe."""
    if not isinstance(value, (dict, list)) or _led_nowhere.get(id(value)) is value:
        return False
    if _mentions_reference(value):
        return True
    if len(_led_nowhere) >= _MOST:
        _led_nowhere.clear()
    _led_nowhere[id(value)] = value
    return False


def _mentions_reference(value: Json) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            for key, inner in item.items():
                if isinstance(inner, (dict, list)):
                    waiting.append(inner)
                elif key in REFERENCES and isinstance(inner, str) and not inner.startswith("#"):
                    return True
        elif isinstance(item, list):
            waiting += [inner for inner in item if isinstance(inner, (dict, list))]
    return False


def _in_pattern(value: Json, at: str, path_of: PathOf) -> Json:
    if isinstance(value, list):
        return [_in_pattern(item, at + pointer(index), path_of) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    return {
        key: item
        if key == "$eq"
        else _in_schema(item, at + pointer(key), path_of)
        if key == "$schema"
        else _in_pattern(item, at + pointer(key), path_of)
        for key, item in value.items()
    }


def _in_schema(schema: Json, at: str, path_of: PathOf) -> Json:
    if isinstance(schema, list):
        return [_in_schema(item, at + pointer(index), path_of) for index, item in enumerate(schema)]
    if not isinstance(schema, dict):
        return schema
    if "$id" in schema:  # from here on, references start at what the schema calls itself
        return schema
    made: dict[str, Json] = {}
    for keyword, inner in schema.items():
        inside = at + pointer(keyword)
        if keyword in REFERENCES and isinstance(inner, str):
            made[keyword] = absolute(inner, path_of(inside))
        elif keyword in SCHEMA_MAPS and isinstance(inner, dict):
            made[keyword] = {name: _in_schema(one, inside + pointer(name), path_of) for name, one in inner.items()}
        else:
            made[keyword] = inner if keyword in DATA else _in_schema(inner, inside, path_of)
    return made


def absolute(target: str, path: str) -> str:
    """A reference as an address inside the project, as far as it leads to another file; `path` is where it stands."""
    name, mark, fragment = target.partition("#")
    if not name or _SCHEME.match(name) or name.startswith("/"):
        return target
    # With forward slashes on every system: it becomes part of an address, and of the keys of caches.
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(name)))
    return f"{PROJECT}{quote(joined)}{mark}{fragment}"


def shown_path(target: str) -> str:
    """An address as a person knows it: the path inside the project."""
    return unquote(target.removeprefix(PROJECT))


def references_out(schema: Json) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where a schema refers to other files, and to which address, fragment included."""
    if PROJECT not in known(schema).text:  # as almost always: one look at the text is much faster
        return
    for part in subschemas(schema):
        for keyword in REFERENCES:
            target = part.keywords.get(keyword)
            if isinstance(target, str) and target.startswith(PROJECT):
                yield (*part.clause, keyword), target


def collect_files(schema: Json, read: ReadSchema | None) -> SchemaFiles:
    """Every file that a schema refers to, directly or through another file."""
    if PROJECT not in known(schema).text:
        return SchemaFiles()
    waiting = [target.partition("#")[0] for _, target in references_out(schema)]
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    while waiting:
        address = waiting.pop()
        if address in texts or address in problems:
            continue
        path = shown_path(address)
        try:
            found = _read(path, read)
        except (OSError, ValueError, LookupError) as error:
            problems[address] = str(error) or type(error).__name__
            continue
        made = _in_schema(found, "", lambda _, path=path: path)  # type: ignore[misc] # the default is the path
        texts[address] = exact_text(made)
        waiting.extend(target.partition("#")[0] for _, target in references_out(made))
    return SchemaFiles(texts=tuple(sorted(texts.items())), problems=tuple(sorted(problems.items())))


def _read(path: str, read: ReadSchema | None) -> Json:
    # Told by its name here; the reader that is handed in follows links and refuses what they lead to.
    if path.startswith(".."):
        raise LookupError("it lies outside the project")
    if read is None:
        raise LookupError("there is nothing to read files with")
    return read(path)
