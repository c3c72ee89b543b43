"""Parses what stands beside the agreement: what was handed over, which reviews were held, what is contested or waived.

These files are data beside the agreement: they are read after it, and every name in them must be one of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slacli.core import ledger, periods, wording
from slacli.core.duties.provide import Provide
from slacli.core.nodes import Node, Reader, day
from slacli.core.text.cover import WRONG_ORDER
from slacli.findings import Problem, Related, Rule, Severity, reported
from slacli.model import Contract, Delivery, Dispute, Held, Responsibility, Settlement, Waiver
from slacli.places import Address

NO_DELIVERABLE = reported(
    Severity.ERROR,
    "no-deliverable",
    """Something is entered as handed over for a duty of which nothing is handed over.

    Why: the entry meets nothing, and the duty that it was meant for stays without one.
    Bad:
        delivered: [{duty: quality, day: 2027-01-12, by: marketing, for: FY27-Q1}]
    Good:
        responsibilities:
          brief: {owed_by: marketing, owed_to: sales, provide: {every: quarter, artefact: A brief on competitors}}
        delivered: [{duty: brief, day: 2027-01-12, by: marketing, for: FY27-Q1}]
    """,
)
WRONG_PERIOD = reported(
    Severity.ERROR,
    "wrong-period",
    """A period is named that the duty is not due in: a year for what is due each quarter, or week 53 of a year with 52.

    Why: nothing is due in it, so the entry is passed over, and the period that it was meant for looks missed.
    Bad:
        responsibilities:
          brief: {owed_by: marketing, owed_to: sales, provide: {every: quarter, artefact: A brief on competitors}}
        delivered: [{duty: brief, day: 2027-01-12, by: marketing, for: FY27}]
    Good:
        responsibilities:
          brief: {owed_by: marketing, owed_to: sales, provide: {every: quarter, artefact: A brief on competitors}}
        delivered: [{duty: brief, day: 2027-01-12, by: marketing, for: FY27-Q1}]
    """,
)
NOT_OWED_THEN = reported(
    Severity.WARNING,
    "not-owed-then",
    """Something was handed over for a period in which the agreement does not ask for it.

    Why: most often a year or a quarter is mistyped, and the period that was meant looks missed.
    Bad:
        responsibilities:
          brief: {owed_by: marketing, owed_to: sales, provide: {every: quarter, artefact: A brief on competitors}}
        delivered: [{duty: brief, day: 2027-01-12, by: marketing, for: FY26-Q1}]
    Good:
        responsibilities:
          brief: {owed_by: marketing, owed_to: sales, provide: {every: quarter, artefact: A brief on competitors}}
        delivered: [{duty: brief, day: 2027-01-12, by: marketing, for: FY27-Q1}]
    """,
)
DISPUTED_TWICE = reported(
    Severity.ERROR,
    "disputed-twice",
    """Two disputes contest the same row of the same duty.

    Why: one of them could be settled in another way than the other, and then the row has two verdicts.
    Bad:
        disputes:
          - {duty: quality, key: 00Q1, raised_by: marketing, day: 2027-03-02, says: The budget came by phone.}
          - {duty: quality, key: 00Q1, raised_by: sales, day: 2027-03-03, says: It did not.}
    Good:
        disputes:
          - {duty: quality, key: 00Q1, raised_by: marketing, day: 2027-03-02, says: The budget came by phone.}
          - {duty: quality, key: 00Q2, raised_by: sales, day: 2027-03-03, says: Nobody works there.}
    """,
)
WAIVED_TWICE = reported(
    Severity.ERROR,
    "waived-twice",
    """Two waivers accept the same finding.

    Why: they may name two reasons and two days, and then nobody knows until when it is accepted, and why.
    Bad:
        waivers:
          - {finding: "4f1d09ab22c7", granted_by: sales, because: The export was cut., until: 2027-02-28}
          - {finding: "4f1d09ab22c7", granted_by: sales, because: The new CRM was late., until: 2027-03-31}
    Good:
        waivers:
          - {finding: "4f1d09ab22c7", granted_by: sales, because: The export was cut., until: 2027-03-31}
    """,
)
RULES: tuple[Rule[None], ...] = (NO_DELIVERABLE, WRONG_PERIOD, NOT_OWED_THEN, DISPUTED_TWICE, WAIVED_TWICE)


def delivered(node: Node, reader: Reader, contract: Contract) -> tuple[Delivery, ...]:
    """Read what was handed over, and report entries that meet no duty of the contract."""
    found = []
    for item in node.list("delivered"):
        duty = reader.refer("responsibility", item["duty"])
        by = reader.refer("party", item["by"])
        owed = contract.responsibilities.get(duty or "")
        if owed is None or by is None:
            continue
        if not isinstance(owed.duty, Provide):
            reader.report(
                NO_DELIVERABLE,
                Problem(
                    at=item["duty"].at,
                    message=f"nothing is handed over for `{owed.id}`, which is a `{owed.duty.kind}` duty",
                    label=f"a `{owed.duty.kind}` duty",
                    help=_deliverables(contract),
                    related=(Related(owed.at, "defined here", key=True),),
                ),
            )
        elif _is_period(owed, owed.duty, item["for"], reader, contract):
            found.append(Delivery(owed.id, day(item.text("day")), by, item.text("for"), item.at, item.text("link")))
    return tuple(found)


def _deliverables(contract: Contract) -> str:
    known = [one.id for one in contract.responsibilities.values() if isinstance(one.duty, Provide)]
    if not known:
        return "the contract has no `provide` duty yet: add one, or remove this entry"
    return f"name a `provide` duty: {wording.quoted(known, 'or')}"


def _is_period(owed: Responsibility, duty: Provide, node: Node, reader: Reader, contract: Contract) -> bool:
    """Say whether a text names a period of a duty's kind, after what is wrong with it was reported."""
    name = str(node.data)
    period = periods.named(name, contract.fiscal_year)
    if period is None or period.kind != duty.every:
        first = periods.of_day(contract.effective, duty.every, contract.fiscal_year)
        kind = "there is no period" if period is None else f"`{owed.id}` is due each {duty.every}, and not for"
        reader.report(
            WRONG_PERIOD,
            Problem(
                at=node.at,
                message=f"{kind} `{wording.sanitised(name, 40)}`",
                label="no such period" if period is None else f"a {period.kind}",
                help=f"name a {duty.every}, such as `{first.name}`",
            ),
        )
        return False
    until = max(period.last, contract.effective)
    if period not in {one for one, _ in ledger.due_days(contract, duty.every, duty.by, until)}:
        ends = f" to {contract.expires}" if contract.expires is not None else " on"
        reader.report(
            NOT_OWED_THEN,
            Problem(
                at=node.at,
                message=f"`{owed.id}` is not due in `{name}`: the agreement holds from {contract.effective}{ends}",
                label="nothing is due",
                help="correct the period, or remove the entry",
            ),
        )
    return True


def held(node: Node, reader: Reader) -> tuple[Held, ...]:
    """Read which reviews were held, by whom."""
    found = []
    for item in node.list("held"):
        review = reader.refer("review", item["review"])
        parties = [reader.refer("party", party) for party in item.list("parties")]
        if review is not None and None not in parties:
            took_part = tuple(party for party in parties if party is not None)
            found.append(Held(review, day(item.text("day")), took_part, item.at, item.text("link")))
    return tuple(found)


def disputes(node: Node, reader: Reader, contract: Contract) -> tuple[Dispute, ...]:
    """Read which verdicts are contested, and how that was settled. The key of a deliverable is its period."""
    found: list[Dispute] = []
    first: dict[tuple[str, str], Address] = {}
    for item in node.list("disputes"):
        duty = reader.refer("responsibility", item["duty"])
        by = reader.refer("party", item["raised_by"])
        settled = _settlement(item, reader)
        owed = contract.responsibilities.get(duty or "")
        if owed is None or by is None or (settled is None and "settled" in item):
            continue
        key = item.text("key")
        if isinstance(owed.duty, Provide) and not _is_period(owed, owed.duty, item["key"], reader, contract):
            continue
        if (owed.id, key) in first:
            reader.report(
                DISPUTED_TWICE,
                Problem(
                    at=item["key"].at,
                    message=f"`{wording.sanitised(key, 60)}` of `{owed.id}` is disputed twice",
                    label="disputed before",
                    help="write what both sides say into one dispute",
                    related=(Related(first[owed.id, key], "the first dispute"),),
                ),
            )
            continue
        first[owed.id, key] = item["key"].at
        found.append(Dispute(owed.id, key, by, day(item.text("day")), item.text("says"), item.at, settled))
    return tuple(found)


def waivers(node: Node, reader: Reader) -> tuple[Waiver, ...]:
    """Read which findings are accepted, by whom, why and until when. What they name is known only to a check."""
    return tuple(_accepted(node, reader, "waivers", "finding"))


def waived_changes(node: Node, reader: Reader) -> tuple[Waiver, ...]:
    """Read which changes are accepted. What they name is known only to a comparison; each side may accept one."""
    return tuple(_accepted(node, reader, "changes", "change"))


def _accepted(node: Node, reader: Reader, section: str, key: str) -> Iterator[Waiver]:
    first: dict[tuple[str, str | None], Address] = {}
    for item in node.list(section):
        name = item.text(key)
        by = reader.refer("party", item["granted_by"])
        one = name, by if key == "change" else None
        if one in first:
            reader.report(
                WAIVED_TWICE,
                Problem(
                    at=item[key].at,
                    message=f"the {key} `{name}` is waived twice",
                    label="waived before",
                    help="keep one of the two",
                    related=(Related(first[one], "the first waiver"),),
                ),
            )
            continue
        first[one] = item[key].at
        if by is not None:
            yield Waiver(name, by, item.text("because"), day(item.text("until")), item.at)


def _settlement(item: Node, reader: Reader) -> Settlement | None:
    node = item.get("settled")
    if node is None:
        return None
    by = reader.refer("role", node["by"])
    raised, when = day(item.text("day")), day(node.text("day"))
    if when < raised:
        reader.report(
            WRONG_ORDER,
            Problem(
                at=node["day"].at,
                message=f"the dispute is settled on {when}, before it was raised on {raised}",
                label=f"before {raised}",
                help="correct one of the two days",
            ),
        )
    outcome: Any = node.text("outcome")
    return Settlement(by, when, outcome) if by is not None else None
