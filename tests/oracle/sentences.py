"""Sentences of the language, each with examples: a contract, what was seen, the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tests.oracle.exact_json import read, write
from tests.oracle.observation import Answer, Call, Data, Failing, Observation, Setting
from tests.oracle.truth import Verdict

WEATHER: Data = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SETTING = Setting(tools={"get_weather": WEATHER, "find_order": {"type": "object"}})


@dataclass(frozen=True, kw_only=True)
class Told:
    """One example of one sentence."""

    sentence: str
    expect: str
    """The contract, as JSON."""
    seen: Observation
    verdict: Verdict
    setting: Setting = SETTING

    def __str__(self) -> str:
        return f"{self.verdict}: {write(read(self.expect))[:60]}"


def text(*texts: str, **fields: object) -> Observation:
    """An answer with these choices."""
    return Observation(choices=[Answer(text=one) for one in texts], **fields)  # type: ignore[arg-type]


def calls(*arguments: str, name: str = "get_weather") -> Observation:
    """An answer that calls one tool so many times."""
    return Observation(choices=[Answer(calls=[Call(name=name, arguments=one) for one in arguments])])


def failing(kind: str, **fields: object) -> Observation:
    """No answer, but this error."""
    return Observation(error=Failing(kind=kind, **fields))  # type: ignore[arg-type]


P: Verdict = "passed"
F: Verdict = "failed"
E: Verdict = "error"
TWO = Setting(tools=SETTING.tools, request={"n": Decimal(2)})
RETRIED = Observation(choices=[Answer(text="hi")], error=Failing(kind="server", is_recovered=True), attempts=2)
INJECTED = Observation(error=Failing(kind="timeout", is_injected=True), requests=[{}])
SERVER = Observation(error=Failing(kind="server", status=500), requests=[{}])
BROKEN_AND_TURNED = Observation(
    choices=[Answer(calls=[Call(name="get_weather", arguments="{")])],
    earlier=[[Call(name="find_order", arguments="")]],
)
DEEP = "[" * 100_000 + "]" * 100_000

_EXPECT: dict[str, list[tuple[str, Observation, Verdict] | tuple[str, Observation, Verdict, Setting]]] = {
    "With `n` > 1 every choice must satisfy the whole of `expect` by itself, `any_of`, `all_of` and `not` included": [
        ('{"not": {"text": {"$contains": "sorry"}}}', text("sorry", "fine"), F, TWO),
        ('{"any_of": [{"text": "a"}, {"text": "b"}]}', text("a", "b"), P, TWO),
        ('{"any_of": [{"text": "a"}, {"text": "b"}]}', text("a", "c"), F, TWO),
        ('{"text": {"$contains": "a"}}', text("a", "b"), F, TWO),
    ],
    "An undeclared error satisfies no member: only a member that holds a matching `error` passes on one": [
        ('{"any_of": [{"error": {"kind": "quota"}}, {"latency": {"$le": 10}}]}', failing("server", status=500), E),
        ('{"any_of": [{"error": {"kind": "quota"}}, {"requests": []}]}', failing("server"), E),
        ('{"any_of": [{"error": {"kind": "quota"}}, {"text": "a"}]}', failing("quota"), P),
        ('{"not": {"text": "a"}}', failing("server"), E),
        ('{"not": {"check": "oracle_callables:never"}}', failing("server"), E),
        ('{"any_of": [{"error": {"kind": "quota"}}, {"cost": {"$le": 1}}]}', failing("timeout", is_injected=True), E),
        ('{"tool_calls": "none"}', failing("server"), E),
    ],
    "Truth is three-valued: a text that is no JSON under `json` is undecided, and left so is failed": [
        ('{"json": {"a": 1}}', text("prose"), F),
        ('{"not": {"json": {"a": 1}}}', text("prose"), F),
        ('{"not": {"json": {"a": 1}}}', text('{"a": 2}'), P),
        ('{"not": {"not": {"json": {"a": 1}}}}', text("prose"), F),
        ('{"any_of": [{"json": {"a": 1}}, {"text": "prose"}]}', text("prose"), P),
        ('{"any_of": [{"json": {"a": 1}}, {"not": {"json": {"a": 1}}}]}', text("prose"), F),
    ],
    "an unknown cost, count, latency or reasoning is undecided": [
        ('{"cost": {"$le": 1}}', text("a"), F),
        ('{"not": {"cost": {"$le": 1}}}', text("a"), F),
        ('{"not": {"cost": {"$le": 1}}}', text("a", cost=Decimal(2)), P),
        ('{"not": {"usage": {"total_tokens": {"$le": 1}}}}', text("a", usage={"total_tokens": None}), F),
        ('{"not": {"latency": {"$le": 1}}}', text("a"), F),
        ('{"not": {"reasoning": {"$contains": "a"}}}', text("a"), F),
        ('{"error": {"kind": "timeout"}, "usage": {"total_tokens": {"$le": 10}}}', failing("timeout"), F),
        (
            '{"error": {"kind": "timeout", "attempts": {"$le": 3}}}',
            Observation(error=Failing(kind="timeout"), attempts=None),
            F,
        ),
    ],
    "a limit of our own (regex time, depth, digits, pairings) is undecided, and left so is error": [
        ('{"json": {"$type": "array"}}', text(DEEP), E),
        ('{"not": {"json": {"$type": "array"}}}', text(DEEP), E),
        ('{"json": "none"}', text(DEEP), E),
        ('{"json": 5}', text("9" * 5000), E),
        ('{"any_of": [{"json": 5}, {"finish_reason": "stop"}]}', text("9" * 5000), P),
        ('{"json": 5, "finish_reason": "length"}', text("9" * 5000), F),
        ('{"tool_calls": [{"find_order": {"id": 5}}]}', calls('{"id": ' + "9" * 5000 + "}", name="find_order"), E),
        ('{"tool_calls": ["get_weather"]}', calls('{"id": ' + "9" * 5000 + "}", name="find_order"), F),
    ],
    "One-to-one and optimal, never greedy": [
        (
            '{"tool_calls": [{"get_weather": {"$others": "allow"}}, {"get_weather": {"city": "Oslo"}}]}',
            calls('{"city": "Oslo"}', '{"city": "Lima"}'),
            P,
        ),
        ('{"tool_calls": ["get_weather"]}', calls("", ""), F),
        ('{"tool_calls": ["get_weather"], "unlisted": "allow"}', calls("", ""), P),
        ('{"tool_calls": ["get_weather", "find_order"], "missing": "allow"}', calls(""), P),
        ('{"tool_calls": [{"get_weather": {}}]}', calls(""), P),
        ('{"tool_calls": [{"get_weather": {}, "$times": {"$ge": 2}}]}', calls("", "{}"), P),
        ('{"tool_calls": [{"get_weather": {}, "$times": 1}], "unlisted": "allow"}', calls("", "{}"), F),
    ],
    'Arguments that are not a JSON object are a mismatch that says so: never a crash, never "no call"': [
        ('{"tool_calls": [{"get_weather": {"$others": "allow"}}]}', calls("[]"), F),
        ('{"tool_calls": "none"}', calls("{"), F),
        ('{"tool_calls": "some"}', calls("{"), F),
        ('{"not": {"tool_calls": "some"}}', calls("{"), F),
        ('{"not": {"tool_calls": [{"get_weather": {"city": "Oslo"}}]}}', calls("{"), F),
        ('{"arguments_valid": true}', calls("null"), F),
    ],
    "the order of the assistant messages that call. Calls within one message are parallel: never ordered": [
        (
            '{"tool_calls": ["get_weather", "find_order"], "order": "strict"}',
            Observation(
                choices=[Answer(calls=[Call(name="find_order", arguments=""), Call(name="get_weather", arguments="")])]
            ),
            P,
        ),
        (
            '{"tool_calls": ["get_weather", "find_order"], "order": "strict"}',
            Observation(
                choices=[Answer(calls=[Call(name="get_weather", arguments="")])],
                earlier=[[Call(name="find_order", arguments="")]],
            ),
            F,
        ),
    ],
    "a contract left undecided is failed, and one that surely does not hold is not: also by the order of its calls": [
        ('{"not": {"tool_calls": ["get_weather", "find_order"], "order": "strict"}}', BROKEN_AND_TURNED, P),
        ('{"not": {"tool_calls": ["find_order", "get_weather"], "order": "strict"}}', BROKEN_AND_TURNED, F),
        ('{"not": {"tool_calls": ["get_weather", "find_order"]}}', BROKEN_AND_TURNED, F),
    ],
    "a repeated key, NaN, infinity are not JSON; `none`: the text is not JSON": [
        ('{"json": "none"}', text('{"a": 1, "a": 1}'), P),
        ('{"json": "none"}', text("NaN"), P),
        ('{"json": "none"}', text("1"), F),
        ('{"json": {"$eq": "none"}}', text('"none"'), P),
    ],
    "Where another kind came than the one declared: timeout, connection, ... give error, the others failed": [
        ('{"error": {"kind": "context_length"}}', failing("auth"), E),
        ('{"error": {"kind": "context_length"}}', failing("connection"), E),
        ('{"error": {"kind": "context_length"}}', failing("invalid_request"), F),
        ('{"error": {"kind": "context_length"}}', INJECTED, F),
        ('{"error": {"kind": "context_length"}}', text("a"), F),
        ('{"error": {"kind": "auth", "status": 403}}', failing("auth", status=401), F),
        ('{"error": {"outcome": "recovered"}, "text": "hi"}', RETRIED, P),
        ('{"error": {"kind": "server"}}', RETRIED, F),
        ('{"error": {"kind": "auth", "outcome": "surfaced"}}', RETRIED, F),
        ('{"error": {"kind": "auth", "outcome": {"$eq": "surfaced"}}}', RETRIED, F),
        ('{"error": {"kind": "auth", "outcome": "recovered"}}', RETRIED, E),
        ('{"text": "hi"}', RETRIED, P),
        ('{"error": {"status": 500}, "any_of": [{"error": {"kind": "quota"}}, {"requests": [{}]}]}', SERVER, P),
        ('{"error": {"status": 500}, "any_of": [{"error": {"kind": "quota"}}, {"requests": [1]}]}', SERVER, F),
        ('{"error": {"status": 500}, "any_of": [{"error": {"kind": "quota"}}]}', SERVER, E),
        ('{"error": {"status": 429}, "any_of": [{"error": {"kind": "quota"}}, {"requests": [{}]}]}', SERVER, F),
        ('{"any_of": {"error": {"status": 500}, "any_of": [{"error": {"kind": "quota"}}]}}', SERVER, E),
        ('{"any_of": {"error": {"status": 500}, "any_of": [{"error": {"kind": "quota"}}, {"cost": 0}]}}', SERVER, F),
        (
            '{"any_of": [{"text": "hi"}, {"all_of": [{"error": {"status": 500}}, {"error": {"kind": "quota"}}]}]}',
            SERVER,
            E,
        ),
        ('{"any_of": {"error": {"attempts": 1}, "all_of": {"error": {"kind": "quota"}}}}', INJECTED, F),
    ],
    "`strings: loose` turns every string literal into `$loosely`: also those of an error": [
        ('{"strings": "loose", "error": {"kind": "SERVER"}}', SERVER, P),
        ('{"strings": "loose", "error": {"kind": {"$any_of": ["Rate-Limit", "ser ver"]}}}', SERVER, P),
        ('{"strings": "loose", "error": {"kind": {"$not": "Server"}}}', SERVER, E),
        ('{"strings": "loose", "error": {"kind": "AUTH"}}', SERVER, E),
        ('{"strings": "loose", "error": {"kind": "Server", "status": 503}}', SERVER, F),
        ('{"strings": "loose", "all_of": {"error": {"kind": "Server"}}}', SERVER, P),
        ('{"any_of": [{"text": "hi"}, {"strings": "loose", "error": {"kind": "Server"}}]}', SERVER, P),
        ('{"strings": "loose", "any_of": {"error": {"message": "IT-FAILED"}, "requests": [1]}}', SERVER, F),
        ('{"strings": "loose", "any_of": {"strings": "exact", "error": {"message": "It failed"}}}', SERVER, E),
        ('{"strings": "loose", "error": {"kind": "Auth", "outcome": "Recovered"}}', RETRIED, E),
        ('{"strings": "loose", "error": {"kind": "Server", "outcome": "Recovered"}, "text": "HI"}', RETRIED, P),
        ('{"strings": "loose", "error": {"kind": "Auth", "outcome": "Surfaced"}}', RETRIED, F),
    ],
}
_PATTERN: dict[str, list[tuple[str, str, Verdict]]] = {
    "Numbers compare by value (5 equals 5.0); a boolean is never a number, a numeric string is never a number": [
        ("5", "5.0", P),
        ("5", "500e-2", P),
        ("1", "true", F),
        ("5", '"5"', F),
        ("9007199254740993", "9007199254740993.0", P),
        ("9007199254740993", "9007199254740992", F),
        ("0", "1e-400", F),
        ("0.1", "0.10000000000000000001", F),
        ('{"$gt": 1e300}', "1e999999999", P),
        ("1e300", "1e301", F),
        ("100", "1e999999999", F),
        ('{"$lt": 9007199254740993}', "9007199254740992.5", P),
    ],
    "`integer` accepts 5.0": [
        ('{"$type": "integer"}', "5.0", P),
        ('{"$type": "integer"}', "1e999999999", P),
        ('{"$type": "integer"}', "9007199254740993.5", F),
        ('{"$type": "integer"}', "1e-400", F),
        ('{"$type": "number"}', "true", F),
    ],
    "`multipleOf` is exact decimal arithmetic (19.99 is a multiple of 0.01)": [
        ('{"$schema": {"multipleOf": 0.01}}', "19.99", P),
        ('{"$schema": {"multipleOf": 0.01}}', "19.995", F),
        ('{"$schema": {"multipleOf": 0.1}}', "0.3", P),
        ('{"$schema": {"multipleOf": 3}}', "1e-999999999", F),
        ('{"$schema": {"multipleOf": 0.10000000000000000001}}', "0.1", F),
    ],
    "Numbers of a schema count by their exact decimal value too": [
        ('{"$schema": {"exclusiveMaximum": 9007199254740993.5}}', "9007199254740993.5", F),
        ('{"$schema": {"exclusiveMaximum": 9007199254740993.5}}', "9007199254740993", P),
        ('{"$schema": {"const": 9007199254740993.0}}', "9007199254740993.0", P),
        ('{"$schema": {"enum": [9007199254740993.0]}}', "9007199254740992", F),
        ('{"$schema": {"exclusiveMinimum": 0}}', "1e-400", P),
        ('{"$schema": {"const": {"days": 1e-400}}}', '{"days": 1e-400}', P),
        ('{"$schema": {"uniqueItems": true}}', "[1e23, 100000000000000000000000]", F),
    ],
    "Lists: same length and order. Objects are closed: no other keys. `{}` is the empty object": [
        ("[1, 2]", "[2, 1]", F),
        ('{"a": 1}', '{"a": 1, "b": 2}', F),
        ('{"a": 1, "$others": "allow"}', '{"a": 1, "b": 2}', P),
        ('{"a": 1, "$optional": {"b": 3}}', '{"a": 1, "b": 2}', F),
        ('{"a": 1, "$optional": {"b": 3}}', '{"a": 1}', P),
        ("{}", '{"a": 1}', F),
    ],
    "`$absent`: the key is not there (in objects and under `$at`)": [
        ('{"a": {"$absent": true}}', "{}", P),
        ('{"a": {"$absent": true}, "$others": "allow"}', '{"a": null}', F),
        ('{"a": {"$not": 1}}', "{}", F),
        ('{"$at": {"/a/0": {"$absent": true}}}', '{"a": []}', P),
        ('{"a": {"$not": {"$regex": "x"}}}', "{}", F),
        ('{"$not": {"a": {"$regex": "x"}}}', "{}", P),
    ],
    "strings only: equal after dropping case and the characters space `, . / - _ * ^` and reading `'` as `\"`": [
        ('{"$loosely": "new york"}', '"New-York"', P),
        ('{"$loosely": "5"}', "5", F),
        ('{"$loosely": "it\'s"}', '"IT\\"S"', P),
        ('{"$loosely": "a;b"}', '"ab"', F),
    ],
    "`{$approx: 99.95, $within: 0.01}` absolute; default relative 1e-6": [
        ('{"$approx": 99.95, "$within": 0.01}', "99.96", P),
        ('{"$approx": 99.95, "$within": 0.01}', "99.9600001", F),
        ('{"$approx": 5}', "5.000005", P),
        ('{"$approx": 5}', "5.0000051", F),
        ('{"$approx": 0}', "0.0", P),
        ('{"$approx": 0}', "1e-400", F),
    ],
    "`$range: [low, high]` inclusive. Numbers, or two strings of the same ISO form (date, or date-time)": [
        ('{"$range": [1, 5]}', "5", P),
        ('{"$ge": "2024-05-01"}', '"2024-05-01"', P),
        ('{"$ge": "2024-05-01"}', '"2024-05-01T00:00:00Z"', F),
        ('{"$not": {"$ge": "2024-05-01"}}', '"2024-05-01T00:00:00Z"', F),
        ('{"$ge": "2024-05-01T12:00:00Z"}', '"2024-05-01T14:00:00+02:00"', P),
        ('{"$gt": "2024-05-01"}', '"2024-13-01"', F),
    ],
    "`$each`, `$unordered`: every element (holds on an empty list); one-to-one in any order": [
        ('{"$each": 1}', "[]", P),
        ('{"$unordered": [{"$type": "number"}, 1]}', "[1, 2]", P),
        ('{"$unordered": [1, 1]}', "[1, 2]", F),
    ],
}


def told() -> Iterator[Told]:
    """Every example of every sentence."""
    for sentence, examples in _EXPECT.items():
        for example in examples:
            expect, seen, verdict, *setting = example
            yield Told(sentence=sentence, expect=expect, seen=seen, verdict=verdict, setting=(*setting, SETTING)[0])
    for sentence, patterns in _PATTERN.items():
        for pattern, value, verdict in patterns:
            yield Told(sentence=sentence, expect=f'{{"json": {pattern}}}', seen=text(value), verdict=verdict)
