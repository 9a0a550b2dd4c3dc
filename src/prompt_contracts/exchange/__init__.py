"""Foreign formats in and out: what other tools write and read. Judges nothing and asks nobody."""
