"""Values of an answer that later turns name. Reads answers; asks and judges nothing."""

from __future__ import annotations

from prompt_contracts.completion import Completion
from prompt_contracts.failure import Failure
from prompt_contracts.json_value import Json, NotJsonError, parse_json, resolve
from prompt_contracts.provider_error import ProviderError
from prompt_contracts.turn import NO_ERROR, Turn


def extracted(turn: Turn, completion: Completion) -> dict[str, Json] | Failure:
    """The variables that a turn takes out of its answer, or why one of them cannot be had."""
    text = completion.choices[0].text
    found: dict[str, Json] = {}
    for name, place in turn.extract.items():
        if not place:
            found[name] = text
            continue
        try:
            found[name] = resolve(parse_json(text), place)
        except NotJsonError as error:
            return _stop(turn, name, "not_json", f"JSON with a value at {place}", f"no JSON: {error}")
        except LookupError:
            return _stop(turn, name, "missing", f"a value at {place}", "none there")
    return found


def error_variable(error: ProviderError | None) -> dict[str, Json]:
    """What `{{ error.… }}` holds after a turn: empty texts when there was none."""
    if error is None:
        return dict(NO_ERROR)
    return {
        "kind": error.kind,
        "message": error.message,
        "status": "" if error.status is None else error.status,
        "body": error.body or "",
    }


def _stop(turn: Turn, name: str, reason: str, expected: str, got: str) -> Failure:
    path = f"turn {turn.number}: extract.{name}"
    return Failure(code=f"extract.{reason}", path=path, expected=expected, got=got, location=turn.location)
