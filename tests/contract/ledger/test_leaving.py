"""Who is away for longer than the policy says has left: what they did is marked, and stays."""

from __future__ import annotations

import pickle
from dataclasses import replace

from contract.claim import Consumer
from contract.ledger.leaving import gone, left_of, marked, marked_consumers
from contract.policy import DAY_NS, EvidencePolicy, Habit
from tests.contract.ledger.saying import NOON, link

POLICY = EvidencePolicy(stays_days=30, consumers={"quarterly-*": Habit(stays_days=100)})
SAID = "last seen 2026-03-02, more than 30 days before the end of what was observed"


def seen(name: str, days: int, observations: int = 5) -> Consumer:
    """A consumer last seen so many days after noon of the first one."""
    return Consumer(
        name=name,
        identities=(f"jwt:{name}",),
        bases=("jwt",),
        observations=observations,
        first_seen=NOON,
        last_seen=NOON + days * DAY_NS,
        owner="team",
    )


def test_who_is_away_for_longer_than_the_policy_lets_them_has_left() -> None:
    known = [seen("web", 31), seen("old", 0), seen("edge", 1), seen("quarterly-report", 0)]
    assert gone(known, POLICY) == {"old": SAID}


def test_the_words_name_the_period_of_the_consumer() -> None:
    known = [seen("web", 200), seen("quarterly-report", 0)]
    assert "more than 100 days" in gone(known, POLICY)["quarterly-report"]
    daily = replace_days(POLICY, 1)
    assert "more than 1 day before" in gone([seen("web", 9), seen("old", 0)], daily)["old"]


def replace_days(policy: EvidencePolicy, days: int) -> EvidencePolicy:
    return EvidencePolicy(stays_days=days, consumers=policy.consumers)


def test_nobody_leaves_by_the_end_of_the_recording() -> None:
    assert gone([seen("web", 0), seen("old", 0)], POLICY) == {}
    assert gone([], POLICY) == {}


def test_of_whom_no_call_is_known_nothing_is_said() -> None:
    assert gone([seen("web", 99), replace(seen("ghost", 0, 0), last_seen=0)], POLICY) == {}


def test_marks_keep_all_that_was_known() -> None:
    links = (link("old"), link("web"))
    old, web = marked(links, {"old": SAID})
    assert (left_of(old), left_of(web)) == (SAID, "")
    assert web is links[1]
    assert (old.consumer, old.level, old.basis, old.count, old.last_seen) == (
        *(links[0].consumer, links[0].level, links[0].basis),
        *(links[0].count, links[0].last_seen),
    )
    (consumer,) = marked_consumers([seen("old", 3)], {"old": SAID})
    assert (left_of(consumer), consumer.owner, consumer.observations) == (SAID, "team", 5)
    assert pickle.loads(pickle.dumps((old, consumer))) == (old, consumer)  # our own
