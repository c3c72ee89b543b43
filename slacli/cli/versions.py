"""Commands about versions: what changed between two of them, for whom, and which there have been."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slacli.cli.options import PIN, TODAY, Output, day_of, emit, shared
from slacli.core import wording
from slacli.core.changes import WEIGHTS
from slacli.errors import CannotRun
from slacli.findings import Severity

if TYPE_CHECKING:
    from slacli.adapters.render.versions import Signatures
    from slacli.core.comparison import Version


@click.command()
@click.argument("revisions", metavar="[REV[..REV]]", required=False)
@click.argument("exports", metavar="[EXPORT]...", nargs=-1)
@click.option("--fail-on", "threshold", type=click.Choice((*WEIGHTS, "never")), default="never", show_default=True,
              help="The least weight of a change that exits with 1; an error then does so too.")  # fmt: skip
@click.option(
    "--data",
    metavar="EXPORT",
    multiple=True,
    help="Judge these exports by both versions, and show which rows move: `--data leads.csv tasks.csv`.",
)
@click.option("--as-of", metavar="WHEN", help="The moment that is now, as for `slacli check`; waivers need it.")
@click.option("--long", is_flag=True, help="Show the name of each material change too, which a waiver needs.")
@PIN
@shared(formats=("terminal", "markdown", "json"), findings=False)
def diff(
    revisions: str | None,
    exports: tuple[str, ...],
    threshold: str,
    data: tuple[str, ...],
    as_of: str | None,
    long: bool,
    trust_root: str | None,
    contract: str | None,
    out: Output,
) -> int:
    """Say what changed between two versions of the agreement, and for whom.

    A REV is a branch, a tag, a hash, the number of a version, or a folder. Default: the version in force by signatures,
    and the default branch until one is signed, compared with the working tree. `A...B` is what was done in B since it
    parted from A. Definitions are compared by meaning: a solver looks for a record that tells them apart.
    """
    from slacli import versions
    from slacli.adapters import folder
    from slacli.adapters.render import changes

    if data and revisions is not None and (Path(revisions).is_file() or "=" in revisions):
        # Behind `--data` stand exports, of which the option itself takes only the first.
        exports, revisions = (revisions, *exports), None
    place = folder.find(contract)
    found = versions.diff(place, revisions, as_of, _in_force(place, trust_root, as_of) if revisions is None else None)
    given = (*data, *exports)
    moved = None
    if exports and not data:
        raise CannotRun(
            f"`slacli diff` takes one revision or range, and `{wording.sanitised(exports[0], 60)}` is one too many",
            "write `OLD..NEW` for two revisions, and name exports behind `--data`",
        )
    if given:
        from slacli import journeys
        from slacli.core.verdict import Options

        moment = journeys.moment(as_of, found.new.contract) if as_of is not None else None
        moved = versions.impact(found, given, Options(as_of=moment), sys.stdin.buffer)
    emit(changes.render(found, moved, out.format, width=out.width, colour=out.colour, long=long), out)
    failing = WEIGHTS[: WEIGHTS.index(threshold) + 1] if threshold != "never" else ()
    fails = any(effect.weight in failing for effect in found.failing())
    wrong = any(one.severity is Severity.ERROR for one in found.findings)
    return 1 if fails or (wrong and failing) else 0


def _in_force(place: Path, pin: str | None, as_of: str | None) -> Version | None:
    """Give the text in force by signatures, called so; None where nobody has signed."""
    # Measured: what judges takes a fifth of the time of a comparison to load.
    if not (place / "signatures").is_dir():
        return None
    from slacli import judging

    try:
        found = judging.in_force(place, pin, as_of)
    except CannotRun as fault:
        raise CannotRun(fault.what, "say with which version to compare: `slacli diff REV`") from None
    if found is None:
        return None
    verified = "" if found.state == "signed" else ", signatures not verified here"
    return replace(found.text, title=f"version {found.current.contract.version} (in force{verified})")


@click.command()
@PIN
@TODAY
@shared(findings=False)
def log(trust_root: str | None, as_of: str | None, contract: str | None, out: Output) -> int:
    """List the versions of the agreement, the newest first: who signed each, and what it changed for whom.

    Above stand the versions that were put forward for signing, by the signatures on disk: who signed them when, as they
    say themselves, who is missing, and from which day to which each was in force. Below stands every commit that
    changed the contract on the first-parent line of HEAD.
    """
    from slacli import versions
    from slacli.adapters import folder
    from slacli.adapters.render import versions as shown

    place = folder.find(contract)
    entries = versions.log(place)
    signatures = _signatures(place, trust_root, as_of)
    emit(shown.render(entries, signatures, out.format, width=out.width, colour=out.colour), out)
    return 0


def _signatures(place: Path, pin: str | None, as_of: str | None) -> Signatures | None:
    """Give what is signed; None where there are no signatures."""
    if not (place / "signatures").is_dir():
        return None
    from slacli import signing
    from slacli.adapters.render.versions import Signatures
    from slacli.core.trust import register

    now = datetime.now(UTC)
    today = day_of(as_of)
    try:
        found = signing.status(place, pin, today, now)
    except CannotRun as fault:
        return Signatures(today or now.date(), (), {}, vouched=False, fault=fault.what)
    wrong = signing.first(found.chain.problems)
    if pin is not None and not found.chain.anchored and not wrong:
        wrong = "the trust root names no roster of this contract that holds"
    return Signatures(
        found.today,
        tuple(register.registered(found.chain, found.today)),
        {role.id: role.title for role in found.contract.sign_off.values()},
        vouched=found.chain.anchored,
        fault=wrong,
    )


_NO_FILE = "/dev/null"


@click.command(name="git-diff")
@click.argument("name", metavar="PATH", type=click.Path(path_type=Path))
@click.argument("sides", metavar="OLD HASH MODE NEW HASH MODE", nargs=-1)
def git_diff(name: Path, sides: tuple[str, ...]) -> int:
    """Say for Git what changed in one file of a contract, so that `git diff` and `git log -p` read as sentences.

    Git calls it where `git config diff.slacli.command "slacli git-diff"` is set and `.gitattributes` holds a line
    `contracts/** diff=slacli`; `git log -p` and `git show` need `--ext-diff`. The other files of the contract are taken
    as they stand on disk. A change that cannot be read so is shown line by line.
    """
    from slacli import versions
    from slacli.adapters.render import changes

    if len(sides) < 6:
        raise CannotRun(
            "`slacli git-diff` is called by Git, with the old and the new text of a file",
            'set it up with `git config diff.slacli.command "slacli git-diff"`',
        )
    old, new = ((_titled(name, sides[at + 1]), _text_of(sides[at])) for at in (0, 3))
    out = Output()
    try:
        shown = changes.render(versions.of_file(name, old, new), None, "terminal", width=out.width, colour=out.colour)
    except CannotRun as fault:
        shown = changes.lines(str(name), versions.texts_of(old[1], new[1]), fault.what)
    # Git puts the next file right behind it.
    emit(f"{shown}\n", out)
    return 0


def _titled(name: Path, number: str) -> str:
    return f"{name} {number[:7]}" if number.strip("0.") else f"{name} on disk"


def _text_of(place: str) -> Path | None:
    return Path(place) if place != _NO_FILE else None
