"""A loopback HTTP server that an application takes for its provider.

Entrance: `server.StubServer`, which gives leases of addresses and answers what it is handed.
Limits what a client may send and how long it may take. Asks nobody, and knows no case and no recording.
"""
