"""Two versions of an agreement next to each other: what changed, what it means, for whom, and who must sign it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from slacli.core import ledger
from slacli.core.changes import (
    WEIGHTS,
    WRONG_SEQUENCE,
    Effect,
    Meaning,
    asked,
    comparable,
    compare,
    effects,
    must_sign,
    out_of_line,
    waived,
)
from slacli.core.changes.waived import Accepted
from slacli.core.changes.wording import Group, grouped
from slacli.findings import Finding
from slacli.model import Contract, Signer
from slacli.places import SourceMap
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """A contract as it was somewhere: what names it, its commit (None on disk), and how its folder is shown."""

    title: str
    commit: str | None
    folder: str
    contract: Contract
    sources: SourceMap


@dataclass(frozen=True, slots=True)
class Compared:
    """What changed from one version to another: each change judged, the same by readers, and who must sign it.

    `accepted` says for each change which sides may waive it and do. `findings` are what is wrong with the newer version
    next to the older one, and with waivers of changes.
    """

    old: Version
    new: Version
    effects: tuple[Effect, ...]
    groups: tuple[Group, ...]
    signers: tuple[Signer, ...]
    accepted: tuple[Accepted, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def weights(self) -> dict[str, int]:
        """How many changes there are of each weight, the heaviest first."""
        counts = Counter(effect.weight for effect in self.effects)
        return {weight: counts[weight] for weight in WEIGHTS}

    def failing(self) -> Iterator[Effect]:
        """Give the changes that no waiver accepts."""
        return (effect for effect, one in zip(self.effects, self.accepted, strict=True) if not one.is_waived)

    def out_of_line(self) -> Iterator[Finding]:
        """Give what is wrong with the number and the day of the newer version, if the older one came before it."""
        says_other = any(effect.weight == "material" for effect in self.effects)
        for problem in out_of_line(self.old.contract, self.new.contract, says_other=says_other):
            yield WRONG_SEQUENCE.found(problem)


@dataclass(frozen=True, slots=True)
class Entry:
    """A commit that changed the contract on the line of its versions.

    `at` is when it was made, where that is known; `subject` is a text of others. `contract` is None where it cannot be
    read, for which `fault` says why. `since` is what changed since the last one that can be. `problems` say what is
    wrong with its number and its day. `missing` is there where the clone goes no further back: then nobody knows
    what this commit changed, and it is the command that fetches what came before.
    """

    commit: str
    at: datetime | None
    subject: str
    contract: Contract | None
    since: Compared | None
    fault: str = ""
    problems: tuple[Finding, ...] = ()
    missing: str = ""


def compared(old: Version, new: Version, moment: datetime | None = None) -> Compared:
    """Compare two versions: facts first, then what each definition means now, then what that does to whom.

    `moment` is now, for waivers of changes: without it none of them counts.
    """
    changes = compare(old.contract, new.contract)
    pairs = asked(changes, old.contract, new.contract)
    meanings = _meanings(old.contract, new.contract, pairs) if pairs else {}
    found = effects(changes, old.contract, new.contract, lambda name: meanings[name])
    groups = grouped(found, old.contract, new.contract, old.sources, new.sources)
    today = ledger.today(moment, new.contract.time_zone, given=True).day if moment is not None else None
    return Compared(
        old,
        new,
        found,
        groups,
        must_sign(found, old.contract, new.contract),
        waived.accepted(found, new.contract, today),
        tuple(_of_waivers(found, new.contract, today)),
    )


def _meanings(old: Contract, new: Contract, pairs: Sequence[tuple[str, str]]) -> Mapping[str, Meaning]:
    from slacli.core.proofs import compare_terms

    return compare_terms(*comparable(old, new), pairs)


def _of_waivers(found: tuple[Effect, ...], new: Contract, today: date | None) -> Iterator[Finding]:
    if not new.waived_changes:
        return
    from slacli.core.verdict import waivers

    rules = {"refused": waivers.WAIVER_REFUSED, "lapsed": waivers.WAIVER_LAPSED, "unused": waivers.WAIVER_UNUSED}
    for word, party, problem in waived.told(found, new, today):
        yield replace(rules[word].found(problem), addressed_to=party)
