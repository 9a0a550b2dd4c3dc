"""Proposals -> changed texts of case files. Writes what is named, and nothing where more would change than that."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from prompt_contracts.cases.value_edit import UnwritableValue, ValueEdit, value_edit
from prompt_contracts.changed_fields import replace
from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.finding import suggest
from prompt_contracts.strength import CaseStrength, WeakPlace
from prompt_contracts.transport.cassette_store import write_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedFix:
    """A proposal, and the case that it is for."""

    root: Path
    """Of the project."""
    case: CaseStrength
    """Its places start from the root."""
    place: WeakPlace

    @property
    def name(self) -> str:
        """`<case>::<place>`, which names it among all."""
        return f"{self.case.id.partition('::')[2]}::{self.place.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePatch:
    """One case file as it is, and as it would be."""

    root: Path
    path: str
    """Relative to the root."""
    before: str
    after: str

    @property
    def diff(self) -> str:
        """As `diff -u` prints it."""
        old, new = (text.splitlines(keepends=True) for text in (self.before, self.after))
        return "".join(difflib.unified_diff(old, new, f"a/{self.path}", f"b/{self.path}"))

    def write(self) -> None:
        """Put it in place, whole or not at all; `UsageError` where that cannot be."""
        target = self.root / self.path
        if not target.resolve().is_relative_to(self.root.resolve()):
            raise UsageError(f"{self.path} leads out of the project: nothing is written there")
        try:
            write_text(target, self.after)
        except OSError as error:
            raise UsageError(f"{self.path}: cannot be written: {error.strerror}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixPlan:
    """What would be written, and what not."""

    patches: tuple[FilePatch, ...]
    refused: tuple[tuple[ProposedFix, str], ...]
    """Those for which more would change, each with the reason."""


def with_hindrances(root: Path, cases: Sequence[CaseStrength]) -> list[CaseStrength]:
    """The same strengths; of each proposal that would not be written, it says where that stands, and why."""
    refused = {(fix.case.id, fix.place.id): why for fix, why in fix_plan(proposed_fixes(root, cases)).refused}
    return [
        replace(case, places=tuple(_hindered(place, refused.get((case.id, place.id))) for place in case.places))
        if refused
        else case
        for case in cases
    ]


def _hindered(place: WeakPlace, why: str | None) -> WeakPlace:
    return place if why is None else replace(place, hindrance=why)


def proposed_fixes(root: Path, cases: Iterable[CaseStrength]) -> Iterator[ProposedFix]:
    """Every proposal of a project."""
    for case in cases:
        for place in case.open_places:
            if place.proposal is not None:
                yield ProposedFix(root=root, case=case, place=place)


def chosen_fixes(fixes: Sequence[ProposedFix], names: Sequence[str]) -> tuple[ProposedFix, ...]:
    """The proposals that somebody names, by place, or by case and place; `UsageError` for a name of none or several."""
    found: list[ProposedFix] = []
    for name in names:
        own = [fix for fix in fixes if name in (fix.name, fix.place.id)]
        if not own:
            known = [fix.name for fix in fixes]
            hint = suggest(name, known, "there are") if known else "there is no proposal at all"
            raise UsageError(f"--fix {name}: nothing is proposed for that: {hint}")
        if len(own) > 1:
            raise UsageError(f"--fix {name}: several cases have it: write one of {', '.join(fix.name for fix in own)}")
        found += (fix for fix in own if fix not in found)
    return tuple(found)


def fix_plan(fixes: Iterable[ProposedFix]) -> FixPlan:
    """What writing these would change, file by file."""
    edits: dict[tuple[Path, str], list[ValueEdit]] = {}
    texts: dict[tuple[Path, str], str] = {}
    refused: list[tuple[ProposedFix, str]] = []
    for fix in fixes:
        key = (fix.root, fix.case.path)
        try:
            if key not in texts:
                texts[key] = (fix.root / fix.case.path).read_bytes().decode("utf-8")
            edits.setdefault(key, []).append(_edit(fix, texts[key]))
        except (UnwritableValue, UnicodeDecodeError, OSError) as error:
            refused.append((fix, str(error)))
    return FixPlan(
        patches=tuple(
            FilePatch(root=root, path=path, before=texts[root, path], after=_applied(texts[root, path], own))
            for (root, path), own in edits.items()
            if own
        ),
        refused=tuple(refused),
    )


def _edit(fix: ProposedFix, text: str) -> ValueEdit:
    if fix.place.location.path != fix.case.path:
        raise UnwritableValue(f"it stands in {fix.place.location}, which may be included elsewhere, too")
    if fix.place.proposal is None:
        raise UnwritableValue("nothing is proposed")
    return value_edit(text, fix.place.location, fix.place.proposal.value)


def _applied(text: str, edits: Iterable[ValueEdit]) -> str:
    # From the end, so that what comes before stays where it was.
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        text = edit.applied(text)
    return text
