"""What people see on a terminal: findings with the source they are about, and the screen of a check, verdict first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta, tzinfo
from itertools import zip_longest
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.text import Text

from slacli.adapters.render import Options
from slacli.adapters.render.columns import Block, Row, lay
from slacli.adapters.render.sheet import WORDS, Sheet, inert
from slacli.adapters.render.snippet import snippet
from slacli.adapters.render.summary import Summary, digits, distinct, exact, path, rate, span, summary
from slacli.core import figures
from slacli.core.wording import article, counted, listed, number, share, took, uncapital
from slacli.findings import (
    AsOf,
    ContractFacts,
    Counts,
    ExportFacts,
    Finding,
    GoalOutcome,
    Gone,
    Outcome,
    PeriodFacts,
    Report,
    ReviewFacts,
    Rows,
    Rule,
    Severity,
    Since,
    Slice,
    Status,
    TermCells,
    VersionFacts,
    Waived,
)
from slacli.places import Address, Span

WIDEST = 100
NARROWEST = 40
_Judged = TypeVar("_Judged", Outcome, GoalOutcome)
_LABEL = 13
_PERIODS = 3
_SENTENCE = 30
_VALUES = 20
_HASH = 7

_SEVERITY = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_VERDICT = {"broken": "bold red", "kept": "bold green", "unclear": "bold yellow", "waived": "bold yellow",
            "not judged": "bold yellow"}  # fmt: skip
_STATUS: Mapping[Status, tuple[str, str]] = {
    "met": ("met", "green"),
    "missed": ("MISSED", "bold red"),
    "unclear": ("unclear", "yellow"),
    "too few": ("too few", "yellow"),
    "no data": ("no data", "yellow"),
    "running": ("running", "cyan"),
    "not covered": ("not covered", "cyan"),
}
_DUTIES: Mapping[Status, str] = {
    "unclear": "unclear",
    "too few": "with too few rows",
    "no data": "without data",
    "running": "still running",
    "not covered": "not covered",
}


def render(report: Report, width: int, options: Options, *, colour: bool) -> str:
    """Give a report as people read it, on lines of at most `width` and never more than 100 cells."""
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    report = report.sorted()
    if report.journey == "check":
        _check(sheet, report, options)
    else:
        _text(sheet, report, options)
    return sheet.text(colour=colour)


# --- findings about the text ------------------------------------------------------------------


def findings_in(sheet: Sheet, report: Report, least: Severity = Severity.NOTE) -> None:
    """Show each finding with its source."""
    for found in report.findings:
        if found.severity >= least:
            _in_source(sheet, report, found)
            sheet.gap()


def _text(sheet: Sheet, report: Report, options: Options) -> None:
    """Show each finding with its source, and how many there were."""
    findings_in(sheet, report, options.least if options.quiet else Severity.NOTE)
    counts = [
        Text(counted(many, severity.word), _SEVERITY[severity])
        for severity, many in summary(report).findings.items()
        if many
    ]
    files = len({found.at.file for found in report.findings if found.at})
    if counts:
        said = Text(", ").join(counts).append(f" in {counted(files, 'file')}" if files else "")
    else:
        held = inert(report.contents) or counted(len(report.sources.texts), "file")
        said = Text.assemble(("no findings", "bold green"), f" ({held})")
    sheet.add(said, head=f"{inert(report.folder, WORDS)}: ")


def _in_source(sheet: Sheet, report: Report, found: Finding) -> None:
    """Show a finding with the lines of the contract that it is about."""
    _first_line(sheet, found)
    places = [(found.at, found.key, found.part, found.label, "^", _SEVERITY[found.severity])] if found.at else []
    places += [(other.at, other.key, None, other.says, "-", "bold blue") for other in found.related]
    spans = [span(report, at, key=key, part=part) for at, key, part, *_ in places]
    gutter = max([2, *(len(str(where.line)) for where in spans if where)])
    for (at, _key, _part, label, mark, style), where in zip(places, spans, strict=True):
        sheet.add(_place(report, at, where), head=_arrow(gutter))
        if where:
            line = report.sources.line(at.file, where.line)
            words = inert(label)
            sheet.lines += snippet(line, where, words, mark=mark, style=style, gutter=gutter, width=sheet.width)
        elif label:
            sheet.add(inert(label), head=_margin(gutter, "|"))
    _last_lines(sheet, report, found, gutter=gutter)
    sheet.add(f"slacli rule {inert(found.rule)}", head=_margin(gutter, "= see:"))


def _first_line(sheet: Sheet, found: Finding) -> None:
    waived = ", waived" if found.waived else ""
    standing = f", {found.standing}" if found.standing else ""
    said = f"{found.severity.word}[{inert(found.rule)}]{waived}{standing}"
    head = Text.assemble((said, _SEVERITY[found.severity]), ": ")
    sheet.add(Text(inert(found.message, WORDS), "bold"), head=head, hang=4)


def _last_lines(sheet: Sheet, report: Report, found: Finding, *, gutter: int = 2, listed: bool = False) -> None:
    """Name the rows that a finding rests on, and what to do."""
    for rows in found.data:
        _rows(sheet, report, rows, found.subject, head=_margin(gutter, "|"), listed=listed)
    if found.help:
        sheet.add(inert(found.help, WORDS), head=_margin(gutter, "= help:"))


def _place(report: Report, at: Address, where: Span | None) -> str:
    file = inert(path(report, at.file), WORDS)
    return f"{file}:{where.line}:{where.column}" if where else file


def _arrow(gutter: int) -> Text:
    return Text(" " * gutter + "--> ", "blue")


def _margin(gutter: int, sign: str) -> Text:
    return Text(" " * (gutter + 1) + sign + " ", "blue")


def _rows(sheet: Sheet, report: Report, rows: Rows, duty: str, *, head: Text, listed: bool) -> None:
    """Name the first rows and how many more there are; all that are given, each on a line, where they are asked for."""
    shown = [
        f"{inert(key)} (row {number(row)}{_beside(missed)})" if key and row else inert(key or f"row {number(row or 0)}")
        for key, row, missed in zip_longest(rows.keys, rows.rows, rows.beside)
    ]
    file = f"{inert(rows.file)}: " if len(report.files) > 1 else ""
    hint = "" if listed or duty not in {o.duty for o in report.outcomes} else f" (--list {inert(duty)})"
    more = [f"{number(rows.more)} more{hint}" if shown else f"{counted(rows.more, 'row')}{hint}"] if rows.more else []
    if listed:
        for text in [*(file + row for row in shown), *more]:
            sheet.add(text, head=head)
    elif shown or more:
        items = [f"{file}first {shown[0]}" if more else file + shown[0], *shown[1:]] if shown else []
        sheet.flow([*items, *more], head=head)


def _beside(missed: Sequence[str] | None) -> str:
    """Name what the other side missed on the same row."""
    return f"; the other side missed {', '.join(map(inert, missed))}" if missed else ""


# --- a check of data --------------------------------------------------------------------------


def _check(sheet: Sheet, report: Report, options: Options) -> None:
    """Show the verdict, then what it rests on: duties, findings, and the account of every row."""
    told = summary(report)
    _verdict(sheet, report, told)
    if report.since:
        sheet.flow(list(_since(report.since)))
    if not options.quiet:
        if report.contract:
            sheet.add(contract_line(report.contract), hang=2)
        if report.versions:
            sheet.flow([_version(version) for version in report.versions], head="Judged by ", hang=2)
        _when(sheet, report, told)
        lay(sheet, list(_blocks(report, options)))
    _findings(sheet, report, options)
    if not options.quiet:
        _account(sheet, report, options)


def _verdict(sheet: Sheet, report: Report, told: Summary) -> None:
    total = counted(sum(told.judged.values()), "duty", "duties")
    main = {
        "broken": f"{number(told.judged.get('missed', 0))} of {total} missed",
        "waived": f"{number(len(told.waived))} of {total} missed, waived",
        "not judged": "no duty could be judged",
    }.get(told.verdict, f"{number(told.judged.get('met', 0))} of {total} met")
    others = Counter(told.judged) + Counter(told.waiting)
    items = [main]
    if told.waived and told.verdict == "broken":
        items.append(f"{number(len(told.waived))} of them waived")
    elif told.waived and told.verdict != "waived":
        items.append(f"{number(len(told.waived))} missed, waived")
    items += _owed(report, told)
    items += [f"{number(others[status])} {words}" for status, words in _DUTIES.items() if others[status]]
    goals = {one.goal for one in report.goals}
    lost = {one.goal for one in report.goals if one.status == "missed" and (one.judged or one.period.state == "whole")}
    items += [f"{number(len(lost))} of {counted(len(goals), 'goal')} missed"] if lost else []
    items += [f"{number(told.not_checked)} not checked"] if told.not_checked else []
    items += [f"{counted(told.other_errors, 'error')} below"] if told.other_errors else []
    items += [f"{counted(told.waived_errors, 'error')} below, waived"] if told.waived_errors else []
    first = Text.assemble((told.verdict.upper(), _VERDICT[told.verdict]), _during(told.periods), ": ", items[0])
    sheet.flow([first, *items[1:]])


def _since(since: Since) -> Iterator[str]:
    """Say what became of an earlier report's problems."""
    # The end of a day is the midnight after it.
    when = f" of {(since.at - timedelta(seconds=1)).date()}" if since.at else ""
    yield f"Since the report{when} (version {since.version}): new {number(since.new)}"
    yield f"still {number(since.still)}"
    yield f"mended {number(len(since.mended))}"
    if since.undecided:
        yield f"undecided {number(len(since.undecided))}"


def _owed(report: Report, told: Summary) -> Iterator[str]:
    """Say how many duties each department missed, and which of its teams."""
    for department in dict.fromkeys(missed.department for missed in told.missed):
        teams = [missed for missed in told.missed if missed.department == department]
        said = f"{_title(report, department)} {number(sum(len(team.duties) for team in teams))}"
        if len(teams) > 1:
            said += f" ({', '.join(f'{_title(report, t.party)} {number(len(t.duties))}' for t in teams)})"
        elif teams[0].party != department:
            said += f" ({_title(report, teams[0].party)})"
        yield said


def _title(report: Report, name: str) -> str:
    return inert(report.titles.get(name) or name)


def _during(periods: Sequence[PeriodFacts]) -> str:
    if not periods:
        return ""
    return f" {'over' if all(period.state == 'whole' for period in periods) else 'in'} {_named(periods)}"


def _named(periods: Sequence[PeriodFacts]) -> str:
    """Name a few periods, or say how many there are and which days they span."""
    if len(periods) <= _PERIODS:
        return listed([inert(period.title) for period in periods])
    days = [day for period in periods for day in (period.first, period.last) if day]
    return f"{number(len(periods))} periods" + (f" from {min(days)} to {max(days)}" if days else "")


def contract_line(contract: ContractFacts) -> str:
    """Say which text judged."""
    revision = f", revision {contract.revision}" if contract.revision else ""
    if contract.state == "draft":
        state = "draft: nobody has signed this text"
    else:
        since = f"in force since {contract.since}, " if contract.since else ""
        by = f"signed by {', '.join(map(inert, contract.signed_by))}"
        state = since + (by if contract.state == "signed" else contract.state)
    return f"{inert(contract.title)}, version {contract.version}{revision}, {state}"


def _version(version: VersionFacts) -> str:
    """Say which days a version judges, and where it stands."""
    days = f"from {version.first}" + (f" to {version.last}" if version.last else "")
    return f"version {version.version} {days} ({inert(version.commit[:_HASH]) or 'on disk'})"


def _when(sheet: Sheet, report: Report, told: Summary) -> None:
    """Say which moment is now, and which periods were judged by it."""
    items = [as_of_line(report.as_of)] if report.as_of else []
    provisional = {o.period.name for o in report.outcomes if o.judged and o.provisional}
    final = [period for period in told.periods if period.name not in provisional]
    if final:
        items.append(f"judged: {_named(final)}")
    if provisional:
        items.append(f"judged, provisional: {_named([p for p in told.periods if p.name in provisional])}")
    named = {period.name for period in told.periods}
    for status, words in (("running", "running, not judged"), ("not covered", "not covered")):
        periods = distinct(o.period for o in report.outcomes if o.status == status and o.period.name not in named)
        named |= {period.name for period in periods}
        items += [f"{words}: {_named(periods)}"] if periods else []
    if items:
        sheet.flow(items)


def as_of_line(as_of: AsOf) -> str:
    """Say which moment is now, and where it came from."""
    where = [
        f" in {inert(as_of.file)}" if as_of.file else "",
        f", row {number(as_of.row)}" if as_of.row else "",
    ]
    zone = _zone(as_of.at.tzinfo, as_of.at.tzname())
    when = f"{as_of.at:%Y-%m-%d %H:%M}"
    if as_of.source == "--as-of" and f"{as_of.at:%H%M%S}" == "000000":
        # People wrote the day before, of which this is the end.
        when = f"the end of {as_of.at - timedelta(days=1):%Y-%m-%d}"
    return f"As of {when} {zone} ({as_of.source}{''.join(where)})"


def _zone(zone: tzinfo | None, name: str | None) -> str:
    if isinstance(zone, ZoneInfo):
        return zone.key.rpartition("/")[2].replace("_", " ")
    return name or "local time"


# --- duties -----------------------------------------------------------------------------------


def _blocks(report: Report, options: Options) -> Iterator[Block]:
    """Give a block for each pair of parties, in the order of the contract."""
    judged = Counter(outcome.period.name for outcome in report.outcomes if outcome.judged)
    main = judged.most_common(1)[0][0] if judged else ""
    pairs: dict[tuple[str, str], dict[str, list[Outcome]]] = {}
    for outcome in report.outcomes:
        pairs.setdefault((outcome.owed_by, outcome.owed_to), {}).setdefault(outcome.duty, []).append(outcome)
    for (owed_by, owed_to), duties in pairs.items():
        rows = [row for outcomes in duties.values() for row in _duty(report, outcomes, main, options)]
        yield Block(f"{_title(report, owed_by)} owes {_title(report, owed_to)}", tuple(rows))
    goals: dict[str, list[GoalOutcome]] = {}
    for goal in report.goals:
        goals.setdefault(goal.goal, []).append(goal)
    if goals:
        rows = [row for found in goals.values() for row in _goal(report, found, main, options)]
        yield Block("Goals", tuple(rows))


def _duty(report: Report, outcomes: Sequence[Outcome], main: str, options: Options) -> Iterator[Row]:
    """Give the rows of one duty: one for its period, or one below it for each where several are shown."""
    ordered = sorted(outcomes, key=lambda o: (o.period.last is None, o.period.last, o.period.name))
    shown = _shown(ordered, options)
    title = inert(ordered[0].title or ordered[0].duty)
    if len(shown) == 1:
        outcome = shown[0]
        is_main = outcome.period.name == main and outcome.period.version is None
        name = title if is_main else f"{title}, {inert(outcome.period.shown)}"
        notes = (*_notes(outcome, options, _before(outcome, ordered)), *_next_due(outcome, ordered))
        yield _row(outcome, name, 2, (*notes, *_consequence(outcome)))
        yield from _parts(outcome, 4)
        yield from _slices(outcome, 4, options)
        return
    yield Row(2, title)
    for outcome in shown:
        yield _row(outcome, inert(outcome.period.shown), 4, (*_notes(outcome, options, None), *_consequence(outcome)))
        if options.long:
            yield from _parts(outcome, 6)
        yield from _slices(outcome, 6, options)
    yield from _sums(report, shown)


def _sums(report: Report, shown: Sequence[Outcome]) -> Iterator[Row]:
    """Give the counts of each period that several versions judged in parts, where its last part is shown."""
    for one in report.split:
        last = [
            o for o in shown if o.duty == one.duty and (o.period.name, o.version) == (one.period.name, one.versions[-1])
        ]
        if last and last[0].measure == "share":
            counts = one.counts
            due = counts.met + counts.missed + counts.open + counts.unclear
            figures = tuple(number(many) for many in (due, counts.met, counts.missed, counts.open, counts.unclear))
            yield Row(4, f"{inert(one.period.title)}, in all", (*figures, "", ""))
        elif last:
            yield Row(4, f"{inert(one.period.title)}, in all", amounts=(number(one.counts.met),))


def _goal(report: Report, outcomes: Sequence[GoalOutcome], main: str, options: Options) -> Iterator[Row]:
    """Give the rows of one goal: its figure beside what it should come to, and below what it was and leaves open."""
    ordered = sorted(outcomes, key=lambda o: (o.period.last is None, o.period.last))
    shown = _shown(ordered, options)
    title = inert(ordered[0].title)
    if len(shown) == 1:
        is_main = shown[0].period.name in {main, ""} and shown[0].period.version is None
        name = title if is_main else f"{title}, {inert(shown[0].period.shown)}"
        yield _reached(shown[0], name, 2, (_owners(report, ordered[0]), *_remarks(shown[0], ordered[-1].undated)))
        return
    yield Row(2, title, notes=(_owners(report, ordered[0]),))
    for one in shown:
        yield _reached(one, inert(one.period.shown), 4, _remarks(one, one.undated))


def _reached(goal: GoalOutcome, name: str, indent: int, notes: tuple[str, ...]) -> Row:
    amounts = (figures.come_to(goal), f"target {figures.wanted(goal)}")
    return Row(indent, name, amounts=amounts, status=_STATUS[goal.status], notes=notes)


def _owners(report: Report, goal: GoalOutcome) -> str:
    return listed([_title(report, party) for party in goal.owned_by])


def _remarks(goal: GoalOutcome, undated: int) -> tuple[str, ...]:
    """Say below a goal what its figure was and rests on, and what it leaves open."""
    up = goal.way == "at most"
    notes = []
    if goal.collected:
        notes.append("no baseline yet: it is being collected")
    elif goal.baseline:
        notes.append(f"was {figures.said(goal.baseline[1], goal.unit, up=up)} in {inert(goal.baseline[0])}")
    if goal.target.startswith("grows"):
        notes.append(goal.target)
    notes += [goal.why] if goal.why else []
    if goal.period.version is not None and goal.period.state != "whole" and goal.wanted is not None:
        notes.append("its share of the period by days")
    if goal.pace is not None:
        notes.append(f"{figures.said(goal.pace, goal.unit, up=up)} at this pace")
    if goal.unit != "rows" and goal.rows:
        notes.append(f"of {counted(goal.rows, 'row')}")
    if goal.waiting:
        notes.append(f"{number(goal.waiting)} of them still have time" if goal.waiting > 1 else "1 still has time")
    notes += [f"{number(goal.unclear)} unclear"] if goal.unclear else []
    notes += [f"{number(goal.without)} without a value"] if goal.without else []
    notes += [f"{counted(undated, 'row')} without a date, in no period"] if undated else []
    return tuple(notes)


def _shown(ordered: Sequence[_Judged], options: Options) -> Sequence[_Judged]:
    """Choose the periods that were judged, else the last one that has anything to show; all of them when asked."""
    if options.long:
        return ordered
    judged = [outcome for outcome in ordered if outcome.judged]
    covered = [outcome for outcome in ordered if outcome.status != "not covered"]
    return judged or (covered or ordered)[-1:]


def _before(outcome: Outcome, ordered: Sequence[Outcome]) -> Outcome | None:
    """Give the outcome of the last period before, where it was met or missed."""
    earlier = ordered[: ordered.index(outcome)]
    return earlier[-1] if earlier and earlier[-1].status in {"met", "missed"} else None


def _next_due(outcome: Outcome, ordered: Sequence[Outcome]) -> Iterator[str]:
    """Say by which day the next thing has to be handed over."""
    for later in ordered[ordered.index(outcome) + 1 :]:
        if later.status == "running" and later.due:
            yield f"{inert(later.period.title)}: due {later.due}"


def _parts(outcome: Outcome, indent: int) -> Iterator[Row]:
    if outcome.measure == "share":
        for part in outcome.parts:
            # What stands in slices too need not stand there twice.
            if [name for name, _ in part.part_of] != [outcome.sliced_by]:
                yield _row(part, _label(part, named=True), indent, ())


def _slices(outcome: Outcome, indent: int, options: Options) -> Iterator[Row]:
    """Give the rows of an outcome by value, those of the most rows; all of them when asked.

    A value of which nothing was due changes no figure, so it stands only in the long form.
    """
    told = [one for one in outcome.slices if options.long or _due(one.counts)]
    values = [one for one in told if one.state == "value"]
    # One value more takes no more room than the line that counts it.
    first = len(values) if options.long or len(values) <= _VALUES + 1 else _VALUES
    for one in values[:first]:
        yield _slice(outcome, one, indent)
    rest = values[first:]
    if rest:
        many = {name: sum(getattr(one.counts, name) for one in rest) for name in ("met", "missed", "open", "unclear")}
        said = f"and {number(len(rest))} more (--long)"
        if outcome.measure == "share":
            yield Row(indent, said, (number(sum(many.values())), *map(number, many.values()), "", ""))
        else:
            amount = _range(number(many["met"]), number(many["met"] + many["unclear"]))
            yield Row(indent, said, amounts=(amount,))
    for one in told[len(values) :]:
        yield _slice(outcome, one, indent)


def _slice(outcome: Outcome, one: Slice, indent: int) -> Row:
    part = replace(
        outcome, counts=one.counts, lower=one.lower, upper=one.upper, target=None, parts=(), waived=None,
        part_of=(), status="running",
    )  # fmt: skip
    name = f"{inert(outcome.sliced_by)} {inert(one.shown)}"
    return replace(_row(part, name, indent, ()), status=("", ""))


def _due(counts: Counts) -> int:
    return counts.met + counts.missed + counts.open + counts.unclear


def _label(part: Outcome, *, named: bool) -> str:
    values = [(inert(field), inert(value) or "(blank)") for field, value in part.part_of]
    return ", ".join(f"{field} {value}" if named else value for field, value in values)


def _row(outcome: Outcome, name: str, indent: int, notes: tuple[str, ...]) -> Row:
    status = _STATUS[outcome.status] if outcome.target is not None or not outcome.part_of else ("", "")
    if outcome.waived:
        status = ("MISSED, waived", "bold yellow")
    elif outcome.standing:
        status = (f"MISSED, {outcome.standing}", "bold red" if outcome.standing == "new" else "bold yellow")
    if outcome.measure == "ledger":
        return Row(indent, name, amounts=tuple(_handed_over(outcome)), status=status, notes=notes)
    if outcome.measure == "number":
        parts = outcome.parts or (outcome,)
        return Row(indent, name, amounts=tuple(map(_amount, parts)), status=status, notes=notes)
    counts = outcome.counts
    due = counts.met + counts.missed + counts.open + counts.unclear
    if not counts.covered and outcome.status == "not covered":
        return Row(indent, name, status=status, notes=notes)
    bounds = rate(outcome)
    figures = (
        *(number(many) for many in (due, counts.met, counts.missed, counts.open, counts.unclear)),
        "n/a" if bounds is None else f"{_range(*bounds)} %",
        "" if outcome.target is None else f"{exact(outcome.target)} %",
    )
    return Row(indent, name, figures, status=status, notes=notes)


def _handed_over(outcome: Outcome) -> Iterator[str]:
    """Say by which day a thing was due, and on which it came."""
    yield f"due {outcome.due}" if outcome.due else "due on a day that no calendar says"
    if outcome.delivered:
        late = ", late" if outcome.due and outcome.due < outcome.delivered else ""
        yield f"delivered {outcome.delivered}{late}"
    elif outcome.status != "running":
        yield "not delivered"
    if outcome.counts.left_out:
        yield "left out by a settled dispute"


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low}–{high}"


def _amount(outcome: Outcome) -> str:
    """Say how many there were of how many: `AMER 418 of 400`."""
    if outcome.lower is None or outcome.upper is None:
        amount = "n/a"
    else:
        amount = _range(number(int(outcome.lower)), number(int(outcome.upper)))
    if outcome.target is not None:
        amount += f" of {number(int(outcome.target))}"
    if outcome.status == "missed" and outcome.upper is not None and outcome.target is not None:
        amount += f" ({number(int(outcome.target - outcome.upper))} short)"
    elif outcome.status == "unclear":
        amount += " (unclear)"
    label = _label(outcome, named=False)
    return f"{label} {amount}" if label else amount


def _notes(outcome: Outcome, options: Options, before: Outcome | None) -> tuple[str, ...]:
    """Say below a duty what its figures leave open: the allowance, what lies outside the sum, the period before."""
    counts = outcome.counts
    notes = []
    told = {"missed", "unclear", "met"} if options.long else {"missed", "unclear"}
    if outcome.allowed is not None and outcome.status in told:
        allowed = number(outcome.allowed) if outcome.allowed else "none"
        notes.append(f"{counted(counts.missed, 'miss', 'misses')}, {allowed} allowed")
    if outcome.status == "unclear" and outcome.measure != "ledger":
        notes.append(f"{number(counts.unclear)} unclear could decide it")
    if counts.disputed:
        notes.append(f"{number(counts.disputed)} disputed" if outcome.measure != "ledger" else "disputed")
    if outcome.status == "too few":
        notes.append(f"judged only from {counted(outcome.judge_from, 'row')} on")
    outside = {
        "left out": counts.left_out,
        "not started": counts.not_started,
        "accepted by silence": counts.by_silence,
    }
    if outcome.measure == "share" and any(outside.values()):
        due = counts.met + counts.missed + counts.open + counts.unclear
        parts = [f"{number(due)} due", *(f"{number(many)} {name}" for name, many in outside.items() if many)]
        notes.append(f"{number(counts.covered)} covered = {' + '.join(parts)}")
    if counts.relieved and outcome.without_relief:
        without = _range(*(share(one, digits(outcome.target)) for one in outcome.without_relief))
        late = counted(counts.relieved, "row")
        notes.append(f"{late} relieved, on which the other side was late: {without} % with them")
    if outcome.response and options.long:
        found = outcome.response
        notes.append(
            f"median {took(found.median)}, 90th percentile {took(found.late)} of {number(found.answered)} answered"
        )
    if outcome.undated:
        notes.append(f"{counted(outcome.undated, 'row')} without a date, in no period")
    if outcome.measure == "number" and outcome.period.version is not None and outcome.period.state != "whole":
        split = outcome.parts or (outcome,)
        notes.append("a part of a period, not judged" if split[0].target is None else "its share of the period by days")
    if before and outcome.status in {"missed", "unclear"}:
        notes.append(_briefly(before))
    return tuple(notes)


def _consequence(outcome: Outcome) -> Iterator[str]:
    """Say what the agreement lets follow from a miss, and how often the duty was missed by then."""
    found = outcome.consequence
    if found:
        in_a_row = " in a row" if found.in_a_row else ""
        yield f"missed in {counted(found.misses, 'period')}{in_a_row}: {inert(found.then, WORDS)}"


def _briefly(outcome: Outcome) -> str:
    bounds = rate(outcome)
    figure = f" {_range(*bounds)} %" if bounds else ""
    waived = ", waived" if outcome.waived else ""
    return f"{inert(outcome.period.shown)}: {outcome.status}{waived}{figure}"


# --- findings about data ----------------------------------------------------------------------


def _findings(sheet: Sheet, report: Report, options: Options) -> None:
    """Show errors and warnings with the rows they rest on; notes only when asked, but never hidden in silence."""
    told = {(not_checked.subject, not_checked.at) for not_checked in report.not_checked}
    notes = 0
    listed = set()
    for found in report.findings:
        if found.severity == Severity.WARNING and (found.subject, found.at) in told and not options.quiet:
            continue
        if found.severity == Severity.NOTE and found.severity < options.least and not options.long:
            notes += 1
        elif (found.severity >= options.least and found.standing != "still") or not options.quiet:
            sheet.gap()
            _in_data(sheet, report, found, options)
            listed |= {found.subject} if found.data else set()
    for outcome in report.outcomes:
        if outcome.duty == options.listed and outcome.duty not in listed and outcome.samples:
            sheet.gap()
            sheet.add(Text(f"Rows of {inert(outcome.duty)} in {inert(outcome.period.title)}", "bold"))
            for rows in outcome.samples:
                _rows(sheet, report, rows, outcome.duty, head=_margin(2, "|"), listed=True)
    if notes and not options.quiet:
        sheet.gap()
        sheet.add(f"{counted(notes, 'note')} not shown (--long)")


def _waived(report: Report, waived: Waived) -> str:
    """Say who accepts a finding, until when, and why."""
    return f"waived by {_title(report, waived.by)} until {waived.until}: {inert(waived.because, WORDS)}"


def _in_data(sheet: Sheet, report: Report, found: Finding, options: Options) -> None:
    _first_line(sheet, found)
    if found.at:
        where = span(report, found.at, key=found.key, part=found.part)
        subject = "" if found.subject.startswith(found.at.file) else f"  {inert(found.subject)}"
        sheet.add(_place(report, found.at, where) + subject, head=_arrow(2))
    for other in found.related:
        where = span(report, other.at, key=other.key)
        place = _place(report, other.at, where)
        sheet.add(f"{place}  {inert(other.says)}", head=_arrow(2))
    _last_lines(sheet, report, found, listed=found.subject == options.listed)
    if found.waived:
        sheet.add(_waived(report, found.waived), head=_margin(2, "="))
    if found.addressed_to:
        sheet.add(_title(report, found.addressed_to), head=_margin(2, "= for:"))
    if found.owed and options.long:
        # A waiver names the finding by it.
        sheet.add(found.fingerprint, head=_margin(2, "= fingerprint:"))


# --- the account of every row -----------------------------------------------------------------


def _account(sheet: Sheet, report: Report, options: Options) -> None:
    """Show what became of every row: terms, rows left out, what was not checked, and the files."""
    sections = {
        "Terms": [_cells(term, named=len(report.versions) > 1) for term in report.terms],
        "Reviews": list(_reviews(report, options)),
        "Left out": list(_left_out(report)),
        "No version": list(_unjudged(report)),
        "Not checked": list(_not_checked(report)),
        "Not split": list(_not_split(report)),
        "Files": [_file(report, file, options) for file in report.files],
        "Mended": [[_gone(report, one)] for one in report.since.mended] if report.since and options.long else [],
        "Undecided": [[_gone(report, one)] for one in report.since.undecided] if report.since and options.long else [],
        "Digests": _digests(report) if options.long else [],
    }
    sheet.gap()
    for name, entries in sections.items():
        label = name
        for items in entries:
            sheet.flow(items, head=Text(f"{label:<{_LABEL}}", "bold"))
            label = ""


def _not_split(report: Report) -> Iterator[list[str]]:
    """Say which duties have no figures by value, each reason once."""
    reasons: dict[str, list[str]] = {}
    for one in report.not_split:
        reasons.setdefault(one.reason, []).append(_title(report, one.duty))
    for reason, duties in reasons.items():
        yield [f"by {inert(report.by)}: {listed(duties)}: {inert(reason)}"]


def _cells(term: TermCells, *, named: bool) -> list[str]:
    """Say how many rows a term holds for, those that carry its mark first; by which version, where it is `named`."""
    unmarked = _verdicts(term.unmarked_meets, term.unmarked_fails, term.unmarked_unclear)
    title = inert(term.title or term.term) + (f" (version {term.version})" if named else "")
    if term.has_mark:
        items = [f"{title} marked {_verdicts(term.marked_meets, term.marked_fails, term.marked_unclear)}"]
        items.append(f"not marked {unmarked}")
        items += [f"mark unclear {number(term.mark_unclear)}"] if term.mark_unclear else []
    else:
        items = [f"{title} {unmarked}"]
    because = [f"{inert(blame.field)} {blame.state} {number(blame.count)}" for blame in term.unclear_because]
    return [*items, *([f"unclear because {', '.join(because)}"] if because else [])]


def _verdicts(meets: int, fails: int, unclear: int) -> str:
    said = [f"meets {number(meets)}", f"fails {number(fails)}", *([f"unclear {number(unclear)}"] if unclear else [])]
    return f"{number(meets + fails + unclear)}: {', '.join(said)}"


def _reviews(report: Report, options: Options) -> Iterator[list[str]]:
    """Say of each review how it was held when it was last due, and when it is due next; of all periods when asked."""
    for name in dict.fromkeys(one.review for one in report.reviews):
        mine = [one for one in report.reviews if one.review == name]
        shown = mine if options.long else [one for one in mine if one.judged] or mine[-1:]
        items = [f"{inert(one.period.title)} {_held(report, one)}" for one in shown]
        later = [one for one in mine[mine.index(shown[-1]) + 1 :] if one.state == "open" and one.due]
        items += [f"{inert(one.period.title)} due {one.due}" for one in later[:1]]
        yield [f"{inert(name)}: {items[0]}", *items[1:]]


def _held(report: Report, one: ReviewFacts) -> str:
    due = f"due {one.due}" if one.due else "due on a day that no calendar says"
    if one.held:
        return f"held {one.held}{', late' if one.state == 'late' else ''}, {due}"
    if one.absent:
        return f"{due}, held without {listed([_title(report, party) for party in one.absent])}"
    return due if one.state == "open" else f"{due}, not held"


def _left_out(report: Report) -> Iterator[list[str]]:
    for record in dict.fromkeys(left.record for left in report.left_out):
        entries = [left for left in report.left_out if left.record == record and left.count]
        if entries:
            named = ", ".join(f"{inert(left.name)} {number(left.count)}" for left in entries)
            yield [f"{_title(report, record)} {number(sum(left.count for left in entries))}: {named}"]


def _unjudged(report: Report) -> Iterator[list[str]]:
    """Say how many rows no version judges, by the days on which none was in force."""
    days = dict.fromkeys((one.first, one.last) for one in report.unjudged)
    for first, last in days:
        mine = [one for one in report.unjudged if (one.first, one.last) == (first, last)]
        when = " ".join(f"{word} {day}" for word, day in (("from", first), ("up to", last)) if day)
        yield [f"{when}: {_title(report, mine[0].subject)} {number(mine[0].count)}"] + [
            f"{_title(report, one.subject)} {number(one.count)}" for one in mine[1:]
        ]


def _not_checked(report: Report) -> Iterator[list[str]]:
    """Say what was not checked, once for each reason."""
    subjects: dict[str, list[str]] = {}
    for entry in report.not_checked:
        subjects.setdefault(entry.reason, []).append(_title(report, entry.subject))
    for reason, names in subjects.items():
        yield [f"{', '.join(names)}: {inert(reason, WORDS)}"]


def _file(report: Report, file: ExportFacts, options: Options) -> list[str]:
    """Give the sum of a file's rows, and what was noticed about it."""
    rows = file.rows
    parts = [
        (rows.judged, "judged"),
        (rows.cut, f"cut ({_cut(file)})" if file.cut else "cut"),
        (rows.unreadable, "unreadable"),
        (rows.repeated, "repeated"),
        (rows.contradictory, "contradictory"),
    ]
    total = f"{inert(file.name)} {counted(rows.total, 'row')}"
    if rows.total == rows.judged:
        items = [f"{total}, all judged" if rows.total else f"{inert(file.name)} no rows"]
    else:
        summed = [f"{number(many)} {name}" for many, name in parts if many]
        items = [f"{total} =", *(f"{part} +" for part in summed[:-1]), *summed[-1:]]
    if file.orphans and file.parent:
        parent = uncapital(_title(report, file.parent))
        items.append(f"{number(file.orphans)} without {article(parent)} {parent}")
    items += [inert(note) for note in file.notes]
    if options.long:
        items += [f"read by {inert(file.binding)}", inert(file.encoding), counted(file.size, "byte")]
        items += [f"sha256 {inert(file.sha256)}"]
    return items


def _cut(file: ExportFacts) -> str:
    if len(file.cut) == 1:
        return inert(file.cut[0][0])
    return ", ".join(f"{inert(reason)} {number(many)}" for reason, many in file.cut)


def _gone(report: Report, gone: Gone) -> str:
    """Name a problem of an earlier report."""
    during = f" in {inert(gone.period)}" if gone.period else ""
    return f"{_title(report, gone.subject)}{during}: {inert(gone.rule)}"


def _digests(report: Report) -> list[list[str]]:
    contract = [f"contract {inert(report.contract.digest)}"] if report.contract else []
    files = report.contract.data_files if report.contract else ()
    beside = [f"{inert(name)} sha256:{inert(sha256)}" for name, sha256 in files]
    zones = [f"time zones {inert(report.tz_database)}"] if report.tz_database else []
    return [[item] for item in (*contract, *beside, *zones)]


# --- pages of rules ---------------------------------------------------------------------------

_INDENTED = re.compile(r"\s")


def page(rule: Rule[Any], width: int) -> str:
    """Give the page of a rule as plain text: its name and weight, its sentence, why, and its samples as written."""
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    sheet.add(f"{rule.name} ({rule.severity.word})")
    sheet.gap()
    prose: list[str] = []
    for line in [*rule.page.splitlines(), ""]:
        if line and not _INDENTED.match(line) and not line.endswith(":"):
            prose.append(line)
            continue
        if prose:
            sheet.add(" ".join(prose))
            prose = []
        if line:
            if not _INDENTED.match(line):
                sheet.gap()
            sheet.lines.append(Text(line))
        else:
            sheet.gap()
    return sheet.text(colour=False).rstrip() + "\n"


def rules(listed: Iterable[Rule[Any]], width: int = WIDEST) -> str:
    """Give a table of rules: name, severity, and the sentence that says what is wrong."""
    known = list(listed)
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    name = max((cell_len(rule.name) for rule in known), default=0) + 2
    for rule in known:
        sentence = " ".join(rule.page.partition("\n\n")[0].split())
        weight = f"{rule.severity.word:<9}"
        if sheet.width - name - len(weight) < _SENTENCE:
            sheet.add(f"{rule.name} ({rule.severity.word})")
            sheet.add(sentence, head="  ")
        else:
            sheet.add(sentence, head=Text.assemble(f"{rule.name:<{name}}", weight))
    return sheet.text(colour=False)
