"""Every threshold of inference, with its reason. Nothing else in this package hides a number that decides a claim."""

from __future__ import annotations

MIN_PRESENCE = 5
"""Objects seen before "always present" is claimed: with fewer, even the rule of three allows most to be without it."""

MIN_LATENCY = 20
"""Answers timed before an envelope is claimed. Below, p95 is the maximum; p99 needs about 299 and the clause says its n."""

SPECIFIC_BITS = 10
"""A value takes part in value flow if one of at least 2^10 could have stood there: "true", 42 and "EUR" return by chance."""

SINGULAR_BITS = 40
"""One returned value of this many bits (a UUID, a token) is enough: chance explains it less than once in 10^12."""

MIN_RETURNED = 2
"""Distinct less specific values that must come back before the field they came from is called used."""

CHANCE = 0.01
"""Tolerated probability that chance alone explains a claimed flow, shared among all candidate flows (Bonferroni)."""
