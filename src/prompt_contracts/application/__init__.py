"""The application under test, run for one trial: a handler or a command around the model, and what it asks.

Entrance: `host.ApplicationHost.open`, which gives an `ApplicationRun` that is asked turn by turn and then ended.
Its requests come to a lease of the loopback server and go through the cell's own transport.
Never judges, never reads an answer, and never lets an application see a real key.
"""
