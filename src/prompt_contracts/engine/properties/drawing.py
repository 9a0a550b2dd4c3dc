"""The rows of a case: ten times as many as are wanted are drawn with no model in sight, and some of them kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from prompt_contracts.data_class import dataclass
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.properties.example_run import (
    NothingMadeError,
    RowFailed,
    RowRefused,
    RowValues,
    most_draws,
    run_rows,
)
from prompt_contracts.engine.properties.row_choice import chosen_rows
from prompt_contracts.engine.properties.row_source import RowSource, not_json, shown_generator
from prompt_contracts.engine.properties.strategies import hypothesis_version, wrong
from prompt_contracts.errors import CaseError
from prompt_contracts.given import Generator, Given
from prompt_contracts.json_value import Json, canonical

TIMES = 10
"""How many times the wanted rows are drawn."""

_REPEATS = 100
"""After so many rows in a row that were there before, and ten for each that is there, there are no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnRows:
    """Rows of one case, with what made them."""

    rows: tuple[Mapping[str, Json], ...]
    """In the order in which hypothesis made them."""
    seed: int
    hypothesis: str
    """Its version."""
    wanted: int
    """How many rows there should be, those that were there before included."""
    present: int = 0
    """How many were there before."""

    @property
    def shortage(self) -> str | None:
        """That there are fewer rows than wanted, in words; None where there are enough."""
        found = self.present + len(self.rows)
        if found >= self.wanted:
            return None
        rows = "row was" if found == 1 else "rows were"
        return f"only {found} different {rows} found of {self.wanted}: the generators allow no more, or hardly any"


def make_rows(
    source: RowSource, *, seed: int, examples: int | None = None, besides: Sequence[Mapping[str, Json]] = ()
) -> DrawnRows:
    """As many rows as are wanted, fewer where the generators allow no more; those `besides` are there already.

    `examples` stands for what the case says. Raises `CaseError` where no row can be made, `UsageError` without
    hypothesis.
    """
    version = hypothesis_version()
    wanted = source.given.examples if examples is None else examples
    missing = max(wanted - len(besides), 0)
    drawn = _draw(source, seed, wanted) if missing else []
    present = {canonical(dict(row)) for row in besides}
    fresh = [row for row in drawn if canonical(row) not in present]
    return DrawnRows(
        rows=tuple(chosen_rows(fresh, count=missing, seed=seed, besides=besides)),
        seed=seed,
        hypothesis=version,
        wanted=wanted,
        present=len(besides),
    )


def _draw(source: RowSource, seed: int, wanted: int) -> list[RowValues]:
    """Different rows, many more than are wanted, in the order in which they are made."""
    found: dict[str, RowValues] = {}
    strangers = list[CaseError]()
    repeats = 0

    def keep(row: RowValues) -> None:
        nonlocal repeats
        stranger = not_json(source.given, row)
        if stranger is not None:
            strangers.append(stranger)
        if strangers or len(found) >= TIMES * wanted or repeats > _REPEATS + TIMES * len(found):
            raise RowFailed(row)
        if not source.admits(row):
            raise RowRefused
        repeats = repeats + 1 if canonical(row) in found else 0
        found.setdefault(canonical(row), row)

    _run(source, keep, seed, wanted)
    if strangers:
        raise strangers[0]
    if not found:
        raise _nothing(source)
    return list(found.values())


def _run(source: RowSource, keep: Callable[[RowValues], None], seed: int, wanted: int) -> None:
    """Rows for a body until it has enough. Raises `CaseError` for what the author's strategy raises."""
    try:
        run_rows(source.strategy(), keep, seed=seed, draws=most_draws(wanted), is_shrunk=False)
    except (RowFailed, NothingMadeError):
        pass
    except CaseError:
        raise
    except (Exception, SystemExit) as error:
        raise _broken(source, error) from error


def _nothing(source: RowSource) -> CaseError:
    """Why there is no row: one generator makes nothing, or `assume` refuses whatever they make."""
    for name, generator in source.given.variables.items():
        if not _makes_something(source, generator):
            text = f"no value can be made for '{name}': nothing is allowed by {shown_generator(generator)}"
            return wrong(generator, text)
    place = source.given.assume_location or source.given.location
    text = "'assume' refuses every row that was made"
    hint = "allow more, or generate what it asks for: most of what is made should pass"
    return CaseError((Diagnostic(code="PC120", message=text, location=place, help=hint),))


def _makes_something(source: RowSource, generator: Generator) -> bool:
    met = False

    def meet(row: RowValues) -> None:
        nonlocal met
        met = True
        raise RowFailed(row)

    alone = replace(source, given=Given(variables={"value": generator}, location=generator.location))
    try:
        run_rows(alone.strategy(), meet, seed=0, draws=most_draws(1), is_shrunk=False)
    except (RowFailed, NothingMadeError):
        return met
    return met


def _broken(source: RowSource, error: Exception | SystemExit) -> CaseError | Exception | SystemExit:
    """The error of the generator of which hypothesis can make nothing, or of the author's that raised something.

    What else was raised stays a bug of ours.
    """
    from hypothesis.errors import InvalidArgument

    for generator in source.given.variables.values():
        try:
            _makes_something(source, generator)
        except InvalidArgument as own:
            return wrong(generator, f"no value can be made of {shown_generator(generator)}: {own}")
        except (Exception, SystemExit) as own:  # noqa: BLE001 - it is the author's code
            if generator.kind == "python":
                return wrong(generator, f"the strategy '{generator.operand}' raised {type(own).__name__}: {own}")
    return error
