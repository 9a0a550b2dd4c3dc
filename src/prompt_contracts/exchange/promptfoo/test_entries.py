"""Tests of a configuration, from wherever they stand, with defaults and scenarios worked in and variables filled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from itertools import product

from prompt_contracts.data_class import dataclass
from prompt_contracts.exchange.promptfoo.assertions import split_texts
from prompt_contracts.exchange.promptfoo.configuration_folder import ConfigurationFolder
from prompt_contracts.exchange.promptfoo.foreign_values import NotCarriedError, script_text
from prompt_contracts.exchange.promptfoo.unread_keys import (
    LeftOut,
    Losses,
    beside,
    of_assertion,
    of_hidden_column,
    of_scenario,
    of_test,
)
from prompt_contracts.json_value import Json, show

Test = dict[str, Json]
MOST_CELLS = 10_000
"""Tests, and combinations of variables of one test."""

_SIMPLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_MERGED = ("vars", "options", "metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class TestEntry:
    """One test with all its combinations of variables."""

    number: int
    written: Mapping[str, Json]
    assertions: tuple[Json, ...]
    combinations: tuple[Mapping[str, Json], ...]
    left_out: tuple[LeftOut, ...] = ()
    """What of it, and not of the defaults, nothing is made of."""

    @property
    def description(self) -> str | None:
        """What it is called."""
        text = self.written.get("description")
        return text if isinstance(text, str) and text.strip() else None

    @property
    def options(self) -> Mapping[str, Json]:
        """Its options, with those of the defaults below them."""
        options = self.written.get("options")
        return options if isinstance(options, dict) else {}

    @property
    def shown(self) -> str:
        """How a person is told of it."""
        return f"test {self.number}" + (f" ({self.description})" if self.description else "")


@dataclass(kw_only=True)
class Tests:
    """What came of all tests."""

    found: list[TestEntry] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    left_out: Losses = field(default_factory=Losses)
    """What nothing is made of, beside what each test has of its own."""


def read_tests(config: Mapping[str, Json], folder: ConfigurationFolder) -> Tests:
    """The tests of a configuration, those of its scenarios after them; without any, one that fills in nothing."""
    tests = Tests()
    default = _default(config, folder, tests)
    written = list(_listed(config.get("tests"), folder, tests))
    written += _of_scenarios(config.get("scenarios"), folder, tests)
    if not written and not tests.dropped:
        written = [{}]
    for number, each in enumerate(written, start=1):
        if number > MOST_CELLS:
            tests.dropped.append(f"tests after the first {MOST_CELLS:,}: more are not taken")
            break
        try:
            tests.found.append(_entry(number, each, default, config, folder))
        except NotCarriedError as error:
            tests.dropped.append(f"test {number}: {error}")
    return tests


def _default(config: Mapping[str, Json], folder: ConfigurationFolder, tests: Tests) -> Test:
    written = config.get("defaultTest")
    try:
        if isinstance(written, str):
            written = folder.data(written)
    except NotCarriedError as error:
        tests.dropped.append(f"defaultTest: {error}")
        return {}
    if not isinstance(written, dict):
        tests.dropped += [] if written is None else ["defaultTest: it is no mapping"]
        return {}
    tests.left_out.add("defaultTest", of_test(written))
    for each in _list(written.get("assert")):
        try:
            tests.left_out.add("defaultTest", of_assertion(_resolved(each, config)))
        except NotCarriedError:
            continue  # each test that needs it tells of it
    return written


def _listed(written: Json, folder: ConfigurationFolder, tests: Tests) -> Iterator[Test]:
    for each in written if isinstance(written, list) else [] if written is None else [written]:
        try:
            yield from _one_entry(each, folder, tests)
        except NotCarriedError as error:
            tests.dropped.append(f"tests {show(each, limit=80)}: {error}")


def _one_entry(written: Json, folder: ConfigurationFolder, tests: Tests) -> Iterator[Test]:
    if isinstance(written, str):
        for reference in folder.matches(written):
            yield from _in_file(reference, folder, tests)
    elif not isinstance(written, dict):
        raise NotCarriedError(f"{show(written, limit=60)} is no test")
    elif "path" in written and "vars" not in written:
        tests.left_out.add(f"tests {show(written['path'], limit=80)}", beside(written, ("path",)))
        yield from _listed(written["path"], folder, tests)
    else:
        yield written


def _in_file(reference: str, folder: ConfigurationFolder, tests: Tests) -> Iterator[Test]:
    if reference.lower().endswith(".csv"):
        table = folder.table(reference)
        tests.left_out.add(f"tests {reference}", map(of_hidden_column, table.hidden))
        yield from map(_of_row, table.rows)
        return
    data: Json = folder.lines(reference) if reference.lower().endswith(".jsonl") else folder.data(reference)
    for each in data if isinstance(data, list) else [data]:
        if isinstance(each, dict) and not {"vars", "assert", "description", "options", "threshold"} & set(each):
            yield {"vars": each}
        else:
            yield from _listed([each], folder, tests)


_COMPACT = re.compile(r"(not-)?([a-z][a-z-]*[a-z0-9])(?:\((\d+(?:\.\d+)?)\))?(?::([\s\S]*))?")
_SCORED = ("cost", "latency", "levenshtein", "perplexity", "perplexity-score", "rouge-n", "similar", "starts-with")
_PROGRAMS = {"fn:": "javascript", "eval:": "javascript", "javascript:": "javascript", "python:": "python"}
_GRADED = {"grade:": "llm-rubric", "llm-rubric:": "llm-rubric"}


def _of_row(row: Mapping[str, str]) -> Test:
    test: Test = {}
    variables: dict[str, Json] = {}
    assertions: list[Json] = []
    options: dict[str, Json] = {}
    for key, value in row.items():
        if key.startswith("__expected"):
            assertions += [assertion_of_text(value)] if value.strip() else []
        elif key in ("__prefix", "__suffix"):
            options[key[2:]] = value
        elif key == "__description":
            test["description"] = value
        elif key == "__threshold" and value.strip():
            test["threshold"] = _float(value)
        elif key.startswith("__config:"):
            raise NotCarriedError(f"the column {key} is not read; write the assertion in the configuration")
        elif key and not key.startswith("__"):
            variables[key] = value
        elif value.strip():
            test[key or "a column without a name"] = value
    return {**test, "vars": variables, "assert": assertions, "options": options}


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise NotCarriedError(f"{text!r} is no number") from None


def assertion_of_text(text: str) -> Json:
    """The assertion that a cell of `__expected` stands for."""
    for start, kind in (_PROGRAMS | _GRADED).items():
        if text.startswith(start):
            return {"type": kind, "value": text.removeprefix(start).strip()}
    if text.startswith("file://"):
        return {"type": "javascript", "value": text}
    match = _COMPACT.fullmatch(text)
    if match is None or not _is_known(match[2]):
        return {"type": "equals", "value": text}
    kind, value = f"{match[1] or ''}{match[2]}", match[4]
    if match[2] in ("contains-all", "contains-any", "icontains-all", "icontains-any"):
        return {"type": kind, "value": list[Json](split_texts(value or ""))}
    found: Test = {"type": kind, **({} if value is None else {"value": value.strip()})}
    if match[2] in _SCORED:
        # Zero and none come to 0.75 there, but for `similar`.
        found["threshold"] = float(match[3] or 0) or 0.75
    return found


def _is_known(kind: str) -> bool:
    from prompt_contracts.exchange.promptfoo.assertions import TYPES
    from prompt_contracts.exchange.promptfoo.refused_types import is_known_to_promptfoo

    return kind in TYPES or is_known_to_promptfoo(kind)


def _of_scenarios(written: Json, folder: ConfigurationFolder, tests: Tests) -> Iterator[Test]:
    for scenario in _scenarios(written, folder, tests):
        data = list(_listed(scenario.get("config"), folder, tests)) or [{}]
        own = list(_listed(scenario.get("tests"), folder, tests)) or [{}]
        if len(data) * len(own) > MOST_CELLS:
            tests.dropped.append(f"a scenario of more than {MOST_CELLS:,} tests")
            continue
        for each, test in product(data, own):
            description = test.get("description") or each.get("description") or scenario.get("description")
            both: list[Json] = [*_list(each.get("assert")), *_list(test.get("assert"))]
            yield {**_laid_over(each, test), "assert": both, **({"description": description} if description else {})}


def _scenarios(written: Json, folder: ConfigurationFolder, tests: Tests) -> Iterator[Test]:
    for each in written if isinstance(written, list) else [] if written is None else [written]:
        try:
            loaded = folder.data(each) if isinstance(each, str) else each
        except NotCarriedError as error:
            tests.dropped.append(f"scenarios: {error}")
            continue
        for scenario in loaded if isinstance(loaded, list) else [loaded]:
            if isinstance(scenario, dict):
                tests.left_out.add("scenarios", of_scenario(scenario))
                yield scenario
            else:
                tests.dropped.append(f"scenarios: {show(scenario, limit=60)} is no scenario")


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _laid_over(lower: Mapping[str, Json], upper: Mapping[str, Json]) -> Test:
    merged: Test = {**lower, **upper}
    for key in _MERGED:
        below, above = lower.get(key), upper.get(key)
        if isinstance(below, dict) and isinstance(above, dict):
            merged[key] = {**below, **above}
    return merged


def _entry(
    number: int, test: Test, default: Test, config: Mapping[str, Json], folder: ConfigurationFolder
) -> TestEntry:
    loaded = [{**each, "vars": _variables(each.get("vars"), folder)} for each in (default, test)]
    written = _laid_over(*loaded)
    options = written.get("options")
    options = options if isinstance(options, dict) else {}
    assertions = [
        *([] if options.get("disableDefaultAsserts") else _list(default.get("assert"))),
        *_list(test.get("assert")),
    ]
    variables = written["vars"]
    assert isinstance(variables, dict)  # noqa: S101 - made so just above
    is_expanded = options.get("disableVarExpansion") is not True
    combinations = tuple(_combinations(variables, folder, is_expanded=is_expanded))
    own = [_resolved(each, config) for each in _list(test.get("assert"))]
    return TestEntry(
        number=number,
        written=written,
        assertions=tuple(_resolved(each, config) for each in assertions),
        combinations=combinations,
        left_out=tuple(dict.fromkeys([*of_test(test), *(left for each in own for left in of_assertion(each))])),
    )


def _variables(written: Json, folder: ConfigurationFolder) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for each in written if isinstance(written, list) else [written]:
        if isinstance(each, str):
            for reference in folder.matches(each):
                found |= _variables(folder.data(reference), folder)
        elif isinstance(each, dict):
            found |= each
        elif each is not None:
            raise NotCarriedError(f"its vars hold {show(each, limit=40)}, which names no variables")
    return found


def _resolved(assertion: Json, config: Mapping[str, Json]) -> Json:
    """What `$ref` inside the configuration leads to, such as a template of an assertion."""
    if isinstance(assertion, str):
        raise NotCarriedError(f"the assertions {assertion} in a file of their own are not read; write them in the test")
    if not isinstance(assertion, dict) or not isinstance(assertion.get("$ref"), str):
        return assertion
    reference = str(assertion["$ref"])
    found: Json = dict(config)
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    if not isinstance(found, dict) or not reference.startswith("#/"):
        raise NotCarriedError(f"there is nothing at {reference}")
    return {**found, **{key: value for key, value in assertion.items() if key != "$ref"}}


def _combinations(
    variables: Mapping[str, Json], folder: ConfigurationFolder, *, is_expanded: bool
) -> Iterator[Mapping[str, Json]]:
    choices: list[list[Json]] = []
    count = 1
    for value in variables.values():
        found = _choices(value, folder, is_expanded=is_expanded)
        count *= len(found)
        if count > MOST_CELLS:
            raise NotCarriedError(f"its variables have more than {MOST_CELLS:,} combinations")
        choices.append(found)
    for values in product(*choices):
        yield _filled({name: _read(value, folder) for name, value in zip(variables, values, strict=True)})


def _choices(value: Json, folder: ConfigurationFolder, *, is_expanded: bool) -> list[Json]:
    if isinstance(value, str) and value.startswith("file://"):
        return list[Json](folder.matches(value))
    # A list of texts gives as many tests; any other list is one value.
    return value if isinstance(value, list) and value and isinstance(value[0], str) and is_expanded else [value]


def _read(value: Json, folder: ConfigurationFolder) -> Json:
    if not isinstance(value, str):
        return value
    if not value.startswith("file://"):
        return value.removesuffix("\n")
    if folder.is_data(value):
        from prompt_contracts.exchange.promptfoo.nunjucks import FILTERS

        return FILTERS["dump"](folder.data(value))
    return folder.text(value).strip()


def _filled(variables: dict[str, Json]) -> Mapping[str, Json]:
    """Variables that name others are filled in, up to five times round, as promptfoo does."""
    for _ in range(5):
        changed = False
        for name, value in variables.items():
            match = _SIMPLE.search(value) if isinstance(value, str) else None
            if isinstance(value, str) and match and match[1] in variables and match[1] != name:
                filled = value.replace(match[0], script_text(variables[match[1]]), 1)
                if len(filled) > 1_000_000:
                    raise NotCarriedError(f"the variable {name!r} grows without end")
                variables[name] = filled
                changed = True
        if not changed:
            break
    return variables
