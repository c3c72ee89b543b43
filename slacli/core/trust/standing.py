"""What follows from signed versions: which one is in force on a day, who is still missing, and what was changed since.

Times are what the signers said they were; no clock of anybody else is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from slacli.core import wording, zones
from slacli.core.trust import canonical
from slacli.core.trust.chain import BAD_STATEMENT, Chain, SignedVersion, file_of
from slacli.core.trust.statements import Manifest
from slacli.findings import Finding, Problem, Rule, Severity, reported
from slacli.places import Address
from slacli.values import dataclass

NOT_SIGNED = reported(
    Severity.ERROR,
    "not-signed",
    """A version is not signed by everybody who must sign it.

    Why: nothing is agreed until each role has signed. Who must is said by the roster, by the version itself, and by
    the last version that was signed, together: nobody is dropped by leaving them out.
    """,
)
CHANGED_SINCE_SIGNED = reported(
    Severity.ERROR,
    "changed-since-signed",
    """The text says something else than the version that stands under its number.

    Why: a signature covers what a text means. Comments, layout and the order of keys may change; anything else is a
    new version, or for bindings and holidays a revision by the steward.
    """,
)
NOT_IN_FORCE = reported(
    Severity.ERROR,
    "not-in-force",
    """No signed version is in force on the day.

    Why: a version holds from the later of its effective day and its last signature, until it expires or the next one
    begins. Between two of them nobody owes anything.
    """,
)
EXPIRED = reported(
    Severity.ERROR,
    "expired",
    """The agreement has expired, and no signed version follows.

    Why: nobody owes anything after the last day that `expires` names, until a new version is signed by everybody.
    """,
)
EXPIRES_SOON = reported(
    Severity.WARNING,
    "expires-soon",
    """The agreement expires within 30 days, and no signed version follows it at once.

    Why: who lets it lapse owes nothing and is owed nothing from the next day on. A new version takes time to agree.
    """,
)
VOID_VERSION = reported(
    Severity.ERROR,
    "void-version",
    """The text is a version that a roster declared void.

    Why: a stolen key was used to sign it, or somebody was deceived. It counts as signed by nobody, from its first day
    on; what was in force before it is in force again until everybody signs a new version.
    """,
)
VOID_PASSED_OVER = reported(
    Severity.WARNING,
    "void-passed-over",
    """A version was declared void, so that rows are judged as if it had never been signed.

    Why: figures of its days differ from those that were given while it counted, and who reads them should know why.
    """,
)
RULES: tuple[Rule[None], ...] = (
    NOT_SIGNED, CHANGED_SINCE_SIGNED, NOT_IN_FORCE, EXPIRED, EXPIRES_SOON, VOID_VERSION, VOID_PASSED_OVER,
)  # fmt: skip
SOON = 30
"""From so many days before its end it is said that an agreement expires."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A signed version and the local days on which it is in force; `last` is None where nothing ends it yet."""

    version: SignedVersion
    first: date
    last: date | None

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


def digests(trees: Mapping[str, object]) -> dict[str, str]:
    """Give the digest of what each file of a contract says, by its name in the folder."""
    return {name: canonical.digest(canonical.meaning(tree)) for name, tree in sorted(trees.items())}


def stretches(chain: Chain) -> Iterator[Stretch]:
    """Give the days on which each signed version is in force, in their order; one that never was is left out.

    A version begins on the later of its effective day and the day of its last signature, and ends where it expires or
    the next one begins. Days are those of the contract's own zone.
    """
    signed = [(one, begins(one)) for one in chain.versions if one.signed and not one.manifest.revision]
    for number, (one, first) in enumerate(signed):
        ends = [date.fromisoformat(one.manifest.expires)] if one.manifest.expires else []
        ends += [date.fromordinal(later.toordinal() - 1) for _, later in signed[number + 1 :]]
        last = min(ends, default=None)
        if last is None or first <= last:
            yield Stretch(one, first, last)


def in_force(chain: Chain, day: date) -> SignedVersion | None:
    """Give the version in force on a day, in its newest signed revision; None where there is none."""
    version = next((one.version for one in stretches(chain) if one.holds(day)), None)
    if version is None:
        return None
    revisions = [
        one
        for one in chain.versions
        if one.signed and one.manifest.version == version.manifest.version and _begins_signing(one) <= day
    ]
    return max(revisions, key=lambda one: one.manifest.revision, default=version)


def begins(one: SignedVersion) -> date:
    """Give the first day of a version that everybody signed: of its effective day and its last signature, the later."""
    return max(date.fromisoformat(one.manifest.effective), _begins_signing(one))


def _begins_signing(one: SignedVersion) -> date:
    last = max(one.by[role].statement.moment for role in one.needs)
    return last.astimezone(zones.zone(one.manifest.time_zone)).date()


def changed(manifest: Manifest, files: Mapping[str, str]) -> tuple[str, ...]:
    """Name the files that say something else than a manifest covers, are missing from it, or are gone."""
    names = sorted({*manifest.files, *files})
    return tuple(name for name in names if manifest.files.get(name) != files.get(name))


_SAID = ("effective", "expires", "time_zone", "sign_off", "stewards")


def misstated(manifest: Manifest, said: Manifest) -> tuple[str, ...]:
    """Name what a manifest says otherwise than the text that it covers: who must sign, and when it is in force."""
    return tuple(name for name in _SAID if getattr(manifest, name) != getattr(said, name))


def against_text(
    chain: Chain, version: int, files: Mapping[str, str], said: Manifest | None = None
) -> Iterator[Finding]:
    """Say how a text stands to the newest version that was proposed or signed; `files` are its digests.

    `said` is what the text says of itself: a manifest that says otherwise could drop somebody who must sign.
    """
    if chain.waiting is not None:
        waiting = chain.waiting
        for people, more in waiting.short:
            yield NOT_SIGNED.found(
                Problem(
                    Address(file_of(waiting.roster)),
                    f"roster {waiting.roster.version} waits for {wording.counted(more, 'signature')} of "
                    f"{wording.quoted(people, 'or')}",
                    help="let them run `slacli sign --as ROLE`",
                    subject=f"roster/{waiting.roster.version}",
                )
            )
    newest = chain.versions[-1] if chain.versions else None
    if newest is None:
        yield NOT_SIGNED.found(
            Problem(
                Address("contract.yaml", ("version",)),
                f"version {version} was never put forward for signing",
                help="put it forward with `slacli propose`",
                subject=f"version/{version}",
            )
        )
        return
    manifest = newest.manifest
    differing = changed(manifest, files)
    if version != manifest.version:
        yield NOT_SIGNED.found(
            Problem(
                Address("contract.yaml", ("version",)),
                f"the text is version {version}, and the newest that was put forward is version {manifest.name}",
                help="put it forward with `slacli propose`",
                subject=f"version/{version}",
            )
        )
    elif differing:
        yield CHANGED_SINCE_SIGNED.found(
            Problem(
                Address(differing[0]),
                f"{wording.quoted(differing)} {'says' if len(differing) == 1 else 'say'} something else than version "
                f"{manifest.name} that was put forward",
                help="give the text a new version, or take the change back",
                subject=f"version/{manifest.name}",
            )
        )
    elif said is not None and (wrong := misstated(manifest, said)):
        yield BAD_STATEMENT.found(
            Problem(
                Address(file_of(manifest)),
                f"the manifest of version {manifest.name} says something else about {wording.quoted(wrong)} than the "
                "text that it covers",
                help="put the text forward again with `slacli propose`, and let everybody sign it anew",
                subject=f"version/{manifest.name}",
            )
        )
    if newest.void and version == manifest.version:
        yield VOID_VERSION.found(
            Problem(
                Address(file_of(manifest)),
                void_of(newest),
                help=f"number the text {manifest.version + 1}, and agree on it anew with `slacli propose`",
                subject=f"version/{manifest.name}",
            )
        )
    for role in () if newest.void else newest.missing:
        yield NOT_SIGNED.found(
            Problem(
                Address(file_of(manifest)),
                f"version {manifest.name} is not signed as `{role}`",
                help=_who(chain, role),
                subject=f"version/{manifest.name}/{role}",
            )
        )


def not_in_force(chain: Chain, today: date) -> Iterator[Finding]:
    """Say why nothing is in force on a day, where a version was signed."""
    found = list(stretches(chain))
    if not found:
        if chain.void:
            newest = chain.void[-1]
            message = f"nothing is in force on {today}: {void_of(newest)}"
            help_ = "agree on a new version"
            at, subject = Address(file_of(newest.manifest)), f"version/{newest.manifest.name}"
            yield NOT_IN_FORCE.found(Problem(at, message, help=help_, subject=subject))
        return
    nearest = next((one for one in found if one.first > today), found[-1])
    name = nearest.version.manifest.name
    at = Address(file_of(nearest.version.manifest))
    if nearest.first > today:
        message = f"nothing is in force on {today}: version {name} begins on {nearest.first}"
        help_ = "wait for the day, or look at the clock of this machine"
        yield NOT_IN_FORCE.found(Problem(at, message, help=help_, subject=f"version/{name}"))
    else:
        message = f"nothing is in force on {today}: version {name} ended on {nearest.last}"
        help_ = "agree on a new version, or look at the clock of this machine"
        yield EXPIRED.found(Problem(at, message, help=help_, subject=f"version/{name}"))


def expires_soon(chain: Chain, today: date) -> Iterator[Finding]:
    """Warn that what is in force ends within 30 days, and nothing follows on the day after."""
    found = next((one for one in stretches(chain) if one.holds(today)), None)
    if found is None or found.last is None or (found.last - today).days > SOON:
        return
    if in_force(chain, date.fromordinal(found.last.toordinal() + 1)) is not None:
        return
    name = found.version.manifest.name
    left = (found.last - today).days
    when = f"in {wording.counted(left, 'day')}, after {found.last}" if left else "at the end of today"
    later = next((one.first for one in stretches(chain) if one.first > found.last), None)
    then = f"nothing is in force from then until {later}" if later is not None else "no signed version follows it"
    yield EXPIRES_SOON.found(
        Problem(
            Address(file_of(found.version.manifest)),
            f"version {name} expires {when}, and {then}",
            help="agree on a new version: change the text, then `slacli propose`",
            subject=f"version/{name}",
        )
    )


def passed_over(chain: Chain) -> Iterator[Finding]:
    """Say which versions do not judge because a roster declared them void."""
    for one in chain.void:
        yield VOID_PASSED_OVER.found(
            Problem(
                Address(file_of(one.manifest)),
                f"{void_of(one)}; what was in force before it is in force on its days",
                help="agree on a new version" if one is chain.versions[-1] else "",
                subject=f"version/{one.manifest.name}",
            )
        )


def void_of(version: SignedVersion) -> str:
    """Say that a version is void, and why."""
    return f"version {version.manifest.name} is void: {wording.sanitised(version.void, 500)}"


def _who(chain: Chain, role: str) -> str:
    roster = chain.next_roster
    holders = roster[0].roles.get(role, ()) if roster is not None else ()
    if not holders:
        return f"no roster says who `{role}` is: put one forward with `slacli signers propose`"
    return f"let {wording.quoted(holders, 'or')} run `slacli sign --as {role}`"
