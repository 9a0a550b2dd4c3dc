"""What can be told of a case before anything runs, and needs more than one workshop to tell.

Entrances: `checker.Checker` (what cannot be meant), `linter.Linter` (what is legal and surely not meant),
`acceptance.request_findings` (what a provider refuses or ignores), `editor_schema.editor_schema` (all that an editor
can be told). Each finding becomes a diagnostic with its place.
Never asks a provider, and says only what is certain: in doubt it is quiet.
"""
