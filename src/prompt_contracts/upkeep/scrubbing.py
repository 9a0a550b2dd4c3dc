"""A recording that anybody made -> the same as we would have written it, and what was taken out of it by kind.

What is told never holds a value. Whatever would replay otherwise stays as it is, and is said to stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from prompt_contracts.data_class import dataclass
from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import canonical_text
from prompt_contracts.secret import Secret, is_telling
from prompt_contracts.transport.cassette_file import OWN_KEY, Entry, read_entries, read_standard
from prompt_contracts.transport.cassette_text import VcrInteraction, clean, joined_yaml, passages, written_text
from prompt_contracts.transport.redaction import Passage, find_secret, keep_response_headers, stored_url
from prompt_contracts.transport.replay import stored_key

_TELLING = frozenset({"cookie", "set-cookie", "openai-organization", "openai-project", "organization", "x-user-id"})
"""Headers that say who asked, beside those whose names say that they are secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubbedRecording:
    """What scrubbing makes of one file."""

    text: str | None
    """What is to be written; None where nothing has to be, or nothing can be."""
    taken: tuple[str, ...]
    """What goes, by kind."""
    left: tuple[str, ...]
    """Secrets that stand where nothing can be taken out without changing the replay."""


def scrub(
    text: str, *, secrets: Sequence[Secret], answer_texts: Callable[[str, ApiResponse], Iterable[str]]
) -> ScrubbedRecording:
    """Take out of a recording what ours never hold; `UnreadableError` where it is none."""
    written: list[VcrInteraction] = read_standard(text)["interactions"]
    cleaned = [clean(interaction) for interaction in written]
    taken = list(_taken(written, cleaned, secrets))
    left = list(_left(cleaned, answer_texts, secrets))
    if not taken and not left and find_secret([Passage(place="", text=text)], secrets) is not None:
        taken.append("what stands beside the interactions, such as a comment")
    if not taken:
        return ScrubbedRecording(text=None, taken=(), left=tuple(left))
    scrubbed = joined_yaml([written_text(interaction) for interaction in cleaned])
    still = None if left else find_secret([Passage(place="", text=scrubbed)], secrets)
    if still is not None:
        left.append(f"{still.what} stands in what is written")
    before, after = map(_replayed, (read_entries(text), read_entries(scrubbed)))
    if before != after:
        left.append("written anew it would not replay as it does: record it again")
        return ScrubbedRecording(text=None, taken=(), left=tuple(left))
    return ScrubbedRecording(text=scrubbed, taken=tuple(taken), left=tuple(left))


def _replayed(entries: Iterable[Entry]) -> list[object]:
    """All that a replay takes of a recording."""
    return [
        (
            stored_key(entry.method, entry.url, entry.request_body),
            entry.status,
            keep_response_headers(entry.headers),
            canonical_text(entry.body) or entry.body,  # laid out on several lines, it says the same
            entry.recorded,
        )
        for entry in entries
    ]


def _taken(
    written: Sequence[VcrInteraction], cleaned: Sequence[VcrInteraction], secrets: Sequence[Secret]
) -> Iterator[str]:
    for place in ("request", "response"):
        gone: dict[str, list[str]] = {}
        for before, after in zip(written, cleaned, strict=True):
            kept = after[place]["headers"]
            for name, values in _headers(before[place]["headers"]):
                if kept.get(name) is None or [*map(str, values)] != [*map(str, kept[name])]:
                    gone.setdefault(name, []).extend(map(str, values))
        if gone:
            yield f"{place} headers {_named(gone, secrets)}"
    parts = {part for each in written for part in _address_parts(each["request"]["uri"])}
    if parts:
        yield f"in addresses {', '.join(sorted(parts))}"


def _headers(headers: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    for name, values in headers.items():
        yield name.lower(), values if isinstance(values, list) else [values]


def _named(gone: Mapping[str, Sequence[str]], secrets: Sequence[Secret]) -> str:
    """The headers by name that tell who asked, the others by their number."""
    telling: list[str] = []
    for name, values in sorted(gone.items()):
        found = find_secret([Passage(place="", text=value) for value in values], secrets)
        if found is not None:
            telling.append(f"{name} ({found.what})")
        elif is_telling(name) or name in _TELLING:
            telling.append(name)
    rest = len(gone) - len(telling)
    others = [] if not rest else [f"{rest} {'other' if rest == 1 else 'others'}" if telling else f"({rest})"]
    return " and ".join(filter(None, (", ".join(telling), *others)))


def _address_parts(uri: str) -> Iterator[str]:
    """What of an address is not kept, by the names of its parts alone."""
    kept = stored_url(uri)
    if kept == uri:
        return
    try:
        before, after = urlsplit(uri), urlsplit(kept)
    except ValueError:
        yield "what nobody can read"
        return
    if before.netloc != after.netloc:
        yield "user and password"
    if before.fragment:
        yield "a fragment"
    names = [unquote_plus(field.partition("=")[0]) for field in before.query.replace(";", "&").split("&") if field]
    left = [unquote_plus(field.partition("=")[0]) for field in after.query.replace(";", "&").split("&") if field]
    yield from (f"the parameter {name}" for name in names if name not in left)
    if before.path != after.path:
        yield "a parameter within the path"


def _left(
    cleaned: Sequence[VcrInteraction],
    answer_texts: Callable[[str, ApiResponse], Iterable[str]],
    secrets: Sequence[Secret],
) -> Iterator[str]:
    for number, interaction in enumerate(cleaned, 1):
        at = f" of interaction {number}" if len(cleaned) > 1 else ""
        found_in = [
            *passages([interaction], answer_texts),
            Passage(place="what stands beside the answer", text=str(interaction["response"].get(OWN_KEY, ""))),
        ]
        told: dict[str, None] = {}
        for passage in found_in:
            found = find_secret([passage], secrets)
            if found is not None:
                told[f"{found.what} stands in {found.place}{at}"] = None
        yield from told
