"""What a contract names itself of an answer that it lets pass: the author wrote it down, so it is no weakness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from prompt_contracts.completion import Choice, Completion
from prompt_contracts.data_class import dataclass
from prompt_contracts.expectations.answer_content import NO_JSON
from prompt_contracts.expectations.expectation import nested_scope
from prompt_contracts.expectations.expected_call import ExpectedCall, MadeCall, read_calls, read_entry
from prompt_contracts.expectations.facet_rule import FacetContext, FacetSubject
from prompt_contracts.expectations.spoken_subjects import json_of_answer
from prompt_contracts.json_value import Json, equal
from prompt_contracts.outcome import Outcome
from prompt_contracts.patterns.named_changes import names_change
from prompt_contracts.turn import members_of

_ANYTHING_ELSE: Json = {"$": "another call"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clause:
    """One facet, and what stands around it."""

    name: str
    value: Json
    scope: FacetContext

    @property
    def subject(self) -> FacetSubject:
        """What it speaks of."""
        return self.scope.facets[self.name].subject

    @property
    def is_about_answer(self) -> bool:
        """Whether it judges an answer."""
        return self.scope.facets[self.name].is_about_answer


def names_outcome(before: Outcome, after: Outcome, scope: FacetContext) -> bool:
    """Whether facets name everything in which an outcome that they let pass differs from a recorded one.

    Parts of which none of them speaks do not count.
    """
    clauses = tuple(_clauses(scope))
    told = [one for one in (_calls(before, after, clauses), _text(before, after, clauses)) if one is not None]
    told += _facts(before, after, clauses)
    return bool(told) and all(told)


def _clauses(scope: FacetContext) -> Iterator[_Clause]:
    """The facets that must hold, and those of which one must."""
    for name, value in scope.expect.items():
        if name in ("any_of", "all_of"):
            for _, member in members_of(value):
                yield from _clauses(nested_scope(member, scope))
        else:
            yield _Clause(name=name, value=value, scope=scope)


def _calls(before: Outcome, after: Outcome, clauses: Sequence[_Clause]) -> bool | None:
    """Whether a list of calls names other calls; None where they are the same, or nobody speaks of them."""
    own = [clause for clause in clauses if clause.name == "tool_calls"]
    old, new = _made(before), _made(after)
    if [(made.call.name, made.call.arguments) for made in old] == [
        (made.call.name, made.call.arguments) for made in new
    ]:
        return None
    if not any(clause.subject in ("calls", "anything") for clause in clauses):
        return None
    return any(_names_calls(clause, old, new) for clause in own)


def _names_calls(clause: _Clause, old: Sequence[MadeCall], new: Sequence[MadeCall]) -> bool:
    if not isinstance(clause.value, list):
        return clause.value == "none" and not new
    entries = [read_entry(index, entry) for index, entry in enumerate(clause.value)]
    return _names_counts(entries, old, new, clause.scope) and all(
        any(_is_same(made, other) for other in old) or _names_call(entries, made, old, clause.scope) for made in new
    )


def _names_counts(
    entries: Sequence[ExpectedCall], old: Sequence[MadeCall], new: Sequence[MadeCall], scope: FacetContext
) -> bool:
    """Whether the number of calls of each tool is as it was, or one that the list says."""
    came, were = Counter(made.call.name for made in new), Counter(made.call.name for made in old)
    wanted = Counter(entry.name for entry in entries)
    timed = {entry.name: entry.times for entry in entries if entry.has_times}
    return all(
        came[name] == were[name]
        or (name in timed and names_change(timed[name], were[name], came[name], scope.language))
        or (name not in timed and came[name] == wanted[name])
        for name in {*came, *were}
    )


def _names_call(entries: Sequence[ExpectedCall], made: MadeCall, old: Sequence[MadeCall], scope: FacetContext) -> bool:
    if not isinstance(made.arguments, dict):
        return False
    before = [other.arguments for other in old if other.call.name == made.call.name]
    for entry in entries:
        if entry.name != made.call.name:
            continue
        if entry.takes_any:
            # A tool that was called all along: the list does not say with what.
            if not before:
                return True
        elif scope.language.holds(entry.arguments, made.arguments).is_certain:
            known: list[Json] = [each for each in before if isinstance(each, dict)]
            if any(
                names_change(entry.arguments, each, made.arguments, scope.language)
                for each in known or [_ANYTHING_ELSE]
            ):
                return True
    return False


def _is_same(made: MadeCall, other: MadeCall) -> bool:
    if made.call.name != other.call.name:
        return False
    both = (made.arguments, other.arguments)
    if isinstance(both[0], dict) and isinstance(both[1], dict):
        return equal(both[0], both[1])
    return made.call.arguments == other.call.arguments


def _made(outcome: Outcome) -> list[MadeCall]:
    answers = (*outcome.earlier, *(() if outcome.completion is None else (outcome.completion,)))
    return read_calls(call for answer in answers if answer.choices for call in answer.choices[0].tool_calls)


def _text(before: Outcome, after: Outcome, clauses: Sequence[_Clause]) -> bool | None:
    """Whether a pattern names another text or other JSON; None where it is the same, or nobody speaks of it."""
    old, new = _choice_of(before.completion), _choice_of(after.completion)
    if old is None or new is None or old.text == new.text:
        return None
    own = [clause for clause in clauses if clause.subject in ("text", "parsed")]
    if not own and not any(clause.subject == "anything" for clause in clauses):
        return None
    return any(_names_text(clause, old.text, new.text) for clause in own)


def _names_text(clause: _Clause, before: str, after: str) -> bool:
    if clause.subject == "text":
        return names_change(clause.value, before, after, clause.scope.language)
    is_fenced = clause.scope.switches.get("json_in") == "fenced"
    if clause.value == NO_JSON:
        return False
    try:
        values = json_of_answer(before, is_fenced=is_fenced), json_of_answer(after, is_fenced=is_fenced)
    except ValueError:
        return False
    return names_change(clause.value, *values, clause.scope.language)


def _facts(before: Outcome, after: Outcome, clauses: Sequence[_Clause]) -> Iterator[bool]:
    """For each other facet, and each field of an error, that changed: whether its pattern names that."""
    for clause in clauses:
        if clause.name == "error" and isinstance(clause.value, dict):
            pairs = [(clause.value.get(name), *_fields(before, after, name)) for name in _FIELDS]
            yield from (
                wanted is not None and names_change(wanted, old, new, clause.scope.language)
                for wanted, old, new in pairs
                if not equal(old, new)
            )
        elif clause.subject == "itself" and clause.is_about_answer:
            old, new = (_said(each, clause.name) for each in (before, after))
            if old != new:
                yield names_change(clause.value, old, new, clause.scope.language)
        elif clause.subject == "itself":
            # Bounds on what is counted, and patterns on what is sent: they let through, and name nothing.
            fact = "interactions" if clause.name == "requests" else clause.name
            yield from [False] * (getattr(before, fact) != getattr(after, fact))


def _said(outcome: Outcome, name: str) -> Json:
    """What an answer has of a facet of its own: the model is that of all choices."""
    found: Json = getattr(outcome.completion if name == "model" else _choice_of(outcome.completion), name, None)
    return found


_FIELDS = ("kind", "status", "code", "message", "handled")


def _fields(before: Outcome, after: Outcome, name: str) -> tuple[Json, Json]:
    if name == "handled":
        return before.handled, after.handled
    old, new = (getattr(each.error or each.recovered, name, None) for each in (before, after))
    return old, new


def _choice_of(answer: Completion | None) -> Choice | None:
    return answer.choices[0] if answer is not None and answer.choices else None
