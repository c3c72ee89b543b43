"""Who an owner or an actor is: of which parties somebody may be, and whether an owner is a person who is at work.

The agreement says who belongs to a party by a test over a person's record, so an answer can be certain, unclear, or
certainly nobody's. What is known of somebody is therefore a set of the parties that it may have been, never a guess
at one: people of two teams may have acted for either, and people that no test knows may belong to a party that has no
test. Call `roster` once with the rows of the people's export (None where it was not given), then ask it of each id;
`lines` gives the same as a small table that an engine can join.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from slacli.core import zones
from slacli.core.criteria import State, Value, evaluate, meeting
from slacli.core.criteria.values import same_form
from slacli.model import Contract, Field
from slacli.values import dataclass

Parties = frozenset[str] | None
"""The parties that somebody may be of, with NO_PARTY among them where it may be none; None where nobody can tell."""

NO_PARTY = ""

Owner = Literal["person", "inactive", "queue", "nobody", "unclear"]
"""What stands as an owner: a person at work or one who left, an id that is no person, a blank, or nobody can tell."""


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the people's record: the parties that it may be of, and whether it is active (None: not known)."""

    parties: frozenset[str]
    active: bool | None

    def merged(self, other: Person) -> Person:
        """Give who somebody is of whom two rows tell: of the parties of either, and active only if both say so."""
        return Person(self.parties | other.parties, self.active if self.active is other.active else None)


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody in the people's export by id, or None where that export was not given."""

    people: Mapping[str, Person] | None
    ignore_case: bool = False

    def parties(self, who: Value) -> Parties:
        """Give the parties that an actor may be of.

        An id that is no person here gives None: it may be a machine, or somebody whom the export leaves out.
        """
        found = self._person(who)
        return found.parties if found is not None else None

    def owner(self, who: Value) -> Owner:
        """Say what an owner is. An id that is no person is a queue."""
        if who is State.BLANK:
            return "nobody"
        if self.people is None or not isinstance(who, str):
            return "unclear"
        found = self._person(who)
        if found is None:
            return "queue"
        if found.active is None:
            return "unclear"
        return "person" if found.active else "inactive"

    def lines(self) -> Iterator[tuple[str, str, Owner]]:
        """Give each person's id, parties as `written`, and what it is as an owner.

        The ids are in the form in which they are compared: composed, and in lower case where the key ignores case.
        """
        for who in self.people or ():
            yield who, written(self.parties(who)), self.owner(who)

    def _person(self, who: Value) -> Person | None:
        if self.people is None or not isinstance(who, str):
            return None
        return self.people.get(same_form(who, ignore_case=self.ignore_case))


def roster(contract: Contract, rows: Iterable[Mapping[str, Value]] | None) -> Roster:
    """Read who everybody is from the rows of the people's record; rows without a key are nobody.

    Where rows share a key, the person may be of the parties of any, and is active only if all say so.
    """
    if contract.people is None or rows is None:
        return Roster(None)
    people, fields = contract.people, contract.records[contract.people.record].fields
    fold = fields[people.key].ignore_case
    found: dict[str, Person] = {}
    for row in rows:
        key = row.get(people.key, State.NOT_BOUND)
        if not isinstance(key, str):
            continue
        one = person(contract, _answers(contract, row, fields), _active(row, people.active))
        form = same_form(key, ignore_case=fold)
        found[form] = one.merged(found.get(form, one))
    return Roster(found, fold)


def told(contract: Contract) -> tuple[str, ...]:
    """Give the parties of which a test says who belongs to them, in the order of the contract."""
    return tuple(party.id for party in contract.parties.values() if party.members is not None)


def person(contract: Contract, said: Mapping[str, bool | None], active: bool | None) -> Person:
    """Give the parties that somebody may be of: those whose test holds or is unclear, else those without a test.

    `said` gives what the test of each party of `told` says.
    """
    certain = {party for party, holds in said.items() if holds}
    possible = certain | {party for party, holds in said.items() if holds is None}
    if not certain:
        # Whom no test knows may still belong where no test is written, or nowhere.
        possible |= {NO_PARTY, *(party for party in contract.parties if party not in said)}
    # Whoever is of a team is of its department too; the team says more.
    above = {above for team in certain for above in contract.parties if _holds(contract, above, team)}
    return Person(frozenset(possible - above), active)


def _answers(contract: Contract, row: Mapping[str, Value], fields: Mapping[str, Field]) -> dict[str, bool | None]:
    zone = zones.zone(contract.time_zone)
    if zone is None:
        message = f"unknown zone {contract.time_zone}"
        raise ValueError(message)
    meets = meeting(contract.terms, row, zone, fields)
    return {
        party.id: evaluate(party.members.tree, row, meets, zone, fields)
        for party in contract.parties.values()
        if party.members is not None
    }


def _holds(contract: Contract, above: str, team: str) -> bool:
    """Whether one party is a department, or a larger team, of another."""
    seen: set[str] = set()
    at = contract.parties[team].part_of
    while at is not None and at not in seen and at in contract.parties:
        if at == above:
            return True
        seen.add(at)
        at = contract.parties[at].part_of
    return False


def _active(row: Mapping[str, Value], field: str | None) -> bool | None:
    if field is None:
        return True
    value = row.get(field, State.NOT_BOUND)
    return value if isinstance(value, bool) else None


# --- the text form ----------------------------------------------------------------------------

_UNKNOWN, _NONE = "?", "-"


def written(parties: Parties) -> str:
    """Write who somebody may be as short text: `sdr`, `ae,sdr`, `-` for no party, `?` where nobody can tell."""
    if parties is None:
        return _UNKNOWN
    return ",".join(party or _NONE for party in sorted(parties))


def read(text: str) -> Parties:
    """Read what `written` wrote; nothing at all reads as nobody can tell."""
    if text in {"", _UNKNOWN}:
        return None
    return frozenset("" if party == _NONE else party for party in text.split(","))
