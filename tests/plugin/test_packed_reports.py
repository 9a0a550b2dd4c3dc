"""A report goes from a worker of xdist to its controller as one value, and arrives as it was sent."""

from __future__ import annotations

import ast
import json
import math
from array import array
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompt_contracts.plugin.packed_reports import pack, unpack
from prompt_contracts.plugin.stash import PACKED_KEY, REPORT_KEY
from tests.plugin.project import Project

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()) | st.binary()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(SCALARS, inner, max_size=3)
    ),
    max_leaves=20,
)
TELLING = """
import json
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(config, report):
    data = yield
    if hasattr(config, "workerinput") and "location" in data:
        data["seen_in_worker"] = sorted(data)
        data["user_properties"] = [*data["user_properties"], ("others", ({1, 2}, b"x", None))]
    return data

@pytest.hookimpl(wrapper=True)
def pytest_report_from_serializable(data):
    data["arrived"] = ("location" in data, data.get("seen_in_worker") is not None, data["worker_id"][:2])
    return (yield)

def pytest_runtest_logreport(report):
    if hasattr(report, "node"):
        with open("told.txt", "a") as file:
            file.write(repr({key: value for key, value in vars(report).items() if key in KEPT}) + "\\n")

KEPT = {"when", "location", "user_properties", "keywords", "arrived", "seen_in_worker", "prompt_contracts_packed"}
"""


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_what_is_unpacked_is_what_was_packed_type_by_type(more: dict[str, Any]) -> None:
    data = {"location": ("a.yaml", 3, "b"), **more, "$report_type": "TestReport"}

    packed = pack(data)

    assert set(packed) == {"$report_type", PACKED_KEY}
    assert repr(unpack(packed[PACKED_KEY])) == repr(data)


class Text(str):
    """As plugins have them."""


@pytest.mark.parametrize("value", [object(), Text("x"), array("d", [1.5]), math.nan, Path("a"), [Text("x")]])
def test_what_would_change_is_left_to_xdist_with_our_result_as_one_text(value: object) -> None:
    data = {"other": value, REPORT_KEY: {"verdict": "passed"}, "$report_type": "TestReport"}

    sent = pack(data)

    assert sent == {**data, REPORT_KEY: json.dumps(data[REPORT_KEY])}
    assert sent["other"] is value


def test_a_report_arrives_as_it_was_made_and_other_plugins_see_what_is_in_it(project: Project) -> None:
    project.write(
        weather="""
version: 1
models: [house:small]
cases:
  - {name: kept, user: Say yes., tags: [smoke], expect: {text: {$contains: rain}}}
"""
    )
    project.answer_text("It will rain.")
    project.run("--pc-record=rewrite", "-n0")
    (project.root / "conftest.py").write_text(TELLING)

    result = project.run("-n1")

    result.assert_outcomes(passed=1)
    told = [ast.literal_eval(line) for line in (project.root / "told.txt").read_text().splitlines()]
    assert [report["when"] for report in told] == ["setup", "call", "teardown"]
    for report in told:
        assert report["arrived"] == (True, True, "gw")
        assert "location" in report["seen_in_worker"]
        assert report["location"] == ("cases/weather.yaml", 3, "kept[house:small]")
        assert ("pc.model", "small") in report["user_properties"]
        assert report["user_properties"][-1] == ("others", ({1, 2}, b"x", None))
        assert report["keywords"].keys() >= {"smoke", "provider", "model", "kept[house:small]"}
        assert PACKED_KEY not in report


def test_nothing_is_packed_for_a_controller_that_does_not_say_that_it_unpacks(project: Project) -> None:
    project.write(
        weather="""
version: 1
models: [house:small]
cases: [{name: kept, user: Say yes., expect: {text: {$contains: rain}}}]
"""
    )
    project.answer_text("It will rain.")
    project.run("--pc-record=rewrite", "-n0")
    (project.root / "conftest.py").write_text("""
import pytest

@pytest.hookimpl(trylast=True)
def pytest_configure_node(node):
    del node.workerinput["prompt_contracts_packed"]

def pytest_configure(config):
    if hasattr(config, "workerinput"):
        from prompt_contracts.plugin import packed_reports
        packed_reports.pack = None
""")

    result = project.run("-n1")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["house:small *1/1 *100%*"])
