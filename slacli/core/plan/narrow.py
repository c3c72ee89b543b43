"""The narrow table of a record: the verdict on each row by every term and duty as a code, and what is to blame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slacli.core import dialects
from slacli.core.criteria import fields_of, terms_of
from slacli.core.periods import Grain
from slacli.core.plan import casts, tests
from slacli.core.plan import fragments as f
from slacli.core.plan.casts import UNREADABLE, VALUE
from slacli.core.plan.layers import Layers, typed_columns, unbound
from slacli.core.plan.tables import (
    BY,
    FAILS,
    FIELDS_IN_MASK,
    IN,
    LEFT_OUT,
    MAY_MEET,
    MAY_MISS,
    MAYBE_IN,
    MEETS,
    MERGED,
    MET,
    MISSED,
    NO_TIER,
    NOT_COUNTED,
    OUTSIDE,
    RANGED,
    REASONS,
    UNCLEAR,
    UNSURE,
    VALUE_MARK,
    DutyPlan,
    RecordPlan,
    TermPlan,
    children_of,
    columns_of,
    tier_bit,
)
from slacli.model import (
    Choice,
    Contract,
    Course,
    Episodes,
    Field,
    Record,
    RecordTest,
    Responsibility,
    Tally,
    Term,
)


def narrow(
    contract: Contract, plan: RecordPlan, layers: Layers, present: Sequence[str], kept: set[str]
) -> dict[str, str]:
    """Add the verdicts to the typed columns, and give the columns that are kept."""
    record = plan.record
    level = layers.top
    for one in record.fields.values():
        if one.derived and one.derived[0] == "domain_of" and one.derived[1] in present:
            for alias, expression in _domain(one.id, record.fields[one.derived[1]]):
                layers.add(level, alias, expression)
        elif one.id not in present:
            for alias, expression in unbound(one):
                layers.add(level, alias, expression)
    zone = contract.time_zone
    columns: dict[str, str] = {}
    if plan.span is not None:
        level += 1
        places = {
            f"in_{name}": f.name(f"day_{name}")
            for name in (plan.dated, *(part.dated for part in plan.duties))
            if name is not None and name in plan.fields
        }
        for part in plan.terms:
            if part.dated:
                places[f"it_{part.term.id}"] = f"coalesce({', '.join(f.name(f'day_{name}') for name in part.dated)})"
        for alias, day in places.items():
            layers.add(level, alias, plan.span.placed(day))
            columns[alias] = f.name(alias)
    # Only what other records count must be kept beside the codes.
    counted = {one.derived[1] for other in contract.records.values() for one in other.fields.values() if one.derived}
    counted |= {name for owed in contract.responsibilities.values() for name in _child_terms(owed, contract)}
    decided: dict[str, int] = {}
    for part in plan.terms:
        # A level for its tests and one for itself, above the terms that it names: the engine pays for each level.
        term = part.term
        below = [decided[name] for test in term.criteria for name in terms_of(test.tree) if name in decided]
        decided[term.id] = max(below, default=level) + 2
        names = [f"t_{term.id}_{n}" for n in range(len(term.criteria))]
        for alias, test in zip(names, term.criteria, strict=True):
            layers.add(decided[term.id] - 1, alias, tests.expression(test.tree, record.fields, zone))
        met = tests.counted([f.name(alias) for alias in names], term.at_least)
        layers.add(decided[term.id], f"m_{term.id}", met)
    level = max(decided.values(), default=level) + 1
    for part in plan.terms:
        # A mark may name any term, also one that rests on this one.
        claim = part.term.marked
        mark = tests.expression(claim.tree, record.fields, zone) if claim else "false"
        layers.add(level, f"k_{part.term.id}", mark)
    level += 1
    for duty in plan.duties:
        if isinstance(duty.measure, RecordTest):
            layers.add(level, f"h_{duty.owed.id}", tests.expression(duty.measure.holds, record.fields, zone))
        if duty.owed.where is not None:
            layers.add(level, f"wh_{duty.owed.id}", tests.expression(duty.owed.where.tree, record.fields, zone))
        if isinstance(duty.measure, Episodes):
            for number, tier in enumerate(duty.measure.tiers):
                if tier.when is not None:
                    when = tests.expression(tier.when.tree, record.fields, zone)
                    layers.add(level, f"w{number}_{duty.owed.id}", when)
    left_out = [
        (f"{f.name(f's_{name}')} = {VALUE}", str(MERGED)) for name in plan.merged_by if name == record.merged_into
    ]
    left_out += [
        (tests.expression(test.tree, record.fields, zone), str(n)) for n, test in enumerate(record.left_out, start=1)
    ]
    columns["lo"] = f"({f.cases(left_out, '0')})::UTINYINT"
    behind = layers.top
    for part in plan.terms:
        met, marked = f.name(f"m_{part.term.id}"), f.name(f"k_{part.term.id}")
        columns[f"c_{part.term.id}"] = f"({_three(marked)} * 3 + {_three(met)})::UTINYINT"
        guards = _leads(plan, part.term, layers, behind) if part.masks else {}
        for n, alias in enumerate(part.masks):
            columns[alias] = (
                f"CASE WHEN {met} IS NULL THEN {_blame(contract, plan, part, n, guards)} ELSE 0::UINTEGER END"
            )
        if part.term.id in counted:
            columns[f"m_{part.term.id}"] = met
    for duty in plan.duties:
        if duty.in_cells:
            columns[duty.column] = f"({_duty(duty)})::UTINYINT"
        else:
            columns |= _begun(contract, plan, duty)
        for name in duty.shown_by:
            columns[f"v_{name}"] = f"CAST({f.name(f'v_{name}')} AS VARCHAR)"
    if plan.by is not None:
        state, value = f.name(f"s_{plan.by}"), f"CAST({f.name(f'v_{plan.by}')} AS VARCHAR)"
        columns[BY] = f"CASE WHEN {state} = {VALUE} THEN '{VALUE_MARK}' || {value} ELSE CAST({state} AS VARCHAR) END"
    clocked = [part.measure for part in plan.duties if isinstance(part.measure, Episodes)]
    if clocked:
        times = dict.fromkeys(name for measure in clocked for name in plan.times_of(contract, measure))
        ends = [(f.name(f"hi_{name}"), f.name(f"lo_{name}")) for name in times if name in plan.fields]
        columns[RANGED] = " OR ".join(f"{high} IS DISTINCT FROM {low}" for high, low in ends) or "false"
    for slot in plan.slots:
        columns[slot.column] = slot_of_day(slot.grain, f.name(f"day_{slot.field}"))
    for name in kept | plan.told:
        columns.setdefault(f"v_{name}", f.name(f"v_{name}"))
    for name in plan.measured:
        one = record.fields[name]
        value = f.name(f"v_{name}")
        folded = one.type == "text" and one.ignore_case
        columns |= {f"s_{name}": f.name(f"s_{name}"), f"n_{name}": f"lower({value})" if folded else value}
    for name in plan.timed:
        columns |= {alias: f.name(alias) for alias in (f"{prefix}_{name}" for prefix in ("s", "lo", "hi", "day"))}
    if plan.whole:
        for alias in (alias for one in record.fields.values() for alias in typed_columns(one)):
            # A value that a duty is shown by is kept as text too, under its own name.
            columns.setdefault(f"x{alias[1:]}" if alias.startswith("v_") else alias, f.name(alias))
    if plan.compared:
        told = [f.name(alias) for name in plan.compared for alias in (f"s_{name}", f"v_{name}")]
        columns["alike"] = f"hash({', '.join(told)})"
    if record.history is not None:
        only = record.history.only
        columns["counts"] = tests.expression(only.tree, record.fields, zone) if only is not None else "true"
        values = [name for name in (record.history.old, record.history.new) if name in plan.fields]
        columns |= {f"s_{name}": f.name(f"s_{name}") for name in values}
    if contract.people is not None and contract.people.record == record.id:
        columns |= _person(contract, record)
    if record.happens in plan.fields:
        columns["when_state"] = f.name(f"s_{record.happens}")
        columns["low"], columns["high"] = f.name(f"lo_{record.happens}"), f.name(f"hi_{record.happens}")
    return columns


def _person(contract: Contract, record: Record) -> dict[str, str]:
    """Give who a row of the people's record is, and a sign for each test of `people.told` (yes, no, unclear)."""
    if contract.people is None:
        return {}
    key, active = contract.people.key, contract.people.active
    who = casts.long_id(f"CAST({f.name(f'v_{key}')} AS VARCHAR)", dialects.form_of_people(contract))
    answers = [
        tests.expression(party.members.tree, record.fields, contract.time_zone)
        for party in contract.parties.values()
        if party.members is not None
    ]
    answers.append(f.name(f"v_{active}") if active is not None else "true")
    signs = (f"(CASE WHEN {answer} THEN 'y' WHEN {answer} IS NULL THEN '?' ELSE 'n' END)" for answer in answers)
    return {"who": f"lower({who})" if record.fields[key].ignore_case else who, "said": " || ".join(signs)}


def _domain(name: str, source: Field) -> Iterator[tuple[str, str]]:
    """Give the columns of the domain of an address; what is no address has an unreadable one."""
    address, state = f.name(f"v_{source.id}"), f.name(f"s_{source.id}")
    if tests.has_one_at(source):
        # Measured: half the cost of what follows.
        yield f"v_{name}", f"lower(substr({address}, strpos({address}, '@') + 1))"
        yield f"s_{name}", state
        return
    found = f"CASE WHEN contains({address}, '@') THEN nullif(lower(split_part({address}, '@', -1)), '') END"
    yield f"v_{name}", found
    yield (
        f"s_{name}",
        f"(CASE WHEN {state} = {VALUE} AND ({found}) IS NULL THEN {UNREADABLE} ELSE {state} END)::UTINYINT",
    )


def _three(test: str) -> str:
    return f"(CASE WHEN {test} THEN {MEETS} WHEN {test} IS NULL THEN {UNSURE} ELSE {FAILS} END)"


def _blame(contract: Contract, plan: RecordPlan, part: TermPlan, mask: int, guards: Mapping[str, Sequence[str]]) -> str:
    """Set a bit for each field and state that makes an unclear verdict unclear; `guards` as `_leads` gives them."""
    chunk = part.blamed[mask * FIELDS_IN_MASK : (mask + 1) * FIELDS_IN_MASK]
    bits = {name: at * len(REASONS) for at, name in enumerate(chunk)}
    parts = [
        f"CASE WHEN {' AND '.join([*guard, _in_doubt(term, n)])} "
        f"THEN {_reason(plan, name, bits[name])} ELSE 0::UINTEGER END"
        for term, guard in guards.items()
        for n, test in enumerate(contract.terms[term].criteria)
        for name in fields_of(test.tree)
        if name in bits
    ]
    return "(" + (" | ".join(parts) or "0::UINTEGER") + ")"


def _in_doubt(term: str, criterion: int) -> str:
    return f"{f.name(f't_{term}_{criterion}')} IS NULL"


def _leads(plan: RecordPlan, top: Term, layers: Layers, level: int) -> Mapping[str, Sequence[str]]:
    """Give each term through which a term may be unclear, with what must be so that it is: all of some expressions.

    What several criteria lead to, or many steps, gets a column, from a level on: else the ways through terms that name
    each other would be written down one by one.
    """
    guards: dict[str, Sequence[str]] = {}
    leading: dict[str, list[tuple[str, int]]] = {}
    # Backwards through the terms of a plan, each stands behind all that rest on it.
    for term in (part.term for part in reversed(plan.terms)):
        ways = [[*guards[above], _in_doubt(above, n)] for above, n in leading.get(term.id, ())]
        unclear = f"{f.name(f'm_{term.id}')} IS NULL"
        if term is top:
            guards[term.id] = ()
        elif not ways:
            continue
        elif len(ways) == 1 and len(ways[0]) < _MOST_STEPS:
            guards[term.id] = [*ways[0], unclear]
        else:
            column = f"y_{top.id}_{term.id}"
            layers.add(level, column, f"({' OR '.join(' AND '.join(way) for way in ways)}) AND {unclear}")
            guards[term.id] = [f.name(column)]
            level += 1
        for n, test in enumerate(term.criteria):
            for below in terms_of(test.tree):
                leading.setdefault(below, []).append((term.id, n))
    return guards


_MOST_STEPS = 12


def _reason(plan: RecordPlan, name: str, bit: int) -> str:
    state = f.name(f"s_{name}")
    # The reasons that a state gives follow each other as the states do.
    pairs = [(f"{state} >= {REASONS[0]}", f"{1 << bit}::UINTEGER << ({state} - {REASONS[0]})")]
    if plan.record.fields[name].type == "time":
        coarse = f"{f.name(f'lo_{name}')} <> {f.name(f'hi_{name}')}"
        pairs.append((coarse, f"{1 << (bit + len(REASONS) - 1)}::UINTEGER"))
    return f.cases(pairs, "0::UINTEGER")


def _duty(duty: DutyPlan) -> str:
    """Give the code of a row for a duty; unknown membership is unclear, and only a known one is left out."""
    covers = duty.covers
    member = "true"
    if covers.term is not None:
        member = f.name(f"{'k' if covers.marked else 'm'}_{covers.term}")
    if isinstance(duty.measure, Tally):
        return f.cases([(member, str(MET)), (f"{member} IS NULL", str(UNCLEAR))], str(OUTSIDE))
    holds = f.name(f"h_{duty.owed.id}")
    known = f.cases([(holds, str(MET)), (f"NOT {holds}", str(MISSED))], str(UNCLEAR))
    unknown = f.cases([(holds, str(MAY_MEET)), (f"NOT {holds}", str(MAY_MISS))], str(UNCLEAR))
    if duty.owed.where is None:
        return f.cases([(f"NOT {member}", str(OUTSIDE)), (member, known)], unknown)
    where = f.name(f"wh_{duty.owed.id}")
    return f.cases(
        [
            (f"NOT {member}", str(OUTSIDE)),
            (f"{member} AND NOT {where}", str(LEFT_OUT)),
            (f"NOT {where}", str(OUTSIDE)),
            (f"{member} AND {where}", known),
        ],
        unknown,
    )


def _begun(contract: Contract, plan: RecordPlan, duty: DutyPlan) -> dict[str, str]:
    """Give the columns of a duty that is judged by runs: how a row belongs to it, its tiers, calendars and times."""
    measure = duty.measure
    columns = {duty.member: f"({_membership(duty)})::UTINYINT"}
    if isinstance(measure, Course):
        if duty.away is not None:
            # What another version judges is counted here, and none of its faults is told.
            member = f"CASE WHEN ({_membership(duty)}) = {OUTSIDE} THEN {OUTSIDE} ELSE {NOT_COUNTED} END"
            columns[duty.member] = f"(CASE WHEN {duty.away} = 0 THEN {_membership(duty)} ELSE {member} END)::UTINYINT"
        kept = columns_of(contract, contract.lifecycles[measure.lifecycle])
        return columns | {alias: f.name(alias) for alias in kept}
    if not isinstance(measure, Episodes):
        return columns
    if len(measure.tiers) > 1 or (measure.tiers and measure.tiers[0].when):
        columns[duty.tiers] = f"({_possible_tiers(duty, measure)})::{_mask_of(1 + len(measure.tiers))}"
    chosen = contract.calendars[measure.calendar] if measure.calendar is not None else None
    if isinstance(chosen, Choice):
        columns[duty.calendars] = _possible_calendars(chosen)
    return columns | {column: f.name(column) for column in plan.clock_columns(contract, measure)}


def _membership(duty: DutyPlan) -> str:
    """Say whether a duty is about a row: for certain, perhaps, or only to be counted as left out."""
    covers = duty.covers
    member = f.name(f"{'k' if covers.marked else 'm'}_{covers.term}") if covers.term is not None else "true"
    if duty.owed.where is None:
        return f.cases([(f"NOT {member}", str(OUTSIDE)), (member, str(IN))], str(MAYBE_IN))
    where = f.name(f"wh_{duty.owed.id}")
    return f.cases(
        [
            (f"NOT {member}", str(OUTSIDE)),
            (f"{member} AND NOT {where}", str(NOT_COUNTED)),
            (f"NOT {where}", str(OUTSIDE)),
            (f"{member} AND {where}", str(IN)),
        ],
        str(MAYBE_IN),
    )


def _possible_tiers(duty: DutyPlan, measure: Episodes) -> str:
    """Set the bit of every tier that may be the first that holds, and that of none where it may be that none does."""
    tiers = [
        (f.name(f"w{number}_{duty.owed.id}") if tier.when is not None else "true", tier_bit(number))
        for number, tier in enumerate(measure.tiers)
    ]
    unknown = " | ".join(f"(CASE WHEN {when} IS NULL THEN {bit} ELSE 0 END)" for when, bit in tiers)
    # Of those in doubt only the ones before the first that holds for certain can be the first.
    before = f.cases([(when, str(bit - 1)) for when, bit in tiers], str(tier_bit(len(tiers)) - 1))
    first = f.cases([(when, str(bit)) for when, bit in tiers], str(NO_TIER))
    return f"(({unknown}) & {before}) | {first}"


def _mask_of(bits: int) -> str:
    """Name the smallest type that holds a mask of so many bits."""
    kinds = ((8, "UTINYINT"), (16, "USMALLINT"), (32, "UINTEGER"), (64, "UBIGINT"))
    return next((kind for most, kind in kinds if bits <= most), "UHUGEINT")


def _possible_calendars(chosen: Choice) -> str:
    """Set the bit of every calendar that a row may run by: all of them where the value that chooses is not known."""
    value = f.name(f"v_{chosen.field}")
    # As in `runs.terms`: many values may share a calendar, and each of these has one number.
    numbers = {one: number for number, one in enumerate(dict.fromkeys([*chosen.cases.values(), chosen.otherwise]))}
    listed = [(f"{value} = {f.text(case)}", str(1 << numbers[one])) for case, one in chosen.cases.items()]
    unknown = (f"{value} IS NULL", str((1 << len(numbers)) - 1))
    return f"({f.cases([unknown, *listed], str(1 << numbers[chosen.otherwise]))})::{_mask_of(len(numbers))}"


def _child_terms(owed: Responsibility, contract: Contract) -> Iterator[str]:
    measure = owed.duty.measure(owed, contract)
    if isinstance(measure, Episodes):
        yield from children_of(measure)


def slot_of_day(grain: Grain, day: str) -> str:
    """Give the month or week of a local day, which is given as days since 1970."""
    if grain == "week":
        # Weeks begin on Monday; the shift keeps days before 1970 from being rounded the wrong way.
        return f"((({day} - 4) + 70000) // 7 - 10000)::SMALLINT"
    return f"(datediff('month', DATE '1970-01-01', DATE '1970-01-01' + {day}) + {1970 * 12})::SMALLINT"
