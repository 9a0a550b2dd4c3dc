"""An outcome -> failures: what a case expects, checked as written and judged.

Entrances: `judgement.assess` for an outcome, `definition.check_expect` for an `expect` before anything is asked.
Facets are rows of `facets.FACETS`, each a small function that yields mismatches; patterns do the comparing.
Pure, without I/O: asks nobody, prices nothing, and never raises for what a model or a server said.
"""
