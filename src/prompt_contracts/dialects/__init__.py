"""API families: `ModelRequest` <-> requests and responses of Chat Completions, Responses and Assistants.

Entrances: the dialogues of `chat`, `responses` and `assistants`, as generators that yield requests and pauses and
return an answer; `error_response.classify` for every body of an error.
No I/O and no clock; what a server sends is data, however wrong it is.
"""
