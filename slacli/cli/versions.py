"""Commands about versions: what changed between two of them, for whom, and which there have been."""

from __future__ import annotations

import click

from slacli.cli.options import Output, emit, shared

_WEIGHTS = ("material", "stewardship", "editorial")


@click.command()
@click.argument("revisions", metavar="[REV[..REV]]", required=False)
@click.option("--fail-on", "threshold", type=click.Choice((*_WEIGHTS, "never")), default="never", show_default=True,
              help="The least weight of a change that exits with 1.")  # fmt: skip
@shared(formats=("terminal", "markdown", "json"), findings=False)
def diff(revisions: str | None, threshold: str, contract: str | None, out: Output) -> int:
    """Say what changed between two versions of the agreement, and for whom.

    A REV is a branch, a tag, a hash, the number of a version, or a folder. Default: the default branch, compared with
    the working tree. Definitions are compared by meaning: a solver looks for a record that tells them apart.
    """
    from slacli import versions
    from slacli.adapters import folder
    from slacli.adapters.render import changes

    found = versions.diff(folder.find(contract), revisions)
    emit(changes.render(found, out.format, width=out.width, colour=out.colour), out)
    failing = _WEIGHTS[: _WEIGHTS.index(threshold) + 1] if threshold != "never" else ()
    return 1 if any(effect.weight in failing for effect in found.effects) else 0


@click.command()
@shared(findings=False)
def log(contract: str | None, out: Output) -> int:
    """List the versions of the agreement, the newest first, and what each changed for whom."""
    from slacli import versions
    from slacli.adapters import folder
    from slacli.adapters.render import versions as shown

    emit(shown.render(versions.log(folder.find(contract)), out.format, width=out.width, colour=out.colour), out)
    return 0
