"""What is wrong with a generator as it is written, told before any value is made. Imports no hypothesis."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from prompt_contracts.engine.properties.schema_keywords import schema_findings
from prompt_contracts.engine.properties.scripts import DEFAULT_LENGTH, SCRIPTS
from prompt_contracts.engine.properties.written_text import regex_problem
from prompt_contracts.finding import Finding, unknown_name
from prompt_contracts.given import Generator, GeneratorKind
from prompt_contracts.json_value import Json, show

MAX_TEXT = 10_000
"""The longest text that `$text` may ask for, in characters."""


def operand_findings(generator: Generator) -> Iterator[Finding]:
    """Everything wrong with what stands under the key of a generator; clauses start there."""
    return _CHECKS[generator.kind](generator.operand)


def text_terms(operand: Json) -> tuple[list[str], tuple[int, int]]:
    """The scripts and the limits of length of a `$text` in which nothing is wrong."""
    terms = operand if isinstance(operand, dict) else {}
    scripts, length = terms.get("of", list(SCRIPTS)), terms.get("length", [*DEFAULT_LENGTH])
    if not isinstance(scripts, list) or not isinstance(length, list):
        raise TypeError(f"no operand of $text: {show(operand)}")
    low, high = length
    if not isinstance(low, int) or not isinstance(high, int):
        raise TypeError(f"no operand of $text: {show(operand)}")
    return [str(each) for each in scripts], (low, high)


def date_limits(operand: Json) -> tuple[date, date]:
    """The first and the last day of a `$date`; `ValueError` says what is wrong with it."""
    if not isinstance(operand, list) or len(operand) != 2 or not all(isinstance(each, str) for each in operand):
        raise ValueError(f"'$date' takes a list of two dates, not {show(operand, limit=80)}")
    first, last = (_day(str(each)) for each in operand)
    if first > last:
        raise ValueError(f"there is no day from {first} to {last}")
    return first, last


def _day(text: str) -> date:
    # Python reads `20260101` and `2026-W01-1` as well, which are other forms of ISO 8601.
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"{show(text, limit=40)} is no date; write YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text} is no date: {error}") from None


def _check_choices(operand: Json) -> Iterator[Finding]:
    if not isinstance(operand, list) or not operand:
        text = f"'$from' takes a list of at least one value, not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help="write the values, or {$include: file.json#/column}")


def _check_regex(operand: Json) -> Iterator[Finding]:
    if not isinstance(operand, str):
        text = f"'$regex' takes a regular expression as text, not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help="write it in quotes; it stands for the whole value")
        return
    why = regex_problem(operand)
    if why is not None:
        yield Finding(code="PC120", message=f"no text can be made of this regular expression: {why}")


def _check_date(operand: Json) -> Iterator[Finding]:
    try:
        date_limits(operand)
    except ValueError as error:
        help_text = "write the first and the last day, such as ['2026-01-01', '2026-12-31']"
        yield Finding(code="PC102", message=str(error), help=help_text)


def _check_text(operand: Json) -> Iterator[Finding]:
    if not isinstance(operand, dict):
        text = f"'$text' takes a mapping, not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help="write {of: [latin, arabic], length: [1, 60]}")
        return
    for key in operand.keys() - {"of", "length"}:
        yield unknown_name("key", key, known=("of", "length")).inside(key)
    yield from (finding.inside("of") for finding in _check_scripts(operand.get("of", [*SCRIPTS])))
    yield from (finding.inside("length") for finding in _check_length(operand.get("length", [*DEFAULT_LENGTH])))


def _check_scripts(scripts: Json) -> Iterator[Finding]:
    if not isinstance(scripts, list) or not scripts:
        text = f"'of' takes a list of scripts, not {show(scripts, limit=80)}"
        yield Finding(code="PC102", message=text, help=f"scripts are {', '.join(SCRIPTS)}")
        return
    for index, name in enumerate(scripts):
        if name not in SCRIPTS:
            word = name if isinstance(name, str) else show(name, limit=40)
            yield unknown_name("script", word, known=SCRIPTS).inside(index)


def _check_length(length: Json) -> Iterator[Finding]:
    match length:
        case [int(low), int(high)] if not isinstance(low, bool) and 0 <= low <= high <= MAX_TEXT:
            return
    text = f"'length' takes the least and the most characters, up to {MAX_TEXT}, not {show(length, limit=80)}"
    yield Finding(code="PC102", message=text, help=_better_length(length))


def _better_length(length: Json) -> str:
    match length:
        case int(most) if not isinstance(most, bool) and 1 <= most <= MAX_TEXT:
            return f"write [1, {most}] for at most {most}, or [{most}, {most}] for just as many"
        case [int(high), int(low)] if not isinstance(high, bool) and 0 <= low < high <= MAX_TEXT:
            return f"write [{low}, {high}]"
    return "write [1, 60]"


def _check_name(operand: Json) -> Iterator[Finding]:
    if not isinstance(operand, str) or not re.fullmatch(r"[\w.]+:[\w.]+", operand):
        text = f"'$python' takes package.module:name, not {show(operand, limit=80)}"
        yield Finding(code="PC102", message=text, help="name a strategy, or a function that returns one")


_CHECKS: Mapping[GeneratorKind, Callable[[Json], Iterator[Finding]]] = {
    "from": _check_choices,
    "regex": _check_regex,
    "schema": schema_findings,
    "date": _check_date,
    "text": _check_text,
    "python": _check_name,
}
