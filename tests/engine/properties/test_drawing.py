"""Rows that are drawn: as many as are wanted, different, the same for the same seed; or an error with its place."""

from __future__ import annotations

import contextlib
import io
import os
import random
import sys
from datetime import date
from typing import Any

import hypothesis
import pytest
from hypothesis import Phase, Verbosity
from hypothesis import strategies as st

from prompt_contracts.engine.properties.drawing import make_rows
from prompt_contracts.engine.properties.example_run import RowFailed, RowValues, most_draws, run_rows
from prompt_contracts.engine.properties.row_choice import chosen_rows
from prompt_contracts.engine.properties.row_source import RowSource
from prompt_contracts.engine.properties.scripts import SCRIPTS, scripts_of
from prompt_contracts.errors import CaseError, CodeRefused, UsageError
from prompt_contracts.json_value import Json, canonical
from tests.engine.properties.sources import ASSUMED_HERE, Values, column, drawn, find_nothing, generator, place, source

CITIES: list[Json] = ["Oslo", "Lima", "São Paulo", "Paris, Texas"]
DAYS = "on (Mon|Tues)day|tomorrow"


def test_as_many_different_rows_are_made_as_are_wanted() -> None:
    made = make_rows(source(city=("from", CITIES), days=("schema", {"type": "integer"})), seed=1)

    assert len({canonical(dict(row)) for row in made.rows}) == 20
    assert {tuple(row) for row in made.rows} == {("city", "days")}
    assert set(column(made.rows, "city")) == set(CITIES)
    assert made.shortage is None
    assert made.hypothesis == hypothesis.__version__


def test_a_space_that_is_smaller_gives_all_of_it_and_says_so() -> None:
    made = make_rows(source(city=("from", CITIES), day=("regex", DAYS)), seed=1)

    assert len(made.rows) == 12
    assert made.shortage == "only 12 different rows were found of 20: the generators allow no more, or hardly any"


def test_one_seed_gives_the_same_rows_and_another_gives_others() -> None:
    rows = source(word=("text", {"of": ["latin", "arabic"], "length": [1, 20]}))

    assert drawn(rows, seed=7) == drawn(rows, seed=7) != drawn(rows, seed=8)


def test_no_profile_of_hypothesis_matters_and_none_is_changed(tmp_path: Any) -> None:
    rows = source(word=("text", {"length": [1, 20]}))
    before = drawn(rows)
    hypothesis.settings.register_profile(
        "ours", max_examples=1, phases=[Phase.explicit], verbosity=Verbosity.debug, derandomize=True, print_blob=True
    )
    loaded = hypothesis.settings.get_current_profile_name()
    printed = io.StringIO()
    try:
        hypothesis.settings.load_profile("ours")
        with contextlib.redirect_stdout(printed):
            during = drawn(rows)
        assert hypothesis.settings.default is not None
        assert hypothesis.settings.default.max_examples == 1
    finally:
        hypothesis.settings.load_profile(loaded)

    assert during == before
    assert printed.getvalue() == ""


def test_chance_elsewhere_is_left_alone() -> None:
    random.seed(5)
    expected = random.Random(5).random()

    drawn(source(city=("from", CITIES)))

    assert random.random() == expected


def test_more_rows_are_added_beside_those_that_are_there() -> None:
    rows = source(number=("schema", {"type": "integer", "minimum": 1, "maximum": 1000}))
    first = make_rows(rows, seed=1)

    more = make_rows(rows, seed=1, examples=30, besides=first.rows)

    assert len(more.rows) == 10
    assert not {canonical(dict(row)) for row in more.rows} & {canonical(dict(row)) for row in first.rows}
    assert make_rows(rows, seed=1, examples=20, besides=first.rows).rows == ()


def test_the_rows_kept_hold_different_values() -> None:
    cities: list[Json] = [f"City {number:03}" for number in range(200)]

    for seed in range(5):
        rows = drawn(source(city=("from", cities), day=("from", ["today", "tomorrow"])), seed=seed)
        assert len(set(column(rows, "city"))) == 20
        assert 8 <= column(rows, "day").count("today") <= 12


def test_a_value_that_is_listed_twice_counts_once() -> None:
    assert len(drawn(source(number=("from", [1, 1.0, "1", True, 1])))) == 3


def test_each_text_is_of_one_script_and_the_rarest_are_met() -> None:
    for seed in range(3):
        texts = [str(text) for text in column(drawn(source(word=("text", {})), seed=seed), "word")]
        assert all(scripts_of(text) for text in texts)
        assert {"arabic", "hebrew"} <= {script for text in texts for script in scripts_of(text)}
        assert all(1 <= len(text) <= 60 and not text.isspace() for text in texts)
        assert any(len(text) > 30 for text in texts)


def met(rows: RowSource, *, most: int = 60) -> list[Values]:
    """The first rows that hypothesis makes: all of them, where `drawn` has twenty of two hundred."""
    found = list[Values]()

    def keep(row: RowValues) -> None:
        found.append(row)
        if len(found) >= most:
            raise RowFailed(row)

    with contextlib.suppress(RowFailed):
        run_rows(rows.strategy(), keep, seed=1, draws=most_draws(rows.given.examples), is_shrunk=False)
    return found


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("length", [(0, 1), (2, 2), (3, 30)])
def test_a_text_keeps_to_its_script_and_its_length(script: str, length: tuple[int, int]) -> None:
    texts = [str(row["word"]) for row in met(source(word=("text", {"of": [script], "length": [*length]})))]

    assert texts
    for text in texts:
        assert script in scripts_of(text)
        assert length[0] <= len(text) <= length[1]


def test_dates_lie_between_the_first_and_the_last() -> None:
    days = [
        date.fromisoformat(str(day)) for day in column(drawn(source(day=("date", ["2026-02-27", "2028-03-01"]))), "day")
    ]

    assert len(set(days)) == 20
    assert all(date(2026, 2, 27) <= day <= date(2028, 3, 1) for day in days)


def test_a_regular_expression_is_the_whole_text_and_its_digits_are_ascii() -> None:
    texts = [str(text) for text in column(drawn(source(code=("regex", r"in \d{1,3} days|(?i:soon)|\W\w"))), "code")]

    assert len(set(texts)) == 20
    assert all(text.startswith("in ") or text.lower() == "soon" or len(text) == 2 for text in texts)
    digits = {letter for text in texts if text.startswith("in ") for letter in text if letter.isdigit()}
    assert digits <= set("0123456789")


def test_the_author_s_own_strategy_or_a_function_that_makes_one() -> None:
    own = {"own:evens": st.integers(0, 50).map(lambda number: number * 2), "own:make": lambda: st.just({"a": [None]})}
    rows = drawn(source(find=own.__getitem__, number=("python", "own:evens"), thing=("python", "own:make")))

    assert all(isinstance(number, int) and number % 2 == 0 for number in column(rows, "number"))
    assert column(rows, "thing") == [{"a": [None]}] * 20


def test_rows_that_are_not_assumed_are_not_made() -> None:
    rows = drawn(
        source(
            low=("schema", {"type": "integer", "minimum": 0, "maximum": 99}),
            high=("schema", {"type": "integer", "minimum": 0, "maximum": 99}),
            admits=lambda row: bool(row["low"] < row["high"]),  # type: ignore[operator]
        )
    )

    assert len(rows) == 20
    assert all(row["low"] < row["high"] for row in rows)  # type: ignore[operator]


def problem(**variables: Any) -> tuple[str, str, str, str]:
    """The code, the place, the message and the help of what making rows raises."""
    with pytest.raises(CaseError) as caught:
        make_rows(source(**variables), seed=1)
    (found,) = caught.value.diagnostics
    return found.code, str(found.location), found.message, found.help or ""


@pytest.mark.parametrize("pattern", ["a^b", "(?!)", r"\Bx\b\Bx", "a\\x00b"])
def test_a_regular_expression_that_nothing_matches_is_told_at_its_place(pattern: str) -> None:
    code, where, message, _ = problem(city=("from", CITIES), day=("regex", pattern))

    assert (code, where) == ("PC120", str(place(7)))
    assert message.startswith(("no value can be made for 'day'", 'no value can be made of {$regex: "a'))


def test_a_schema_that_nothing_satisfies_is_told_at_its_place() -> None:
    contradiction = {"type": "string", "pattern": "^a", "enum": ["b"]}

    code, where, message, _ = problem(word=("schema", contradiction))

    assert (code, where) == ("PC120", str(place(7)))
    assert "no value" in message


def test_an_assume_that_refuses_everything_is_told_at_its_place() -> None:
    code, where, message, hint = problem(city=("from", CITIES), admits=lambda _: False)

    assert (code, where) == ("PC120", str(ASSUMED_HERE))
    assert message == "'assume' refuses every row that was made"
    assert hint


@pytest.mark.parametrize(
    ("strategy", "shown"),
    [
        (st.just((1, 2)), "tuple (1, 2)"),
        (st.just(float("nan")), "the number nan"),
        (st.just({1: 2}), "int 1"),
        (st.just(["a", {"b": {1}}]), "set {1}"),
        (st.just("\ud800"), "half of a surrogate pair"),
        (st.just(10**5000), "a whole number of 16610 bits"),
        (st.dates(), "date datetime.date("),
    ],
    ids=["tuple", "nan", "key", "inside", "surrogate", "number", "date"],
)
def test_a_value_that_is_not_json_is_told_at_its_place(strategy: st.SearchStrategy[Any], shown: str) -> None:
    code, where, message, hint = problem(find=lambda _: strategy, city=("from", CITIES), day=("python", "own:days"))

    assert (code, where) == ("PC102", str(place(7)))
    assert message.startswith("""{$python: "own:days"} made a value for 'day' that is not JSON: """)
    assert shown in message
    assert hint


def raising() -> object:
    raise RuntimeError("no")


def refused(name: str) -> object:
    raise CodeRefused(f"'{name}' may not be called", code="PC151", help="run without --pc-no-code")


@pytest.mark.parametrize(
    ("find", "code", "words"),
    [
        (lambda _: raising, "PC120", "'own:days' cannot be had: RuntimeError: no"),
        (find_nothing, "PC120", "'own:days' cannot be had: LookupError: own:days"),
        (lambda _: 5, "PC102", "'own:days' is no strategy of hypothesis"),
        (lambda _: st.integers().map(lambda number: 1 // 0), "PC120", "'own:days' raised ZeroDivisionError"),
        (lambda _: st.integers().map(sys.exit), "PC120", "'own:days' raised SystemExit"),
        (lambda _: st.integers(5, 3), "PC120", "no value can be made of {$python"),
        (lambda _: st.nothing(), "PC120", "no value can be made for 'day'"),
        (refused, "PC151", "'own:days' may not be called"),
    ],
    ids=["raises", "missing", "other", "fails later", "exits", "wrong strategy", "empty", "refused"],
)
def test_a_strategy_of_the_author_s_that_is_none_is_told_at_its_place(find: Any, code: str, words: str) -> None:
    found, where, message, _ = problem(find=find, city=("from", CITIES), day=("python", "own:days"))

    assert (found, where) == (code, str(place(7)))
    assert words in message


def test_without_hypothesis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "hypothesis", None)

    with pytest.raises(UsageError, match=r"pytest-prompt-contracts\[properties\]"):
        make_rows(source(city=("from", CITIES)), seed=1)


def test_rows_are_chosen_whatever_comes_first() -> None:
    rows: list[Values] = [{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}, {"a": 2, "b": 2}, {"a": 30, "b": 30}]

    for seed in range(10):
        chosen = chosen_rows(rows, count=3, seed=seed)
        assert {row["a"] for row in chosen} == {row["b"] for row in chosen} == {1, 2, 30}
        assert chosen == sorted(chosen, key=rows.index)
    assert chosen_rows(rows, count=9, seed=1) == rows
    assert chosen_rows(rows, count=1, seed=1, besides=rows[:4]) == [rows[4]]


def test_nothing_is_written_where_the_run_starts(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    drawn(source(city=("from", CITIES), number=("schema", {"type": "integer"})))

    assert os.listdir(tmp_path) == []  # noqa: PTH208 - names alone


def test_generators_of_one_row_are_made_in_the_order_in_which_they_are_written() -> None:
    given = source(b=("from", [1]), a=("from", [2]), c=("from", [3])).given

    assert [*given.variables] == ["b", "a", "c"]
    assert [*drawn(source(b=("from", [1]), a=("from", [2]), c=("from", [3])))[0]] == ["b", "a", "c"]
    assert generator("from", [1]).place_of(()) == place(7)
