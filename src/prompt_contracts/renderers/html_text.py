"""Text of models and servers made harmless for an HTML page: no markup, nothing invisible, nothing endless."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from markupsafe import Markup, escape

from prompt_contracts.data_class import dataclass
from prompt_contracts.json_text import indented
from prompt_contracts.renderers.inert_text import HOSTILE, inert

LONGEST = 20_000
"""Characters of one text that a page shows."""
_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)
_MOST_TOKENS = 300
_LEAST_ALIKE = 0.4
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
_RUN = re.compile(f"(?:{HOSTILE.pattern})+")


def attribute(value: object) -> object:
    """What a template puts out, wherever it stands: `inert`, and escaped as soon as it is no markup of ours."""
    return escape(inert(value)) if isinstance(value, str) and not isinstance(value, Markup) else value


def shown(text: str, *, limit: int = LONGEST) -> Markup:
    """The text for the body of a page: what nobody sees is written out and marked; the end beyond `limit` is cut."""
    return _marked(text[:limit]) + _cut(len(text), limit)


def laid_out(text: str) -> str:
    """A text that is JSON with a line for each member, the same tokens; any other text as it is."""
    if len(text) > 5 * LONGEST or text[:1] not in ("{", "["):
        return text
    return indented(text) or text


def _marked(text: str) -> Markup:
    # Safe: what is escaped holds no markup, and an escape of `inert` needs none.
    return Markup(_RUN.sub(lambda run: f'<span class="odd">{inert(run[0])}</span>', str(escape(text))))  # noqa: S704


def _cut(length: int, limit: int) -> Markup:
    if length <= limit:
        return Markup()
    left = f"{length - limit:,} of {length:,}"
    return Markup('<span class="cut">… %s characters are left out here; the JSON report has them all</span>') % left


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What was expected and what came, with marks where they part."""

    expected: Markup
    got: Markup


def difference(expected: str, got: str) -> Difference:
    """Both texts; parts that only one of them has are marked where the two have something in common."""
    ours, theirs = _TOKEN.findall(expected), _TOKEN.findall(got)
    if max(len(ours), len(theirs)) <= _MOST_TOKENS:
        matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
        if matcher.ratio() >= _LEAST_ALIKE:
            steps = matcher.get_opcodes()
            return Difference(
                expected=_joined(("".join(ours[a:b]), "del" if step != "equal" else "") for step, a, b, _, _ in steps),
                got=_joined(("".join(theirs[a:b]), "ins" if step != "equal" else "") for step, _, _, a, b in steps),
            )
    return Difference(expected=shown(expected), got=shown(got))


def _joined(parts: Iterable[tuple[str, str]]) -> Markup:
    return Markup().join(_wrapped(text, tag) for text, tag in parts if text)


def _wrapped(text: str, tag: str) -> Markup:
    return Markup(f"<{tag}>%s</{tag}>") % _marked(text) if tag else _marked(text)  # noqa: S704


@dataclass(slots=True)
class PictureAllowance:
    """How much more of pictures a page may hold: each counts wherever it stands."""

    left: int = 8_000_000
    """Characters."""
    largest: int = 1_000_000

    def admits(self, url: str) -> bool:
        """Whether a URL is a picture that the page itself holds, and there is room for it."""
        if len(url) > min(self.left, self.largest) or _PICTURE.fullmatch(url) is None:
            return False
        self.left -= len(url)
        return True


def said_of_url(url: str) -> str:
    """What is told of something that is not shown, such as a picture elsewhere: nothing of it is ever loaded."""
    if url.startswith("data:"):
        kind = url[5 : url.find(",") if "," in url else 80][:80]
        return f"data of {len(url):,} characters, {kind.removesuffix(';base64') or 'of no type'}: not shown"
    return f"{url[:500]} (not loaded)"
