"""Secrets found in texts, and replaced by their names, in whatever form they travel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from prompt_contracts.disguise import disguised, encodings, views
from prompt_contracts.secret import Secret

_SHORTEST_CUT = 6
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
            (joined, secret) for form, secret in self._forms if (joined := "".join(form.split())) != form
        )
        self._secrets = secrets

    def find(self, text: str) -> Secret | None:
        """A secret that the text holds in any form; None where it holds none."""
        return self.find_in(views(text))

    def find_in(self, seen: Iterable[str]) -> Secret | None:
        """A secret that stands in one of these views of a text."""
        return next((secret for _, secret in self._found(seen)), None)

    def cover(self, text: str) -> str:
        """The text with the name of each secret in its place."""
        for form, secret in self._forms:
            if form in text:
                text = text.replace(form, str(secret))
        return self._without_stumps(self._without_disguises(text))

    def _without_disguises(self, text: str) -> str:
        found = list(self._found(views(text)))
        for form, secret in found:
            text = disguised(form).sub(str(secret).replace("\\", r"\\"), text)
        left = self.find(text) if found else None
        return text if left is None else f"(not shown: the value of {left.name} stands in it)"

    def _found(self, seen: Iterable[str]) -> Iterator[tuple[str, Secret]]:
        for view in seen:
            yield from ((form, secret) for form, secret in (*self._forms, *self._bare) if form in view)

    def _without_stumps(self, text: str) -> str:
        if "…" in text or "..." in text:
            for secret in self._secrets:
                text = _without_stump(text, secret.reveal(), str(secret))
        return text


def _without_stump(text: str, value: str, name: str) -> str:
    """The text without beginnings of the value that an ellipsis follows, and ends of it that one precedes."""
    head, tail = value[:_SHORTEST_CUT], value[-_SHORTEST_CUT:]
    if head in text:
        text = "".join(_heads(text, value, name))
    if tail in text:
        mirrored = "".join(_heads(text[::-1], value[::-1], name[::-1]))
        text = mirrored[::-1]
    return text


def _heads(text: str, value: str, name: str) -> Iterator[str]:
    at = 0
    while (start := text.find(value[:_SHORTEST_CUT], at)) >= 0:
        end = start + _common_length(text[start : start + len(value)], value)
        is_cut = text[end : end + 4].startswith(_ELLIPSES)
        yield text[at:start] + (name if is_cut else text[start:end])
        at = end
    yield text[at:]


def _common_length(left: str, right: str) -> int:
    """How many characters both begin with."""
    return next((at for at, (one, other) in enumerate(zip(left, right, strict=False)) if one != other), len(left))
