"""Small applications that the example cases test: each asks a model and does something with the answer."""
