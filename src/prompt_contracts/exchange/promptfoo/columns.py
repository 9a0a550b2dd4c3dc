"""What a test puts into its texts, as columns of rows: templates become plain `{{ name }}`, and all values texts.

A filter has no counterpart in a case file: its result is a column of its own, worked out here for each combination.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from prompt_contracts.exchange.promptfoo.foreign_values import NotCarriedError, free_name, slug
from prompt_contracts.exchange.promptfoo.nunjucks import Expression, TemplatePart, evaluate, parse_template, render
from prompt_contracts.json_value import Json

_OURS = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_RESERVED = frozenset({"id", "env", "error"})
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


def literal(text: str) -> str:
    """A text that our templates leave as it is."""
    return _OURS.sub(r"{{{{\1}}}}", text)


def fixed_text(text: str) -> str:
    """A text of a configuration that is the same for all tests: only the environment can stand in it."""
    written: list[str] = []
    for part in parse_template(text):
        if isinstance(part, str):
            written.append(literal(part))
        elif part.is_environment and len(part.path) == 2 and not part.filters:
            written.append(f"{{{{ env.{part.path[1]} }}}}")
        else:
            raise NotCarriedError(f"{{{{ {part.source} }}}}: what a request holds is the same for all rows")
    return "".join(written)


class Columns:
    """The columns of one test: asked for by what is written, filled for all combinations of its variables."""

    def __init__(self, combinations: Sequence[Mapping[str, Json]], *, is_inlined: bool) -> None:
        self._combinations = combinations
        self._is_inlined = is_inlined
        self._names: dict[tuple[object, ...], str] = {}
        self._columns: dict[str, list[str]] = {}

    def prompt_text(self, text: str) -> str:
        """A text of a prompt or a request, in our templates."""
        return "".join(self._written(part, takes_environment=True) for part in parse_template(text))

    def expected_text(self, text: str) -> str:
        """A text that is expected: the environment cannot stand in one."""
        return "".join(self._written(part, takes_environment=False) for part in parse_template(text))

    def pattern_text(self, text: str, rewritten: Callable[[str], str], *, hint: str) -> str:
        """A template whose filled-in text is rewritten as a whole, such as into an expression that finds it."""
        parts = parse_template(text)
        if not any(isinstance(part, Expression) for part in parts):
            return literal(rewritten(render(parts, {})))
        values = [rewritten(render(parts, each)) for each in self._combinations]
        if self._is_inlined:
            return literal(values[0])
        return f"{{{{ {self._column((hint, text), hint, values)} }}}}"

    def rows(self) -> list[dict[str, str]]:
        """The values of every column that was asked for, a row for each combination."""
        return [
            {name: values[place] for name, values in self._columns.items()}
            for place, _ in enumerate(self._combinations)
        ]

    def _written(self, part: TemplatePart, *, takes_environment: bool) -> str:
        if isinstance(part, str):
            return literal(part)
        if part.is_environment:
            if not takes_environment:
                raise NotCarriedError(f"{{{{ {part.source} }}}}: what is expected is the same on every machine")
            if len(part.path) != 2 or part.filters:
                raise NotCarriedError(f"{{{{ {part.source} }}}}: filters of the environment's variables")
            return f"{{{{ env.{part.path[1]} }}}}"
        values = [evaluate(part, each) for each in self._combinations]
        if self._is_inlined:
            return literal(values[0])
        if not part.path:
            return literal(values[0] if values else evaluate(part, {}))
        return f"{{{{ {self._column(_key(part), _hint(part), values)} }}}}"

    def _column(self, key: tuple[object, ...], hint: str, values: list[str]) -> str:
        if key not in self._names:
            taken = {name.casefold() for name in self._columns} | _RESERVED
            self._names[key] = free_name(hint, taken)
            self._columns[self._names[key]] = values
        return self._names[key]


def _key(part: Expression) -> tuple[object, ...]:
    return (part.path, part.filters)


def _hint(part: Expression) -> str:
    words = [*map(str, part.path), *(each.name for each in part.filters)]
    wanted = "_".join(words)
    if not _COLUMN.fullmatch(wanted):
        wanted = f"var_{slug(wanted)}".rstrip("_")
    return f"var_{wanted}" if wanted in _RESERVED else wanted
