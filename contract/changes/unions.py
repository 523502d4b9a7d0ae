"""Unions: which members a `oneOf` or `anyOf` has, and how those of two sides relate.

Members are known by name, else by what they hold. A union whose members are each of other types says no more
than a schema of several types does, so that it is compared as one (`plain`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from contract.clause import Relation

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = ("oneOf", "anyOf")


class Member(NamedTuple):
    """A member of a union: `""` or its name, and a short name of what it holds."""

    name: str
    held: str


class Union(NamedTuple):
    """The members of a union, null aside. `plain`: their types tell them apart, and it says nothing more."""

    members: tuple[Member, ...]
    plain: bool = False


def relate(old: Union | None, new: Union | None) -> Relation:
    """How the members of the newer union relate to those of the older one; None is no union."""
    if all(one is None or one.plain for one in (old, new)) or _is_wrapped(old, new):
        return Relation.SAME
    if old is None or new is None:
        return Relation.NARROWER if old is None else Relation.WIDER
    return Relation.of(not _lacks(new, old), not _lacks(old, new))


def compared(
    old: Union | None,
    new: Union | None,
    whole: tuple[Callable[[], Member | None], Callable[[], Member | None]],
) -> tuple[Union | None, Union | None]:
    """Both sides as unions, if one of them is none and is a member of the other.

    Args:
        old: the older union, if it is one.
        new: the newer one.
        whole: asked for what stands on either side in the place of a union.
    """
    if old is None and new is not None and not new.plain:
        return _alone(whole[0](), new), new
    if new is None and old is not None and not old.plain:
        return old, _alone(whole[1](), old)
    return old, new


def gone(old: Union, new: Union) -> list[str]:
    """The named members that the newer union lacks; one that got another name is still there."""
    names = {one.name for one in old.members} & {one.name for one in new.members}
    kept = {one.held for one in new.members if one.name not in names}
    return [one.name for one in old.members if one.name and one.name not in names and one.held not in kept]


def _lacks(old: Union, new: Union) -> bool:
    """Whether the newer union lacks a member; one without a name may have become another one without."""
    lost, gained = _nameless(old, new), _nameless(new, old)
    return bool(gone(old, new)) or lost > gained


def _nameless(mine: Union, theirs: Union) -> int:
    """How many members without a name hold what no member of the other union holds."""
    held = {one.held for one in theirs.members}
    return sum(not one.name and one.held not in held for one in mine.members)


def _is_wrapped(old: Union | None, new: Union | None) -> bool:
    """Whether a schema only stands in a union of one on one side, as `null` beside it is written."""
    union = old or new
    return (old is None or new is None) and union is not None and len(union.members) == 1


def _alone(whole: Member | None, union: Union) -> Union | None:
    known = whole is not None and any(
        one.held == whole.held or (one.name and one.name == whole.name) for one in union.members
    )
    return Union((whole,)) if whole is not None and known else None
