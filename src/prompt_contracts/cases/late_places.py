"""Places inside a value of a case file, found when somebody asks for one: the file's text is read once more for that.

Few cells ever show a place, and to work out the places of all that a suite expects took a tenth of its loading; kept,
they were twice as big as the text, which is held in their stead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from prompt_contracts.cases.findings import Findings
from prompt_contracts.cases.node import NO_NUMBER, Node, Places, SourceText, places_of
from prompt_contracts.cases.yaml_reader import read_yaml_nodes
from prompt_contracts.location import Location


def late_places_of(node: Node) -> Mapping[str, Location]:
    """The same places as those of `places_of`, worked out late where the node is as it was read from YAML."""
    if node.number == NO_NUMBER:
        return places_of(node)
    return LatePlaces(node.source, node.number) if node.value else {}


class LatePlaces(Mapping[str, Location]):
    """The places inside one mapping or list of a YAML text. Holds no node; see `Places`."""

    __slots__ = ("_folder", "_found", "_number", "_path", "_text")

    def __init__(self, source: SourceText, number: int) -> None:
        """`number` is that of the node; see `Node.number`."""
        # Not the source itself: it may hold each of its lines once more.
        self._path, self._folder, self._text = source.path, source.folder, source.text
        self._number = number
        self._found: Places | None = None

    @property
    def _places(self) -> Places:
        if self._found is None:
            self._found = places_of(_collections(self._path, self._folder, self._text)[self._number])
        return self._found

    def __getitem__(self, key: str) -> Location:
        return self._places[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return repr(self._places)


# One file at a time: cells are judged file by file, and the nodes of a suite would take more memory than all else.
@lru_cache(maxsize=1)
def _collections(path: str, folder: Path, text: str) -> dict[int, Node]:
    """The mappings and lists of a text that was read before, by their numbers."""
    root = read_yaml_nodes(SourceText(path=path, folder=folder, text=text), Findings())
    found: dict[int, Node] = {}
    waiting = [] if root is None else [root]
    while waiting:
        node = waiting.pop()
        if node.number != NO_NUMBER:
            found[node.number] = node
        waiting += (*(node.items or ()), *(node.members or {}).values())
    return found
