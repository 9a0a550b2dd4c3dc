"""The formats of JSON Schema, each loaded when a schema names it. Both validators ask here."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from prompt_contracts.expectations.schema_vocabulary import FORMATS

if TYPE_CHECKING:
    import jsonschema_rs


def conforms(name: str, text: str) -> bool:
    """Whether a text has a format; of a format that nobody knows, every text has it.

    A format means the same in every dialect, also in those that came before it.
    """
    if name not in FORMATS:
        return True
    try:
        return _validator(name).is_valid(text)
    except ValueError:  # half of a surrogate pair: no text of Unicode, and so none of any format
        return False


@lru_cache(maxsize=len(FORMATS))
def _validator(name: str) -> jsonschema_rs.Validator:
    import jsonschema_rs

    # An address alone: `Ola <ola@example.org>` is a header of a mail.
    mail = jsonschema_rs.EmailOptions(allow_display_text=False)
    return jsonschema_rs.validator_for({"format": name}, validate_formats=True, email_options=mail)
