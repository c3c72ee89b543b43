"""The register of an agreement's versions: who signed each of them, when it was in force, and what ended it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from slacli.core.trust import standing
from slacli.core.trust.chain import Chain, SignedVersion
from slacli.values import dataclass

State = Literal["waiting", "not yet in force", "in force", "superseded", "expired", "never in force", "void"]


@dataclass(frozen=True, slots=True)
class Registered:
    """A version with its days: `last` is None where nothing ends it, both are None where it never was in force.

    `ended_by` is the version that took its place, where one did. `revisions` are those of the steward.
    """

    version: SignedVersion
    state: State
    first: date | None = None
    last: date | None = None
    ended_by: int | None = None
    revisions: tuple[SignedVersion, ...] = ()


def registered(chain: Chain, today: date) -> Iterator[Registered]:
    """Give every version that was put forward, the newest first, as it stands on a day."""
    days = {one.version.digest: one for one in standing.stretches(chain)}
    whole = [one for one in chain.versions if not one.manifest.revision]
    for one in reversed(whole):
        number = one.manifest.version
        revisions = tuple(
            other for other in chain.versions if other.manifest.version == number and other.manifest.revision
        )
        stretch = days.get(one.digest)
        if stretch is None:
            state: State = "void" if one.void else "never in force" if one.signed else "waiting"
            yield Registered(one, state, revisions=revisions)
            continue
        then = next((other for other in days.values() if other.version.manifest.version > number), None)
        is_replaced = (
            then is not None and stretch.last is not None and stretch.last.toordinal() + 1 == then.first.toordinal()
        )
        ended_by = then.version.manifest.version if then is not None and is_replaced else None
        yield Registered(one, _state(stretch, today, ended_by), stretch.first, stretch.last, ended_by, revisions)


def _state(stretch: standing.Stretch, today: date, ended_by: int | None) -> State:
    if stretch.holds(today):
        return "in force"
    if today < stretch.first:
        return "not yet in force"
    return "superseded" if ended_by is not None else "expired"
