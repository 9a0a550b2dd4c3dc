"""A row that fails becomes the smallest one that fails each time, for few calls; or it is told why not."""

from __future__ import annotations

import contextlib
import io
import random
import re
import sys
import time
import warnings
from collections import Counter
from dataclasses import replace
from typing import Any

import hypothesis
import pytest
from hypothesis import Phase, Verbosity
from hypothesis import strategies as st

from prompt_contracts.engine.properties.drawing import DrawnRows, make_rows
from prompt_contracts.engine.properties.row_source import RowSource
from prompt_contracts.engine.properties.shrinking import AskedRow, RowAnswer, Shrunk, shrink
from prompt_contracts.json_value import Json, canonical
from tests.engine.properties.sources import KIND, OTHER_KIND, Remembered, ScriptedModel, Values, source

DAYS = source(day=("regex", "in [1-9][0-9]? days|tomorrow|next week"), examples=5)

_made: dict[tuple[int, int], tuple[RowSource, DrawnRows]] = {}
"""What was made of a source and a seed: most tests start from the same rows. A source that is kept keeps its id."""


def is_far(values: Values) -> bool:
    """Whether it is said to be in more than 30 days."""
    found = re.search("[0-9]+", str(values["day"]))
    return found is not None and int(found[0]) > 30


def first_failing(rows: RowSource, model: ScriptedModel) -> tuple[int, list[AskedRow]]:
    """A seed with a failing row, and the rows up to it with their verdicts."""
    for seed in range(20):
        if (id(rows), seed) not in _made:
            _made[id(rows), seed] = rows, make_rows(rows, seed=seed)
        asked = model.asked_rows(_made[id(rows), seed][1])
        if asked[-1].answer.failures:
            return seed, asked
    raise AssertionError("no row fails")


def shrunk(
    rows: RowSource, model: ScriptedModel, *, memory: Remembered | None = None, calls: int = 60, **options: Any
) -> Shrunk:
    """What becomes of the first failing row."""
    seed, asked = first_failing(rows, model)
    kept = Remembered() if memory is None else memory
    found = shrink(rows, seed=seed, rows=asked, ask=model.ask, memory=kept, calls=calls, **options)
    assert found is not None
    return found


def test_the_smallest_row_that_fails_each_time_is_found() -> None:
    model = ScriptedModel(is_far)

    found = shrunk(DAYS, model)

    assert found.ending == "smallest"
    assert found.row in ({"day": "in 31 days"}, {"day": "in 40 days"})
    assert found.start == first_failing(DAYS, model)[1][-1].values
    assert found.kind == KIND
    assert found.calls == len(model.asked) <= 60
    assert found.words == f"the smallest found, {found.calls} calls"


def test_what_fails_is_asked_three_times_and_what_holds_once() -> None:
    model = ScriptedModel(is_far)

    found = shrunk(DAYS, model)

    asked = Counter(canonical(dict(values)) for values in model.asked)
    start = canonical(dict(found.start))
    assert asked.pop(start) == 3  # beside its verdict in the run, for which it was chosen
    assert {count for text, count in asked.items() if is_far({"day": text})} == {3}
    assert {count for text, count in asked.items() if not is_far({"day": text})} == {1}


def test_the_smallest_of_a_model_that_errs_by_chance_is_a_failure() -> None:
    class Unsteady(ScriptedModel):
        chance = random.Random(1)

        def ask(self, values: Values) -> RowAnswer:
            return RowAnswer(failures=(KIND,)) if self.chance.random() < 0.1 else super().ask(values)

    for _ in range(5):
        found = shrunk(DAYS, Unsteady(is_far), calls=1000)
        assert found.row is not None
        assert is_far(found.row)


def test_a_row_that_holds_when_it_is_asked_again_is_flaky_and_never_shrunk() -> None:
    class OnceOnly(ScriptedModel):
        def ask(self, values: Values) -> RowAnswer:
            self.asked.append(values)
            return RowAnswer(failures=(KIND,) if len(self.asked) < 2 else ())

    model = OnceOnly(is_far)

    found = shrunk(DAYS, model)

    assert (found.ending, found.row, found.calls) == ("flaky", None, 2)
    assert found.words == "flaky: failed 2 of 3 times, so it was not shrunk"
    assert set(map(canonical, map(dict, model.asked))) == {canonical(dict(found.start))}


def test_another_failure_is_not_the_same_failure() -> None:
    class Otherwise(ScriptedModel):
        def ask(self, values: Values) -> RowAnswer:
            answer = super().ask(values)
            return answer if answer.failures else RowAnswer(failures=(OTHER_KIND,))

    found = shrunk(DAYS, Otherwise(is_far))

    assert found.row is not None
    assert is_far(found.row)


def test_the_same_failure_may_stand_behind_another_one() -> None:
    class Twice(ScriptedModel):
        def ask(self, values: Values) -> RowAnswer:
            answer = super().ask(values)
            return replace(answer, failures=(OTHER_KIND, *answer.failures))

    found = shrunk(DAYS, Twice(is_far))

    assert found.ending == "smallest"
    assert found.row is not None
    assert is_far(found.row)


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_at_the_limit_nothing_more_is_asked_and_the_smallest_so_far_is_handed_over(limit: int) -> None:
    model = ScriptedModel(is_far)

    found = shrunk(DAYS, model, calls=limit)

    assert (found.ending, found.calls, len(model.asked)) == ("limit", limit, limit)
    assert (found.row is None) == (limit < 3)
    assert found.row is None or is_far(found.row)
    assert found.words.startswith(f"stopped at the limit of {limit} call")


def test_no_call_is_made_where_none_is_allowed_or_no_row_fails() -> None:
    model = ScriptedModel(is_far)
    seed, asked = first_failing(DAYS, model)

    for rows, calls in ((asked, 0), (asked[:-1], 60), ([], 60)):
        found = shrink(DAYS, seed=seed, rows=rows, ask=model.ask, memory=Remembered(), calls=calls)
        assert found is None
    assert model.asked == []


def test_an_error_of_the_provider_ends_it_and_is_not_remembered() -> None:
    class Ending(ScriptedModel):
        def ask(self, values: Values) -> RowAnswer:
            answer = super().ask(values)
            return RowAnswer(error="503 overloaded") if len(self.asked) == 6 else answer

    model, memory = Ending(is_far), Remembered()

    found = shrunk(DAYS, model, memory=memory)

    assert (found.ending, found.calls, len(model.asked)) == ("error", 6, 6)
    assert found.words == "stopped by an error, 6 calls: 503 overloaded"
    assert found.row is not None
    assert is_far(found.row)
    assert sum(map(len, memory.kept.values())) == 5


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError("stopped")])
def test_what_was_asked_before_an_interruption_is_not_asked_again(interruption: Any) -> None:
    class Interrupted(ScriptedModel):
        def ask(self, values: Values) -> RowAnswer:
            if len(self.asked) == 9:
                raise interruption
            return super().ask(values)

    killed, memory = Interrupted(is_far), Remembered()
    rows = source(day=("regex", "in [1-9][0-9]{0,3} days|tomorrow|next week"), examples=5)
    with pytest.raises((KeyboardInterrupt, RuntimeError)):
        shrunk(rows, killed, memory=memory)
    again = ScriptedModel(is_far)

    found = shrunk(rows, again, memory=memory)
    whole = shrunk(rows, ScriptedModel(is_far))

    assert found.ending == "smallest"
    assert found.row == whole.row
    assert len(killed.asked) + found.calls == whole.calls


def test_shrinking_that_has_come_to_its_end_asks_nothing_when_it_is_begun_again() -> None:
    memory = Remembered()
    first = shrunk(DAYS, ScriptedModel(is_far), memory=memory)

    again = shrunk(DAYS, ScriptedModel(is_far), memory=memory, calls=1)

    assert (again.row, again.calls, again.ending) == (first.row, 0, "smallest")


def test_rows_that_cannot_be_made_again_are_told_and_nothing_is_asked() -> None:
    model = ScriptedModel(is_far)
    strange = AskedRow(values={"day": "in 99 long days"}, answer=RowAnswer(failures=(KIND,)))

    found = shrink(DAYS, seed=1, rows=[strange], ask=model.ask, memory=Remembered())

    assert found is not None
    assert (found.ending, found.row, found.calls, model.asked) == ("not_met", None, 0, [])
    assert found.start == strange.values
    assert "nothing was asked" in found.words


def test_generators_that_make_nothing_any_more_are_rows_that_cannot_be_made_again() -> None:
    rows = source(day=("from", ["a"]), admits=lambda _: False)
    failing = AskedRow(values={"day": "a"}, answer=RowAnswer(failures=(KIND,)))

    found = shrink(rows, seed=1, rows=[failing], ask=ScriptedModel(is_far).ask, memory=Remembered())

    assert found is not None
    assert found.ending == "not_met"


class Clock:
    """Time that passes only where somebody says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Slow(ScriptedModel):
    """A model that takes a minute for each answer."""

    clock = Clock()

    def ask(self, values: Values) -> RowAnswer:
        self.clock.now += 61
        return super().ask(values)


def test_after_five_minutes_it_ends_politely() -> None:
    model = Slow(is_far)

    found = shrunk(DAYS, model, clock=model.clock)

    assert (found.ending, found.calls) == ("time", 5)
    assert found.words == "stopped after 5 minutes, 5 calls"
    assert found.row is not None
    assert is_far(found.row)


def test_the_plea_of_hypothesis_to_report_it_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    model = Slow(is_far)
    started = time.perf_counter()
    # hypothesis looks at this clock; ours stands still, so that it is the one to give up.
    monkeypatch.setattr(time, "perf_counter", lambda: started + model.clock.now)

    found = shrunk(DAYS, model, clock=lambda: 0.0)

    assert found.row is not None
    assert found.calls < shrunk(DAYS, ScriptedModel(is_far)).calls
    assert capfd.readouterr() == ("", "")


def test_no_profile_of_hypothesis_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    before = shrunk(DAYS, ScriptedModel(is_far))
    monkeypatch.setenv("CI", "true")
    profile = {"max_examples": 1, "phases": [Phase.explicit], "verbosity": Verbosity.debug, "derandomize": True}
    hypothesis.settings.register_profile("shrinks nothing", print_blob=True, deadline=1, **profile)  # type: ignore[arg-type]
    loaded = hypothesis.settings.get_current_profile_name()
    printed = io.StringIO()
    try:
        hypothesis.settings.load_profile("shrinks nothing")
        with contextlib.redirect_stdout(printed):
            during = shrunk(DAYS, ScriptedModel(is_far))
    finally:
        hypothesis.settings.load_profile(loaded)

    assert during == before
    assert printed.getvalue() == ""


def test_assume_holds_for_what_is_asked() -> None:
    rows = source(
        first=("schema", {"type": "integer", "minimum": 0, "maximum": 99}),
        second=("schema", {"type": "integer", "minimum": 0, "maximum": 99}),
        admits=lambda values: bool(values["first"] < values["second"]),  # type: ignore[operator]
    )
    model = ScriptedModel(lambda values: bool(values["second"] > 20))  # type: ignore[operator]

    found = shrunk(rows, model)

    assert all(values["first"] < values["second"] for values in model.asked)  # type: ignore[operator]
    assert found.row == {"first": 0, "second": 21}


def test_an_author_s_strategy_that_breaks_while_shrinking_ends_it_with_what_was_found() -> None:
    class Breaking(ScriptedModel):
        def make(self, number: int) -> int:
            if len(self.asked) > 5:
                raise ValueError("it depends on something else")
            return number

    model = Breaking(lambda values: int(str(values["number"])) > 30)
    rows = source(number=("python", "own:numbers"), find=lambda _: st.integers(0, 1000).map(model.make))

    found = shrunk(rows, model)

    assert (found.ending, found.error) == ("error", "ValueError: it depends on something else")
    assert found.row is not None
    assert int(str(found.row["number"])) > 30


def test_a_warning_of_hypothesis_is_no_failure_of_a_row() -> None:
    def warned(number: int) -> int:
        warnings.warn("take care", hypothesis.errors.HypothesisWarning, stacklevel=2)
        return number

    # The runs of these tests make every warning an error, as those of many projects do.
    rows = source(number=("python", "own:numbers"), find=lambda _: st.integers(0, 1000).map(warned))

    found = shrunk(rows, ScriptedModel(lambda values: int(str(values["number"])) > 30))

    assert found.row == {"number": 31}


CITIES: list[Json] = [f"City {number:03}" if number % 25 else f"Town, No {number}" for number in range(200)]


@pytest.mark.parametrize(
    ("rows", "is_wrong", "smallest"),
    [
        (source(x=("from", CITIES), examples=10), lambda x: "," in x, None),
        (source(x=("schema", {"type": "integer", "minimum": 1, "maximum": 100})), lambda x: x > 30, 31),
        (source(x=("schema", {"type": "integer"})), lambda x: x < 0, -1),
        (source(x=("date", ["2026-01-01", "2026-12-31"])), lambda x: x >= "2026-08-01", "2026-08-01"),
        (source(x=("text", {})), lambda x: len(x) > 20, "A" * 21),
        (source(x=("text", {"of": ["cjk", "hebrew"]})), lambda x: any("\u05d0" <= y <= "\u05ea" for y in x), None),
        (source(x=("schema", {"type": "array", "items": {"type": "boolean"}})), len, [False]),
    ],
    ids=["from", "range", "integer", "date", "length", "script", "array"],
)
def test_each_generator_shrinks_to_what_is_simple_for_few_calls(rows: RowSource, is_wrong: Any, smallest: Json) -> None:
    found = shrunk(rows, ScriptedModel(lambda values: bool(is_wrong(values["x"]))), calls=500)

    assert found.ending == "smallest"
    assert found.row is not None
    assert is_wrong(found.row["x"])
    if smallest is not None:
        assert found.row["x"] == smallest


def test_another_failing_row_of_the_same_kind_serves_where_the_first_cannot_be_made_again() -> None:
    model = ScriptedModel(is_far)
    seed, asked = first_failing(DAYS, model)
    strange = AskedRow(values={"day": "in 99 long days"}, answer=RowAnswer(failures=(KIND,)))

    found = shrink(DAYS, seed=seed, rows=[strange, *asked], ask=model.ask, memory=Remembered())

    assert found is not None
    assert found.ending == "smallest"
    assert found.start == asked[-1].values


def test_the_run_is_as_if_nobody_watched() -> None:
    """A debugger's or a coverage tool's hooks are as they were."""
    before = sys.gettrace(), sys.getprofile()

    shrunk(DAYS, ScriptedModel(is_far))

    assert (sys.gettrace(), sys.getprofile()) == before
