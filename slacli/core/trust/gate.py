"""What a pull request may do to a signed contract: the base decides who may sign, and nothing signed is rewritten."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date

from slacli.core import wording
from slacli.core.trust.chain import FOLDER, PASSKEY_SIGNATURE, SIGNATURE, Chain, file_of, is_statement
from slacli.core.trust.stand_ins import OUTSIDE_DELEGATION
from slacli.findings import Finding, Problem, Rule, Severity, reported
from slacli.places import Address

REWRITTEN = reported(
    Severity.ERROR,
    "rewritten-signatures",
    """A change takes away or alters what was signed before.

    Why: `signatures/` only grows. Who could alter it could make a version look as if it had never been agreed.
    """,
)
MIXED_CHANGE = reported(
    Severity.ERROR,
    "mixed-change",
    """A change of the roster comes together with a change of something else.

    Why: the roster that decides is the one before the change. Were both allowed at once, people could write themselves
    in and approve in one step. Let the roster change first, alone.
    """,
)
WRONG_STEP = reported(
    Severity.ERROR,
    "wrong-step",
    """A change takes more than one step: several versions or rosters at once, or a version that goes back.

    Why: each version is judged next to the one before it, and each roster by the people of the one before.
    """,
)
LATE_ADDITION = reported(
    Severity.ERROR,
    "late-addition",
    """A change adds an approval to a version that everybody had signed already, or that a signed one has replaced.

    Why: what was in force in the past is settled. An approval that comes afterwards could only change what it looks
    like.
    """,
)
MISSING_CONTRACT = reported(
    Severity.ERROR,
    "missing-contract",
    """A change takes a signed contract away.

    Why: who signed it relies on it. An agreement ends on the day that `expires` says, in a version that everybody who
    must has signed; its text stays, so that every year can be judged by what held in it.
    """,
)
RULES: tuple[Rule[None], ...] = (REWRITTEN, MIXED_CHANGE, WRONG_STEP, LATE_ADDITION, MISSING_CONTRACT)
# No longer numbers than those of a chain, which tells a name that has one.
_APPROVAL = re.compile(rf"{FOLDER}approvals/([0-9]{{1,7}})(?:\.([0-9]{{1,7}}))?/[^/]+\.json")


def gate(
    base: Mapping[str, bytes], head: Mapping[str, bytes], chains: tuple[Chain, Chain], versions: tuple[int, int]
) -> Iterator[Finding]:
    """Say what a change must not do. `chains` are what both sides' signatures hold, `versions` their texts' numbers."""
    before, after = chains
    # An approval that counts for nothing any more may go, or be given anew.
    free = {one.subject + end for one in before.late for end in ("", SIGNATURE, PASSKEY_SIGNATURE)}
    for name in sorted(name for name in base if name.startswith(FOLDER) and name not in free):
        if head.get(name) != base[name]:
            done = "is gone" if name not in head else "was altered"
            yield REWRITTEN.found(
                Problem(
                    Address(name), f"`{wording.sanitised(name)}` {done}", help="put it back as it was", subject=name
                )
            )
    new_rosters = len(after.rosters) - len(before.rosters)
    others = sorted(
        name
        for name in {*base, *head}
        if base.get(name) != head.get(name) and not name.startswith(f"{FOLDER}roster/")
    )  # fmt: skip
    at = Address(f"{FOLDER}roster/{len(after.rosters)}.json")
    if new_rosters > 0 and before.rosters and others:
        yield MIXED_CHANGE.found(
            Problem(
                at,
                f"roster {len(after.rosters)} comes together with a change of {wording.quoted(others[:3])}",
                help="let the roster change first, in a change of its own",
                subject="roster",
            )
        )
    if new_rosters > 1 and before.rosters:
        yield WRONG_STEP.found(
            Problem(at, f"{new_rosters} rosters come at once", help="let them come one by one", subject="roster")
        )
    if new_rosters > 0 and before.rosters:
        yield from _head(before, after, at)
    yield from _steps(chains, versions)
    yield from _late(base, head, before, free)


def outside(base: Mapping[str, bytes], after: Chain, today: date) -> Iterator[Finding]:
    """Say which new approvals come on a day on which nobody stands in for whom they were given."""
    for version in after.versions:
        for one in version.given:
            name = file_of(one.statement)
            cited = one.stands_in
            if cited is None or name in base or cited.holds(today):
                continue
            yield OUTSIDE_DELEGATION.found(
                Problem(
                    Address(name),
                    f"`{cited.delegate}` approves version {version.manifest.name} for `{cited.delegator}` on {today}, "
                    f"and stands in from {cited.not_before} to {cited.not_after}",
                    help=f"let `{cited.delegator}` sign it, or delegate it anew with `slacli signers delegate`",
                    subject=name,
                )
            )


def missing(base: Mapping[str, bytes], before: Chain) -> Iterator[Finding]:
    """Say that a contract is gone which somebody signed."""
    if any(name.startswith(FOLDER) for name in base):
        newest = next((one.manifest.name for one in reversed(before.versions) if one.complete), None)
        signed = f"version {newest} of it was signed by all" if newest is not None else "it was put forward for signing"
        yield MISSING_CONTRACT.found(
            Problem(
                Address("contract.yaml"),
                f"a signed contract is missing: {signed}",
                help="put it back; to end it, agree on a version with `expires`",
                subject="contract",
            )
        )


def _late(
    base: Mapping[str, bytes], head: Mapping[str, bytes], before: Chain, free: Collection[str]
) -> Iterator[Finding]:
    settled = max(
        ((one.manifest.version, one.manifest.revision) for one in before.versions if one.complete), default=(0, 0)
    )
    for name in sorted(name for name in head if name not in base or (name in free and head[name] != base[name])):
        found = _APPROVAL.fullmatch(name) if is_statement(name) else None
        if found is not None and (int(found[1]), int(found[2] or 0)) <= settled:
            yield LATE_ADDITION.found(
                Problem(
                    Address(name),
                    f"`{wording.sanitised(name)}` comes after version {_name(settled)} was signed by all",
                    help="take it back: propose a new version",
                    subject=name,
                )
            )


def _name(at: tuple[int, int]) -> str:
    return f"{at[0]}.{at[1]}" if at[1] else str(at[0])


def _head(before: Chain, after: Chain, at: Address) -> Iterator[Finding]:
    roster = after.rosters[-1][0]
    signed = [one for one in before.versions if one.complete]
    named = roster.head.digest if roster.head is not None else None
    if named != (signed[-1].digest if signed else None):
        name = signed[-1].manifest.name if signed else "none"
        yield WRONG_STEP.found(
            Problem(
                at,
                f"roster {roster.version} does not name the newest version of the base that everybody signed, which is "
                f"{name}",
                help="put the roster forward again with `slacli signers propose`",
                subject="roster",
            )
        )


def _steps(chains: tuple[Chain, Chain], versions: tuple[int, int]) -> Iterator[Finding]:
    before, after = chains
    known = {one.digest for one in before.versions}
    new = [one.manifest for one in after.versions if one.digest not in known]
    at = Address("contract.yaml", ("version",))
    if versions[1] not in {versions[0], versions[0] + 1}:
        yield WRONG_STEP.found(
            Problem(
                at,
                f"version {versions[1]} follows version {versions[0]}, and the next one is {versions[0] + 1}",
                help=f"number it {versions[0] + 1}",
                subject="version",
            )
        )
    if len(new) > 1 and before.versions:
        names = wording.quoted(one.name for one in new)
        yield WRONG_STEP.found(
            Problem(at, f"versions {names} are put forward at once", help="let them come one by one", subject="version")
        )
