"""What keys of well-known services look like: found in a text by their look alone, without their values."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prompt_contracts.data_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShape:
    """The look of one kind of key."""

    name: str
    pattern: re.Pattern[str]
    marks: tuple[str, ...]
    """One of these stands in every text that the pattern finds something in; of one that ignores case in small letters.

    Looking for all marks takes a fraction of the time that the patterns take, and hardly a text has one.
    """

    @property
    def ignores_case(self) -> bool:
        """Whether capitals are as good as small letters."""
        return bool(self.pattern.flags & re.IGNORECASE)


KEY_SHAPES = (
    KeyShape(
        name="an OpenAI-style key (sk-…)",
        pattern=re.compile(r"(?<![A-Za-z0-9_-])sk-[A-Za-z0-9_-]{20,}"),
        marks=("sk-",),
    ),
    KeyShape(
        name="a Groq key (gsk_…)",
        pattern=re.compile(r"(?<![A-Za-z0-9])gsk_[A-Za-z0-9]{20,}"),
        marks=("gsk_",),
    ),
    KeyShape(
        name="an xAI key (xai-…)",
        pattern=re.compile(r"(?<![A-Za-z0-9])xai-[A-Za-z0-9]{20,}"),
        marks=("xai-",),
    ),
    KeyShape(
        name="a Google API key (AIza…)",
        pattern=re.compile(r"(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}"),
        marks=("AIza",),
    ),
    KeyShape(
        name="a Hugging Face token (hf_…)",
        pattern=re.compile(r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{20,}"),
        marks=("hf_",),
    ),
    KeyShape(
        name="a Replicate token (r8_…)",
        pattern=re.compile(r"(?<![A-Za-z0-9])r8_[A-Za-z0-9]{20,}"),
        marks=("r8_",),
    ),
    KeyShape(
        name="a Perplexity key (pplx-…)",
        pattern=re.compile(r"(?<![A-Za-z0-9])pplx-[A-Za-z0-9]{20,}"),
        marks=("pplx-",),
    ),
    KeyShape(
        name="a Tavily key (tvly-…)",
        pattern=re.compile(r"(?<![A-Za-z0-9])tvly-[A-Za-z0-9-]{20,}"),
        marks=("tvly-",),
    ),
    KeyShape(
        name="an AWS access key",
        pattern=re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])"),
        marks=("AKIA", "ASIA"),
    ),
    KeyShape(
        name="a GitHub token",
        pattern=re.compile(r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})"),
        marks=("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    KeyShape(
        name="a JSON web token",
        pattern=re.compile(r"(?<=[\w-]{8})\.eyJ[\w-]{8,}\."),
        marks=(".eyJ",),
    ),
    KeyShape(
        name="a private key",
        pattern=re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
        marks=("-----BEGIN ",),
    ),
    KeyShape(
        # Azure's keys are plain hex, as many a harmless id is: only the header in front of them tells.
        name="an api-key header",
        pattern=re.compile(r"api[-_]?key\\?[\"']?\s*[:=]\s*\\?[\"']?[0-9a-f]{32}\b", re.IGNORECASE),
        marks=("api",),
    ),
    KeyShape(
        # "Bearer authentication" is prose: a token has a digit in it, or is longer than any word.
        name="a bearer token",
        pattern=re.compile(r"\bBearer\s+(?:(?=[A-Za-z._~+/-]*[0-9])[\w.~+/-]{12,}|[\w.~+/-]{30,})", re.IGNORECASE),
        marks=("bearer",),
    ),
)


_MARKS = tuple((mark, shape) for shape in KEY_SHAPES for mark in shape.marks if not shape.ignores_case)
_SMALL_MARKS = tuple((mark, shape) for shape in KEY_SHAPES for mark in shape.marks if shape.ignores_case)


def _any_mark(sign: str) -> re.Pattern[str]:
    """What finds every mark that is known by this character."""
    marks = [mark for mark, _ in _MARKS if _sign(mark) == sign]
    ends = (
        f"(?<={re.escape(mark[: mark.index(sign) + 1])}){re.escape(mark[mark.index(sign) + 1 :])}" for mark in marks
    )
    return re.compile(f"{re.escape(sign)}(?:{'|'.join(ends)})")


def _sign(mark: str) -> str:
    return next((character for character in mark if character in "-_."), mark[0])


# A pattern that begins with one plain character is as fast as a single mark, for as many marks as have it.
_ANY_MARK = tuple(map(_any_mark, sorted({_sign(mark) for mark, _ in _MARKS})))


def shape_in(texts: Sequence[str]) -> str | None:
    """The name of the first shape that one of the texts holds; None where they hold none."""
    together = "\0".join(texts)
    small = _small(together)
    likely: list[KeyShape] = []
    if any(marks.search(together) for marks in _ANY_MARK):
        likely += [shape for mark, shape in _MARKS if mark in together]
    likely += [shape for mark, shape in _SMALL_MARKS if mark in small]
    return next((shape.name for shape in likely if any(map(shape.pattern.search, texts))), None)


def _small(text: str) -> str:
    """The text in the letters that `re.IGNORECASE` takes for the same, as far as marks have them."""
    # To `re` a dotless i is an i; of a dotted capital `lower` makes an i and a dot.
    return text.lower().replace("ı", "i")


def without_key_shapes(text: str) -> str:
    """The text with the name of its kind in the place of each key that is known by its look."""
    for shape in KEY_SHAPES:
        text = shape.pattern.sub(f"[{shape.name}]", text)
    return text
