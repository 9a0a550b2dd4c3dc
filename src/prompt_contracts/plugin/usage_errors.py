"""What repeats what was typed repeats no key: it may have been pasted in the wrong place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def covered_usage_errors() -> Iterator[None]:
    """What is known as a key by its look is replaced in a usage error that is raised inside."""
    try:
        yield
    except pytest.UsageError as error:
        raise covered_usage_error(error) from None


def covered_usage_error(error: pytest.UsageError) -> pytest.UsageError:
    """The error without what is known as a key by its look."""
    return pytest.UsageError(*covered_lines(map(str, error.args)))


def covered_lines(lines: Iterable[str]) -> list[str]:
    """The lines without what is known as a key by its look."""
    from prompt_contracts.transport.key_shape import without_key_shapes

    return list(map(without_key_shapes, lines))
