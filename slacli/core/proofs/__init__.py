"""What is true of criteria for every record that a contract allows: which term means more, and what nothing can meet.

Records are all that their fields allow, blanks and coarse times included; a value that cannot be read, or that a field
does not list, is none of them. Nothing here is guessed: an answer comes with a record that the evaluator was asked
about, or stands for all records, or is *not decided*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from slacli.core import zones
from slacli.core.criteria import Moment, Verdict, fields_of, terms_of
from slacli.core.criteria.values import day_of
from slacli.core.proofs import guess, outright
from slacli.core.proofs.pairs import Leaves
from slacli.core.proofs.questions import ANY, Case, Found, Part, Question, Raw, Raws, Side, lower, renamed
from slacli.core.proofs.space import Undecidable, space
from slacli.criterion import And, Criterion, Meets
from slacli.model import Contract, Field, Responsibility, Term
from slacli.values import dataclass

STEPS = 3_000_000
"""How many steps of the solver one question may take before it is left undecided: the same ones on every machine."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time that lies between two instants, both included: a day as it was written in another zone."""

    first: datetime
    last: datetime


Plain = str | tuple[str, ...] | Decimal | bool | date | datetime | Stretch | None
"""A value that a person can read. A time is an instant (`datetime`), a whole day (`date`), or a stretch."""

_NO_NAMES: Mapping[tuple[str, str], tuple[str, str]] = MappingProxyType({})

Sense = Literal["tighter", "looser", "equal", "different", "not decided"]


@dataclass(frozen=True, slots=True)
class Witness:
    """A record that tells two meanings apart: the fields that matter, and what it was and what it is now.

    None is a blank. `row` holds the same values as an export gives them, for the evaluator.
    """

    values: Mapping[str, Plain]
    before: Verdict
    after: Verdict
    row: Raws

    def __str__(self) -> str:
        return written(self.values)


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a term compares with what it was: `fell` is a record whose verdict is lower now, `rose` one that is higher.

    What is not decided may have one of both, and never has none by proof. `steady` says that no record is unclear on
    one side alone; it is asked only of terms that other records count.
    """

    verdict: Sense
    fell: Witness | None = None
    rose: Witness | None = None
    steady: bool = False


def compare_terms(
    old: Contract,
    new: Contract,
    ids: Iterable[tuple[str, str]],
    steps: int = STEPS,
    was: Mapping[tuple[str, str], tuple[str, str]] = _NO_NAMES,
) -> Mapping[str, Meaning]:
    """Give how each term of `new` compares with one of `old`, by the new id; `ids` are pairs of the old and the new id.

    A term is *tighter* where its verdict (fails < unclear < meets) is nowhere higher and somewhere lower, *looser* the
    other way round. Terms of different records are *different* and have no witness. `steps` are for one question, of
    which each term asks two. `was` maps the record and field of `new` to those of `old` where they had other names; two
    records are one where it maps a field of one to a field of the other.
    """
    found: dict[str, Meaning] = {}
    sides: dict[tuple[str, str], tuple[Side, Side]] = {}
    counted = _counted(old) & _counted(new)
    one_record = {(former[0], name[0]) for name, former in was.items()}
    for before, after in ids:
        records = old.terms[before].record, new.terms[after].record
        if records[0] != records[1] and records not in one_record:
            found[after] = Meaning("different")
            continue
        if records not in sides:
            names = {former[1]: name[1] for name, former in was.items() if (former[0], name[0]) == records}
            sides[records] = (renamed(side_of(old, records[0]), names), side_of(new, records[1]))
        one = _compared(sides[records], (before, after), new.effective, steps)
        if after in counted and one.verdict in {"tighter", "looser"}:
            one = replace(one, steady=_steady(sides[records], (before, after), new.effective, steps))
        found[after] = one
    return found


def _counted(contract: Contract) -> set[str]:
    """Give the terms that fields of other records are derived from."""
    fields = [field for record in contract.records.values() for field in record.fields.values()]
    return {field.derived[1] for field in fields if field.derived is not None and field.derived[0] != "domain_of"}


def _steady(sides: tuple[Side, Side], ids: tuple[str, str], day: date, steps: int) -> bool:
    """Say whether it is proven that no record is unclear on one side alone."""
    trees = Meets(ids[0], (0, 0)), Meets(ids[1], (0, 0))
    unclear: frozenset[bool | None] = frozenset({None})
    cases = tuple(
        (Part(trees[0], one, 0), Part(trees[1], other, 1))
        for one, other in ((unclear, ANY - unclear), (ANY - unclear, unclear))
    )
    return _answers(Question(sides, cases, day), [cases], steps) == ["none"]


def _compared(sides: tuple[Side, Side], ids: tuple[str, str], day: date, steps: int) -> Meaning:
    if _unchanged(sides, ids):
        return Meaning("equal")
    trees = Meets(ids[0], (0, 0)), Meets(ids[1], (0, 0))
    falls, rises = lower(trees[0], trees[1], (0, 1)), lower(trees[1], trees[0], (1, 0))
    fell, rose = _answers(Question(sides, (*falls, *rises), day), [falls, rises], steps)
    seen = [None if isinstance(one, str) else _witness(sides, trees, one) for one in (fell, rose)]
    verdicts: Mapping[tuple[bool, bool], Sense] = {
        (True, True): "different",
        (True, False): "tighter",
        (False, True): "looser",
        (False, False): "equal",
    }
    open_question = "not decided" in (fell, rose)
    verdict = "not decided" if open_question else verdicts[seen[0] is not None, seen[1] is not None]
    return Meaning(verdict, seen[0], seen[1])


def _unchanged(sides: tuple[Side, Side], ids: tuple[str, str]) -> bool:
    """Say whether two terms, all that they lean on and all fields that they read are written alike."""
    if (sides[0].zone, sides[0].exchanged) != (sides[1].zone, sides[1].exchanged):
        return False
    seen: set[tuple[str, str]] = set()
    waiting = [ids]
    while waiting:
        pair = waiting.pop()
        if pair in seen:
            continue
        seen.add(pair)
        old, new = (side.terms.get(name) for side, name in zip(sides, pair, strict=True))
        if old is None or new is None:
            return False
        trees = [[test.tree for test in term.criteria] for term in (old, new)]
        if old.at_least != new.at_least or trees[0] != trees[1]:
            return False
        waiting += [(name, name) for tree in trees[0] for name in terms_of(tree)]
        names = {name for tree in trees[0] for name in fields_of(tree)}
        names |= {field.derived[1] for name in names if (field := sides[0].fields.get(name)) and field.derived}
        if any(_bare(sides[0].fields.get(name)) != _bare(sides[1].fields.get(name)) for name in names):
            return False
    return True


def _bare(field: Field | None) -> Field | None:
    """Give a field without what no value depends on."""
    return None if field is None else replace(field, title="", note="", unit="", personal=False)


def _witness(sides: tuple[Side, Side], trees: tuple[Criterion, Criterion], raws: Raws) -> Witness:
    words: Mapping[bool | None, Verdict] = {True: "meets", False: "fails", None: "unclear"}
    before, after = (words[side.says(tree, raws)] for side, tree in zip(sides, trees, strict=True))
    return Witness(values_of(raws, sides[1]), before, after, raws)


def side_of(contract: Contract, record: str) -> Side:
    """Give what a contract says of a record. Raises ValueError where its time zone is not known."""
    zone = zones.zone(contract.time_zone)
    if zone is None or record not in contract.records:
        message = f"nothing is known of `{record}` in `{contract.time_zone}`"
        raise ValueError(message)
    exchanged = frozenset(
        column.field
        for binding in contract.bindings.values()
        if binding.record == record
        for column in binding.columns.values()
        if column.currency
    )
    return Side(contract.terms, contract.records[record].fields, zone, exchanged)


def _answers(question: Question, several: Sequence[Sequence[Case]], steps: int) -> list[Found]:
    """Give for each of several rows of cases of a question the plainest record of the first case that has one."""
    try:
        known = space(question)
    except Undecidable:
        return ["not decided"] * len(several)
    leaves = Leaves(question, known)
    found = outright.find_each(question, known, leaves, several)
    if found is None:
        from slacli.core.proofs import solver

        found = solver.find_each(question, known, leaves, several, steps)
    return found


def _asked(question: Question) -> Found:
    (found,) = _answers(question, [question.cases], STEPS)
    return found


# --- what one contract says -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wider:
    """A record that is more of a term than of the one that it should narrow."""

    values: Mapping[str, Plain]
    verdict: Verdict
    narrowed: Verdict


def can_meet(contract: Contract, record: str, tree: Criterion) -> bool:
    """Say whether some record meets a criterion; true where that is not decided."""
    return _possible(contract, record, ((Part(tree, frozenset({True})),),))


def can_fail(contract: Contract, record: str, tree: Criterion) -> bool:
    """Say whether some record fails a criterion; true where that is not decided."""
    return _possible(contract, record, ((Part(tree, frozenset({False})),),))


def wider(contract: Contract, term: Term, narrowed: Term) -> Wider | None:
    """Give a record whose verdict of a term is higher than that of another; None where there is none, or none known."""
    if _leans_on(term, narrowed.id, contract):
        return None
    side = side_of(contract, term.record)
    trees = Meets(term.id, (0, 0)), Meets(narrowed.id, (0, 0))
    raws = _asked(Question((side,), lower(trees[0], trees[1], (0, 0)), contract.effective))
    if isinstance(raws, str):
        return None
    words: Mapping[bool | None, Verdict] = {True: "meets", False: "fails", None: "unclear"}
    return Wider(values_of(raws, side), words[side.says(trees[0], raws)], words[side.says(trees[1], raws)])


def _leans_on(term: Term, other: str, contract: Contract) -> bool:
    """Say whether a term needs another one to be met, so that it is never more than that."""
    seen: set[str] = set()
    waiting = [term.id]
    while waiting:
        name = waiting.pop()
        if name == other:
            return True
        if name in seen or name not in contract.terms:
            continue
        seen.add(name)
        one = contract.terms[name]
        if one.at_least == len(one.criteria):
            parts = [test.tree for test in one.criteria]
            while parts:
                part = parts.pop()
                if isinstance(part, And):
                    parts += part.parts
                elif isinstance(part, Meets):
                    waiting.append(part.term)
    return False


def alike(contract: Contract) -> Iterator[tuple[Term, Term]]:
    """Give the pairs of terms that say the same of every record, each with the first that says so."""
    for record in contract.records:
        terms = [term for term in contract.terms.values() if term.record == record]
        if len(terms) < 2:
            continue
        side = side_of(contract, record)
        for same in guess.not_told_apart(side, [term.id for term in terms], contract.effective):
            firsts: list[str] = []
            for name in same:
                first = next((one for one in firsts if _same(side, one, name, contract.effective)), None)
                if first is None:
                    firsts.append(name)
                else:
                    yield contract.terms[first], contract.terms[name]


def _same(side: Side, one: str, other: str, day: date) -> bool:
    trees = Meets(one, (0, 0)), Meets(other, (0, 0))
    cases = (*lower(trees[0], trees[1], (0, 0)), *lower(trees[1], trees[0], (0, 0)))
    question = Question((side,), cases, day)
    return guess.found(question) is None and _asked(question) == "none"


def covered_tiers(contract: Contract, owed: Responsibility, whens: Iterable[Criterion | None]) -> Iterator[int]:
    """Give the tiers, by their place, that no row which a duty covers comes to, as tiers before them hold of all.

    A row comes to a tier whose test holds where none before it holds for certain; to the one for the rest it also
    comes by a blank. Nothing is said of what stands behind that one, nor of a duty that covers no row at all.
    """
    covers = owed.covers
    if covers is None:
        return
    may, not_sure = ANY - {False}, ANY - {True}
    rows: list[Part] = [Part(test.tree, not_sure) for test in contract.records[covers.record].left_out]
    if owed.where is not None:
        rows.append(Part(owed.where.tree, may))
    if covers.term is not None:
        marked = contract.terms[covers.term].marked if covers.marked else None
        rows.append(Part(marked.tree if marked else Meets(covers.term, (0, 0)), may))
    before: list[Part] = []
    unreached: list[int] = []
    for index, when in enumerate(whens):
        own = [Part(when, frozenset({True}))] if when is not None else []
        if not _possible(contract, covers.record, ((*own, *before, *rows),)):
            unreached.append(index)
        if when is None:
            break
        before.append(Part(when, not_sure))
    if unreached and _possible(contract, covers.record, (tuple(rows),)):
        yield from unreached


def _possible(contract: Contract, record: str, cases: tuple[Case, ...]) -> bool:
    question = Question((side_of(contract, record),), cases, contract.effective)
    return guess.found(question) is not None or _asked(question) != "none"


# --- values that people read ------------------------------------------------------------------


def values_of(raws: Raws, side: Side) -> Mapping[str, Plain]:
    """Give the values of a record as people read them, times local to the contract."""
    return {name: _plain(raw, side) for name, raw in raws.items()}


def _plain(raw: Raw, side: Side) -> Plain:
    if not isinstance(raw, Moment):
        return raw
    low, high = (datetime.fromtimestamp(second, side.zone) for second in (raw.low, raw.high))
    if raw.exact:
        return low
    first, after = day_of(low.date(), side.zone)
    return low.date() if (first, after - 1) == (raw.low, raw.high) else Stretch(low, high)


def written(values: Mapping[str, Plain]) -> str:
    """Write a record in one line, without its blanks: `{budget: 5000, authority: VP}`."""
    filled = [f"{name}: {_word(value)}" for name, value in values.items() if value is not None]
    return f"{{{', '.join(filled)}}}" if filled else "a record of blanks"


def _word(value: Plain) -> str:
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.replace(tzinfo=None).isoformat(" ", "minutes" if value.second == 0 else "seconds")
        case Stretch(first=first, last=last):
            return f"between {_word(first)} and {_word(last)}"
        case tuple():
            return f"[{', '.join(map(str, value))}]"
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)
