"""Sources of rows, and a model of their own that is asked of them: what the tests of generated rows stand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from prompt_contracts.engine.properties.drawing import DrawnRows, make_rows
from prompt_contracts.engine.properties.row_source import RowSource
from prompt_contracts.engine.properties.shrinking import AskedRow, FailureKind, RowAnswer
from prompt_contracts.given import Generator, GeneratorKind, Given
from prompt_contracts.json_value import Json, canonical
from prompt_contracts.location import Location

Values = Mapping[str, Json]

GIVEN_HERE = Location(path="cases/a.yaml", line=3, column=5)
ASSUMED_HERE = Location(path="cases/a.yaml", line=9, column=13)

KIND = FailureKind(code="text.value", path="text")
OTHER_KIND = FailureKind(code="json.value", path="json/city")


def find_nothing(name: str) -> object:
    """There is no code."""
    raise LookupError(name)


def place(column: int) -> Location:
    """Where a generator stands."""
    return Location(path="cases/a.yaml", line=5, column=column)


def generator(kind: GeneratorKind, operand: Json) -> Generator:
    """One generator."""
    return Generator(kind=kind, operand=operand, location=place(7))


def source(
    *,
    examples: int = 20,
    find: Callable[[str], object] = find_nothing,
    admits: Callable[[Values], bool] = lambda _: True,
    **variables: tuple[GeneratorKind, Json],
) -> RowSource:
    """Rows of variables, each with its kind of generator and what stands under that."""
    made = {name: generator(kind, operand) for name, (kind, operand) in variables.items()}
    given = Given(variables=made, examples=examples, location=GIVEN_HERE, assume_location=ASSUMED_HERE)
    return RowSource(given=given, find=find, admits=admits)


class ScriptedModel:
    """A model that errs where it is told to, and counts how often it is asked."""

    def __init__(self, is_wrong: Callable[[Values], bool]) -> None:
        self.is_wrong = is_wrong
        self.asked = list[Values]()

    def ask(self, values: Values) -> RowAnswer:
        """One answer."""
        self.asked.append(values)
        return self.judge(values)

    def judge(self, values: Values) -> RowAnswer:
        """What an answer would be."""
        return RowAnswer(failures=(KIND,) if self.is_wrong(values) else ())

    def asked_rows(self, drawn: DrawnRows) -> list[AskedRow]:
        """Rows with their verdicts, up to the first that fails."""
        rows = [AskedRow(values=values, answer=self.judge(values)) for values in drawn.rows]
        first = next((index for index, row in enumerate(rows) if row.answer.failures), len(rows))
        return rows[: first + 1]


class Remembered:
    """A memory that lasts as long as the test."""

    def __init__(self) -> None:
        self.kept = dict[str, list[RowAnswer]]()

    def answers(self, values: Values) -> Sequence[RowAnswer]:
        """All answers of one candidate."""
        return tuple(self.kept.get(canonical(dict(values)), ()))

    def keep(self, values: Values, answer: RowAnswer) -> None:
        """One more."""
        self.kept.setdefault(canonical(dict(values)), []).append(answer)


def column(rows: Sequence[Values], name: str) -> list[Json]:
    """The values of one variable."""
    return [row[name] for row in rows]


def drawn(rows: RowSource, *, seed: int = 1) -> Sequence[Values]:
    """The rows that a seed gives."""
    return make_rows(rows, seed=seed).rows
