"""Clocks as queries: what became of the runs that plain arithmetic decides, and all that is known of the others.

Most rows start once, to the second, and are answered or not: their business time is two look-ups in a table of open
seconds and a subtraction. What is coarse, doubtful, repeated or paused is left undecided (its `code` is nothing), and
`dossiers` asks for everything that `core/runs.py` needs to judge it.

A table of slots holds for every calendar in use the open seconds before each of its slots, as `core/calendars.py`
makes them: twice that number, plus one where the slot is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from slacli.core.calendars import OpenTime
from slacli.core.plan import fragments as f
from slacli.core.plan.casts import BLANK, VALUE
from slacli.core.plan.narrow import slot_of_day
from slacli.core.plan.statements import links_at_hand, pairs
from slacli.core.plan.tables import (
    BY_SILENCE,
    IN,
    KEPT,
    LEFT_OUT,
    MAY_MEET,
    MAY_MISS,
    MAY_NEITHER,
    MET,
    MISSED,
    NO_TIER,
    NOT_COUNTED,
    NOT_STARTED,
    OPEN,
    OUTSIDE,
    RANGED,
    UNCLEAR,
    DutyPlan,
    Plan,
    RecordPlan,
    children_of,
    entered_fields,
    history_of,
    lifecycle_of,
    tier_bit,
)
from slacli.core.runs import Terms
from slacli.model import Choice, Contract, Episodes, Event
from slacli.values import dataclass

SLOTS = "open_time"
# The slot of what no calendar covers: every instant has one, so that no run is lost where slots are joined.
_NOWHERE = -1
_MOST_SLOTS = 4_000_000


@dataclass(frozen=True, slots=True)
class Placed:
    """A calendar in the table of slots: where its slots begin there, how many it has, and how long each is."""

    calendar: OpenTime
    offset: int
    count: int
    step: int


def placed(calendars: Sequence[OpenTime]) -> dict[str, Placed]:
    """Lay the slots of calendars one after the other; one whose edges are too odd for a table is left out."""
    found: dict[str, Placed] = {}
    offset = 0
    for calendar in calendars:
        step = calendar.step()
        count = (calendar.after - calendar.first) // step
        if calendar.id not in found and offset + count <= _MOST_SLOTS:
            found[calendar.id] = Placed(calendar, offset, count, step)
            offset += count
    return found


def slots(calendars: Mapping[str, Placed]) -> list[str]:
    """Give the statements that make the table of slots."""
    made = [f"CREATE TABLE {f.name(SLOTS)} AS SELECT {_NOWHERE}::BIGINT AS k, NULL::BIGINT AS v"]
    for one in calendars.values():
        open_time = one.calendar
        if not open_time.opens:
            made.append(f"INSERT INTO {f.name(SLOTS)} SELECT {one.offset} + i, 0 FROM range({one.count}) r(i)")
            continue
        columns = {"opens": open_time.opens, "closes": open_time.closes, "before": open_time.before}
        windows = ", ".join(f"{f.parted(map(str, ends), ',')}::BIGINT AS {name}" for name, ends in columns.items())
        made.append(
            f"INSERT INTO {f.name(SLOTS)} SELECT {one.offset} + i, CASE WHEN opens IS NULL THEN 0 "
            f"WHEN t < closes THEN 2 * (before + t - opens) + 1 ELSE 2 * (before + closes - opens) END "
            f"FROM (SELECT i, {open_time.first} + i * {one.step} AS t FROM range({one.count}) r(i)) s "
            f"ASOF LEFT JOIN (SELECT {windows}) w ON s.t >= w.opens"
        )
    return made


# --- what belongs to a record -----------------------------------------------------------------


def pairs_table(record: RecordPlan, child: RecordPlan) -> str:
    return f"l_{record.record.id}.{child.record.id}"


def pairs_statement(record: RecordPlan, child: RecordPlan) -> str:
    """Give the statement that writes down which rows of a child belong to which row of the record."""
    links = links_at_hand(record.record.id, child, set(record.fields))
    joined = pairs(child, links, record, record.table)
    return f"CREATE TABLE {f.name(pairs_table(record, child))} AS SELECT p, c FROM {joined}"


def history_at_hand(plan: Plan, record: RecordPlan, stage: str) -> RecordPlan | None:
    """Give the history in which entries into a stage are seen, or None where none was given."""
    cycle = lifecycle_of(plan.contract, record.record.id, stage)
    history = history_of(plan.contract, record.record.id, cycle.field) if cycle is not None else None
    return plan.records.get(history.id) if history is not None else None


def is_plain(plan: Plan, record: RecordPlan, measure: Episodes) -> bool:
    """Tell whether a clock runs once for each row, from and to what stands in fields and in rows of children."""
    seen = any(
        event.kind == "entering" and history_at_hand(plan, record, event.name) is not None
        for event in (*measure.starts, *measure.stops)
    )
    # Clocks that count local dates are few, and their dates need the zone.
    dates = any(tier.within.clock == "calendar" for tier in measure.tiers)
    kinds = {tier.within.clock for tier in measure.tiers}
    return not (seen or dates or measure.pauses or measure.every or measure.tries or len(kinds) > 1)


def _field_of(contract: Contract, record: RecordPlan, event: Event) -> tuple[str, ...]:
    if event.kind == "field":
        return (event.name,)
    return tuple(name for name in entered_fields(contract, record.record.id, event.name) if name in record.fields)[:1]


def starts_of(plan: Plan, record: RecordPlan, measure: Episodes) -> tuple[str, ...]:
    """Give the fields that start a clock, in order; an entry that a history shows has none."""
    return tuple(
        name
        for event in measure.starts
        if event.kind == "field" or history_at_hand(plan, record, event.name) is None
        for name in _field_of(plan.contract, record, event)
    )


def is_entry(contract: Contract, record: str, name: str) -> bool:
    """Tell whether a field says when a stage was entered."""
    return any(
        stage.entered == name
        for cycle in contract.lifecycles.values()
        if cycle.record == record
        for stage in cycle.stages.values()
    )


# --- the runs that are decided ----------------------------------------------------------------


def times_asked(plan: Plan, record: RecordPlan, measure: Episodes) -> list[tuple[str, str]]:
    """Give the times that a clock asks for: each by its table and its name there, "" for what happened to a child."""
    times = [(record.table, name) for name in record.times_of(plan.contract, measure) if name in record.fields]
    return times + [(child.table, "") for child in children_at_hand(plan, record, measure)]


def precision(table: str, times: Sequence[str], now: int) -> str:
    """Give the query that tells how some times of a table, by their names, are known; one row of two for each.

    Whether any is known to less than the second, and whether any may lie after the moment of the report.
    """
    ends = [(f.name(f"lo_{name}"), f.name(f"hi_{name}")) if name else ('"low"', '"high"') for name in times]
    ranged = f" WHERE {f.name(RANGED)}" if all(times) else ""
    coarse = ", ".join(
        f"bool_or({high} > {low} AND NOT {_twice(low, high)}) AS c{at}" for at, (low, high) in enumerate(ends)
    )
    later = ", ".join(f"max({high}) > {now} AS l{at}" for at, (_, high) in enumerate(ends))
    told = ", ".join(f"coalesce({kind}{at}, false)" for at in range(len(ends)) for kind in "cl")
    source = f.name(table)
    return f"SELECT {told} FROM (SELECT {coarse} FROM {source}{ranged}), (SELECT {later} FROM {source})"


def undecided(part: DutyPlan) -> str:
    """Give the query that tells whether any run of a clock is not decided yet."""
    return f"SELECT EXISTS (SELECT 1 FROM {f.name(part.episodes or '')} WHERE code IS NULL)"


def runs(
    plan: Plan,
    record: RecordPlan,
    part: DutyPlan,
    agreed: Terms,
    calendars: Mapping[str, Placed],
    *,
    exact: bool,
    sharp: bool,
    later: bool,
) -> str:
    """Give the statement that makes the table of runs: of every row that a clock covers, decided or not.

    `exact` says that no time of the clock is coarse, so that both its ends lie at one place of open time; `sharp` that
    no time of any clock is, so that the few rows with a time of two readings are known beforehand; `later` that some
    time of the clock lies after the moment of the report, and has not happened by then.
    """
    measure = agreed.measure
    plain = is_plain(plan, record, measure)
    chosen = [calendars.get(one.id) if one is not None else None for one in agreed.calendars]
    business = any(tier.within.clock == "business" for tier in measure.tiers)
    source = _started(plan, record, part, measure, sharp=sharp)
    if plain and not (business and None in chosen):
        source = _stopped(plan, record, measure, source, agreed.now if later else None, sharp=sharp)
        moved = any(
            record.fields[name].keeps == "latest"
            for name in record.times_of(plan.contract, measure)
            if name in record.fields
        )
        alike = {"sh": "sl"} | ({} if moved else {"tl": "th"}) if exact else {}
        source = _measured(agreed, [one for one in chosen if one is not None] if business else [], source, alike)
    else:
        code = "NULL"
        if len(starts_of(plan, record, measure)) == len(measure.starts) and measure.every is None:
            # What starts once in a field is settled where it is not counted, has not started, or cannot be read.
            pairs = [(f"ss = {BLANK} AND g <> {NOT_COUNTED}", str(NOT_STARTED)), (f"g = {NOT_COUNTED}", str(LEFT_OUT))]
            code = f.cases([*pairs, (f"ss <> {VALUE}", str(UNCLEAR))])
        source = f"(SELECT *, {code} AS code, NULL::BIGINT AS took, NULL::BIGINT AS ended FROM {source})"
    slot = "placed"
    if (part.slot or part.span) and starts_of(plan, record, measure) != (part.dated,):
        begun = slot_of_day(part.slot.grain, "sday") if part.slot else "NULL::SMALLINT"
        if part.span is not None:
            inside = part.span.placed("sday")
            begun = f"CASE WHEN {inside} = 0 THEN {begun} ELSE {inside} END"
        slot = f"CASE WHEN sday IS NULL THEN placed ELSE {begun} END"
    number = "1"
    if len(measure.tiers) > 1:
        number = f.cases([(f"tm = {tier_bit(at)}", str(at + 1)) for at in range(len(measure.tiers))], "0")
    calendar = "1"
    if len(chosen) > 1:
        calendar = f.cases([(f"cm = {1 << at}", str(at + 1)) for at in range(len(chosen))], "0")
    return (
        f"CREATE TABLE {f.name(part.episodes or '')} AS SELECT r, 1::INTEGER AS n, code::UTINYINT AS code, "
        f"({slot})::SMALLINT AS slot, ({number})::UTINYINT AS tier, ({calendar})::UTINYINT AS calendar, "
        f"sl AS begun, ended, took FROM {source}"
    )


def _started(plan: Plan, record: RecordPlan, part: DutyPlan, measure: Episodes, *, sharp: bool) -> str:
    """Each row that a clock covers: how it belongs, its tiers and calendars, and its start."""
    end = "lo" if sharp else "hi"
    tiers, calendars = _numbers(plan, part, measure)
    fields = starts_of(plan, record, measure)
    filled = [f"{f.name(f's_{name}')} <> {BLANK}" for name in fields]

    def first(prefix: str, otherwise: str) -> str:
        return f.cases(zip(filled, (f.name(f"{prefix}_{name}") for name in fields), strict=True), otherwise)

    return (
        f"(SELECT rowid AS r, {f.name(part.member)} AS g, {tiers} AS tm, {calendars} AS cm, "
        f"{first('s', str(BLANK))} AS ss, {first('lo', 'NULL::BIGINT')} AS sl, {first(end, 'NULL::BIGINT')} AS sh, "
        f"{first('day', 'NULL::INTEGER')} AS sday, {part.placed} AS placed, "
        + "".join(f"{f.name(column)}, " for column in record.clock_columns(plan.contract, measure))
        + f"{f.name(RANGED)} FROM {f.name(record.table)} "
        + f"WHERE fate = {KEPT} AND lo = 0 AND {f.name(part.member)} <> {OUTSIDE})"
    )


def _twice(low: str, high: str) -> str:
    """Tell whether a time may have two readings: then the order of events decides, and not this query."""
    return f"({high} - {low} BETWEEN 60 AND 79999)"


def _stopped(plan: Plan, record: RecordPlan, measure: Episodes, source: str, now: int | None, *, sharp: bool) -> str:
    """Add what stopped each clock: the seconds of its first stop, and whether anything about it is in doubt.

    What lies after `now`, where that is given, has not happened.
    """
    lows: list[str] = []
    highs: list[str] = []
    odd = [f"b.{f.name(RANGED)}" if sharp else _twice("sl", "sh")]
    states: list[str] = []
    joins = ""
    for at, event in enumerate(measure.stops):
        if event.kind == "term":
            joins += f" LEFT JOIN {_children(plan, record, event.name, source, now)} c{at} ON c{at}.p = b.r"
            lows.append(f"c{at}.low")
            highs.append(f"c{at}.high")
            odd.append(f"coalesce(c{at}.odd, false)")
            continue
        for name in _field_of(plan.contract, record, event):
            # Where a time is sharp both its ends are one, and what is asked once is computed once.
            ends = ("s", "lo", "lo" if sharp else "hi")
            state, low, high = (f"b.{f.name(f'{prefix}_{name}')}" for prefix in ends)
            keeps = record.fields[name].keeps
            plain = event.kind == "field" and not is_entry(plan.contract, record.record.id, name)
            counts = f"{state} = {VALUE}" + ("" if plain and keeps != "first" else f" AND {low} >= sh")
            if now is not None:
                counts += f" AND {high} <= {now}"
                begun = "true" if keeps == "latest" else f"{low} <= {now}"
                odd.append(f"({state} = {VALUE} AND {begun} AND {high} > {now})")
            earliest = f"CASE WHEN {high} > sl THEN least(sl, {low}) ELSE {low} END" if keeps == "latest" else low
            lows.append(f"CASE WHEN {counts} THEN {earliest} END")
            highs.append(f"CASE WHEN {counts} THEN {high} END")
            states.append(state)
            if not plain or keeps == "first":
                before = "false" if keeps == "first" else f"{high} < sl"
                odd.append(f"({state} = {VALUE} AND NOT ({low} >= sh OR {before}))")
            if not sharp:
                odd.append(f"coalesce({_twice(low, high)}, false)")
    if states:
        # The states are numbers, and everything above a blank is a doubt.
        odd.append(f"({' | '.join(states)}) > {BLANK}")
    least = _least(lows), _least(highs)
    return (
        f"(SELECT b.*, {least[0]}::BIGINT AS tl, {least[1]}::BIGINT AS th, {' OR '.join(odd)} AS odd "
        f"FROM {source} b{joins})"
    )


def _least(ends: Sequence[str]) -> str:
    """Give the first of some times, passing over those that are not there."""
    if len(ends) != 2:
        return f"least({', '.join(ends)})" if ends else "NULL"
    # Measured: quicker than the engine's `least`.
    one, other = ends
    return f"CASE WHEN {other} IS NULL THEN {one} WHEN {one} < {other} THEN {one} ELSE {other} END"


def _children(plan: Plan, record: RecordPlan, term: str, source: str, now: int | None) -> str:
    """The first row of a child that meets a term at or after the start of each clock, and not after `now`."""
    child = plan.records[plan.contract.terms[term].record]
    member = f"k.{f.name(f'm_{term}')}"
    known = f"k.when_state = {VALUE} AND NOT {_twice('k.low', 'k.high')}"
    counts = f"{member} AND {known} AND k.low >= s.sh"
    before = f"{known} AND k.high < s.sl"
    if now is not None:
        counts += f" AND k.high <= {now}"
        before = f"{known} AND (k.high < s.sl OR k.low > {now})"
    return (
        f"(SELECT l.p, min(k.low) FILTER ({counts}) AS low, min(k.high) FILTER ({counts}) AS high, "
        f"bool_or(NOT (coalesce({counts}, false) OR coalesce({before}, false))) AS odd "
        f"FROM {f.name(pairs_table(record, child))} l JOIN {f.name(child.table)} k ON k.rowid = l.c "
        f"JOIN (SELECT r, sl, sh FROM {source} WHERE ss = {VALUE}) s ON s.r = l.p "
        f"WHERE {member} IS DISTINCT FROM false AND k.when_state <> {BLANK} GROUP BY l.p)"
    )


def _measured(agreed: Terms, calendars: Sequence[Placed], source: str, alike: Mapping[str, str]) -> str:
    """Add what passed until the stop, or until now, and the code of each run where both ends of all that agree.

    `alike` names the ends that are the same as others. What several others are made of is worked out a level before
    them: the engine would do it again in every branch that asks for it.
    """
    apart = [name for name in ("sl", "sh", "tl", "th") if name not in alike]
    silent = MISSED if agreed.measure.silence == "late" else BY_SILENCE
    moments = {"now": agreed.now, "held": min(agreed.held, agreed.now)}
    places = {name: name for name in apart}
    if calendars:
        keys = "".join(
            f", {_key(calendars, name)} AS k_{name}, {_into_slot(calendars, name)} AS i_{name}" for name in apart
        )
        step = _step(calendars)
        if step is not None:
            # One division for all, and one level before what asks for it twice.
            slots = "".join(f", {name} // {step} AS q_{name}" for name in apart)
            source = f"(SELECT *{slots} FROM {source})"
        # Measured: a fifth quicker than to join what may have no slot.
        joins = "".join(f" JOIN {f.name(SLOTS)} p{name} ON p{name}.k = b.k_{name}" for name in apart)
        placed = "".join(f", (p{name}.v >> 1) + (p{name}.v & 1) * b.i_{name} AS at_{name}" for name in apart)
        # A run that begins after a moment of the report has not used anything by then.
        for name, moment in moments.items():
            reached = _by_calendar((_position(one.calendar, moment), at) for at, one in enumerate(calendars))
            placed += f", {reached} AS at_{name}"
        source = f"(SELECT b.*{placed} FROM (SELECT *{keys} FROM {source}) b{joins})"
        places = {name: f"at_{name}" for name in apart}
    at = places | {name: places[other] for name, other in alike.items()}
    at |= {name: f"at_{name}" if calendars else str(moment) for name, moment in moments.items()}
    lengths = {
        "emin": (at["tl"], at["sh"]),
        "emax": (at["th"], at["sl"]),
        "umin": (at["now"], at["sh"]),
        "umax": (at["now"], at["sl"]),
        "hmin": (at["held"], at["sh"]),
    }
    # The engine's `greatest` passes over what is not known, and would call it nothing.
    passed = "".join(
        f", CASE WHEN {until} < {since} THEN 0 ELSE {until} - {since} END AS {name}"
        for name, (until, since) in lengths.items()
    )
    measured = f"(SELECT *{passed}, {_limits(agreed, calendars)} AS most FROM {source})"
    after = f"sh > {min(agreed.held, agreed.now)}"
    silence = f"umin > most AND (hmin > most OR {agreed.held} >= {agreed.now})"
    known = f.cases(
        [
            (f"g = {NOT_COUNTED}", str(LEFT_OUT)),
            (f"ss = {BLANK}", str(NOT_STARTED)),
            (f"ss <> {VALUE}", str(UNCLEAR)),
            # More than one bit: the tier or the calendar is not known.
            ("odd OR tm & (tm - 1) <> 0 OR cm & (cm - 1) <> 0", "NULL"),
            (f"tm = {NO_TIER}", str(LEFT_OUT)),
            (f"{at['sl']} IS NULL OR {at['sh']} IS NULL OR most IS NULL", "NULL"),
            ("emax <= most", str(MET)),
            ("emin > most", str(MISSED)),
            (f"th IS NOT NULL OR {after}", "NULL"),
            ("umax <= most", str(OPEN)),
            (silence, str(silent)),
        ]
    )
    maybe = {MET: MAY_MEET, MISSED: MAY_MISS, BY_SILENCE: MAY_NEITHER, LEFT_OUT: MAY_NEITHER}
    doubted = f.cases([(f"known = {one}", str(other)) for one, other in maybe.items()], "known")
    # A row without a tier is left out whether the duty is about it or not.
    code = f"CASE WHEN g = {IN} OR g = {NOT_COUNTED} THEN known ELSE {doubted} END"
    took = "CASE WHEN th IS NULL THEN CASE WHEN umin = umax THEN umin END WHEN emin = emax THEN emin END"
    return (
        f"(SELECT r, tm, cm, sl, sday, placed, {code} AS code, {took} AS took, "
        f"CASE WHEN tl = th THEN th END AS ended FROM (SELECT *, {known} AS known FROM {measured}))"
    )


def _by_calendar(choices: Iterable[tuple[str, int]]) -> str:
    """Give what belongs to the calendar of a row, by its number; calendars of which the same holds share a branch.

    A row may have several calendars, and then nothing belongs to it.
    """
    shared: dict[str, list[str]] = {}
    for value, at in choices:
        shared.setdefault(value, []).append(f"cm = {1 << at}")
    return f"({f.cases((' OR '.join(tests), value) for value, tests in shared.items())})"


def _step(calendars: Sequence[Placed]) -> int | None:
    """Give the length of a slot where whole slots lie between any two calendars, and from the epoch to each."""
    steps = {one.step for one in calendars}
    return steps.pop() if len(steps) == 1 and all(one.calendar.first % one.step == 0 for one in calendars) else None


def _key(calendars: Sequence[Placed], instant: str) -> str:
    """Give the slot that an instant lies in; that of nowhere where no calendar of the row covers it."""
    step = _step(calendars)
    chosen = []
    for at, one in enumerate(calendars):
        first, after = one.calendar.first, one.calendar.after
        slot = f"{one.offset} + ({instant} - {first}) // {one.step}"
        if step is not None:
            slot = f"q_{instant} + {one.offset - first // step}"
        chosen.append((f"cm = {1 << at} AND {instant} BETWEEN {first} AND {after - 1}", slot))
    return f.cases(chosen, str(_NOWHERE))


def _into_slot(calendars: Sequence[Placed], instant: str) -> str:
    step = _step(calendars)
    if step is not None:
        return f"{instant} - q_{instant} * {step}"
    return _by_calendar((f"({instant} - {one.calendar.first}) % {one.step}", at) for at, one in enumerate(calendars))


def _position(calendar: OpenTime, moment: int) -> str:
    position = calendar.position(moment)
    return str(position) if position is not None else "NULL"


def _limits(agreed: Terms, calendars: Sequence[Placed]) -> str:
    """Give the seconds that a row has, by its tier and its calendar."""
    pairs = []
    for number, tier in enumerate(agreed.measure.tiers):
        limits = [agreed.limit(tier.within, at) for at in range(max(len(calendars), 1))]
        values = [str(limit) if limit is not None else "NULL" for limit in limits]
        same = len(set(values)) == 1
        pairs.append(
            (f"tm = {tier_bit(number)}", values[0] if same else _by_calendar((v, at) for at, v in enumerate(values)))
        )
    return f"({f.cases(pairs)})::BIGINT"


# --- what is known of the others --------------------------------------------------------------


def dossiers(plan: Plan, record: RecordPlan, part: DutyPlan, measure: Episodes, row: int | None = None) -> str:
    """Everything that is known of the rows whose runs are not decided, or of one row, decided or not.

    For each: r, membership, bits of tiers and calendars, the slot that places it; then for each time of
    `RecordPlan.times_of` its state, low, high and, of a start, its day; then for each term of `children_of` a list of
    `(is one, state, low, high, channel, alike)`; and at the end the moves as `(counts, state, low, high, old, new)`.
    """
    times = [name for name in record.times_of(plan.contract, measure) if name in record.fields]
    tiers, calendars = _numbers(plan, part, measure)
    sought = "code IS NULL" if row is None else f"r = {row} AND n = 1"
    columns = ["w.r", f"t.{f.name(part.member)}", tiers, calendars, part.placed]
    kept = record.clock_columns(plan.contract, measure)
    asked = [f"{prefix}_{name}" for name in times for prefix in ("s", "lo", "hi", "day")]
    columns += [f"t.{f.name(column)}" if column in kept else "NULL" for column in asked]
    joins = ""
    for at, term in enumerate(children_of(measure)):
        child = plan.records[plan.contract.terms[term].record]
        channel, alike = "NULL", "NULL"
        if measure.tries is not None and measure.tries.of == term:
            alike = "k.alike"
            if measure.tries.channel is not None and measure.tries.channel in child.fields:
                channel = f"CAST(k.{f.name(f'v_{measure.tries.channel}')} AS VARCHAR)"
        member = f"k.{f.name(f'm_{term}')}"
        joins += (
            f" LEFT JOIN (SELECT l.p, list(row({member}, k.when_state, k.low, k.high, {channel}, {alike}) "
            f"ORDER BY k.rowid) AS rows FROM {f.name(pairs_table(record, child))} l "
            f"JOIN {f.name(child.table)} k ON k.rowid = l.c WHERE {member} IS DISTINCT FROM false "
            f"AND l.p IN (SELECT r FROM {f.name(part.episodes or '')} WHERE {sought}) GROUP BY l.p) c{at} "
            f"ON c{at}.p = w.r"
        )
        columns.append(f"c{at}.rows")
    history = moves_of(plan, record, measure)
    if history is not None and history.record.history is not None:
        log = history.record.history
        old, new = (f"k.{f.name(f'v_{name}')}" if name in history.fields else "NULL" for name in (log.old, log.new))
        joins += (
            f" LEFT JOIN (SELECT l.p, list(row(k.counts, k.when_state, k.low, k.high, {old}, {new}) ORDER BY k.rowid) "
            f"AS rows FROM {f.name(pairs_table(record, history))} l JOIN {f.name(history.table)} k ON k.rowid = l.c "
            f"WHERE k.counts IS DISTINCT FROM false AND l.p IN (SELECT r FROM {f.name(part.episodes or '')} "
            f"WHERE {sought}) GROUP BY l.p) h ON h.p = w.r"
        )
        columns.append("h.rows")
    else:
        columns.append("NULL")
    return (
        f"SELECT {', '.join(columns)} FROM (SELECT r FROM {f.name(part.episodes or '')} WHERE {sought}) w "
        f"JOIN {f.name(record.table)} t ON t.rowid = w.r{joins} ORDER BY w.r"
    )


def _numbers(plan: Plan, part: DutyPlan, measure: Episodes) -> tuple[str, str]:
    """Give the columns with the bits of the tiers and of the calendars that may hold for a row."""
    several = len(measure.tiers) > 1 or (measure.tiers and measure.tiers[0].when)
    chosen = plan.contract.calendars[measure.calendar] if measure.calendar is not None else None
    return (
        f.name(part.tiers) if several else f"{tier_bit(0)}::UTINYINT",
        f.name(part.calendars) if isinstance(chosen, Choice) else "1::UBIGINT",
    )


def moves_of(plan: Plan, record: RecordPlan, measure: Episodes) -> RecordPlan | None:
    """Give the history that a clock asks for, or None where it asks for none or none was given."""
    stages = [event.name for event in (*measure.starts, *measure.stops) if event.kind == "entering"]
    for stage in (*stages, *measure.pauses):
        found = history_at_hand(plan, record, stage)
        if found is not None:
            return found
    return None


def children_at_hand(plan: Plan, record: RecordPlan, measure: Episodes) -> list[RecordPlan]:
    """Give the records whose rows a clock asks for, the history among them."""
    found = {plan.contract.terms[term].record for term in children_of(measure)}
    children = [plan.records[name] for name in plan.records if name in found]
    history = moves_of(plan, record, measure)
    return children + ([history] if history is not None and history.record.id not in found else [])


def emptied(part: DutyPlan) -> str:
    """Give the statement that takes out the rows that are not decided, to make room for their runs."""
    return f"DELETE FROM {f.name(part.episodes or '')} WHERE code IS NULL"


def filled(part: DutyPlan, rows: Sequence[Sequence[int | None]]) -> str:
    """Give the statement that adds judged runs to the table of runs."""
    columns = ", ".join(
        f"nullif({f.parted(('' if one is None else str(one) for one in column), ',')}, '')::BIGINT"
        for column in zip(*rows, strict=True)
    )
    return f"INSERT INTO {f.name(part.episodes or '')} SELECT {columns}"
