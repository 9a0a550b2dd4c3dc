"""Commands that look at recordings: no module of the project is imported for what cases name."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompt_contracts.cli import main
from tests.upkeep.recordings import GREETS, Cassettes, interaction

MODULE = """
    from pathlib import Path
    from typing import TypedDict

    Path(__file__).with_name("imported").touch()

    class Answer(TypedDict):
        text: str

    def get_weather(city: str) -> str: ...

    def is_polite(value: object) -> bool:
        return True
"""
CASES = """
    version: 1
    models: [house:small]
    cases:
      - name: greets
        user: Say hello.
        expect:
          check: shop_of_list:is_polite
          text: {$check: shop_of_list:is_polite}
      - name: has_tool
        user: Say hello.
        tools: [{$python: shop_of_list:get_weather}]
        expect: {json: {$schema: {$python: shop_of_list:Answer}}}
"""


@pytest.fixture
def shop(cassettes: Cassettes) -> Cassettes:
    """A project whose cases name functions and types."""
    cassettes.write("shop_of_list.py", MODULE)
    cassettes.write("cases/greetings.yaml", CASES)
    cassettes.record("greetings/has_tool/house/small.yaml", interaction(), interaction("Other."))
    return cassettes


@pytest.mark.parametrize(
    "command", [("cassettes", "list"), ("cassettes", "prune"), ("doctor", "cases")], ids=lambda command: command[-1]
)
def test_they_import_nothing(shop: Cassettes, command: tuple[str, ...]) -> None:
    main(command)

    assert not (shop.root / "imported").exists()


def test_a_recording_whose_tools_nobody_read_is_in_use(shop: Cassettes) -> None:
    found = shop.listed()

    assert found[GREETS]["use"] == "used"
    assert (found["greetings/has_tool/house/small.yaml"]["use"], shop.run("list")[0]) == ("used", 0)
    assert shop.run("prune")[1].count("has_tool") == 0


def test_doctor_does_not_call_it_stale(shop: Cassettes) -> None:
    main(["doctor", "cases"])

    said = shop.capsys.readouterr().out
    assert "of 1 that run code of the project only a run tells" in said
    assert "stale" not in said


def test_a_function_that_is_not_there_is_told_by_its_source(shop: Cassettes) -> None:
    shop.write("cases/greetings.yaml", CASES.replace(":is_polite", ":is_polit"))

    code, _, err = shop.run("list")

    assert code == 1
    assert "module 'shop_of_list' has no 'is_polit'; did you mean 'is_polite'?" in err
    assert not (shop.root / "imported").exists()


def test_code_that_is_refused_stays_refused(shop: Cassettes, tmp_path: Path) -> None:
    code, _, err = shop.run("list", "--no-code")

    assert (code, "PC151" in err) == (1, True)
    assert not (tmp_path / "imported").exists()
