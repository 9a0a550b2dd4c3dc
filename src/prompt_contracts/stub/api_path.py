"""The path of a request, however an SDK puts it together -> the path below `/v1` that it means. Asks nobody.

SDKs add their provider's own beginning to the address that they are given, and people add a `/v1` or leave it out.
"""

from __future__ import annotations

from urllib.parse import unquote

from prompt_contracts.data_class import dataclass

# Groq's and Azure's new one, OpenRouter's, everybody's, Azure's classic one.
_BEGINNINGS = (("openai", "v1"), ("api", "v1"), ("v1",), ("openai",))
_FIRST = frozenset(
    {
        *("assistants", "audio", "batches", "chat", "completions", "containers", "conversations", "embeddings"),
        *("evals", "files", "fim", "fine_tuning", "images", "models", "moderations", "realtime", "rerank"),
        *("responses", "threads", "uploads", "vector_stores", "videos"),
    }
)
"""How the paths of the API begin: with one of these nobody doubts what was meant, though there is no `/v1`."""
_NOT_SPOKEN = frozenset({"api"})
"""How those of Ollama's own API begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPath:
    """What a path means."""

    path: str
    """Below `/v1`, with the query; as it came where `is_outside`."""
    deployment: str | None = None
    """Azure's name for a model, where the path holds it."""
    is_outside: bool = False
    """It is no path of the API."""


def read_api_path(given: str) -> ApiPath:
    """What a path below the token of an address means; one slash too many nowhere changes it."""
    path, mark, query = given.partition("?")
    segments = [segment for segment in path.split("/") if segment]
    is_below, is_azure, deployment = False, False, None
    # More than once: an SDK may add its own to an address that ends in one already.
    while beginning := _beginning(segments):
        segments = segments[len(beginning) :]
        is_below, is_azure = True, is_azure or "openai" in beginning
    if len(segments) > 1 and segments[0] == "deployments":
        deployment = unquote(segments[1])
        segments, is_azure = segments[2:], True
    if not segments or segments[0] in _NOT_SPOKEN or not (is_below or deployment or segments[0] in _FIRST):
        return ApiPath(path=given, is_outside=True)
    if is_azure:
        # Which version of the API is asked is for whoever passes the request on.
        query = "&".join(part for part in query.split("&") if not part.startswith("api-version="))
    return ApiPath(path=f"/{'/'.join(segments)}{mark if query or not is_azure else ''}{query}", deployment=deployment)


def _beginning(segments: list[str]) -> tuple[str, ...]:
    return next((each for each in _BEGINNINGS if tuple(segments[: len(each)]) == each), ())
