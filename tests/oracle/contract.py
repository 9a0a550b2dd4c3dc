"""The naive judge: what section 2 of the language says of an `expect` and an observation, choice by choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from tests.oracle import callables, declared_error
from tests.oracle.answer_json import json_of
from tests.oracle.called import Made, are_expected, are_some, are_valid, entry
from tests.oracle.exact_json import LimitError, NoJsonError
from tests.oracle.observation import Answer, Data, Observation, Setting
from tests.oracle.pattern import holds
from tests.oracle.schema import satisfies
from tests.oracle.truth import FALSE, LIMIT, TRUE, UNDECIDED, Truth, Verdict, every, known, opposite, some, verdict_of

SWITCHES = {"order": "any", "unlisted": "forbid", "missing": "forbid", "strings": "exact", "json_in": "whole"}


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """What one `expect` is held against."""

    seen: Observation
    setting: Setting
    choice: Answer | None
    """None where no answer came."""
    is_declared: bool
    """Whether there is no error, or this `expect` or one around it declares the one that there is."""
    switches: Mapping[str, str]

    @property
    def is_loose(self) -> bool:
        return self.switches["strings"] == "loose"

    @property
    def made(self) -> list[Made]:
        last = () if self.choice is None else self.choice.calls
        messages = [*self.seen.earlier, last]
        return [Made(call=call, message=number) for number, calls in enumerate(messages) for call in calls]


def judge(expect: Mapping[str, Data], seen: Observation, setting: Setting) -> Verdict:
    """The verdict of the language on one trial."""
    surfaced = seen.error is not None and not seen.error.is_recovered
    choices: list[Answer | None] = list(seen.choices) or [None]
    if len(seen.choices) < int(setting.request.get("n", 1)) and seen.choices:
        return "failed"
    scenes = [
        _Scene(seen=seen, setting=setting, choice=choice, is_declared=not surfaced, switches=SWITCHES)
        for choice in choices
    ]
    truth = every(_satisfies(expect, scene) for scene in scenes)
    if seen.error is not None and truth != TRUE:
        if declared_error.is_no_verdict(expect, seen.error):
            return "error"
        if surfaced and not declared_error.is_named(expect, seen) and not declared_error.states_error(expect):
            return "error"
    return verdict_of(truth)


def _satisfies(expect: Mapping[str, Data], scene: _Scene) -> Truth:
    """All facets given must hold."""
    switches = {**scene.switches, **{name: expect[name] for name in SWITCHES if name in expect}}
    inside = replace(scene, switches=switches)
    inside = replace(inside, is_declared=scene.is_declared or _declares(expect, inside))
    found = []
    if "error" in expect:
        found.append(declared_error.matches(expect["error"], scene.seen, is_loose=inside.is_loose))
    names = [name for name in expect if name not in ("error", *SWITCHES)]
    found += [_facet(name, expect[name], inside) for name in names]
    return every(found)


def _declares(expect: Mapping[str, Data], scene: _Scene) -> bool:
    """Whether a part of this conjunction, or a member that holds, wants the very error that came."""
    if "error" in expect:
        return declared_error.matches(expect["error"], scene.seen, is_loose=scene.is_loose) == TRUE
    if any(_declares(member, scene) for member in declared_error.members(expect, "all_of")):
        return True
    members = declared_error.members(expect, "any_of")
    return any(_declares(member, scene) and _satisfies(member, scene) == TRUE for member in members)


def _facet(name: str, value: Data, scene: _Scene) -> Truth:
    # An error that nobody declared holds no member, and none of its opposites either.
    if name in ("any_of", "all_of") or (name == "not" and scene.is_declared):
        members = value if isinstance(value, list) else [value]
        truths = [_satisfies(member, scene) for member in members]
        return opposite(some(truths)) if name == "not" else (some if name == "any_of" else every)(truths)
    if not scene.is_declared:
        return FALSE
    if name in _OF_THE_CASE:
        return _OF_THE_CASE[name](value, scene)
    return UNDECIDED if scene.choice is None else _OF_THE_ANSWER[name](value, scene, scene.choice)


def _pattern(pattern: Data, value: Data, scene: _Scene) -> Truth:
    """`value` of None is unknown."""
    return UNDECIDED if value is None else holds(pattern, value, is_loose=scene.is_loose)


def _count(number: int | Decimal | None) -> Data:
    return None if number is None else Decimal(number)


def _usage(counts: Data, scene: _Scene) -> Truth:
    return every(_pattern(counts[name], _count(scene.seen.usage.get(name)), scene) for name in counts)


def _requests(pattern: Data, scene: _Scene) -> Truth:
    """Where none is known, only of an application can it be that none was sent."""
    is_known = scene.seen.requests or scene.seen.handled is not None
    return _pattern(pattern, list(scene.seen.requests) if is_known else None, scene)


def _check(names: Data, scene: _Scene) -> Truth:
    listed = names if isinstance(names, list) else [names]
    return every(known(is_true=callables.says_yes(name, scene.seen)) for name in listed)


def _json(pattern: Data, scene: _Scene, choice: Answer) -> Truth:
    is_none = pattern == "none"
    try:
        value = json_of(choice.text, is_fenced=scene.switches["json_in"] == "fenced")
    except NoJsonError:
        return TRUE if is_none else UNDECIDED
    except LimitError:
        return LIMIT
    if is_none:
        return FALSE
    if pattern == {"$schema": "request"}:
        written = scene.setting.request["response_format"]["json_schema"]["schema"]
        return known(is_true=satisfies(value, written))
    return holds(pattern, value, is_loose=scene.is_loose)


def _refusal(pattern: Data, scene: _Scene, choice: Answer) -> Truth:
    if isinstance(pattern, bool):
        return known(is_true=(choice.refusal is not None) is pattern)
    return FALSE if choice.refusal is None else _pattern(pattern, choice.refusal, scene)


def _tool_calls(wanted: Data, scene: _Scene, _: Answer) -> Truth:
    if wanted == "none":
        return known(is_true=not scene.made)
    if wanted == "some":
        return are_some(scene.made)
    return are_expected([entry(one) for one in wanted], scene.made, scene.switches)


def _never(names: Data, scene: _Scene, _: Answer) -> Truth:
    return known(is_true=not {each.call.name for each in scene.made} & set(names))


def _arguments_valid(is_wanted: Data, scene: _Scene, _: Answer) -> Truth:
    return are_valid(scene.made, scene.setting.tools) if is_wanted else TRUE


_OF_THE_CASE = {
    "usage": _usage,
    "cost": lambda pattern, scene: _pattern(pattern, scene.seen.cost, scene),
    "latency": lambda pattern, scene: _pattern(pattern, scene.seen.latency, scene),
    "requests": _requests,
    "check": _check,
}

_OF_THE_ANSWER = {
    "text": lambda pattern, scene, choice: _pattern(pattern, choice.text, scene),
    "reasoning": lambda pattern, scene, choice: _pattern(pattern, choice.reasoning, scene),
    "finish_reason": lambda pattern, scene, choice: _pattern(pattern, choice.finish_reason, scene),
    "model": lambda pattern, scene, _: _pattern(pattern, scene.seen.model, scene),
    "tool_count": lambda pattern, scene, _: _pattern(pattern, _count(len(scene.made)), scene),
    "json": _json,
    "refusal": _refusal,
    "tool_calls": _tool_calls,
    "never": _never,
    "arguments_valid": _arguments_valid,
}
