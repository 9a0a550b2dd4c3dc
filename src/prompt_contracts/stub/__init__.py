"""A loopback HTTP server that stands in for a provider: it serves what it is handed, and asks nobody itself."""
