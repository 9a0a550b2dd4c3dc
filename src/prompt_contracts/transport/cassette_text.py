"""Interactions in vcrpy's plain form -> the YAML text that is written. Reads nothing and writes no file.

Whatever comes in, only allow-listed headers, addresses without keys and decoded bodies come out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from prompt_contracts.transport.cassette_file import OWN_KEY, Headers
from prompt_contracts.transport.content_encoding import decode_body
from prompt_contracts.transport.json_text import reindent
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

Interaction = dict[str, Any]


class _Literal(str):
    """A text to be written as a literal block."""

    __slots__ = ()


class _Dumper(_YamlDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _represent_literal(dumper: Any, text: _Literal) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")


_Dumper.add_representer(_Literal, _represent_literal)


def clean(interaction: Interaction) -> Interaction:
    """The interaction as it may be stored, bodies as text where they are text; the order is for readers."""
    request, response = interaction["request"], interaction["response"]
    headers = _pairs(response["headers"])
    encodings = [value for name, value in headers if name.lower() == "content-encoding"]
    body = decode_body(_bytes((response.get("body") or {}).get("string")) or b"", encodings)
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


def write_yaml(interactions: list[Interaction]) -> str:
    """The text of a recording of `clean` interactions; `version` comes last, so that a cut file shows."""
    document = {"interactions": interactions, "version": 1}
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    return str(text)


def passages(interactions: list[Interaction]) -> Iterator[Passage]:
    """All that would be written, piece by piece, for the search of secrets."""
    for number, interaction in enumerate(interactions, 1):
        at = f" of interaction {number}" if len(interactions) > 1 else ""
        request, response = interaction["request"], interaction["response"]
        yield Passage(place=f"the address{at}", text=request["uri"])
        yield from _header_passages(request["headers"], f"the request header{at}")
        yield from _body_passage(request["body"], f"the request body{at}")
        yield from _header_passages(response["headers"], f"the response header{at}")
        yield from _body_passage(response["body"]["string"], f"the response body{at}")


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
        return _Literal(indented)
    return _Literal(text) if _fits_literal_block(text) else text


def _fits_literal_block(text: str) -> bool:
    lines = text.split("\n")
    return len(lines) > 1 and text[0] not in " \t\n" and text.isascii() and all(map(_is_calm, lines))


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
