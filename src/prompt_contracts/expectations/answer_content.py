"""The facets on what one answer says: `json`, `text`, `refusal`, `reasoning`, `finish_reason` and `model`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from prompt_contracts.completion import Choice
from prompt_contracts.expectations.facet_rule import FacetContext, dotted, no_answer, slashed
from prompt_contracts.finding import Finding
from prompt_contracts.json_value import Json, JsonLimitError, NotJsonError, parse_json, show
from prompt_contracts.mismatch import Mismatch
from prompt_contracts.outcome import Outcome
from prompt_contracts.patterns.satisfiability import check_not_vacuous
from prompt_contracts.patterns.subject import ANYTHING, Subject
from prompt_contracts.patterns.vocabulary import Vocabulary
from prompt_contracts.truth import FALSE, LIMITED, TRUE, UNKNOWN, Truth

# CommonMark 0.31 (4.5), as is the end of a fence, which must be as long as its beginning.
_OPENING = re.compile(r" {0,3}(`{3,}|~{3,}) *([^`]*)")
_BRACKET = re.compile(r"[\[{]")
_BRACKETS = {"{": "}", "[": "]"}
_DECODER = json.JSONDecoder()


class NoJsonBlockError(ValueError):
    """A text holds no block of JSON, or several; the message says which."""


def read_block(text: str) -> Json:
    """The JSON of a text that is JSON, or holds one block of it.

    A block is a fenced one that is marked `json` or not at all; where nothing is fenced, an object or a list
    amid the text. Raises `NoJsonBlockError`, and `NotJsonError` for a block that is no strict JSON.
    """
    try:
        return parse_json(text)
    except JsonLimitError:
        raise
    except NotJsonError:
        pass
    fenced = list(_fenced(text))
    # A block that is marked as something else is an example of it, not the answer.
    blocks = [content for mark, content in fenced if mark in ("", "json")]
    if not fenced:
        blocks = list(_embedded(text))
    if len(blocks) != 1:
        kind = "fenced block" if fenced else "block"
        raise NoJsonBlockError(f"{len(blocks) or 'no'} {kind}{'' if len(blocks) == 1 else 's'} of JSON")
    return parse_json(blocks[0])


def _fenced(text: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a Markdown text: the word behind the fence in lower case, and the content."""
    fence, mark, lines = "", "", list[str]()
    for line in text.splitlines():
        opening = _OPENING.fullmatch(line)
        if not fence and opening:
            fence, mark, lines = opening[1], opening[2].strip().partition(" ")[0].lower(), []
        elif fence and _closes(line, fence):
            yield mark, "\n".join(lines)
            fence = ""
        elif fence:
            lines.append(line)
    if fence:  # Markdown ends an open fence with the text
        yield mark, "\n".join(lines)


def _closes(line: str, fence: str) -> bool:
    return re.fullmatch(rf" {{0,3}}{fence[0]}{{{len(fence)},}} *", line) is not None


def _embedded(text: str) -> Iterator[str]:
    """The objects and lists of JSON amid a text, outermost only.

    What opens like one and is none is passed over as a whole, so that no part of a broken answer is taken
    for the answer.
    """
    at = 0
    while (found := _BRACKET.search(text, at)) is not None:
        start = found.start()
        try:
            _, at = _DECODER.raw_decode(text, start)
            yield text[start:at]
        except (ValueError, RecursionError):
            at = _closing(text, start)


def _closing(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`, or the end of the text."""
    waiting: list[str] = []
    for at in range(start, len(text)):
        if text[at] in _BRACKETS:
            waiting.append(_BRACKETS[text[at]])
        elif waiting and text[at] == waiting[-1]:
            waiting.pop()
            if not waiting:
                return at + 1
    return len(text)


_STRING = frozenset({"string"})
_TEXT = Subject(name="the answer's text", kinds=_STRING)
_REFUSAL = Subject(
    name="the refusal", kinds=_STRING, options="write true for any refusal, false for none, or a pattern on its text"
)
_REASONING = Subject(name="the reasoning", kinds=_STRING)
# Worth a facet: LM Studio and llama-server answer with the model that is loaded, whatever was asked for.
_MODEL = Subject(name="the model", kinds=_STRING)
_FINISH_REASON = Subject(
    name="the finish reason",
    kinds=_STRING,
    options="write stop, length, tool_calls or content_filter; any other text is a provider's own word",
)
_FINISH_REASONS = Vocabulary(
    what="finish reason",
    words=("stop", "length", "tool_calls", "content_filter"),
    is_closed=False,
    # Together's, Mistral's, and OpenAI's before there were tools.
    translated={"eos": "stop", "model_length": "length", "function_call": "tool_calls"},
)


NO_JSON = "none"
"""Written literally: the text is not JSON. A text `none` of any other origin is written `$eq`."""


def check_json(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """`none`, or any pattern."""
    if expected != NO_JSON:
        yield from scope.language.check(expected, ANYTHING)


def judge_json(expected: Json, choice: Choice, scope: FacetContext) -> Iterator[Mismatch]:
    """The text must be strict JSON, or hold one block of it under `json_in: fenced`, and match."""
    is_fenced = scope.switches.get("json_in") == "fenced"
    wanted = "one block of JSON" if is_fenced else "JSON and nothing else"
    try:
        value = read_block(choice.text) if is_fenced else parse_json(choice.text)
    except JsonLimitError as error:
        yield _unread(wanted, choice, str(error), LIMITED)
    except (NotJsonError, NoJsonBlockError) as error:
        if expected != NO_JSON:
            # The most frequent reason, also under a strict schema: a limit of tokens that the reasoning counts into.
            is_cut = choice.finish_reason == "length"
            why = f"{error}; the answer was cut off, finish_reason is length" if is_cut else str(error)
            yield _unread(wanted, choice, why, UNKNOWN)
    else:
        if expected == NO_JSON:
            yield Mismatch(reason="parse", path="json", expected="no JSON", got=show(value, limit=100))
            return
        for found in scope.language.judge(expected, value):
            yield found.told_at(slashed("json", found.place))


def json_truth(expected: Json, choice: Choice, scope: FacetContext) -> Truth:
    """As `judge_json`, and words nothing."""
    try:
        value = read_block(choice.text) if scope.switches.get("json_in") == "fenced" else parse_json(choice.text)
    except JsonLimitError:
        return LIMITED
    except (NotJsonError, NoJsonBlockError):
        return TRUE if expected == NO_JSON else UNKNOWN
    return FALSE if expected == NO_JSON else scope.language.holds(expected, value)


def text_truth(expected: Json, choice: Choice, scope: FacetContext) -> Truth:
    """As `judge_text`, and words nothing."""
    return scope.language.holds(expected, choice.text)


def _unread(wanted: str, choice: Choice, why: str, truth: Truth) -> Mismatch:
    got = show(choice.text, limit=100) if choice.text.strip() else "an empty text"
    return Mismatch(reason="parse", path="json", expected=wanted, got=got, message=why, truth=truth)


def check_text(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A pattern on text."""
    findings = tuple(scope.language.check(expected, _TEXT))
    yield from findings or check_not_vacuous(expected, _TEXT, scope.language)


def judge_text(expected: Json, choice: Choice, scope: FacetContext) -> Iterator[Mismatch]:
    """The answer's text must match; no content is the empty text."""
    for found in scope.language.judge(expected, choice.text):
        yield found.told_at(dotted("text", found.place))


def check_refusal(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """`true`, `false`, or a pattern on text."""
    if not isinstance(expected, bool):
        yield from scope.language.check(expected, _REFUSAL)


def judge_refusal(expected: Json, choice: Choice, scope: FacetContext) -> Iterator[Mismatch]:
    """The provider's own refusal text is there, is not there, or matches."""
    refusal = choice.refusal
    if isinstance(expected, bool):
        if expected and not refusal:
            said = f"the answer says {show(choice.text, limit=80)}" if choice.text else ""
            yield Mismatch(reason="missing", path="refusal", expected="a refusal", got="no refusal", message=said)
        elif refusal and not expected:
            yield Mismatch(reason="unexpected", path="refusal", expected="no refusal", got=show(refusal))
    elif not refusal:
        wanted = scope.language.describe(expected, _STRING)
        yield Mismatch(reason="missing", path="refusal", expected=wanted, got="no refusal")
    else:
        for found in scope.language.judge(expected, refusal):
            yield found.told_at("refusal")


def check_reasoning(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A pattern on text."""
    yield from scope.language.check(expected, _REASONING)


def judge_reasoning(expected: Json, choice: Choice, scope: FacetContext) -> Iterator[Mismatch]:
    """The reasoning that the provider shows must match; where it shows none, it is unknown."""
    # OpenAI counts and bills reasoning that it never shows: nothing shown is not nothing thought.
    if choice.reasoning is None:
        wanted = scope.language.describe(expected, _STRING)
        note = "the provider shows no reasoning"
        yield _unknown("reasoning", wanted, note)
        return
    for found in scope.language.judge(expected, choice.reasoning):
        yield found.told_at("reasoning")


def _unknown(path: str, expected: str, message: str) -> Mismatch:
    return Mismatch(reason="unknown", path=path, expected=expected, got="unknown", message=message, truth=UNKNOWN)


def check_finish_reason(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A pattern on text; providers may have words of their own."""
    yield from scope.language.check(expected, _FINISH_REASON)
    yield from _FINISH_REASONS.check(expected, scope.language)


def judge_finish_reason(expected: Json, choice: Choice, scope: FacetContext) -> Iterator[Mismatch]:
    """The normalised reason must match; the provider's own word is told beside it."""
    raw = choice.raw_finish_reason
    note = f"the provider's word: {raw}" if raw is not None and raw != choice.finish_reason else ""
    if choice.finish_reason is None:
        wanted = scope.language.describe(expected, _STRING)
        yield replace(_unknown("finish_reason", wanted, note), reason="value")
        return
    for found in scope.language.judge(expected, choice.finish_reason):
        yield replace(found.told_at("finish_reason"), message=found.message or note)


def check_model(expected: Json, scope: FacetContext) -> Iterator[Finding]:
    """A pattern on text."""
    yield from scope.language.check(expected, _MODEL)
    # An answer has a name of the provider's: at OpenAI the dated snapshot, not even the alias that was asked for.
    known = scope.case.model
    if known is not None and expected == known:
        text = f"no answer names its model '{known}': that is our name, with the provider before it"
        yield Finding(code="PC120", message=text, help=f"write {known.partition(':')[2]}, as the provider says it")


def judge_model(expected: Json, outcome: Outcome, scope: FacetContext) -> Iterator[Mismatch]:
    """The model that the provider says answered must match."""
    if outcome.completion is None:
        yield no_answer("no answer" if outcome.error is None else f"an error: {outcome.error.kind}")
    elif outcome.completion.model is None:
        wanted = scope.language.describe(expected, _STRING)
        yield _unknown("model", wanted, "the provider does not say which model answered")
    else:
        for found in scope.language.judge(expected, outcome.completion.model):
            yield found.told_at("model")
