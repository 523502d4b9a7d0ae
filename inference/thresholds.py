"""Every threshold of inference, with its reason.

Nothing else in this package hides a number that decides a claim.
"""

from __future__ import annotations

MIN_PRESENCE = 5
"""Objects seen before "always present" is claimed: with fewer, most might lack it (rule of three)."""

MIN_LATENCY = 20
"""Answers timed before an envelope is claimed.

Below, p95 is the maximum; p99 needs about 299 and the clause says its n.
"""

SPECIFIC_BITS = 10
"""A value takes part in value flow if it is one of 2^10 or more: "true", 42 and "EUR" return by chance."""

COMMON_BITS = 16
"""Values below are common: words (a consumer knows "cancelled" from its own code), four-digit numbers."""

SINGULAR_BITS = 40
"""One returned value of this many bits (a UUID, a token) is enough: chance is below 10^-12."""

MIN_RETURNED = 2
"""Distinct values that must come back before their field is called used, unless one is singular."""

MIN_RETURNED_COMMON = 5
"""The same where all are common: more words than a consumer is likely to have as constants for a field."""

CHANCE = 0.01
"""Tolerated probability that chance explains a claimed flow, over all candidate flows (Bonferroni)."""
