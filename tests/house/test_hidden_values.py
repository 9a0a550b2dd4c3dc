"""No value that may be a key is shown by the `repr` of a dataclass: tracebacks show what is in a frame."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

from tests.house.test_house import MODULES, SOURCE

_TELLING = re.compile(r"(^|_)(url|headers|query|environ|key|token|secret|password|values?)$")
_HARMLESS = {
    ("_Place", "key"): "a key of a case file",
    ("Addressee", "key"): "the id of a reply",
    ("ApiResponse", "headers"): "those of the allow-list, as they are recorded",
    ("Entry", "url"): "as it was recorded, without keys",
    ("Fault", "headers"): "made up in a case",
    ("Provider", "base_url"): "the catalog's",
    ("Question", "api_key"): "a placeholder",
    ("Question", "base_url"): "an address of ours on the loopback",
    ("TelemetrySwitch", "value"): "the table's",
}
"""Fields that no key of a provider ever reaches, each with its reason."""


def dataclasses_of_the_project() -> Iterator[type[Any]]:
    for path in MODULES:
        name = ".".join(["prompt_contracts", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(".__init__")
        if name.endswith("__main__"):
            continue
        for found in vars(importlib.import_module(name)).values():
            if inspect.isclass(found) and found.__module__ == name and dataclasses.is_dataclass(found):
                yield found


def test_a_field_that_may_hold_a_key_is_hidden() -> None:
    texts = ("str", "str | None", "Mapping[str, str]", "dict[str, str]", "tuple[tuple[str, str], ...]")
    nouns = list(dataclasses_of_the_project())

    shown = [
        f"{noun.__name__}.{field.name}"
        for noun in nouns
        for field in dataclasses.fields(noun)
        if field.repr
        and _TELLING.search(field.name)
        and str(field.type) in texts
        and (noun.__name__, field.name) not in _HARMLESS
    ]

    assert len(nouns) > 200
    assert shown == []
