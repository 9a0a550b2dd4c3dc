"""The body of an error, whatever its shape: one view of its words and its message. Decides no kind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_value import Json
from prompt_contracts.provider_error import shortened

LONGEST_MESSAGE = 4_000
_LONGEST_TEXT = 300
"""Of a body that is no JSON only the start is a message."""

_LARGEST_RAW = 100_000
_DEEPEST = 4
_MOST_LAYERS = 100
"""Bodies are as hostile as they are big: what a person would read of them is enough."""

_NESTED = ("message", "detail", "details", "innererror", "inner_error", "error", "metadata")
# Proxies answer with pages: of these a person needs the words.
_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """What an error says of itself."""

    layers: tuple[Mapping[str, Json], ...] = ()
    """The error's fields first, then the objects inside it and the error of the provider behind it."""
    message: str = ""
    """Empty where it says nothing."""

    @property
    def words(self) -> Iterator[str]:
        """Codes and types as text, outermost first."""
        for layer in self.layers:
            for name in ("code", "type"):
                word = layer.get(name)
                if isinstance(word, (str, int)) and not isinstance(word, bool):
                    yield str(word)

    @property
    def code(self) -> str | None:
        """The provider's code; a mere HTTP status gives way to a code that tells more."""
        codes = [str(layer["code"]) for layer in self.layers if _is_code(layer.get("code"))]
        # Azure's gateway and vLLM write the status as the code; OpenRouter's true code lies in `metadata.raw`.
        telling = (code for code in codes if not re.fullmatch(r"[1-5][0-9][0-9]", code))
        return next(telling, next(iter(codes), None))

    @property
    def http_status(self) -> int | None:
        """The HTTP status that the body itself names: inside status 200 it is all that tells."""
        for layer in self.layers:
            for name in ("code", "status", "status_code", "raw_status_code"):
                found = layer.get(name)
                if _is_code(found) and re.fullmatch(r"[45][0-9][0-9]", str(found)):
                    return int(str(found))
        return None

    def text(self, name: str) -> str:
        """The first text under a name, in any layer; empty where there is none."""
        return next((value for layer in self.layers if isinstance(value := layer.get(name), str)), "")

    def has(self, name: str) -> bool:
        """Whether any layer has a name, with something in it."""
        return any(layer.get(name) for layer in self.layers)


def read_error_fields(body: Json) -> ErrorBody:
    """A parsed body of any shape; one that is no object becomes its own message."""
    if isinstance(body, list):  # some gateways wrap the error in a list of one
        body = next((item for item in body if isinstance(item, dict)), body)
    if not isinstance(body, dict):
        return ErrorBody(message=shortened(_said(body), LONGEST_MESSAGE))
    fields = _fields(body)
    layers = tuple(islice(_layers(fields), _MOST_LAYERS))
    return ErrorBody(layers=layers, message=shortened(_message(fields, body), LONGEST_MESSAGE))


def read_error_text(body: bytes) -> ErrorBody:
    """A body that is no JSON: plain text as it is, a page without its tags."""
    start = body[:20_000].decode("utf-8", "replace")
    return ErrorBody(message=shortened(" ".join(_UNSEEN.sub(" ", start).split()), _LONGEST_TEXT))


def _is_code(value: Json) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""


def _fields(body: dict[str, Json]) -> dict[str, Json]:
    error = body.get("error")
    if isinstance(error, dict):
        return error
    rest = {name: value for name, value in body.items() if name != "error"}
    if isinstance(error, list):
        return {**rest, "detail": error}
    if not isinstance(error, str):
        return rest
    if isinstance(rest.get("message"), str):  # the error's name stands beside its message
        return {"code": error, **rest}
    # LM Studio: `{"error": "text"}`.
    return {**rest, "message": error}


def _layers(value: Json, depth: int = 0) -> Iterator[Mapping[str, Json]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _layers(item, depth)
    elif isinstance(value, dict):
        yield value
        for name in _NESTED:
            yield from _layers(value.get(name), depth + 1)
        yield from _layers(_upstream(value), depth + 1)


def _upstream(fields: Mapping[str, Json]) -> Json:
    """The body of the provider behind a router, which OpenRouter keeps as text in `metadata.raw`."""
    raw = fields.get("raw")
    if isinstance(raw, str) and len(raw) <= _LARGEST_RAW:
        try:
            parsed: Json = json.loads(raw)
        except (ValueError, RecursionError):
            return None
        return parsed
    return raw


def _message(fields: Mapping[str, Json], body: Mapping[str, Json]) -> str:
    said = next(filter(None, (_said(fields.get(name)) for name in ("message", "detail"))), "")
    metadata = fields.get("metadata")
    if isinstance(metadata, dict) and metadata.get("raw"):
        said = ": ".join(filter(None, (said, _upstream_message(metadata))))
    return said or (json.dumps(body, ensure_ascii=False) if body else "")


def _upstream_message(metadata: Mapping[str, Json]) -> str:
    upstream = _upstream(metadata)
    if isinstance(upstream, (dict, list)):
        said = read_error_fields(upstream).message
    else:
        said = read_error_text(str(metadata["raw"])[:_LARGEST_RAW].encode("utf-8", "replace")).message
    name = metadata.get("provider_name")
    return f"{name} says {said}" if isinstance(name, str) and said else said


def _said(value: Json) -> str:
    """A message, however it is wrapped: text, a list of what is wrong with each field, an object with either."""
    if isinstance(value, str):
        return value
    # Mistral's 422: the message is an object with a `detail`, a list of what pydantic found.
    if isinstance(value, dict) and value.get("detail"):
        return _said(value["detail"])
    if isinstance(value, list) and value and all(isinstance(item, dict) and "msg" in item for item in value):
        return "; ".join(_complaint(item) for item in islice(value, _MOST_LAYERS) if isinstance(item, dict))
    return json.dumps(value, ensure_ascii=False) if value else ""


def _complaint(item: Mapping[str, Json]) -> str:
    place = item.get("loc")
    where = ".".join(str(part) for part in place) if isinstance(place, list) else ""
    return f"{where}: {item['msg']}" if where else str(item["msg"])
