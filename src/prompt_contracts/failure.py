"""One clause of a contract that was broken, with its place in the case file: what a judge says to people."""

from __future__ import annotations

from prompt_contracts.data_class import dataclass
from prompt_contracts.location import Location
from prompt_contracts.plain_data import PlainData


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(PlainData):
    """One clause of a contract that an outcome broke.

    >>> from prompt_contracts import judge
    >>> (failure,) = judge("It will snow.", {"text": {"$contains": "rain"}}).failures
    >>> failure.path, failure.expected, failure.got
    ('text', 'a text containing "rain"', '"It will snow."')
    """

    code: str
    """What was broken, such as `tool_calls.name` or `json.$schema`: a facet, a dot, a reason."""
    path: str
    """Where in the answer, such as `tool_calls[0].arguments.city` or `json/items/0`."""
    expected: str
    """For a person: compact JSON or a short phrase."""
    got: str
    """For a person: compact JSON, or a word such as `(missing)` or `unknown`."""
    message: str = ""
    """More than expected and got can say; empty when they say it all."""
    location: Location
    """The clause in the case file."""

    @property
    def headline(self) -> str:
        """One line: where, what was expected, what came."""
        more = f" ({self.message})" if self.message else ""
        return f"{self.path}: expected {self.expected}, got {self.got}{more}"
