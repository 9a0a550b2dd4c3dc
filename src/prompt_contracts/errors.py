"""The exceptions of the package. Data about a broken contract or a failing provider is not here.

    PromptContractsError
    ├── CaseError            the author of a case erred: carries diagnostics with places
    ├── CodeRefused          a case names a function that may not be called, PC150 or PC151
    ├── NoVerdict            an answer cannot be judged: its provider failed, or a limit of ours was met
    ├── RunStopped           the run was stopped: what asks now is not sent
    ├── UsageError           the command line, the environment or the project configuration is wrong
    └── RecordingError       a recording is missing, stale, unreadable, or may not be written
        ├── RecordingMissing     PC201
        ├── RecordingStale       PC202
        ├── SecretFound          PC203
        └── RecordingUnreadable  PC204

A broken contract is a `Failure`, a failing provider is a `ProviderError`: both are data, never raised.
A bug of ours is left to crash.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from prompt_contracts.diagnostic import Diagnostic


class PromptContractsError(Exception):
    """Base of everything that prompt-contracts raises on purpose."""


class CaseError(PromptContractsError):
    """What a person wrote in a case file, or stated in Python, cannot be run.

    >>> from prompt_contracts import CaseError, judge
    >>> try:
    ...     judge("It will rain.", {"txt": "It will rain."})
    ... except CaseError as error:
    ...     print(error.diagnostics[0].code, error.diagnostics[0].message)
    PC101 unknown facet 'txt'
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...], *, text: str | None = None) -> None:
        super().__init__(text or "\n".join(str(diagnostic) for diagnostic in diagnostics))
        self.diagnostics = diagnostics


class CodeRefused(PromptContractsError):
    """A case names a function that may not be called. Raised before anything is imported."""

    def __init__(self, message: str, *, code: str, help: str) -> None:  # noqa: A002 - the word that the output uses
        super().__init__(message)
        self.code = code
        self.help = help


class UsageError(PromptContractsError):
    """An option, a variable of the environment, or the project configuration is wrong.

    >>> from prompt_contracts import load
    >>> load("cases/nothing.yaml")
    Traceback (most recent call last):
    prompt_contracts.errors.UsageError: cases/nothing.yaml: there is no such file or folder
    """

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(f"{code} {message}" if code else message)
        self.code = code


class NoVerdict(PromptContractsError):
    """An answer cannot be judged: its provider failed, or a limit of ours was met. No broken contract.

    >>> from prompt_contracts import NoVerdict, assert_contract
    >>> try:
    ...     assert_contract({"error": {"message": "Slow down."}}, {"text": "It will rain."})
    ... except NoVerdict:
    ...     print("asked too fast")
    asked too fast
    """


class RunStopped(PromptContractsError):
    """The run was stopped before this request was sent: there is no answer and no verdict, and nothing was spent."""

    def __init__(self, message: str = "the run was stopped: this request was not sent") -> None:
        super().__init__(message)


class RecordingError(PromptContractsError):
    """A cell's recording cannot serve. `code` is a key of `diagnostic.CODES`."""

    code = "PC204"

    def __init__(
        self,
        message: str,
        *,
        cassette: str,
        help: str | None = None,  # noqa: A002 - the word that the output uses
        cause: str | None = None,
        moved: tuple[Path, Path] | None = None,
        parts: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.cassette = cassette
        """Path of the recording as people should see it: relative to the project root."""
        self.help = help
        """The next step in words; the face adds the exact command."""
        self.cause = cause
        """What makes it one matter with that of other cells, such as one changed prompt; None where nothing does."""
        self.moved = moved
        """Where what is missing seems to lie, and where it should: two files, or two folders for all of a case."""

        self.parts = parts
        """What of the request is another one than was recorded, in a few words each, such as `system prompt`."""

    def again(self) -> Self:
        """A fresh one that says the same: threads that raised one would share its traceback."""
        return type(self)(
            self.message,
            cassette=self.cassette,
            help=self.help,
            cause=self.cause,
            moved=self.moved,
            parts=self.parts,
        )


class RecordingMissing(RecordingError):
    """Nothing was recorded for this cell, or not for this trial."""

    code = "PC201"


class RecordingStale(RecordingError):
    """Something was recorded, but for another request than the one asked now."""

    code = "PC202"


class SecretFound(RecordingError):
    """The text to be recorded holds a secret; the file was not written."""

    code = "PC203"


class RecordingUnreadable(RecordingError):
    """The recording is no valid cassette, or could not be written."""

    code = "PC204"
