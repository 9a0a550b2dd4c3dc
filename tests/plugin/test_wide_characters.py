"""Characters that take two columns of a terminal, as those of Chinese and Japanese do."""

from __future__ import annotations

from unicodedata import east_asian_width

from tests.plugin.project import Project

CASES = """
version: 1
models: [house:small]
cases:
  - name: says_it_in_japanese
    user: 東京は雨ですか
    expect:
      text: {$contains: 東京では明日は雨が降るでしょう}
      finish_reason: length
"""


def columns(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def test_the_columns_of_the_table_of_failures_stay_below_each_other(project: Project) -> None:
    project.write(weather=CASES)
    project.answer_text("はい、東京は明日も雨です")

    lines = project.run("--pc-record=rewrite").stdout.lines

    head = next(line for line in lines if line.split() == ["expected", "got"])
    rows = [line for line in lines if " ✗ " in line]
    assert len(rows) == 2
    assert {columns(row.partition("✗")[0]) for row in rows} == {columns(rows[1].partition("✗")[0])}
    starts = [columns(row[: row.index(got)]) for row, got in zip(rows, ('"はい', '"stop"'), strict=True)]
    assert starts == [head.index("got")] * 2
