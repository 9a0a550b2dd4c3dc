"""One run: the only room that knows all others. Case files -> cells -> outcomes -> results -> a report.

Entrances: `projects.Projects` for runs, `replies.ReplyJudge` for answers that exist already.
Planning, trials, judging, budgets and what a run keeps secret are here; the faces call this and nothing below it.
No pytest, no terminal, no text for people beyond the messages of errors.
"""
