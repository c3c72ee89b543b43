"""The cells of every term: how rows are marked, what they are, and which fields make them unclear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from slacli.core.plan import casts, questions, tables
from slacli.core.plan.tables import RecordPlan, TermPlan
from slacli.core.verdict.state import Judge
from slacli.findings import (
    Blame,
    LeftOut,
    TermCells,
)


def left_out(state: Judge) -> Iterator[LeftOut]:
    for record in state.plan.records.values():
        for number, count in state.ask(questions.left_out(record)):
            merged = number == tables.MERGED
            name = tables.MERGED_AWAY if merged else record.record.left_out[number - 1].name
            yield LeftOut(record.record.id, name, count)


_CELLS = {
    0: "unmarked_fails", 1: "unmarked_unclear", 2: "unmarked_meets",
    6: "marked_fails", 7: "marked_unclear", 8: "marked_meets",
}  # fmt: skip
_REASON_WORDS: Mapping[int, Literal["blank", "unreadable", "not allowed", "not bound", "too coarse"]] = {
    casts.BLANK: "blank",
    casts.UNREADABLE: "unreadable",
    casts.NOT_ALLOWED: "not allowed",
    casts.NOT_BOUND: "not bound",
    tables.COARSE: "too coarse",
}


def cells(state: Judge, record: RecordPlan, part: TermPlan) -> TermCells:
    counts: dict[str, int] = {}
    together = questions.counted_together(record, part)
    at = together.index(part)
    for *codes, count in state.ask(questions.cells(record, together)):
        name = _CELLS.get(codes[at], "mark_unclear")
        counts[name] = counts.get(name, 0) + count
    marked = part.term.marked is not None
    blames: dict[tuple[str, int], int] = {}
    for number, mask in enumerate(part.masks):
        first = number * tables.FIELDS_IN_MASK
        for bits, count in state.ask(questions.blamed(record, part, mask, marked=marked)):
            for at, name in enumerate(part.blamed[first : first + tables.FIELDS_IN_MASK]):
                for nth, reason in enumerate(tables.REASONS):
                    if bits >> (at * len(tables.REASONS) + nth) & 1:
                        blames[name, reason] = blames.get((name, reason), 0) + count
    because = tuple(
        Blame(name, _REASON_WORDS[reason], count)
        for (name, reason), count in sorted(blames.items(), key=lambda item: (-item[1], item[0]))
    )
    term = part.term
    return TermCells(term.id, term.title, term.record, marked, **counts, unclear_because=because)
