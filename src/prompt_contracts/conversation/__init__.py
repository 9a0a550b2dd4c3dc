"""One trial: turns, tool loops and what is gathered on the way, from the first request to an `Outcome`.

Entrance: `trial_run.run_trial`. Each turn asks a responder, the bare model or the application around it, and both
leave the same `TurnRecord`; `driver` is the only place that runs the generators of `dialects` over the transport.
Never judges an answer, and never knows whether one was recorded or came over the network.
"""
