"""What a pull request may do to a signed contract: the base decides who may sign, and nothing signed is rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slacli.core import wording
from slacli.core.trust.chain import FOLDER, Chain
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
RULES: tuple[Rule[None], ...] = (REWRITTEN, MIXED_CHANGE, WRONG_STEP)


def gate(
    base: Mapping[str, bytes], head: Mapping[str, bytes], chains: tuple[Chain, Chain], versions: tuple[int, int]
) -> Iterator[Finding]:
    """Say what a change must not do. `chains` are what both sides' signatures hold, `versions` their texts' numbers."""
    before, after = chains
    for name in sorted(name for name in base if name.startswith(FOLDER)):
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


def _head(before: Chain, after: Chain, at: Address) -> Iterator[Finding]:
    roster = after.rosters[-1][0]
    newest = before.versions[-1] if before.versions else None
    named = roster.head.digest if roster.head is not None else None
    if named != (newest.digest if newest is not None else None):
        name = newest.manifest.name if newest is not None else "none"
        yield WRONG_STEP.found(
            Problem(
                at,
                f"roster {roster.version} does not name the newest version of the base, which is {name}",
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
