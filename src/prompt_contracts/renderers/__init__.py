"""Reports, failures and diagnostics -> text, one module for each form.

Text of models and servers is made inert before it is shown; rich and templates live here and nowhere else.
Reads nothing, judges nothing, decides nothing: what is not in the noun cannot be shown.
"""
