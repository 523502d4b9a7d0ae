"""Words that say by themselves whether they stand for a value or belong to the interface.

General knowledge of how HTTP interfaces are named. It only weighs: evidence from the traffic can outvote a
word, except for `RESERVED`, words that beside any values mean something of their own.
"""

from __future__ import annotations

import re
from functools import lru_cache

PRONOUNS = frozenset(
    {
        "me",
        "@me",
        "self",
        "~self",
        "~",
        "@self",
        "mine",
        "myself",
        "current",
        "-",
        "_",
        "_all",
        "*",
        "whoami",
        "$metadata",
        "$count",
        "$value",
        "$ref",
        "$batch",
        "$links",
        "$all",
    }
)
"""Words that stand for a value known otherwise. Beside values they are operations of their own."""

SEARCHES = frozenset({"search", "find", "query", "lookup", "browse", "autocomplete", "suggest"})
"""What follows these names what is looked for."""

STATES = frozenset(
    {
        "private",
        "public",
        "starred",
        "archived",
        "active",
        "inactive",
        "deleted",
        "pending",
        "expired",
        "unread",
        "open",
        "closed",
    }
)
"""Words that select by a state; they come back as the value of a status without being names."""

RESERVED = (
    SEARCHES
    | STATES
    | frozenset(
        """
    new latest upcoming recent featured popular trending random count counts batch bulk all batchcreate
    batchget mget export import download upload stats statistics status summary metadata health ping
    default-settings login logout signup register token authorize callback validate verify available history
    preview drafts
    """.split()  # noqa: SIM905  a list of words reads better as text
    )
)
"""Words that mean something of their own beside values, unless the traffic clearly says otherwise."""

COMMON = frozenset(
    """
    accept access accounts actions activate activities activity add admin alerts analytics annotations api
    apis app apply apps archive approve approvals artifacts assets assign assignees assignments attachments
    attributes audit auth authorizations avatar balance ban billing blobs blocks bookmarks branches
    broadcast builds calendar cancel capture cart carts categories changes channels charges check checkout
    checks children clear clone close code codes collaborators collections comments commits compare complete
    config configuration confirm connections contacts content contents contributors convert copy coupons
    create credentials customers dashboard data deactivate default delete deliveries dependencies deploy
    deployments description details devices diff disable discounts dismiss dispatches documents domains
    drafts duplicate edit email emails embed enable entries environments errors events execute expire
    exports factors favorites features feed feeds fields files filters finalize followers following folders
    forks form forms fulfill generate generics git grant grants graphql groups hooks identities image images
    inbox info installations instances integrations invitations invite invites invoices issues items jobs
    join keys labels languages leave licenses lifecycle likes limits lines link links list lists lock
    locations log logs mail manifests mark mappings media members memberships merge merges messages metrics
    migrations milestones modules move name namespaces network nodes notes notifications objects offers open
    operations options orders organizations orgs outcomes owners packages pages parameters parent parents
    participants password patches pause pay payment payments payouts permissions photos pin pins pipelines
    plans playlists pods policies polls posts preferences prices price primary privacy products profile
    profiles progress projects protection providers publish pulls push queue quotas rate_limit rates raw
    reactions read readme rebuild recommendations records redeliver refresh refs refund refunds regions
    related releases reload remove rename render reopen replies replicas repos reports repositories requests
    rerun reset resend resolve resource resources restart restore resume retry revert review reviewers
    reviews revisions revoke roles rollback rooms root rotate rules run runners runs sales scale schedule
    schedules schema schemas scopes secrets security send services sessions set settings share shares
    shipments sites snapshots sources spaces stargazers starred start state states statuses stop storage
    stores stream streams subscribe subscribers subscription subscriptions subtasks suspend sync system
    tables tags targets tasks teams templates test tests threads thumbnail timeline timezones tokens topics
    trace tracks traffic transactions transfer transfers transitions translate trash tree trees trigger
    trending types unarchive unassign unban unblock unfollow unlock unpin unpublish unread unstar
    unsubscribe unsuspend update uploads usage user users values variables variants versions video videos
    views visibility void votes wallet watch watchers webhooks widgets wiki wikis workers workflows
    workspaces zones """.split()  # noqa: SIM905  a list of words reads better as text
)
"""Nouns and verbs that interfaces are made of; as the name of a thing they are rare."""

VALUES = frozenset(
    """
    main master develop development staging production prod dev trunk release head gh-pages
    bug enhancement wontfix duplicate question invalid documentation feature
    admin root guest alice bob test foo bar baz example demo hello-world
    default kube-system kube-public usd eur gbp en de fr es us uk
    """.split()  # noqa: SIM905  a list of words reads better as text
)
"""Words that are usually the name of a thing."""


_NO_COLLECTIONS = frozenset(
    """
    stats statistics analytics metrics settings preferences details credentials options news status address
    access process progress rest this us is docs graphics gas traffic actions contents forecasts """.split()  # noqa: SIM905  a list of words reads better as text
)
"""Words in -s that hold no things with names or numbers."""

_VERBS = frozenset(
    """
    add apply calc calculate cancel change check clear close confirm convert create delete destroy
    disable download enable execute fetch find generate get has import export invite is list load lookup
    make mark merge move open post process publish put query read recover refresh register remove reset
    resolve retrieve revoke run save search select send set show start stop submit sync test toggle
    transfer update upload upsert validate verify view """.split()  # noqa: SIM905  a list of words reads better as text
)

_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def is_pronoun(word: str) -> bool:
    """Whether a word stands for a value without being one."""
    return word.lower() in PRONOUNS


@lru_cache(maxsize=16384)
def is_reserved(word: str) -> bool:
    """Whether a word, or its stem before an extension, means something of its own beside values."""
    return is_pronoun(word) or word.lower() in RESERVED


@lru_cache(maxsize=16384)
def is_common(word: str) -> bool:
    """Whether a word is made of nouns and verbs that interfaces are made of."""
    pieces = [piece.lower() for piece in _PIECES.findall(word)]
    return bool(pieces) and all(
        piece in _KNOWN or f"{piece}s" in _KNOWN or singular(piece) in _KNOWN for piece in pieces
    )


@lru_cache(maxsize=16384)
def is_plural(word: str) -> bool:
    """Whether an English word looks like the plural of a noun."""
    lower = word.lower()
    return (
        len(lower) > 3
        and lower.endswith("s")
        and not lower.endswith(("ss", "us", "is"))
        and lower not in _NO_COLLECTIONS
    )


@lru_cache(maxsize=16384)
def is_collection(word: str) -> bool:
    """Whether a segment names a collection of things, each with a name or number of its own."""
    pieces = re.split(r"[-_.]|(?<=[a-z])(?=[A-Z])", word)
    return is_plural(pieces[-1]) or word.lower() in {
        "children",
        "people",
        "media",
        "by-id",
        "by-name",
        "id",
        "name",
    }


@lru_cache(maxsize=16384)
def is_action(word: str) -> bool:
    """Whether a word of several pieces begins with a verb: `findByStatus`, `update_many`."""
    pieces = _PIECES.findall(word)
    return len(pieces) > 1 and pieces[0].lower() in _VERBS


def singular(word: str) -> str:
    """An English noun in the singular, well enough for the name of a parameter."""
    lower = word.lower()
    if not is_plural(word):
        return word
    if lower.endswith("ies") and len(word) > 4 and lower not in {"movies", "cookies"}:
        return word[:-3] + "y"
    if lower.endswith(("sses", "shes", "ches", "xes", "zes", "tuses", "puses", "buses", "iases")):
        return word[:-2]
    return word[:-1]


_KNOWN = COMMON | RESERVED
