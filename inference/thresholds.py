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

MIN_FORMAT = 3
"""Different values of one form before a format is claimed; `telling` rules out what has it by chance."""

MIN_COMMON_FORMAT = 10
"""The same for forms that short texts have by chance (hexadecimal, base64, slugs, digits)."""

MIN_PATTERN = 10
"""Different texts before a pattern is claimed: each of its parts is a guess from these."""

MIN_LENGTH = 10
"""Different texts of one length before the length is claimed."""

MIN_ENUM = 20
"""Different things that must have had one of a few values before these are called all there are."""

MIN_ENUM_EXCHANGES = 10
"""Different exchanges in which they must have come: the items of one answer have much in common."""

MAX_ENUM = 20
"""Values that a person would call an enumeration."""

ENUM_PER_VALUE = 10
"""Values seen for each different one (JSONoid's rule): with fewer, more kinds are likely to come."""

ENUM_UNSEEN = 0.01
"""The chance that the next value is a new one (Good-Turing) that an enumeration may leave."""

FIRST_HALF = 0.3
"""The share of values that must have come after the latest new one: a confirmation on later traffic."""

MIN_ALWAYS = 100
"""Different exchanges before one number or boolean is called constant: most flags are just rarely set."""

MIN_NATURAL = 20
"""Different things before a bound of a number is looked for."""

MIN_DENSE = 5
"""Whole numbers next to each other at a bound: a few that stand alone (page sizes) are bounded by nothing."""

EDGE_EXPECTED = 4
"""Values that a smooth distribution would put beyond a bound; none there has a chance of e^-4."""

MIN_RELATED = 5
"""Rows in which two places must agree before a relation is claimed, whatever chance says."""

MIN_EQUAL = 10
"""Different values that two places of an answer must share: `created` equals `updated` for a while."""

MIN_DIFFERENT = 3
"""Different values that must take part, where one that stands in everything would fit as well."""

MIN_DERIVED = 10
"""Different texts before it is said that others are made of them: short names and slugs are alike anyway."""

MIN_SUMS = 5
"""Totals that must add up; one that does by chance is rare, five are none."""

MAX_ADDENDS = 12
"""Numbers of one object that are tried as each other's sums."""

MIN_FULL = 2
"""Pages that must have been as long as the limit allows: a bound that is never reached bounds nothing."""

MIN_SORTED = 3
"""Arrays with different items that must be in an order."""

MIN_ARRAYS = 5
"""Arrays of two items and more, before it is said that nothing is twice in one."""

MIN_COLLISIONS = 3
"""Repeats within one array that chance would have brought (rule of three)."""

MIN_CASE = 5
"""Objects of each case before a field is said to decide the others (rule of three, roughly)."""

MAX_CASES = 12
"""Values of a deciding field; what has more is no kind of thing."""

MIN_TOGETHER = 8
"""Times that a field was there before it is said what it requires or excludes."""

MIN_SERIES = 10
"""Answers of a creating operation before its ids are said never to come again."""

MIN_CHANGED = 5
"""Entities whose status changed before a lifecycle is claimed; its direction is tested besides."""

MAX_LIFE_STATES = 20
"""Values that a person would call the states of a thing."""

MAX_RETURNS = 0.25
"""Share of all changes that may be taken back; of a field that flips without direction it is a half."""

MIN_SAME_ENTITIES = 3
"""Specific ids that two names must have in common to be names of one kind of thing."""

MIN_REACTIONS = 5
"""Times that a consumer must have met a value, and others, before it is said to react to it."""

PERIODS_FALSE = 0.05
"""Of the differences between two periods that are told, the share that chance may have made (BH)."""

LATENCY_SHIFT = 0.1
"""Quantiles of two periods that differ by less than this share are nobody's concern, however certain."""

MIN_CHAIN = 6
"""Different values sent to a place, all received from one other before, to say that it is always so."""

MIN_CHAIN_ANSWERS = 3
"""Answers that they must have come in: the values of one list share one history."""

MAX_CHAIN_BREAKS = 0.02
"""Share of values that may take another way: ids known from before, a person with a bookmark."""

MIN_FOLLOWED = 10
"""Different values received that must have been sent on, to say that they always are."""

MIN_FOLLOWED_SHARE = 0.7
"""Least share of values sent on that the evidence must leave (Wilson, 95 %)."""

MIN_PAGES = 5
"""Pages asked for after another before it is said how."""

MIN_FULL_PAGES = 0.9
"""Share of the pages that another one follows that have the usual length: only the last is shorter."""

MIN_VISIBLE = 6
"""Writes that must have been read again to say how soon they are shown."""

MIN_SETTLED = 0.9
"""Share of last reads in which a field is as it was written; what the producer changes itself is not told."""

AT_ONCE_MS = 1_000
"""If as many reads as needed came sooner than this and all were right, writes are shown at once."""

MAX_RETRY_WAIT = 300.0
"""Seconds after which the same request is a new one, unless the answer asked to wait longer."""

MIN_RETRIES = 3
"""Repeats after one status before they are called retries."""

MIN_RETRY_SHARE = 0.5
"""The share of such ends that must be followed by a repeat, unless the consumer is seen to give up."""

MIN_GIVE_UPS = 2
"""Episodes that ended after the same number of attempts before this is called the last one."""

MIN_BACKOFF_RATIO = 1.5
"""How much longer each wait must be than the one before to be called exponential (doubling, with jitter)."""

MAX_STEADY_SPREAD = 0.15
"""Median distance of waits from their median, as a share of it, up to which they are called constant."""

MIN_REPEATS = 3
"""Repeats of a request that succeeded before it is said what a repeat brings."""

FALLBACK_WITHIN = 10.0
"""Seconds after an error within which a call is what the consumer does about it."""

MIN_FALLBACKS = 3
"""Errors after which the same other call must have come."""

MIN_FALLBACK_SHARE = 0.5
"""The share of such errors after which it must have come."""

MIN_RESERVED = 0.8
"""The share of an operation's calls that must follow the error, where nothing else ties them to it."""

MIN_CAUSED = 3
"""Answers with an error status before its cause is named."""

MIN_CAUSED_SHARE = 0.8
"""The share of them that a cause must explain."""

MIN_EFFECT_STEPS = 8
"""Calls that must have stepped on what they show by the same number."""

MIN_GAP_RATIO = 3
"""How much longer the longest time between two such calls must be than the shortest."""

MIN_INSIDE = 3
"""Answers with an error inside, and answers without, before the field is said to tell them apart."""

MIN_HANG_UPS = 5
"""Times that a consumer must have hung up after the same time before this is called its timeout."""

MAX_HANG_UP_SPREAD = 0.1
"""How far from their median such times may lie: timers are exact, people are not."""

MIN_PERIODS = 8
"""Steady gaps between repeats of one request before it is called polling."""

MAX_PERIOD_SPREAD = 0.1
"""Median distance of these gaps from their median, as a share of it."""

LEAST_PERIOD = 50.0
"""Milliseconds; what repeats faster is a loop."""

MIN_RATED_CALLS = 50
"""Calls of one operation by one consumer before its rate is told."""

MIN_RATED_SECONDS = 10
"""Different seconds in which they must have come."""

MIN_FRESH = 5
"""Answers that must have the same lifetime."""

MIN_HEEDED = 5
"""Repeats after the lifetime, and none before, before a consumer is said to heed it."""

MIN_GROWTH_ANSWERS = 30
"""Timed answers before it is asked whether larger ones take longer."""

MIN_GROWTH_CORRELATION = 0.7
"""Correlation of size and time in each part of the period: half of the variance explained."""

MIN_GROWTH_FACTOR = 0.5
"""How much the largest tenth must take longer than the smallest, as a share of the median time."""

MIN_PROTOCOL = 5
"""Exchanges that must show a habit of the protocol before it is claimed."""

MIN_REVALIDATIONS = 3
"""Conditional requests before it is said that consumers revalidate."""

MAX_ANONYMOUS = 0.05
"""The share of calls without credentials up to which an operation is said to be called with them."""

MIN_REFUSED = 3
"""Calls without credentials that must have been refused, and none answered, to say that they are needed."""

MIN_CHOSEN = 3
"""Answers of one media type to callers who asked for it, before it is said that asking decides."""

MAX_MISCHOSEN = 0.05
"""The share of answers up to which something else than was asked for may have come."""

STALL_FACTOR = 20
"""How many times longer than usual the rest of an answer must take to be called stalled."""

STALL_NS = 500_000_000
"""The least such time (ns): half a second is what a person notices."""

MIN_STALLS = 3
"""Stalled answers before they are told."""

MAX_STALLED = 0.2
"""The share of them from which on slowness is the rule and no stall."""

MIN_ACKNOWLEDGED = 5
"""Acknowledged deliveries: as many as other facts of the protocol."""

MIN_AFTERMATH = 10
"""Values that went from a call to a message, or on from a message to a call, before the two are tied."""

MIN_AFTERMATH_SHARE = 0.9
"""Share of the values that must have taken the step: what happens at times is no promise."""

MAX_AFTERMATH_NS = 600_000_000_000
"""Ten minutes. What comes later is a batch of the night, and its cause may be another one."""

MAX_OVERTAKING_NS = 5_000_000_000
"""How much earlier than the answer of the call that caused it a message may come: most calls take less."""

MIN_THINGS = 5
"""Things with several messages each: one that is in order by luck says nothing of the others."""

MIN_REVERSALS = 5
"""Steps between them that chance would have reversed, where none was: it reverses none with e^-5.

Of two messages published at once chance reverses every other pair, of those further apart than lags differ
none: that they came in order is no merit of who delivered them.
"""

MIN_ONCE = 60
"""Deliveries with an id before it is said that none came twice: at most one in twenty does."""

MIN_DOUBLED = 2
"""Different messages that came again unmarked: one may be a slip of who publishes it."""

MIN_REQUEUED = 10
"""Messages given back that came again, before it is told how soon: of ten more, one would take longer."""

MIN_EFFECTS_AGAIN = 3
"""Messages that came again and were acted upon again; beside `CHANCE`, held against what came once."""

MIN_DEDUPLICATED = 10
"""Messages that came again and were not acted upon again: at most a quarter is (Wilson, 95 %: 28 %)."""

MAX_BEGUN_OFTEN = 0.1
"""The share of things that may have several of the messages that come first: some are sent twice.

What comes again and again about a customer is met before what is rare, and is no condition for it.
"""

MIN_FANNED = 20
"""Messages that several consumers could have been given: with two, chance gives all to both with 2^-20."""

MIN_REFILLS = 10
"""Deliveries that came at once when an earlier one was acknowledged, at the most that was ever in flight.

Without a limit the most is reached by chance, and hardly ever twice: the next delivery goes beyond it.
"""

REFILL_SHARE = 0.25
"""How soon after an acknowledgement that is, as a share of the time that handling takes."""

REFILL_NS = 5_000_000
"""Or five milliseconds (ns), the way to a busy broker and back, where handling takes less than twenty."""

MIN_REFILLED = 0.5
"""The share of the deliveries that reach that most which must have come so: the first of a rush do not."""

WAITED_NS = 100_000_000
"""How long a message must have waited (ns) to show that it was held back: longer than brokers take for it."""

MIN_CUTS = 5
"""Full batches that left something behind, which came with the next one."""

MAX_SHORT_CUTS = 0.05
"""The share of those that left something behind that were smaller: two clients may ask at once."""

MIN_OVERTAKEN = 5
"""Acknowledgements out of order: a few may be messages that were handled by another process for once."""

MIN_AWAY_NS = 30_000_000_000
"""Half a minute without a delivery, though something was published: restarts take that long."""

AWAY_FACTOR = 10
"""How many times longer than usual what waited must have: a slow hour is no absence."""

MIN_BACKLOG = 3
"""Messages that must have waited together: one may have been held back for its own sake."""

MIN_CATCH_UPS = 2
"""Times that a consumer came back: once may be the day it was first deployed."""

MIN_LOST = 10
"""Messages written with each of two schemas, before a field is said to be gone: it may be rare."""
