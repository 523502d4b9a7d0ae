"""Observations → summaries → observed clauses: a fold.

Every observer has the same four verbs: `observe` an observation, `merge` another of its kind, say its
`claims`, and a serial form (`state`, `from_state`). Merging is associative and commutative, so the same
code folds in the sidecar, on one core over the store, or on many.
"""
