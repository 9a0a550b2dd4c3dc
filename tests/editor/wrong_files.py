"""Case files with one mistake each, and which of them a schema can tell."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent, indent

HEAD = """\
# yaml-language-server: $schema=../.prompt-contracts/cases.schema.json
version: 1
models: [openai:gpt-5-mini]
tools: {get_weather: {name: get_weather}}
cases:
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A file that `prompt-contracts check` refuses."""

    name: str
    text: str
    untold: str = ""
    """Why no schema can tell; empty: the editor's schema refuses it too."""


def whole(name: str, text: str, untold: str = "") -> Wrong:
    return Wrong(name=name, text=dedent(text).lstrip(), untold=untold)


def case(name: str, text: str, untold: str = "") -> Wrong:
    """A file with one case, `text` its keys beside the name."""
    return Wrong(name=name, text=f"{HEAD}  - name: a\n{indent(dedent(text).strip(), '    ')}\n", untold=untold)


def expect(name: str, text: str, untold: str = "") -> Wrong:
    """A file with one case, `text` its expectations."""
    body = indent(dedent(text).strip(), "  ")
    return case(name, f"user: Hello.\ntools: [get_weather]\nexpect:\n{body}", untold)


ACROSS = "a schema compares no two values with each other"
MEANING = "a schema does not know what a pattern means"
PROJECT = "a schema knows one file, not the project around it"
MERGED = "defaults, overrides and turns may hold the rest"

TABLE = (
    # The file.
    whole("no-version", "cases: [{name: a, user: x, expect: {text: a}}]"),
    whole("version-2", "version: 2\ncases: [{name: a, user: x, expect: {text: a}}]"),
    whole("no-cases", "version: 1\nmodels: [openai:gpt-5-mini]\n# yaml-language-server: $schema=cases.schema.json"),
    whole("cases-empty", "version: 1\ncases: []"),
    whole("unknown-key-of-file", "version: 1\nmodel: [a:b]\ncases: [{name: a, user: x, expect: {text: a}}]"),
    whole("model-without-provider", "version: 1\nmodels: [gpt-5]\ncases: [{name: a, user: x, expect: {text: a}}]"),
    whole("name-of-variable", "version: 1\nvariables: {9a: b}\ncases: [{name: a, user: x, expect: {text: a}}]"),
    whole("rows-in-defaults", "version: 1\ndefaults: {rows: [{a: 1}]}\ncases: [{name: a, user: x, expect: {text: a}}]"),
    whole(
        "two-cases-of-one-name",
        "version: 1\nmodels: [openai:gpt-5-mini]\ncases: [{name: a, user: x, expect: {text: a}}, "
        "{name: a, user: x, expect: {text: a}}]",
        untold=ACROSS,
    ),
    # What is asked.
    whole("no-name", "version: 1\nmodels: [openai:gpt-5-mini]\ncases: [{user: x, expect: {text: a}}]"),
    whole(
        "name-with-a-space", "version: 1\nmodels: [openai:gpt-5-mini]\ncases: [{name: a b, user: x, expect: {text: a}}]"
    ),
    case("unknown-key", "user: x\nexpcet: {text: a}\nexpect: {text: a}"),
    case("user-beside-messages", "user: x\nmessages: [{role: user, content: x}]\nexpect: {text: a}"),
    case(
        "system-beside-system-message", "system: x\nmessages: [{role: system, content: x}]\nexpect: {text: a}", ACROSS
    ),
    case("nothing-is-asked", "expect: {text: a}"),
    case("model-beside-models", "model: openai:gpt-5\nmodels: [openai:gpt-5]\nuser: x\nexpect: {text: a}"),
    case("rows-beside-matrix", "rows: [{a: x}]\nmatrix: {a: [x]}\nuser: '{{ a }}'\nexpect: {text: a}"),
    case("unknown-change", "user: Hello.\nholds_under: {shuffled: true}\nexpect: {text: a}"),
    case(
        "unknown-place-of-tools",
        "user: Hello.\ntools: [get_weather]\nholds_under: {tool_order: [random]}\nexpect: {text: a}",
    ),
    case("typos-without-a-word", "user: Hello.\nholds_under: {spelling: [typos: {count: 0}]}\nexpect: {text: a}"),
    case("id-of-a-paraphrase", "user: Hello.\nholds_under: {said_as: {a b: Hey}}\nexpect: {text: a}"),
    case("expect-of-a-missing-tool", "user: Hello.\nholds_under: {without_tool: {a: {txt: b}}}\nexpect: {text: a}"),
    case(
        "empty-paraphrase",
        "user: Hello.\nholds_under: {said_as: {a: ''}}\nexpect: {text: a}",
        "a text of one message may be empty elsewhere",
    ),
    case(
        "same-facet-twice",
        "user: Hello.\ntrials: 2\nholds_under: {said_as: {a: Hey}}\nsame: [json, json]\nexpect: {text: a}",
        ACROSS,
    ),
    case("same-without-a-change", "user: Hello.\ntrials: 2\nsame: [json]\nexpect: {text: a}"),
    case(
        "same-text",
        "user: Hello there.\ntrials: 2\nholds_under: {spelling: [lower_case]}\nsame: [text]\nexpect: {text: a}",
    ),
    case("prompts-as-a-list", "user: x\nprompts: [a, b]\nexpect: {text: a}"),
    case("no-prompts", "user: x\nprompts: {}\nexpect: {text: a}"),
    case("prompt-of-nothing", "user: x\nprompts: {p: }\nexpect: {text: a}"),
    case("prompt-as-text", "user: x\nprompts: {p: Be brief.}\nexpect: {text: a}"),
    case("name-of-prompt", "user: x\nprompts: {a b: {system: x}}\nexpect: {text: a}"),
    case("unknown-key-of-prompt", "user: x\nprompts: {p: {sytem: x}}\nexpect: {text: a}"),
    case("expect-of-prompt", "user: x\nprompts: {p: {expect: {text: a}}}\nexpect: {text: a}"),
    case(
        "user-beside-messages-of-prompt",
        "prompts: {p: {user: x, messages: [{role: user, content: x}]}}\nexpect: {text: a}",
    ),
    case("two-prompts-of-one-name", "user: x\nprompts: {p: {system: x}, P: {system: y}}\nexpect: {text: a}", ACROSS),
    case("role-unknown", "messages: [{role: robot, content: x}]\nexpect: {text: a}"),
    case("messages-empty", "messages: []\nexpect: {text: a}"),
    case("message-without-role", "messages: [{content: x}]\nexpect: {text: a}"),
    case("tool-message-without-id", "messages: [{role: tool, content: x}]\nexpect: {text: a}"),
    case("content-of-a-number", "messages: [{role: user, content: 5}]\nexpect: {text: a}"),
    case("content-part-unknown", "messages: [{role: user, content: [{type: video}]}]\nexpect: {text: a}"),
    case("unknown-variable", "user: '{{ nobody }}'\nexpect: {text: a}", ACROSS),
    case("tool-that-is-none", "user: x\ntools: [{nome: f}]\nexpect: {text: a}"),
    case("tool-of-no-library", "user: x\ntools: [find_order]\nexpect: {text: a}", ACROSS),
    # Parameters and conduct.
    case("unknown-parameter", "user: x\nrequest: {temprature: 1}\nexpect: {text: a}"),
    case("temperature-of-a-word", "user: x\nrequest: {temperature: hot}\nexpect: {text: a}"),
    case("parameter-in-extra-body", "user: x\nrequest: {extra_body: {seed: 1}}\nexpect: {text: a}"),
    case("parameter-of-the-case", "user: x\ntemperature: 1\nexpect: {text: a}"),
    case("endpoint-unknown", "user: x\nendpoint: completions\nexpect: {text: a}"),
    case("timeout-of-nothing", "user: x\ntimeout: 0\nexpect: {text: a}"),
    case("trials-of-none", "user: x\ntrials: 0\nexpect: {text: a}"),
    case("require-beyond-trials", "user: x\ntrials: 3\nrequire: 4\nexpect: {text: a}", ACROSS),
    case("rate-above-one", "user: x\ntrials: 3\nrequire: {rate: 1.5}\nexpect: {text: a}"),
    case("skip-without-reason", "user: x\nskip: true\nexpect: {text: a}"),
    case("on-error-unknown", "user: x\non_error: ignore\nexpect: {text: a}"),
    case("handler-beside-command", "user: x\nhandler: 'a:b'\ncommand: [node]\nexpect: {text: a}"),
    case("handler-without-function", "user: x\nhandler: shop\nexpect: {text: a}"),
    case("handler-that-is-not-there", "user: x\nhandler: 'shop.bot:reply'\nexpect: {text: a}", PROJECT),
    case("retry-beside-command", "user: x\ncommand: [node]\nretry: {attempts: 2}\nexpect: {text: a}"),
    case("retry-of-a-final-kind", "user: x\nretry: {kinds: [auth]}\nexpect: {text: a}"),
    case("fault-unknown", "user: x\nfault: {delay: 3}\nexpect: {error: {kind: timeout}}"),
    case("fault-of-nothing", "user: x\nfault: {times: 2}\nexpect: {error: {kind: timeout}}"),
    case("two-faults-in-one", "user: x\nfault: {timeout: read, status: 500}\nexpect: {error: {kind: timeout}}"),
    case("body-beside-timeout", "user: x\nfault: {timeout: read, body: x}\nexpect: {error: {kind: timeout}}"),
    case("status-of-a-fault", "user: x\nfault: {status: 42}\nexpect: {error: {kind: server}}"),
    case("turn-of-nothing", "turns: [{expect: {text: a}}]"),
    case("turn-with-both", "turns: [{user: x, messages: [{role: user, content: x}], expect: {text: a}}]"),
    case("assistant-of-another-endpoint", "user: x\nassistant: {id: asst_1}\nexpect: {text: a}"),
    case("include-of-nothing", "user: x\nexpect: {$include: nowhere.yaml}", PROJECT),
    # What is expected.
    case("no-expect", "user: x"),
    case("expect-of-nothing", "user: x\nexpect: {}"),
    expect("unknown-facet", "texxt: a"),
    expect("schema-misspelt", "json: {$schema: {requried: [a]}}", "a JSON Schema is taken as it is"),
    expect("template-in-a-key", "json: {'{{ a }}': 1}", MEANING),
    expect("unknown-operator", "text: {$contain: a}"),
    expect("operator-on-text", "text: {$approx: 5}"),
    expect("operator-on-number", "cost: {$contains: a}"),
    expect("text-of-a-number", "text: 5"),
    expect("text-of-an-object", "text: {a: b}"),
    expect("cost-of-a-word", "cost: cheap"),
    expect("operator-beside-key", "json: {$contains: a, city: Oslo}"),
    expect("operator-beside-optional", "json: {$type: object, $optional: {a: 1}}"),
    expect("within-alone", "json: {a: {$within: 1}}"),
    expect("others-of-a-word", "json: {a: 1, $others: forbid}"),
    expect("type-unknown", "json: {$type: int}"),
    expect("any-of-nothing", "text: {$any_of: []}"),
    expect("count-without-is", "text: {$count: {of: a}}"),
    expect("pointer-without-slash", "json: {$at: {a: 1}}"),
    expect("absent-of-false", "json: {a: {$absent: false}}"),
    expect("regex-that-is-none", "text: {$regex: '('}", MEANING),
    expect("vacuous", "text: {$len: {$ge: 0}}", MEANING),
    expect("unsatisfiable", "text: {$all_of: [a, {$not: a}]}", MEANING),
    expect("check-without-function", "json: {$check: checks}"),
    expect("kind-unknown", "error: {kind: ratelimit}"),
    expect("kind-unknown-in-alternatives", "error: {kind: {$any_of: [auth, ratelimit]}}"),
    expect("kind-unknown-negated", "error: {kind: {$not: timeuot}}"),
    expect("reason-misspelt", "finish_reason: lenght", "a provider may have a word of its own"),
    expect("outcome-unknown", "error: {outcome: gone}"),
    expect("field-of-error-unknown", "error: {knid: auth}"),
    expect("error-of-nothing", "error: {}"),
    expect("error-as-a-word", "error: auth"),
    expect("error-under-not", "not: {error: {kind: auth}}"),
    expect("handled-without-application", "error: {kind: auth, handled: true}"),
    expect("usage-unknown", "usage: {tokens: {$le: 5}}"),
    expect("usage-of-nothing", "usage: {}"),
    expect("calls-of-a-word", "tool_calls: maybe"),
    expect("calls-of-nothing", "tool_calls: [{get_weather: }]"),
    expect("call-of-two-names", "tool_calls: [{get_weather: {}, find_order: {}}]"),
    expect("call-with-an-operator", "tool_calls: [{get_weather: {}, $time: 2}]"),
    expect("call-of-a-tool-not-offered", "tool_calls: [find_order]", ACROSS),
    expect("order-unknown", "tool_calls: [get_weather]\norder: sorted"),
    expect("never-of-a-word", "never: get_weather"),
    expect("arguments-valid-of-a-word", "tool_calls: [get_weather]\narguments_valid: maybe"),
    expect("only-a-switch", "strings: loose", MERGED),
    expect("check-of-a-number", "check: 5"),
    expect("any-of-an-empty-list", "any_of: []"),
    expect("all-of-of-a-text", "all_of: hello"),
)
