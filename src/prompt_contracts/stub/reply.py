"""What comes in at the stand-in for a provider, and what may be done about it. Nothing is read or sent here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from prompt_contracts.interaction import ApiResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One request, as an application sent it."""

    method: str
    path: str
    """Below the address that the application was given, with the query: `/chat/completions`."""
    is_outside: bool = False
    """The path is not below that address: the application has cut `/v1` off it."""
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case; of a repeated header the last value."""
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A stream that ends before its end: the connection closes where more was announced."""

    response: ApiResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """The connection breaks without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """No answer comes: the connection stays open until the client goes, or its lease ends."""


StubReply = ApiResponse | Cut | Reset | Hang


def error_response(
    status: int,
    message: str,
    *,
    code: str,
    kind: str = "invalid_request_error",
    headers: tuple[tuple[str, str], ...] = (),
) -> ApiResponse:
    """An error in OpenAI's form; no client should send the request again, and the official ones do not."""
    error = {"message": message, "type": kind, "param": None, "code": code}
    return ApiResponse(
        status=status,
        headers=(("content-type", "application/json"), ("x-should-retry", "false"), *headers),
        body=json.dumps({"error": error}).encode(),
    )
