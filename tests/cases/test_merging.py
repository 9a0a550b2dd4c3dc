"""Defaults, case and overrides are laid over each other, each key by its own rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompt_contracts.case import Case
from tests.cases.case_files import good, load, load_text, mistakes


def _one(root: Path, defaults: str, case: str, *, models: str = "[openai:m]") -> tuple[Case, ...]:
    text = f"version: 1\nmodels: {models}\ndefaults: {{{defaults}}}\ncases:\n- {{name: a, {case}}}\n"
    return good(root, text)


BODY = "user: x, expect: {text: a}"


def test_request_merges_deeply_and_null_removes(tmp_path: Path) -> None:
    defaults = "request: {seed: 7, temperature: 0, metadata: {a: '1', b: '2'}}"
    case = "request: {seed: null, top_p: 0.5, n: null, metadata: {b: null, c: '3'}}"

    (merged,) = _one(tmp_path, defaults, f"{case}, {BODY}")

    assert merged.request == {"temperature": 0, "top_p": 0.5, "metadata": {"a": "1", "c": "3"}}


def test_a_null_deep_in_a_schema_is_kept(tmp_path: Path) -> None:
    request = "request: {response_format: {type: json_schema, json_schema: {schema: {const: null}}}}"

    (merged,) = _one(tmp_path, "", f"{request}, {BODY}")

    assert merged.request["response_format"] == {"type": "json_schema", "json_schema": {"schema": {"const": None}}}


def test_tags_add_up_each_once(tmp_path: Path) -> None:
    (merged,) = _one(tmp_path, "tags: [a, b]", f"tags: [b, c], {BODY}")

    assert merged.tags == ("a", "b", "c")


def test_each_facet_is_replaced_whole(tmp_path: Path) -> None:
    defaults = "expect: {text: {$contains: x}, usage: {total_tokens: {$le: 5}}}"

    (merged,) = _one(tmp_path, defaults, "user: x, expect: {usage: {prompt_tokens: 1}}")

    assert {facet.name: facet.value for facet in merged.expect} == {
        "text": {"$contains": "x"},
        "usage": {"prompt_tokens": 1},
    }
    facet = merged.facet("text")
    assert facet is not None
    assert str(facet.location) == "cases.yaml:3:21"


def test_a_system_message_of_the_defaults_comes_first(tmp_path: Path) -> None:
    (merged,) = _one(tmp_path, "system: be kind", BODY)

    assert [(message.role, message.content) for message in merged.messages] == [("system", "be kind"), ("user", "x")]


def test_overrides_apply_in_order_to_models_that_match(tmp_path: Path) -> None:
    defaults = "overrides: {'*': {request: {seed: 1}, timeout: 5}}"
    case = f"overrides: {{'mistral:*': {{request: {{seed: 2}}}}, 'mistral:big': {{user: y}}}}, {BODY}"

    cells = _one(tmp_path, defaults, case, models="[openai:m, mistral:small, mistral:big]")

    found = [(cell.request["seed"], cell.messages[-1].content, cell.timeout) for cell in cells]
    assert found == [(1, "x", 5), (2, "x", 5), (2, "y", 5)]


def test_models_of_a_case_replace_the_files(tmp_path: Path) -> None:
    text = "version: 1\nmodels: [a:file]\ncases:\n"
    text += "- {name: one, model: 'a:b:c', user: x, expect: {text: a}}\n"
    text += (
        "- {name: two, models: [c:d, e:f], user: x, expect: {text: a}}\n- {name: three, user: x, expect: {text: a}}\n"
    )

    assert [case.model for case in good(tmp_path, text)] == ["a:b:c", "c:d", "e:f", "a:file"]


def test_models_of_the_run_replace_all_others(tmp_path: Path) -> None:
    text = "version: 1\nmodels: [a:b]\ncases:\n- {name: one, model: 'c:d', user: x, expect: {text: a}}\n"

    loaded = load_text(tmp_path, text, models=("x:y", "z:w"), project_models=("p:q",))

    assert loaded is not None
    assert [case.model for case in loaded.cases] == ["x:y", "z:w"]


def test_the_projects_models_serve_files_that_name_none(tmp_path: Path) -> None:
    text = "version: 1\ncases:\n- {name: one, user: x, expect: {text: a}}\n"

    with_models = load_text(tmp_path, text, project_models=("p:q",))
    without = load_text(tmp_path, text)

    assert with_models is not None
    assert without is not None
    assert [case.model for case in (*with_models.cases, *without.cases)] == ["p:q", None]


def test_a_model_of_the_case_replaces_models_of_the_defaults(tmp_path: Path) -> None:
    (merged,) = _one(tmp_path, "models: [a:b, c:d]", f"model: 'e:f', {BODY}")

    assert merged.model == "e:f"


def test_cells_that_do_not_differ_share_their_parts(tmp_path: Path) -> None:
    text = (
        "version: 1\nmodels: [a:b, c:d]\ntools: {f: {name: f}}\ncases:\n"
        "- {name: a, user: x, tools: [f], rows: [{y: 1}, {y: 2}], expect: {text: a}}\n"
    )

    first, *others = good(tmp_path, text)

    assert all(other.expect is first.expect and other.tools is first.tools for other in others)
    assert first.messages is others[0].messages


def test_what_a_layer_may_not_say_is_refused(tmp_path: Path) -> None:
    text = (
        "version: 1\nmodels: [a:b]\ndefaults: {user: x, rows: []}\ncases:\n"
        "- {name: a, user: x, expect: {text: a}, overrides: {'*': {model: 'c:d'}}}\n"
    )

    assert [str(found) for found in mistakes(load_text(tmp_path, text))] == [
        "cases.yaml:3:12: PC102 'user' does not belong in 'defaults'",
        "cases.yaml:3:21: PC102 'rows' does not belong in 'defaults'",
        "cases.yaml:5:59: PC102 'model' does not belong in '*'",
    ]


OVERRIDES = "cases:\n- {name: a, user: x, expect: {text: a}, overrides: {GLOB: {timeout: 5}}}\n"


@pytest.mark.parametrize(
    ("glob", "advice"),
    [
        ("'opnai:*'", "did you mean 'openai:*'?"),
        ("gpt-5-mini", "did you mean 'openai:gpt-5-mini'?"),
        ("'OpenAI:*'", "did you mean 'openai:*'?"),
        ("zzz", "correct the glob on provider:model, or remove the override"),
    ],
)
def test_an_override_that_matches_no_model_of_its_case_is_a_warning(tmp_path: Path, glob: str, advice: str) -> None:
    text = "version: 1\nmodels: [openai:gpt-5-mini, a:b]\n" + OVERRIDES.replace("GLOB", glob)

    loaded = load(tmp_path, text)

    (found,) = loaded.warnings
    said = f"PC120 the override '{glob.strip(chr(39))}' matches none of the models openai:gpt-5-mini, a:b"
    assert (str(found), found.help, found.severity) == (f"cases.yaml:4:53: {said}", advice, "warning")
    assert len(loaded.cases) == 2


@pytest.mark.parametrize(
    ("head", "models"),
    [
        ("models: [mistral:small]\n", ("openai:m",)),
        ("models: [mistral:small, a:b]\n", None),
        ("", None),
        ("models: [a:b]\ndefaults: {overrides: {'mistral:*': {timeout: 6}}, model: 'mistral:big'}\n", None),
    ],
)
def test_nothing_is_said_of_an_override_that_may_serve(
    tmp_path: Path, head: str, models: tuple[str, ...] | None
) -> None:
    text = "version: 1\n" + head + OVERRIDES.replace("GLOB", "'mistral:*'")

    loaded = load_text(tmp_path, text, models=models)

    assert loaded is not None
    assert loaded.warnings == ()


def test_nothing_is_said_of_overrides_of_the_defaults(tmp_path: Path) -> None:
    text = (
        "version: 1\nmodels: [a:b]\ndefaults: {overrides: {'c:*': {timeout: 5}}}\ncases:\n- {name: a, " + BODY + "}\n"
    )

    assert load(tmp_path, text).warnings == ()
