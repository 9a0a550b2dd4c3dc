"""YAML of other tools is YAML 1.2, plain data, and never endless."""

from __future__ import annotations

import pytest

from prompt_contracts.cases.foreign_yaml import ForeignYamlError, read_foreign_yaml


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *[(word, word) for word in ("yes", "no", "on", "off", "y", "12:30", "2024-05-01", "0b12", ".", "1.2.3", "=")],
        *[(word, True) for word in ("true", "True", "TRUE")],
        *[(word, None) for word in ("~", "null", "Null", "")],
        *[("0x1F", 31), ("0o17", 15), ("017", 17), ("+5", 5), ("1_000", 1000), ("-1e3", -1000.0), (".5", 0.5)],
        *[("'5'", "5"), ('"true"', "true"), ("!!str 5", "5"), ("1e999", "1e999")],
    ],
)
def test_scalars_are_those_of_the_core_schema(written: str, value: object) -> None:
    assert read_foreign_yaml(f"a: {written}\n") == {"a": value}


def test_anchors_and_merge_keys_work() -> None:
    text = "base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}\nboth: {<<: [*b, {x: 9, z: 4}]}\n"

    assert read_foreign_yaml(text) == {
        "base": {"x": 1, "y": 2},
        "own": {"x": 1, "y": 3},
        "both": {"x": 1, "y": 2, "z": 4},
    }


BOMB = "k0: &k0 [x, x]\n" + "".join(f"k{n}: &k{n} [*k{n - 1}, *k{n - 1}]\n" for n in range(1, 30))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\na: 2\n", "repeated"),
        ("a: !!python/object:os.system x\n", "tag"),
        ("a: !custom {b: 1}\n", "tag"),
        ("? [a]\n: 1\n", "key must be text"),
        ("a: &x [*x]\n", "stands in itself"),
        ("a: *nothing\n", "anchor"),
        ("--- 1\n--- 2\n", "second document"),
        ("[" * 3000, "nested"),
        ("a: [1\n", "line"),
        (BOMB, "more than"),
    ],
)
def test_what_is_no_plain_data_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ForeignYamlError, match=reason):
        read_foreign_yaml(text)


def test_an_empty_text_is_null() -> None:
    assert read_foreign_yaml("# nothing\n") is None
