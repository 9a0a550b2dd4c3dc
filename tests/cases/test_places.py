"""Places are kept without the nodes that they were read from, and say the same."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.cases.late_places import LatePlaces, late_places_of
from prompt_contracts.cases.node import Node, SourceText, places_of
from prompt_contracts.engine.projects import Projects
from prompt_contracts.engine.run_options import RunOptions
from prompt_contracts.json_value import pointer
from prompt_contracts.location import Location
from tests.cases.case_files import read

_KEYS = st.sampled_from(["a", "b/c", "d~e", "", "1", "long"])


def _mapping(members: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{key}": {member}' for key, member in members.items()) + "}"


_VALUES = st.recursive(
    st.sampled_from(["x", "1", "null", "[]", "{}", '"{{ a }}"']),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(_KEYS, inner, max_size=3).map(_mapping)
    ),
    max_leaves=12,
)


def _written(node: Node, at: str = "") -> Iterator[tuple[str, Location]]:
    """Pointers and places, straight from the nodes."""
    inside = {name: (node.key(name), member) for name, member in (node.members or {}).items()}
    inside |= {str(index): (item, item) for index, item in enumerate(node.items or ())}
    for name, (place, member) in inside.items():
        yield at + pointer(name), place.location
        yield from _written(member, at + pointer(name))


@given(_VALUES)
def test_places_are_those_of_the_nodes(text: str) -> None:
    node, _ = read(f"all:\n  - {text}\n  - more: {text}\n")
    assert node is not None
    places, expected = places_of(node), list(_written(node))
    assert list(places.items()) == expected
    assert len(places) == len(expected)
    assert all(places.get(key + "/zz") is None for key, _ in expected)


def _inside(node: Node) -> Iterator[Node]:
    yield node
    for inner in (*(node.items or ()), *(node.members or {}).values()):
        yield from _inside(inner)


@given(_VALUES, _VALUES)
def test_places_that_are_found_late_are_the_same(text: str, other: str) -> None:
    node, _ = read(f"a: &a {text}\nb:\n  - {other}\n  - more: *a\nc: {{<<: {{x: {other}}}, y: *a}}\n")
    assert node is not None
    for each in _inside(node):
        assert list(late_places_of(each).items()) == list(places_of(each).items())
    assert isinstance(late_places_of(node), LatePlaces)


def test_a_copy_with_changes_has_places_of_its_own() -> None:
    node, _ = read("a: {b: 1}\nc: {d: 2}\n")
    other, _ = read("\n\nx: {y: 1}\n")
    assert node is not None
    assert node.members is not None
    assert other is not None
    changed = node.with_members({**node.members, "e": other})
    assert dict(late_places_of(changed)) == dict(places_of(changed))


def test_aliases_and_merge_keys_stand_where_their_nodes_do() -> None:
    node, found = read("a: &a\n  b: [1, 2]\nc:\n  <<: *a\n  d: 1\ne: *a\n")
    assert node is not None
    assert not found
    assert dict(places_of(node)) == dict(_written(node))


def test_keys_of_several_files_keep_their_files() -> None:
    one, two = (Node(1, SourceText(path, Path(), ""), line, 3, 1) for path, line in (("a.yaml", 70_000), ("b.yaml", 2)))
    whole = Node({"x": 1, "y": 1}, one.source, 1, 1, 1, members={"x": one, "y": two}, keys={"x": one, "y": two})
    assert [(str(place), place.length) for place in places_of(whole).values()] == [
        ("a.yaml:70000:3", 1),
        ("b.yaml:2:3", 1),
    ]


def test_a_text_and_an_empty_mapping_have_no_places() -> None:
    for text in ("x\n", "{}\n", "[]\n"):
        node, _ = read(text)
        assert node is not None
        assert dict(places_of(node)) == {}
        assert places_of(node).get("") is None


_CASES = """
version: 1
models: [openai:gpt-4o]
variables: {city: Oslo}
tools:
  look:
    type: function
    function: {name: look, parameters: {type: object, properties: {at: {type: string}}}}
defaults: {request: {seed: 1}, expect: {usage: {completion_tokens: {$le: 5}}}}
cases:
  - name: one
    rows: [{id: a, day: Monday}, {id: b, day: Sunday}]
    user: "How is {{ city }} on {{ day }}?"
    tools: [look]
    expect: {json: {day: "{{ day }}", more: {$schema: {type: object}}}}
  - name: two
    messages: [{role: user, content: Hi}]
    tools: [look]
    tool_results: {look: {at: here}}
    expect: {text: {$contains: Hello}}
  - name: three
    turns:
      - {user: Hi, expect: {text: Hello}}
      - {user: Again, request: {seed: 2}, expect: {any_of: [{text: {$contains: Bye}}, {json: {a: 1}}]}}
"""


def _reachable(start: object) -> Iterator[object]:
    seen, waiting = {id(start)}, [start]
    while waiting:
        each = waiting.pop()
        yield each
        for inner in gc.get_referents(each):
            if id(inner) not in seen and not isinstance(inner, (type, ModuleType, FunctionType)):
                seen.add(id(inner))
                waiting.append(inner)


def test_no_node_of_a_file_outlives_its_loading(tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text(_CASES)
    options = RunOptions(root=tmp_path, cassettes=tmp_path / "cassettes")
    project = Projects(options, environ={}, cassettes=Path("cassettes")).of(tmp_path / "cases.yaml")

    loaded = project.load(tmp_path / "cases.yaml", is_named=True)

    assert loaded is not None
    assert len(loaded.cells) == 4
    assert not loaded.broken
    kept = [each for each in _reachable(loaded) if isinstance(each, (Node, SourceText))]
    assert not kept
    text = next(cell.case for cell in loaded.cells if cell.case.name == "two").expect[1]
    assert (text.name, str(text.locate("/$contains"))) == ("text", "cases.yaml:20:21")
