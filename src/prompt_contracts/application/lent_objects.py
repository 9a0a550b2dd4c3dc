"""References of a project, and beside them Python objects that a contract holds itself, under names made up for them.

So `$check` and `check` can call what stands in a test. No case file can name any of these: their module is nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from prompt_contracts.changed_fields import replace
from prompt_contracts.diagnostic import Diagnostic
from prompt_contracts.failure import Failure
from prompt_contracts.json_value import Json
from prompt_contracts.mismatch import cut
from prompt_contracts.references import References

_MODULE = "prompt_contracts.lent"


class Loan:
    """The objects of one contract."""

    def __init__(self, references: LentObjects) -> None:
        """Made by `LentObjects.loan`."""
        self._references = references
        self.names: dict[str, Callable[..., object]] = {}

    def lend(self, thing: object) -> str:
        """A name by which references find it."""
        if not callable(thing):
            raise TypeError(f"{type(thing).__name__} cannot be called")
        name = self._references.new_name()
        self.names[name] = self._references.lent[name] = thing
        return name

    def spoken(self, text: str) -> str:
        """A text for people, with the objects themselves where their names stand."""
        for name, thing in self.names.items():
            if name in text:
                spoken = cut(getattr(thing, "__qualname__", None) or repr(thing), limit=120)
                text = text.replace(f"what {name} accepts", spoken).replace(name, spoken)
        return text

    def failure(self, failure: Failure) -> Failure:
        """A failure for people."""
        expected, got, message = map(self.spoken, (failure.expected, failure.got, failure.message))
        return replace(failure, expected=expected, got=got, message=message) if self.names else failure

    def diagnostic(self, diagnostic: Diagnostic) -> Diagnostic:
        """A finding for people."""
        advice = None if diagnostic.help is None else self.spoken(diagnostic.help)
        return replace(diagnostic, message=self.spoken(diagnostic.message), help=advice)

    def value(self, value: Json) -> Json:
        """A pattern for people, such as a report shows."""
        if isinstance(value, dict):
            return {name: self.value(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        return self.spoken(value) if isinstance(value, str) else value


class LentObjects:
    """The references of a project, and what is lent beside them: a `References`."""

    def __init__(self, project: References) -> None:
        self._project = project
        self._numbers = count(1)
        self.lent: dict[str, Callable[..., object]] = {}

    @property
    def is_code_refused(self) -> bool:
        """Whether nothing that a case names is imported or started."""
        return self._project.is_code_refused

    def new_name(self) -> str:
        """A name that nothing has."""
        return f"{_MODULE}:_{next(self._numbers)}_"

    @contextmanager
    def loan(self) -> Iterator[Loan]:
        """Names for as long as this lasts."""
        loan = Loan(self)
        try:
            yield loan
        finally:
            for name in loan.names:
                self.lent.pop(name, None)

    def read_schema(self, path: str) -> Json:
        """The JSON of a file of the project."""
        return self._project.read_schema(path)

    def missing(self, name: str) -> str | None:
        """Why a function cannot be had."""
        return None if name in self.lent else self._project.missing(name)

    def look_up(self, name: str) -> object:
        """What a name of the project stands for."""
        return self._project.look_up(name)

    def resolve(self, name: str) -> Callable[..., object]:
        """The function that a name stands for."""
        found = self.lent.get(name)
        return self._project.resolve(name) if found is None else found
