"""A configuration of promptfoo -> a case file that means the same, with a list of what could not be carried over.

Entrance: `carrying_over.carried_over`.
Runs nothing and fetches nothing: no JavaScript, no Python, no program, no address, no file outside its folder. What has
no counterpart is a remark at its place, never a guess.
"""
