"""The formats of JSON Schema -> strategies of texts in them. Plain ones: what is valid is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def format_strategy(name: str) -> SearchStrategy[str] | None:
    """Texts in a format; None for a format that checks nothing."""
    return _FORMATS[name]() if name in _FORMATS else None


def _dates() -> SearchStrategy[str]:
    from hypothesis import strategies as st

    return st.dates().map(lambda day: day.isoformat())


def _times() -> SearchStrategy[str]:
    return _of(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?(Z|[+-]0[0-9]:00)")


def _date_times() -> SearchStrategy[str]:
    from hypothesis import strategies as st

    return st.builds("{}T{}".format, _dates(), _times())


def _of(pattern: str) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    return st.from_regex(pattern, fullmatch=True)


_LABEL = "[a-z]([a-z0-9-]{0,10}[a-z0-9])?"
_HOST = rf"{_LABEL}(\.{_LABEL}){{0,2}}"
_PATH = r"(/[A-Za-z0-9._~-]{0,12}){0,3}(\?[a-z]{1,6}=[A-Za-z0-9]{0,6})?"
_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"


def _addresses() -> SearchStrategy[str]:
    return _of(rf"[A-Za-z0-9_+]{{1,12}}(\.[A-Za-z0-9_+]{{1,12}})?@{_HOST}\.[a-z]{{2,6}}")


def _locators() -> SearchStrategy[str]:
    return _of(rf"https?://{_HOST}{_PATH}")


def _uuids() -> SearchStrategy[str]:
    from hypothesis import strategies as st

    return st.uuids().map(str)


def _six() -> SearchStrategy[str]:
    from hypothesis import strategies as st

    return st.ip_addresses(v=6).map(str)


_FORMATS: Mapping[str, Callable[[], SearchStrategy[str]]] = {
    "date": _dates,
    "time": _times,
    "date-time": _date_times,
    "duration": lambda: _of("P([1-9][0-9]?D|([1-9]D)?T[1-9][0-9]?[HMS]|[1-9][0-9]?W)"),
    "email": _addresses,
    "idn-email": _addresses,
    "hostname": lambda: _of(_HOST),
    "ipv4": lambda: _of(rf"{_BYTE}(\.{_BYTE}){{3}}"),
    "ipv6": _six,
    "uri": _locators,
    "iri": _locators,
    "uri-reference": _locators,
    "iri-reference": _locators,
    "uuid": _uuids,
    "json-pointer": lambda: _of("(/[A-Za-z0-9_-]{0,8}){0,4}"),
}
