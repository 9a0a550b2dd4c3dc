"""Diagnostics -> a JSON list for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable

from prompt_contracts.diagnostic import Diagnostic


def json_diagnostics(diagnostics: Iterable[Diagnostic]) -> str:
    """An indented list in ASCII, empty when there is none: code, severity, message, place and help of each."""
    return json.dumps([_fields(diagnostic) for diagnostic in diagnostics], indent=2)


def _fields(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **diagnostic.location.to_json(),
        "help": diagnostic.help,
        "cells": list(diagnostic.cells),
    }
