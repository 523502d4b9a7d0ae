"""A new ledger: every key with its default, explained beside it."""

from __future__ import annotations

import json

_TEXT = """\
# The contract ledger: what was decided about this interface. It lives in the producer's repository, and a
# change of it is reviewed like code. `defacto decide` and `defacto dispute` write below `clauses`; all else
# is yours to edit. A key that is left out has the value that is shown after its #.

interface:
  producer: {producer}  # as defacto record --producer names it
  title:
  version:  # in quotes: "1.4"
  channels:  # where changes are told, by a name of your choice
    # mail: orders-announce@example.org

owners:
  producer:
    name:
    contact:
  consumers:
    # billing: {{name: Finance, contact: finance@example.org}}
  contract_tests:
    name:
    contact:
  platform:
    name:
    contact:

policy:
  compatibility:
    # BACKWARD: the new form understands what was written in the old one. FORWARD: the other way round. FULL:
    # both. NONE: anything goes. With _TRANSITIVE it is held against all earlier versions, not only the last.
    # requests: BACKWARD
    # answers: FORWARD
    # schemas: BACKWARD  # single ones: Avro, JSON Schema
    # How grave a change is that the mode does not allow, where its rule is not to say: breaking, warning or
    # compatible, by rule (defacto check --rules), by what it is about, by kind or by family.
    # severity: {{timing: warning}}
  notice:  # days before a change, and names of interface.channels
    # breaking: {{days: 90, channels: [mail]}}
    # warning: {{days: 14}}
  # versioning: semver  # calver, none
  evidence:
    # stays_days: 90  # how long a consumer stays one after its last call
    # shortest_days: 7  # the shortest period that a claim may rest on
    # least_observations: 30
    # least_per_consumer: 1
    # consumers: {{"quarterly-*": {{stays_days: 400}}}}
  exclude:  # globs with * and ?
    # operations: ["GET /internal/*"]
    # consumers: ["healthcheck"]
    # places: ["response.*.header.x-debug*"]
  # no_data: unknown  # what it means that nothing was seen: unknown, warn

clauses:
"""


def template(producer: str) -> str:
    """The text of a new ledger of a producer."""
    return _TEXT.format(producer=json.dumps(producer, ensure_ascii=False) if producer else "")
