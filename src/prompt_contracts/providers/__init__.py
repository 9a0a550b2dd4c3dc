"""Names of providers and models -> targets, and usage -> cost. Talks to nobody."""
