"""Verdicts of trials -> a cell's result -> a report.

Entrances: `requirement` (whether the trials of a cell meet what was asked of them) and `aggregation.build_report`.
Pure arithmetic: unknown is None and never 0. Nothing is rendered here.
"""
