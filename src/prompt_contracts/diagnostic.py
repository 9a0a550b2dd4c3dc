"""A finding about what a person wrote: data only. How it is drawn belongs to renderers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

from prompt_contracts.data_class import dataclass
from prompt_contracts.location import Location

Severity = Literal["error", "warning"]

CODES: Mapping[str, str] = MappingProxyType(
    {
        "PC100": "the file cannot be read as YAML",
        "PC101": "unknown key, operator or facet",
        "PC102": "wrong type or value",
        "PC103": "duplicate name",
        "PC105": "missing key",
        "PC106": "repeated key",
        "PC107": "YAML tag",
        "PC108": "scalar that is not JSON's",
        "PC109": "not a case file, or a case file without cases",
        "PC110": "unknown variable",
        "PC111": "not a template, or one where none is filled in",
        "PC112": "included file",
        "PC113": "rows, matrix or prompts",
        "PC114": "text cut by a comment",
        "PC115": "unused variable",
        "PC116": "attached file",
        "PC117": "text in braces that is sent as it is",
        "PC120": "pattern or expectation that cannot be meant",
        "PC121": "expected tool that is not offered",
        "PC122": "requirement that the trials cannot reach",
        "PC123": "unknown provider or malformed model id",
        "PC124": "two cells that would share an id or a recording",
        "PC130": "parameter that the provider or the model refuses",
        "PC131": "parameter that the provider would ignore",
        "PC132": "API family that the provider does not offer",
        "PC140": "strict schema",
        "PC141": "tool definition",
        "PC142": "message order",
        "PC143": "argument pattern that its tool never accepts",
        "PC144": "response format",
        "PC145": "field of a message that the API does not have",
        "PC146": "key without effect",
        "PC147": "prompts that ask the same",
        "PC148": "change that a case cannot be put under",
        "PC149": "change that changes nothing",
        "PC150": "function outside the project",
        "PC151": "code in a run that takes none",
        "PC160": "accepted weak place that is not open any more",
        "PC161": "accepted weak place that does not exist",
        "PC162": "place at which a contract lets something pass",
        "PC201": "no recording",
        "PC202": "stale recording",
        "PC203": "secret found, nothing written",
        "PC204": "recording that cannot be read or written",
        "PC205": "no answer to compare with",
        "PC301": "key not set",
        "PC302": "key refused",
        "PC303": "proxy or certificates of the environment",
        "PC310": "budget reached",
        "PC320": "no price, or no bound on what a request can cost",
        "PC330": "project configuration",
        "PC340": "worker that died",
    }
)
"""Every code that prompt-contracts prints, with what it is about. Codes never change their meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding with its place. `code` is a key of `CODES`."""

    code: str
    message: str
    location: Location
    help: str | None = None
    """The next step, without the word "help"; None when the message says it all."""
    severity: Severity = "error"
    source_line: str | None = None
    """The text of the line at `location`, for the caret; None until somebody has looked it up."""
    cause: str | None = None
    """What makes findings of several cells one mistake, beside their code; None where only the same words at the
    same place do."""
    cells: tuple[str, ...] = ()
    """The cells, or the cases where no more is known, that the mistake concerns, where they are more than one."""

    def __str__(self) -> str:
        return f"{self.location}: {self.code} {self.message}"

    def with_source_line(self, text: str | None) -> Diagnostic:
        """The same finding, with the text of its line."""
        return replace(self, source_line=text)

    def as_error(self) -> Diagnostic:
        """The same finding with severity `error`, for strict runs."""
        return replace(self, severity="error")
