"""`$schema`: JSON Schema as a pattern."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from prompt_contracts.expectations.judgement import broken_clauses
from prompt_contracts.json_number import ExactNumber
from prompt_contracts.json_schema import regular_expression
from prompt_contracts.json_schema.fragment import surely
from prompt_contracts.json_schema.keywords import DEFAULT_DIALECT, FORMATS
from prompt_contracts.json_schema.own_keywords import conforms
from prompt_contracts.json_schema.regular_expression import SlowRegexError
from prompt_contracts.json_schema.soundness import check_schema
from prompt_contracts.json_schema.validation import UnusableError, is_valid, violations
from prompt_contracts.json_value import Json, canonical, parse_json
from tests.expectations.build import answer, case

SLOW_KEYS: Any = {"patternProperties": {r"^(a+)(a+)(a+)(a+)(a+)\1\2\3\4\5b$": True}}

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "ab", "é", "\ud800", "2024-05-01", "2024-13-01", "a@b.c"])
)
instances: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner),
    max_leaves=6,
)
leaf_schemas: st.SearchStrategy[Any] = st.one_of(
    st.booleans(),
    st.just({}),
    st.builds(
        lambda kind: {"type": kind},
        st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object", ["string", "null"]]),
    ),
    st.builds(lambda values: {"enum": values}, st.lists(instances, min_size=1, max_size=2)),
    st.builds(lambda value: {"const": value}, instances),
    st.builds(
        lambda key, bound: {key: bound},
        st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
        st.integers(-3, 3) | st.floats(-3, 3),
    ),
    st.builds(
        lambda key, bound: {key: bound},
        st.sampled_from(
            ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"],
        ),
        st.integers(0, 3),
    ),
    st.builds(lambda word: {"format": word}, st.sampled_from(["date", "email", "nonsense"])),
    st.builds(lambda pattern: {"pattern": pattern}, st.sampled_from(["^a", "b$", "[0-9]"])),
    st.builds(lambda number: {"multipleOf": number}, st.sampled_from([1, 2, 0.5, 0.01])),
    st.just({"uniqueItems": True}),
    st.just({"x-note": {"$ref": "#/nowhere"}}),
    st.just({"required": ["a"]}),
)


def _wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    return st.one_of(
        st.builds(lambda schema: {"items": schema}, inner),
        st.builds(lambda schema: {"not": schema}, inner),
        st.builds(lambda schemas: {"prefixItems": schemas}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(
            lambda key, schemas: {key: schemas},
            st.sampled_from(["allOf", "anyOf", "oneOf"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda named, more: {"properties": named, "additionalProperties": more}, properties, inner),
        st.builds(lambda schema: {"patternProperties": {"^a": schema}}, inner),
    )


plain_schemas = st.recursive(leaf_schemas, _wider, max_leaves=5)
inward = st.sampled_from([{"items": {"$ref": "#/$defs/x"}}, {"properties": {"a": {"$ref": "#/$defs/x"}}}])
schemas = plain_schemas | st.builds(
    lambda x, way, ways: {"$defs": {"x": {"allOf": [x, way]}}, "anyOf": [*ways, {"$ref": "#/$defs/x"}]},
    plain_schemas,
    inward,
    st.lists(inward, max_size=2),
)


def _exact_multiple(_validator: Any, of: Any, instance: Any, _schema: Any) -> Iterator[jsonschema.ValidationError]:
    is_number = isinstance(instance, (int, float)) and not isinstance(instance, bool)
    if is_number and (Fraction(repr(instance)) / Fraction(repr(of))).denominator != 1:
        yield jsonschema.ValidationError("no multiple")


def _exact(plain: Any) -> Any:
    """A reference validator, with an arithmetic in which 0.3 is a multiple of 0.1."""
    return jsonschema.validators.extend(plain, {"multipleOf": _exact_multiple})  # type: ignore[no-untyped-call] # by its stubs


Reference = _exact(jsonschema.Draft202012Validator)


def reference(schema: Any) -> Any:
    return Reference(schema, format_checker=Reference.FORMAT_CHECKER)


def told(schema: Any, value: Any) -> list[tuple[tuple[str | int, ...], str, str]]:
    return [(found.place, found.expected, found.got) for found in violations(schema, value)]


@given(schemas, instances)
@settings(max_examples=400)
def test_the_verdict_is_that_of_the_reference_validator(schema: Any, value: Json) -> None:
    expected = reference(schema).is_valid(value)

    assert (told(schema, value) == []) == expected
    assert is_valid(schema, value) == expected


@given(leaf_schemas, instances)
def test_a_local_reference_is_followed(schema: Any, value: Json) -> None:
    by_reference = {"$defs": {"a/b": schema}, "$ref": "#/$defs/a~1b"}

    assert told(by_reference, value) == told(schema, value)


@given(schemas, instances)
@settings(max_examples=400)
def test_what_the_fast_validator_says_the_reference_says_too(schema: Any, value: Json) -> None:
    sure = surely(canonical(schema), value)

    assert sure is None or sure == reference(schema).is_valid(value)


@given(schemas, instances, st.sampled_from(["2019-09", "07", "06"]))
def test_in_older_dialects_it_says_what_their_reference_says(schema: Any, value: Json, name: str) -> None:
    draft = {"2019-09": "https://json-schema.org/draft/2019-09/schema"}.get(
        name, f"http://json-schema.org/draft-{name}/schema#"
    )
    assume(isinstance(schema, dict))
    older = {"$schema": draft, **schema}
    judge_older = _exact(jsonschema.validators.validator_for(older))

    sure = surely(canonical(older), value)

    assert sure is None or sure == judge_older(older, format_checker=Reference.FORMAT_CHECKER).is_valid(value)


near_formats = st.sampled_from(
    [
        *("2024-05-01", "2024-13-01", "2024-02-30", "2024-05-01T10:20:30Z", "2024-05-01t10:20:60.5+02:00", "10:20:30Z"),
        *("24:00:00Z", "P1Y2M", "P1W", "PT", "a@b.c", "A <a@b.c>", "a@[127.0.0.1]", '"a b"@c.de', "ä@ö.de"),
        *("example.org", "-a.b", "a..b", "xn--4ca", "ö.de", "127.0.0.1", "127.0.0.01", "::1", "::1%eth0", "1::2::3"),
        *("http://a/b?c#d", "//a", "a b", "http://ä", "{a}", "{a", "/a~1b", "/a~2", "0#", "1/a", "-1", "(a)+", "(a"),
        *("123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000", ""),
    ]
) | st.text(max_size=12)


@given(st.sampled_from([*FORMATS, "color", "phone"]), near_formats)
@settings(max_examples=1000)
def test_a_format_means_the_same_to_both_validators(name: str, text: str) -> None:
    sure = surely(canonical({"items": {"format": name}}), [text, 5])

    assert sure is conforms(name, text)


def test_what_is_no_format_s_name_is_no_business_of_the_fast_validator() -> None:
    assert surely(canonical({"format": 5}), "a") is True
    assert surely(canonical({"properties": {"format": {"format": "date"}}}), {"format": "x"}) is False


@pytest.mark.parametrize(("levels", "sure"), [(100, True), (101, None)])
def test_values_in_great_depth_are_left_to_the_reference(levels: int, sure: bool | None) -> None:
    value: Json = []
    for _ in range(levels - 1):
        value = [value]

    assert surely("true", value) is sure


DRAFT_7 = "http://json-schema.org/draft-07/schema#"
LETTERS = "abc019 .-_é\n"
PIECES = [
    "a",
    "b",
    "0",
    "9",
    "[a-c]",
    "[^a]",
    "[0-9]",
    "\\d",
    "\\w",
    "\\s",
    "\\.",
    ".",
    "é",
    "(?:ab)",
    "(a|b)",
    "\\b",
    "\\-",
]
patterns = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["", "*", "+", "?", "{1,2}"])), max_size=4).map(
    lambda pieces: "".join(piece + ("" if piece == "\\b" else times) for piece, times in pieces)
)


@given(
    st.builds(lambda a, inner, z: a + inner + z, st.sampled_from(["", "^"]), patterns, st.sampled_from(["", "$"])),
    st.text(LETTERS, max_size=5),
)
def test_a_pattern_means_the_same_to_both_validators(pattern: str, text: str) -> None:
    expected = re.search(pattern, text) is not None

    assert surely(canonical({"pattern": pattern}), text) is expected
    assert (told({"pattern": pattern, "uniqueItems": True}, text) == []) is expected


@pytest.mark.parametrize(
    ("schema", "valid", "broken"),
    [
        ({"type": "object", "properties": {"price": {"minimum": 0}}, "required": ["price"]}, {"price": 5}, {}),
        ({"items": {"$ref": "#/$defs/item"}, "$defs": {"item": {"type": "string", "pattern": "^a"}}}, ["a"], ["b"]),
        ({"$defs": {"tree": {"items": {"$ref": "#/$defs/tree"}}}, "$ref": "#/$defs/tree"}, [[[]]], None),
        ({"format": "date"}, "2024-05-01", "2024-13-01"),
        ({"multipleOf": 0.01}, 19.99, 19.999),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "type": "string", "nullable": True}, "a", 5),
        ({"$schema": "http://json-schema.org/draft-06/schema#", "type": "string"}, "a", 5),
        ({"$schema": "https://json-schema.org/draft/2019-09/schema", "type": "string"}, "a", 5),
        ({"maximum": 2**53}, 2**53, None),
    ],
)
def test_the_fast_validator_does_decide_ordinary_schemas(schema: Json, valid: Json, broken: Json) -> None:
    assert surely(canonical(schema), valid) is True
    assert broken is None or surely(canonical(schema), broken) is False


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/none"},
        {"$ref": "other.json"},
        {"items": {"$dynamicRef": "#x"}},
        {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"},
        {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "null"}]},
        {"$schema": "http://json-schema.org/draft-07/schema#", "prefixItems": [{"type": "null"}]},
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "$ref": "#/definitions/a",
            "minimum": 3,
            "definitions": {"a": {}},
        },
    ],
)
def test_where_small_print_differs_it_says_nothing(schema: Json) -> None:
    assert surely(canonical(schema), [1]) is None


def test_deep_values_and_schemas_that_refer_to_themselves_end() -> None:
    schema: Any = {"items": {"$ref": "#"}}
    for _ in range(12):
        schema = {"allOf": [schema]}
    value: Any = []
    for _ in range(98):
        value = [value]

    assert is_valid({"$defs": {"a": schema}, **schema}, value) is True


def _fresh(statements: str) -> None:
    subprocess.run([sys.executable, "-c", f"import sys\n{statements}"], check=True)


def test_neither_a_yes_nor_a_no_to_an_ordinary_schema_loads_the_slow_validator() -> None:
    _fresh(
        "from prompt_contracts.json_schema.validation import is_valid, violations\n"
        "from prompt_contracts.json_schema.soundness import check_schema, schema_doubts\n"
        "schema = {'type': 'object', 'properties': {'a': {'enum': [1, 2]}, 'day': {'format': 'date'},\n"
        "          'id': {'pattern': '^[a-z]+$'}, 'price': {'multipleOf': 0.01}}, 'required': ['a']}\n"
        "assert not list(check_schema(schema)) and not list(schema_doubts(schema))\n"
        "assert not list(violations(schema, {'a': 1, 'day': '2024-05-01', 'id': 'x', 'price': 19.99}))\n"
        "assert not is_valid(schema, {'a': 3}) and not is_valid(schema, {'a': 1, 'day': '2024-13-01'})\n"
        "assert not is_valid(schema, {'a': 1, 'id': 'X'}) and not is_valid(schema, {'a': 1, 'price': 0.001})\n"
        "assert not {'jsonschema', 'referencing', 'rfc3987_syntax'} & {*sys.modules}\n"
    )


def test_an_explanation_needs_none_of_the_packages_that_check_formats_for_others() -> None:
    # `None` in place of a module: importing it fails, as where it is not installed.
    _fresh(
        "for name in ('rfc3987_syntax', 'isoduration', 'fqdn', 'rfc3339_validator', 'uri_template'):\n"
        "    sys.modules[name] = None\n"
        "from prompt_contracts.json_schema.validation import violations\n"
        "for name in ('iri', 'duration', 'hostname', 'date-time', 'uri-template'):\n"
        "    (found,) = violations({'format': name}, '{ ')\n"
        "    assert found.expected == f'a text of the format {name}'\n"
    )


@pytest.mark.parametrize(
    ("schema", "value", "found"),
    [
        ({"type": "integer"}, "5", ((), "an integer", '"5"')),
        ({"type": ["string", "null"]}, 5, ((), "a string or null", "5")),
        ({"required": ["a", "b"]}, {"a": 1}, (("b",), "a required key", "(missing)")),
        (
            {"properties": {"a": {}}, "additionalProperties": False},
            {"a": 1, "b": 2},
            (("b",), "no such key", "2"),
        ),
        ({"items": {"maximum": 3}}, [1, 5], ((1,), "at most 3", "5")),
        ({"enum": ["a", 1]}, "b", ((), 'one of "a", 1', '"b"')),
        ({"const": {"a": 1}}, 1, ((), '{"a": 1}', "1")),
        ({"format": "date"}, "2024-13-01", ((), "a text of the format date", '"2024-13-01"')),
        ({"pattern": "^a"}, "b", ((), "a text matching /^a/", '"b"')),
        ({"properties": {"a": False}}, {"a": 1}, (("a",), "nothing: the schema allows no value here", "1")),
        ({"uniqueItems": True}, [1, 1], ((), "elements of which no two are equal", "[1, 1]")),
        ({"anyOf": [{"type": "null"}, {"minimum": 3}]}, 1, ((), "a match of one of 2 schemas", "1")),
        ({"oneOf": [{}, True]}, 1, ((), "a match of exactly one of 2 schemas", "1")),
        ({"patternProperties": {"^a": {"type": "null"}}}, {"ab": 1}, (("ab",), "null", "1")),
    ],
)
def test_a_violation_reads_well(schema: Any, value: Any, found: object) -> None:
    assert told(schema, value) == [found]


def test_a_violation_in_an_answer_has_pointer_code_and_place_in_the_file() -> None:
    schema = {"type": "object", "properties": {"items": {"items": {"required": ["price"]}}}}
    contract = case({"json": {"$schema": schema}})

    (failure,) = broken_clauses(contract, answer('{"items": [{"price": 1}, {}]}'))

    assert (failure.code, failure.path) == ("json.$schema", "json/items/1/price")
    assert failure.location == contract.expect[0].locate("/$schema/properties/items/items/required")


def test_arguments_of_a_call_can_be_held_against_a_schema() -> None:
    contract = case({"tool_calls": [{"get_weather": {"$schema": {"required": ["city"]}}}]})

    (failure,) = broken_clauses(contract, answer(calls=[("get_weather", {})]))

    assert failure.headline == "tool_calls[0].arguments.city: expected a required key, got (missing)"


def test_only_the_first_twenty_violations_are_told_one_by_one() -> None:
    found = told({"items": {"type": "null"}}, list(range(50)))

    assert len(found) == 21
    assert found[-1][2] == "30 more violations"


def test_a_dialect_that_the_schema_names_is_followed() -> None:
    tuples = {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "null"}]}

    assert told(tuples, [1]) == [((0,), "null", "1")]
    assert told({"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}, 5.0) != []


def test_a_schema_that_refers_to_itself_without_end_is_never_a_pass() -> None:
    assert told({"$ref": "#"}, 1)[0][2] == "a value that cannot be checked"


@pytest.mark.parametrize("target", ["https://example.invalid/x", "file:///etc/hostname", "other.json", "#/nope"])
def test_a_reference_to_elsewhere_is_never_fetched_and_never_a_pass(target: str) -> None:
    assert told({"$ref": target}, 1)[0][2] == "a value that cannot be checked"


def test_a_catastrophic_pattern_in_a_schema_ends() -> None:
    with pytest.raises(SlowRegexError, match="the pattern took longer than 1 s on this text"):
        list(violations({"pattern": "^(a|aa)+$"}, "a" * 80 + "b"))


@pytest.mark.parametrize("keyword", [{}, {"uniqueItems": True}], ids=["fast", "last word"])
@pytest.mark.parametrize(
    ("of", "value", "is_multiple"),
    [
        (0.01, 19.99, True),
        (0.01, 19.999, False),
        (0.1, 0.3, True),
        (0.1, -0.3, True),
        (0.01, 0, True),
        (0.01, 1e308, True),
        (3, 1e308, False),
        (1e-320, 1, True),
        (7, 10**4000 * 7, True),
        (7, 10**4000, False),
        (0.7, 10**300 * 7, True),
        (2.5, 7.5, True),
        (2.5, True, True),
        (2.5, "7", True),
    ],
)
def test_a_multiple_is_one_by_exact_decimal_value(of: Any, value: Any, keyword: Any, *, is_multiple: bool) -> None:
    schema = {"multipleOf": of, **keyword}

    assert is_valid(schema, value) is is_multiple
    assert (told(schema, value) == []) is is_multiple


@pytest.mark.parametrize(
    ("schema", "text", "is_right"),
    [
        ({"type": "integer"}, "9007199254740993.5", False),
        ({"type": "integer"}, "9007199254740993.0", True),
        ({"type": "integer"}, "1e999999999", True),
        ({"type": "integer"}, "1e-999999999", False),
        ({"minimum": 9007199254740993}, "9007199254740992.9", False),
        ({"maximum": 5}, "1e999999999", False),
        ({"exclusiveMinimum": 0}, "1e-400", True),
        ({"exclusiveMaximum": 0.1}, "0.09999999999999999999999", True),
        ({"multipleOf": 7}, "7e999999999", True),
        ({"multipleOf": 7}, "1e999999999", False),
        ({"multipleOf": 0.01}, "1e-999999999", False),
    ],
)
def test_a_number_counts_with_all_digits_that_were_written(schema: Any, text: str, *, is_right: bool) -> None:
    assert is_valid(schema, ExactNumber(text)) is is_right
    assert (told(schema, ExactNumber(text)) == []) is is_right


@pytest.mark.parametrize(
    ("schema", "value", "is_right"),
    [
        ('{"exclusiveMaximum": 9007199254740993.5}', "9007199254740993.5", False),
        ('{"exclusiveMaximum": 9007199254740993.5}', "9007199254740993", True),
        ('{"maximum": 0.10000000000000000001}', "0.10000000000000000002", False),
        ('{"minimum": 1e-400}', "0", False),
        ('{"exclusiveMinimum": 0, "maximum": 1e-400}', "1e-400", True),
        ('{"const": 9007199254740993.0}', "9007199254740993.0", True),
        ('{"const": 9007199254740993.0}', "9007199254740993", True),
        ('{"const": 9007199254740993.0}', "9007199254740992", False),
        ('{"const": {"days": [1e-400]}}', '{"days": [1e-400]}', True),
        ('{"const": {"days": [1e-400]}}', '{"days": [0]}', False),
        ('{"enum": [1, 0.10000000000000000001]}', "0.1", False),
        ('{"enum": [1, 0.10000000000000000001]}', "0.100000000000000000010", True),
        ('{"const": 1e23}', "1e23", True),
        ('{"const": 1e23}', "100000000000000000000000", True),
        ('{"multipleOf": 3}', "1e-999999999", False),
        ('{"multipleOf": 1e-400}', "5", True),
        ('{"multipleOf": 0.10000000000000000001}', "0.1", False),
        ('{"minLength": 9007199254740993.0}', '"a"', False),
        ('{"uniqueItems": true}', "[1e23, 100000000000000000000000]", False),
        ('{"uniqueItems": true}', "[0.1, 0.10000000000000000001, 1, true, [1], [true]]", True),
        ('{"uniqueItems": true}', '[{"a": 1, "b": 2.0}, {"b": 2, "a": 1.0}]', False),
        ('{"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 1e23}', "100000000000000000000000", True),
        (
            '{"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 1e23, "exclusiveMaximum": true}',
            "100000000000000000000000",
            False,
        ),
        (
            '{"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 0.10000000000000000001}',
            "0.1",
            False,
        ),
    ],
)
def test_a_schema_counts_with_all_digits_that_were_written(schema: str, value: str, *, is_right: bool) -> None:
    written = parse_json(schema)

    assert list(check_schema(written)) == []
    assert is_valid(written, parse_json(value)) is is_right
    assert (told(written, parse_json(value)) == []) is is_right


@pytest.mark.parametrize(
    ("keyword", "below", "at", "above"),
    [
        ("minimum", False, True, True),
        ("maximum", True, True, False),
        ("exclusiveMinimum", False, False, True),
        ("exclusiveMaximum", True, False, False),
    ],
)
def test_a_bound_means_the_same_beside_what_only_the_slow_validator_knows(
    keyword: str, *, below: bool, at: bool, above: bool
) -> None:
    schema: Json = {keyword: 5, "unevaluatedProperties": False}

    assert surely(canonical(schema), 5) is None
    assert [is_valid(schema, value) for value in (4, 5, 6)] == [below, at, above]


def test_a_bound_is_told_as_it_is_written() -> None:
    schema = parse_json('{"exclusiveMaximum": 9007199254740993.5}')

    assert told(schema, parse_json("9007199254740993.5")) == [
        ((), "less than 9007199254740993.5", "9007199254740993.5")
    ]


def test_an_amount_of_money_is_a_number() -> None:
    assert is_valid({"enum": [0.002]}, Decimal("0.002"))
    assert not is_valid({"const": 0.002}, Decimal("0.0020000000000000000000001"))
    assert is_valid({"type": "number", "multipleOf": 0.001, "maximum": 0.002}, Decimal("0.002"))
    assert not is_valid({"type": "number", "maximum": 0.002}, Decimal("0.0020000000000000000000001"))


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"$ref": "#/nope"}, {"$ref": "https://example.invalid/x"}, 5])
def test_what_cannot_be_judged_is_neither_valid_nor_invalid(schema: Any) -> None:
    with pytest.raises(UnusableError):
        is_valid(schema, 1)


def test_a_slow_pattern_is_neither_a_yes_nor_a_no_under_not() -> None:
    with pytest.raises(SlowRegexError):
        is_valid({"not": {"pattern": "^(a|aa)+$"}}, "a" * 80 + "b")


@pytest.mark.parametrize(
    "schema",
    [
        {**SLOW_KEYS, "additionalProperties": False},
        {"not": {**SLOW_KEYS, "additionalProperties": False}},
        {"additionalProperties": False, **SLOW_KEYS},
        {"unevaluatedProperties": False, **SLOW_KEYS},
        {"unevaluatedProperties": False, "allOf": [SLOW_KEYS]},
        {"unevaluatedProperties": False, "$ref": "#/$defs/slow", "$defs": {"slow": SLOW_KEYS}},
        {"propertyNames": {"pattern": next(iter(SLOW_KEYS["patternProperties"]))}},
    ],
)
@pytest.mark.parametrize("dialect", [DEFAULT_DIALECT, DEFAULT_DIALECT.replace("2020-12", "2019-09")])
def test_a_slow_pattern_of_keys_ends_whatever_asks_it(
    schema: dict[str, Json], dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regular_expression, "REGEX_SECONDS", 0.05)

    with pytest.raises(SlowRegexError):
        is_valid({"$schema": dialect, **schema}, {"a" * 400 + "!": 1})


def test_each_pattern_of_keys_is_read_for_itself() -> None:
    schema: dict[str, Json] = {"patternProperties": {r"^(a)\1$": True, r"^(b)\1$": True}, "additionalProperties": False}

    assert is_valid(schema, {"aa": 1, "bb": 2})
    assert not is_valid(schema, {"aa": 1, "ab": 2})
    assert is_valid({**schema, "additionalProperties": {"type": "string"}}, {"ab": "x"})
    assert not is_valid({**schema, "additionalProperties": {"type": "string"}}, {"ab": 2})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date-time", "2024-05-01T12:00:00Z", "2024-05-01 12:00"),
        ("date", "2024-02-29", "2023-02-29"),
        ("time", "12:00:00Z", "12:00"),
        ("duration", "P3DT4H", "3 days"),
        ("email", "ola@example.org", "Ola <ola@example.org>"),
        ("idn-email", "ø@example.org", "ø"),
        ("hostname", "example.org", "-example"),
        ("idn-hostname", "ørsta.no", "ørsta..no"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("ipv6", "::1", "::g"),
        ("uri", "https://example.org/a", "example.org"),
        ("uri-reference", "a/b?c", "a b"),
        ("iri", "https://ørsta.no/å", "ørsta no"),
        ("iri-reference", "å/b", "å b"),
        ("uri-template", "/a/{b}", "/a/{b"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
        ("json-pointer", "/a/0", "a/0"),
        ("relative-json-pointer", "1/a", "/a"),
        ("regex", "^a+$", "("),
    ],
)
@pytest.mark.parametrize("draft", ["2020-12", "draft-07", "draft-04"])
def test_every_format_is_checked_in_every_dialect(name: str, good: str, bad: str, draft: str) -> None:
    declared = f"http://json-schema.org/{draft}/schema#" if draft.startswith("draft") else DEFAULT_DIALECT
    schema = {"$schema": declared, "format": name}

    assert told(schema, good) == []
    assert told(schema, bad) != []
    assert told(schema, 5) == []
