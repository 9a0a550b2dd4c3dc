"""The schema in the language server that editors run: what is offered, shown and underlined. `make test-editor`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from prompt_contracts.cases.structure import load_schema
from prompt_contracts.expectations.facets import FACETS
from prompt_contracts.linting.editor_schema import editor_schema
from prompt_contracts.provider_error import ERROR_KINDS
from tests.editor.__main__ import VARIABLE
from tests.editor.language_server import LanguageServer, language_server
from tests.editor.right_files import MODELINE, right_files
from tests.editor.wrong_files import TABLE, Wrong

SERVER = os.environ.get(VARIABLE)
if SERVER is None:
    pytest.skip("needs Node.js and a language server: `make test-editor` installs one", allow_module_level=True)

HEAD = MODELINE + "version: 1\n"
CASE = HEAD + "cases:\n  - name: a\n"
ASKED = CASE + "    user: x\n"
EXPECT = ASKED + "    expect:\n"

LOGIC = "$eq $any_of $all_of $not"
ORDER = "$approx $within $range $lt $le $gt $ge"
TEXT = f"{LOGIC} $regex $contains $loosely $len $words $count $check $schema $include $file"
NUMBER = f"{LOGIC} {ORDER} $check $schema $include"
ANY = (
    f"{LOGIC} $type $regex $contains $loosely {ORDER} $len $words $count $each $unordered $at $absent $check $schema "
    "$optional $others $include $file"
)
ARGUMENTS = f"{LOGIC} $len $at $check $schema $optional $others $include"
FACET_NAMES = " ".join((*FACETS, "$include"))
NO_ERROR = " ".join((*(name for name in FACETS if name != "error"), "$include"))
KINDS = " ".join(ERROR_KINDS)


def keys_of(definition: str) -> str:
    """The keys of a mapping in the language's own schema."""
    found = load_schema()["$defs"][definition]
    main = next(each for each in (found, *found.get("anyOf", ())) if "properties" in each)
    return " ".join(main["properties"])


CASE_KEYS = keys_of("case").replace("name ", "", 1)
POSITIONS = {
    # Keys of mappings.
    "file": (HEAD + "|\ncases: []\n", "models defaults variables tools"),
    "defaults": (HEAD + "defaults:\n  |\n", keys_of("defaults") + " $include"),
    "case": (CASE + "    |\n", CASE_KEYS),
    "message": (CASE + "    messages:\n      - role: user\n        |\n", keys_of("message").replace("role ", "")),
    "request": (ASKED + "    request:\n      |\n", keys_of("request") + " $include"),
    "fault": (ASKED + "    fault:\n      |\n", keys_of("fault") + " $include"),
    "retry": (ASKED + "    retry:\n      |\n", keys_of("retry") + " $include"),
    "turn": (CASE + "    turns:\n      - user: x\n        |\n", keys_of("turn").replace("user ", "")),
    "expect": (EXPECT + "      |\n", FACET_NAMES),
    "any_of": (EXPECT + "      any_of:\n        - |\n", FACET_NAMES),
    "not": (EXPECT + "      not:\n        |\n", NO_ERROR),
    "error": (EXPECT + "      error:\n        |\n", keys_of("error_pattern") + " $include"),
    "usage": (EXPECT + "      usage:\n        |\n", keys_of("usage_pattern") + " $include"),
    # Operators on what a facet is about.
    "text": (EXPECT + "      text:\n        |\n", "{$contains: umbrella} " + TEXT),
    "text-begun": (EXPECT + "      text:\n        $|\n", "{$contains: umbrella} " + TEXT),
    "text-continued": (EXPECT + "      text:\n        $contains: a\n        |\n", TEXT.replace(" $contains", "")),
    "reasoning": (EXPECT + "      reasoning:\n        |\n", "{$contains: umbrella} " + TEXT),
    "json": (EXPECT + "      json:\n        |\n", ANY),
    "json-member": (EXPECT + "      json:\n        city:\n          |\n", ANY),
    "cost": (EXPECT + "      cost:\n        |\n", "{$le: 0.002} " + NUMBER),
    "latency": (EXPECT + "      latency:\n        |\n", "{$le: 5} " + NUMBER),
    "tokens": (EXPECT + "      usage:\n        total_tokens:\n          |\n", "{$le: 300} " + NUMBER),
    "length": (EXPECT + "      text:\n        $len:\n          |\n", "{$le: 5} " + NUMBER),
    "arguments": (EXPECT + "      tool_calls:\n        - get_weather:\n            |\n", ARGUMENTS),
    "argument": (EXPECT + "      tool_calls:\n        - get_weather:\n            city:\n              |\n", ANY),
    # Values.
    "text-value": (EXPECT + "      text: |\n", "{$contains: umbrella}"),
    "cost-value": (EXPECT + "      cost: |\n", "{$le: 0.002}"),
    "kind": (EXPECT + "      error:\n        kind: |\n", KINDS + " {$any_of: [server, overloaded]}"),
    "kind-negated": (EXPECT + "      error:\n        kind:\n          $not: |\n", KINDS),
    "outcome": (EXPECT + "      error:\n        outcome: |\n", "surfaced recovered"),
    "finish_reason": (EXPECT + "      finish_reason: |\n", "stop length tool_calls content_filter"),
    "refusal": (EXPECT + "      refusal: |\n", "true false {$contains: cannot}"),
    "arguments_valid": (EXPECT + "      arguments_valid: |\n", "true false"),
    "type": (EXPECT + "      json:\n        $type: |\n", 'boolean number string array object "null" integer'),
    "role": (CASE + "    messages:\n      - role: |\n", "system developer user assistant tool"),
    "endpoint": (ASKED + "    endpoint: |\n", "auto chat responses assistants"),
    "on_error": (ASKED + "    on_error: |\n", "fail continue"),
    "timeout-fault": (ASKED + "    fault: {timeout: |}\n", "read connect"),
    "retry-kinds": (
        ASKED + "    retry:\n      kinds:\n        - |\n",
        "timeout connection rate_limit server overloaded",
    ),
}
HOVERS = {
    "version": (MODELINE + "vers|ion: 1\ncases: []\n", "Version of the case language"),
    "models": (HEAD + "mod|els: [a:b]\ncases: []\n", "Models that every case is run with"),
    "case-name": (HEAD + "cases:\n  - na|me: a\n", "Unique in the file"),
    "user": (CASE + "    us|er: Hello\n", "Short for a user message"),
    "expect": (ASKED + "    exp|ect: {text: a}\n", "What must hold"),
    "text": (EXPECT + "      te|xt: a\n", "Pattern on the text of the answer"),
    "text-operators": (EXPECT + "      te|xt: {$contains: a}\n", "Pattern on the text of the answer"),
    "json": (EXPECT + "      js|on: {a: 1}\n", "Pattern on the parsed answer"),
    "cost": (EXPECT + "      co|st: {$le: 1}\n", "Pattern on the cost in US dollars"),
    "latency": (EXPECT + "      laten|cy: {$le: 1}\n", "seconds as recorded"),
    "contains": (EXPECT + "      text: {$cont|ains: a}\n", "A substring"),
    "regex": (EXPECT + "      text: {$re|gex: a}\n", "regular expression"),
    "kind": (EXPECT + "      error: {ki|nd: auth}\n", "What went wrong"),
    "handled": (EXPECT + "      error: {hand|led: true}\n", "the application returned a reply"),
    "fault": (ASKED + "    fault: {time|out: read}\n", "The attempt times out"),
    "require": (ASKED + "    req|uire: all\n", "How many trials must hold"),
}
RIGHT = right_files()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A server in a project with the schema where `prompt-contracts schema` puts it."""
    root = tmp_path_factory.mktemp("project")
    place = root / ".prompt-contracts" / "cases.schema.json"
    place.parent.mkdir()
    place.write_text(editor_schema(), encoding="utf-8")
    (root / "cases").mkdir()
    assert SERVER is not None
    with language_server([shutil.which("node") or "node", SERVER, "--stdio"], root / "cases") as found:
        yield found


def split(labels: str) -> list[str]:
    """Labels that are told apart by spaces, but for those in braces."""
    found: list[str] = []
    for part in labels.split():
        if found and found[-1].count("{") > found[-1].count("}"):
            found[-1] += f" {part}"
        else:
            found.append(part)
    return sorted(found)


@pytest.mark.parametrize("name", POSITIONS)
def test_what_is_offered_is_complete_and_nothing_else(server: LanguageServer, name: str) -> None:
    text, wanted = POSITIONS[name]

    offers = server.offers(text)

    assert sorted(offer.label for offer in offers) == split(wanted)
    assert [offer for offer in offers if "[object" in offer.label + offer.text + offer.documentation] == []
    assert [offer.label for offer in offers if ":" in offer.text and not offer.documentation] == []


@pytest.mark.parametrize("name", HOVERS)
def test_a_word_is_explained_where_it_stands(server: LanguageServer, name: str) -> None:
    text, wanted = HOVERS[name]

    said = server.hover(text)

    assert wanted in said
    assert "[object" not in said


@pytest.mark.parametrize("wrong", TABLE, ids=lambda wrong: wrong.name)
def test_what_a_schema_can_tell_is_underlined(server: LanguageServer, wrong: Wrong) -> None:
    text = wrong.text if wrong.text.startswith("#") else MODELINE + wrong.text

    assert bool(server.problems(text)) == (not wrong.untold)


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_that_is_sound_is_underlined(server: LanguageServer, name: str) -> None:
    assert server.problems(RIGHT[name]) == []
