"""Two exports of one record beside each other, for people, for a comment or a wiki, and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from slacli.adapters.render.changes import as_cell, as_words
from slacli.adapters.render.jsontext import Json, visible
from slacli.adapters.render.sheet import Sheet, inert
from slacli.adapters.render.terminal import NARROWEST, WIDEST
from slacli.core import wording
from slacli.core.plan import sides
from slacli.core.reconcile import NAMES, FieldPair, Reconciled, Sample, Side
from slacli.findings import RowCount

FORMAT = "slacli-reconcile/1"

_CODES = {
    sides.EQUAL: "equal",
    sides.DIFFER: "differ",
    sides.ONLY_ONE: "only_a",
    sides.ONLY_OTHER: "only_b",
    sides.BOTH_BLANK: "both_blank",
    sides.UNSURE: "unclear",
}
_FIELD = ("equal", "differ", "only A", "only B", "blank", "unclear", "since")
_MONTH = ("both", "only A", "only B", "differ")
_GAP = 2

_Row = tuple[str, Sequence[str]]


def render(found: Reconciled, format: str, *, width: int, colour: bool) -> str:
    """Give the whole text of two exports beside each other, its last line ended."""
    if format == "json":
        return visible(json.dumps(_json(found), indent=2, ensure_ascii=False)) + "\n"
    if format == "markdown":
        return "\n".join(_markdown(found)) + "\n"
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    sheet.add(Text(_verdict(found), "bold" if found.alike else "bold red"))
    sheet.add(inert(_about(found)))
    sheet.gap()
    for name, side in zip(NAMES, (found.one, found.other), strict=True):
        sheet.add(Text.assemble((f"{name}  ", "bold"), inert(side.facts.name), f" ({side.facts.binding})"), hang=5)
        sheet.flow(_account(found, name, side), head="   ", hang=2)
        if side.missing:
            sheet.flow(_samples(side.samples, side.missing), head=f"   only in {name}: ")
    if found.fields and found.both:
        sheet.gap()
        _table(sheet, "Field", _FIELD, [(one.field.id, _figures(one)) for one in found.fields])
        _examples(sheet, found)
    if found.months:
        sheet.gap()
        months = [
            (one.title, [wording.number(n) for n in (one.both, *one.missing, one.unlike)]) for one in found.months
        ]
        _table(sheet, "Month", _MONTH, months)
    for name, side in zip(NAMES, (found.one, found.other), strict=True):
        if side.gives:
            sheet.gap()
            sheet.flow(list(side.gives), head=f"Only {name} gives: ")
    return sheet.text(colour=colour)


# --- in words ---------------------------------------------------------------------------------


def _verdict(found: Reconciled) -> str:
    if found.apart:
        return "NOTHING JOINS: no row of A has its key in B; export the ids of both in the same form"
    plural = f"{wording.counted(found.both, 'row')} in both"
    missing = [
        f"{wording.counted(side.missing, 'row')} only in {name}"
        for name, side in zip(NAMES, (found.one, found.other), strict=True)
        if side.missing
    ]
    if not found.both:
        return "; ".join(["NOTHING COMPARED: no row is in both", *missing])
    fields = sum(one.unlike > 0 for one in found.fields)
    unclear = sum(one.counts[sides.UNSURE] for one in found.fields)
    but = f" but for {wording.counted(unclear, 'unclear value')}" if unclear else ""
    if found.unlike:
        rows = f"{wording.number(found.unlike)} of {plural} differ in {_of(fields, len(found.fields))}"
    elif found.fields:
        rows = f"{plural}, alike in {wording.counted(len(found.fields), 'field')}{but}"
    else:
        rows = f"{plural}, no field to compare"
    return f"{'DIFFERENT' if missing or found.unlike else 'ALIKE'}: {'; '.join([*missing, rows])}"


def _of(some: int, of: int) -> str:
    return f"{wording.number(some)} of {wording.counted(of, 'field')}"


def _about(found: Reconciled) -> str:
    contract = found.contract
    return f"{contract.title}, version {contract.version} · {found.record.id} joined by {found.on.id}"


def _account(found: Reconciled, name: str, side: Side) -> list[str]:
    rows = side.facts.rows
    parts = [
        (found.both, "in both"),
        (side.missing, f"only in {name}"),
        (side.doubtful, "in doubt"),
        (side.keyless, "without a key"),
        (rows.contradictory, "contradictory"),
        (rows.repeated, "repeated"),
        (rows.unreadable, "unreadable"),
        (rows.cut, "cut"),
    ]
    told = [f"{wording.number(count)} {what}" for count, what in parts if count]
    told = [f"{wording.counted(rows.total, 'row')} = {told[0]}", *told[1:]] if told else ["0 rows"]
    # What ends with a sign goes on with the next one, without a dot.
    return [*(f"{one} +" for one in told[:-1]), told[-1]]


def _samples(samples: Sequence[Sample], total: int) -> list[str]:
    told = [_sample(one) for one in samples]
    more = total - len(samples)
    return [*told, *([f"{wording.number(more)} more"] if more > 0 else [])]


def _sample(one: Sample) -> str:
    rows = ", ".join(
        f"{name} row {wording.number(row)}"
        for name, row in zip(NAMES, (one.one, one.other), strict=True)
        if row is not None
    )
    return f"{inert(one.key)} ({rows})" if one.key else rows


def _figures(one: FieldPair) -> list[str]:
    return [*(wording.number(one.counts[code]) for code in sides.CODES), one.since or ""]


def _examples(sheet: Sheet, found: Reconciled) -> None:
    unlike = [one for one in found.fields if one.unlike]
    if not unlike:
        return
    sheet.gap()
    sheet.add(Text("Not alike", "bold"))
    for one in unlike:
        sheet.flow(_samples(one.samples, one.unlike), head=f"  {one.field.id}: ")
        if one.pairs:
            pairs = [f"`{inert(a, 40)}` beside `{inert(b, 40)}` {wording.number(n)}" for a, b, n in one.pairs]
            sheet.flow(pairs, head="    ")


def _table(sheet: Sheet, title: str, headings: Sequence[str], rows: Sequence[_Row]) -> None:
    """Put figures in columns where they fit, else each row in words below its name; an empty column is left out."""
    kept = [at for at in range(len(headings)) if any(row[at] not in {"", "0"} for _, row in rows) or at == 0]
    widths = {at: max(len(headings[at]), *(len(row[at]) for _, row in rows)) + _GAP for at in kept}
    name = max(cell_len(title), *(cell_len(inert(one)) for one, _ in rows))
    if name + sum(widths.values()) <= sheet.width:
        head = "".join(f"{headings[at]:>{width}}" for at, width in widths.items())
        sheet.lines.append(Text.assemble((f"{title:<{name}}", "bold"), (head, "dim")))
        for one, row in rows:
            figures = "".join(f"{row[at]:>{width}}" for at, width in widths.items())
            sheet.lines.append(Text(inert(one) + " " * (name - cell_len(inert(one))) + figures))
        return
    sheet.add(Text(title, "bold"))
    for one, row in rows:
        sheet.add(inert(one))
        sheet.flow(_said(headings, row), head="  ", hang=0)


def _said(headings: Sequence[str], row: Sequence[str]) -> list[str]:
    pairs = zip(headings, row, strict=True)
    return [
        f"{what} {figure}" if what == "since" else f"{figure} {what}"
        for what, figure in pairs
        if figure not in {"", "0"}
    ] or ["0"]


# --- for a wiki -------------------------------------------------------------------------------


def _markdown(found: Reconciled) -> Iterator[str]:
    yield from (f"### {as_words(_verdict(found))}", "", as_words(_about(found)), "")
    both = list(zip(NAMES, (found.one, found.other), strict=True))
    for name, side in both:
        said = f"**{name}** {as_words(side.facts.name)} ({as_words(side.facts.binding)}): "
        yield f"- {said}{' '.join(_account(found, name, side))}"
        if side.missing:
            yield f"  - only in {name}: {as_words(' · '.join(_samples(side.samples, side.missing)))}"
    if found.fields and found.both:
        yield from ("", f"| Field | {' | '.join(_FIELD)} |", f"| --- |{' ---: |' * len(_FIELD)}")
        for one in found.fields:
            yield f"| {as_cell(one.field.id)} | {' | '.join(_figures(one))} |"
    if found.months:
        yield from ("", f"| Month | {' | '.join(_MONTH)} |", f"| --- |{' ---: |' * len(_MONTH)}")
        for month in found.months:
            figures = (month.both, *month.missing, month.unlike)
            yield f"| {as_cell(month.title)} | {' | '.join(map(wording.number, figures))} |"
    for name, side in both:
        if side.gives:
            yield from ("", f"Only {name} gives {as_words(', '.join(side.gives))}.")


# --- for machines -----------------------------------------------------------------------------


def _json(found: Reconciled) -> dict[str, Json]:
    return {
        "format": FORMAT,
        "contract": {
            "id": found.contract.id,
            "title": found.contract.title,
            "version": found.contract.version,
            "digest": found.contract.digest,
        },
        "record": found.record.id,
        "on": found.on.id,
        "a": _side(found.one),
        "b": _side(found.other),
        "both": found.both,
        "differing": found.unlike,
        "nothing_joins": found.apart,
        "fields": [_field(one) for one in found.fields],
        "months": [
            {
                "name": one.name,
                "both": one.both,
                "only_a": one.missing[0],
                "only_b": one.missing[1],
                "differing": one.unlike,
            }
            for one in found.months
        ],
    }


def _side(side: Side) -> dict[str, Json]:
    facts = side.facts
    return {
        "name": facts.name,
        "binding": facts.binding,
        "sha256": facts.sha256,
        "size": facts.size,
        "encoding": facts.encoding,
        "rows": _rows(facts.rows),
        "only_here": side.missing,
        "in_doubt": side.doubtful,
        "without_key": side.keyless,
        "samples": [_as_json(one) for one in side.samples],
        "gives_alone": list(side.gives),
    }


def _rows(rows: RowCount) -> dict[str, Json]:
    names = ("total", "judged", "cut", "unreadable", "repeated", "contradictory")
    return {name: getattr(rows, name) for name in names}


def _as_json(one: Sample) -> dict[str, Json]:
    return {"key": one.key, "row_a": one.one, "row_b": one.other}


def _field(one: FieldPair) -> dict[str, Json]:
    return {
        "field": one.field.id,
        "counts": {name: one.counts[code] for code, name in _CODES.items()},
        "since": one.since,
        "samples": [_as_json(sample) for sample in one.samples],
        "pairs": [{"a": a, "b": b, "count": n} for a, b, n in one.pairs],
    }
