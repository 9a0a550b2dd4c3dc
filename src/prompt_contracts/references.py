"""What a case names outside its file, as the engine hands it to the rooms below. Imports and reads nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from prompt_contracts.json_value import Json

ReadSchema = Callable[[str], Json]
"""The JSON of a file, by its path inside the project with forward slashes.

Raises `OSError`, `ValueError` or `LookupError` with a message where there is none.
"""

Resolve = Callable[[str], Callable[..., object]]
"""The function that `package.module:function` names; raises what importing it raises."""


class References(Protocol):
    """Functions of one project, and JSON Schemas in its files."""

    @property
    def is_code_refused(self) -> bool:
        """Whether nothing that a case names is imported or started."""

    def read_schema(self, path: str) -> Json:
        """The JSON of a file by its path inside the project; see `ReadSchema`."""

    def missing(self, name: str) -> str | None:
        """Why the function that `package.module:function` names cannot be had, told without importing anything.

        Raises `CodeRefused` where it may not be called.
        """

    def look_up(self, name: str) -> object:
        """Whatever `package.module:name` stands for; raises what importing it raises, and `CodeRefused`."""

    def resolve(self, name: str) -> Callable[..., object]:
        """The function that `package.module:function` names; raises what importing it raises, and `CodeRefused`."""
