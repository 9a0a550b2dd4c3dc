"""The JSON Schema of case files as a text, for the faces. Changes nothing in it."""

from __future__ import annotations

import json

from prompt_contracts.cases.structure import load_schema


def editor_schema() -> str:
    """The schema that the loader itself reads, as indented JSON with a final line feed."""
    return json.dumps(load_schema(), indent=2, ensure_ascii=False) + "\n"
