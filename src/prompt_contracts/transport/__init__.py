"""A request -> an interaction: the only room that talks to a network, and the one that records what was said.

Entrance: `cell_transport.Transport`, which opens a `CellTransport`: retries over faults over playback over recording
over the network, each a layer with one method. Replay reads the same files without httpx and vcrpy.
Never writes a secret, never asks where a recording is wanted, and never knows what an answer means.
"""
