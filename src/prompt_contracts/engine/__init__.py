"""The only room that knows all workshops: loads, asks, judges, sums up. No pytest, no terminal here."""
