"""Keys of a configuration that a case file has no place for, and what there is instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType, NoneType

from prompt_contracts.exchange.promptfoo.test_entries import MOST_CELLS
from prompt_contracts.exchange.promptfoo.unread_keys import unknown
from prompt_contracts.json_value import Json

_READ = frozenset(
    {"description", "prompts", "providers", "targets", "tests", "defaultTest", "scenarios", "evaluateOptions"}
    | {"commandLineOptions", "$schema", "assertionTemplates"}
)
_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "env": "variables are set in the environment or in .env, never in a case file",
        "nunjucksFilters": "they are programs, and nothing is run",
        "extensions": "they are programs, and nothing is run",
        "redteam": "attacks are not generated here",
        "derivedMetrics": "nothing is worked out of named scores; reports have costs, tokens and latencies",
        "tracing": "an application is recorded at its provider instead: handler or command",
        "defaultTestOptions": "it is not read",
    }
)
_RESULTS = "where results go is said by a run: --pc-report"
_HARMLESS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("tags", "metadata"), "it names results for filters and pages, and no verdict rests on it"),
        **dict.fromkeys(("outputPath", "sharing", "writeLatestResults"), _RESULTS),
    }
)
_OF_A_RUN: Mapping[str, str] = MappingProxyType(
    {
        "maxConcurrency": "a run says it: --pc-concurrency",
        "delay": "a run says it: --pc-rpm",
        "timeoutMs": "a run says it: --pc-timeout, in seconds",
        "maxEvalTimeMs": "a run has no end of its own; every request has: --pc-timeout",
        "cache": "a run says it: recordings: --pc-record",
        **dict.fromkeys(("output", "write", "share"), _RESULTS),
        **dict.fromkeys(
            ("showProgressBar", "progressBar", "table", "tableCellMaxLength", "verbose", "watch", "eventSource"),
            "what is shown of a run is said by pytest's options",
        ),
        **dict.fromkeys(("description", "config", "interactiveProviders", "noShare"), "it changes no test"),
    }
)
_OF_THE_COMMAND: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("promptPrefix", "promptSuffix"), "write it in the prompts: options prefix and suffix are read"
        ),
        **dict.fromkeys(
            ("prompts", "providers", "tests", "vars", "var", "assertions", "modelOutputs"),
            "what is tested is read from the configuration's own keys alone",
        ),
        **dict.fromkeys(("grader", "suggestPrompts", "generateSuggestions"), "nothing here asks a model for it"),
        **dict.fromkeys(("extension",), "they are programs, and nothing is run"),
        **dict.fromkeys(("envPath", "envFile"), "variables are set in the environment or in .env"),
        **dict.fromkeys(("retryErrors", "resume"), "a run of recordings takes up what is there by itself"),
    }
)
_FILTERS = "all tests are carried over; a run chooses among them: pytest -k"
_REPEAT = "repeat"


def remarks_on(config: Mapping[str, Json]) -> Iterator[tuple[str, bool]]:
    """A remark for each kind of key that is not carried over, and whether the verdicts could miss it."""
    for key in config:
        if key in _READ or key.startswith("x-"):
            continue
        if key in _HARMLESS:
            yield f"{key}: {_HARMLESS[key]}", False
        elif key in _REASONS:
            yield f"{key}: {_REASONS[key]}", True
        elif not _is_shared_part(config[key], key):
            yield unknown(key, (*_READ, *_HARMLESS, *_REASONS)), True
    if config.get("providers") is not None and config.get("targets") is not None:
        yield "targets: providers stand beside them, and are read instead", True
    if not isinstance(config.get("description", ""), (str, NoneType)):
        yield "description: it is no text", True
    for name in ("evaluateOptions", "commandLineOptions"):
        yield from _of_options(name, config.get(name))


def _of_options(name: str, options: Json) -> Iterator[tuple[str, bool]]:
    """The options of a run, those with one reason together."""
    if options is not None and not isinstance(options, dict):
        yield f"{name}: it is no mapping", True
    alike: dict[tuple[str, bool], list[str]] = {}
    for key, value in options.items() if isinstance(options, dict) else ():
        if key == _REPEAT:
            if repeat_of(value) is None:
                yield f"{name}.{key}: it is no number of trials", True
        elif key in _OF_A_RUN:
            alike.setdefault((_OF_A_RUN[key], False), []).append(key)
        elif key.startswith("filter"):
            alike.setdefault((_FILTERS, True), []).append(key)
        elif key in _OF_THE_COMMAND:
            alike.setdefault((_OF_THE_COMMAND[key], True), []).append(key)
        else:
            yield f"{name}.{unknown(key, (_REPEAT, *_OF_A_RUN, *_OF_THE_COMMAND))}", True
    for (reason, is_dropped), keys in alike.items():
        yield f"{name}.{', '.join(keys)}: {reason}", is_dropped


def repeat_of(value: Json) -> int | None:
    """How often all is asked; None where a case cannot say so."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_CELLS
    return value if is_count and isinstance(value, int) else None


def _is_shared_part(value: Json, key: str) -> bool:
    """Whether it only holds what anchors and `$ref` point into."""
    return isinstance(value, (dict, list)) and key in ("definitions", "templates", "assertions", "anchors", "shared")
