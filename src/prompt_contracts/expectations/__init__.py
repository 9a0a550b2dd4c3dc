"""Outcome → Failures: what a case expects, checked as written and judged. Pure, without I/O.

The doors are `judgement.judge` and `definition.check_expect`; the tables are `facets.FACETS` and
`operators.OPERATORS`.
"""
