"""Verdicts of trials -> a cell's result -> a report; reports -> a comparison, and the gates that it does not pass.

Entrances: `requirement` (whether the trials of a cell meet what was asked of them), `aggregation.build_report`,
`comparisons.compare_runs` and `compare_within`, `gates`.
Pure arithmetic: unknown is None and never 0. Nothing is rendered here.
"""
