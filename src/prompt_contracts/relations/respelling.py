"""A text as people write it in a hurry. What carries meaning stays: what was put in, digits, quotes, names, code."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from prompt_contracts.relation import Relation, Typos

_WORD = re.compile(r"\w+(?:[-'’]\w+)*")
_QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»|„[^“”\n]*[“”]|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)")
_CODE = re.compile(
    # A fenced block of Markdown, which ends with the text where nothing closes it, or code amid a line.
    r"^[ \t>]*(?P<fence>`{3,}|~{3,})[^`\n]*(?:\Z|\n(?s:.*?)(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z))"
    r"|(?<!`)(?P<ticks>``+)(?!`)(?s:.+?)(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE,
)
_TOKEN = re.compile(r"\S+")
_EXACT = re.compile(r"[/\\]|\w@\w|\w\.\w|\A\.\w")
"""What stands in addresses of pages and of people, in paths and in names of files, and in no other word."""
_BEFORE, _BEHIND = "([{<\"'“‘«„", ".,;:!?…。？！؟)]}>\"'”’»"
_STOPS = frozenset(".?!…。？！؟")
_SHORTEST = 4
"""Letters of a word in which a mistake still lets people read it."""

KeptSigns = Sequence[bool]
"""For each character whether it stays as it is."""


def respelt(text: str, relation: Relation, *, words: Iterable[str]) -> str:
    """The text with the mistakes of one kind; the same where there is no place for any."""
    mask = _mask(text, relation.kept, words)
    if relation.name == "typos":
        return _with_typos(text, mask, relation.typos or Typos())
    return _MANNERS[relation.name or ""](text, mask)


def typo_key(text: str, relation: Relation, *, words: Iterable[str]) -> str:
    """A hash of all that typos are made from."""
    typos = relation.typos or Typos()
    kept = "".join("x" if stays else "." for stays in _mask(text, relation.kept, words))
    said = f"{typos.count} {typos.seed} {kept} {text}"
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:10]


def _mask(text: str, kept: Iterable[tuple[int, int]], words: Iterable[str]) -> KeptSigns:
    """What stays: what a template put in, quotes, code, addresses, words with digits, and every word in `words`."""
    mask = [False] * len(text)
    known = {word.casefold() for each in words for word in _WORD.findall(each)}
    own = (match.span() for match in _WORD.finditer(text) if _is_kept(match[0], known))
    quoted = (match.span() for pattern in (_QUOTED, _CODE) for match in pattern.finditer(text))
    for start, end in (*kept, *quoted, *_exact(text), *own):
        mask[start:end] = [True] * (min(end, len(text)) - start)
    return mask


def _exact(text: str) -> Iterator[tuple[int, int]]:
    """Where addresses and paths stand, without the brackets and stops around them."""
    for match in _TOKEN.finditer(text):
        start = match.end() - len(match[0].lstrip(_BEFORE))
        end = match.start() + len(match[0].rstrip(_BEHIND))
        if start < end and _EXACT.search(text[start:end]):
            yield start, end


def _is_kept(word: str, known: set[str]) -> bool:
    parts = {word.casefold(), *(part.casefold() for part in re.split(r"[-'’]", word))}
    return bool(parts & known) or any(sign.isdigit() for sign in word)


def _lower_case(text: str, mask: KeptSigns) -> str:
    return "".join(sign if stays else sign.lower() for sign, stays in zip(text, mask, strict=True))


def _spaces(text: str, mask: KeptSigns) -> str:
    """Each space between two words twice."""
    return "".join(
        sign * 2 if sign == " " and not stays and 0 < at < len(text) - 1 else sign
        for at, (sign, stays) in enumerate(zip(text, mask, strict=True))
    )


def _no_stop(text: str, mask: KeptSigns) -> str:
    """Without the stops at the end."""
    end = len(text.rstrip())
    while end and text[end - 1] in _STOPS and not mask[end - 1]:
        end -= 1
    return text if end == len(text.rstrip()) else text[:end].rstrip()


_MANNERS: Mapping[str, Callable[[str, KeptSigns], str]] = MappingProxyType(
    {"lower_case": _lower_case, "spaces": _spaces, "no_stop": _no_stop}
)


def _with_typos(text: str, mask: KeptSigns, typos: Typos) -> str:
    """Two neighbouring letters changed over, or one doubled, in as many words. None is left out."""
    places = [
        match.span()
        for match in _WORD.finditer(text)
        if match[0].isalpha() and len(match[0]) >= _SHORTEST and not any(mask[match.start() : match.end()])
    ]
    drawn = _numbers(typos.seed, text)
    chosen = sorted(places, key=lambda place: (next(drawn), place))[: typos.count]
    for start, end in sorted(chosen, reverse=True):
        text = text[:start] + _mistaken(text[start:end], next(drawn)) + text[end:]
    return text


def _mistaken(word: str, number: int) -> str:
    """The word with a mistake behind its first letter; another word always."""
    at = 1 + number % (len(word) - 2)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    doubled = word[: at + 1] + word[at:]
    return doubled if swapped == word or (number >> 16) % 3 == 0 else swapped


def _numbers(seed: int, text: str) -> Iterator[int]:
    """Numbers by chance, the same on every machine and in every version of Python."""
    count = 0
    while True:
        count += 1
        yield int.from_bytes(hashlib.sha256(f"{seed} {count} {text}".encode(errors="replace")).digest()[:8])
