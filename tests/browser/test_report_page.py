"""The HTML report in a browser, from `file://`; the fixture `visit` also holds that it loads nothing and is content."""

from __future__ import annotations

from dataclasses import replace

import pytest

from prompt_contracts.comparison import CellChange
from tests.browser.conftest import Opener
from tests.renderers.page_samples import MODELS, comparison_of, hostile_report, large_report, ordinary_report, trial_of

# Of the ordinary report, cells 1 to 3 are picks_weather[oslo], 4 (failed), 5 (error) and 6 picks_weather[lima],
# 7 (failed in some trials), 8 (flaky) and 9 is_polite, 10 to 12 sums_up, each by the three models.
FAILED, ERROR, BROKEN, FLAKY = 4, 5, 7, 8


def test_a_filter_leaves_the_cells_that_it_names(visit: Opener) -> None:
    page = visit(ordinary_report())

    assert page.shown == list(range(1, 13))
    for name, shown in (
        ("failed", [FAILED, BROKEN]),
        ("error", [ERROR]),
        ("flaky", [FLAKY]),
        ("all", list(range(1, 13))),
    ):
        page.page.click(f'[data-filter="{name}"]')
        assert page.shown == shown
        assert page.page.locator('[aria-pressed="true"]').inner_text().startswith("errors" if name == "error" else name)
    assert page.page.locator('[data-filter="failed"]').inner_text() == "failed 2"
    assert not page.page.locator('[data-filter="changed"]').is_visible()


def test_what_changed_is_a_filter_where_there_is_another_run(visit: Opener) -> None:
    report = ordinary_report()
    failing = report.results[3]
    base = replace(failing, verdict="passed", trials=(trial_of("passed", text="It was fine before."),))
    change = CellChange(kind="worse", name=failing.id, base=base, other=failing)

    page = visit(report, "#filter=changed", comparison=comparison_of([change]))

    assert page.shown == [FAILED]
    page.cell(FAILED).click()
    assert "It was fine before." in page.page.locator("#drawer .before").inner_text()


def test_the_other_cells_of_a_case_stay_and_stand_back(visit: Opener) -> None:
    page = visit(ordinary_report(), "#filter=failed")

    assert page.cell(6).is_visible()
    assert "dim" in page.cell(6).get_attribute("class")
    assert not page.cell(1).is_visible()
    assert page.told == "2 of 12 cells, 2 cases"


def test_a_tag_and_a_search_narrow_what_a_filter_left(visit: Opener) -> None:
    page = visit(ordinary_report())

    page.page.select_option("select[name=tag]", "tone")
    assert page.shown == [7, 8, 9]
    page.page.fill("input[name=q]", "MISTRAL polite")
    assert page.shown == [8]
    page.page.fill("input[name=q]", "no such cell")
    assert page.shown == []
    page.page.click("text=Show all cells")
    assert page.shown == list(range(1, 13))


def test_a_search_finds_ids_tags_reasons_and_answers(visit: Opener) -> None:
    page = visit(ordinary_report())

    for words, shown in (("rate_limit", [ERROR]), ("slow down", [ERROR]), ("thank", [7, 8, 9]), ("lima groq", [4])):
        page.page.fill("input[name=q]", words)
        assert page.shown == shown


def test_the_rows_are_put_in_order(visit: Opener) -> None:
    page = visit(ordinary_report())

    for order, first in (("latency", 10), ("cost", 7), ("name", 7), ("broken", 4), ("file", 1)):
        page.page.select_option("select[name=sort]", order)
        assert page.shown[0] == first
    assert page.shown == list(range(1, 13))


def test_a_cell_opens_with_all_that_is_known_of_it(visit: Opener) -> None:
    page = visit(ordinary_report())

    page.cell(FAILED).click()

    drawer = page.page.locator("#drawer")
    for told in (
        "✗ failed",
        "tool_calls[0].arguments.city",
        '"Oslo"',
        '"Bergen"',
        "You are a travel assistant.",
        '"unit": "celsius"',
        "212 in (128 cached) · 31 out (12 reasoning)",
        "$0.000030",
        "400 ms",
        "Raw request and response",
        "--pc-record=rewrite",
    ):
        assert told in drawer.inner_text()
    drawer.locator("summary", has_text="Raw").click()
    assert "https://api.example/v1/chat/completions" in drawer.inner_text()


def test_trials_are_told_at_a_glance_and_those_alike_once(visit: Opener) -> None:
    page = visit(ordinary_report())

    page.cell(BROKEN).click()

    strip = page.page.locator("#drawer .strip")
    assert strip.locator("span").inner_text() == "..F.F....."
    assert "8 of 10 trials passed; required: all trials" in strip.inner_text()
    titles = page.page.locator("#drawer details.trial > summary b").all_inner_texts()
    assert titles == [
        "✗ Trial 3: failed",
        "✗ Trial 5: failed",
        "✓ Trials 1, 4, 7 and 10: passed",
        "✓ Trials 2 and 8: passed",
        "✓ Trials 6 and 9: passed",
    ]


def test_two_cells_stand_side_by_side(visit: Opener) -> None:
    page = visit(ordinary_report())

    page.cell(FAILED).click()
    page.page.select_option("#drawer select", label=f"passed: {MODELS[2]}")

    panes = page.page.locator("#drawer .pane")
    assert [panes.nth(place).locator(".badge").inner_text() for place in (0, 1)] == ["✗ failed", "✓ passed"]
    boxes = [panes.nth(place).bounding_box() for place in (0, 1)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"] + 1
    page.page.keyboard.press("Escape")
    assert panes.count() == 1


def test_a_shifted_click_opens_a_cell_beside_the_other(visit: Opener) -> None:
    page = visit(ordinary_report())

    page.cell(1).click()
    page.cell(2).evaluate(
        "link => link.dispatchEvent(new MouseEvent('click', {shiftKey: true, bubbles: true, cancelable: true}))"
    )

    assert page.page.locator("#drawer h3 small").all_inner_texts() == list(MODELS[:2])


def test_the_keyboard_does_it_all(visit: Opener) -> None:
    page = visit(ordinary_report())
    press = page.page.keyboard.press

    press("j")
    assert page.focused == "1"
    for key, place in (
        ("ArrowRight", "2"),
        ("ArrowDown", "5"),
        ("j", "8"),
        ("k", "5"),
        ("ArrowLeft", "4"),
        ("ArrowUp", "1"),
    ):
        press(key)
        assert page.focused == place
    press("ArrowUp")
    assert page.focused == "1"
    press("j")
    press("Enter")
    assert page.page.locator("#drawer h3").inner_text().startswith("✗ failed picks_weather[lima]")
    press("j")
    assert page.page.locator("#drawer h3").inner_text().startswith("✗ failed is_polite")
    press("Escape")
    assert not page.page.locator("#drawer").is_visible()
    assert page.focused == "7"
    press("ArrowRight")
    press("Enter")
    press("Escape")
    assert page.focused == "8"


def test_shift_and_enter_open_a_second_cell(visit: Opener) -> None:
    page = visit(ordinary_report(), "#cell=cases/weather.yaml::picks_weather[oslo-groq:openai/gpt-oss-20b]")

    page.cell(5).focus()
    page.page.keyboard.press("Shift+Enter")

    assert page.page.locator("#drawer .badge").all_inner_texts() == ["✓ passed", "! error"]


def test_slash_searches_and_a_question_mark_helps(visit: Opener) -> None:
    page = visit(ordinary_report())
    press = page.page.keyboard.press

    press("/")
    page.page.keyboard.type("j?lima")
    assert page.page.locator("input[name=q]").input_value() == "j?lima"
    assert not page.page.locator("#help").is_visible()
    press("Escape")
    assert page.shown == list(range(1, 13))
    press("Escape")
    press("?")
    assert page.page.locator("#help").is_visible()
    press("Escape")
    assert not page.page.locator("#help").is_visible()


def test_the_keys_pass_over_what_a_filter_hides(visit: Opener) -> None:
    page = visit(ordinary_report(), "#filter=failed")

    page.page.keyboard.press("j")
    page.page.keyboard.press("j")

    assert page.focused == "7"


def test_the_address_holds_the_state(visit: Opener) -> None:
    page = visit(ordinary_report())
    page.page.click('[data-filter="failed"]')
    page.page.fill("input[name=q]", "polite & 100% <b>")
    page.page.select_option("select[name=sort]", "cost")
    page.page.fill("input[name=q]", "polite")
    page.cell(BROKEN).click()

    again = visit(ordinary_report(), f"#{page.address}")

    assert again.shown == [BROKEN]
    assert again.page.locator("input[name=q]").input_value() == "polite"
    assert again.page.locator("select[name=sort]").input_value() == "cost"
    assert again.page.locator("#drawer h3").inner_text().startswith("✗ failed is_polite")


def test_going_back_closes_the_cell(visit: Opener) -> None:
    page = visit(ordinary_report())

    page.cell(1).click()
    page.page.go_back()

    assert not page.page.locator("#drawer").is_visible()


@pytest.mark.parametrize(
    "fragment",
    [
        "#filter=nonsense&sort=constructor&cell=nobody&beside=x",
        "#cell-999",
        "#%",
        "#filter=constructor&tag=none",
        "#x=<b>",
    ],
)
def test_a_wrong_address_does_no_harm(visit: Opener, fragment: str) -> None:
    page = visit(ordinary_report(), fragment)

    assert not page.page.locator("#drawer").is_visible()
    page.page.click('[data-filter="failed"]')


def test_an_address_as_of_a_page_without_scripts_opens_the_cell(visit: Opener) -> None:
    page = visit(ordinary_report(), "#cell-4")

    assert page.page.locator("#drawer h3").inner_text().startswith("✗ failed picks_weather[lima]")


def test_a_command_is_copied(visit: Opener) -> None:
    page = visit(ordinary_report(), "#cell-4", permissions=["clipboard-read", "clipboard-write"])

    page.page.locator("#drawer .command button").nth(1).click()
    page.page.locator("text=copied").wait_for()

    assert page.page.evaluate("navigator.clipboard.readText()") == (
        "pytest 'cases/weather.yaml::picks_weather[lima-groq:openai/gpt-oss-20b]' --pc-record=rewrite"
    )


def test_hostile_answers_stay_text_and_run_nothing(visit: Opener) -> None:
    report = hostile_report()
    page = visit(report)

    for number in range(1, len(report.results) + 1):
        page.cell(number).click()
        page.page.locator("#drawer").evaluate(
            "node => node.querySelectorAll('details').forEach(one => { one.open = true; })"
        )
        assert page.page.evaluate("window.broken") is None
        assert (
            page.page.locator("#drawer").evaluate(
                "node => node.querySelectorAll('script, iframe, svg, style, link').length"
            )
            == 0
        )
        assert page.page.locator("#drawer img").evaluate_all("all => all.every(one => one.naturalWidth === 1)")
        page.page.keyboard.press("Escape")
    assert page.page.evaluate("document.querySelectorAll('script').length") == 2


def test_the_policy_stops_what_would_get_into_the_page(visit: Opener) -> None:
    page = visit(ordinary_report(), is_quiet=False)

    page.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.broken = 1";
            document.body.append(script);
            const holder = document.createElement("div");
            holder.innerHTML = "<img src=x onerror='window.broken = 2'><style>body { display: none }</style>"
                + "<p style='color: red'></p><img src='https://evil.example/x.png'>";
            document.body.append(holder);
            const trap = Object.assign(document.createElement("a"), {href: "javascript:window.broken=3"});
            document.body.append(trap);
            trap.click();
        }"""
    )
    page.page.wait_for_timeout(200)

    assert page.page.evaluate("window.broken") is None
    assert page.page.locator("h1").is_visible()
    assert len([line for line in page.complaints if "Content Security Policy" in line]) >= 5
    assert page.refused[-1] == "https://evil.example/x.png"
    assert {url for url in page.requested if url != page.url} == set(page.refused)


def test_all_can_be_read_without_scripts(visit: Opener) -> None:
    page = visit(ordinary_report(), java_script_enabled=False)

    assert not page.page.locator("form.tools").is_visible()
    assert page.page.locator("article").count() == 12
    page.cell(ERROR).click()
    assert page.address == "cell-5"
    assert "Slow down, please." in page.page.locator("#cell-5").inner_text()
    assert page.page.locator("#cell-5").evaluate("node => node.getBoundingClientRect().top") < 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
def test_nothing_is_wider_than_the_page(visit: Opener, width: int, scheme: str) -> None:
    for report in (ordinary_report(), hostile_report()):
        page = visit(report, width=width, color_scheme=scheme)
        assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.cell(FAILED).click()
        assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.page.locator("#drawer .pane").evaluate("node => node.scrollWidth <= node.clientWidth")


def test_the_page_is_dark_where_the_reader_wants_it(visit: Opener) -> None:
    grounds = {
        scheme: visit(ordinary_report(), color_scheme=scheme).page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }

    assert grounds == {"light": "rgb(251, 251, 250)", "dark": "rgb(19, 21, 24)"}


def test_paper_has_the_whole_matrix_and_what_did_not_pass(visit: Opener) -> None:
    page = visit(ordinary_report())

    assert page.page.pdf().startswith(b"%PDF")
    page.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.page.emulate_media(media="print")

    told = page.page.locator("#cells > article")
    assert told.evaluate_all("all => all.map(one => one.id)") == ["cell-4", "cell-5", "cell-7"]
    assert not page.page.locator("form.tools").is_visible()
    assert page.page.locator("#matrix .matrix").evaluate("node => node.scrollHeight <= node.clientHeight + 1")
    page.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert told.count() == 0


def test_twelve_hundred_cells_can_be_used(visit: Opener) -> None:
    page = visit(large_report())

    assert page.told == "1200 of 1200 cells, 400 cases"
    page.page.click('[data-filter="failed"]')
    page.page.fill("input[name=q]", "case_03")
    assert 0 < len(page.shown) < 60


def test_what_is_expected_to_break_is_no_failure_and_has_a_filter_of_its_own(visit: Opener) -> None:
    ordinary = ordinary_report()
    known = {FAILED: "the server ignores it", 1: "it used to break"}
    results = tuple(replace(each, xfail=known.get(number)) for number, each in enumerate(ordinary.results, start=1))

    page = visit(replace(ordinary, results=results))

    for name, shown in (("failed", [1, BROKEN]), ("expected", [FAILED])):
        page.page.click(f'[data-filter="{name}"]')
        assert page.shown == shown
    assert page.cell(FAILED).inner_text().startswith("✗ failed as expected")
    assert page.cell(1).text_content().strip().startswith("✓ passed unexpectedly")
    page.cell(FAILED).click()
    assert "Expected to break its contract: the server ignores it" in page.page.locator("#drawer").inner_text()
