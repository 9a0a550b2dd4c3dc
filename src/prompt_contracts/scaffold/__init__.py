"""What `init` puts into a project: sample cases with their recordings, settings, and workflows for CI.

Entrances: `plan.plan_scaffold`, which reads the project and decides for each file; `plan.Plan.carry_out`, which writes.
Never overwrites without being told to, never writes outside of the project, runs nothing and asks nobody.
"""
