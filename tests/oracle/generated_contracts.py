"""Observations, and contracts that about half of them keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import strategies as st

from tests.oracle.answer_json import json_of
from tests.oracle.chance import SIZE, Chance
from tests.oracle.contract import judge
from tests.oracle.exact_json import LimitError, NoJsonError, read, write
from tests.oracle.generated_observations import COUNTS, KINDS, SCHEMA, TOOLS, answered, failed, like
from tests.oracle.generated_values import BOUNDS, VALUES, WORDS, near, number_pattern_of, object_pattern_of, pattern_of
from tests.oracle.observation import Answer, Call, Data, Failing, Observation, Setting

REQUEST: dict[str, Data] = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}}


@dataclass(frozen=True, kw_only=True)
class Example:
    """One contract and what it is held against."""

    expect: dict[str, Data]
    setting: Setting
    seen: Sequence[Observation]

    @property
    def is_application(self) -> bool:
        """Whether there is an application around the model."""
        return any(one.handled is not None for one in self.seen)


def example_of(chance: Chance) -> Example:
    """A contract derived from one observation, that one, and some like it."""
    is_application = chance.once_in(8)
    choices = 1 if is_application else chance.pick((1, 1, 1, 1, 2, 3))
    base = answered(chance, choices, is_application=is_application)
    if chance.once_in(3):
        base = failed(chance, base, is_application=is_application)
    request = {**REQUEST, **({"n": Decimal(choices)} if choices > 1 else {})}
    setting = Setting(tools=TOOLS, request={} if is_application else request)
    expect = _expect(chance, base, 2, is_application=is_application)
    for _ in range(chance.pick((0, 5, 5, 5))):
        if judge(expect, base, setting) == "passed":
            break
        expect = _expect(chance, base, 2, is_application=is_application)
    seen = [base]
    for _ in range(3):
        other = like(chance, base, choices, is_application=is_application)
        for _ in range(chance.pick((0, 3))):
            if judge(expect, other, setting) == "passed":
                break
            other = like(chance, base, choices, is_application=is_application)
        seen.append(other)
    return Example(expect=expect, setting=setting, seen=seen)


def _expect(
    chance: Chance, seen: Observation, depth: int, *, is_application: bool, may_err: bool = True
) -> dict[str, Data]:
    names = chance.some_of(_NAMES) if chance.once_in(2) else [chance.pick(_NAMES)]
    if seen.error is not None and may_err and not chance.once_in(4):
        error = _error(chance, seen.error, is_application=is_application)
        names = [name for name in names if is_application or error.get("outcome") == "recovered" or name in _OF_CASE]
        found: dict[str, Data] = {"error": error}
    else:
        found = {}
    for name in names:
        found[name] = _FACETS[name](chance, seen)
    if depth > 0 and (chance.once_in(2) or not found):
        how = chance.pick(("any_of", "all_of", "not"))
        members = [
            _expect(chance, seen, depth - 1, is_application=is_application, may_err=may_err and how != "not")
            for _ in range(1 + chance.number(1))
        ]
        found[how] = members if chance.once_in(2) or len(members) > 1 else members[0]
    switches = _switches(chance, found)
    return {**(_in_other_letters(chance, found) if "strings" in switches else found), **switches}


def _in_other_letters(chance: Chance, found: dict[str, Data]) -> dict[str, Data]:
    """The same with the words of an error as only a loose comparison takes them."""
    others = {"_": chance.pick(("_", " ", "-")), " ": chance.pick((" ", "-"))}

    def other(value: Data) -> Data:
        if isinstance(value, str):
            return "".join(others.get(char, char) for char in value).title()
        if isinstance(value, dict):
            # What a text is searched for is no literal, and is never loose.
            return {key: inner if key == "$contains" else other(inner) for key, inner in value.items()}
        return [other(inner) for inner in value] if isinstance(value, list) else value

    return {name: other(value) if name == "error" else value for name, value in found.items()}


def _switches(chance: Chance, found: dict[str, Data]) -> dict[str, Data]:
    chosen: dict[str, Data] = {}
    if isinstance(found.get("tool_calls"), list):
        others = {"order": "strict", "unlisted": "allow", "missing": "allow"}
        chosen |= {name: value for name, value in others.items() if chance.once_in(4)}
    if "json" in found and chance.once_in(3):
        chosen["json_in"] = "fenced"
    if chance.once_in(5):
        chosen["strings"] = "loose"
    return chosen


def _error(chance: Chance, error: Failing, *, is_application: bool) -> dict[str, Data]:
    other = chance.pick(KINDS)
    kinds = (error.kind, error.kind, other, {"$any_of": [error.kind, other]}, {"$not": other})
    fields: dict[str, Data] = {
        "kind": chance.pick(kinds),
        "status": chance.pick((Decimal(429), None, {"$ge": Decimal(400)}, {"$not": Decimal(429)})),
        "code": chance.pick((None, "slow_down")),
        "message": chance.pick((error.message, {"$contains": "low"})),
        "attempts": chance.pick((Decimal(1), {"$le": Decimal(3)})),
    }
    if is_application:
        fields["handled"] = chance.once_in(2)
    chosen = {name: value for name, value in fields.items() if chance.once_in(3)}
    if error.is_recovered or chance.once_in(6):
        chosen["outcome"] = "surfaced" if chance.once_in(6) else "recovered"
    return chosen or {"kind": fields["kind"]}


def _of_choice(facet: Callable[[Chance, Answer, Observation], Data]) -> Callable[[Chance, Observation], Data]:
    def made(chance: Chance, seen: Observation) -> Data:
        return facet(chance, chance.pick(list(seen.choices) or [Answer(text="Oslo")]), seen)

    return made


def _tool_calls(chance: Chance, answer: Answer, seen: Observation) -> Data:
    if chance.once_in(6):
        return chance.pick(("none", "some"))
    calls = [*(call for calls in seen.earlier for call in calls), *answer.calls][:4]
    return [_entry(chance, call) for call in chance.shuffled(calls)] or "none"


def _entry(chance: Chance, call: Call) -> Data:
    name = call.name if call.name in TOOLS else "stop"
    if chance.once_in(3):
        return name
    try:
        arguments = _plain_object(call)
    except (ValueError, TypeError):
        return name
    entry = {name: object_pattern_of(chance, near(chance, arguments) if chance.once_in(6) else arguments, 2)}
    if chance.once_in(4):
        entry["$times"] = chance.pick(_TIMES)
    return entry


_TIMES: tuple[Data, ...] = (
    *(Decimal(1), Decimal(2), {"$ge": Decimal(1)}, {"$le": Decimal(1)}),
    *({"$any_of": [Decimal(1), Decimal(3)]}, {"$not": Decimal(1)}),
)


def _plain_object(call: Call) -> dict[str, Data]:
    found = read(call.arguments or "{}")
    return dict(found)


def _json(chance: Chance, answer: Answer, seen: Observation) -> Data:
    try:
        value = json_of(answer.text, is_fenced=chance.once_in(2))
    except (NoJsonError, LimitError):
        value = chance.pick(VALUES)
    has_schema = seen.handled is None  # an application writes its own requests
    plain = chance.pick(("pattern", "pattern", "pattern", "none", "request" if has_schema else "pattern"))
    if plain == "pattern":
        return pattern_of(chance, value, 3)
    return "none" if plain == "none" else {"$schema": "request"}


def _refusal(chance: Chance, answer: Answer, seen: Observation) -> Data:
    plain = (True, False, {"$contains": "cannot"}, {"$not": {"$contains": "cannot"}}, "I cannot.")
    return chance.pick(plain)


def _finish_reason(chance: Chance, answer: Answer, seen: Observation) -> Data:
    return chance.pick(("stop", "length", {"$not": "length"}, {"$any_of": ["stop", "tool_calls"]}))


def _count(chance: Chance, number: int | Decimal | None) -> Data:
    bound = Decimal(5 if number is None else number)
    plain: list[Data] = [bound, {"$le": bound}, {"$ge": bound}, {"$lt": bound + 1}, {"$not": bound + 1}]
    return number_pattern_of(chance, bound, 1) if chance.once_in(3) else chance.pick(plain)


def _usage(chance: Chance, seen: Observation) -> Data:
    names = chance.some_of(COUNTS)
    return {name: _count(chance, seen.usage.get(name)) for name in names}


_FACETS: dict[str, Callable[[Chance, Observation], Data]] = {
    "tool_calls": _of_choice(_tool_calls),
    "never": lambda chance, seen: [chance.pick(tuple(TOOLS))],
    "tool_count": _of_choice(lambda chance, answer, seen: _count(chance, len(answer.calls))),
    "arguments_valid": lambda chance, seen: True,
    "json": _of_choice(_json),
    "text": _of_choice(lambda chance, answer, seen: pattern_of(chance, answer.text, 2)),
    "refusal": _of_choice(_refusal),
    "reasoning": _of_choice(lambda chance, answer, seen: pattern_of(chance, answer.reasoning or "Oslo", 2)),
    "finish_reason": _of_choice(_finish_reason),
    "model": lambda chance, seen: chance.pick(("gpt-5-mini", {"$regex": "^gpt-5"}, {"$not": "gpt-5"})),
    "usage": _usage,
    "cost": lambda chance, seen: _count(chance, seen.cost),
    "latency": lambda chance, seen: _count(chance, seen.latency),
    "requests": lambda chance, seen: pattern_of(chance, list(seen.requests), 3),
    "check": lambda chance, seen: chance.pick(("oracle_callables:always", "oracle_callables:never")),
}
_OF_CASE = frozenset({"usage", "cost", "latency", "requests", "check"})
_NAMES = tuple(_FACETS)

examples = st.binary(min_size=SIZE, max_size=SIZE).map(lambda drawn: example_of(Chance(drawn)))


def _flat_example_of(chance: Chance) -> Example:
    """One facet with one operator or two, without lists, and answers in which everything is known."""
    name = chance.pick(("text", "reasoning", "tool_count", "requests"))
    about = {"text": chance.pick(VALUES), "reasoning": "Oslo", "tool_count": Decimal(1), "requests": [{}]}[name]
    pattern = _flat_pattern(chance, about if name != "text" else write(about))
    seen = [_known(chance) for _ in range(8)]
    return Example(expect={name: pattern}, setting=Setting(tools=TOOLS), seen=seen)


def _flat_pattern(chance: Chance, value: Data) -> Data:
    number = Decimal(chance.pick(("0", "-1", "1", "0.5", "5")))
    other = Decimal(chance.pick(("0", "-1", "2", "5")))
    name, second = chance.pick(BOUNDS), chance.pick(BOUNDS)
    bounds: Data = {name: number, second: other}
    if isinstance(value, Decimal):
        return chance.pick(
            (bounds, {"$type": "integer"}, {"$type": "string"}, {"$range": [number, number + 1]}, number)
        )
    sizes: Data = {chance.pick(("$len", "$words") if isinstance(value, str) else ("$len",)): bounds}
    texts: Data = {"$regex": chance.pick(("", ".*", "O", "^$", "(?s).*", "x*"))}
    plain: list[Data] = [sizes, {"$type": chance.pick(("string", "array", "number"))}, {"$each": bounds}, bounds]
    return chance.pick([*plain, texts, {"$contains": chance.pick(("", "o"))}, {"$count": {"of": "o", "is": bounds}}])


def _known(chance: Chance) -> Observation:
    seen = answered(chance, 1, is_application=False)
    return replace(seen, choices=[replace(one, reasoning=chance.pick(WORDS)) for one in seen.choices])


def _calls_example_of(chance: Chance) -> Example:
    """Calls against calls, and how often each: numbers with gaps among them."""
    name = chance.pick(tuple(TOOLS))
    calls = [Call(name=name, arguments=chance.pick(('{"city": "Oslo"}', "{}", "{"))) for _ in range(chance.number(4))]
    entries: list[Data] = [
        {name: chance.pick(({"$others": "allow"}, {"city": "Oslo"}, {})), "$times": chance.pick(_TIMES)}
        for _ in range(1 + chance.number(2))
    ]
    wanted: dict[str, Data] = {"tool_calls": entries}
    wanted |= {name: chance.pick(values) for name, values in _CALL_SWITCHES.items() if chance.once_in(3)}
    seen = Observation(choices=[Answer(calls=calls[1:])], earlier=[calls[:1]])
    return Example(expect={"not": wanted} if chance.once_in(3) else wanted, setting=Setting(tools=TOOLS), seen=[seen])


_CALL_SWITCHES = {"order": ("strict",), "unlisted": ("allow",), "missing": ("allow",)}

calls_examples = st.binary(min_size=60, max_size=60).map(lambda drawn: _calls_example_of(Chance(drawn)))
flat_examples = st.binary(min_size=SIZE, max_size=SIZE).map(lambda drawn: _flat_example_of(Chance(drawn)))
