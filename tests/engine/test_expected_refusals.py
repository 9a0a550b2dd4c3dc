"""A case that expects its request to be refused sends it as written: where such an expectation may stand."""

from __future__ import annotations

from typing import Any

import pytest

from prompt_contracts.conversation.request import expects_refusal
from tests.expectations.build import case

REFUSED = {"error": {"kind": "unsupported_parameter"}}


@pytest.mark.parametrize(
    ("expect", "is_expected"),
    [
        (REFUSED, True),
        ({"error": {"kind": "invalid_request"}}, True),
        ({"error": {"kind": {"$any_of": ["auth", "invalid_request"]}}}, True),
        ({"error": {"kind": {"$any_of": ["auth", {"$any_of": ["invalid_request"]}]}}}, True),
        ({"any_of": [{"text": "a"}, REFUSED]}, True),
        ({"all_of": [REFUSED]}, True),
        ({"error": {"kind": "auth"}}, False),
        ({"error": {"kind": {"$any_of": ["auth", "quota"]}}}, False),
        ({"error": {"kind": {"$not": "invalid_request"}}}, False),
        ({"error": {"kind": ["invalid_request"]}}, False),
        ({"error": {"status": 400}}, False),
        ({"text": "invalid_request"}, False),
        ({"none_of": [REFUSED]}, False),
    ],
    ids=str,
)
def test_a_refusal_is_expected_where_it_is_named(expect: dict[str, Any], is_expected: bool) -> None:
    assert expects_refusal(case(expect)) == is_expected
