"""Ids of replies -> the cells that they name. Ids are looked up among those that are known; none is parsed.

A cell is known as `path::case[row-relation-prompt-provider:model]`, and without its model too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType

from prompt_contracts.case import Case
from prompt_contracts.data_class import dataclass
from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.planner import NO_MODEL
from prompt_contracts.trial import Cell

MOST_TRIALS = 100_000
"""The highest number that `#<trial>` may give."""

_MOST_COMPARED = 500
_JUDGED_PARAMETERS = ("n", "response_format", "text")
"""The parameters of a request that an answer is held against."""
_TRIAL = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """What an id names."""

    key: str
    """The id without `#<trial>`."""
    trial: int | None
    """None when the id gives none."""
    cell: Cell
    """What the reply is judged by; without a model when the id may mean several."""
    cells: tuple[Cell, ...]
    """The planned cells that have their reply with it."""
    is_own: bool = True
    """False for a model that the case does not list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAddressee:
    """Why an id names no cell that a reply can be judged by."""

    code: str
    """`unknown_id`, `row_missing`, `trial`, `ambiguous` or `broken_case`."""
    message: str


class KnownIds:
    """The ids of the cells of some case files."""

    def __init__(
        self,
        files: Iterable[LoadedFile],
        *,
        is_model: Callable[[str], bool],
        load_as: Callable[[str, str], LoadedFile | None],
    ) -> None:
        """`is_model` tells a model id; `load_as(path, model)` loads a file for a model that it does not list."""
        self._is_model = is_model
        self._load_as = load_as
        self._known: dict[str, list[Cell]] = {}
        self._variants: dict[str, dict[str, list[Cell]]] = {}
        self._broken: dict[str, str] = {}
        self._broken_files: dict[str, str] = {}
        self._foreign: dict[tuple[str, str], Mapping[tuple[str, str], Cell]] = {}
        self._found: dict[str, Addressee | NoAddressee] = {}
        self._partials: dict[str, Mapping[str, str]] = {}
        for file in files:
            self._add(file)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every planned cell."""
        return tuple(cell for known in self._variants.values() for cells in known.values() for cell in cells)

    def find(self, custom_id: str) -> Addressee | NoAddressee:
        """What an id names: the whole of it, or what stands before its `#<trial>`."""
        found = self._look_up(custom_id)
        if found is not None:
            return found
        key, mark, number = custom_id.rpartition("#")
        addressed = self._look_up(key) if mark else None
        if addressed is None:
            return self._unknown(key if mark and _TRIAL.fullmatch(number) else custom_id)
        if not _TRIAL.fullmatch(number) or int(number) > MOST_TRIALS:
            message = f"#{number} is no number of a trial: they go from 1 to {MOST_TRIALS:,}"
            return NoAddressee(code="trial", message=message)
        if isinstance(addressed, NoAddressee):
            return addressed
        return Addressee(
            key=key,
            trial=int(number),
            cell=addressed.cell,
            cells=addressed.cells,
            is_own=addressed.is_own,
        )

    def nearest(self, custom_id: str) -> str | None:
        """The known id that looks most like one that is not, of the file that it seems to mean; for messages."""
        path = custom_id.rpartition("::")[0]
        paths = {cell.case.path for cell in self.cells}
        # Comparing with the ids of all files would take seconds where there are many.
        close = [path] if path in paths else get_close_matches(path, paths, n=1)
        ids = [key for key, cells in self._known.items() if close and cells[0].case.path == close[0]]
        near = get_close_matches(custom_id, ids[:_MOST_COMPARED], n=1)
        return near[0] if near else None

    def _add(self, file: LoadedFile) -> None:
        for broken in file.broken:
            first = broken.diagnostics[0]
            if broken.name == "file":
                self._broken_files[file.path] = str(first)
            elif broken.name != "warnings":
                self._broken[f"{file.path}::{broken.name}"] = str(first)
        for cell in file.cells:
            case = cell.case
            stem = f"{case.path}::{case.name}"
            variant = _variant(case)
            self._variants.setdefault(stem, {}).setdefault(variant, []).append(cell)
            self._known.setdefault(case.id, []).append(cell)
            if case.model is not None:
                bare = f"{stem}[{variant}]" if variant else stem
                self._known.setdefault(bare, []).append(cell)

    def _look_up(self, key: str) -> Addressee | NoAddressee | None:
        """What a whole id names, kept for the next trial; None when nothing has that id."""
        found = self._found.get(key)
        if found is None:
            cells = self._known.get(key)
            found = self._look_up_foreign(key) if cells is None else _addressee(key, cells)
            if found is not None:
                self._found[key] = found
        return found

    def _look_up_foreign(self, key: str) -> Addressee | NoAddressee | None:
        """A known row and prompt in brackets with a model that their case does not list."""
        if not key.endswith("]"):
            return None
        candidates = [
            (cells, model)
            for at, sign in enumerate(key)
            if sign == "["
            for variant, model in _readings(key[at + 1 : -1])
            if (cells := self._variants.get(key[:at], {}).get(variant)) and self._is_model(model)
        ]
        if not candidates:
            return None
        if len(candidates) > 1:
            return NoAddressee(code="ambiguous", message="the id can be read as more than one cell")
        cells, model = candidates[0]
        case = cells[0].case
        cell = self._cells_of(case.path, model).get((case.name, _variant(case)))
        if cell is None:
            return NoAddressee(code="broken_case", message=f"the case cannot be loaded for the model {model}")
        return Addressee(key=key, trial=None, cell=cell, cells=tuple(cells), is_own=case.model is None)

    def _cells_of(self, path: str, model: str) -> Mapping[tuple[str, str], Cell]:
        key = (path, model)
        if key not in self._foreign:
            loaded = self._load_as(path, model)
            cells = () if loaded is None else loaded.cells
            self._foreign[key] = MappingProxyType({(cell.case.name, _variant(cell.case)): cell for cell in cells})
        return self._foreign[key]

    def _unknown(self, key: str) -> NoAddressee:
        if (incomplete := self._incomplete(key)) is not None:
            return NoAddressee(code="row_missing", message=incomplete)
        # Only to explain: whatever is found here, the reply is an error.
        stems = [key, *(key[:at] for at, sign in enumerate(key) if sign == "[")]
        reason = next((self._broken[stem] for stem in stems if stem in self._broken), None)
        if reason is None:
            reason = next((text for path, text in self._broken_files.items() if key.startswith(f"{path}::")), None)
        if reason is not None:
            return NoAddressee(code="broken_case", message=f"the case cannot be used as it is written: {reason}")
        stem = next((stem for stem in stems[1:] if stem in self._variants), None)
        if stem is not None:
            axes = " and ".join(_axes(self._first(stem))) or "row"
            message = f"{key[len(stem) :]} is neither a {axes} of the case, nor a model of a known provider, nor both"
            return NoAddressee(code="unknown_id", message=message)
        return NoAddressee(code="unknown_id", message="the id names no case")

    def _first(self, stem: str) -> Case:
        return next(iter(self._variants[stem].values()))[0].case

    def _incomplete(self, key: str) -> str | None:
        """What an id leaves open that names a case with rows or prompts, or one of these alone; None for any other."""
        if key in self._variants:
            case = self._first(key)
            axes = " and ".join(f"{axis}s" for axis in _axes(case))
            return f"the case has {axes}: name one of them in brackets, such as {key}[{_variant(case)}]"
        stem, bracket, named = key.removesuffix("]").rpartition("[")
        whole = self._partial(stem).get(named) if bracket else None
        if whole is None:
            return None
        return f"the case has rows and prompts: name one of each in brackets, such as {stem}[{whole}]"

    def _partial(self, stem: str) -> Mapping[str, str]:
        """What an id could have in brackets that leaves out the row or the prompt -> what it lacks nothing with."""
        if stem not in self._partials:
            found: dict[str, str] = {}
            for variant, cells in self._variants.get(stem, {}).items():
                for case in (cell.case for cell in cells):
                    for part in (case.row, case.prompt) if None not in (case.row, case.prompt) else ():
                        found.setdefault(str(part), variant)
                        found.setdefault(f"{part}-{case.model}", f"{variant}-{case.model}")
            self._partials[stem] = found
        return self._partials[stem]


def _variant(case: Case) -> str:
    """Row, relation and prompt as an id has them; empty for a case with none of them."""
    return "-".join(part for part in (case.row, case.relation, case.prompt) if part is not None)


def _axes(case: Case) -> list[str]:
    return [axis for axis, name in (("row", case.row), ("prompt", case.prompt)) if name is not None]


def _readings(variant: str) -> Iterable[tuple[str, str]]:
    """Every row and prompt, and model, that a text in brackets could be made of."""
    yield "", variant
    for at, sign in enumerate(variant):
        if sign == "-":
            yield variant[:at], variant[at + 1 :]


def _addressee(key: str, cells: list[Cell]) -> Addressee | NoAddressee:
    first = cells[0]
    if any(_variant(cell.case) != _variant(first.case) or not _is_judged_alike(cell, first) for cell in cells[1:]):
        message = "what is expected depends on the model: name it in brackets, as in " + first.id
        return NoAddressee(code="ambiguous", message=message)
    if len(cells) > 1:
        first = Cell(case=replace(first.case, model=None), target=NO_MODEL, cassette=first.cassette)
    return Addressee(key=key, trial=None, cell=first, cells=tuple(cells))


def _is_judged_alike(one: Cell, other: Cell) -> bool:
    a, b = one.case, other.case
    if any(a.request.get(name) != b.request.get(name) for name in _JUDGED_PARAMETERS):
        return False
    return (a.expect is b.expect or a.expect == b.expect) and (a.tools is b.tools or a.tools == b.tools)
