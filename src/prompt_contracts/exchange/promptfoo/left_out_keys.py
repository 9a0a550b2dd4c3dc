"""Keys of a configuration that a case file has no place for, and what there is instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from prompt_contracts.json_value import Json

_READ = frozenset(
    {"description", "prompts", "providers", "targets", "tests", "defaultTest", "scenarios", "evaluateOptions"}
)
_WITHOUT_EFFECT = frozenset(
    {
        "outputPath",
        "sharing",
        "writeLatestResults",
        "tags",
        "metadata",
        "$schema",
        "commandLineOptions",
        "assertionTemplates",
    }
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
_OF_A_RUN: Mapping[str, str] = MappingProxyType(
    {
        "maxConcurrency": "--pc-concurrency",
        "delay": "--pc-rpm",
        "timeoutMs": "--pc-timeout, in seconds",
        "cache": "recordings: --pc-record",
    }
)
_REPEAT = "repeat"


def remarks_on(config: Mapping[str, Json]) -> Iterator[tuple[str, bool]]:
    """A remark for each key that is not carried over, and whether the verdicts could miss it."""
    for key in config:
        if key in _READ or key in _WITHOUT_EFFECT or key.startswith("x-"):
            continue
        if key in _REASONS:
            yield f"{key}: {_REASONS[key]}", True
        elif not _is_shared_part(config[key], key):
            yield f"{key}: it is not known here", True
    options = config.get("evaluateOptions")
    for key in options if isinstance(options, dict) else ():
        if key in _OF_A_RUN:
            yield f"evaluateOptions.{key}: a run says it: {_OF_A_RUN[key]}", False


def _is_shared_part(value: Json, key: str) -> bool:
    """Whether it only holds what anchors and `$ref` point into."""
    return isinstance(value, (dict, list)) and key in ("definitions", "templates", "assertions", "anchors", "shared")
