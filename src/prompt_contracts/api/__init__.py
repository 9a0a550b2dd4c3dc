"""The public Python names: judging answers that somebody has, patterns as values, whole runs as a call.

Entrance: `prompt_contracts` itself, which hands these names on when they are used. What they do is the engine's: here
arguments become cells and replies. Never imports pytest, and never asks anybody on its own.
"""
