"""A cheap look at a text: may it be a case file? Imports only `re`: foreign YAML must not cost a run."""

from __future__ import annotations

import re

# `cases` as a key, wherever: plain, quoted, behind an anchor or a tag, `? cases`, in flow style, in JSON.
_KEY = re.compile(r"""(?<![\w-])cases(?:["']?\s*:|["']?\s*(?:\#[^\n]*)?\n\s*:)|\?\s+["']?cases\b""")
_COMMENT = re.compile(
    r"#\s*yaml-language-server:\s*\$schema=\S*(?:cases\.schema\.json|prompt_contracts/cases/schema\.json)"
)
_TOP_KEY = re.compile(r"""^(?:cases|"cases"|'cases')[ \t]*:""", re.MULTILINE)


def looks_like_case_file(text: str) -> bool:
    """Whether a text may be a case file. True promises nothing; False is certain."""
    return _KEY.search(text) is not None or has_schema_comment(text)


def has_schema_comment(text: str) -> bool:
    """Whether a comment names our JSON Schema for the editor."""
    return "yaml-language-server" in text and _COMMENT.search(text) is not None


def claims_to_be_case_file(text: str) -> bool:
    """Whether an unreadable text surely was meant as a case file: the key at the margin, or our comment."""
    return _TOP_KEY.search(text) is not None or has_schema_comment(text)
