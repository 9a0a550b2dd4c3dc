"""The text of a recording <-> its entries: vcrpy's version-1 YAML, with one key of our own in the response.

Checks the shape of what it reads. Opens no file, and imports neither vcrpy nor httpx: replay needs it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import Recorded
from prompt_contracts.transport.cassette_yaml import Plain, UnreadableError, read_cassette_yaml
from prompt_contracts.transport.content_encoding import LARGEST_CONTENT, EncodingError, inflate
from prompt_contracts.transport.recorded_facts import read_facts
from prompt_contracts.transport.written_yaml import read_written

# In the response, since vcrpy 9.4.2 loses unknown keys of the top level and of an interaction when it saves, and
# refuses them in a request; and since pytest-recording 0.14.1 cannot load a file with a `metadata` at its top.
OWN_KEY = "prompt_contracts"
"""Where, in the response of an entry, we keep what vcrpy does not store; vcrpy carries it along."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recorded interaction, bodies decoded. Header names are as they stand in the file."""

    method: str
    url: str
    request_headers: Headers = ()
    request_body: bytes | None = None
    status: int
    reason: str = ""
    headers: Headers = ()
    body: bytes = b""
    recorded: Recorded = field(default_factory=Recorded)


def read_entries(text: str, *, now: datetime | None = None) -> tuple[Entry, ...]:
    """The entries of a recording in their order; `UnreadableError` when the text is none.

    With `now` also when it says that it was recorded later.
    """
    return tuple([_entry(item, number, now) for number, item in enumerate(_interactions(text), 1)])


def entry_of(interaction: Mapping[str, Plain]) -> Entry:
    """The entry of one interaction as plain data; `UnreadableError` when it is none."""
    return _entry(interaction, 1, None)


def read_standard(text: str) -> dict[str, Any]:
    """The same file as the plain data that vcrpy expects of a serializer, older dialects brought up to date.

    `UnreadableError` as `read_entries`.
    """
    items = _interactions(text)
    for number, item in enumerate(items, 1):
        _entry(item, number, None)  # whatever is wrong with it is told
    return {"version": 1, "interactions": [_standard(item) for item in items]}


def _interactions(text: str) -> list[dict[str, Plain]]:
    document = read_written(text)
    if document is None:
        document = _any_yaml(text)
    if not isinstance(document, dict):
        raise UnreadableError(f"its top level is {_kind(document)}, not a mapping with 'interactions'")
    if "interactions" not in document:
        raise UnreadableError("it has no 'interactions'")
    # A file cut between two interactions is sound YAML with fewer of them: only the missing last line tells.
    if "version" not in document:
        raise UnreadableError("it ends before its last line 'version: 1': it was cut, or is no cassette")
    # True == 1 in Python; vcrpy 9.4.2 reads a file of whatever version.
    if document["version"] != 1 or isinstance(document["version"], bool):
        raise UnreadableError(f"its version is {document['version']!r}; only version 1 can be read")
    items = document["interactions"]
    if not isinstance(items, list):
        raise UnreadableError(f"its 'interactions' is {_kind(items)}, not a list")
    found: list[dict[str, Plain]] = []
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise UnreadableError(f"interaction {number} is {_kind(item)}, not a mapping")
        found.append(item)
    return found


def _any_yaml(text: str) -> Plain:
    # Before the YAML is read: its complaint about these lines names no merge.
    for marker in ("<<<<<<< ", ">>>>>>> "):
        if text.startswith(marker) or f"\n{marker}" in text:
            line = text[: (f"\n{text}").index(f"\n{marker}")].count("\n") + 1
            raise UnreadableError(f"it holds the markers of a merge conflict (line {line})")
    if not text.strip():
        # vcrpy 9.4.2 takes an empty file for an absent one, and records over it.
        raise UnreadableError("it is empty")
    # Of vcrpy's JSON serializer: nearly all JSON is YAML, but for halves of surrogate pairs, tabs and long keys.
    document = _json(text) if text.lstrip()[:1] == "{" else None
    return read_cassette_yaml(text) if document is None else document


def _json(text: str) -> Plain:
    """The JSON of a text; None where it is none."""
    try:
        return json.loads(text, object_pairs_hook=_members)  # type: ignore[no-any-return]
    except RecursionError:
        raise UnreadableError("it is nested too deeply") from None
    except UnreadableError:
        raise
    except ValueError:
        return None


def _members(pairs: list[tuple[str, Plain]]) -> dict[str, Plain]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise UnreadableError("a key stands twice in one mapping of it")
    return members


def _kind(value: Plain) -> str:
    match value:
        case None:
            return "empty"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bytes():
            return "binary data"
        case str():
            return "text"
        case _:
            return "a number or a boolean"


def _mapping(value: Plain, name: str, number: int) -> dict[str, Plain]:
    """A part of an interaction that must be a mapping."""
    if not isinstance(value, dict):
        raise UnreadableError(f"{name} of interaction {number} is {_kind(value)}, not a mapping")
    return value


def _entry(item: Mapping[str, Plain], number: int, now: datetime | None) -> Entry:
    request = _mapping(item.get("request"), "the request", number)
    response = _mapping(item.get("response"), "the response", number)
    status, reason = _status(response, number)
    headers = _headers(response.get("headers"), "the response headers", number)
    body = _body(_response_body(response, number), "the response body", number) or b""
    return Entry(
        method=_text(request.get("method"), "the method", number),
        url=_text(request.get("uri"), "the uri", number),
        request_headers=_headers(request.get("headers"), "the request headers", number),
        request_body=_body(_request_body(request), "the request body", number) or None,
        status=status,
        reason=reason,
        headers=headers,
        body=decoded(body, headers),
        recorded=_recorded(response.get(OWN_KEY), number, now),
    )


def decoded(body: bytes, headers: Headers) -> bytes:
    """An answer without the compressions that its headers name; `UnreadableError` when it cannot be decoded.

    One that is not compressed although the header says so (a recorder decoded it and kept the header) comes back as
    it is.
    """
    encodings = [value for name, value in headers if name.lower() == "content-encoding"]
    try:
        body = inflate(body, encodings, is_lenient=True) if encodings else body
    except EncodingError as error:
        raise UnreadableError(f"an answer in it {error}") from None
    if len(body) > LARGEST_CONTENT:
        raise UnreadableError(f"an answer in it is larger than {LARGEST_CONTENT // 1024 // 1024} MB")
    return body


def _text(value: Plain, name: str, number: int) -> str:
    if not isinstance(value, str):
        raise UnreadableError(f"{name} of interaction {number} is {_kind(value)}, not text")
    return value


def _status(response: Mapping[str, Plain], number: int) -> tuple[int, str]:
    # `status_code`, and `content` in place of `body`, come from vcrpy's first stubs of httpx.
    code, reason = response.get("status_code"), None
    if "status" in response:
        status = _mapping(response["status"], "the status", number)
        code, reason = status.get("code"), status.get("message")
    if isinstance(code, bool) or not isinstance(code, int):
        raise UnreadableError(f"the status of interaction {number} has no numeric code")
    # Three digits, as RFC 9112 (section 4) has them and http.client takes them.
    if not 100 <= code <= 999:
        raise UnreadableError(f"the status of interaction {number} has a code that HTTP does not know")
    return code, reason if isinstance(reason, str) else ""


def _request_body(request: Mapping[str, Plain]) -> Plain:
    """The body; `parsed_body` is the dialect of recorders that store JSON as YAML."""
    if "body" not in request and "parsed_body" in request:
        return json.dumps(request["parsed_body"], ensure_ascii=False, default=str)
    return request.get("body")


def _response_body(response: Mapping[str, Plain], number: int) -> Plain:
    if "body" in response:
        body = response["body"]
        return None if body is None else _mapping(body, "the body", number).get("string")
    if "parsed_body" in response:
        return json.dumps(response["parsed_body"], ensure_ascii=False, default=str)
    return response.get("content")


def _body(value: Plain, name: str, number: int) -> bytes | None:
    if isinstance(value, str):
        # An escape of YAML can name half of a surrogate pair, for which UTF-8 has no form.
        return value.encode(errors="surrogatepass")
    if value is None or isinstance(value, bytes):
        return value
    raise UnreadableError(f"{name} of interaction {number} is {_kind(value)}, not text")


def _headers(value: Plain, name: str, number: int) -> Headers:
    if value is None:
        return ()
    found: list[tuple[str, str]] = []
    for key, values in _mapping(value, name, number).items():
        for one in values if isinstance(values, list) else [values]:
            if isinstance(one, (list, dict)):
                raise UnreadableError(f"{name} of interaction {number} hold {_kind(one)} under {key!r}")
            # RFC 9110 (5.5): beyond ASCII a value is opaque bytes; Latin-1 has a character for every one.
            found.append((key, one.decode("latin-1") if isinstance(one, bytes) else str(one)))
    return tuple(found)


def _recorded(value: Plain, number: int, now: datetime | None) -> Recorded:
    if value is None:
        return Recorded()
    return read_facts(_mapping(value, repr(OWN_KEY), number), f"{OWN_KEY!r} of interaction {number}", now=now)


def _standard(item: Mapping[str, Plain]) -> dict[str, Any]:
    request, response = dict(_mapping(item["request"], "", 0)), dict(_mapping(item["response"], "", 0))
    status, reason = _status(response, 0)
    # vcrpy 9.4.2 asks for `body` where it decodes compressed answers: a KeyError for the older dialects as they are.
    own = {OWN_KEY: response[OWN_KEY]} if OWN_KEY in response else {}
    return {
        "request": {
            "method": request["method"],
            "uri": request["uri"],
            "body": _request_body(request),
            "headers": _grouped(_headers(request.get("headers"), "", 0)),
        },
        "response": {
            "status": {"code": status, "message": reason},
            "headers": _grouped(_headers(response.get("headers"), "", 0)),
            "body": {"string": _response_body(response, 0)},
            **own,
        },
    }


def _grouped(headers: Headers) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in headers:
        grouped.setdefault(name, []).append(value)
    return grouped
