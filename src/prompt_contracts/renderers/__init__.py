"""Reports, failures and diagnostics -> text. Reads nothing and judges nothing."""
