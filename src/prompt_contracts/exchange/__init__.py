"""Foreign formats in and out: lines of the Batch API <-> requests and replies, verdict lines, report files of runs.

Entrances: `batch_input.batch_lines`, `batch_output.read_lines`, `reply_file.ReplyFile`, `verdict_lines.verdict_line`,
`report_file.read_report`, `promptfoo.carrying_over.carried_over`, `openai_logs.import_log`,
`case_text.case_text`.
Judges nothing and asks nobody: a line becomes a `Reply`, and the engine does the rest.
"""
