"""Where `prompt-contracts reduce` writes: nothing of others is written over, and a run finds what it wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_reduce import CASES, CELL, Model, Reduce, reduce, server
from tests.transport.loopback import Loopback

__all__ = ["reduce", "server"]


def files() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("cell", "there", "out", "said"),
    [
        ("cases/asks.yaml", None, ".", "asks.yaml would share its recordings with cases/asks.yaml"),
        ("cases/weather.yaml", "cases/r/asks.yml", "r", "r/asks.yaml would share its recordings with cases/r/asks.yml"),
        ("asks.yml", None, ".", "asks.yaml would share its recordings with asks.yml"),
        ("cases/weather.yaml", None, "cases", "a run of cases would not find the recording of the result; choose a"),
        ("cases/weather.yaml", None, "cases/less", "choose a folder outside of cases"),
        ("suite/weather.yaml", None, "suite", "choose a folder outside of suite"),
        ("cases/weather.yaml", None, "cassettes/less", "choose a folder outside of cassettes"),
        (
            "cases/weather.yaml",
            "cassettes/asks/asks/house/small.yaml",
            ".",
            "cassettes/asks/asks/house/small.yaml is there already",
        ),
    ],
)
def test_what_would_clash_is_refused_before_anybody_is_asked(
    server: Loopback, reduce: Reduce, cell: str, there: str | None, out: str, said: str
) -> None:
    server.answer = model = Model()
    for path in filter(None, (cell, there)):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(CASES)
    before = files()

    code, _, err = reduce(f"--out={out}", cell=f"{cell}::asks[house:small]")

    assert code == 2
    assert said in err
    assert "nobody was asked" in err
    assert model.asked == []
    assert files() == before


def test_the_root_of_the_project_will_do_where_nothing_clashes(server: Loopback, reduce: Reduce) -> None:
    server.answer = Model()

    code, _, err = reduce("--trials=1", "--out=.")
    again, _, _ = reduce("--trials=1", "--out=.")

    assert (code, again) == (0, 0), err
    assert Path("cassettes/asks/asks/house/small.yaml").is_file()


def test_a_result_that_somebody_changed_is_not_written_over(server: Loopback, reduce: Reduce) -> None:
    server.answer = model = Model()
    reduce("--trials=1")
    written = Path("reduced/asks/asks.yaml")
    written.write_text(written.read_text().replace("Oslo", "Bergen"))
    before, asked = files(), len(model.asked)

    code, _, err = reduce("--trials=1")

    assert code == 2
    assert "asks.yaml there was changed since it was written; move it elsewhere, or choose another folder" in err
    assert len(model.asked) == asked
    assert files() == before


def test_a_result_as_it_was_written_is_written_anew(server: Loopback, reduce: Reduce) -> None:
    server.answer = Model()
    reduce()
    written = Path("reduced/asks/asks.yaml")
    before = written.read_bytes()
    written.write_bytes(before.replace(b"\n", b"\r\n"))  # as git checks it out on Windows

    code, _, err = reduce()

    assert code == 0, err
    assert written.read_bytes() == before


def test_a_cell_with_a_long_name_is_known_again(server: Loopback, reduce: Reduce) -> None:
    server.answer = Model()
    name = "asks-" * 18 + "it"
    Path("cases/weather.yaml").write_text(CASES.replace("name: asks", f"name: {name}"))
    cell = CELL.replace("asks", name)

    first, _, _ = reduce("--trials=1", cell=cell)
    second, _, err = reduce("--trials=1", cell=cell)

    assert (first, second) == (0, 0), err
