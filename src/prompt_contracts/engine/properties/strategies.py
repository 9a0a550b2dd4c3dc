"""Generators -> strategies of hypothesis: one small function for each kind. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.properties.operands import date_limits, operand_findings, text_terms
from prompt_contracts.engine.properties.schema_strategy import schema_strategy
from prompt_contracts.engine.properties.scripts import ALPHABETS, UNITS
from prompt_contracts.engine.properties.written_text import matching_text
from prompt_contracts.errors import CaseError, CodeRefused, UsageError
from prompt_contracts.given import Generator, GeneratorKind, Given
from prompt_contracts.json_value import Json, canonical, show

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Find = Callable[[str], object]
"""What `package.module:name` names, a function or not; raises what importing it raises, and `CodeRefused`."""


def hypothesis_version() -> str:
    """The version that is installed; `UsageError` where there is none."""
    try:
        import hypothesis
    except ImportError:
        raise UsageError(
            "hypothesis is not installed, which makes the rows of 'given': "
            "pip install 'pytest-prompt-contracts[properties]'; a replay does without it"
        ) from None
    return str(hypothesis.__version__)


def row_strategy(given: Given, *, find: Find) -> SearchStrategy[dict[str, Json]]:
    """Objects with a value for each variable. Raises `CaseError` for a generator that can make none."""
    from hypothesis import strategies as st

    # hypothesis tries no row a second time. A number that nobody sees makes each row new to it: else those that were
    # made before the first failing one, and never asked, would count as rows that hold, and hide what is smaller.
    unseen = st.integers(0, 2**20)
    values = st.tuples(unseen, *(generator_strategy(made, find=find) for made in given.variables.values()))
    return values.map(lambda drawn: dict(zip(given.variables, drawn[1:], strict=True)))


def generator_strategy(generator: Generator, *, find: Find) -> SearchStrategy[Json]:
    """The values of one variable. Raises `CaseError` for a generator that can make none."""
    wrong = [finding for finding in operand_findings(generator) if finding.severity == "error"]
    if wrong:
        raise CaseError(tuple(finding.at(generator.place_of(finding.clause)) for finding in wrong))
    if generator.kind == "python":
        return _of_python(generator, find)
    return _MAKERS[generator.kind](generator.operand)


def wrong(generator: Generator, message: str, *, help: str | None = None, code: str = "PC120") -> CaseError:  # noqa: A002 - the word that the output uses
    """The error of a generator, at its place."""
    return CaseError((Diagnostic(code=code, message=message, location=generator.location, help=help),))


def _from(operand: Json) -> SearchStrategy[Json]:
    from hypothesis import strategies as st

    values = operand if isinstance(operand, list) else [operand]
    # A value that is listed twice would be asked twice as often.
    return st.sampled_from(list({canonical(value): value for value in reversed(values)}.values())[::-1])


def _regex(operand: Json) -> SearchStrategy[Json]:
    return matching_text(str(operand), is_whole=True)


def _date(operand: Json) -> SearchStrategy[Json]:
    from hypothesis import strategies as st

    first, last = date_limits(operand)
    return st.dates(first, last).map(lambda day: day.isoformat())


def _text(operand: Json) -> SearchStrategy[Json]:
    from hypothesis import strategies as st

    scripts, (low, high) = text_terms(operand)
    # One script for the whole text: letters drawn from all of them would hardly ever be of the rarer ones.
    return st.one_of([_text_of(script, low, high) for script in scripts])


def _text_of(script: str, low: int, high: int) -> SearchStrategy[str]:
    """Texts of one script; half of them at least half as long as they may be, which hypothesis seldom makes."""
    made = _characters if script in ALPHABETS else _units
    middle = (low + high) // 2
    short = made(script, low, high)
    found = short if middle <= low else short | made(script, middle, high)
    return found.filter(lambda text: not text.isspace())


def _characters(script: str, low: int, high: int) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    return st.text(ALPHABETS[script], min_size=low, max_size=high)


def _units(script: str, low: int, high: int) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    units = [unit for unit in UNITS[script] if len(unit) <= high]
    plainest = next(unit for unit in UNITS[script] if len(unit) == 1)
    drawn = st.lists(st.sampled_from(units or [""]), min_size=low, max_size=high)
    return drawn.map(partial(_joined, low=low, high=high, plainest=plainest))


def _joined(units: list[str], *, low: int, high: int, plainest: str) -> str:
    """As many whole units as there is room for."""
    text = ""
    for unit in units:
        if len(text) + len(unit) <= high:
            text += unit
    return text + plainest * (low - len(text))


def _of_python(generator: Generator, find: Find) -> SearchStrategy[Json]:
    from hypothesis.strategies import SearchStrategy as Strategy

    name = str(generator.operand)
    try:
        found = find(name)
        made = found() if callable(found) and not isinstance(found, Strategy) else found
    except CodeRefused as error:
        raise wrong(generator, str(error), code=error.code, help=error.help) from None
    except (Exception, SystemExit) as error:
        raise wrong(generator, f"'{name}' cannot be had: {type(error).__name__}: {error}") from error
    if not isinstance(made, Strategy):
        text = f"'{name}' is no strategy of hypothesis, nor a function that returns one: it is {_shown(made)}"
        raise wrong(generator, text, code="PC102", help="name a strategy, such as st.integers(1, 5)")
    return made


def _shown(value: object) -> str:
    return show(repr(value), limit=80).strip('"')


_MAKERS: Mapping[GeneratorKind, Callable[[Json], SearchStrategy[Json]]] = {
    "from": _from,
    "regex": _regex,
    "schema": schema_strategy,
    "date": _date,
    "text": _text,
}
