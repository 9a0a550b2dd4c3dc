"""Keys that people bring from other tools, or write in the wrong place, and what they are here: tables only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def _table(*rows: tuple[str, str]) -> Mapping[str, str]:
    """Each row is words, apart by spaces, and the advice for all of them."""
    return {word: advice for words, advice in rows for word in words.split()}


_ASKED = ("input question query instruction content text_input", "write user: the text, or messages: [...]")
_EXPECTED = (
    "assert asserts assertion assertions expected expects expectations expected_output output should checks validate",
    "write expect: {text: ..., json: ..., tool_calls: ...}, whatever must hold",
)
_EXPECTED_CALLS = (
    "expected_tools tools_called expected_tool_calls expected_calls",
    "write expect: {tool_calls: [{name: {argument: value}}]}",
)
_JUDGED = (
    "rubric llm-rubric criteria metric metrics threshold_score similar factuality",
    "no model judges an answer here; write expect: {check: package.module:function} for a rule of your own",
)
_MODELS = ("provider providers llm engine deployment", "write models: [provider:model], as in openai:gpt-5-mini")
_FUNCTIONS = ("functions function", "write tools: [...], each with name and parameters")
_REQUEST = ("config options settings params parameters model_config llm_config", "write request: {temperature: 0, ...}")

_CASE = (
    _ASKED,
    ("prompt", "write user: the text, or messages: [...]; several to compare: prompts: {short: {...}, long: {...}}"),
    ("variants", "write prompts: {short: {system: ...}, long: {system: ...}}"),
    _EXPECTED,
    _EXPECTED_CALLS,
    _JUDGED,
    _MODELS,
    _FUNCTIONS,
    _REQUEST,
    ("vars inputs", "write rows: [{city: Oslo}], and name the column in a text: {{ city }}"),
    ("variables", "write variables at the top of the file, or rows: [{city: Oslo}] in the case"),
    ("parametrize examples data dataset", "write rows: [{city: Oslo}, {city: Lima}]"),
    ("schema json_schema", "write expect: {json: {$schema: ...}}; to ask for it, request: {response_format: ...}"),
    ("skipif skip_if skip_reason disabled", "write skip: the reason"),
    ("xfailif expected_failure known_failure", "write xfail: the reason"),
    ("repeat repeats runs count times n_trials iterations", "write trials: 5"),
    ("threshold pass_rate min_pass_rate success_rate", "write require: {rate: 0.9}"),
    ("retries max_retries retry_count", "write retry: {attempts: 3}"),
    ("marks markers marker labels", "write tags: [smoke]"),
    ("id title label test", "write name: a_name_of_letters_and_digits"),
    ("conversation chat dialogue steps", "write turns: [{user: ...}, {user: ...}]"),
    ("mock mocks mock_tools tool_outputs tool_responses tool_result", "write tool_results: {name: value}"),
    ("script cmd exec", "write command: [node, bot.js]"),
    ("callable function_under_test app target", "write handler: package.module:function"),
    ("env environment", "name the variable in a text: {{ env.NAME }}"),
    ("extends include import ref", "write {$include: file.yaml} where its content shall stand"),
    ("context developer instructions", "write system: the text, or messages: [...]"),
    ("error errors raises exception", "write expect: {error: {kind: ...}}"),
)
_FILE = (
    ("tests test testcases test_cases scenarios suite", "write cases: [...]"),
    _MODELS,
    ("model", "write models: [provider:model], as in openai:gpt-5-mini"),
    ("vars", "write variables: {name: value}"),
    ("default defaultTest default_test common base", "write defaults: {request: ..., expect: ...}"),
    ("description name title id", "write it as a comment (#), or as the description of a case"),
    ("config options settings params parameters", "write defaults: {request: {temperature: 0, ...}}"),
    ("prompt", "write the prompt in each case: user: the text"),
    (
        "prompts",
        "write prompts: {short: {system: ...}, long: {system: ...}} in a case, or in 'defaults' for all of them",
    ),
    ("functions function", "write tools: {name: {...}}, and name them in the cases"),
    _EXPECTED,
    ("env environment", "name the variable in a text: {{ env.NAME }}"),
    ("extends include import", "write {$include: file.yaml} where its content shall stand"),
)
_PROMPT = (
    ("text content prompt instructions developer template", "write system: the text, or user: the text"),
    ("input question query instruction", "write user: the text"),
    ("name id label title", "the name of a prompt stands before it, as in prompts: {short: {system: ...}}"),
    ("description", "write it as a comment (#)"),
    ("vars variables", "write rows: [{city: Oslo}] in the case: each prompt is asked with each row"),
    _REQUEST,
)
_TURN = (
    ("prompt", "write user: the text, or messages: [...]"),
    _ASKED,
    _EXPECTED,
    _EXPECTED_CALLS,
    ("role", "write user: the text, or messages: [{role: user, content: the text}]"),
    ("assistant answer response reply", "the model says it; write in expect what must hold of it"),
    (
        "vars variables",
        "write rows: [{city: Oslo}] in the case; extract: {name: /pointer} takes a value from an answer",
    ),
    ("save store capture set export", "write extract: {name: /pointer}"),
)
_PARAMETERS = (
    (
        "maxTokens max_length max_new_tokens",
        "write max_completion_tokens, or max_tokens for other providers",
    ),
    ("stop_sequences stop_words", "write stop: [...]"),
    ("format json_mode output_format json_object", "write response_format: {type: json_object}"),
    ("json_schema schema", "write response_format: {type: json_schema, json_schema: {name: ..., schema: {...}}}"),
    ("functions function", "write tools in the case, beside 'request'"),
    ("function_call", "write tool_choice"),
    ("reasoning effort", "write reasoning_effort: low"),
    ("top_k min_p repetition_penalty thinking", "only some providers know it: write it under 'extra_body'"),
    (
        "api_key base_url api_base headers",
        "it is said once for the project: see [tool.prompt_contracts.providers] and the environment",
    ),
    ("prompt system user question", "write it in the case, beside 'request'"),
    ("retries max_retries", "write retry: {attempts: 3} in the case, beside 'request'"),
    ("provider", "write model: provider:model in the case, beside 'request'"),
)
_MESSAGE = (
    ("text message prompt value", "write content: the text"),
    (
        "parts images image image_url",
        "write content: [{type: text, text: ...}, {type: image_url, image_url: {url: ...}}]",
    ),
    ("function_call", "write tool_calls: [{id: ..., type: function, function: {name: ..., arguments: ...}}]"),
    ("id call_id", "write tool_call_id"),
    ("author speaker type", "write role: user"),
)

# Of promptfoo, DeepEval, OpenAI's API and pytest.
FOREIGN_WORDS: Mapping[str, Mapping[str, str]] = {
    "a prompt-contracts case file": _table(*_FILE),
    "a case": _table(*_CASE),
    "a mapping of case keys": _table(*_CASE),
    "a mapping with system, user, messages or request": _table(*_PROMPT),
    "a turn": _table(*_TURN),
    "a mapping of parameters": _table(*_PARAMETERS),
    "a message": _table(*_MESSAGE),
}
"""Title of a mapping in the schema -> a word of other tools -> what to write instead."""

_OTHER_LEVELS = {
    "a prompt-contracts case file": (("case", "write it in a case, or in 'defaults' for all of them"),),
    "a case": (
        ("expect", "write it in 'expect', as in expect: {KEY: ...}"),
        ("request", "write it in 'request', as in request: {KEY: ...}"),
        ("file", "write it at the top of the file"),
    ),
    "a mapping of case keys": (
        ("expect", "write it in 'expect', as in expect: {KEY: ...}"),
        ("request", "write it in 'request', as in request: {KEY: ...}"),
    ),
    "a mapping with system, user, messages or request": (
        ("request", "write it in 'request', as in request: {KEY: ...}"),
        ("case", "write it in the case: it holds for all prompts"),
        ("expect", "write it in 'expect' of the case: it holds for all prompts"),
    ),
    "a turn": (
        ("expect", "write it in 'expect', as in expect: {KEY: ...}"),
        ("request", "write it in 'request', as in request: {KEY: ...}"),
        ("case", "write it in the case: it holds for all turns"),
    ),
    "a mapping of parameters": (("case", "write it in the case, beside 'request'"),),
    "a message": (("request", "write it in the case, as in request: {KEY: ...}"),),
}


def advice_for(title: str, key: str, levels: Mapping[str, Iterable[str]]) -> str | None:
    """What to write instead of a key that this level does not have; None for a word that nobody knows.

    `levels` are the keys of `file`, `case`, `request` and `expect`.
    """
    known = FOREIGN_WORDS.get(title, {})
    if (advice := known.get(key) or known.get(key.lower())) is not None:
        return advice
    for level, place in _OTHER_LEVELS.get(title, ()):
        if key in levels[level]:
            return place.replace("KEY", key)
    return None


_IN_CASE = {
    "model": "write model or models in the case, beside 'request'",
    "messages": "write messages in the case, beside 'request'",
    "tools": "write tools in the case, beside 'request'",
}

MISPLACED: Mapping[str, Mapping[str, str]] = {
    "a mapping of parameters": {
        **_IN_CASE,
        "timeout": "write timeout in the case, beside 'request'",
        "input": "write messages in the case, beside 'request'",
    },
    "a mapping of parameters that only the provider knows": {
        **_IN_CASE,
        "extra_body": "write what stands in it here",
    },
    "a case": {"extract": "write it in the turn whose answer holds the value"},
    "a mapping of case keys": {
        "name": "every case has its own name",
        "description": "write it in the case",
        "rows": "write rows in the case",
        "matrix": "write matrix in the case",
        "user": "write user in the case; the system message may stand here",
        "messages": "write messages in the case; the system message may stand here",
        "model": "an override is for the models that its glob names",
        "models": "an override is for the models that its glob names",
        "overrides": "overrides do not nest",
        "prompts": "write prompts in the case, or in 'defaults': every model is asked with each of them",
        "turns": "write turns in the case; the system message may stand here",
        "extract": "write it in the turn whose answer holds the value",
    },
    "a turn": {
        "system": "write it in the case: what stands there comes before the turns",
        **dict.fromkeys(
            ("tools", "tool_results", "history", "timeout", "retry", "endpoint", "model"),
            "write it in the case: it holds for all turns",
        ),
    },
    "a mapping with id or fields of an assistant": {
        "model": "write model or models in the case: it is sent when the assistant is created",
        "assistant_id": "write id",
        "messages": "write messages in the case, beside 'assistant'",
    },
    "a mapping with id or fields of a run": {
        "model": "write model or models in the case, beside 'assistant'",
        "assistant_id": "write id in 'assistant'",
        "thread_id": "write thread: {id: ...} beside 'run'",
    },
    "a fault": dict.fromkeys(
        ("times", "request"), "in a list each entry is one attempt: repeat the entry, or write null for no fault"
    ),
}
"""Title of a mapping in the schema -> key that belongs elsewhere -> where."""
