"""`expect` as nodes -> facets with their places, and where a merged case says all that is no expectation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prompt_contracts.cases.late_places import late_places_of
from prompt_contracts.cases.node import Node, Places, places_of
from prompt_contracts.cases.prompts import TEXT_KEYS, Prompt
from prompt_contracts.json_value import Json
from prompt_contracts.location import Location
from prompt_contracts.turn import COMBINATIONS, Facet

_NO_JSON = "none"


ShareValue = Callable[[Json], Json]
"""Gives a value as the one object that others which are equal to it have, too."""


def facets_of(expect: Node | None, *, share: ShareValue | None = None) -> tuple[Facet, ...]:
    """The facets of one `expect`, in the order in which they were written; none of none."""
    if expect is None or expect.members is None:
        return ()
    return tuple([_facet(name, node, expect.key(name), share) for name, node in expect.members.items()])


def _facet(name: str, node: Node, key: Node, share: ShareValue | None) -> Facet:
    value, places = _value(name, node), late_places_of(node)
    if share is not None:
        own, value = value, share(value)
        if value is not own and isinstance(places, Places):
            places.share(value)
    return Facet(name=name, value=value, location=key.location, locations=places)


def _value(name: str, node: Node) -> Json:
    """The value of a facet; `json: none` is a word where it is written, and a text where a template put it."""
    if name == "json" and node.is_inserted and node.value == _NO_JSON:
        return {"$eq": _NO_JSON}
    if name not in COMBINATIONS or not _holds_inserted(node):
        return node.value
    if node.items is not None:
        return [_nested(item) for item in node.items]
    return _nested(node)


def _nested(node: Node) -> Json:
    if node.members is None:
        return node.value
    return {name: _value(name, member) for name, member in node.members.items()}


def _holds_inserted(node: Node) -> bool:
    inner = node.items if node.items is not None else (node.members or {}).values()
    return node.is_inserted or any(map(_holds_inserted, inner))


_KEYS = ("assistant", "endpoint", "given", "handler", "request", "require", "same", "tool_results", "tools", "trials")


def places_in_case(
    members: Mapping[str, Node],
    *,
    case: Node,
    model: str | None = None,
    model_lists: tuple[Node | None, ...] = (),
    prompt: Prompt | None = None,
) -> Places:
    """JSON pointers such as `/request/seed` and `/model` -> places, in a case or a turn.

    `members` are the keys after merging; the model is looked for in `model_lists`, the first that has it. What stands
    in no case file, such as a model of the command line, has no place here. What a prompt says goes before what stands
    in the case; `/prompt` is its name, where it says anything to the model.
    """
    told = {key: members[key] for key in _KEYS if key in members}
    first = [key for key in TEXT_KEYS if prompt is not None and key in prompt.members]
    texts = [members[key] for key in (*first, *TEXT_KEYS, "history") if key in members]
    models = [node for found in model_lists if found is not None for node in (found.items or [found])]
    named = next((node for node in models if node.value == model), None)
    if texts:
        told["messages"] = texts[0]
    if prompt is not None and first:
        told["prompt"] = prompt.place
    if named is not None:
        told["model"] = named
    # Merging keeps no key of the case itself: these stand where their values do.
    value: Json = {name: node.value for name, node in told.items()}
    return places_of(Node(value, case.source, case.line, case.column, case.length, members=told, keys=told))


def _no_places() -> Mapping[str, Location]:
    return {}


class CasePlaces(Mapping[str, Location]):
    """The places in a case, worked out when somebody asks for one: few are, and none after the case was checked."""

    __slots__ = ("_find", "_places")

    def __init__(self, find: Callable[[], Mapping[str, Location]]) -> None:
        self._find = find
        self._places: Mapping[str, Location] | None = None

    def let_go(self) -> None:
        """Know no place any more: they hold the whole file as it was read."""
        self._find, self._places = _no_places, None

    def _found(self) -> Mapping[str, Location]:
        if self._places is None:
            self._places = self._find()
        return self._places

    def __getitem__(self, key: str) -> Location:
        return self._found()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())
