"""Ids of replies: each known id names its cell, whatever signs stand in it, and no other id names any."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.case import Case
from prompt_contracts.case_file import BrokenCase
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.engine.loading import LoadedFile
from prompt_contracts.engine.reply_ids import MOST_TRIALS, Addressee, KnownIds, NoAddressee
from prompt_contracts.location import Location
from prompt_contracts.target import Target
from prompt_contracts.trial import Cell
from prompt_contracts.turn import Facet

PLACE = Location(path="a.yaml", line=1, column=1)
TARGET = Target(provider="openai", model="x", base_url=None)
EXPECT = (Facet(name="text", value="hello", location=PLACE),)


def cell(
    *,
    path: str = "a.yaml",
    name: str = "a",
    row: str | None = None,
    prompt: str | None = None,
    model: str | None = None,
) -> Cell:
    case = Case(path=path, name=name, row=row, prompt=prompt, model=model, location=PLACE, messages=(), expect=EXPECT)
    return Cell(case=case, target=TARGET, cassette=f"{case.id}.yaml")


def file(*cells: Cell, path: str = "a.yaml", broken: tuple[BrokenCase, ...] = ()) -> LoadedFile:
    return LoadedFile(path=path, cells=cells, broken=broken, warnings=())


def known(*files: LoadedFile) -> KnownIds:
    """Ids of files that can be loaded for any model of openai and ollama."""
    by_path = {each.path: each for each in files}

    def load_as(path: str, model: str) -> LoadedFile:
        changed = [replace(one, case=replace(one.case, model=model)) for one in by_path[path].cells]
        return file(*changed, path=path)

    return KnownIds(files, is_model=lambda text: text.startswith(("openai:", "ollama:")), load_as=load_as)


def named(ids: KnownIds, custom_id: str) -> Cell:
    found = ids.find(custom_id)
    assert isinstance(found, Addressee), found
    return found.cell


def refused(ids: KnownIds, custom_id: str) -> str:
    found = ids.find(custom_id)
    assert isinstance(found, NoAddressee), found
    return found.code


# The signs that a reader of ids might take for the end of a part.
SIGNS = st.sampled_from(["::", "[", "]", "#", "#1", "-", ":", "/", "a", "b", ".yaml"])
PATHS = st.lists(SIGNS, min_size=1, max_size=6).map("".join)
NAMES = st.text("ab-.1", min_size=1, max_size=4)
MODELS = st.none() | st.lists(st.sampled_from(["a", "-", "#1", ":", "]"]), max_size=3).map(
    lambda x: "openai:" + "".join(x)
)


@given(
    places=st.lists(
        st.tuples(PATHS, NAMES, st.none() | NAMES, st.none() | NAMES, MODELS),
        min_size=1,
        max_size=6,
        unique_by=lambda place: place[:2],
    ),
    trial=st.none() | st.integers(1, MOST_TRIALS),
)
def test_every_known_id_names_its_own_cell(
    places: list[tuple[str, str, str | None, str | None, str | None]], trial: int | None
) -> None:
    cells = [
        cell(path=path, name=name, row=row, prompt=prompt, model=model) for path, name, row, prompt, model in places
    ]
    ids = known(*(file(one, path=one.case.path) for one in cells))
    suffix = "" if trial is None else f"#{trial}"
    written = [one.id + suffix for one in cells]

    for one, custom_id in zip(cells, written, strict=True):
        # Two paths made of such signs may spell the same id: then it must be refused, and never guessed.
        found = ids.find(custom_id)
        if isinstance(found, Addressee):
            assert found.cell == one
            assert found.trial == trial or custom_id in {other.id for other in cells}
        else:
            assert found.code == "ambiguous"


@given(text=st.lists(SIGNS, max_size=10).map("".join))
def test_an_id_that_is_not_known_names_nothing(text: str) -> None:
    one = cell(path="x.yaml", name="c", row="r", model="openai:m")

    assert refused(known(file(one, path="x.yaml")), text) == "unknown_id"


@given(trial=st.integers(-5, MOST_TRIALS * 20))
def test_a_trial_is_a_number_from_one(trial: int) -> None:
    found = known(file(cell())).find(f"a.yaml::a#{trial}")

    assert isinstance(found, Addressee) == (1 <= trial <= MOST_TRIALS)


def test_a_row_and_a_model_may_hold_the_sign_between_them() -> None:
    ids = known(file(*(cell(row=row) for row in ("a", "a-b"))))

    assert named(ids, "a.yaml::a[a-b-openai:x-y]").case.row == "a-b"
    assert named(ids, "a.yaml::a[a-openai:b-openai:x]").case.model == "openai:b-openai:x"


def test_a_row_and_a_prompt_may_hold_the_sign_between_them_too() -> None:
    axes = [("a", "b"), ("a-b", "c"), ("a", "b-d")]
    ids = known(file(*(cell(row=row, prompt=prompt, model="openai:x-y") for row, prompt in axes)))

    assert named(ids, "a.yaml::a[a-b]").case.prompt == "b"
    assert named(ids, "a.yaml::a[a-b-c-openai:x-y]").case.row == "a-b"
    assert named(ids, "a.yaml::a[a-b-d-ollama:z]").case.prompt == "b-d"


def test_an_id_without_the_row_or_the_prompt_says_what_it_lacks() -> None:
    axes = [(row, prompt) for row in ("r", "s") for prompt in ("p", "q")]
    ids = known(file(*(cell(row=row, prompt=prompt, model="openai:m") for row, prompt in axes)))

    for rest, whole in {
        "[s]": "s-p",
        "[q]": "r-q",
        "[s-openai:m]": "s-p-openai:m",
        "[q-openai:m]": "r-q-openai:m",
    }.items():
        found = ids.find(f"a.yaml::a{rest}")
        assert isinstance(found, NoAddressee)
        assert found.code == "row_missing"
        assert found.message.endswith(f"such as a.yaml::a[{whole}]")
    assert refused(ids, "a.yaml::a") == "row_missing"
    assert refused(ids, "a.yaml::a[s-x]") == "unknown_id"


def test_a_file_that_is_broken_says_so_to_replies_for_it() -> None:
    found = Diagnostic(code="PC100", message="no YAML", location=PLACE)
    broken = BrokenCase(name="file", location=PLACE, diagnostics=(found,))

    assert refused(known(file(broken=(broken,))), "a.yaml::a[openai:x]") == "broken_case"


def test_a_broken_case_says_so_whatever_row_model_or_trial_is_named() -> None:
    found = Diagnostic(code="PC101", message="unknown key", location=PLACE)
    ids = known(file(broken=(BrokenCase(name="a", location=PLACE, diagnostics=(found,)),)))

    assert {refused(ids, f"a.yaml::a{rest}") for rest in ("", "[r]", "[r-openai:x]", "#1", "[r]#2")} == {"broken_case"}
    assert refused(ids, "a.yaml::ab") == "unknown_id"


def test_what_other_models_expect_is_looked_up_once_for_each_model() -> None:
    asked: list[tuple[str, str]] = []
    one = file(*(cell(name=name) for name in ("a", "b")))

    def load_as(path: str, model: str) -> LoadedFile:
        asked.append((path, model))
        return one

    ids = KnownIds([one], is_model=lambda text: ":" in text, load_as=load_as)
    for name in ("a", "b"):
        for trial in (1, 2):
            ids.find(f"a.yaml::{name}[openai:x]#{trial}")

    assert asked == [("a.yaml", "openai:x")]
