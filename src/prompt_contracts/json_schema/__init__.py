"""A JSON Schema and a value -> violations; a schema alone -> whether it says what its author means.

Entrances: `validation.is_valid` and `validation.violations` for values, `soundness.check_schema` for schemas.
Two validators share the work: on the `fragment` where both provably agree the fast one decides, else the reference
validator has the last word. Regular expressions and the time limit of a cell live here, since `pattern` needs them.
Never touches the network, never imports the slow validator for a yes, and knows no pattern, facet or case.
"""
