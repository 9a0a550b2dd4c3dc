"""Secrets found in texts, and replaced by their names, in whatever form they travel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from prompt_contracts.disguise import disguised, encodings, hexadecimal, views, without_space
from prompt_contracts.secret import Secret

_SHORTEST_CUT = 6
_SHORTEST_BARE = 8
"""Of a secret that is mostly spaces less is left than tells it from chance."""
_ELLIPSES = ("…", " …", "...", " ...")


def mask(text: str, secrets: Iterable[Secret]) -> str:
    """The text with every form of every secret replaced by the secret's name.

    A secret that an ellipsis cuts short is replaced too, as long as 6 of its characters are there.
    """
    return mask_of(tuple(secrets)).cover(text)


@lru_cache(maxsize=16)
def mask_of(secrets: tuple[Secret, ...]) -> Mask:
    """The mask of these secrets; made once, since working out their forms takes longer than most searches."""
    return Mask(secrets)


class Mask:
    """Finds and covers some secrets. Takes time in proportion to the text."""

    def __init__(self, secrets: tuple[Secret, ...]) -> None:
        """The first of them are looked for first."""
        self._forms = tuple((form, secret) for secret in secrets for form in encodings(secret.reveal()))
        self._bare = tuple(
            (bare, secret)
            for form, secret in self._forms
            if (bare := without_space(form)) != form and len(bare) >= _SHORTEST_BARE
        )
        self._hex = tuple((hexadecimal(secret.reveal()), secret) for secret in secrets)
        self._secrets = secrets

    def find(self, text: str) -> Secret | None:
        """A secret that the text holds in any form; None where it holds none."""
        return self.find_in(views(text)) if self._secrets else None

    def find_in(self, seen: Iterable[str]) -> Secret | None:
        """A secret that stands in one of these views of a text."""
        return next((secret for _, secret in self._found(seen)), None)

    def cover(self, text: str) -> str:
        """The text with the name of each secret in its place."""
        if not self._secrets:
            return text
        found = tuple(dict.fromkeys(self._found(views(text))))
        if found:
            places = [place for form, secret in found for place in _places(text, form, secret)]
            text = "".join(_covered(text, places))
            left = self.find(text)
            if left is not None:
                return f"(not shown: the value of {left.name} stands in it)"
        return self._without_stumps(text)

    def _found(self, seen: Iterable[str]) -> Iterator[tuple[str, Secret]]:
        for view in seen:
            yield from ((form, secret) for form, secret in (*self._forms, *self._bare) if form in view)
            small = view.lower()
            yield from ((form, secret) for form, secret in self._hex if form in small)

    def _without_stumps(self, text: str) -> str:
        if "…" in text or "..." in text:
            for form, secret in self._forms:
                text = _without_stump(text, form, str(secret))
            for form, secret in self._hex:
                for written in (form, form.upper()):
                    text = _without_stump(text, written, str(secret), shortest=2 * _SHORTEST_CUT)
        return text


_Place = tuple[int, int, str]
"""Where a secret stands, from and to, and its name."""


def _places(text: str, form: str, secret: Secret) -> Iterator[_Place]:
    """Every place of a form, also where one begins within another."""
    bare = without_space(form)
    if len(bare) < _SHORTEST_BARE:
        at = text.find(form)
        while at >= 0:
            yield at, at + len(form), str(secret)
            at = text.find(form, at + 1)
        return
    is_hex = form == hexadecimal(secret.reveal())
    pattern = disguised(form, ignores_case=is_hex)
    found = pattern.search(text)
    while found is not None:
        yield found.start(), found.end(), str(secret)
        found = pattern.search(text, found.start() + 1)


def _covered(text: str, places: list[_Place]) -> Iterator[str]:
    """The text with names in place of all that the places cover together."""
    at = 0
    last = ""
    for start, end, name in sorted(places, key=lambda place: (place[0], -place[1])):
        if start >= at:
            yield text[at:start]
            last = ""
        if end > at:
            if name != last:
                yield name
            at, last = end, name
    yield text[at:]


def _without_stump(text: str, value: str, name: str, *, shortest: int = _SHORTEST_CUT) -> str:
    """The text without beginnings of the value that an ellipsis follows, and ends of it that one precedes."""
    if value[:shortest] in text:
        text = "".join(_heads(text, value, name, shortest))
    if value[-shortest:] in text:
        mirrored = "".join(_heads(text[::-1], value[::-1], name[::-1], shortest))
        text = mirrored[::-1]
    return text


def _heads(text: str, value: str, name: str, shortest: int) -> Iterator[str]:
    at = 0
    while (start := text.find(value[:shortest], at)) >= 0:
        end = start + _common_length(text[start : start + len(value)], value)
        is_cut = text[end : end + 4].startswith(_ELLIPSES)
        yield text[at:start] + (name if is_cut else text[start:end])
        at = end
    yield text[at:]


def _common_length(left: str, right: str) -> int:
    """How many characters both begin with."""
    return next((at for at, (one, other) in enumerate(zip(left, right, strict=False)) if one != other), len(left))
