"""What stands in an expectation that a person has yet to write: no answer is it, so such a case is never green."""

from __future__ import annotations

UNFINISHED = "(to be written: what must hold of this answer)"
"""A text that the whole answer is held against."""
