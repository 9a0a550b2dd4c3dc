"""`prompt-contracts import promptfoo`: whole configurations, what is refused, and what is never touched."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from prompt_contracts.cases.foreign_yaml import read_foreign_yaml
from tests.cli.replies import Folder

CONFIGURATIONS = Path(__file__).parents[1] / "exchange" / "configurations"
NAMES = sorted(path.name for path in CONFIGURATIONS.iterdir())


def imported(folder: Folder, name: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the case file, and what was said."""
    shutil.copytree(CONFIGURATIONS / name, folder.path / name)
    code, _, said = folder.run("import", "promptfoo", f"{name}/promptfooconfig.yaml")
    return code, written(folder, name), said


def written(folder: Folder, name: str) -> dict[str, Any]:
    found: Any = read_foreign_yaml((folder.path / f"cases/{name}.yaml").read_text("utf-8"))
    return found if isinstance(found, dict) else {}


def small(folder: Folder, text: str, *options: str) -> tuple[int, str, str]:
    """Import a configuration of a few lines; its case file's text is empty where none was written."""
    folder.write("their/config.yaml", text)
    code, _, said = folder.run("import", "promptfoo", "their/config.yaml", *options)
    path = folder.path / "cases/config.yaml"
    return code, path.read_text("utf-8") if path.exists() else "", said


@pytest.mark.parametrize("name", NAMES)
def test_check_has_nothing_to_say_of_what_is_written(folder: Folder, name: str) -> None:
    imported(folder, name)

    code, out, said = folder.run("check", "cases", "--strict", "--format", "json")

    assert (code, json.loads(out)) == (0, []), said


def test_tools_become_a_library_and_expected_calls(folder: Folder) -> None:
    code, file, _ = imported(folder, "travel_tools")

    assert code == 0
    assert list(file["tools"]) == ["forecast", "book_room"]
    assert file["defaults"]["tools"] == ["forecast", "book_room"]
    assert file["defaults"]["request"] == {"temperature": 0.2, "max_tokens": 1024, "tool_choice": "auto"}
    assert file["cases"][2]["expect"]["tool_calls"] == "none"


def test_schemas_in_files_are_written_in_place(folder: Folder) -> None:
    _, file, _ = imported(folder, "order_schema")

    [schema, literal] = file["cases"][0]["expect"]["json"]["$all_of"]

    assert schema["$schema"]["properties"]["count"] == {"type": "integer", "minimum": 1}
    assert literal == {"dish": "soup", "count": 2}
    assert file["defaults"]["request"]["response_format"]["json_schema"]["name"] == "order"


def test_lists_and_tables_become_rows(folder: Folder) -> None:
    _, file, _ = imported(folder, "city_matrix")

    cases = {case["name"]: case for case in file["cases"]}
    rows = cases["every_city_in_every_language"]["rows"]

    assert [row["id"] for row in rows] == ["no_oslo", "es_oslo", "no_lima", "es_lima"]
    assert [row["start"] for row in rows] == ["^NO:", "^ES:", "^NO:", "^ES:"]
    assert {row["note"] for row in rows} == {"Use numbers."}
    [row] = cases["test_4"]["rows"]
    assert (row["city"], row["language"], row["note"], row["city_title"]) == ("yes", "on", "", "Yes")


def test_a_provider_that_is_listed_twice_gets_cases_of_its_own(folder: Folder) -> None:
    code, file, said = imported(folder, "two_servers")

    [first, second] = file["cases"]

    assert code == 1
    assert "anthropic:messages" in said
    assert "base_url" in said
    assert file["models"] == ["openai:gpt-4.1-mini", "groq:llama-3.3-70b-versatile", "ollama:qwen3:8b"]
    assert list(file["defaults"]["prompts"]) == ["short", "long"]
    assert "models" not in first
    assert second["models"] == ["openai:gpt-4.1-mini"]
    assert list(second["prompts"]) == ["short"]
    assert second["overrides"]["openai:gpt-4.1-mini"]["request"]["temperature"] == 0.9
    assert first["expect"] == {"text": {"$contains": "4"}, "cost": {"$le": 0.01}, "latency": {"$le": 60}}


def test_what_the_first_of_two_providers_sends_is_not_sent_by_the_second(folder: Folder) -> None:
    tool = "{type: function, function: {name: walk, parameters: {type: object, properties: {}}}}"
    schema = "{type: json_schema, json_schema: {name: a, strict: true, schema: {type: object}}}"
    code, text, said = small(
        folder,
        f"""
prompts: [Hi]
providers:
  - {{id: openai:chat:gpt-4o, config: {{tools: [{tool}], top_p: 0.5, response_format: {schema}}}}}
  - {{id: openai:responses:gpt-4o, config: {{max_output_tokens: 90}}}}
  - {{id: openai:chat:gpt-4o, config: {{response_format: {{type: json_object}}}}}}
tests: [{{assert: [{{type: contains, value: x}}]}}]
""",
    )

    assert (code, "refused" in said) == (0, False), said
    folder.write("cases/config.yaml", text)
    assert folder.run("check", "cases")[0] == 0
    first, second, third = (requested(folder, text, number) for number in range(3))
    assert (first["top_p"], len(first["tools"])) == (0.5, 1)
    assert {key: value for key, value in second.items() if key != "input"} == {
        "model": "gpt-4o",
        "temperature": 0,
        "max_output_tokens": 90,
    }
    assert {key: value for key, value in third.items() if key != "messages"} == {
        "model": "gpt-4o",
        "temperature": 0,
        "max_tokens": 1024,
        "response_format": {"type": "json_object"},
    }


def requested(folder: Folder, text: str, number: int) -> dict[str, Any]:
    """What one case of a file asks."""
    file: Any = read_foreign_yaml(text)
    alone = {**file, "cases": [file["cases"][number]]}
    folder.write("alone.yaml", json.dumps(alone))
    _, out, _ = folder.run("batch", "alone.yaml", "--model", "openai:gpt-4o")
    found: Any = json.loads(out)["body"]
    return dict(found)


def test_defaults_scenarios_and_weights_are_worked_in(folder: Folder) -> None:
    code, file, said = imported(folder, "house_rules")

    cases = {case["name"]: case for case in file["cases"]}

    assert code == 1
    assert "llm-rubric" in said
    assert file["defaults"]["trials"] == 2
    assert file["defaults"]["prompts"]["prompt_1"]["user"].endswith(" Thank you.")
    assert len(cases["weighs_its_assertions"]["expect"]["any_of"]) == 4
    assert [case["rows"][0]["words"] for name, case in cases.items() if name.startswith("topics")] == [
        "5",
        "5",
        "3",
        "3",
    ]


def test_what_is_not_carried_over_stands_at_its_place(folder: Folder) -> None:
    _, text, said = small(
        folder,
        """
        prompts: [Say it.]
        providers: [openai:gpt-4.1-mini]
        tests:
          - assert:
              - {type: contains, value: it}
              - {type: javascript, value: "output.length > 3"}
        """,
    )

    lines = text.splitlines()
    place = next(number for number, line in enumerate(lines) if "javascript" in line)

    assert lines[place].lstrip().startswith("# not carried over:")
    assert "expect" in "".join(lines[place : place + 3])
    assert "check: package.module:function" in said


@pytest.mark.parametrize(
    "assertions", ["[]", "[{type: llm-rubric, value: kind}]", "[{type: javascript, value: 'true'}]"]
)
def test_a_test_of_which_nothing_is_left_is_never_green(folder: Folder, assertions: str) -> None:
    code, text, _ = small(
        folder, f"prompts: [Say it.]\nproviders: [openai:gpt-4.1-mini]\ntests: [{{assert: {assertions}}}]\n"
    )

    assert code == 1
    assert "to be written" in text
    assert folder.run("check", "cases", "--strict")[0] == 0


def test_a_threshold_with_a_missing_assertion_is_left_out_as_a_whole(folder: Folder) -> None:
    _, text, said = small(
        folder,
        """
        prompts: [Say it.]
        providers: [openai:gpt-4.1-mini]
        tests:
          - threshold: 0.5
            assert: [{type: contains, value: it}, {type: similar, value: it}]
        """,
    )

    assert "to be written" in text
    assert "$contains" not in text
    assert "its threshold 0.5 and the 1 assertions that it weighs" in said


def test_two_alike_tests_become_rows_of_one_case(folder: Folder) -> None:
    _, _, said = small(
        folder,
        """
        prompts: ["Say {{word}}."]
        providers: [openai:gpt-4.1-mini]
        defaultTest: {assert: [{type: equals, value: "{{ word }}"}]}
        tests: [{vars: {word: yes}}, {vars: {word: no}}]
        """,
    )

    [case] = written(folder, "config")["cases"]

    assert "1 case" in said
    assert case["rows"] == [{"id": "yes", "word": "yes"}, {"id": "no", "word": "no"}]
    assert case["expect"] == {"text": "{{ word }}"}


def test_a_single_prompt_of_a_single_case_stands_in_it(folder: Folder) -> None:
    small(folder, "prompts: [Say it.]\nproviders: [openai:gpt-4.1-mini]\ntests: [{assert: [{type: is-json}]}]\n")

    assert written(folder, "config")["cases"] == [
        {"name": "test_1", "user": "Say it.", "expect": {"json": {"$schema": True}}}
    ]


PROMPTS = [
    ("Say {{ a }}.", {"user": "Say {{ a }}."}),
    ("Say {{ a.b[0] | trim }}.", {"user": "Say {{ a_b_0_trim }}."}),
    ("{{ env.NAME }}: {# a note #}x", {"user": "{{ env.NAME }}: x"}),
    ("a {{- ' b ' -}} c", {"user": "a b c"}),
    ('[{"role": "user", "content": "{{ a }}"}]', {"user": "{{ a }}"}),
    ('[{"role": "user", "content": {{ a | dump }}}]', {"user": "{{ a }}"}),
    ("- role: system\n  content: Be {{ a }}.\n- role: user\n  content: Go.", {"system": "Be {{ a }}.", "user": "Go."}),
    (
        '[{"role": "user", "content": [{"type": "text", "text": "{{ a }}"}]}]',
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "{{ a }}"}]}]},
    ),
]


@pytest.mark.parametrize(("prompt", "keys"), PROMPTS)
def test_prompts_become_messages(folder: Folder, prompt: str, keys: dict[str, Any]) -> None:
    config = {
        "prompts": [{"raw": prompt, "label": "p"}],
        "providers": ["openai:gpt-4.1-mini"],
        "tests": [{"vars": {"a": "x"}, "assert": [{"type": "contains", "value": "x"}]}],
    }

    small(folder, json.dumps(config))

    [case] = written(folder, "config")["cases"]
    assert {key: case[key] for key in keys} == keys


MANY = ", ".join(f"{name}: [{', '.join('abcdefghij')}]" for name in "vwxyz")
UNREADABLE = [
    ("prompts: ['{% if a %}x{% endif %}']", "templates with blocks"),
    ("prompts: ['{{ a + 1 }}']", "more than a variable"),
    ("prompts: ['{{ a | shout }}']", "the filter 'shout'"),
    ("prompts: ['{{ _conversation }}']", "turns"),
    ("prompts: ['exec:./make.sh']", "nothing is run"),
    ("prompts: [file://make.py]", "nothing is run"),
    ("prompts: [file://make.js:hello]", "nothing is run"),
    ("prompts: [make.ts]", "nothing is run"),
    ("prompts: ['https://example.org/prompt.txt']", "nothing is run or fetched"),
    ("prompts: ['langfuse://p:1']", "nothing is run or fetched"),
    ("prompts: [file://../secret.txt]", "leads out"),
    ("prompts: [file:///etc/passwd]", "leads out"),
    ("prompts: [file://link.txt]", "leads out"),
    ("prompts: [file://linked/secret.txt]", "leads out"),
    ("prompts: ['file://../*.txt']", "leads out"),
    ("prompts: ['file://linked/*.txt']", "leads out"),
    ("prompts: [file://pipe.txt]", "no regular file"),
    ("prompts: [file://large.txt]", "larger than 10 MB"),
    ("prompts: [file://binary.txt]", "UTF-8"),
    ("prompts: [file://absent.txt]", "No such file"),
    ("prompts: ['file://none*.txt']", "matches no file"),
    ("prompts: [x]\ntests: 'https://example.org/tests.csv'", "nothing is fetched"),
    ("prompts: [x]\ntests: file://tests.py", "nothing is run"),
    ("prompts: [x]\ntests: file://tests.xlsx", "no text file"),
    ("prompts: [x]\ntests: [{vars: {a: file://../secret.txt}}]", "leads out"),
    ("prompts: [x]\ntests: [{vars: file://../secret.yaml}]", "leads out"),
    ("prompts: [x]\ntests: [{vars: {a: file://a.py}}]", "nothing is run"),
    ("prompts: [x]\ntests: [{assert: [{type: equals, value: file://../secret.txt}]}]", "leads out"),
    ("prompts: [x]\ntests: [{assert: [{type: equals, value: file://a.js}]}]", "nothing is run"),
    ("prompts: [x]\ndefaultTest: file://../secret.yaml", "leads out"),
    ("prompts: [x]\nscenarios: [file://../secret.yaml]", "leads out"),
    ("prompts: [x]\nproviders: [file://../secret.yaml]", "leads out"),
    ("prompts: [x]\nproviders: [{id: 'openai:a', config: {tools: file://../secret.json}}]", "leads out"),
    ("prompts: [x]\nproviders: [{id: 'openai:a', config: {tools: file://tools.js}}]", "nothing is run"),
    ("prompts: [x]\nproviders: [{id: 'openai:a', config: {response_format: file://../s.json}}]", "leads out"),
    ("prompts: [x]\nproviders: ['exec:./x.sh', 'python:x.py', 'file://x.js']", "x.sh"),
    (f"prompts: [x]\ntests: [{{vars: {{{MANY}}}}}]", "combinations"),
    ("prompts: [x]\nextensions: [file://x.js]", "nothing is run"),
    ("prompts: [x]\nnunjucksFilters: {shout: ./x.js}", "nothing is run"),
    ("prompts: [x]\ntests: [{options: {transform: output.x}, assert: [{type: equals, value: a}]}]", "nothing is run"),
    ("prompts: [x]\ntests: [{assert: [{type: contians, value: a}]}]", "did you mean 'contains'"),
    ("prompts: [x]\ntests: [{assert: [{type: regex, value: '(?i)a'}]}]", "flags"),
    ("prompts: [x]\ntests: [{assert: [{type: contains, value: '{{ env.HOME }}'}]}]", "every machine"),
    ("prompts: [x]\nevaluations: {}", "not known here"),
]


@pytest.mark.parametrize(("config", "reason"), UNREADABLE, ids=[row[0][:60] for row in UNREADABLE])
def test_what_cannot_be_carried_over_is_said_and_never_run_or_read(folder: Folder, config: str, reason: str) -> None:
    folder.write("secret.txt", "the secret\n")
    folder.write("secret.yaml", "a: the secret\n")
    folder.write("secret.json", '[{"name": "the_secret"}]\n')
    their = folder.path / "their"
    their.mkdir()
    (their / "link.txt").symlink_to("../secret.txt")
    (their / "linked").symlink_to("..")
    (their / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with (their / "large.txt").open("wb") as file:
        file.truncate(10_000_001)
    os.mkfifo(their / "pipe.txt")
    program = "from pathlib import Path\nPath('was_run').touch()\n"
    for name in ("make.py", "tests.py", "a.py", "make.js", "tools.js", "a.js", "make.sh", "make.ts"):
        (their / name).write_text(program, encoding="utf-8")

    code, text, said = small(
        folder, config + "\n" if "providers" in config else f"{config}\nproviders: [openai:gpt-4.1-mini]\n"
    )

    assert code == 1
    assert reason in said
    assert "the secret" not in text + said
    assert not list(folder.path.rglob("was_run"))
    if text:
        assert folder.run("check", "cases")[0] == 0


def test_a_file_that_is_there_is_kept_unless_told_otherwise(folder: Folder) -> None:
    config = "prompts: [x]\nproviders: [openai:gpt-4.1-mini]\ntests: [{assert: [{type: is-json}]}]\n"
    folder.write("cases/config.yaml", "mine\n")

    code, text, said = small(folder, config)
    forced, anew, _ = small(folder, config, "--force")

    assert (code, text) == (2, "mine\n")
    assert "--force" in said
    assert (forced, anew.startswith("version: 1")) == (0, True)


def test_nothing_is_written_through_a_link_or_over_the_configuration(folder: Folder) -> None:
    config = "prompts: [x]\nproviders: [openai:gpt-4.1-mini]\ntests: [{assert: [{type: is-json}]}]\n"
    outside = folder.write("outside.yaml", "mine\n")
    (folder.path / "cases").mkdir()
    (folder.path / "cases/config.yaml").symlink_to(outside)

    code, _, said = small(folder, config, "--force")
    (folder.path / "cases/config.yaml").unlink()
    own, _, told = small(folder, config, "--force", "--out", "their")

    (folder.path / "away").symlink_to(folder.path.parent)
    away, _, away_said = small(folder, config, "--out", "away")

    assert (code, outside.read_text("utf-8")) == (2, "mine\n")
    assert "is a link" in said
    assert (away, "behind" in away_said) == (2, True)
    assert own == 2
    assert "the file that is read" in told


def test_a_configuration_with_a_key_in_it_is_not_written_out(folder: Folder) -> None:
    key = "sk-" + "a1B2" * 8
    code, text, said = small(
        folder, f"prompts: ['Use {key}']\nproviders: [openai:gpt-4.1-mini]\ntests: [{{assert: [{{type: is-json}}]}}]\n"
    )
    harmless, fine, _ = small(
        folder,
        f"prompts: [x]\nproviders: [{{id: 'openai:gpt-4.1-mini', config: {{apiKey: {key}}}}}]\n"
        "tests: [{assert: [{type: is-json}]}]\n",
    )

    assert (code, text) == (2, "")
    assert key not in said
    assert (harmless, key in fine) == (0, False)


@pytest.mark.parametrize("text", ["", "- a\n", "a: [\n", "name: x\n", "a: &x [*x]\n", "module.exports = {}\n"])
def test_what_is_no_configuration_is_a_wrong_call(folder: Folder, text: str) -> None:
    code, written_text, said = small(folder, text)

    assert (code, written_text) == (2, "")
    assert said.count("\n") == 1


def test_control_characters_never_reach_the_terminal_or_the_file(folder: Folder) -> None:
    config = {
        "description": "a\u001b[2Jb\u202ec",
        "prompts": ["x\u001b[31m {{ a }}"],
        "providers": ["open\u001b[2Jai:gpt", "openai:gpt-4.1-mini"],
        "tests": [{"description": "\u001b]0;t\u0007", "vars": {"a": "\u009b1m"}, "assert": [{"type": "\u001b[1m"}]}],
    }

    _, text, said = small(folder, json.dumps(config))

    assert not set(text + said) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert folder.run("check", "cases")[0] == 0


@pytest.mark.parametrize("key", ["$include", "$file", "$python"])
def test_what_a_case_file_would_read_is_not_carried_over(folder: Folder, key: str) -> None:
    text = f"""
        prompts: [Say hello.]
        providers:
          - id: openai:gpt-5-mini
            config:
              max_tokens: 9
              response_format: {{type: json_schema, json_schema: {{name: a, schema: {{{key}: "evil:f"}}}}}}
              tools: [{{name: f, parameters: {{{key}: "evil:f"}}}}]
        tests: [{{assert: [{{type: contains, value: ello}}]}}]
    """

    code, file, said = small(folder, dedent(text))

    assert code == 1  # something is left out
    assert "evil" not in "".join(line for line in file.splitlines() if not line.lstrip().startswith("#"))
    assert said.count(f"a case file would take its '{key}' for the name of something to read") == 2
