"""Generated rows and their shrinking, with a scripted model and planted faults, beside a plain list of rows.

Nothing is sent: what counts is how often a model would be asked. No number here hangs on how fast the machine is.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from prompt_contracts.engine.properties import shrinking
from prompt_contracts.engine.properties.drawing import DrawnRows, make_rows
from prompt_contracts.engine.properties.operands import operand_findings
from prompt_contracts.engine.properties.row_source import RowSource
from prompt_contracts.engine.properties.shrinking import RowAnswer, Shrunk, shrink
from prompt_contracts.errors import CaseError
from prompt_contracts.json_schema.validation import is_valid
from prompt_contracts.json_value import Json, canonical
from tests.bfcl import read_lines
from tests.engine.properties.sources import KIND, Remembered, ScriptedModel, Values, generator, source

SEEDS = 20
MANY_SEEDS = 200
NO_LIMIT = 10_000

HEBREW_OR_ARABIC = re.compile("[\u0590-\u06ff]")


def city_names(seed: int, *, commas: int) -> list[Json]:
    """200 names of nearly the same form, some of which have a comma, each time others."""
    with_comma = set(random.Random(seed).sample(range(200), commas))
    return [f"Upper, {number:03}" if number in with_comma else f"Upper; {number:03}" for number in range(200)]


def days_of(text: str) -> int:
    """The number in a text; 0 where there is none."""
    found = re.search("[0-9]+", text)
    return 0 if found is None else int(found[0])


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A fault of the model, and rows in which it shows."""

    name: str
    rows: Callable[[int], RowSource]
    """By the seed."""
    is_wrong: Callable[[Any], bool]
    aim: int
    """Median of calls, each candidate asked once."""
    aim_thrice: int | None = None


PLANTED = (
    Planted(
        name="a comma, in 7 of 200 cities",
        rows=lambda seed: source(x=("from", city_names(seed, commas=7))),
        is_wrong=lambda x: "," in x,
        aim=10,
    ),
    Planted(
        name="regex: more than 30 days",
        rows=lambda _: source(x=("regex", "in [1-9][0-9]? days|tomorrow|next week")),
        is_wrong=lambda x: days_of(x) > 30,
        aim=20,
        aim_thrice=45,
    ),
    Planted(
        name="whole number by schema: 0",
        rows=lambda _: source(x=("schema", {"type": "integer", "minimum": 0, "maximum": 14})),
        is_wrong=lambda x: x == 0,
        aim=5,
    ),
    Planted(
        name="whole number by schema: over 30",
        rows=lambda _: source(x=("schema", {"type": "integer", "minimum": 1, "maximum": 100})),
        is_wrong=lambda x: x > 30,
        aim=5,
    ),
    Planted(
        name="text: Hebrew or Arabic",
        rows=lambda _: source(x=("text", {})),
        is_wrong=lambda x: HEBREW_OR_ARABIC.search(x) is not None,
        aim=35,
        aim_thrice=60,
    ),
    Planted(
        name="date: from 2026-08-17 on",
        rows=lambda _: source(x=("date", ["2026-01-01", "2027-12-31"])),
        is_wrong=lambda x: x >= "2026-08-17",
        aim=20,
    ),
)


@contextmanager
def asked(times: int) -> Iterator[None]:
    """As if a failing candidate were asked so often."""
    before = shrinking.ASKS
    shrinking.ASKS = times
    try:
        yield
    finally:
        shrinking.ASKS = before


class Unsteady(ScriptedModel):
    """A model that is wrong by chance as well, now and then."""

    def __init__(self, is_wrong: Callable[[Values], bool], *, seed: int) -> None:
        super().__init__(is_wrong)
        self._chance = random.Random(seed)

    def judge(self, values: Values) -> RowAnswer:
        """One answer."""
        return RowAnswer(failures=(KIND,)) if self._chance.random() < 0.1 else super().judge(values)


@cache
def drawn(planted: Planted, seed: int) -> DrawnRows:
    """The rows of a fault, made once."""
    return make_rows(planted.rows(seed), seed=seed)


def shrunk(
    planted: Planted, model: ScriptedModel, *, seed: int, calls: int = NO_LIMIT, memory: Remembered | None = None
) -> Shrunk | None:
    """What becomes of the first failing row; None where no row fails."""
    found = model.asked_rows(drawn(planted, seed))
    kept = Remembered() if memory is None else memory
    rows = planted.rows(seed)
    return shrink(rows, seed=seed, rows=found, ask=model.ask, memory=kept, calls=calls, clock=lambda: 0.0)


def model_of(planted: Planted) -> ScriptedModel:
    """A model with one fault."""
    return ScriptedModel(lambda values: planted.is_wrong(values["x"]))


def results_of(planted: Planted, *, times: int, calls: int = NO_LIMIT) -> list[Shrunk]:
    """One for each seed whose rows meet the fault."""
    with asked(times):
        found = (shrunk(planted, model_of(planted), seed=seed, calls=calls) for seed in range(SEEDS))
        return [each for each in found if each is not None]


def amount(values: list[int]) -> str:
    """The median and the largest."""
    return f"{statistics.median(values):g}/{max(values)}"


def length_of(row: Mapping[str, Json] | None) -> int:
    """How long a row is, written out."""
    return len(str((row or {"x": ""})["x"]))


def print_calls() -> None:
    """Calls to shrink, and what a plain list of rows would have shown instead."""
    print(f"calls to shrink, median/largest of {SEEDS} seeds (a plain list: 0 calls, and the row as it came)")
    for planted in PLANTED:
        once = results_of(planted, times=1)
        line = f"  {planted.name:32} {amount([each.calls for each in once]):>8} (required {planted.aim})"
        thrice = results_of(planted, times=3)
        line += f"   asked three times {amount([each.calls for each in thrice]):>8}"
        if planted.aim_thrice is not None:
            line += f" (required {planted.aim_thrice})"
            best = min((each.row for each in thrice if each.row), key=lambda row: len(canonical(dict(row))))
            limited = results_of(planted, times=3, calls=shrinking.DEFAULT_CALLS)
            as_small = sum(length_of(each.row) <= length_of(best) for each in limited)
            line += f", at the limit of 60 the smallest in {as_small} of {len(limited)}"
        print(line)
        shown = max(once, key=lambda each: length_of(each.start))
        print(f"      met in {len(once)} of {SEEDS} runs; a list would show {shown.start['x']!r}")
        print(f"      shrunk {sorted({str(each.row and each.row['x']) for each in once})[:3]}", flush=True)


def print_chance() -> None:
    """How often what is handed over as the smallest is no failure."""
    shares = []
    for times in (1, 2, 3):
        wrong = runs = 0
        with asked(times):
            for planted in PLANTED:
                for seed in range(SEEDS):
                    model = Unsteady(model_of(planted).is_wrong, seed=seed)
                    found = shrunk(planted, model, seed=seed)
                    if found is not None and found.row is not None:
                        runs += 1
                        wrong += not model.is_wrong(found.row)
        shares.append(f"{wrong / runs:.0%} of {runs}")
    print("'smallest' that is no failure, model wrong by chance 10 %, asked once · twice · three times")
    print(f"  {' · '.join(shares)} runs (required 0 % with three)")


def print_interruption() -> None:
    """Killed at the ninth call, then begun again."""

    class Killed(ScriptedModel):
        def ask(self, values: Values) -> RowAnswer:
            if len(self.asked) == 9:
                raise KeyboardInterrupt
            return super().ask(values)

    twice, first, second = 0, list[int](), list[int]()
    for planted in PLANTED:
        for seed in range(SEEDS):
            memory = Remembered()
            killed, again = Killed(model_of(planted).is_wrong), model_of(planted)
            try:
                if shrunk(planted, killed, seed=seed, memory=memory) is None:
                    continue
            except KeyboardInterrupt:
                pass
            before = sum(map(len, memory.kept.values()))
            shrunk(planted, again, seed=seed, memory=memory)
            whole = model_of(planted)
            shrunk(planted, whole, seed=seed)
            twice += len(killed.asked) + len(again.asked) - len(whole.asked)
            first.append(before)
            second.append(len(again.asked))
    print("killed at the ninth call of shrinking, then again: asked twice")
    print(f"  {twice} in {len(first)} runs (required 0); {amount(first)} calls before, {amount(second)} after")


def print_limits() -> None:
    """That nothing is asked beyond what was agreed."""
    past = rows_past = runs = 0
    for planted in PLANTED:
        for seed in range(SEEDS):
            rows_past += max(len(drawn(planted, seed).rows) - planted.rows(seed).given.examples, 0)
            limit, model = 1 + seed, model_of(planted)
            shrunk(planted, model, seed=seed, calls=limit)
            past += max(len(model.asked) - limit, 0)
            runs += 1
    print("rows made past 'examples' · calls past the limit")
    print(f"  {rows_past} · {past} in {runs} runs (required 0 · 0)")


def print_meeting() -> None:
    """20 rows from 200 cities, 7 of them faulty."""
    met = plain = 0
    different = list[int]()
    for seed in range(MANY_SEEDS):
        cities: list[Json] = [f"City {number:03}" for number in range(200)]
        chance = random.Random(1000 + seed)
        faulty = set(map(str, chance.sample(cities, 7)))
        rows = make_rows(source(city=("from", cities)), seed=seed).rows
        found = {str(row["city"]) for row in rows}
        different.append(len(found))
        met += bool(found & faulty)
        plain += bool(set(map(str, chance.sample(cities, 20))) & faulty)
    print(f"20 rows from 200 cities, 7 of them faulty: runs of {MANY_SEEDS} that meet one")
    print(
        f"  {met / MANY_SEEDS:.0%}, {statistics.mean(different):g} different cities "
        f"(required: as a plain sample, here {plain / MANY_SEEDS:.0%}, 53 % on average)"
    )


def print_schemas() -> None:
    """Tools of the Berkeley leaderboard."""
    tools = [tool["function"]["parameters"] for task in read_lines("tasks.jsonl") for tool in task["tools"]]
    schemas = [json.loads(text) for text in dict.fromkeys(json.dumps(tool, sort_keys=True) for tool in tools)][::3]
    print("$schema on every third schema of the Berkeley leaderboard: made · invalid")
    if not schemas:
        print("  not measured, its data is not there")
        return
    made = invalid = 0
    for schema in schemas:
        try:
            rows = make_rows(source(examples=5, x=("schema", schema)), seed=1).rows
        except CaseError:
            continue
        made += not any(operand_findings(generator("schema", schema)))
        invalid += any(not is_valid(schema, row["x"]) for row in rows)
    print(f"  {made} of {len(schemas)} · {invalid} (required all · 0)")


def main() -> None:
    """Measure and print."""
    print_limits()
    print_calls()
    print_chance()
    print_meeting()
    print_interruption()
    print_schemas()


if __name__ == "__main__":
    main()
