"""What may be written into a recording: headers by allow-list, addresses without keys, no secret anywhere.

Finds secrets and says where; whether to write is the caller's decision. A finding never holds the value.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from prompt_contracts.data_class import dataclass
from prompt_contracts.disguise import layers, without_space
from prompt_contracts.json_value import pointer
from prompt_contracts.masking import Mask, mask_of
from prompt_contracts.secret import Secret
from prompt_contracts.transport.key_shape import shape_in

_LINE_END = re.compile(r"\r\n|\n|\r")
"""As event streams have them; Python knows more of them, which stand unescaped in JSON."""
_MOST_TOGETHER = 1024 * 1024
"""Characters that are searched at once: each search takes several times as much memory."""
_NAMES = ("item_id", "output_index", "content_index", "summary_index", "id")
"""What tells apart texts that come at the same time."""


_Path = tuple[str | int, ...]


def event_data(text: str) -> Iterator[str]:
    """The data of each event, its lines joined; and each line of those that have several."""
    lines: list[str] = []
    for line in (*_LINE_END.split(text), ""):
        name, colon, data = line.removeprefix("\ufeff").partition(":")
        if colon and name == "data":
            lines.append(data.removeprefix(" "))
        elif not line and lines:
            yield "\n".join(lines)
            if len(lines) > 1:
                yield from lines
            lines = []


def together(events: list[object]) -> Iterator[tuple[str, str]]:
    """The place in its event, and the text, of each text that comes in pieces, one in each event."""
    groups: defaultdict[tuple[str, Hashable, _Path], list[str]] = defaultdict(list)
    for event in events:
        names = _names(event)
        for place, path, text in _placed_strings(event):
            # In three ways: servers tell choices apart by a place, an index or a name, each by its own.
            groups["place", "", place].append(text)
            groups["path", "", path].append(text)
            groups["names", names, path].append(text)
    for (*_, path), texts in groups.items():
        if len(texts) > 1:
            yield "".join(pointer(step) for step in path), "".join(texts)


def _names(event: object) -> tuple[object, ...]:
    members = dict(event) if isinstance(event, list) and all(isinstance(each, tuple) for each in event) else {}
    found = (members.get(name) for name in _NAMES)
    return tuple(value if isinstance(value, str | int) else None for value in found)


def _placed_strings(event: object) -> Iterator[tuple[_Path, _Path, str]]:
    """Every string with its place, and with its place by the indexes that the event itself names."""
    waiting: list[tuple[object, _Path, _Path]] = [(event, (), ())]
    while waiting:
        value, place, path = waiting.pop()
        if isinstance(value, str):
            yield place, path, value
        elif isinstance(value, list) and value and isinstance(value[0], tuple):
            waiting += [(item, (*place, key), (*path, key)) for key, item in reversed(value)]
        elif isinstance(value, list):
            numbered = list(enumerate(value))
            waiting += [(item, (*place, at), (*path, _index(item, at))) for at, item in reversed(numbered)]


def _index(item: object, at: int) -> str | int:
    """The index that an item of a list says of itself, as text; else its place."""
    members = dict(item) if isinstance(item, list) and all(isinstance(each, tuple) for each in item) else {}
    index = members.get("index")
    return index if isinstance(index, str) else at


# Lists of what is kept, since nobody thinks of all that must go: of 2,232 public cassettes of such APIs 962 hold a
# `set-cookie` and 1,352 an `openai-organization`, though hardly any holds a key.
KEPT_REQUEST_HEADERS = frozenset({"accept", "content-type", "openai-beta"})
KEPT_RESPONSE_HEADERS = frozenset(
    {
        "apim-request-id",  # Azure
        "content-type",
        "date",
        "location",
        "mistral-correlation-id",
        "openai-poll-after-ms",  # Assistants
        "openai-processing-ms",
        "retry-after",
        "retry-after-ms",
        "x-request-id",
        "x-should-retry",
    }
)
_KEPT_RESPONSE_PREFIXES = ("x-ratelimit-", "ratelimit-")

_SECRET_PARAMETERS = frozenset(
    {
        *("key", "apikey", "x-api-key", "x-goog-api-key", "subscription-key", "ocp-apim-subscription-key"),
        *("token", "access-token", "auth-token", "authtoken", "id-token", "refresh-token"),
        *("auth", "authorization", "credential", "password", "secret", "client-secret"),
        *(
            "api-key",
            "code",
            "passphrase",
            "sig",
            "signature",
            "x-amz-signature",
            "x-amz-credential",
            "x-amz-security-token",
        ),
    }
)
"""Names with hyphens; underscores are read as hyphens."""


def keep_request_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The request headers that may be stored, names in lower case."""
    return tuple((name.lower(), value) for name, value in headers if name.lower() in KEPT_REQUEST_HEADERS)


def keep_response_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The response headers that may be stored and shown, names in lower case, in their order."""
    kept: list[tuple[str, str]] = []
    for written, value in headers:
        name = written.lower()
        if name in KEPT_RESPONSE_HEADERS or name.startswith(_KEPT_RESPONSE_PREFIXES):
            kept.append((name, _kept_location(value) if name == "location" else value))
    return tuple(kept)


def _kept_location(value: str) -> str:
    """Of an address no more than where it leads: what follows may be a ticket to get in."""
    return stored_url(value).partition("?")[0]


# RFC 3986 (3.3): a segment of a path can carry parameters of its own.
_PATH_FIELD = re.compile(r";([^;/=]+=[^;/]*)")


@lru_cache(maxsize=1024)
def stored_url(url: str) -> str:
    """The address without user and password, fragment, and query parameters that carry keys."""
    try:
        parts = urlsplit(url)
    except ValueError:  # what cannot be read may hold a key anywhere
        return url.partition("?")[0].rpartition("@")[2]
    fields = [kept for field in parts.query.split("&") if (kept := _without_secrets(field))]
    path = _PATH_FIELD.sub(lambda found: "" if _is_secret_field(found[1]) else found[0], parts.path)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, path, "&".join(fields), ""))


def _without_secrets(part: str) -> str:
    """What a semicolon parts, without fields that carry keys."""
    # HTML 4.01 (B.2.2) advised servers to take `;` for `&`, and some still do.
    return ";".join(field for field in part.split(";") if not _is_secret_field(field))


def _is_secret_field(field: str) -> bool:
    return unquote_plus(field.partition("=")[0]).lower().replace("_", "-") in _SECRET_PARAMETERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One piece of text that would be written, with its place in words."""

    place: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSecret:
    """A secret in a passage: what it is and where, never its value."""

    what: str
    place: str


def find_secret(passages: Iterable[Passage], secrets: Iterable[Secret]) -> FoundSecret | None:
    """The first secret in the passages: the value of a variable in any form, or the shape of a key.

    Looks at the text, and at what a stream says over several events. A finding in JSON tells the place in it.
    """
    mask = mask_of(tuple(secrets))
    distinct: dict[str, Passage] = {}
    for passage in passages:
        distinct.setdefault(passage.text, passage)
    if _is_clean(distinct, mask):
        return None
    for passage in distinct.values():
        what = _what(passage.text, mask)
        if what is not None:
            place = next((place for place, text in _places(passage) if _what(text, mask) is not None), passage.place)
            return FoundSecret(what=what, place=place)
        finding = _over_events(passage, mask)
        if finding is not None:
            return finding
    return None


def _is_clean(texts: Collection[str], mask: Mask) -> bool:
    """Whether a single search of all texts finds nothing: it costs less than one of each."""
    if sum(map(len, texts)) > _MOST_TOGETHER:
        return False  # nobody knows yet
    texts = [*texts, *(said for text in texts for _, said in _said_over_events(text))]
    # No key and no escape holds this character: what is found so is found in one of them, and the other way round.
    return _what("\0".join(texts), mask) is None


def split_secret(text: str, secrets: Iterable[Secret]) -> str | None:
    """The name of the secret whose value a stream brings in pieces, so that no search of the text finds it."""
    # No key holds this character: the end of one text and the start of the next never make one.
    found = mask_of(tuple(secrets)).find("\0".join(said for _, said in _said_over_events(text)))
    return None if found is None else found.name


def _what(text: str, mask: Mask) -> str | None:
    seen = tuple(layers(text))
    secret = mask.find_in((*seen, without_space(seen[-1])))
    if secret is not None:
        return f"the value of {secret.name}"
    # Shapes are not looked for where spaces are gone: words side by side would look like keys.
    shape = shape_in(seen)
    return None if shape is None else f"what looks like {shape}"


def _over_events(passage: Passage, mask: Mask) -> FoundSecret | None:
    said = tuple(_said_over_events(passage.text))
    if not said:
        return None
    what = _what("\0".join(text for _, text in said), mask)
    if what is None:
        return None
    place = next((place for place, text in said if _what(text, mask) is not None), "")
    return FoundSecret(what=what, place=f"{passage.place} {place}".rstrip() + ", over several events")


def _said_over_events(text: str) -> Iterator[tuple[str, str]]:
    """What the events of a stream say together, with its place in them; nothing for what is no stream."""
    if "data:" not in text:
        return
    data = list(event_data(text))
    yield from together([event for event in map(_load, data) if event is not None])
    yield "", "\n".join(data)


def _places(passage: Passage) -> Iterator[tuple[str, str]]:
    """Every string of the JSON in a passage with its place, JSON inside strings included."""
    whole = _load(passage.text)
    documents = [whole] if whole is not None else map(_load, event_data(passage.text))
    for document in documents:
        if document is not None:
            yield from _strings(document, passage.place, "")


class _Members(list[tuple[str, object]]):
    """The members of a JSON object, repeated keys included."""


def _load(text: str) -> object | None:
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return None
    try:
        # Keys that stand twice are searched, too; integers stay text, since Python refuses those of over 4,300 digits.
        return json.loads(text, object_pairs_hook=_Members, parse_int=str)  # type: ignore[no-any-return]
    except (ValueError, RecursionError):
        return None


def _strings(value: object, place: str, at: str) -> Iterator[tuple[str, str]]:
    """Every string of a parsed JSON document with its place; iterative, since documents nest deeply."""
    waiting: list[tuple[object, str]] = [(value, at)]
    while waiting:
        value, at = waiting.pop()
        if isinstance(value, _Members):
            waiting += [(item, at + pointer(key)) for key, item in reversed(value)]
            yield from ((f"{place} (a key at {at or '/'})", key) for key, _ in value)
        elif isinstance(value, list):
            waiting += [(item, at + pointer(index)) for index, item in reversed(list(enumerate(value)))]
        elif isinstance(value, str):
            yield (f"{place} {at}".rstrip(), value)
            inner = _load(value)
            if inner is not None:
                waiting.append((inner, at))
