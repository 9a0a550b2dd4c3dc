"""The headers of a request on its way, the key among them: as values that no traceback and no log can show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import assert_never

from prompt_contracts.data_class import dataclass
from prompt_contracts.errors import UsageError
from prompt_contracts.interaction import ApiRequest
from prompt_contracts.secret import Secret
from prompt_contracts.target import Auth, Target

# RFC 9110 (5.5): visible ASCII, with spaces inside; a line end would begin a header of its own.
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?\Z")


@dataclass(frozen=True, slots=True)
class RequestHeaders:
    """Headers that must not be seen; `reveal` hands them to the wire."""

    _values: Mapping[str, Secret] = field(repr=False)

    def reveal(self) -> dict[str, str]:
        """The headers themselves, for the one place that sends them."""
        return {name: value.reveal() for name, value in self._values.items()}


def request_headers(request: ApiRequest, target: Target, environ: Mapping[str, str]) -> RequestHeaders:
    """All headers of a request to a target; `UsageError` when the key is not set, or fits into no header."""
    # httpx would ask for br and zstd, too, where those packages are installed: a recording made there could not be
    # replayed elsewhere. These two the standard library can undo.
    headers = {"accept": Secret("accept", "application/json"), "accept-encoding": Secret("", "gzip, deflate")}
    if request.body is not None:
        headers["content-type"] = Secret("content-type", "application/json")
    headers |= {name.lower(): Secret(name, value) for name, value in target.headers.items()}
    headers |= {
        name.lower(): value
        for name, variable in target.header_env.items()
        if (value := _value_of(variable, environ)) is not None
    }
    headers |= {name.lower(): Secret(name, value) for name, value in request.headers}
    name = target.api_key_env
    key = None if name is None else _value_of(name, environ)
    if key is not None:
        headers |= _credentials(target.auth, key)
    elif is_key_missing(target, environ):
        help_text = "set it in the environment or in .env"
        raise UsageError(f"{name} is not set, and {target.id} needs it: {help_text}", code="PC301")
    return RequestHeaders(headers)


def _credentials(auth: Auth, key: Secret) -> dict[str, Secret]:
    match auth:
        case "bearer":
            return {"authorization": Secret(key.name, f"Bearer {key.reveal()}")}
        case "api-key":
            return {"api-key": key}
        case _:
            assert_never(auth)


def is_key_missing(target: Target, environ: Mapping[str, str]) -> bool:
    """Whether the target needs a key whose variable is not set, or is blank."""
    name = target.api_key_env
    return target.key_required and name is not None and not environ.get(name, "").strip()


def _value_of(variable: str, environ: Mapping[str, str]) -> Secret | None:
    """A variable of the environment as a header can carry it, None when it is not set."""
    value = Secret(variable, environ.get(variable, "").strip())
    if not value.reveal():
        return None
    if not _HEADER_VALUE.match(value.reveal()):
        raise UsageError(f"{variable} holds characters that no HTTP header can carry", code="PC301")
    return value
