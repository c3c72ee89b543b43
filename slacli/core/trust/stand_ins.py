"""Who stands in for whom: when a delegation counts, when an approval may cite it, and in whose name a person signs.

A delegation is as narrow as it can be: one role, one person, some days, and one roster. It is never handed on, and
nobody has a second voice by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from slacli.core.trust.statements import Approval, Delegation, Roster
from slacli.findings import Rule, Severity, reported

BAD_DELEGATION = reported(
    Severity.ERROR,
    "bad-delegation",
    """Somebody stands in for another without the right to.

    Why: only who holds a role in the roster lets another sign in it, and only somebody with a key in the same roster.
    Who stands in cannot hand it on. Where the roster changes, or keeps a role from being delegated, it ends.
    """,
)
OUTSIDE_DELEGATION = reported(
    Severity.ERROR,
    "outside-delegation",
    """An approval was given outside the days on which its person stands in for the holder of the role.

    Why: a delegation is for some days and no more. A change is judged by the day on which it is verified next to its
    base; what was merged already, by the day that the signer says it was: that is the signer's own word.
    """,
)
RULES: tuple[Rule[None], ...] = (BAD_DELEGATION, OUTSIDE_DELEGATION)


def fault(said: Delegation, roster: Roster) -> str:
    """Say why a delegation does not count under the roster that it rests on; empty where it does."""
    if said.delegator not in roster.roles.get(said.role, ()):
        return f"roster {roster.version} does not give `{said.delegator}` the role `{said.role}`"
    if said.delegate not in roster.people:
        return f"`{said.delegate}` has no key in roster {roster.version}"
    if said.role in roster.non_delegable:
        return f"roster {roster.version} keeps the role `{said.role}` from being delegated"
    return ""


def misuse(said: Approval, cited: Delegation | None, day: date) -> tuple[Rule[None], str] | None:
    """Say why an approval may not cite a delegation, with the rule; None where it may. `day` is when it was given."""
    if cited is None:
        return BAD_DELEGATION, "cites a delegation that is not there, or does not hold"
    if cited.delegate != said.signer:
        return BAD_DELEGATION, f"cites a delegation to `{cited.delegate}`, and nobody hands one on"
    if cited.role != said.role:
        return BAD_DELEGATION, f"cites a delegation for the role `{cited.role}`"
    if cited.roster != said.roster:
        return BAD_DELEGATION, "cites a delegation that rests on another roster"
    if not cited.holds(day):
        days = f"`{said.signer}` stands in for `{cited.delegator}` from {cited.not_before} to {cited.not_after}"
        return OUTSIDE_DELEGATION, f"says that it was given on {day}, and {days}"
    return None


def in_two_names(given: Iterable[tuple[Approval, Delegation | None]]) -> Iterator[tuple[Approval, str]]:
    """Give the approvals by which somebody speaks in a second name, each with that person.

    In one version a person signs for themselves or for one other, and who is stood in for signs nothing beside it.
    """
    names: dict[str, str] = {}
    for said, cited in given:
        name = cited.delegator if cited is not None else said.signer
        for person in dict.fromkeys((said.signer, name)):
            if names.setdefault(person, name) != name:
                yield said, person
                break


def said_of(cited: Delegation | None) -> str:
    """Say for whom somebody stood in, and on which days that was open; empty for who signed for themselves."""
    return f" for {cited.delegator}, {cited.not_before} to {cited.not_after}" if cited is not None else ""
