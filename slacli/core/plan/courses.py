"""Lifecycles as queries: the way that each row took, as the text of a variant, and what became of it joined back.

Rows that went the same way are one variant, however many they are. While rows are grouped, a move is one number: which
value it left, which it entered, and of which parties its mover may be; only the variants are written as text. No cell
is ever a part of a variant: a value is that of a stage, or it is none of them.

Without a history the fourth part of a head holds a sign for each stage with a date: how many of the other dates lie
wholly before it, which is all that must be known to put them in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from slacli.core import dialects, people, zones
from slacli.core.criteria import State
from slacli.core.lifecycle import MOMENT, PART, WITH
from slacli.core.people import Owner
from slacli.core.plan import casts
from slacli.core.plan import fragments as f
from slacli.core.plan.casts import BLANK, NOT_BOUND, UNREADABLE, VALUE
from slacli.core.plan.statements import links_at_hand, pairs
from slacli.core.plan.tables import (
    IN,
    KEPT,
    LEFT_OUT,
    MAY_MEET,
    MAY_MISS,
    MAYBE_IN,
    MET,
    MISSED,
    NOT_COUNTED,
    OUTSIDE,
    REPEATED,
    DutyPlan,
    Plan,
    RecordPlan,
    facts_of,
    owner_of,
)
from slacli.errors import CannotRun
from slacli.model import Lifecycle, Link
from slacli.values import dataclass

PEOPLE = "people"
NOBODY = (people.written(None),)
"""The kinds of movers where nobody is known."""

_AT_ONCE = 20_000  # rows that one statement adds

# One number holds the second of a move, moved up so that it is never negative, and behind it what the move was.
_BITS = 28
_BIAS = 1 << 32
_WITH = 1 << _BITS

_DATE_BLANK, _DATE_UNREAD, _DATE_NOT_BOUND, _FIRST_DATE = "-", "?", ".", "a"


@dataclass(frozen=True, slots=True)
class Ways:
    """A lifecycle, the duties that judge rows of a record by it, and the history at hand of its field, or None.

    `since` is the first day that the history holds, where its bindings say it; `is_behind` says that it may end before
    the last moves. `movers` are the parties of people as `people.written` has them, by number, first what nobody knows.
    """

    plan: Plan
    record: RecordPlan
    cycle: Lifecycle
    parts: tuple[DutyPlan, ...]
    history: RecordPlan | None = None
    since: date | None = None
    is_behind: bool = False
    movers: tuple[str, ...] = NOBODY

    def table(self, name: str) -> str:
        """Give the quoted name of one of its tables."""
        return f.name(f"{name}.{self.cycle.id}")

    @property
    def dated(self) -> tuple[tuple[str, str], ...]:
        """The stages with a date at hand, each with its field."""
        return tuple(
            (stage.id, stage.entered)
            for stage in self.cycle.stages.values()
            if stage.entered is not None and stage.entered in self.record.fields
        )

    @property
    def is_folded(self) -> bool:
        return self.record.record.fields[self.cycle.field].ignore_case

    @property
    def covered(self) -> str:
        """Tells the rows of the record's table that some duty is about, or may be."""
        members = " OR ".join(f"{f.name(part.member)} IN ({IN}, {MAYBE_IN})" for part in self.parts)
        return f"fate = {KEPT} AND lo = 0 AND ({members})"


# --- people -----------------------------------------------------------------------------------


def people_at_hand(plan: Plan) -> RecordPlan | None:
    """Give the export of people, or None where none was given that says who they are."""
    agreed = plan.contract.people
    found = plan.records.get(agreed.record) if agreed is not None else None
    return found if found is not None and agreed is not None and agreed.key in found.fields else None


def _answers(found: RecordPlan) -> str:
    """Everybody by id, with all that their rows answer."""
    return (
        f"(SELECT who, string_agg(DISTINCT said, ',' ORDER BY said) AS said FROM {f.name(found.table)} "
        f"WHERE who IS NOT NULL AND fate <> {REPEATED} GROUP BY who)"
    )


def answers(found: RecordPlan) -> str:
    """What people answer to the tests of parties: for each row of somebody a sign for each test and for being active.

    Rows are parted by commas.
    """
    return f"SELECT DISTINCT said FROM {_answers(found)} ORDER BY said"


def people_statement(found: RecordPlan, lines: Iterable[tuple[str, str, Owner]], movers: Sequence[str]) -> str:
    """Give the statement that writes down everybody: `who`, `mover` (a number of `movers`), and `owner`.

    `lines` say of each answer of `answers` of which parties somebody may be, and what it is as an owner.
    """
    kinds = (
        ", ".join(f"({f.text(said)}, {movers.index(parties)}, {f.text(owner)})" for said, parties, owner in lines)
        or "('', 0, '')"
    )
    return (
        f"CREATE TABLE {f.name(PEOPLE)} AS SELECT who, mover, owner FROM {_answers(found)} "
        f"JOIN (VALUES {kinds}) k(said, mover, owner) USING (said)"
    )


def _person(plan: Plan, column: str) -> str:
    """Give a cell in the form in which ids of people are compared."""
    agreed = plan.contract.people
    fields = plan.contract.records[agreed.record].fields if agreed is not None else {}
    who = casts.long_id(f"CAST({column} AS VARCHAR)", dialects.form_of_people(plan.contract))
    return f"lower({who})" if agreed is not None and fields[agreed.key].ignore_case else who


# --- the way of each row ----------------------------------------------------------------------


def history_at_hand(plan: Plan, record: RecordPlan, cycle: Lifecycle) -> RecordPlan | None:
    """Give the history of the field of a lifecycle, or None where none was given that can be read and joined."""
    for other in plan.records.values():
        log = other.record.history
        if log is None or log.of != cycle.field or other.record.parent != record.record.id:
            continue
        if {log.new, other.record.happens} <= set(other.fields) and _links(record, other):
            return other
    return None


def _links(record: RecordPlan, history: RecordPlan) -> list[Link]:
    return links_at_hand(record.record.id, history, set(record.fields))


def statements(ways: Ways) -> list[str]:
    """Give the statements that write down the variants and which row is of which.

    Raises CannotRun where a lifecycle has more kinds of moves than can be told apart.
    """
    head, lacks = _head(ways), _lacks(ways)
    source = f"(SELECT *, rowid AS r FROM {f.name(ways.record.table)} WHERE {ways.covered}) b"
    found = []
    flags, dates, moves = "'d'", _dates(ways), "[]::BIGINT[]"
    if ways.history is not None:
        found += [_moves(ways, ways.history), _lines(ways)]
        source += f" LEFT JOIN {ways.table('lines')} l ON l.p = b.r"
        flags = f"{_cut(ways, ways.history)} || CASE WHEN l.untimed THEN 'u' ELSE '' END"
        dates, moves = "''", "coalesce(l.moves, []::BIGINT[])"
    part = _sign(PART)
    table, variants = ways.table("ways"), ways.table("variants")
    found.append(
        f"CREATE TABLE {table} AS SELECT r, {head} || {part} || {flags} || {part} || {dates} AS head, "
        f"{lacks} AS lacks, {moves} AS moves FROM {source}"
    )
    found.append(
        f"CREATE TABLE {variants} AS SELECT (row_number() OVER ())::INTEGER AS id, * FROM "
        f"(SELECT head, lacks, moves, count(*) AS n FROM {table} GROUP BY head, lacks, moves)"
    )
    found.append(
        f"CREATE TABLE {ways.table('rows')} AS SELECT w.r, v.id FROM {table} w "
        f"JOIN {variants} v ON v.head = w.head AND v.lacks = w.lacks AND v.moves = w.moves"
    )
    done = ["ways", "moves", "lines"] if ways.history is not None else ["ways"]
    return [*found, *(f"DROP TABLE {ways.table(name)}" for name in done)]


def _sign(sign: str) -> str:
    return f"chr({ord(sign)})"


def _head(ways: Ways) -> str:
    """Give the value of today and the facts that are known."""
    words = [f.text(word) for word in _words(ways)]
    current = _choice(ways, f.name(f"v_{ways.cycle.field}"), f.name(f"s_{ways.cycle.field}"), words)
    known = [
        f"CASE WHEN {f.name(f's_{name}')} = {VALUE} THEN {f.text(f'{name},')} ELSE '' END"
        for name in facts_of(ways.cycle)
    ]
    return " || ".join([current, _sign(PART), *known])


def _words(ways: Ways) -> list[str]:
    """Give the words of all values: those of the stages, then a blank, an unreadable, an odd and a missing one."""
    return [*(f"={stage.value}" for stage in ways.cycle.stages.values()), "b", "u", "n", "-"]


def _choice(ways: Ways, value: str, state: str, words: Sequence[str]) -> str:
    """Choose the word of a value by its cell and its state."""
    text = f"CAST({value} AS VARCHAR)"
    stages = [f.text(stage.value) for stage in ways.cycle.stages.values()]
    if ways.is_folded:
        text, stages = f"lower({text})", [f"lower({stage})" for stage in stages]
    blank, unreadable, odd, missing = words[-4:]
    pairs = [(f"{text} = {stage}", word) for stage, word in zip(stages, words, strict=False)]
    pairs += [(f"{state} = {BLANK}", blank), (f"{state} = {UNREADABLE}", unreadable)]
    return f"({f.cases([*pairs, (f'{state} = {NOT_BOUND}', missing)], odd)})"


def _lacks(ways: Ways) -> str:
    """Name the facts and dates that other exports of the record bind, and none that has this row."""
    if len({scan.binding.id for scan in ways.record.scans}) == 1:
        return "''"
    asked = dict.fromkeys([*facts_of(ways.cycle), *(name for _, name in ways.dated)])
    missing = [
        f"CASE WHEN {f.name(f's_{name}')} = {NOT_BOUND} THEN {f.text(f'{name},')} ELSE '' END"
        for name in asked
        if name in ways.record.fields
    ]
    return " || ".join(missing) or "''"


def _cut(ways: Ways, history: RecordPlan) -> str:
    """Say whether the first moves of a row may be missing in the history, and whether the last ones may."""
    unjoined = " AND ".join(f"{f.name(f'v_{link.parent_field}')} IS NULL" for link in _links(ways.record, history))
    begun = f"({unjoined})"
    if ways.since is not None:
        record = ways.record.record
        names = dict.fromkeys([record.dated, record.happens, *(name for _, name in ways.dated)])
        days = [f.name(f"day_{name}") for name in names if name in ways.record.fields]
        first = f"least({', '.join(days)})" if days else "NULL"
        # Of a row without any date nobody knows when it began.
        begun += f" OR coalesce({first} < {(ways.since - zones.EPOCH).days}, true)"
    # Of a row that no line of a history can name all of them may be.
    return f"CASE WHEN {begun} THEN 'c' ELSE '' END || CASE WHEN {unjoined} THEN 'e' ELSE '' END"


def _moves(ways: Ways, history: RecordPlan) -> str:
    """Give the statement that writes down every move of every row, as numbers."""
    log = history.record.history
    words = _words(ways)
    count, movers = len(words), len(ways.movers)
    if log is None or count * count * movers > _WITH:
        raise CannotRun(
            f"the lifecycle `{ways.cycle.id}` has so many stages, and people so many parties, that slacli cannot tell "
            "all moves apart",
            "split the lifecycle, or let fewer tests hold for the same people",
        )
    numbers = [str(number) for number in range(count)]

    def entry(name: str | None) -> str:
        if name is None or name not in history.fields:
            return numbers[-1]
        return _choice(ways, f"k.{f.name(f'v_{name}')}", f"k.{f.name(f's_{name}')}", numbers)

    mover, joined = "0", ""
    if log.by is not None and log.by in history.fields and movers > 1:
        who = _person(ways.plan, f"k.{f.name(f'v_{log.by}')}")
        mover, joined = "coalesce(m.mover, 0)", f" LEFT JOIN {f.name(PEOPLE)} m ON m.who = {who}"
    unreadable = count - 3
    # An entry that may be about another field says that something may have happened, and not what.
    code = (
        f"CASE WHEN k.counts THEN ({entry(log.old)} * {count} + {entry(log.new)}) * {movers} + {mover} "
        f"ELSE {(unreadable * count + unreadable) * movers} END"
    )
    known = f"CASE WHEN k.when_state = {VALUE} THEN"
    belonging = pairs(history, _links(ways.record, history), ways.record, ways.record.table)
    return (
        f"CREATE TABLE {ways.table('moves')} AS SELECT l.p, {known} k.low END AS low, {known} k.high END AS high, "
        f"({code})::BIGINT AS code FROM {belonging} l "
        f"JOIN {f.name(history.table)} k ON k.rowid = l.c{joined} WHERE k.counts IS DISTINCT FROM false"
    )


def _lines(ways: Ways) -> str:
    """Give the statement that puts the moves of each row in their order and tells which are of one moment.

    Times of one precision are of one moment where the next begins before the last one ends; only for mixed ones all
    that came before must be looked at. Where a time is not known, all moves are of one moment.
    """
    moves = ways.table("moves")
    packed = f"((low + {_BIAS}) << {_BITS}) + code"
    beside = f"(x >> {_BITS}) <= (l[i - 1] >> {_BITS}) + widest"
    mixed = "x.low <= list_max(list_transform(l[: i - 1], lambda y: y.high))"
    return (
        f"CREATE TABLE {ways.table('lines')} AS "
        f"WITH runs AS MATERIALIZED (SELECT p, count(*) - count(low) AS untimed, max(high - low) AS widest, "
        f"min(high - low) AS narrowest, list_sort(list({packed})) AS l FROM {moves} GROUP BY p), "
        f"others AS (SELECT p, count(*) > count(low) AS untimed, list_sort(list(row(low, high, code)"
        f"::STRUCT(low BIGINT, high BIGINT, code BIGINT))) AS l FROM {moves} "
        f"WHERE p IN (SELECT p FROM runs WHERE untimed > 0 OR widest <> narrowest) GROUP BY p) "
        f"SELECT p, false AS untimed, list_transform(l, lambda x, i: (x & {_WITH - 1}) + "
        f"CASE WHEN i > 1 AND {beside} THEN {_WITH} ELSE 0 END) AS moves "
        f"FROM runs WHERE untimed = 0 AND widest = narrowest UNION ALL "
        f"SELECT p, untimed, list_transform(l, lambda x, i: x.code + "
        f"CASE WHEN i > 1 AND (untimed OR {mixed}) THEN {_WITH} ELSE 0 END) FROM others"
    )


def _dates(ways: Ways) -> str:
    """Give the sign of each date: how many of the others lie wholly before it, or why there is none."""
    signs = []
    for stage, name in ways.dated:
        before = " + ".join(
            f"coalesce({f.name(f'hi_{other}')} < {f.name(f'lo_{name}')}, false)::INTEGER"
            for one, other in ways.dated
            if one != stage
        )
        state = f.name(f"s_{name}")
        pairs = [
            (f"{state} = {VALUE}", f"chr({ord(_FIRST_DATE)} + {before or '0'})"),
            (f"{state} = {BLANK}", f.text(_DATE_BLANK)),
            (f"{state} = {NOT_BOUND}", f.text(_DATE_NOT_BOUND)),
        ]
        signs.append(f.cases(pairs, f.text(_DATE_UNREAD)))
    return " || ".join(signs) or "''"


def entered(ways: Ways, signs: str) -> dict[str, int | State]:
    """Read the signs of dates: the rank of each, those of one rank being of one moment, or why there is none."""
    before: dict[str, int] = {}
    found: dict[str, int | State] = {}
    for (stage, _), sign in zip(ways.dated, signs, strict=True):
        if sign == _DATE_NOT_BOUND:
            continue
        found[stage] = State.BLANK if sign == _DATE_BLANK else State.UNREADABLE
        if sign not in {_DATE_BLANK, _DATE_UNREAD}:
            before[stage] = ord(sign) - ord(_FIRST_DATE)
    # Between two moments every later date has all the earlier ones wholly before it.
    count = len(before)
    cuts = [cut for cut in range(count) if sum(one >= cut for one in before.values()) == count - cut]
    return found | {stage: max(cut for cut in cuts if cut <= one) for stage, one in before.items()}


# --- what became of them ----------------------------------------------------------------------


def variants(ways: Ways) -> str:
    """Each variant: id, how many rows are of it, the fields that its rows lack, and its text."""
    words = f"[{', '.join(map(f.text, _words(ways)))}]"
    movers = f"[{', '.join(map(f.text, ways.movers))}]"
    count, many = len(_words(ways)), len(ways.movers)
    code = f"(x & {_WITH - 1})"
    move = (
        f"CASE WHEN x >= {_WITH} THEN {_sign(WITH)} ELSE {_sign(MOMENT)} END "
        f"|| {words}[{code} // {count * many} + 1] || {_sign(PART)} "
        f"|| {words}[{code} // {many} % {count} + 1] || {_sign(PART)} || {movers}[{code} % {many} + 1]"
    )
    return (
        f"SELECT id, n, lacks, head || coalesce(array_to_string(list_transform(moves, lambda x: {move}), ''), '') "
        f"FROM {ways.table('variants')} ORDER BY id"
    )


def variant_of(ways: Ways, row: int) -> str:
    """The id of the variant that one row is of."""
    return f"SELECT id FROM {ways.table('rows')} WHERE r = {row}"


def verdicts(ways: Ways, codes: Sequence[tuple[int, int, str]], causes: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Give the statements that write down what became of each variant, and the numbers of its causes.

    `codes` are a variant, its code, and why in a few words; `causes` a cause and a variant that has it.
    """
    yield f"CREATE TABLE {ways.table('verdicts')} (id INTEGER, code UTINYINT, why VARCHAR)"
    for at in range(0, len(codes), _AT_ONCE):
        some = codes[at : at + _AT_ONCE]
        ids, numbers, told = (f.parted((str(row[column]) for row in some), PART) for column in range(3))
        yield f"INSERT INTO {ways.table('verdicts')} SELECT {ids}, {numbers}, nullif({told}, '')"
    yield f"CREATE TABLE {ways.table('causes')} (cause INTEGER, id INTEGER)"
    for at in range(0, len(causes), _AT_ONCE):
        some_causes = causes[at : at + _AT_ONCE]
        numbers, ids = (f.parted((str(row[column]) for row in some_causes), PART) for column in range(2))
        yield f"INSERT INTO {ways.table('causes')} SELECT {numbers}, {ids}"


def decided(ways: Ways, part: DutyPlan) -> str:
    """Give the statement that writes down what became of every row that a duty covers."""
    code = f.cases(
        [
            (f"g = {NOT_COUNTED}", str(LEFT_OUT)),
            (f"g = {MAYBE_IN} AND code = {MET}", str(MAY_MEET)),
            (f"g = {MAYBE_IN} AND code = {MISSED}", str(MAY_MISS)),
        ],
        "code",
    )
    return (
        f"CREATE TABLE {f.name(part.episodes or '')} AS SELECT b.r, 1::INTEGER AS n, ({code})::UTINYINT AS code, slot, "
        f"CASE WHEN g <> {NOT_COUNTED} THEN why END AS why "
        f"FROM (SELECT rowid AS r, {f.name(part.member)} AS g, {part.placed} AS slot FROM {f.name(ways.record.table)} "
        f"WHERE fate = {KEPT} AND lo = 0 AND {f.name(part.member)} <> {OUTSIDE}) b "
        f"LEFT JOIN {ways.table('rows')} w ON w.r = b.r LEFT JOIN {ways.table('verdicts')} v ON v.id = w.id"
    )


def by_cause(ways: Ways, samples: int) -> str:
    """Number of the cause, how many rows it holds for, and the first of them."""
    return (
        f"SELECT cause, count(*), min(r, {samples}) FROM {ways.table('rows')} JOIN {ways.table('causes')} USING (id) "
        f"GROUP BY cause ORDER BY cause"
    )


def by_owner(ways: Ways, samples: int, *, known: bool) -> str:
    """Number of the stage, what its owner is, how many rows have such a one, and the first of them.

    Without the export of people (`known`) nobody can tell but that a row has no owner at all.
    """
    name = owner_of(ways.plan.contract, ways.cycle)
    state, value = f.name(f"s_{name}"), f.name(f"v_{name}")
    stages = [str(number) for number in range(len(ways.cycle.stages))]
    stage = _choice(ways, f.name(f"v_{ways.cycle.field}"), f.name(f"s_{ways.cycle.field}"), [*stages, *["NULL"] * 4])
    blank: tuple[str, Owner] = (f"{state} = {BLANK}", "nobody")
    queue: tuple[str, Owner] = (f"{state} = {VALUE} AND m.who IS NULL", "queue")
    pairs = [(test, f.text(owner)) for test, owner in ((blank, queue) if known else (blank,))]
    kind = f.cases(pairs, f"CASE WHEN {state} = {VALUE} THEN m.owner END" if known else "NULL")
    joined = f" LEFT JOIN {f.name(PEOPLE)} m ON m.who = {_person(ways.plan, value)}" if known else ""
    return (
        f"SELECT stage, kind, count(*), min(r, {samples}) FROM (SELECT {stage} AS stage, {kind} AS kind, r "
        f"FROM (SELECT *, rowid AS r FROM {f.name(ways.record.table)} WHERE {ways.covered}) b{joined}) "
        f"WHERE stage IS NOT NULL AND kind IN ('nobody', 'queue', 'inactive') GROUP BY stage, kind ORDER BY stage, kind"
    )
