"""Commands that begin something: a binding for an export, and a contract for a company."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from slacli.cli.options import Output, emit, shared
from slacli.errors import CannotRun

if TYPE_CHECKING:
    from pathlib import Path

    from slacli.core.drafts import Question
    from slacli.core.drafts.binding import Draft
    from slacli.core.drafts.contract import Settings
    from slacli.core.drafts.profiles import Profile
    from slacli.core.drafts.refresh import Mended
    from slacli.drafting import Agreement, Start

Answers = dict[str, str]

_MONTHS = (
    "january february march april may june july august september october november december"
).split()  # fmt: skip

_ANSWER = click.option("--answer", "given", metavar="KEY=VALUE", multiple=True, help="Answer a question by its key, "
                       "such as reads.time_zone=Europe/London.")  # fmt: skip


@click.command()
@click.argument("export")
@click.option("--record", metavar="RECORD", help="What a row of the export is. Default: told by its headers.")
@click.option("--as", "name", metavar="NAME", help="What the binding is called. Default: like the file.")
@_ANSWER
@click.option("--write", is_flag=True, help="Write the file to bindings/ instead of printing it.")
@click.option("--refresh", is_flag=True, help="Mend the binding that there is: renamed columns and new values.")
@shared(findings=False)
def bind(
    export: str, record: str | None, name: str | None, given: tuple[str, ...], write: bool, refresh: bool,
    contract: str | None, out: Output,
) -> int:  # fmt: skip
    """Propose a binding for an export: how its columns become the fields of a record.

    EXPORT is a file of any form that check reads, a folder or a pattern for the parts of one table, a sheet of a
    workbook (book.xlsx#Leads), or - for standard input; lead=leads.csv says what a row is, as --record does. Columns
    are matched by their names, by those that CRM systems use, and by what their cells look like. What the export does
    not prove is an open question, a "?" in the file with what is asked behind it: answer it in the file, with
    --answer, or on a terminal when asked. `slacli validate` insists on an answer. No personal value stands in the file.

    Exit codes: 0 nothing is open, 1 questions are open, 2 could not run.
    """
    from slacli import drafting
    from slacli.adapters import folder

    there = drafting.agreement(folder.find(contract))
    seen = _one_of(export, drafting.look([export], sys.stdin.buffer))

    def drafted(answers: Mapping[str, str]) -> drafting.Bound:
        return drafting.bind(there, seen, name, record, answers)

    answers = read_answers(given)
    if refresh:
        return _refreshed(there, drafting.refresh(there, seen, name, answers), out, write=write)
    found = drafted(answers)
    if found.draft is None and out.format == "json":
        emit(_json(does="bound", binding=found.already, record=there.contract.bindings[found.already].record), out)
        return 0
    if found.draft is None:
        click.echo(f"{seen.shown} is read by the binding `{found.already}` already")
        click.echo("  to write another, name it with `--as`")
        return 0
    draft = found.draft
    if asks():
        draft = asked(draft, answers, lambda more: drafted(more).draft or draft)
    if out.format == "json":
        place = str(drafting.write_binding(there, draft)) if write else None
        emit(_as_json(draft, place), out)
    elif write:
        emit(_as_written(str(drafting.write_binding(there, draft)), draft, out.width), out)
    else:
        emit("\n".join([*(f"# {line}" for line in _said(draft)), draft.text]), out)
    return 1 if draft.questions else 0


def _one_of(export: str, seen: Sequence[Profile]) -> Profile:
    """Give the one table of an export, the one that people choose where it holds several."""
    from slacli import drafting
    from slacli.adapters.render.sheet import inert
    from slacli.core.wording import counted

    if len(seen) > 1 and asks():
        names = [one.files[0] for one in seen]
        for number, (name, one) in enumerate(zip(names, seen, strict=True), 1):
            size = f"{counted(one.rows, 'row')}, {counted(len(one.columns), 'column')}"
            click.echo(f"  {number}  {inert(name)}: {size}", err=True)
        chosen: int = click.prompt("Which of these tables?", type=click.IntRange(1, len(seen)), err=True)
        return seen[chosen - 1]
    return drafting.only(export, seen)


def _refreshed(there: Agreement, mended: Mended, out: Output, *, write: bool) -> int:
    """Say what was mended, and write it where that is wanted."""
    from slacli import drafting
    from slacli.adapters.render.sheet import inert

    is_written = write and bool(mended.changes or mended.questions)
    place = str(drafting.write_mended(there, mended)) if is_written else None
    if out.format == "json":
        shown = _json(
            does="mended", binding=mended.id, record=there.contract.bindings[mended.id].record,
            changes=[*mended.changes], questions=[_question(one) for one in mended.questions], text=mended.text,
            written=place,
        )  # fmt: skip
        emit(shown, out)
        return 1 if mended.questions else 0
    lines = [f"mended {inert(place)}" if place else f"the binding `{mended.id}`"]
    changes = mended.changes or (() if mended.questions else ("nothing to mend",))
    lines += [f"  {inert(line, 1000)}" for line in changes]
    lines += [f"  open: {inert(one.key, 300)}: {inert(one.ask, 1000)}?" for one in mended.questions]
    emit(_laid(lines, out.width), out)
    return 1 if mended.questions else 0


@click.command()
@click.argument("places", metavar="[DIR] [EXPORT]...", nargs=-1)
@click.option("--title", metavar="TEXT", help="What the agreement is called.")
@click.option(
    "--zone", metavar="ZONE", help="The time zone of the company, and of times in the exports that name none."
)
@click.option(
    "--fiscal", type=click.Choice(_MONTHS), metavar="MONTH", help="The month in which the fiscal year starts."
)
@click.option("--currency", metavar="CODE", help="The currency of amounts.")
@click.option("--sales-signs", metavar="TITLE", help="Who signs for Sales.")
@click.option("--marketing-signs", metavar="TITLE", help="Who signs for Marketing.")
@click.option("--marked", metavar="CRITERION", help="Which leads the CRM calls qualified, such as \"status = 'MQL'\".")
@click.option("--sales-from", metavar="STAGE", help="The stage from which on a lead is owned by Sales, such as SAL.")
@click.option("--holidays", metavar="COUNTRY", help="Whose public holidays close the office, such as US.")
@click.option("--won", metavar="CRITERION", help="Which opportunities are won, such as \"stage = 'Closed Won'\".")
@click.option("--ci", type=click.Choice(["github"]), help="Write a workflow that keeps the agreement, too.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: take what is proposed, leave the rest open.")
@shared(formats=("terminal",), findings=False)
def init(
    places: tuple[str, ...], title: str | None, zone: str | None, fiscal: str | None, currency: str | None,
    sales_signs: str | None, marketing_signs: str | None, marked: str | None, sales_from: str | None,
    holidays: str | None, won: str | None, ci: str | None, yes: bool, contract: str | None, out: Output,
) -> int:  # fmt: skip
    """Begin an agreement: a small contract that is valid, commented and yours to change.

    DIR is the contract folder (default: contracts). With exports (files, folders, patterns, sheets such as
    book.xlsx#Leads; lead=leads.csv says what a row is where its headers do not) it drafts records, lists, stages and
    terms from what they hold, how they hang together, and a binding for each, and ends with a first check. What no
    export can say is an open question, a "?" in the file. Nothing that is there already is ever overwritten.

    Exit codes: 0 nothing is open, 1 questions are open, 2 could not run.
    """
    import uuid
    from dataclasses import replace
    from datetime import UTC, datetime

    from slacli import drafting
    from slacli.core.drafts.binding import id_of
    from slacli.core.drafts.contract import Settings, currency_of

    place, exports = _places(places, contract)
    is_asked = asks() and not yes
    wanted = {
        "title": title, "zone": zone, "fiscal": fiscal, "currency": currency, "sales_signer": sales_signs,
        "marketing_signer": marketing_signs, "marked": marked, "won": won, "sales_from": sales_from,
    }  # fmt: skip
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    seen = drafting.look(exports, sys.stdin.buffer)
    settings = Settings(str(uuid.uuid4()), datetime.now(UTC).date())
    settings = replace(settings, currency=currency_of(seen) or settings.currency)
    if is_asked:
        given = {**_interviewed(settings, given), **given}
        holidays = holidays or _asked_for_holidays()

    def begun(more: Mapping[str, str]) -> Start:
        one = replace(settings, **{**given, **more})
        one = replace(one, id=id_of(one.title)[:40].strip("_") or one.id)
        return drafting.begin(place, seen, one, ci, holidays, is_zone_known="zone" in given)

    start = begun({})
    if is_asked:
        start = _followed_up(start, begun)
    drafting.write(start)
    told = _as_begun(start, out.width)
    if out.output is None:
        # On a screen people read what was written while the check runs.
        emit(told, out)
        told = ""
    told += _first_check(start, out) if start.can_be_judged else ""
    if told:
        emit(told, out)
    return 1 if start.questions else 0


_QUESTIONS = {
    "title": "What is the agreement called?",
    "zone": "In which time zone is the company?",
    "fiscal": "In which month does the fiscal year start?",
    "currency": "In which currency are amounts?",
    "sales_signer": "Who signs for Sales?",
    "marketing_signer": "Who signs for Marketing?",
}


def _interviewed(settings: Settings, given: Mapping[str, str]) -> Answers:
    """Ask what only the company knows of itself, on standard error."""
    return {
        name: click.prompt(text, default=getattr(settings, name), err=True).strip()
        for name, text in _QUESTIONS.items()
        if name not in given
    }


def _asked_for_holidays() -> str | None:
    """Ask whose public holidays close the office, until the answer is a country or none."""
    from slacli.adapters import countries

    while True:
        text = "Whose public holidays close the office? A country such as US [enter: none yet]"
        answer: str = click.prompt(text, default="", show_default=False, err=True).strip()
        if not answer:
            return None
        try:
            return countries.named(answer).code
        except CannotRun as wrong:
            click.echo(f"  {wrong.what}: {wrong.help}", err=True)


def _followed_up(start: Start, begun: Callable[[Answers], Start]) -> Start:
    """Ask what only the exports make askable: what marks a qualified lead, what is won, who owns which stage."""
    answers: Answers = {}
    for name, key, text in (
        ("marked", "terms.mql.marked", "Which leads does the CRM call qualified?"),
        ("won", "terms.sale.criteria.won", "Which opportunities are won?"),
        ("sales_from", ".owner", "From which stage on does a lead belong to Sales?"),
    ):
        while asked := next((one for where, one in start.questions if where.endswith(key)), None):
            offers = start.stages if name == "sales_from" else asked.offers
            offered = f" e.g. {' or '.join(offers)}" if offers else ""
            answer: str = click.prompt(
                f"{text}{offered} [enter leaves it open]", default="", show_default=False, err=True
            ).strip()
            if not answer:
                break
            try:
                start = begun({**answers, name: answer})
            except CannotRun as wrong:
                click.echo(f"  {wrong.what}", err=True)
            else:
                answers[name] = answer
    return start


def _places(places: Sequence[str], contract: str | None) -> tuple[Path, list[str]]:
    """Tell the folder from the exports: it comes first, and is no file."""
    from pathlib import Path

    if contract is not None:
        return Path(contract), [*places]
    if not places or _is_export(places[0]):
        return Path("contracts"), [*places]
    return Path(places[0]), [*places[1:]]


_ENDINGS = frozenset(".csv .tsv .txt .gz .zip .xlsx .json .jsonl .ndjson .parquet".split())


def _is_export(name: str) -> bool:
    """Tell whether a name is that of exports: a file, a sheet, a pattern, or a folder that holds any."""
    from pathlib import Path

    from slacli.adapters.sources.given import read_said

    name = read_said(name).name
    path = Path(name)
    if path.is_dir():
        return any(one.suffix.lower() in _ENDINGS for one in path.iterdir() if one.is_file())
    return name == "-" or path.is_file() or Path(name.partition("#")[0]).suffix.lower() in _ENDINGS


def _first_check(start: Start, out: Output) -> str:
    """Judge the exports once, so that people see what they have begun."""
    from slacli import drafting
    from slacli.adapters import render

    try:
        report = drafting.first_check(start)
    except CannotRun as stop:
        return f"the first check could not run: {stop.what}\n  help: {stop.help}\n"
    return render.render(report, out.format, width=out.width, colour=out.colour, options=render.Options())


def _as_begun(start: Start, width: int) -> str:
    from slacli.adapters.render.sheet import inert
    from slacli.core.wording import counted

    lines = [f"wrote {inert(str(path), 300)}" for path in start.files]
    lines += [f"  {inert(draft.id)}: {inert(draft.figures)}" for draft in start.drafts]
    lines += [f"  {inert(line, 1000)}" for line in start.remarks]
    if start.questions:
        lines.append("  open, and asked behind each `?` in its file:")
        zones = [key for key, _ in start.questions if key.endswith(": reads.time_zone")]
        zones = zones if len(zones) > 1 else []
        owners = [key for key, _ in start.questions if key.endswith(".owner")]
        lines += [f"    {inert(key, 300)}: {inert(asked.ask, 1000)}?" for key, asked in start.questions
                  if key not in {*owners, *zones}]  # fmt: skip
        if zones:
            exports = counted(len(zones), "export")
            lines.append(f"    bindings/*.yaml: reads.time_zone: in which time zone are the times of {exports} written?"
                         " `--zone ZONE` says it at once")  # fmt: skip
        cycles = dict.fromkeys(key.partition(".stages.")[0] for key in owners)
        lines += [f"    {inert(one)}.stages: who owns each stage?" + (
            " `--sales-from STAGE` says it at once" if one.endswith(".lead") else ""
        ) for one in cycles]  # fmt: skip
        lines.append("  then: slacli validate")
    return _laid(lines, width)


def _laid(lines: Sequence[str], width: int) -> str:
    """Lay out lines, each of which begins with its own indent, within a width."""
    import textwrap

    laid = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        laid += textwrap.wrap(
            line, max(width, 40), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
    return "\n".join(laid) + "\n"


# --- questions and answers --------------------------------------------------------------------


def asks() -> bool:
    """Tell whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def read_answers(given: Sequence[str]) -> Answers:
    """Read `KEY=VALUE`; raises CannotRun where there is no `=`."""
    from slacli.core import wording

    answers = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            raise CannotRun(
                f"`--answer {wording.sanitised(text, 60)}` has no answer",
                "write the key of the question, `=` and the answer, such as `reads.time_zone=Europe/London`",
            )
        answers[key] = value
    return answers


def asked(draft: Draft, answers: Answers, again: Callable[[Answers], Draft]) -> Draft:
    """Ask every open question once, on standard error, and give the draft with the answers in it."""
    told: set[str] = set()
    while True:
        question = next((one for one in draft.questions if one.key not in told), None)
        if question is None:
            return draft
        told.add(question.key)
        answer = _asked(question)
        if not answer:
            continue
        try:
            draft = again({**answers, question.key: answer})
        except CannotRun as wrong:
            click.echo(f"  {wrong.what}", err=True)
            told.discard(question.key)
        else:
            answers[question.key] = answer


def _asked(question: Question) -> str:
    from slacli.adapters.render.sheet import inert

    offered = f" ({', '.join(question.offers)})" if question.offers else ""
    leave = "enter leaves it open" + (", - leaves it out" if question.optional else "")
    text = inert(f"{question.key}: {question.ask}?{offered} [{leave}]", 1000)
    answer: str = click.prompt(text, default="", show_default=False, err=True)
    return answer.strip()


# --- what is said -----------------------------------------------------------------------------


def _said(draft: Draft) -> list[str]:
    return [draft.figures, *draft.remarks]


def _as_written(place: str, draft: Draft, width: int) -> str:
    from slacli.adapters.render.sheet import inert

    lines = [f"wrote {inert(place)}", *(f"  {inert(line, 1000)}" for line in _said(draft))]
    if draft.questions:
        lines.append("  open, and asked behind each `?` in the file:")
        lines += [f"    {inert(one.key)}: {inert(one.ask, 1000)}?" for one in draft.questions]
    return _laid(lines, width)


def _question(one: Question) -> dict[str, Any]:
    return {"key": one.key, "ask": one.ask, "offers": [*one.offers], "optional": one.optional}


def _as_json(draft: Draft, place: str | None) -> str:
    return _json(
        does="drafted",
        binding=draft.id,
        record=draft.record or None,
        dialect=draft.dialect,
        columns={"total": draft.columns, "matched": [*draft.matched], "not_used": [*draft.unused]},
        questions=[_question(one) for one in draft.questions],
        remarks=[*draft.remarks],
        text=draft.text,
        written=place,
    )


def _json(**more: Any) -> str:
    """Give what was done in the shape that `bind.schema.json` describes."""
    import json

    shown: dict[str, Any] = {
        "format": "slacli-bind/1", "does": "", "binding": "", "record": None, "dialect": None, "columns": None,
        "changes": [], "questions": [], "remarks": [], "text": None, "written": None,
    }  # fmt: skip
    return json.dumps({**shown, **more}, indent=2, ensure_ascii=False)
