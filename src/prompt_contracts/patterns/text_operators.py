"""The operators on texts: `$regex`, `$loosely`, `$words`, `$count`; `$contains` and `$len` are for lists too."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_contracts.data_class import dataclass
from prompt_contracts.finding import Finding, unknown_name
from prompt_contracts.json_schema.regular_expression import (
    InvalidRegexError,
    SlowRegexError,
    compile_regex,
    count_found,
    is_found,
)
from prompt_contracts.json_value import Json, show
from prompt_contracts.mismatch import Mismatch, Value, kinds_of, show_value, truth_of_all
from prompt_contracts.patterns.loose_text import loosened
from prompt_contracts.patterns.operator_rule import Grammar
from prompt_contracts.patterns.subject import ANYTHING, Subject
from prompt_contracts.truth import FALSE, LIMITED, UNKNOWN, Truth, one_holds, truth_of


def check_regex(operand: Json, subject: Subject, _grammar: Grammar) -> Iterator[Finding]:
    """A regular expression that is one."""
    yield from _check_expression("$regex", operand)
    if operand == "":
        yield from _check_idle("$regex", subject, "write the expression that must be found")


def _check_expression(name: str, operand: Json) -> Iterator[Finding]:
    if not isinstance(operand, str):
        text = f"'{name}' takes a regular expression as text, not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help=_written(name, operand))
        return
    try:
        compile_regex(operand)
    except InvalidRegexError as error:
        yield Finding(code="PC120", message=f"{show(operand, limit=80)} is no regular expression: {error}")


def _written(name: str, operand: Json) -> str:
    """How to write what was written as no text."""
    if isinstance(operand, list) and name.startswith("$"):
        alternatives: Json = {"$any_of": [{name: one} for one in operand]}
        return f"write {show(alternatives, limit=200)} for one of several, '$all_of' for all of them"
    if isinstance(operand, list):
        return "write one expression; 'a|b' finds either"
    if isinstance(operand, dict):
        return "write one text"
    return f'write "{show(operand, limit=80)}", with quotes'


def _check_idle(name: str, subject: Subject, hint: str) -> Iterator[Finding]:
    # Where other types may come, it still says that this must be a text.
    if subject.kinds == {"string"}:
        yield Finding(code="PC120", message=f"'{name}' with an empty text holds for every text", help=hint)


def regex_holds(operand: Json, value: Value, _grammar: Grammar) -> Truth:
    """The expression is found, as with `re.search`."""
    return _search(operand, value).truth


def explain_regex(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """That it is not found, or why nobody can tell."""
    came, expected = _search(operand, value), describe_regex(operand, kinds_of(value), grammar)
    yield Mismatch(reason="$regex", expected=expected, got=show_value(value), message=came.note, truth=came.truth)


@dataclass(frozen=True, slots=True)
class _Search:
    """What came of looking for an expression."""

    truth: Truth
    note: str = ""
    """Why it could not be looked for."""
    count: int = 0


def _search(operand: Json, value: Value, *, counts: bool = False) -> _Search:
    if not isinstance(operand, str):
        return _Search(UNKNOWN)
    if not isinstance(value, str):
        return _Search(FALSE)
    try:
        count = count_found(operand, value) if counts else int(is_found(operand, value))
    except InvalidRegexError as error:
        return _Search(UNKNOWN, str(error))
    except SlowRegexError as error:
        return _Search(LIMITED, str(error))
    return _Search(truth_of(count > 0), count=count)


def describe_regex(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """The expression between slashes."""
    return f"a text matching /{operand}/" if isinstance(operand, str) else "a text"


def check_loosely(operand: Json, _subject: Subject, _grammar: Grammar) -> Iterator[Finding]:
    """A text."""
    if not isinstance(operand, str):
        text = f"'$loosely' takes a text, not {show(operand, limit=80)}"
        hint = "write 'strings: loose' for all texts of an expectation"
        yield Finding(
            code="PC102", message=text, help=hint if isinstance(operand, dict) else _written("$loosely", operand)
        )


def loosely_holds(operand: Json, value: Value, _grammar: Grammar) -> Truth:
    """A text that is equal where case and some punctuation do not count."""
    if not isinstance(operand, str):
        return UNKNOWN
    return truth_of(isinstance(value, str) and loosened(operand) == loosened(value))


def describe_loosely(operand: Json, _kinds: frozenset[str], _grammar: Grammar) -> str:
    """The text, and that it is loose."""
    return f"loosely {show(operand)}"


def check_contains(operand: Json, subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """A text to occur, or a pattern on an element where the subject can be a list."""
    if "array" in subject.kinds:
        yield from grammar.exact().check(operand, ANYTHING)
    elif not isinstance(operand, str):
        text = f"{subject.name} is text, so '$contains' takes a text, not {show(operand, limit=80)}"
        hint = "write one text, or use '$regex'" if isinstance(operand, dict) else _written("$contains", operand)
        yield Finding(code="PC102", message=text, help=hint)
    elif not operand:
        yield from _check_idle("$contains", subject, "write the text that must occur")


def contains_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """A part of a text, or an element of a list that matches."""
    if isinstance(value, str):
        return truth_of(isinstance(operand, str) and operand in value)
    # Exactly, also under `strings: loose`: that touches no `$contains`.
    elements = value if isinstance(value, list) else ()
    return one_holds(grammar.exact().holds(operand, element) for element in elements)


def explain_contains(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """That there is none, or why nobody can tell."""
    truth, why = contains_holds(operand, value, grammar), ""
    for element in value if isinstance(value, list) and not truth.is_refuted else ():
        found = tuple(grammar.exact().match(operand, element))
        if not truth_of_all(found).is_refuted:
            why = why or found[0].message or found[0].got
    expected = describe_contains(operand, kinds_of(value), grammar)
    yield Mismatch(reason="$contains", expected=expected, got=show_value(value), message=why, truth=truth)


def describe_contains(operand: Json, kinds: frozenset[str], grammar: Grammar) -> str:
    """The part, and what it is a part of."""
    # Texts contain texts only; of a value that is neither a text nor a list, either would have done.
    fitting = {"string", "array"} & kinds if isinstance(operand, str) else {"array"}
    kind = {"string": "a text", "array": "a list"}[fitting.pop()] if len(fitting) == 1 else "a text or a list"
    return f"{kind} containing {grammar.describe(operand, ANYTHING.kinds)}"


def check_len(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """A pattern on a whole number."""
    yield from grammar.check(operand, _amount("the length"))


def len_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """Characters of a text, elements of a list, keys of an object."""
    return grammar.holds(operand, len(value)) if isinstance(value, (str, list, dict)) else FALSE


def explain_len(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """What is wrong with the length."""
    if isinstance(value, (str, list, dict)):
        yield from _explain_amount("$len", operand, len(value), value, grammar)
    else:
        expected = describe_len(operand, kinds_of(value), grammar)
        yield Mismatch(reason="$len", expected=expected, got=show_value(value))


def describe_len(operand: Json, _kinds: frozenset[str], grammar: Grammar) -> str:
    """The pattern on the length, in words."""
    return f"a length of {grammar.describe(operand, _NUMBER)}"


def check_words(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """A pattern on a whole number."""
    yield from grammar.check(operand, _amount("the number of words"))


def words_hold(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """What stands between white space, counted."""
    # At all white space of Unicode, as Python splits; languages without spaces have one long word.
    return grammar.holds(operand, len(value.split())) if isinstance(value, str) else FALSE


def explain_words(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """What is wrong with their number."""
    if isinstance(value, str):
        yield from _explain_amount("$words", operand, len(value.split()), value, grammar)
    else:
        expected = describe_words(operand, kinds_of(value), grammar)
        yield Mismatch(reason="$words", expected=expected, got=show_value(value))


def describe_words(operand: Json, _kinds: frozenset[str], grammar: Grammar) -> str:
    """The pattern on the number of words, in words."""
    return f"a number of words of {grammar.describe(operand, _NUMBER)}"


def check_count(operand: Json, _subject: Subject, grammar: Grammar) -> Iterator[Finding]:
    """`of`, a regular expression, and `is`, a pattern on a whole number."""
    example = "write $count: {of: regex, is: pattern}"
    if not isinstance(operand, dict):
        text = f"'$count' takes a mapping with 'of' and 'is', not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help=example)
        return
    for name in operand:
        if name not in ("of", "is"):
            yield unknown_name("key", name, known=("of", "is")).inside(name)
    for name in ("of", "is"):
        if name not in operand:
            yield Finding(code="PC105", message=f"'$count' has no '{name}'", help=example)
    if "of" in operand:
        yield from (finding.inside("of") for finding in _check_expression("of", operand["of"]))
        if operand["of"] == "":
            yield Finding(code="PC120", message="an empty expression counts nothing", clause=("of",), help=example)
    if "is" in operand:
        yield from (finding.inside("is") for finding in grammar.check(operand["is"], _amount("the count")))


def count_holds(operand: Json, value: Value, grammar: Grammar) -> Truth:
    """How often the expression is found, without overlaps."""
    if not isinstance(operand, dict) or "is" not in operand:
        return UNKNOWN
    came = _search(operand.get("of"), value, counts=True)
    if not isinstance(value, str) or came.note or not isinstance(operand.get("of"), str):
        return came.truth
    return grammar.holds(operand["is"], came.count)


def explain_count(operand: Json, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    """What is wrong with their number, or why nobody can count."""
    wanted = operand if isinstance(operand, dict) else {}
    came = _search(wanted.get("of"), value, counts=True)
    if not isinstance(value, str) or came.note or not isinstance(wanted.get("of"), str) or "is" not in wanted:
        expected = describe_count(operand, kinds_of(value), grammar)
        truth = count_holds(operand, value, grammar)
        yield Mismatch(reason="$count", expected=expected, got=show_value(value), message=came.note, truth=truth)
        return
    inner = _explain_amount("$count", wanted["is"], came.count, value, grammar)
    yield from (found.inside(clause=("is",)) for found in inner)


def describe_count(operand: Json, _kinds: frozenset[str], grammar: Grammar) -> str:
    """What is counted, and the pattern on the number."""
    wanted = operand if isinstance(operand, dict) else {}
    return f"a count of /{wanted.get('of')}/ of {grammar.describe(wanted.get('is'), _NUMBER)}"


_NUMBER = frozenset({"number"})


def _amount(name: str) -> Subject:
    return Subject(name=name, kinds=_NUMBER, least=0, is_whole=True)


def _explain_amount(name: str, wanted: Json, amount: int, value: Value, grammar: Grammar) -> Iterator[Mismatch]:
    nouns = {"$len": "a length", "$words": "a number of words", "$count": "a count"}
    for found in grammar.match(wanted, amount):
        yield Mismatch(
            reason=name,
            expected=f"{nouns[name]} of {found.expected}",
            got=str(amount),
            clause=found.clause,
            message=found.message or f"in {show_value(value, limit=80)}",
            truth=found.truth,
        )
