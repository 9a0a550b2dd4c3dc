"""An answer that a Python program holds, in whatever form -> a reply. Imports nobody's SDK: what it is, it shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

from prompt_contracts.changed_fields import replace
from prompt_contracts.completion import Choice, Completion
from prompt_contracts.engine.replies import Reply
from prompt_contracts.errors import UsageError
from prompt_contracts.exchange.batch_output import body_answer, created_at
from prompt_contracts.json_value import Json, NotJsonError, parse_json
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.usage import Usage


@runtime_checkable
class Dumpable(Protocol):
    """An object of an SDK that says itself what came over the wire, as those of `openai` do."""

    def model_dump(self) -> dict[str, Any]:
        """Its fields as plain data."""


GivenAnswer: TypeAlias = "Completion | ProviderError | Mapping[str, Any] | Dumpable | str"
"""What can be judged: an object of an SDK, a body of the wire as a dict, the nouns of this package, or a bare text."""


def given_reply(answer: GivenAnswer) -> Reply:
    """The reply that an answer is; `UsageError` for what is none."""
    if isinstance(answer, (Completion, ProviderError)):
        return Reply(line=1, custom_id="", answer=answer)
    if isinstance(answer, str):
        return Reply(line=1, custom_id="", answer=Completion(choices=(Choice(text=str(answer)),), usage=Usage()))
    body = _wire_form(answer)
    read = body_answer(200, body)
    if isinstance(read, ProviderError):
        read = replace(read, status=None)  # a body does not tell what it came with
    return Reply(line=1, custom_id="", answer=read, created=created_at(body))


def _wire_form(answer: Any) -> Json:
    kind = type(answer).__name__
    data = answer if isinstance(answer, Mapping) else _dumped(answer)
    if not isinstance(data, Mapping):
        raise UsageError(
            f"{kind} is no answer: give an object of the openai package, the body of a response as a dict, a "
            "Completion, or a text"
        )
    if not {"choices", "output", "error"} & set(data):
        hint = ": a stream is no answer, give what it adds up to" if "delta" in data else ""
        raise UsageError(f"{kind} is no answer: it has neither 'choices' nor 'output' nor 'error'{hint}")
    try:
        # As text, and read again: what is judged is what a recording of it would hold.
        return parse_json(json.dumps(dict(data), allow_nan=False))
    except (TypeError, ValueError, NotJsonError, RecursionError) as error:
        raise UsageError(f"{kind} is no answer: it cannot be written as JSON: {error}") from None


def _dumped(answer: Any) -> object:
    # What openai did not get it leaves out here, as the wire does; `model_dump` writes a null for it.
    if callable(getattr(answer, "to_dict", None)) and callable(getattr(answer, "model_dump", None)):
        return answer.to_dict()
    if callable(getattr(answer, "model_dump", None)):
        return answer.model_dump(mode="json", by_alias=True)
    return None
