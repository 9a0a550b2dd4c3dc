"""Verdicts of trials -> a cell's result -> a report. Pure arithmetic; nothing is rendered here."""
