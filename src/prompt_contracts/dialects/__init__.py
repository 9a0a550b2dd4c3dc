"""API families: conversations <-> requests and responses, as pure generators. No I/O here."""
