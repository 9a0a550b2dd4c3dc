"""Regular expressions of JavaScript -> ours, which are Python's: what is written alike and means something else."""

from __future__ import annotations

import re

from prompt_contracts.exchange.promptfoo.foreign_values import NotCarriedError
from prompt_contracts.json_schema.regular_expression import InvalidRegexError, compile_regex

# JavaScript's classes know ASCII alone; Python's know Unicode. White space is the same in both.
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_"}
_SAME = frozenset("sSnrtfv0123456789")
_ESCAPES = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})")
_KNOWS_ASCII = re.compile(r"\\[dDwWbB]")
_WHITE_SPACE = re.compile(r"\\[sS]")
_ASCII_ESCAPES = "dDwWbB"
_COUNT = re.compile(r"\{\d+(?:,\d*)?\}", re.ASCII)
_GROUP_NAME = re.compile(r"\(\?<([A-Za-z_]\w*)>", re.ASCII)
_BACK_REFERENCE = re.compile(r"\\k<([A-Za-z_]\w*)>", re.ASCII)
_BOUNDARIES = {
    "b": r"(?:(?<![A-Za-z0-9_])(?=[A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?![A-Za-z0-9_]))",
    "B": r"(?:(?<![A-Za-z0-9_])(?![A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?=[A-Za-z0-9_]))",
}


def python_regex(pattern: str) -> str:
    """The expression that finds the same; `NotCarriedError` where there is none, or where it is none."""
    is_ascii = _KNOWS_ASCII.search(pattern) is not None and _WHITE_SPACE.search(pattern) is None
    written = ("(?a)" if is_ascii else "") + _Rewriting(pattern, is_ascii=is_ascii).text()
    try:
        compile_regex(written)
    except InvalidRegexError as error:
        raise NotCarriedError(f"the regular expression {pattern!r} cannot be read: {error}") from None
    return written


class _Rewriting:
    def __init__(self, pattern: str, *, is_ascii: bool) -> None:
        self._pattern = pattern
        self._place = 0
        self._is_ascii = is_ascii
        """Whether the flag for the whole says that classes are ASCII's: then they are left as they are."""

    def text(self) -> str:
        written: list[str] = []
        while self._place < len(self._pattern):
            written.append(self._next())
        return "".join(written)

    def _next(self) -> str:
        sign = self._pattern[self._place]
        if sign == "\\":
            return self._escape(is_in_class=False)
        if sign == "[":
            return self._class()
        if match := _GROUP_NAME.match(self._pattern, self._place):
            self._place = match.end()
            return f"(?P<{match[1]}>"
        if self._pattern.startswith("(?", self._place):
            return self._group()
        if sign == "{" and not _COUNT.match(self._pattern, self._place):
            sign = r"\{"
            self._place -= 1
        self._place += len(sign)
        # In Python `$` also stands before a line feed at the end. A dot takes a carriage return there, and is left.
        return r"\Z" if sign == "$" else sign

    def _group(self) -> str:
        start = next((each for each in ("(?:", "(?=", "(?!", "(?<=", "(?<!") if self._starts(each)), None)
        if start is None:
            raise NotCarriedError("a group with flags of its own in a regular expression is not rewritten")
        self._place += len(start)
        return start

    def _starts(self, text: str) -> bool:
        return self._pattern.startswith(text, self._place)

    def _escape(self, *, is_in_class: bool) -> str:
        if match := _ESCAPES.match(self._pattern, self._place) or _BACK_REFERENCE.match(self._pattern, self._place):
            self._place = match.end()
            return match[0] if match.re is _ESCAPES else f"(?P={match[1]})"
        sign = self._pattern[self._place + 1 : self._place + 2]
        self._place += 2
        if self._is_ascii and sign in _ASCII_ESCAPES and not (is_in_class and sign in "bB"):
            return f"\\{sign}"
        if sign in _CLASSES:
            return _CLASSES[sign] if is_in_class else f"[{_CLASSES[sign]}]"
        if sign.lower() in _CLASSES:
            return self._negated(sign, is_in_class=is_in_class)
        if sign in _BOUNDARIES and not is_in_class:
            return _BOUNDARIES[sign]
        if sign == "b":
            return r"\x08"
        if sign.isdigit() and sign != "0" and set(self._pattern) & set("|?*{"):
            # To JavaScript a group that took no part is empty, to Python it is nothing that could be found.
            raise NotCarriedError(
                "a reference to a group that may take no part in a regular expression is not rewritten"
            )
        if sign in _SAME and sign:
            return f"\\{sign}"
        if sign.isalnum() or not sign:
            raise NotCarriedError(f"\\{sign} in a regular expression is not rewritten")
        return re.escape(sign)

    def _negated(self, sign: str, *, is_in_class: bool) -> str:
        if is_in_class:
            raise NotCarriedError(f"\\{sign} among other characters of a regular expression is not rewritten")
        return f"[^{_CLASSES[sign.lower()]}]"

    def _class(self) -> str:
        for whole, meant in (("[^]", r"[\s\S]"), ("[]", "(?!)")):
            if self._starts(whole):
                self._place += len(whole)
                return meant
        written = ["["]
        self._place += 1
        if self._starts("^"):
            written.append("^")
            self._place += 1
        while self._place < len(self._pattern):
            sign = self._pattern[self._place]
            if sign == "]":
                self._place += 1
                return "".join((*written, "]"))
            if sign == "\\":
                written.append(self._escape(is_in_class=True))
                continue
            self._place += 1
            # Doubled signs are operators on sets to Python's newer expressions.
            written.append(f"\\{sign}" if sign in "[&|~" else sign)
        raise NotCarriedError(f"the regular expression {self._pattern!r} has a bracket that is not closed")
