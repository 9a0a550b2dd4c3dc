"""Requests -> interactions: the only room that talks to a network, and the one that records what was said."""
