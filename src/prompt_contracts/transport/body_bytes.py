"""The body of a request as it is sent. Opens nothing."""

from __future__ import annotations

import json
import re

from prompt_contracts.json_value import Json

_SURROGATE = re.compile("[\ud800-\udfff]")


def encode_body(body: Json) -> bytes:
    """The JSON bytes that are sent; lone surrogates, which UTF-8 has no form for, stay escapes."""
    text = json.dumps(body, ensure_ascii=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text).encode()
