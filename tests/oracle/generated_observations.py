"""What may come of a trial, and things like it: answers, calls, errors."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.oracle.chance import Chance
from tests.oracle.exact_json import write
from tests.oracle.generated_values import OBJECTS, VALUES, WORDS
from tests.oracle.observation import Answer, Call, Data, Failing, Observation
from tests.oracle.slow_regex import SLOW_TEXT

SCHEMA: Data = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
_DAYS: Data = {"exclusiveMaximum": Decimal("9007199254740992.5"), "not": {"const": Decimal("1e-400")}}
TOOLS: dict[str, Data] = {
    "get_weather": SCHEMA,
    "find_order": {"type": "object", "properties": {"days": _DAYS}},
    "stop": None,
}
KINDS = ("timeout", "rate_limit", "context_length", "content_filter", "invalid_request", "server", "unknown")
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens")
COSTS = (Decimal("0.002"), Decimal("0.0020000000000000001"), Decimal(0), None)

_BROKEN_ARGUMENTS = ("", "[]", "{", "null", '{"city": 1, "city": 1}', '{"days": ' + "9" * 5000 + "}")
_LIMITS = ("9" * 5000, "[" * 30_000 + "]" * 30_000)


def answered(chance: Chance, choices: int, *, is_application: bool) -> Observation:
    """An answer of so many choices."""
    first = _answer(chance)
    if is_application:
        first = replace(first, calls=())
    return Observation(
        choices=[first, *(_answer_like(chance, first) for _ in range(choices - 1))],
        earlier=[_calls(chance, 2)] if chance.once_in(4) else [],
        model=chance.pick(("gpt-5-mini", "gpt-5", None)),
        usage={name: chance.pick((5, 0, 10, None)) for name in COUNTS},
        cost=chance.pick(COSTS),
        latency=chance.pick((Decimal("0.5"), Decimal(5), None)),
        handled=True if is_application else None,
        requests=[chance.pick(OBJECTS) for _ in range(1 + chance.once_in(3))],
    )


def _answer(chance: Chance) -> Answer:
    return Answer(
        text=_text(chance, chance.pick(VALUES)),
        calls=_calls(chance, 3),
        refusal=chance.pick((None, None, "I cannot.")),
        reasoning=chance.pick(("Oslo is 5", None)),
        finish_reason=chance.pick(("stop", "length", "tool_calls", None)),
    )


def _text(chance: Chance, value: Data) -> str:
    inner = write(chance.pick((SLOW_TEXT, [SLOW_TEXT], {"city": SLOW_TEXT})) if chance.once_in(40) else value)
    if chance.once_in(40):
        return chance.pick(_LIMITS)
    if not chance.once_in(3):
        return inner
    shapes = [chance.pick(WORDS), inner[:-1], f'{{"city": 1, "city": {inner}}}', "NaN", f" {inner}\n"]
    if isinstance(value, (dict, list)):
        shapes += [f"```json\n{inner}\n```", f"So:\n```\n{inner}\n```\n", f"Here: {inner}!", f"{inner} or {inner}"]
    return chance.pick(shapes)


def _calls(chance: Chance, most: int) -> list[Call]:
    return [_call(chance) for _ in range(chance.number(most))]


def _call(chance: Chance) -> Call:
    name = chance.pick((*TOOLS, "get_weather", "get_weather", "Stop"))
    arguments = chance.pick(_BROKEN_ARGUMENTS) if chance.once_in(6) else write(chance.pick(OBJECTS))
    return Call(name=name, arguments=arguments)


def _answer_like(chance: Chance, answer: Answer) -> Answer:
    how = chance.pick(("same", "same", "text", "calls", "other", "refusal"))
    if how == "text":
        return replace(answer, text=_text(chance, chance.pick(VALUES)))
    if how == "calls":
        calls = list(answer.calls)
        changed = chance.pick((calls[::-1], calls[1:], [*calls, _call(chance)], calls * 2))
        # The naive judge tries every pairing: more calls would take it minutes.
        return replace(answer, calls=changed[:4])
    if how == "refusal":
        return replace(answer, refusal="No.", text="")
    return _answer(chance) if how == "other" else answer


def like(chance: Chance, base: Observation, choices: int, *, is_application: bool) -> Observation:
    """An observation like this one: another answer, one of its choices changed, an error, no error."""
    if chance.once_in(5):
        return failed(chance, base, is_application=is_application)
    if not base.choices or chance.once_in(4):
        return answered(chance, choices, is_application=is_application)
    at = chance.number(choices - 1)
    changed = [_answer_like(chance, one) if number == at else one for number, one in enumerate(base.choices)]
    if is_application:
        changed = [replace(one, calls=()) for one in changed]
    if chance.once_in(12):
        changed = changed[:-1] or changed
    return replace(base, choices=changed, error=None if chance.once_in(2) else base.error)


def failed(chance: Chance, base: Observation, *, is_application: bool) -> Observation:
    """The same with an error: what came of it, or what a retry or an application got over."""
    is_recovered = chance.once_in(3)
    error = Failing(
        kind=chance.pick(KINDS),
        status=chance.pick((None, 429, 500)),
        code=chance.pick((None, "slow_down")),
        message=chance.pick(("Oslo is slow", "It failed.")),
        is_recovered=is_recovered,
        is_injected=chance.once_in(3) and not is_recovered,
    )
    if is_recovered:
        return replace(base, error=error, attempts=3) if base.choices else replace(base, attempts=3)
    is_handled = is_application and chance.once_in(2)
    if error.is_injected:
        # No answer came that could have cost or lasted anything.
        base = replace(base, cost=None, latency=None)
    return replace(
        base,
        choices=base.choices if is_handled else [],
        error=error,
        attempts=chance.pick((1, 3, None)),
        handled=is_handled if is_application else None,
        usage={},
    )
