"""Text of a case file -> cases, and nothing but parsing: no request, no model, no verdict."""
