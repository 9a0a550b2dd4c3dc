"""Where a case as it was merged says what belongs to no expectation: its model, parameters, messages, tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prompt_contracts.cases.node import Node, Places
from prompt_contracts.location import Location

_KEYS = ("assistant", "endpoint", "handler", "request", "require", "tool_results", "tools", "trials")
_PROMPT_KEYS = ("messages", "user", "system", "history")


class CasePlaces(Mapping[str, Location]):
    """JSON pointers such as `/request/seed` and `/model` -> places; built when somebody asks for one.

    Every cell has one, and almost none is ever asked. What stands in no case file, such as a model of the command
    line, has no place here.
    """

    __slots__ = ("_case", "_members", "_model", "_model_lists", "_places")

    def __init__(
        self,
        members: Mapping[str, Node],
        *,
        case: Node,
        model: str | None = None,
        model_lists: tuple[Node | None, ...] = (),
    ) -> None:
        """`members` are the keys after merging; the model is looked for in `model_lists`, the first that has it."""
        self._members = members
        self._case = case
        self._model = model
        self._model_lists = model_lists
        self._places: Mapping[str, Location] | None = None

    def _built(self) -> Mapping[str, Location]:
        if self._places is None:
            told = {key: self._members[key] for key in _KEYS if key in self._members}
            prompts = [self._members[key] for key in _PROMPT_KEYS if key in self._members]
            models = [node for found in self._model_lists if found is not None for node in (found.items or [found])]
            model = next((node for node in models if node.value == self._model), None)
            if prompts:
                told["messages"] = prompts[0]
            if model is not None:
                told["model"] = model
            # Merging keeps no key of the case itself: these stand where their values do.
            place = self._case
            whole = Node(None, place.source, place.line, place.column, place.length, members=told, keys=told)
            self._places = Places(whole)
        return self._places

    def __getitem__(self, key: str) -> Location:
        return self._built()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._built())

    def __len__(self) -> int:
        return len(self._built())
