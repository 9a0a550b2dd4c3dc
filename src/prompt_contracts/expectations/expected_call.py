"""One expected call: how it is written, and how it is held against one call. Pairs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from prompt_contracts.completion import ToolCall
from prompt_contracts.data_class import dataclass
from prompt_contracts.expectations.facet_rule import FacetContext, dotted
from prompt_contracts.finding import Finding, suggest, unknown_name
from prompt_contracts.json_value import Json, JsonLimitError, NotJsonError, json_type, parse_json, show
from prompt_contracts.mismatch import Mismatch
from prompt_contracts.patterns.pattern import Language
from prompt_contracts.patterns.satisfiability import check_not_vacuous
from prompt_contracts.patterns.subject import ANYTHING, Subject
from prompt_contracts.truth import FALSE, LIMITED, TRUE, UNKNOWN, Truth

ENTRY_KEYS = ("$times",)
"""What may stand beside a tool's name."""

_ARGUMENTS = Subject(name="the arguments of a call", kinds=frozenset({"object"}))
_TIMES = Subject(name="the number of calls", kinds=frozenset({"number"}), least=0, is_whole=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCall:
    """One entry of the list of calls."""

    name: str
    arguments: Json
    clause: tuple[str | int, ...]
    """From the facet's value to the name."""
    takes_any: bool
    """A bare name: any object of arguments will do."""
    has_times: bool
    """Whether it says how often; else it is one call."""
    times: Json = 1
    """Pattern on the number of calls."""

    def words(self, language: Language) -> str:
        """The call for a person."""
        words = "" if self.takes_any else f" with {language.describe(self.arguments, ANYTHING.kinds)}"
        return f"a call of {self.name}{words}"


def read_entry(index: int, entry: Json) -> ExpectedCall:
    """The entry at an index of the list."""
    if isinstance(entry, dict):
        name = next(iter([key for key in entry if not key.startswith("$")]), "")
        return ExpectedCall(
            name=name,
            arguments=entry.get(name),
            clause=(index, name),
            takes_any=False,
            has_times="$times" in entry,
            times=entry.get("$times", 1),
        )
    return ExpectedCall(name=str(entry), arguments=None, clause=(index,), takes_any=True, has_times=False)


def check_entry(entry: Json, scope: FacetContext) -> Iterator[Finding]:
    """A name, or a mapping of one name to a pattern, with how often beside it."""
    if isinstance(entry, str):
        yield from check_tool_name(entry, scope)
        return
    if not isinstance(entry, dict):
        text = f"an expected call is a tool's name or {{name: arguments}}, not {show(entry, limit=80)}"
        yield Finding(code="PC102", message=text)
        return
    names = [key for key in entry if not key.startswith("$")]
    for key in entry:
        if key.startswith("$") and key not in ENTRY_KEYS:
            yield unknown_name("key", key, known=ENTRY_KEYS).inside(key)
    if len(names) != 1:
        said = ", ".join(names) or "none"
        text = f"an expected call names one tool, here: {said}"
        yield Finding(code="PC102", message=text, help="put a dash before each call")
    for name in names:
        yield from (finding.inside(name) for finding in _check_call(name, entry[name], scope))
    if "$times" in entry:
        yield from (finding.inside("$times") for finding in _check_times(entry["$times"], scope))


def _check_times(times: Json, scope: FacetContext) -> Iterator[Finding]:
    """A pattern on a number; where unlisted calls are allowed, any number of calls is allowed without it."""
    findings = tuple(scope.language.check(times, _TIMES))
    yield from findings
    if not findings and scope.switches.get("unlisted") == "allow":
        yield from check_not_vacuous(times, _TIMES, scope.language)


def _check_call(name: str, arguments: Json, scope: FacetContext) -> Iterator[Finding]:
    yield from check_tool_name(name, scope)
    if arguments is None:
        hint = f"write '- {name}' for any arguments, '- {name}: {{}}' for none"
        yield Finding(code="PC102", message=f"'{name}:' has no value", help=hint)
        return
    if isinstance(arguments, dict) and "$times" in arguments:
        inner = {key: wanted for key, wanted in arguments.items() if key != "$times"}
        beside = {name: inner, "$times": arguments["$times"]}
        message = "'$times' stands inside the arguments of the call"
        yield Finding(code="PC102", message=message, clause=("$times",), help=f"write {show(beside, limit=200)}")
        arguments = inner
    yield from scope.language.check(arguments, _ARGUMENTS)


def check_tool_name(name: str, scope: FacetContext, *, what: str = "expected") -> Iterator[Finding]:
    """A tool that the case offers; any, where an application offers its own and the case does not list them."""
    offered = tuple(tool.name for tool in scope.case.tools)
    is_unknown = scope.case.is_application or scope.case.origin == "answer"
    if name in offered or (is_unknown and not offered):
        return
    hint = "give the case 'tools' that hold it"
    if offered:
        near = suggest(name, offered, "offered")
        hint = (
            f"{near} (offered: {', '.join(offered)})"
            if near.startswith("did")
            else f"the case offers: {', '.join(offered)}"
        )
    yield Finding(code="PC121", message=f"the {what} tool '{name}' is not offered by the case", help=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Arguments that are no object, or that a limit of ours keeps from being read."""

    why: str
    truth: Truth
    """It is a call all the same: an expectation of no such call does not hold of it either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCall:
    """One call of the model, its arguments read once."""

    call: ToolCall
    at: int
    """Its number among the calls that are judged."""
    arguments: dict[str, Json] | Unread

    @property
    def path(self) -> str:
        """Where it stands in the answer."""
        return f"tool_calls[{self.at}]"


def read_calls(calls: Iterable[ToolCall]) -> list[MadeCall]:
    """The calls, in order."""
    return [MadeCall(call=call, at=at, arguments=_read(call)) for at, call in enumerate(calls)]


def _read(call: ToolCall) -> dict[str, Json] | Unread:
    # Servers write an empty text, and null, where a model gave no arguments.
    if not call.arguments.strip():
        return {}
    try:
        value = parse_json(call.arguments)
    except JsonLimitError as error:
        return Unread(why=f"not read: {error}", truth=LIMITED)
    except NotJsonError as error:
        return Unread(why=f"not JSON: {error}", truth=UNKNOWN)
    return value if isinstance(value, dict) else Unread(why=f"it is {json_type(value)}, not an object", truth=UNKNOWN)


def call_truth(entry: ExpectedCall, made: MadeCall, language: Language) -> Truth:
    """Whether a call is one that the entry describes; words nothing."""
    if entry.name != made.call.name:
        return FALSE
    if isinstance(made.arguments, Unread):
        # Not even of a bare name: a call whose arguments are no object cannot be made.
        return made.arguments.truth
    return TRUE if entry.takes_any else language.holds(entry.arguments, made.arguments)


def compare_call(entry: ExpectedCall, made: MadeCall, language: Language) -> Iterator[Mismatch]:
    """Everything in which one call differs from an entry."""
    has_name = entry.name == made.call.name
    if not has_name:
        path = f"{made.path}.name"
        yield Mismatch(reason="name", path=path, expected=entry.name, got=made.call.name, clause=entry.clause)
    if isinstance(made.arguments, Unread):
        yield unread_arguments(made, made.arguments, clause=entry.clause)
    elif not entry.takes_any:
        for found in language.match(entry.arguments, made.arguments):
            # The arguments of another tool are all strange; only what was asked for says something.
            if has_name or found.reason != "unexpected":
                inner = found.inside(clause=entry.clause).told_at(dotted(f"{made.path}.arguments", found.place))
                yield replace(inner, reason="arguments")


def unread_arguments(made: MadeCall, unread: Unread, *, clause: tuple[str | int, ...] = ()) -> Mismatch:
    """The mismatch of arguments that are no JSON object, or that could not be read."""
    return Mismatch(
        reason="arguments",
        path=f"{made.path}.arguments",
        expected="a JSON object",
        got=show(made.call.arguments),
        clause=clause,
        message=unread.why,
        truth=unread.truth,
    )


def call_words(call: ToolCall) -> str:
    """A call for a person."""
    return f"{call.name}({call.arguments.strip() or '{}'})" if len(call.arguments) <= 100 else f"{call.name}(…)"
