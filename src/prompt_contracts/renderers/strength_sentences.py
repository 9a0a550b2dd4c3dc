"""A weak place of a contract in a sentence: what may be there, and what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from prompt_contracts.mutant import EFFECTS, Effect
from prompt_contracts.strength import Unnoticed, WeakPlace

_MAY: Mapping[Effect, str] = MappingProxyType(
    {
        "type": "may be of any type",
        "value": "may be another value",
        "left_out": "may be left out",
        "cut": "may be cut",
        "empty": "may be empty",
        "more": "may have more in it",
        "fewer": "may have less in it",
        "swapped": "may be in each other's place",
        "broken": "may be no JSON",
        "surrounded": "may stand amid other text",
        "none": "may be missing",
        "refused": "may be refused",
        "dropped": "may be missing",
        "further": "may be joined by another",
        "renamed": "may go to another tool",
        "twin": "may say what another one says",
        "row": "may be that to another row",
        "spelling": "may be spelt otherwise",
    }
)
_ANYTHING = frozenset({"type", "value"})
_BESIDE: tuple[Effect, ...] = ("left_out", "cut", "empty")
"""What is told beside the widest, where it is not the widest itself."""
_SUBJECTS = MappingProxyType(
    {
        "calls": "the calls",
        "calls/more": "the calls",
        "json": "the JSON",
        "json/$others": "the JSON",
        "text": "the text",
        "text/end": "the text",
        "text/number": "the number in the text",
        "rows": "the answer",
    }
)
_OF_CALL = MappingProxyType(
    {"$arguments": "the arguments of {}", "$others": "the arguments of {}", "$swapped": "two arguments of {}"}
)
_OF_JSON = MappingProxyType({"$others": "{} of the JSON", "$swapped": "two keys of {}"})


def weakness_sentence(place: WeakPlace) -> str:
    """`unit of get_weather may be another value: "fahrenheit" passes where "celsius" was`."""
    effects = {one.effect for one in place.unnoticed}
    first = min(place.unnoticed, key=lambda one: EFFECTS.index(one.effect))
    if effects >= _ANYTHING:
        first = next(one for one in place.unnoticed if one.effect == "value")
        said = "may be anything"
    else:
        said = _MAY[first.effect]
    beside = [_MAY[effect] for effect in _BESIDE[:1] if effect in effects and effect != first.effect]
    more = "".join(f", and {phrase}" for phrase in beside)
    return f"{_subject(place)} {said}{more}{_example(first)}"


def _example(one: Unnoticed) -> str:
    if one.effect in ("left_out", "dropped", "none", "swapped") or not one.after:
        return ""
    return f": {one.after} passes where {one.before} was"


def _subject(place: WeakPlace) -> str:
    parts = place.id.split("/")
    turn = ""
    if parts[0] == "turns" and len(parts) > 2:
        turn, parts = f"in turn {parts[1]}, ", parts[2:]
    return turn + _plain_subject(place.family, parts)


def _plain_subject(family: str, parts: list[str]) -> str:
    known = _SUBJECTS.get("/".join(parts))
    if known is not None:
        return known
    if family == "arguments":
        return _key_words(parts[1:], parts[0], _OF_CALL)
    if family == "json":
        return _key_words(parts[1:], "the JSON", _OF_JSON)
    if family == "error":
        return f"{parts[-1]} of the error"
    return f"the call of {parts[0]}" if family == "calls" else f"the {parts[0].replace('_', ' ')}"


def _key_words(keys: list[str], owner: str, special: Mapping[str, str]) -> str:
    """`street of where of get_weather`; a key that only a model named is `a key that nobody named`."""
    *around, last = ("a key that nobody named" if key == "*" else key for key in keys)
    whole = " of ".join([*reversed(around), owner])
    return special[last].format(whole) if last in special else f"{last} of {whole}"
