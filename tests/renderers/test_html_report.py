"""The HTML report as a file: what it loads, what it may do, what stands in it. A browser looks at it in `browser/`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompt_contracts.comparison import CellChange
from prompt_contracts.renderers.html_report import html_report
from prompt_contracts.renderers.report_formats import report_text
from prompt_contracts.report import BrokenResult
from prompt_contracts.results.comparisons import compare_runs
from prompt_contracts.verdict import Problem
from tests.renderers.page_samples import (
    HOSTILE,
    MODELS,
    PIXEL,
    cell_of,
    comparison_of,
    hostile_report,
    large_report,
    ordinary_report,
    report_of,
    trial_of,
)
from tests.results.report_cells import cell, run
from tests.results.test_comparisons import many

VOID = {"meta", "link", "img", "input", "br"}
LOADING = {"src", "href", "action", "data", "srcset", "poster", "xlink:href", "formaction", "background", "ping"}


class Page(HTMLParser):
    """A page as a reader without scripts has it: what stands in `noscript` counts as it does there."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.bodies: list[tuple[str, str]] = []
        """Each script and style, by its name, with what stands in it."""
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("script", "style"):
            self.bodies.append((self._open[-1], data))
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        """What a person reads."""
        return "".join(self.words)

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of a name."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module", params=["ordinary", "hostile"])
def page(request: pytest.FixtureRequest) -> Page:
    """A whole page, read."""
    return Page(html_report(ordinary_report() if request.param == "ordinary" else hostile_report()))


def test_a_page_loads_nothing(page: Page) -> None:
    loads = [(tag, name, value) for tag, each in page.elements for name, value in each.items() if name in LOADING]

    assert loads
    assert {value.partition(":")[0] for _, _, value in loads if not value.startswith("#")} <= {"data"}
    assert not re.search(r"url\(|@import|\bfetch\(|XMLHttpRequest|WebSocket|eval\(", "".join(b for _, b in page.bodies))
    assert {tag for tag, _ in page.elements} & {"iframe", "object", "embed", "base", "audio", "video", "frame"} == set()


def test_a_page_has_no_script_and_no_style_but_its_own(page: Page) -> None:
    scripts = page.all("script")

    assert scripts == [{"type": "application/json", "id": "index"}, {}]
    assert len(page.all("style")) == 1
    assert [name for _, each in page.elements for name in each if name.startswith("on") or name == "style"] == []
    assert page.all("form") == [{"class": "tools", "role": "search", "hidden": ""}, {"method": "dialog"}]


def test_the_policy_allows_that_script_and_that_style_by_their_hashes_and_nothing_else(page: Page) -> None:
    (policy,) = [each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    style, _, script = [body for _, body in page.bodies]

    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src '{digest(style)}'",
        f"script-src '{digest(script)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def digest(text: str) -> str:
    """As a policy names a text."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def test_the_data_of_the_script_is_json_without_a_character_that_markup_has(page: Page) -> None:
    (data,) = [body for _, body in page.bodies if body.startswith("{")]

    assert not set(data) & set("<>&")
    assert json.loads(data)["cells"]


def test_every_cell_stands_in_the_page_with_its_verdict_and_details_without_scripts() -> None:
    report = ordinary_report()

    page = Page(html_report(report))

    ids = [each["id"] for each in page.all("article")]
    links = [each["href"] for each in page.all("a") if "data-n" in each]
    assert ids == [f"cell-{number}" for number in range(1, len(report.results) + 1)]
    assert sorted(links) == sorted(f"#{id_}" for id_ in ids)
    for result in report.results:
        assert f"pytest '{result.id}' --pc-record=rewrite" in page.text
    assert "tool_calls[0].arguments.city" in page.text
    assert "rate_limit (HTTP 429): Slow down, please." in page.text
    assert page.text.count("8 of 10 trials passed; required: all trials") == 1


def test_what_a_model_said_is_shown_to_the_letter() -> None:
    text = Page(html_report(hostile_report())).text

    for said in HOSTILE:
        if said.isprintable():
            assert text.count(said) >= 10


def test_characters_that_nobody_sees_are_written_out() -> None:
    text = html_report(hostile_report())

    assert r"user<span class=\"odd\">\u202e</span>gnp.exe".replace('\\"', '"') in text
    assert r"\u2066\u200b\x00\x1b" in text
    assert not set(text) & set("\u202e\u2066\u200b\x00\x1b\ufeff\u061c\U000e0041")


def test_a_picture_is_shown_where_the_message_holds_it_and_nothing_is_loaded_from_elsewhere() -> None:
    page = Page(html_report(hostile_report()))

    assert {each["src"] for each in page.all("img")} == {PIXEL}
    assert "picture: https://evil.example/" in page.text
    assert "(not loaded)" in page.text
    assert "image/svg+xml: not shown" in page.text


def test_a_text_of_a_megabyte_is_cut_with_a_note_of_how_much() -> None:
    text = "a<b" * 350_000
    trial = trial_of("passed", text=text)

    written = html_report(report_of([cell_of("talks", MODELS[0], [trial])]))

    assert len(written) < 300_000
    assert "1,030,000 of 1,050,000 characters are left out here" in written


def test_the_same_report_gives_the_same_bytes_in_every_process() -> None:
    program = (
        "from tests.renderers.page_samples import ordinary_report\n"
        "from prompt_contracts.renderers.html_report import html_report\n"
        "from hashlib import sha256\n"
        "print(sha256(html_report(ordinary_report()).encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }

    assert seen == {sha256(html_report(ordinary_report()).encode()).hexdigest()}


def test_a_page_takes_at_most_150_kilobytes_beside_its_data() -> None:
    assert len(html_report(report_of([])).encode()) < 150_000
    assert len(html_report(large_report(cases=1)).encode()) < 150_000


def test_what_could_not_run_and_what_has_no_recording_is_told() -> None:
    problem = Problem(code="PC201", message="no recording\nask for it")
    cell = replace(cell_of("asks", MODELS[0], []), verdict="error", problem=problem)
    broken = BrokenResult(id="cases/bad.yaml::x", message="cases/bad.yaml:3:1: PC101 unknown key 'expcet'")

    page = Page(html_report(replace(report_of([cell]), broken=(broken,))))

    assert "1 of 1 cell ended in an error; 1 case could not run as written." in page.text
    assert "PC101 unknown key 'expcet'" in page.text
    assert "no recording\nask for it" in page.text
    assert "What would be sent" in page.text


def test_what_changed_against_another_run_stands_in_the_matrix_and_in_the_cell() -> None:
    report = ordinary_report()
    failing = report.results[3]
    base = replace(failing, verdict="passed", trials=(trial_of("passed", text="It was fine <b>before</b>."),))
    comparison = comparison_of([CellChange(kind="worse", name=failing.id, base=base, other=failing)])

    page = Page(html_report(report, comparison=comparison))

    (data,) = [json.loads(body) for _, body in page.bodies if body.startswith("{")]
    assert [cell["change"] for cell in data["cells"]][2:5] == [None, "worse", None]
    assert "now.json vs before.json: 2 worse, 0 better, 1 in error now, p = 0.50: too few changes" in page.text
    assert "this suite can show differences above 9 points. 10 cells judged on both sides, 1 not." in page.text
    assert "▼ worse" in page.text
    assert "In the other run: ✓ passed" in " ".join(page.text.split())
    assert "It was fine <b>before</b>." in page.text
    for told in ("Change against before.json", "−20 points  (−41 to +1)", "−41 to +1", "0.50", "> 9 points"):
        assert told in page.text


def test_models_of_two_runs_are_told_apart_with_what_they_took() -> None:
    models = ("p:a", "p:b")
    base = run("base", *(each for model in models for each in many("PPPPPPPP", model=model)), cell("gone", model="p:a"))
    new = run("new", *(each for model in models for each in many("PPPPPPPF", model=model, cost=Decimal(1))))
    page = Page(html_report(new.report, comparison=compare_runs(base, [new])))

    for told in (
        "p:a vs base: 1 worse, 0 better",
        "p:b vs base: 1 worse",
        "1 cell only in base: cases/a.yaml::gone[p:a]",
    ):
        assert told in page.text
    assert page.text.count("×2.00 (95% CI 2.00–2.00)") == 2


def test_the_report_text_of_every_format_takes_a_comparison() -> None:
    report, comparison = ordinary_report(), comparison_of([])

    assert "now.json vs before.json" in report_text(report, ".html", comparison=comparison)
    assert report_text(report, ".json", comparison=comparison) == report_text(report, ".json")


@settings(max_examples=5, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=20))
def test_no_text_of_a_model_becomes_markup(texts: list[str]) -> None:
    def page(said: list[str]) -> Page:
        cells = [cell_of(f"says_{n}", MODELS[0], [trial_of("passed", text=text)]) for n, text in enumerate(said)]
        return Page(html_report(report_of(cells)))

    odd = [each for each in page([f"x{text}" for text in texts]).elements if each != ("span", {"class": "odd"})]

    assert odd == page(["x" for _ in texts]).elements
