"""A value and a pattern -> mismatches: the one notion by which arguments, JSON, text, numbers and errors are judged.

Entrance: `pattern.Language`, whose `holds` decides and whose `match` words what does not hold; `check` tells what is
wrong with a pattern as written. Operators are rows of `operators.OPERATORS`; `pairing` pairs lists one to one.
Never knows a facet, a case or where a value came from; pure, but for functions of the project that `$check` names.
"""
