"""Names of providers and models -> targets; a request -> the request that a target takes; usage -> cost.

Entrances: `resolution.resolve_target`, `adaptation.adapt`, `endpoints.choose_endpoint`, `pricing`.
Catalog and rules are data, each with its source and date; code stands only where behaviour differs.
Talks to nobody; an unknown price is None and never 0.
"""
