"""Each journey in one straight line: what is read, what is made of it, and the report at its end."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import field, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from slacli.adapters import engines, folder
from slacli.core import catalog, wording, zones
from slacli.core.text import parse
from slacli.errors import CannotRun
from slacli.findings import AsOf, ExportFacts, Finding, GoalOutcome, Report, RowCount, Severity
from slacli.model import Calendar, Contract, DateOrder, Goal, GoalTarget, PeriodKind
from slacli.places import SourceMap
from slacli.values import dataclass

if TYPE_CHECKING:
    from slacli.adapters.countries import Country
    from slacli.adapters.engines import Engine
    from slacli.adapters.sources import Export
    from slacli.core.explain import Working
    from slacli.core.impact import Impact
    from slacli.core.in_force import Side, Version
    from slacli.core.periods import Period
    from slacli.core.plan.casts import Window
    from slacli.core.plan.tables import Plan, Scan, Span, Statement
    from slacli.core.reconcile import Reconciled
    from slacli.core.text.additions import Proposal
    from slacli.core.verdict import FileFacts, Judge, Options

    Stream = Callable[[str], Iterator[tuple[Any, ...]]]
    Write = Callable[[Iterable[tuple[str, ...]]], None]
    _Tables = tuple[list[Export], Plan, dict[int, DateOrder]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A contract that was read without errors, the places of its parts, and the folder as people name it."""

    contract: Contract
    sources: SourceMap
    folder: str
    report: Report


def validate(place: Path) -> Report:
    """Read a contract folder and say everything that is wrong with its text and with the agreement itself."""
    report, _ = _validated(place)
    return report


def _validated(place: Path) -> tuple[Report, Contract | None]:
    read = parse.parse(folder.read(place))
    findings = list(read.findings)
    report = Report("validate", tuple(findings), read.sources, str(place))
    contract = read.contract
    if contract is not None:
        findings += catalog.run_rules(contract)
        report = replace(
            report,
            findings=tuple(findings),
            titles=contract.titles(),
            teams=contract.teams(),
            contents=_contents(contract),
        )
    return report.sorted(), contract


def _contents(contract: Contract) -> str:
    parts = (
        (len(contract.responsibilities), "duty", "duties"),
        (len(contract.terms), "term", "terms"),
        (len(contract.goals), "goal", "goals"),
        (len(contract.bindings), "binding", "bindings"),
    )
    return ", ".join(wording.counted(count, one, many) for count, one, many in parts)


def load(place: Path) -> Loaded:
    """Read a contract that must have no errors.

    Raises CannotRun where it has some, naming the first.
    """
    report, contract = _validated(place)
    errors = [found for found in report.findings if found.severity is Severity.ERROR]
    if contract is None or errors:
        raise CannotRun(
            f"the contract has errors: {first_of(errors, report.sources, f'{report.folder}/')}",
            f"see them all with `slacli validate --contract {place}`",
        )
    return Loaded(contract, report.sources, report.folder, report)


def first_of(errors: Sequence[Finding], sources: SourceMap, folder: str = "") -> str:
    """Say the first of some errors, with its place, and how many more there are."""
    first = errors[0]
    where = ""
    if first.at is not None:
        where = f" ({folder}{first.at.file}:{sources.span(first.at, key=first.key).line})"
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"{first.message}{where}{more}"


_MEND = "compare it without `--data`, or mend it"


def loaded(contract: Contract, sources: SourceMap, folder: str, title: str, advice: str = _MEND) -> Loaded:
    """Give a contract that was read somewhere else, such as in a commit; `title` names that place.

    Raises CannotRun where it breaks a rule of a sound agreement so that it cannot be judged by, with `advice`.
    """
    found = tuple(catalog.run_rules(contract))
    errors = [one for one in found if one.severity is Severity.ERROR]
    if errors:
        raise CannotRun(f"the contract of {title} has errors: {errors[0].message}", advice)
    return Loaded(contract, sources, folder, Report("validate", found, sources, folder))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who takes rows beside a report: every judged row, those that missed the listed duty, those not judged."""

    rows: Write | None = None
    missed: Write | None = None
    rejects: Write | None = None


class Watch(Protocol):
    """Follows a journey: is told when a part of the work is done, and how much of each export was looked through."""

    def __call__(self, phase: str) -> None: ...

    def read(self, name: str, done: int, size: int, rows: int) -> None: ...


class _Nobody:
    """Follows nothing."""

    def __call__(self, phase: str) -> None: ...

    def read(self, name: str, done: int, size: int, rows: int) -> None: ...


NOBODY = _Nobody()


def check(
    loaded: Loaded,
    given: Sequence[str],
    options: Options,
    stdin: BinaryIO | None = None,
    wanted: Wanted | None = None,
    watch: Watch = NOBODY,
) -> Report:
    """Judge exports by a contract, and hand over the rows that are wanted beside the report."""
    from slacli.core.plan import rows

    wanted = wanted or Wanted()
    with _checked(loaded, given, options, stdin, watch, rejects=wanted.rejects) as (report, state, stream):
        if wanted.rows is not None:
            judged = frozenset(one.duty for one in report.outcomes)
            wanted.rows(rows.lines(state.plan, state.files, stream, judged))
        if wanted.missed is not None and options.listed is not None:
            periods = frozenset(one.period.name for one in report.outcomes if one.judged and one.duty == options.listed)
            wanted.missed(rows.missed(state.plan, state.files, stream, options.listed, periods))
        return report


def explain(
    loaded: Loaded,
    key: str,
    given: Sequence[str],
    options: Options,
    record: str | None = None,
    stdin: BinaryIO | None = None,
    watch: Watch = NOBODY,
    *,
    values: bool = True,
) -> Working:
    """Judge exports by a contract, and give the working of every verdict about the record with a key.

    Without `values` it holds times and stages alone. Raises CannotRun where no row has the key, or rows of several
    records do and `record` does not say which.
    """
    from slacli.core import explain

    with _checked(loaded, given, options, stdin, watch, whole=True) as (report, state, _):
        return explain.working(state, report, key, record, values=values)


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(rf"{_DAY.pattern}[T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}})?(Z|[+-][0-9]{{2}}:[0-9]{{2}})?")


def moment(text: str, contract: Contract) -> datetime:
    """Read `--as-of`: a day means its local end, a time is local to the contract unless it has an offset.

    Raises CannotRun where it is neither, or lies outside the years that slacli reads.
    """
    there = zones.zone(contract.time_zone)
    found = None
    try:
        if _DAY.fullmatch(text):
            found = datetime.combine(date.fromisoformat(text), time(), there)
        elif _TIME.fullmatch(text):
            found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None:
        raise CannotRun(
            f"`--as-of {wording.sanitised(text, 40)}` is no day and no time",
            "write a day such as `2027-03-02`, or a time such as `2027-03-02T06:00`",
        )
    if not zones.FIRST_YEAR < found.year < zones.LAST_YEAR:
        raise CannotRun(
            f"`--as-of {text}` lies outside the years {zones.FIRST_YEAR + 1} to {zones.LAST_YEAR - 1}",
            "write the day of the report",
        )
    if _DAY.fullmatch(text):
        after = zones.day_bounds(found.date() + timedelta(days=1), contract.time_zone)[0]
        return datetime.fromtimestamp(after, there)
    return found if found.tzinfo is not None else found.replace(tzinfo=there)


# --- the road of a check ----------------------------------------------------------------------


@contextmanager
def _checked(
    loaded: Loaded,
    given: Sequence[str],
    options: Options,
    stdin: BinaryIO | None,
    watch: Watch,
    *,
    whole: bool = False,
    rejects: Write | None = None,
) -> Iterator[tuple[Report, Judge, Stream]]:
    """Give the report of a check, with the judgement and its rows for as long as the engine is open.

    With `whole` the engine keeps the value of every field. Rejects are handed over before anything is judged: they are
    wanted most where too many rows are unreadable for a verdict.
    """
    from slacli.adapters import sources

    contract = loaded.contract
    _must_ask_of(contract.responsibilities, given, options)
    by = _asked_by(contract, options)
    with tempfile.TemporaryDirectory(prefix="slacli-") as temporary, ExitStack() as stack:
        ahead = _Ahead(contract, lambda: stack.enter_context(engines.opened("duckdb", temporary)), whole=whole, by=by)
        opened = stack.enter_context(sources.opened(given, contract.bindings, stdin, ahead, watch.read))
        watch("exports looked through and read ahead")
        tables = _loaded_tables(contract, list(opened), ahead, whole=whole)
        watch("exports read into tables")
        ahead.engine.close_doors()
        if rejects is not None:
            rejects(_rejected(tables, ahead.engine.stream))
            watch("rejects")
        state, report = _judged(loaded, ahead.engine, tables, options)
        watch("verdicts")
        yield report, state, ahead.engine.stream


def _rejected(tables: _Tables, stream: Stream) -> Iterator[tuple[str, ...]]:
    from slacli.adapters import sources
    from slacli.core.plan import rejects

    exports, plan, _ = tables
    files = [rejects.File(one.name, one.row, partial(sources.unreadable, one)) for one in exports]
    return rejects.lines(plan, files, stream)


def _must_ask_of(duties: Iterable[str], given: Sequence[str], options: Options) -> None:
    """Raise CannotRun where a check has nothing to go by, or lists a duty that there is not."""
    if not given and options.as_of is None:
        raise CannotRun(
            "no export was given, and no day",
            "name the exports, or give the day with `--as-of` to judge what needs none, such as deliverables",
        )
    if options.listed is not None and options.listed not in set(duties):
        raise CannotRun(
            f"`--list {wording.sanitised(options.listed, 60)}` names no duty of the contract",
            _did_you_mean(options.listed, duties),
        )


def _asked_by(contract: Contract, options: Options) -> Mapping[str, str]:
    """Give for each record the field by whose values figures are wanted; raises CannotRun where that cannot be."""
    if options.by is None:
        return {}
    from slacli.core.verdict import split

    return split.asked(options.by, contract, logged=options.logged)


def _judged(loaded: Loaded, engine: Engine, tables: _Tables, options: Options) -> tuple[Judge, Report]:
    """Judge exports that were read into the tables of an engine."""
    from slacli.core import verdict

    state = _judgement(engine, tables, options)
    return state, verdict.settled(state, loaded.sources, loaded.folder)


def _judgement(engine: Engine, tables: _Tables, options: Options) -> Judge:
    from slacli.core import verdict

    exports, plan, orders = tables
    files = [_facts(export, orders.get(number)) for number, export in enumerate(exports)]
    return verdict.judgement(plan, files, engine.rows, engine.make, options)


def check_by_version(
    found: Sequence[Version],
    folder: str,
    told: Sequence[Finding],
    given: Sequence[str],
    options: Options,
    stdin: BinaryIO | None = None,
    wanted: Wanted | None = None,
    watch: Watch = NOBODY,
) -> Report:
    """Judge every row of exports by the version that was in force on its day, the oldest first.

    `told` is what is known of the versions themselves. What is wanted beside the report is handed over as by `check`.
    """
    from slacli.core import in_force
    from slacli.core.plan import rows

    wanted = wanted or Wanted()
    with _by_version(found, given, options, stdin, watch) as (sides, judged, streams):
        if wanted.rejects is not None:
            # A row that cannot be read, or stands there twice, every version says.
            found_bad = (_rejected(*pair) for pair in zip(judged, streams, strict=True))
            wanted.rejects(_each_once(_one_after_the_other(found_bad)))
            watch("rejects")
        report = in_force.settled(sides, folder, told)
        watch("verdicts")
        if wanted.rows is not None:
            wanted.rows(
                _one_after_the_other(
                    rows.lines(side.state.plan, side.state.files, stream, in_force.judged_by(report, side))
                    for side, stream in zip(sides, streams, strict=True)
                )
            )
        if wanted.missed is not None and options.listed is not None:
            wanted.missed(
                _one_after_the_other(
                    rows.missed(
                        side.state.plan,
                        side.state.files,
                        stream,
                        options.listed,
                        in_force.periods_judged(report, side, options.listed),
                    )
                    for side, stream in zip(sides, streams, strict=True)
                )
            )
        return report


def explain_by_version(
    found: Sequence[Version],
    folder: str,
    key: str,
    given: Sequence[str],
    options: Options,
    record: str | None = None,
    stdin: BinaryIO | None = None,
    watch: Watch = NOBODY,
    *,
    values: bool = True,
) -> Working:
    """Give the working of every verdict about the record with a key, each by the version that was in force on its day.

    Raises CannotRun as `explain` does.
    """
    from slacli.core import explain, in_force

    with _by_version(found, given, options, stdin, watch, whole=True) as (sides, _, _):
        report = in_force.settled(sides, folder)
        return explain.working_of_versions([side.state for side in sides], report, key, record, values=values)


@contextmanager
def _by_version(
    found: Sequence[Version],
    given: Sequence[str],
    options: Options,
    stdin: BinaryIO | None,
    watch: Watch,
    *,
    whole: bool = False,
) -> Iterator[tuple[list[Side], list[_Tables], list[Stream]]]:
    """Give the judgements of some versions, the oldest first, with their tables for as long as the engine is open."""
    from slacli.adapters import sources
    from slacli.core import in_force

    newest = found[-1].contract
    _must_ask_of(dict.fromkeys(name for one in found for name in one.contract.responsibilities), given, options)
    by = in_force.formerly(found, _asked_by(newest, options))
    with tempfile.TemporaryDirectory(prefix="slacli-") as temporary, ExitStack() as stack:
        sides: list[Side] = []
        judged: list[_Tables] = []
        streams: list[Stream] = []

        def judge(one: Version, engine: Engine, tables: _Tables, borrowed: frozenset[str]) -> None:
            state = _judgement(engine, tables, options)
            state.alone = len(found) == 1
            sides.append(in_force.Side(one, state, borrowed))
            judged.append(tables)
            streams.append(engine.stream)

        if len(found) == 1:
            span = found[0].span
            ahead = _Ahead(
                newest,
                lambda: stack.enter_context(engines.opened("duckdb", temporary)),
                whole=whole,
                span=span,
                by=by[-1],
            )
            opened = stack.enter_context(sources.opened(given, newest.bindings, stdin, ahead, watch.read))
            watch("exports looked through and read ahead")
            tables = _loaded_tables(newest, list(opened), ahead, whole=whole, span=span)
            engine = ahead.engine
            judge(found[0], engine, tables, frozenset())
        else:
            engine = stack.enter_context(engines.opened("duckdb", temporary))
            exports = stack.enter_context(sources.opened(given, newest.bindings, stdin, seen=watch.read))
            watch("exports looked through")
            views = [_seen_by(one, newest, exports) for one in found]
            shared = _read_once(engine, [view.exports for view in views])
            for view in views:
                for number, note in view.notes:
                    told_of = shared[-1][0][number]
                    shared[-1][0][number] = replace(told_of, notes=(*told_of.notes, note))
            watch("exports read once")
            for one, view, (mine, texts), mine_by in zip(found, views, shared, by, strict=True):
                room = engine.room(f"version_{one.contract.version}")
                ahead = _Ahead(view.contract, _always(room), whole=whole, by=mine_by)
                tables = _loaded_tables(view.contract, mine, ahead, whole=whole, texts=texts, span=one.span)
                judge(one, room, tables, view.borrowed)
        watch("rows judged by each version")
        engine.close_doors()
        yield sides, judged, streams


def _each_once(lines: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    seen = set()
    for line in lines:
        if line not in seen:
            seen.add(line)
            yield line


def _one_after_the_other(lines: Iterable[Iterator[tuple[str, ...]]]) -> Iterator[tuple[str, ...]]:
    """Give the lines of several tables with one header."""
    for number, one in enumerate(lines):
        header = next(one)
        if number == 0:
            yield header
        yield from one


@dataclass(frozen=True, slots=True)
class _View:
    """The exports as one version reads them, and the files of the newest one that it took bindings from.

    `notes` are for the newest version to say of its exports, by their numbers.
    """

    contract: Contract
    exports: list[Export]
    borrowed: frozenset[str] = frozenset()
    notes: tuple[tuple[int, str], ...] = ()


def _seen_by(version: Version, newest: Contract, exports: Sequence[Export]) -> _View:
    """Read the exports by the bindings of a version, else by those of the newest: they say how files are made today."""
    from slacli.adapters import sources
    from slacli.core import in_force

    contract = version.contract
    if contract is newest:
        return _View(contract, list(exports))
    mine: list[Export] = []
    borrowed: set[str] = set()
    notes: list[tuple[int, str]] = []
    for number, export in enumerate(exports):
        found = None
        with suppress(CannotRun):
            found = sources.rebound(export, contract.bindings)
        if found is None:
            lent = in_force.lent(export.binding, newest, contract)
            if lent is None:
                notes.append((number, f"version {contract.version} knows no `{export.binding.record}`"))
                continue
            notes.append((number, f"read for version {contract.version} by `{lent.id}` of version {newest.version}"))
            borrowed.add(lent.at.file)
            contract = replace(contract, bindings={**contract.bindings, lent.id: lent})
            found = sources.under(export, lent)
        mine.append(found)
    return _View(contract, mine, frozenset(borrowed), tuple(notes))


def _read_once(engine: Engine, sides: Sequence[Sequence[Export]]) -> list[tuple[list[Export], list[str]]]:
    """Read the cells of exports that several versions judge into tables of text, every file once.

    Gives the exports of each side again, with what stands for the rows of each.
    """
    from slacli.adapters import sources
    from slacli.core.plan import rooms

    together: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for at, exports in enumerate(sides):
        for number, export in enumerate(exports):
            together.setdefault(_sources(engine, export), []).append((at, number))
    found = [(list(exports), [""] * len(exports)) for exports in sides]
    for table, places in enumerate(together.values()):
        one = sides[places[0][0]][places[0][1]]
        columns = {c for at, n in places for c in (*sides[at][n].columns.values(), *sides[at][n].currencies.values())}
        name = f"x_{table}"
        while True:
            try:
                texts = rooms.texts(name, sorted(columns), _sources(engine, one))
                rows = [engine.load(text, reads=True) for text in texts]
            except engines.Refused:
                rows = []
            if rows == [part.records for part in one.parts]:
                break
            if one.rewritten:
                raise _not_counted_alike(one)
            engine.make(rooms.dropped(name))
            one = sources.careful(one)
        for at, number in places:
            found[at][0][number] = sources.as_read(sides[at][number], one)
            found[at][1][number] = rooms.shared(name)
    return found


def _always(engine: Engine) -> Callable[[], Engine]:
    return lambda: engine


def _sources(engine: Engine, export: Export) -> tuple[str, ...]:
    """Give what stands for the rows of each part of an export."""
    how = export.header, export.delimiter, export.newline
    return tuple(engine.source(part.path, *how, *export.extent) for part in export.parts)


def _not_counted_alike(export: Export) -> CannotRun:
    return CannotRun(
        f"`{export.name}` cannot be read: its rows could not be counted twice alike",
        "this is a fault of slacli: report it with the shape of the file, never with the file",
    )


def replay(old: Loaded, new: Loaded, given: Sequence[str], options: Options, stdin: BinaryIO | None = None) -> Impact:
    """Judge the same exports by two versions of a contract, and give what the change does to their rows.

    Raises CannotRun where the versions would have to read standard input in two ways.
    """
    return _replayed(old, new, given, options, stdin)[0]


@dataclass(frozen=True, slots=True)
class Past:
    """How a period that is over comes out by two versions: all of its rows, the newer report, and the period itself."""

    impact: Impact
    report: Report
    period: Period


def replay_past(
    old: Loaded,
    new: Loaded,
    given: Sequence[str],
    options: Options,
    name: str | None = None,
    stdin: BinaryIO | None = None,
) -> Past:
    """Judge the rows of one period that is over by two versions; without a name of the last whole fiscal quarter.

    Raises CannotRun as `replay` does, where the name names no period, and where the period is not over.
    """
    from slacli.core import impact, periods

    def chosen(moment: datetime) -> Period:
        if name is None:
            return impact.last_quarter(moment, new.contract)
        found = periods.named(name, new.contract.fiscal_year)
        if found is None:
            raise CannotRun(
                f"`--period {wording.sanitised(name, 40)}` names no period",
                "write a period such as `2026-02`, `2026-W07`, `FY27-Q1` or `FY27`",
            )
        if not impact.is_over(found, moment, new.contract):
            raise CannotRun(
                f"the period `{found.name}` is not over: the exports say that it is {moment.date()}"
                if options.as_of is None
                else f"the period `{found.name}` is not over on {moment.date()}",
                "name one that is over, or leave `--period` out for the last whole quarter",
            )
        return found

    found, report, period = _replayed(old, new, given, replace(options, judge="all"), stdin, chosen)
    if period is None:
        raise CannotRun("no export holds a time, so nobody can tell which period is over", "say it with `--as-of`")
    return Past(found, report, period)


def _replayed(
    old: Loaded,
    new: Loaded,
    given: Sequence[str],
    options: Options,
    stdin: BinaryIO | None = None,
    chosen: Callable[[datetime], Period] | None = None,
) -> tuple[Impact, Report, Period | None]:
    """Judge exports by two versions: all of their rows, or those of a period that is `chosen` by what is now."""
    from slacli.adapters import sources
    from slacli.core import impact
    from slacli.core.plan import rooms
    from slacli.core.plan.tables import Span

    with tempfile.TemporaryDirectory(prefix="slacli-") as temporary, ExitStack() as stack:
        engine = stack.enter_context(engines.opened("duckdb", temporary))
        exports = list(stack.enter_context(sources.opened(given, new.contract.bindings, stdin)))
        before = [sources.rebound(export, old.contract.bindings) for export in exports]
        if None in before:
            if any(_is_standard_input(text) for text in given):
                raise CannotRun("standard input cannot be read twice, once for each version", "give a file")
            before = list(stack.enter_context(sources.opened(given, old.contract.bindings)))
        sides = _read_once(engine, [[one for one in before if one is not None], exports])
        span = period = moment = None
        if chosen is not None:
            moment = _moment_of(new, engine, *sides[1], options)
            if moment is not None:
                period = chosen(moment.at)
                span = Span(period.first, period.last, period.last + timedelta(days=1), is_first=True)
        read = []
        for name, loaded, (mine, texts) in zip((rooms.BEFORE, rooms.AFTER), (old, new), sides, strict=True):
            room = engine.room(name)
            ahead = _Ahead(loaded.contract, _always(room), whole=False)
            tables = _loaded_tables(loaded.contract, mine, ahead, whole=False, texts=texts, span=span)
            read.append((loaded, room, tables))
        engine.close_doors()
        if period is None:
            told = [_judged(loaded, room, tables, options) for loaded, room, tables in read]
        else:
            states = [(loaded, _judgement(room, tables, options)) for loaded, room, tables in read]
            told = [(one, impact.judged_within(one, moment, of.sources, of.folder)) for of, one in states]
        return impact.impact((told[0], told[1]), engine.rows), told[1][1], period


def _moment_of(
    loaded: Loaded, engine: Engine, exports: Sequence[Export], texts: Sequence[str], options: Options
) -> AsOf | None:
    """Give the moment that is now, as a check takes it: as given, else the latest in exports; None without any."""
    from slacli.core.verdict import now

    room = engine.room("now")
    ahead = _Ahead(loaded.contract, _always(room), whole=False)
    state = _judgement(room, _loaded_tables(loaded.contract, list(exports), ahead, whole=False, texts=texts), options)
    return now.as_of(state)


def _is_standard_input(given: str) -> bool:
    return given.rpartition("=")[2] == "-"


def reconcile(
    loaded: Loaded,
    given: tuple[str, str],
    on: str | None = None,
    stdin: BinaryIO | None = None,
    rows: Write | None = None,
    watch: Watch = NOBODY,
    *,
    values: bool = False,
) -> Reconciled:
    """Put two exports of one record beside each other; every row that is not alike is handed to `rows`.

    With `values`, values that are not personal are told. Raises CannotRun where the two cannot be joined.
    """
    from slacli.adapters import sources
    from slacli.core import reconcile
    from slacli.core.plan import sides

    if all(text.rpartition("=")[2] == "-" for text in given):
        raise CannotRun("standard input cannot be read twice, once for each side", "give a file")
    read_by = sides.side(loaded.contract, on)
    with tempfile.TemporaryDirectory(prefix="slacli-") as temporary, ExitStack() as stack:
        engine = stack.enter_context(engines.opened("duckdb", temporary))

        def read(name: str, text: str) -> reconcile.File:
            room = engine.room(name)
            ahead = _Ahead(read_by, lambda: room, whole=True)
            opened = stack.enter_context(sources.opened([text], read_by.bindings, stdin, ahead, watch.read))
            (export,), _, orders = _loaded_tables(read_by, list(opened), ahead, whole=True)
            return reconcile.File(
                _facts(export, orders.get(0)).facts, export.binding, tuple(export.columns), export.row
            )

        one, other = (read(name, text) for name, text in zip(sides.ROOMS, given, strict=True))
        engine.close_doors()
        watch("exports read into tables")
        joined = reconcile.joined(loaded.contract, (one, other), on)
        for statement in joined.made():
            engine.make(statement)
        found = reconcile.reconciled(loaded.contract, (one, other), joined, engine.rows, values=values)
        if rows is not None:
            rows(reconcile.lines(loaded.contract, (one, other), joined, engine.stream, values=values))
        return found


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    near = wording.nearest(word, known)
    return f"did you mean `{near}`?" if near else f"known: {wording.quoted(known)}"


def _facts(export: Export, proved: DateOrder | None) -> FileFacts:
    from slacli.core.verdict import FileFacts

    unreadable = export.lost_total
    cut = sum(count for _, count in export.cut)
    facts = ExportFacts(
        record=export.binding.record,
        binding=export.binding.id,
        name=export.name,
        sha256=export.sha256,
        size=export.size,
        encoding=export.encoding,
        rows=RowCount(total=export.total, cut=cut, unreadable=unreadable),
        cut=export.cut,
        notes=(*export.notes, _PROVED[proved]) if proved is not None else export.notes,
    )
    return FileFacts(
        facts,
        tuple(lost.line for lost in export.lost),
        tuple(lost.reason for lost in export.lost),
        export.pasted,
        export.row,
    )


class _Ahead:
    """What the engine reads of files that are still looked through, by what their first bytes promise.

    It counts only where the files, when they are known, are read by the very same statements.
    """

    def __init__(
        self,
        contract: Contract,
        engine: Callable[[], Engine],
        *,
        whole: bool,
        span: Span | None = None,
        by: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._contract = contract
        self._open = engine
        self._opened: Engine | None = None
        self._whole = whole
        self._span = span
        self.by = by
        self._begun = False
        self._stopped = False
        # The statements that ran, in their order, and how many rows each of them took.
        self.taken: dict[str, int] = {}
        self._firsts: dict[str, _FirstRows] = {}

    @property
    def engine(self) -> Engine:
        """The engine, which is opened when it is first needed: that too can be done meanwhile."""
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def first(self, export: Export, stand: Sequence[str]) -> _FirstRows:
        """Give the names of the times of an export and what its first rows hold in them; nothing where none read.

        Its rows stand in the sources `stand`, part by part.
        """
        from slacli.core.plan import reading

        times = reading.times_at(self._contract.records[export.binding.record], export.columns)
        if not times:
            return [], []
        source = stand[0]
        if source not in self._firsts:
            try:
                found = list(self.engine.first(source, tuple(times.values()), _FIRST_ROWS))
            except engines.Refused:
                found = []
            self._firsts[source] = list(times), found
        return self._firsts[source]

    def planned(self, promised: Sequence[Export], whole: Callable[[int, int], bool]) -> Callable[[], None]:
        contract, engine = self._contract, self.engine
        readings: Sequence[Statement] = ()
        with suppress(engines.Refused, CannotRun):
            stand = [_sources(engine, export) for export in promised]
            if all(whole(number, 0) for number in range(len(promised))):
                first = [self.first(*pair) for pair in zip(promised, stand, strict=True)]
                known = _Known(first, _window(contract, first))
                plan = _planned(contract, promised, stand, known, whole=self._whole, span=self._span, by=self.by)
                readings = _readings(plan)
        return partial(self._read, readings, whole)

    def _read(self, readings: Sequence[Statement], whole: Callable[[int, int], bool]) -> None:
        self._begun = True
        # Nothing is cleared here: `stop` may come at any moment, and only what is read may fail by it.
        with suppress(engines.Refused, CannotRun):
            for each in readings:
                if not whole(each.reads or 0, each.part) or self._stopped:
                    break
                self.taken[each.text] = self.engine.load(each.text, reads=True)

    def stop(self) -> None:
        self._stopped = True
        if self._opened is not None:
            self._opened.stop()

    def keep_for(self, plan: Plan) -> None:
        """Keep what was read where it is all that a plan reads, and drop it otherwise."""
        if self._begun and list(self.taken) != [each.text for each in _readings(plan)]:
            self.drop()

    def drop(self) -> None:
        """Drop every table, whoever it was made for."""
        self._begun = False
        self.taken = {}
        self.engine.clear()


def _loaded_tables(
    contract: Contract,
    exports: list[Export],
    ahead: _Ahead,
    *,
    whole: bool,
    texts: Sequence[str] | None = None,
    span: Span | None = None,
) -> _Tables:
    """Read the exports into tables: as they are where that works, with more care or more knowledge where it must.

    A file that the engine refuses is read again row by row; times outside the expected years are read again with
    every year's offsets; a date order that the file itself proves is used. With `texts` the cells were read before, and
    stand there; with a `span` only rows of its days are judged.
    """
    from slacli.adapters import sources
    from slacli.core.plan import casts, reading

    engine = ahead.engine
    stand: list[tuple[str, ...]] = (
        [(text,) for text in texts] if texts is not None else [_sources(engine, export) for export in exports]
    )
    first = [ahead.first(*pair) for pair in zip(exports, stand, strict=True)]
    window = _window(contract, first)
    careful: set[int] = set()
    orders: dict[int, DateOrder] = {}
    other_shapes: frozenset[tuple[int, str]] = frozenset()
    while True:
        known = _Known(first, window, orders, other_shapes)
        plan = _planned(contract, exports, stand, known, whole=whole, span=span, by=ahead.by)
        ahead.keep_for(plan)
        refused = _run(plan, engine, ahead.taken)
        if refused is not None:
            ahead.drop()
            if refused in careful or texts is not None:
                raise _not_counted_alike(exports[refused])
            careful.add(refused)
            exports[refused] = sources.careful(exports[refused])
            stand[refused] = _sources(engine, exports[refused])
            first[refused] = ahead.first(exports[refused], stand[refused])
            continue
        again = reading.decide(plan, engine.rows, [export.row for export in exports])
        if not (again.outside or again.shapes or again.orders):
            for export in exports:
                sources.unchanged(export)
            return exports, plan, orders
        window = casts.ALL_YEARS if again.outside else window
        other_shapes |= again.shapes
        orders |= again.orders
        ahead.drop()


# The names of the times of an export, and what its first rows hold in them.
_FirstRows = tuple[list[str], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of exports so far: their first rows, the years they hold, orders of dates, and odd shapes."""

    first: Sequence[_FirstRows]
    window: Window
    orders: Mapping[int, DateOrder] = field(default_factory=dict)
    other_shapes: frozenset[tuple[int, str]] = frozenset()


def _planned(
    contract: Contract,
    exports: Sequence[Export],
    stand: Sequence[Sequence[str]],
    known: _Known,
    *,
    whole: bool,
    span: Span | None = None,
    by: Mapping[str, str],
) -> Plan:
    """Plan how exports are read and judged, by what is known of them so far; `stand` is where their rows do."""
    from slacli.core.plan import reading
    from slacli.core.plan.build import build

    scans = []
    for number, export in enumerate(exports):
        names, rows = known.first[number]
        plain = reading.plain_times(rows, names) - {name for at, name in known.other_shapes if at == number}
        scans.append(_scan(export, stand[number], known.orders.get(number), plain))
    return build(contract, scans, known.window, whole=whole, span=span, by=by)


def _readings(plan: Plan) -> list[Statement]:
    """Give the statements that read files: none of them needs what another kind of statement makes."""
    return [each for record in plan.records.values() for each in record.statements if each.reads is not None]


def _window(contract: Contract, first: Sequence[_FirstRows]) -> Window:
    """Expect the years that the first rows hold, else those around the contract."""
    from slacli.core.plan import casts, reading

    seen = [reading.years(rows) for _, rows in first]
    found = [years for years in seen if years is not None]
    if not found:
        return casts.Window(contract.effective.year - 2, contract.effective.year + 2)
    earliest, latest = min(years[0] for years in found), max(years[1] for years in found)
    return casts.Window(max(earliest - 1, zones.FIRST_YEAR), min(latest + 1, zones.LAST_YEAR))


_FIRST_ROWS = 500
_PROVED: Mapping[DateOrder, str] = MappingProxyType(
    {
        "dmy": "dates read with the day first, as some of them prove",
        "mdy": "dates read with the month first, as some of them prove",
        "ymd": "dates read with the year first, as some of them prove",
    }
)


def _scan(export: Export, stand: Sequence[str], order: DateOrder | None, plain: frozenset[str]) -> Scan:
    from slacli.core.plan.tables import Part, Scan

    # What was read into a table before stands there in one part.
    records = [part.records for part in export.parts] if len(stand) > 1 else [export.records]
    parts = tuple(Part(*pair) for pair in zip(stand, records, strict=True))
    binding = export.binding
    if order is not None:
        binding = replace(binding, reads=replace(binding.reads, date_order=order))
    return Scan(binding, export.columns, export.currencies, export.ascii, parts, export.name, plain)


def _run(plan: Plan, engine: Engine, taken: Mapping[str, int]) -> int | None:
    """Run the statements of a plan, but for those of which it is known how many rows they took.

    Gives the number of the export that the engine refused or of which it found other than the counted rows, or None.
    """
    filled: dict[str, int] = {}
    for record in plan.records.values():
        for statement in record.statements:
            if statement.only_if and not filled.get(statement.only_if):
                continue
            rows = taken.get(statement.text)
            try:
                if rows is None:
                    rows = engine.load(statement.text, reads=statement.reads is not None)
            except engines.Refused:
                return statement.reads
            if statement.reads is not None and rows != plan.scans[statement.reads].parts[statement.part].records:
                return statement.reads
            if statement.fills:
                filled[statement.fills] = filled.get(statement.fills, 0) + rows
    return None


# --- baselines --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Baseline:
    """The figure of a metric in one finished period, as a goal can hold it, and the goals that it was written into."""

    metric: str
    title: str
    outcome: GoalOutcome
    holds: Mapping[str, Any]
    files: tuple[str, ...]
    written: tuple[str, ...] = ()


def baseline(
    place: Path,
    name: str,
    given: Sequence[str],
    period: str | None,
    as_of: str | None,
    stdin: BinaryIO | None = None,
    *,
    judge: Loaded | None = None,
    write: bool = False,
) -> Baseline:
    """Compute what a metric was in a period, the last finished one where none is named; with `write`, put it down.

    `judge` is the text that says what the metric means; by default that on disk. It is written into the goals on disk:
    those on the metric whose baseline is being collected, or the only goal on it. Raises CannotRun where there is no
    figure, or no one goal to write it into.
    """
    from slacli.core import figures, periods
    from slacli.core.plan.metrics import kind_of_period
    from slacli.core.text import baselines
    from slacli.core.verdict import Options

    known = judge if judge is not None else load(place)
    contract = known.contract
    metric = contract.metrics.get(name)
    if metric is None and judge is not None and name in load(place).contract.metrics:
        raise CannotRun(
            f"version {contract.version}, which judges, has no metric `{name}`: only the text on disk has",
            "compute it by what stands on disk with `--draft`",
        )
    if metric is None:
        raise CannotRun(
            f"the contract has no metric `{wording.sanitised(name, 60)}`",
            _did_you_mean(name, contract.metrics) if contract.metrics else "add it to `metrics:` in `goals.yaml` first",
        )
    asked = periods.named(period, contract.fiscal_year) if period is not None else None
    if period is not None and asked is None:
        raise CannotRun(
            f"`--period {wording.sanitised(period, 40)}` names no period",
            "write one such as `2026-02`, `2026-W07`, `FY27-Q1` or `FY27`",
        )
    goals = [goal for goal in contract.goals.values() if goal.metric == name]
    kinds = [found for goal in goals if (found := kind_of_period(goal, contract)) is not None]
    kind: PeriodKind = asked.kind if asked is not None else kinds[0] if kinds else "quarter"
    sought = Goal(name, metric.title, (), (), "performance", name, GoalTarget("at least", Fraction(0), per=kind),
                  metric.at)  # fmt: skip
    alone = replace(known, contract=replace(contract, responsibilities={}, reviews={}, goals={name: sought}))
    moment_of = moment(as_of, contract) if as_of is not None else None
    report = check(alone, given, Options(judge=period or "latest", as_of=moment_of), stdin)
    outcome = _of_period(report, name, period)
    if outcome.value is None or outcome.waiting:
        raise CannotRun(
            f"`{name}` has no figure in {outcome.period.title} yet: "
            f"{wording.counted(outcome.waiting, 'row')} of {wording.number(outcome.rows)} may still arrive"
            if outcome.waiting
            else f"`{name}` has no figure in {outcome.period.title}: there is nothing that it counts",
            "name an earlier period with `--period`",
        )
    records = {contract.terms[term].record for term in (metric.of, metric.base) if term is not None}
    sources = sorted((file.sha256, file.name) for file in report.files if file.record in records)
    digests = [digest for digest, _ in sources]
    source = digests[0] if len(digests) == 1 else hashlib.sha256("\n".join([*digests, ""]).encode()).hexdigest()
    holds = {
        "period": outcome.period.name,
        "value": figures.written(outcome.value, outcome.unit),
        "n": outcome.rows,
        "source": f"sha256:{source}",
    }
    told = Baseline(name, metric.title, outcome, holds, tuple(file for _, file in sources))
    if not write:
        return told
    if judge is not None:
        goals = [goal for goal in load(place).contract.goals.values() if goal.metric == name]
    targets = [goal.id for goal in goals if goal.baseline is not None and goal.baseline.collect]
    targets = targets or ([goals[0].id] if len(goals) == 1 else [])
    if not targets:
        raise CannotRun(
            f"{wording.counted(len(goals), 'goal')} of the contract rest on `{name}`, and none of them collects its "
            "baseline"
            if goals
            else f"no goal of the contract rests on `{name}`",
            "leave out `--write`, and write it by hand",
        )
    raw = folder.read(place)[baselines.FILE]
    for goal in targets:
        raw = baselines.written(raw, goal, holds).encode()
    folder.write((place / baselines.FILE).resolve(), raw.decode(), _NOT_WRITABLE)
    return replace(told, written=tuple(targets))


def _of_period(report: Report, name: str, period: str | None) -> GoalOutcome:
    """Give the outcome of a finished period; raises CannotRun where the exports hold none, or not that one."""
    if report.not_checked and any(one.kind == "goal" for one in report.not_checked):
        reason = next(one.reason for one in report.not_checked if one.kind == "goal")
        raise CannotRun(f"`{name}` cannot be computed: {reason}", "give the exports that it counts")
    finished = [one for one in report.goals if one.period.state == "finished"]
    found = [one for one in finished if period is None or one.period.name == period]
    if found:
        return found[-1]
    states = {one.period.name: one.period.state for one in report.goals}
    which = f"`{period}`" if period is not None else "no period"
    state = {"running": "is still running"}.get(states.get(period or "", ""), "is not covered by the exports")
    raise CannotRun(
        f"{which} {state if period is not None else 'is finished and covered by the exports'}",
        f"finished are: {wording.quoted(one.period.name for one in finished)}"
        if finished
        else "say in `holds:` of the binding from which day on the export holds everything",
    )


# --- holidays ---------------------------------------------------------------------------------


def propose_holidays(
    place: Path, country: str, years: str, name: str | None, part: str | None, *, write: bool = False
) -> tuple[Country, str | None, tuple[int, int], Calendar, Proposal]:
    """Give the holidays of a country that a calendar of the contract lacks; with `write`, add them to holidays.yaml.

    With them: the country, its part, the years, and the calendar, which is the only one in a time zone of the country
    where no name is given. Raises CannotRun where one of them is not known, or the file cannot be added to.
    """
    from slacli.adapters import countries
    from slacli.core.text import additions

    there = countries.named(country)
    code = countries.subdivision(there, part) if part is not None else None
    first, last = _years(years)
    if not there.first <= first <= last <= there.last:
        raise CannotRun(
            f"the package `{countries.PACKAGE}` knows the holidays of {there.title} from {there.first} to "
            f"{there.last}, and not of {years}",
            "ask for years that it knows",
        )
    calendar = _calendar(load(place).contract, name, there)
    covered = range(calendar.first.year, calendar.last.year + 1)
    if last < covered[0] or first > covered[-1]:
        raise CannotRun(
            f"`{calendar.id}` covers the days from {calendar.first} to {calendar.last}, and nothing of {years}",
            "let it cover those years, or ask for others",
        )
    holidays = countries.public_holidays(there, code, range(first, last + 1))
    proposal = additions.proposed(calendar, holidays)
    if write and proposal.days:
        text = additions.added(folder.read(place).get(additions.FILE), proposal)
        folder.write((place / additions.FILE).resolve(), text, _NOT_WRITABLE)
    return there, code, (first, last), calendar, proposal


_NOT_WRITABLE = "check the permissions of the contract folder, or leave out `--write`"


def _years(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{4})(?:\.\.([0-9]{4}))?", text)
    if found is None:
        raise CannotRun(
            f"`{wording.sanitised(text, 40)}` is no year and no stretch of years", "write `2026`, or `2026..2028`"
        )
    first, last = int(found[1]), int(found[2] or found[1])
    if last < first:
        raise CannotRun(f"the years `{text}` end before they begin", f"write `{last}..{first}`")
    return first, last


def _calendar(contract: Contract, name: str | None, country: Country) -> Calendar:
    """Give the calendar of a name, else the only one that lies in a country."""
    from slacli.adapters import countries

    own = {one.id: one for one in contract.calendars.values() if isinstance(one, Calendar)}
    if name is not None:
        if name in own:
            return own[name]
        if name in contract.calendars:
            raise CannotRun(
                f"`{name}` chooses between calendars and has no days of its own",
                f"name a calendar with hours: {wording.quoted(own, 'or')}",
            )
        raise CannotRun(
            f"the contract has no calendar `{wording.sanitised(name, 60)}`",
            _did_you_mean(name, own) if own else "add it to `calendars:` in `contract.yaml` first",
        )
    if not own:
        raise CannotRun("the contract has no calendar", "add one to `calendars:` in `contract.yaml` first")
    near = [one for one in own.values() if countries.lies_in(one.time_zone, country)]
    if len(near) == 1:
        return near[0]
    which = f"{wording.quoted(one.id for one in near)} lie" if near else "no calendar of the contract lies"
    raise CannotRun(
        f"{which} in a time zone of {country.title}",
        f"say with `--for` which calendar is meant: {wording.quoted([one.id for one in near] or own, 'or')}",
    )
