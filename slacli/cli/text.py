"""Commands about the text: what is wrong with it, how it reads, and the pages of the rules."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slacli.cli.options import PIN, TODAY, Output, day_of, deliver, emit, shared
from slacli.errors import CannotRun
from slacli.values import dataclass

if TYPE_CHECKING:
    from slacli.findings import ContractFacts
    from slacli.model import Contract


@click.command()
@shared()
def validate(contract: str | None, out: Output) -> int:
    """Say what is wrong with the text of the contract and with the agreement itself.

    Syntax, types, references, examples of terms, and the rules of a sound agreement: all findings at once, each with
    its place and what to do. `slacli rule NAME` explains a rule.
    """
    from slacli import journeys
    from slacli.adapters import folder

    return deliver(journeys.validate(folder.find(contract)), out)


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@PIN
@TODAY
@shared(formats=("terminal", "markdown", "json"), findings=False)
def show(names: tuple[str, ...], trust_root: str | None, as_of: str | None, contract: str | None, out: Output) -> int:
    """Print the agreement as people read it: the sentences that bind.

    Each sentence is made from the parameters of the contract, so that nobody can sign prose that says something else.
    Name terms, duties or goals to see only those. Shown is the text on disk; once a version was signed, the first line
    says who signed it, or how far the text on disk is from what is in force.
    """
    from slacli import journeys
    from slacli.adapters import folder
    from slacli.core import sentences, wording

    place = folder.find(contract)
    loaded = journeys.load(place)
    found = sentences.sections(loaded.contract)
    if names:
        clauses = []
        for name in names:
            clause = sentences.clause(name, loaded.contract)
            if clause is None:
                known = [one.id for section in found for one in section.clauses]
                near = wording.nearest(name, known)
                raise CannotRun(
                    f"the contract has no term, duty or goal `{wording.sanitised(name, 60)}`",
                    f"did you mean `{near}`?" if near else "see them all with `slacli show`",
                )
            clauses.append(clause)
        found = (sentences.Section("", tuple(clauses)),)
    if out.format == "json":
        emit(_as_json(found, _standing(place, loaded.contract, trust_root, as_of)), out)
    elif out.format == "markdown":
        standing = None if names else _standing(place, loaded.contract, trust_root, as_of)
        emit(_as_markdown(found, standing), out)
    else:
        standing = None if names else _standing(place, loaded.contract, trust_root, as_of)
        emit(as_text(found, standing.lines if standing is not None else (), min(max(out.width, 40), 100)), out)
    return 0


@dataclass(frozen=True, slots=True)
class _Standing:
    """How the text on disk stands to what is signed.

    `in_force` is the version in force by signatures, None where there is none, for which `fault` may say why. `changes`
    is how many parts of the text on disk nobody has signed.
    """

    contract: Contract
    in_force: ContractFacts | None = None
    changes: int = 0
    fault: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        from slacli.adapters.render.terminal import contract_line
        from slacli.core import wording

        if self.in_force is not None and not self.changes:
            return (contract_line(self.in_force),)
        head = f"{self.contract.title}, version {self.contract.version}"
        if self.in_force is None:
            return (head, *([f"draft: {self.fault}"] if self.fault else []))
        differs = f"text at hand differs from version {self.in_force.version}"
        return (
            f"{head}, draft",
            f"{differs}: {wording.counted(self.changes, 'change')} not signed",
            contract_line(self.in_force),
        )


def _standing(place: Path, contract: Contract, pin: str | None, as_of: str | None) -> _Standing:
    """Say how a text stands to what is in force by signatures."""
    from slacli import judging
    from slacli.core.changes import compare

    day_of(as_of)
    try:
        found = judging.in_force(place, pin, as_of)
    except CannotRun as fault:
        return _Standing(contract, fault=fault.what)
    if found is None:
        return _Standing(contract)
    same = found.text.contract.digests == contract.digests
    changes = 0 if same else max(1, len(compare(found.text.contract, contract)))
    return _Standing(contract, found.facts(found.current), changes)


def _as_json(found: Sequence[object], standing: _Standing) -> str:
    from slacli.adapters.render.jsontext import visible
    from slacli.core.sentences import Section

    sections = [
        {
            "title": section.title,
            "clauses": [
                {"id": one.id, "title": one.title, "sentence": one.sentence, "lines": one.lines, "prose": one.prose}
                for one in section.clauses
            ],
        }
        for section in found
        if isinstance(section, Section)
    ]
    told = standing.in_force
    in_force = None if told is None else {
        "version": told.version,
        "revision": told.revision,
        "since": told.since.isoformat() if told.since is not None else None,
        "state": told.state,
        "signed_by": list(told.signed_by),
    }  # fmt: skip
    shown = {
        "format": "slacli-show/1",
        "title": standing.contract.title,
        "version": standing.contract.version,
        "in_force": in_force,
        "changes_not_signed": standing.changes if told is not None else None,
        "sections": sections,
    }
    return visible(json.dumps(shown, indent=2, ensure_ascii=False))


def as_text(found: Sequence[object], heading: Sequence[str], width: int) -> str:
    from slacli.adapters.render.sheet import inert
    from slacli.core.sentences import Section

    lines = [line for text in heading for line in _wrapped(text, width, "")]
    lines += [""] if lines else []
    for section in found:
        if not isinstance(section, Section):
            continue
        if section.title:
            title = inert(section.title)
            lines += [title, "-" * len(title), ""]
        for one in section.clauses:
            lines.append(f"{one.id}  {inert(one.title)}" if one.title.lower() != one.id else one.id)
            lines += _wrapped(one.sentence, width, "  ")
            for line in one.lines:
                lines += _wrapped(line, width, "    ", "- ")
            if one.prose:
                lines += _wrapped(f"note: {one.prose}", width, "  ")
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _wrapped(text: str, width: int, indent: str, mark: str = "") -> list[str]:
    from slacli.adapters.render.sheet import inert

    lines = textwrap.wrap(
        inert(text, 4000).replace(" %", _HELD),
        width,
        initial_indent=indent + mark,
        subsequent_indent=indent + " " * len(mark),
        break_on_hyphens=False,
    )
    return [line.replace(_HELD, " %") for line in lines]


# A per cent sign stays with its figure: text of a contract holds no such blank, so that it stands for this one alone.
_HELD = "\u00a0%"


def _as_markdown(found: Sequence[object], standing: _Standing | None) -> str:
    from slacli.core.sentences import Section

    lines = [f"# {_escaped(standing.contract.title)}", ""] if standing is not None else []
    if standing is not None and (standing.in_force is not None or standing.fault):
        lines += [line for text in standing.lines for line in (_escaped(text), "")]
    for section in found:
        if not isinstance(section, Section):
            continue
        if section.title:
            lines += [f"## {_escaped(section.title)}", ""]
        for one in section.clauses:
            lines += [f"### {_escaped(one.title)} (`{one.id}`)", "", _escaped(one.sentence), ""]
            lines += [f"- {_escaped(line)}" for line in one.lines]
            lines += [""] if one.lines else []
            lines += [f"> {_escaped(one.prose)}", ""] if one.prose else []
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Make text of a contract inert in Markdown, but for the back-ticks that the sentences are written with."""
    from slacli.adapters.render.sheet import inert

    parts = _SPAN.split(inert(text, 4000))
    for at in range(0, len(parts), 2):
        parts[at] = "".join(f"\\{char}" if char in "\\`*_{}[]<>()#+!|" else char for char in parts[at])
    return "".join(parts)


# Back-ticks that are not in pairs quote nothing, and what stands between them would be read as Markdown or HTML.
_SPAN = re.compile(r"((?<!`)`[^`]+`(?!`))")


@click.command()
@click.argument("name")
@click.option("--debug", is_flag=True, hidden=True)
def rule(name: str, debug: bool) -> int:
    """Print the page of a rule: what is wrong, why it matters, and how to mend it."""
    from slacli.adapters.render import terminal
    from slacli.core import catalog, wording

    found = catalog.named(name)
    if found is None:
        known = [one.name for one in catalog.every()]
        near = wording.nearest(name, known)
        raise CannotRun(
            f"there is no rule `{wording.sanitised(name, 60)}`",
            f"did you mean `{near}`?" if near else "see them all with `slacli rules`",
        )
    click.echo(terminal.page(found, _width()), nl=False)
    return 0


@click.command()
@click.option("--debug", is_flag=True, hidden=True)
def rules(debug: bool) -> int:
    """List every rule that slacli knows, with its severity and what it says."""
    from slacli.adapters.render import terminal
    from slacli.core import catalog

    click.echo(terminal.rules(sorted(catalog.every(), key=lambda one: one.name), _width()), nl=False)
    return 0


def _width() -> int:
    return Output().width
