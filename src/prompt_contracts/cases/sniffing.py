"""A cheap look at a text: may it be a case file? Imports no YAML: foreign files must not cost a run."""

from __future__ import annotations

import re

from prompt_contracts.json_value import Json

# `cases` as a key, wherever: plain, quoted, behind an anchor or a tag, `? cases`, in flow style, in JSON.
_KEY = re.compile(r"""(?<![\w-])cases(?:["']?\s*:|["']?\s*(?:\#[^\n]*)?\n\s*:)|\?\s+["']?cases\b""")
_COMMENT = re.compile(
    r"#\s*yaml-language-server:\s*\$schema=\S*(?:cases\.schema\.json|prompt_contracts/cases/schema\.json)"
)
_TOP_KEY = re.compile(r"""^(?:cases|"cases"|'cases')[ \t]*:""", re.MULTILINE)
# A misspelt `cases` beside our very version, both at the margin: version: "3" and the like are other people's.
_NEAR_KEY = re.compile(r"^(?:cases?|CASES?|Cases?)[ \t]*:", re.MULTILINE)
_VERSION = re.compile(r"^version[ \t]*:[ \t]*1[ \t]*(?:\#.*)?$", re.MULTILINE)


def looks_like_case_file(text: str) -> bool:
    """Whether a text may be a case file. True promises nothing; False is certain."""
    return _KEY.search(text) is not None or has_schema_comment(text) or _has_near_key(text)


def _has_near_key(text: str) -> bool:
    return "version" in text and _VERSION.search(text) is not None and _NEAR_KEY.search(text) is not None


def misspelt_cases_key(value: Json) -> str | None:
    """The key of a whole file that surely was meant as `cases`: what stands under it is cases. Else None."""
    if not isinstance(value, dict) or value.get("version") != 1:
        return None
    for key, items in value.items():
        if key.casefold() in ("case", "cases") and isinstance(items, list) and any(map(_is_case, items)):
            return key
    return None


def _is_case(value: Json) -> bool:
    return isinstance(value, dict) and "name" in value and not {"expect", "user", "messages"}.isdisjoint(value)


def has_schema_comment(text: str) -> bool:
    """Whether a comment names our JSON Schema for the editor."""
    return "yaml-language-server" in text and _COMMENT.search(text) is not None


def claims_to_be_case_file(text: str) -> bool:
    """Whether an unreadable text surely was meant as a case file: the key at the margin, or our comment."""
    return _TOP_KEY.search(text) is not None or has_schema_comment(text)
