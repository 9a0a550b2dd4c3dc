"""A long error is shown cut: no beginning of a key stands where it was cut."""

from __future__ import annotations

import json

import pytest

from tests.plugin.project import KEY, Project
from tests.transport.loopback import Answer


@pytest.mark.parametrize("limit", [300, 4_000, 20_000])
@pytest.mark.parametrize("shown", range(7, len(KEY), 4))
@pytest.mark.parametrize("is_json", [True, False])
def test_no_beginning_of_a_key_is_left_where_an_error_is_cut(
    project: Project, limit: int, shown: int, is_json: bool
) -> None:
    text = "A" * (limit - shown - 1) + " " + KEY + "B" * 3_000
    body = json.dumps({"error": {"message": text}}) if is_json else text
    project.answer(Answer(status=500, headers=(("content-type", "text/plain"),), body=body.encode()))

    report = project.report("--pc-live", "--pc-max-retries=0", "-k", "oslo")

    assert KEY[:7] not in json.dumps(report)
