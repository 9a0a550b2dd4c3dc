"""What the tests of the docs share: they run pytest within pytest."""

from __future__ import annotations

from tests.preloaded import preload

preload()
