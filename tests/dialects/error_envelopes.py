"""The envelopes in which providers send their errors."""

from __future__ import annotations

import json

from prompt_contracts.interaction import ApiResponse
from prompt_contracts.json_value import Json

INVALID = "invalid_request_error"


def openai(message: str, *, code: Json = None, param: Json = None, type: str | None = INVALID) -> Json:  # noqa: A002
    """The envelope that OpenAI, Azure, Groq, Together and others share."""
    return {"error": {"message": message, "type": type, "param": param, "code": code}}


def mistral(message: Json, *, code: str | None = None, type: str = INVALID) -> Json:  # noqa: A002
    return {"object": "error", "message": message, "type": type, "param": None, "code": code, "raw_status_code": 400}


def openrouter(message: str, code: int, **metadata: Json) -> Json:
    return {"error": {"code": code, "message": message, "metadata": metadata}, "user_id": "user_1"}


def behind(status: int, raw: Json) -> Json:
    """An error of the provider behind OpenRouter."""
    text = raw if isinstance(raw, str) else json.dumps(raw)
    return openrouter("Provider returned error", status, raw=text, provider_name="Behind")


EXTRA: Json = [
    {"type": "extra_forbidden", "loc": ["body", "n"], "msg": "Extra inputs are not permitted", "input": 2},
]


def response(body: Json, *, status: int = 400, headers: tuple[tuple[str, str], ...] = ()) -> ApiResponse:
    return ApiResponse(status=status, headers=headers, body=json.dumps(body).encode())
