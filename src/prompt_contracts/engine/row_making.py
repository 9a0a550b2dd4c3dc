"""The rows that a run generates: which cases get some, when they are stored beside their files, what is told of them.

A replay makes none, and imports nothing that could.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from shlex import quote
from typing import TYPE_CHECKING, Literal

from prompt_contracts.case import Case
from prompt_contracts.cases.example_rows import WantedRows, no_rows
from prompt_contracts.cases.given_file import parse_given, read_given_file, rows_text
from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.given_check import given_problems
from prompt_contracts.engine.placement import relative
from prompt_contracts.engine.run_lock import SharedRun
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.engine.typo_texts import TypoTexts
from prompt_contracts.errors import CaseError, UsageError
from prompt_contracts.given import GeneratedRow, GeneratedRows, Given, Smallest, generated_row
from prompt_contracts.json_schema.time_limit import JudgingTime
from prompt_contracts.json_value import Json
from prompt_contracts.patterns.operator_rule import PatternContext
from prompt_contracts.patterns.pattern import Language
from prompt_contracts.references import References
from prompt_contracts.secret import Secret
from prompt_contracts.transport.cassette_store import write_text
from prompt_contracts.transport.redaction import Passage, find_secret

if TYPE_CHECKING:
    from prompt_contracts.engine.properties.row_source import RowSource

_HALF_OF_PAIR = re.compile("[\ud800-\udfff]")
"""Characters that JSON has, and no text in UTF-8."""
_KEEPING = ("once", "new_episodes")
"""The modes that leave alone what is stale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRows:
    """Rows that this run has made for one case."""

    path: str
    """The case file, relative to the root."""
    name: str
    given: Given
    rows: GeneratedRows
    before: GeneratedRows | None
    kept: int = 0
    """How many of the rows were there before, and stay."""
    shortage: str | None = None
    """Why there are fewer than wanted."""

    @property
    def news(self) -> str:
        """What became of it, for people."""
        new, before = len(self.rows.rows) - self.kept, 0 if self.before is None else len(self.before.rows)
        if not new:
            text = f"{self.path}::{self.name} has {_counted(self.kept, 'row')} already, and none was made"
        else:
            text = f"{_counted(new, 'row')} made for {self.path}::{self.name} (seed {self.rows.seed})"
            text += f" in place of {before - self.kept:,}" if before > self.kept else ""
            text += f"; {self.kept:,} kept" if self.kept else ""
        return text if self.shortage is None else f"{text}; {self.shortage}"


class RowMaking:
    """Says which rows the cases of one run have, and makes those that are missing where the run asks a provider."""

    def __init__(
        self, options: RunOptions, references: References, *, secrets: Callable[[], Sequence[Secret]] = tuple
    ) -> None:
        """`secrets` are the values that no file may hold."""
        self._options = options
        self._secrets = secrets
        self._references = references
        self._shared = SharedRun(options.shared)
        self.typos = TypoTexts(options.root)
        self._made: dict[tuple[str, str], MadeRows] = {}
        self._known: dict[tuple[str, str], GeneratedRows] = {}

    @property
    def is_making(self) -> bool:
        """Whether this run makes rows where there are none."""
        return self._options.mode != "none"

    @property
    def _wanted_examples(self) -> int | Literal["new"] | None:
        """How many rows were asked for; a replay makes none, whatever was asked."""
        return self._options.examples if self.is_making else None

    def rows(self, wanted: WantedRows) -> GeneratedRows:
        """The rows of a case; `CaseError` for one that has none in this run."""
        found = self._known[wanted.path, wanted.name] = self._rows(wanted)
        return found

    def known(self, path: str, name: str) -> GeneratedRows | None:
        """The rows that a case was loaded with; None for one without."""
        return self._known.get((path, name))

    def added(self) -> Iterator[tuple[str, str, GeneratedRow]]:
        """Rows that are stored by now, and that their cases were loaded without: the case file, the case, the row."""
        root = self._options.root
        files = {path: read_given_file(path, folder=(root / path).parent, root=root) for path, _ in self._known}
        for (path, name), rows in self._known.items():
            case, known = files[path].cases.get(name), {row.id for row in rows.rows}
            for row in () if case is None else case.rows.rows:
                if row.id not in known:
                    yield path, name, row

    def claim(self, name: str) -> bool:
        """Whether this process is the first of the run that asks for it."""
        return self._shared.claim(name)

    def source(self, given: Given) -> RowSource:
        """What more rows of a case are made of. Takes hypothesis when it makes one."""
        from prompt_contracts.engine.properties.row_source import RowSource

        return RowSource(given=given, find=self._references.look_up, admits=self.admits(given))

    def mark(self, path: str, name: str, row: GeneratedRow, mark: Smallest) -> None:
        """Store that a row is the smallest of a failure, and the row itself where it is new."""
        with self._shared.alone(path):
            stored = read_given_file(path, folder=(self._options.root / path).parent, root=self._options.root)
            case = stored.cases.get(name)
            if case is None:
                return  # removed while the run went on: whoever did that wants no rows
            there = next((each for each in case.rows.rows if each.id == row.id), row)
            marked = replace(there, smallest=tuple(dict.fromkeys((*there.smallest, mark))))
            others = [each for each in case.rows.rows if each.id != row.id]
            # Before all others: it is asked first, and whether it still fails is known first.
            self._write(path, {name: replace(case.rows, rows=(marked, *others))})

    def _rows(self, wanted: WantedRows) -> GeneratedRows:
        made = self._made.get((wanted.path, wanted.name))
        if made is not None and made.given.digest == wanted.given.digest:
            return made.rows
        problems = given_problems(wanted.given, self._references)
        if problems:
            raise CaseError(problems)
        stored, is_current = wanted.stored, wanted.stored is not None and wanted.stored.digest == wanted.given.digest
        if not self.is_making and stored is None:
            raise no_rows(
                wanted, advice=f"{self.command(wanted.path, wanted.name, 'once')} makes them, and records their answers"
            )
        is_kept = not self.is_making or (self._options.mode in _KEEPING and self._wanted_examples is None)
        if stored is not None and not is_current and is_kept:
            raise self._stale(wanted)
        if stored is not None and is_current and self._wanted_examples is None:
            return self._agreed(wanted, stored) if self._shared.is_shared else stored
        made = self._made[wanted.path, wanted.name] = self._share(wanted, is_current=is_current)
        return made.rows if stored is None or made.rows != stored else stored

    def store(self, cases: Iterable[Case]) -> list[str]:
        """Put what was made for these cases beside their files, and tell of it; `UsageError` where it cannot be.

        A live run keeps nothing, and tells of it all the same.
        """
        wanted = dict.fromkeys((case.path, case.name) for case in cases)
        chosen = [self._made[key] for key in wanted if key in self._made]
        files: dict[str, list[MadeRows]] = defaultdict(list)
        for made in (each for each in chosen if each.rows != each.before):
            files[made.path].append(made)
        misspelt = {path: texts for path, _ in wanted if (texts := self.typos.new(path)) is not None}
        for path in misspelt:
            files.setdefault(path, [])
        if self._options.mode != "live":
            for path, rows in files.items():
                with self._shared.alone(path):
                    # Whoever comes later may not take away what was added since.
                    if self._shared.claim(f"stored {path}"):
                        self._write(path, {made.name: made.rows for made in rows})
        return [made.news for made in chosen] + [
            f"{_counted(sum(map(len, texts.values())), 'text')} with typos kept for {path}"
            for path, texts in misspelt.items()
            if self._options.mode != "live"
        ]

    def _write(self, path: str, rows: Mapping[str, GeneratedRows]) -> None:
        """Put rows into the file of a case file, and leave those of its other cases."""
        root = self._options.root
        folder = (root / path).parent
        file = read_given_file(path, folder=folder, root=root)
        place = root / file.path
        if file.findings.count or any(findings.count for findings in file.by_case.values()):
            raise UsageError(f"{file.path}: nothing was written, since what is there now cannot be read", code="PC204")
        if place.is_symlink() and not place.resolve().is_relative_to(root.resolve()):
            raise UsageError(f"{file.path}: nothing was written, since it leads out of the project", code="PC204")
        typos = {**file.typos, **(self.typos.new(path) or {})}
        text = rows_text({**{name: case.rows for name, case in file.cases.items()}, **rows}, typos=typos)
        secret = find_secret([Passage(place=file.path, text=text)], self._secrets())
        if secret is not None:
            raise UsageError(f"{file.path}: nothing was written, since a row holds {secret.what}", code="PC203")
        try:
            write_text(place, text)
        except OSError as error:
            raise UsageError(
                f"{file.path}: cannot be written: {error.strerror}: nobody was asked", code="PC204"
            ) from None

    def _agreed(self, wanted: WantedRows, stored: GeneratedRows) -> GeneratedRows:
        """The rows as the first process of the run found them: one that comes later may find more."""
        name = json.dumps([wanted.path, wanted.name])
        with self._shared.alone(name):
            told = self._shared.read(name)
            if told is None:
                self._shared.tell(name, rows_text({wanted.name: stored}))
                return stored
        found = parse_given(wanted.stored_in, told, folder=self._options.root).cases[wanted.name].rows
        return stored if found == stored else found

    def _share(self, wanted: WantedRows, *, is_current: bool) -> MadeRows:
        """What this run makes for a case: made by the process that comes first, and read by all others."""
        name = json.dumps([wanted.path, wanted.name, wanted.given.digest])
        with self._shared.alone(name):
            told = self._shared.read(name)
            if told is None:
                made = self._make(wanted, is_current=is_current)
                self._shared.tell(name, json.dumps([rows_text({wanted.name: made.rows}), made.kept, made.shortage]))
                return made
        text, kept, shortage = json.loads(told)
        rows = parse_given(wanted.stored_in, text, folder=self._options.root).cases[wanted.name].rows
        return self._as_made(wanted, rows, kept=kept, shortage=shortage)

    def _make(self, wanted: WantedRows, *, is_current: bool) -> MadeRows:
        from prompt_contracts.engine.properties.drawing import make_rows

        given, stored, asked = wanted.given, wanted.stored, self._wanted_examples
        kept: Sequence[GeneratedRow] = ()
        if stored is not None:
            is_added_to = is_current and asked != "new"
            kept = stored.rows if is_added_to else [row for row in stored.rows if self._is_kept(row, given)]
        count = asked if isinstance(asked, int) else given.examples + len(kept)
        seed = self._seed(wanted)
        besides = [row.values for row in kept]
        drawn = make_rows(self.source(given), seed=seed, examples=max(count, len(kept)), besides=besides)
        # hypothesis makes the values of a row in any order, and a row is read in that of its case.
        new = [generated_row({name: values[name] for name in given.variables}) for values in drawn.rows]
        rows = (*kept, *new)
        self._refuse_secrets(wanted, rows)
        made = GeneratedRows(seed=seed, hypothesis=drawn.hypothesis, digest=given.digest, rows=rows)
        if stored is not None and is_current and rows == stored.rows:
            made = stored
        return self._as_made(wanted, made, kept=len(kept), shortage=drawn.shortage)

    def _refuse_secrets(self, wanted: WantedRows, rows: Iterable[GeneratedRow]) -> None:
        """`CaseError` for a value that no file may hold: it breaks its case, and no other one."""
        if self._options.mode == "live":
            return  # nothing is stored
        for name, generator in wanted.given.variables.items():
            texts = [json.dumps(row.values[name], ensure_ascii=False) for row in rows]
            secret = find_secret([Passage(place=name, text=text) for text in texts], self._secrets())
            if secret is not None:
                message = (
                    f"a value that was made for '{name}' of case '{wanted.name}' holds {secret.what}: no row was stored"
                )
                advice = f"have the generator of '{name}' make no such value, or refuse it with 'assume'"
                found = Diagnostic(code="PC203", message=message, location=generator.location, help=advice)
                raise CaseError((found,))

    def _seed(self, wanted: WantedRows) -> int:
        """The same on every machine: which rows a case gets is no matter of luck."""
        if wanted.stored is None:
            return _number(f"{wanted.path}::{wanted.name}")
        seed = wanted.stored.seed
        return _number(f"{wanted.path}::{wanted.name}::{seed}") if self._wanted_examples == "new" else seed

    def _as_made(self, wanted: WantedRows, rows: GeneratedRows, *, kept: int, shortage: str | None) -> MadeRows:
        return MadeRows(
            path=wanted.path,
            name=wanted.name,
            given=wanted.given,
            rows=rows,
            before=wanted.stored,
            kept=kept,
            shortage=shortage,
        )

    def _is_kept(self, row: GeneratedRow, given: Given) -> bool:
        """Whether a row outlives those around it: one that was found with many calls."""
        return bool(row.smallest) and set(row.values) == set(given.variables) and self.admits(given)(row.values)

    def admits(self, given: Given) -> Callable[[Mapping[str, Json]], bool]:
        """Whether values can be sent, and match what the case assumes of them."""
        language = Language(context=PatternContext(resolve=self._references.resolve))

        def admits(values: Mapping[str, Json]) -> bool:
            text = json.dumps(dict(values), ensure_ascii=False)
            if not text.isascii() and _HALF_OF_PAIR.search(text):
                return False
            if given.assume is None:
                return True
            with JudgingTime(self._options.pattern_timeout).running():
                return language.holds(given.assume, dict(values)).is_certain

        return admits

    def _stale(self, wanted: WantedRows) -> CaseError:
        command = self.command(wanted.path, wanted.name, "stale")
        advice = f"{command} makes others, and keeps those that were found to be smallest"
        message = (
            f"the rows of case '{wanted.name}' are stale: 'given', 'examples' or 'assume' changed after they were made"
        )
        return CaseError((Diagnostic(code="PC202", message=message, location=wanted.given.location, help=advice),))

    def command(self, file: str, name: str, mode: str) -> str:
        """The command that records a case."""
        root = self._options.root
        path = relative(root / file, self._options.shown_from or root)
        return f"pytest {quote(f'{path}::{name}')} --pc-record={mode}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:4])
