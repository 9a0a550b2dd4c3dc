"""A value that is no text where one is wanted, and that a template has put there: told once, of the variable."""

from __future__ import annotations

import re
from dataclasses import replace

from prompt_contracts.diagnostic import Diagnostic

_ADVISED = re.compile(r'write "(.*)", with quotes', re.DOTALL)
_WHOLE = re.compile(r"""["']?(\$?\w+)["']?[ \t]*:[ \t]*(["'])\{\{[ \t]*([A-Za-z_][\w.-]*)[ \t]*\}\}\2""")
_KINDS = {"true": "true or false", "false": "true or false", "null": "null"}


def told_of_template(diagnostic: Diagnostic) -> Diagnostic:
    """The finding, its line known, about the template from which the value is: the same one for all rows."""
    advised = _ADVISED.fullmatch(diagnostic.help or "")
    line = diagnostic.source_line
    if diagnostic.code != "PC102" or advised is None or line is None:
        return diagnostic
    found = _WHOLE.match(line, diagnostic.location.column - 1)
    if found is None:
        return diagnostic
    operator, _, name = found.groups()
    kind = _KINDS.get(advised[1], "a number")
    is_operator, template = operator.startswith("$"), f"{{{{ {name} }}}}"
    regex = f"$regex: '{template}\\b'" if is_operator else f"{{$regex: '^{template}$'}}"
    return replace(
        diagnostic,
        message=f"'{operator}' {'takes' if is_operator else 'is'} a text, and '{name}' is {kind}, which a template "
        "that stands alone keeps",
        help=f"write {regex}, where the template is part of a text, or make '{name}' a text",
    )
