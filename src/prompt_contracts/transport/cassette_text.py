"""Interactions in vcrpy's plain form -> the YAML text that is written. Reads nothing and writes no file.

Whatever comes in, only allow-listed headers, addresses without keys and decoded bodies come out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_text import escape_invisible, reindent
from prompt_contracts.transport.cassette_file import OWN_KEY, Headers, decoded
from prompt_contracts.transport.entry_text import END, HEAD, TAIL, Block, entry_text
from prompt_contracts.transport.redaction import (
    Passage,
    keep_request_headers,
    keep_response_headers,
    stored_url,
)

try:
    from yaml import CSafeDumper as _YamlDumper
except ImportError:  # a PyYAML built without libyaml
    from yaml import SafeDumper as _YamlDumper  # type: ignore[assignment]

_BLOCK = re.compile(r"^(?: {4}body| {6}string): (?:!!binary )?\|[+-]?$", re.MULTILINE)
VcrInteraction = dict[str, Any]

_MARK = re.compile(r"^( *)(\S+ )(body-[0-9a-f]{32})$", re.MULTILINE)
# YAML 1.2.2 (7.3.1) drops the spaces that a continued line begins with: the first is escaped.
_ESCAPED = re.compile(r'^ |[^ -~]|[\\"]')
_SHORT_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", " ": " ", "\\": "\\", '"': '"'}


class _Lines(str):
    """A text to be written between double quotes, one line of it on each line of the file."""

    __slots__ = ()


# PyYAML writes an object that comes twice as `*id001`, which nobody can review.
class _Dumper(_YamlDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _represent_literal(dumper: Any, text: Block) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")


_Dumper.add_representer(Block, _represent_literal)


def clean(interaction: VcrInteraction) -> VcrInteraction:
    """The interaction as it may be stored, bodies as text where they are text; the order is for readers."""
    request, response = interaction["request"], interaction["response"]
    headers = _pairs(response["headers"])
    # Compressed, a key escapes every search: vcrpy's `filter_sensitive_data` left one in a gzip body (9.4.2).
    body = decoded(_bytes((response.get("body") or {}).get("string")) or b"", headers)
    own = {OWN_KEY: response[OWN_KEY]} if OWN_KEY in response else {}
    return {
        "request": {
            "method": request["method"],
            "uri": stored_url(request["uri"]),
            "headers": _grouped(keep_request_headers(_pairs(request["headers"]))),
            "body": _readable(_bytes(request.get("body"))),
        },
        "response": {
            "status": dict(response["status"]),
            "headers": _grouped(keep_response_headers(headers)),
            "body": {"string": _readable(body)},
            **own,
        },
    }


def write_yaml(interactions: Sequence[VcrInteraction]) -> str:
    """The text of a recording of `clean` interactions; `version` comes last, so that a cut file shows."""
    known = [entry_text(interaction) for interaction in interactions]
    texts = [each.text for each in known if each is not None]
    return joined_yaml(texts) if texts and len(texts) == len(known) else dumped(interactions)


def written_text(interaction: VcrInteraction) -> str:
    """The text of a recording of one `clean` interaction."""
    known = entry_text(interaction)
    return dumped([interaction]) if known is None else known.text


def dumped(interactions: Sequence[VcrInteraction]) -> str:
    """The text of a recording as PyYAML writes it."""
    marks: dict[str, str] = {}
    document = {"interactions": [_with_marks(interaction, marks) for interaction in interactions], "version": 1}
    # By default PyYAML folds at 80 columns, so that one word more moves many lines, and writes emoji as `\U0001F642`.
    text = str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000))
    # PyYAML writes a double-quoted text on one line or folds it at any space.
    return _MARK.sub(lambda found: _quoted(found, marks), text) if marks else text


def joined_yaml(texts: Sequence[str]) -> str:
    """The text of one recording from those of others, exactly as PyYAML writes their interactions together."""
    inner = (text.removeprefix(HEAD).removesuffix(END).removesuffix(TAIL) for text in texts)
    # A text without any block leaves it to those before it how the file ends.
    end = END if next((text.endswith(END) for text in reversed(texts) if _BLOCK.search(text)), False) else ""
    return f"{HEAD}{''.join(inner)}{TAIL}{end}"


def _with_marks(interaction: VcrInteraction, marks: dict[str, str]) -> VcrInteraction:
    """The interaction with a word in place of each body that is to be written line by line."""
    request, response = interaction["request"], interaction["response"]
    return {
        **interaction,
        "request": {**request, "body": _marked(request["body"], marks)},
        "response": {**response, "body": {"string": _marked(response["body"]["string"], marks)}},
    }


def _marked(body: str | bytes | None, marks: dict[str, str]) -> str | bytes | None:
    if not isinstance(body, _Lines):
        return body
    mark = f"body-{os.urandom(16).hex()}"
    marks[mark] = body
    return mark


def _quoted(found: re.Match[str], marks: Mapping[str, str]) -> str:
    indent, key, mark = found.groups()
    if mark not in marks:
        return found.group()
    lines = (_ESCAPED.sub(_escape, line) for line in marks[mark].splitlines(keepends=True))
    return f'{indent}{key}"' + f"\\\n{indent}  ".join(lines) + '"'


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    if code > 0x7F and (
        character.isprintable() if 0xFFFF < code < 0x20000 else escape_invisible(character) == character
    ):
        return character
    form = f"x{code:02x}" if code < 0x100 else f"u{code:04x}" if code < 0x10000 else f"U{code:08x}"
    return "\\" + _SHORT_ESCAPES.get(character, form)


def passages(
    interactions: list[VcrInteraction], answer_texts: Callable[[str, ApiResponse], Iterable[str]]
) -> Iterator[Passage]:
    """All that would be written, piece by piece, for the search of secrets; and what each response says, read whole."""
    for number, interaction in enumerate(interactions, 1):
        at = f" of interaction {number}" if len(interactions) > 1 else ""
        request, response = interaction["request"], interaction["response"]
        yield Passage(place=f"the address{at}", text=request["uri"])
        yield from _header_passages(request["headers"], f"the request header{at}")
        yield from _body_passage(request["body"], f"the request body{at}")
        yield Passage(place=f"the response status{at}", text=str(response["status"].get("message") or ""))
        yield from _header_passages(response["headers"], f"the response header{at}")
        yield from _body_passage(response["body"]["string"], f"the response body{at}")
        for text in answer_texts(request["uri"], _response(response)):
            yield Passage(place=f"what the response{at} says", text=text)


def _response(response: Mapping[str, Any]) -> ApiResponse:
    headers = tuple((name.lower(), value) for name, value in _pairs(response["headers"]))
    body = _bytes(response["body"]["string"]) or b""
    return ApiResponse(status=response["status"]["code"], headers=headers, body=body)


def _header_passages(headers: Mapping[str, list[str]], place: str) -> Iterator[Passage]:
    for name, values in headers.items():
        yield from (Passage(place=f"{place} {name}", text=value) for value in values)


def _body_passage(body: str | bytes | None, place: str) -> Iterator[Passage]:
    if body is not None:
        # Latin-1 maps every byte to a character: a key among bytes that are no UTF-8 is still found.
        yield Passage(place=place, text=body if isinstance(body, str) else body.decode("latin-1"))


def _bytes(body: str | bytes | None) -> bytes | None:
    return body.encode(errors="surrogatepass") if isinstance(body, str) else body


def _readable(body: bytes | None) -> str | bytes | None:
    if body is None:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    indented = reindent(text)
    if indented is not None:
        return Block(indented)
    if "\n" not in text and "\r" not in text:
        return text
    return Block(text) if _fits_literal_block(text) else _Lines(text)


def _fits_literal_block(text: str) -> bool:
    lines = text.split("\n")
    # YAML counts the spaces before the first line, and reads every kind of line end as a line feed.
    return len(lines) > 1 and text[0] not in " \t\n" and escape_invisible(text) == text and all(map(_is_calm, lines))


def _is_calm(line: str) -> bool:
    return not line or (line.isprintable() and not line.endswith(" "))


def _pairs(headers: Mapping[str, Any]) -> Headers:
    return tuple(
        (name, str(value))
        for name, values in headers.items()
        for value in (values if isinstance(values, list) else [values])
    )


def _grouped(headers: Headers) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in headers:
        grouped.setdefault(name, []).append(value)
    return grouped
