"""Parses `bindings/*.yaml`: how the columns of an export become the fields of a record, and how its text is read."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from slacli.core import wording
from slacli.core.dialects import DIALECTS
from slacli.core.nodes import Node, Reader, day, duration, share
from slacli.core.text.cover import known_zone
from slacli.findings import Problem, Related, Rule, Severity, reported
from slacli.model import Binding, Column, Reads, Record

BOUND_TWICE = reported(
    Severity.ERROR,
    "bound-twice",
    """Two bindings of one record give the same field.

    Why: where they disagree, nobody could say which value holds. What stands under `compares` is not given: it is
    only compared, by `slacli reconcile`.
    Bad:
        bindings:
          hubspot:
            binds: lead
            joins_on: lead_id
            matches: [Record ID]
            columns: {lead_id: Record ID, source: Source}
          leads: {joins_on: lead_id}
    Good:
        bindings:
          hubspot:
            binds: lead
            joins_on: lead_id
            matches: [Record ID]
            columns: {lead_id: Record ID}
          leads: {joins_on: lead_id}
    """,
)
COMPARED_TWICE = reported(
    Severity.ERROR,
    "compared-twice",
    """A binding names a field under `columns` and again under `compares`.

    Why: it would have two columns, and nobody could say which one holds.
    Bad:
        bindings: {leads: {compares: {region: Sales Region}}}
    Good:
        bindings: {leads: {columns: {region: null}, compares: {region: Sales Region}}}
    """,
)
JOIN_MISSING = reported(
    Severity.ERROR,
    "join-missing",
    """A record has several bindings, and one of them does not say how its rows are joined to the others.

    Why: rows of two systems can only be put together by a field that both have.
    Bad:
        bindings:
          hubspot: {binds: lead, matches: [Record ID], columns: {lead_id: Record ID}}
    Good:
        bindings:
          hubspot: {binds: lead, joins_on: lead_id, matches: [Record ID], columns: {lead_id: Record ID}}
          leads: {joins_on: lead_id}
    """,
)
DERIVED_BOUND = reported(
    Severity.ERROR,
    "derived-bound",
    """A binding gives a field that the contract derives from others.

    Why: it would have two values.
    Bad:
        records: {lead: {fields: {domain: {type: text, domain_of: email}, email: {type: text, personal: true}}}}
        bindings: {leads: {columns: {domain: Domain}}}
    Good:
        records: {lead: {fields: {domain: {type: text, domain_of: email}, email: {type: text, personal: true}}}}
        bindings: {leads: {columns: {email: Email}}}
    """,
)
USELESS_READING = reported(
    Severity.ERROR,
    "useless-reading",
    """A column says how to read values that its field does not have.

    Why: it looks as if it meant something, and nothing would ever use it.
    Bad:
        bindings: {leads: {columns: {source: {column: Source, true_when: ["1"]}}}}
    Good:
        bindings: {leads: {columns: {source: {column: Source, values: {web: Web}}}}}
    """,
)
ONE_SIGN_FOR_TWO = reported(
    Severity.ERROR,
    "one-sign-for-two",
    """The same sign parts thousands and decimals.

    Why: `1.500` would be a thousand and a half, or one and a half.
    Bad:
        bindings: {leads: {reads: {thousands: "."}}}
    Good:
        bindings: {leads: {reads: {thousands: ".", decimal: ","}}}
    """,
)
RULES: tuple[Rule[None], ...] = (
    ONE_SIGN_FOR_TWO,
    BOUND_TWICE,
    COMPARED_TWICE,
    JOIN_MISSING,
    DERIVED_BOUND,
    USELESS_READING,
)


def binding(name: str, node: Node, reader: Reader) -> Binding | None:
    """Read a binding, or report what is wrong with it and give None where its record is not known."""
    record_id = reader.refer("record", node["binds"])
    if record_id is None:
        return None
    record = reader.records[record_id]
    columns = _columns(node["columns"], record, reader)
    compares = _columns(node.get("compares") or Node({}, node.at / "compares"), record, reader)
    for again in compares.keys() & columns.keys():
        reader.report(
            COMPARED_TWICE,
            Problem(
                at=compares[again].at,
                key=True,
                message=f"`{again}` stands under `columns` and under `compares`",
                label="given again",
                help="leave it out here: what is under `columns` is compared too",
                related=(Related(columns[again].at, "given here", key=True),),
            ),
        )
    return Binding(
        id=name,
        record=record_id,
        columns=columns,
        reads=_reads(node.get("reads") or Node({}, node.at / "reads"), record_id, reader),
        at=node.at,
        matches=node.texts("matches"),
        joins_on=reader.field(record_id, node.get("joins_on")),
        compares=compares,
    )


def _columns(node: Node, record: Record, reader: Reader) -> dict[str, Column]:
    columns = {}
    for field_id, item in node.items():
        if field_id not in record.fields:
            reader.field(record.id, Node(field_id, item.at))
            continue
        column = _column(field_id, item, record, reader)
        if column is not None:
            columns[field_id] = column
    return columns


def _column(name: str, node: Node, record: Record, reader: Reader) -> Column | None:
    field = record.fields[name]
    if field.derived is not None:
        reader.report(
            DERIVED_BOUND,
            Problem(
                at=node.at,
                key=True,
                message=f"`{record.id}.{name}` is derived by `{field.derived[0]}` and cannot be bound",
                label="derived",
                help="leave the column out, or take the derivation out of the field",
            ),
        )
        return None
    if not isinstance(node.data, dict):
        return Column(name, (str(node.data),), node.at)
    for key, types in (("true_when", {"yes_no"}), ("false_when", {"yes_no"}), ("currency", {"money"})):
        if key in node and field.type not in types:
            reader.report(
                USELESS_READING,
                Problem(
                    at=node.at / key,
                    key=True,
                    message=f"`{key}` is for {wording.listed(sorted(types))} fields, but `{record.id}.{name}` is "
                    f"`{field.type}`",
                    label=f"is `{field.type}`",
                    help="leave it out" if key == "currency" else "translate its values with `values:`",
                ),
            )
            return None
    values = {raw: str(item.data) for raw, item in (node.get("values") or Node({}, node.at)).items()}
    return Column(
        name, node.texts("column"), node.at, values, node.texts("true_when"), node.texts("false_when"),
        node.data.get("currency"),
    )  # fmt: skip


def _reads(node: Node, record: str, reader: Reader) -> Reads:
    """Read how the text of an export is read; what is not said is as the dialect has it."""
    holds = node.get("holds")
    dialect = DIALECTS[node.text("dialect", "csv")]
    order: Any = node.data.get("date_order", dialect.date_order)
    decimal = node.text("decimal", dialect.decimal)
    thousands = node.text("thousands", dialect.thousands)
    if thousands == decimal:
        said = "thousands" if "thousands" in node else "decimal"
        reader.report(
            ONE_SIGN_FOR_TWO,
            Problem(
                at=node[said].at,
                message=f"`{thousands}` parts thousands and decimals",
                label=f"the sign of {'decimals' if said == 'thousands' else 'thousands'} too",
                help='say which sign parts decimals, such as `decimal: ","`'
                if said == "thousands"
                else 'say which sign parts thousands, such as `thousands: "."`',
            ),
        )
    return Reads(
        dialect=dialect.id,
        encoding=node.text("encoding"),
        delimiter=node.text("delimiter"),
        sheet=node.text("sheet"),
        time_zone=known_zone(node["time_zone"], reader) if "time_zone" in node else None,
        date_order=order,
        thousands=thousands,
        decimal=decimal,
        missing=node.texts("missing") if "missing" in node else dialect.missing,
        fresh=duration(node.text("fresh")) if "fresh" in node else None,
        holds_by=reader.field(record, holds["by"], "date", "time") if holds else None,
        holds_since=day(holds.text("since")) if holds and "since" in holds else None,
        holds_until=day(holds.text("until")) if holds and "until" in holds else None,
        unreadable=share(node.text("unreadable")) if "unreadable" in node else Fraction(1, 1000),
        newest_by=reader.field(record, node.get("newest_by"), "date", "time"),
    )


def several(bindings: Mapping[str, Binding], reader: Reader) -> None:
    """Report what is wrong between the bindings of one record."""
    by_record: dict[str, list[Binding]] = {}
    for one in bindings.values():
        by_record.setdefault(one.record, []).append(one)
    for record, group in by_record.items():
        if len(group) < 2:
            continue
        joined = all(one.joins_on in one.columns for one in group)
        given: dict[str, Column] = {}
        for one in group:
            if one.joins_on is None or one.joins_on not in one.columns:
                reader.report(
                    JOIN_MISSING,
                    Problem(
                        at=one.at,
                        message=f"`{record}` has {wording.number(len(group))} bindings, but `{one.id}` does not say "
                        "which of its columns joins them",
                        label="no `joins_on`" if one.joins_on is None else f"`{one.joins_on}` has no column",
                        help="add `joins_on:` with a field that each of them binds",
                    ),
                )
            for name, column in one.columns.items():
                if joined and name in given and name != one.joins_on:
                    reader.report(
                        BOUND_TWICE,
                        Problem(
                            at=column.at,
                            key=True,
                            message=f"`{record}.{name}` is given by two bindings",
                            label="given again",
                            help="leave the column out of one of them, or put it under `compares` there",
                            related=(Related(given[name].at, "given here", key=True),),
                        ),
                    )
                given.setdefault(name, column)
