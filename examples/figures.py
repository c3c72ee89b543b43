"""Counts what a check of the example exports has to find, in plain Python from the text of the files.

It shares no code with slacli and none with what made the files: it knows the reference contract by heart.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

SOURCES = {"Web", "Event", "Referral", "Paid search", "Partner", "Demo request", "Contact sales", "Chat"}
STATUSES = {"New", "MQL", "SAL", "SQL", "Recycled", "Disqualified", "Converted", "Marketing Qualified"}
RATES = {"USD": Decimal(1), "GBP": Decimal("1.27"), "EUR": Decimal("1.09")}
MISSING = {"-", "N/A", "[not provided]", ""}
COMPETITORS = {"rivalbooks.com", "ledgerly.io"}
MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02")

Row = Mapping[str, str]


def rows_of(text: str) -> list[Row]:
    """Give the rows of a file without the closing lines of a report."""
    found = csv.DictReader(io.StringIO(text))
    return [row for row in found if sum(value is not None for value in row.values()) > 1]


def newest(rows: Sequence[Row]) -> list[Row]:
    """Keep the row of every lead that changed last."""
    kept: dict[str, Row] = {}
    for row in rows:
        old = kept.setdefault(row["Lead ID"], row)
        if moment(row["Last Modified"]) > moment(old["Last Modified"]):
            kept[row["Lead ID"]] = row
    return list(kept.values())


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%Y %I:%M %p")  # noqa: DTZ007 - all of them are New York's clocks


def verdict(row: Row) -> str:
    """Say whether a lead meets, fails or leaves open the term `mql`."""
    amount, months = row["Annual Budget"], row["Timeframe (Months)"]
    budget = None if amount in MISSING else Decimal(amount.replace(",", "")) * RATES[row["Annual Budget Currency"]]
    tests = (
        None if budget is None else budget >= 10_000,
        row["Decision Role"] in {"CFO", "VP", "Director"} if row["Decision Role"] else None,
        {"1": True, "0": False}.get(row["Need Confirmed"]),
        int(months) <= 6 if months.isdigit() else None,
    )
    if tests.count(True) >= 3:
        return "meets"
    return "fails" if tests.count(False) >= 2 else "unclear"


def left_out(row: Row) -> str:
    """Name the rule that leaves a lead out, or give nothing."""
    domain = row["Email"].partition("@")[2]
    if domain == "acme.com":
        return "test"
    return "competitor" if domain in COMPETITORS or row["Competitor"] == "1" else ""


def complete(row: Row, campaigns: Mapping[str, str]) -> bool:
    """Tell whether a lead came with what `mql_facts` asks for."""
    facts = (row["Email"], row["Company / Account"], campaigns.get(row["Lead ID"], ""))
    return not MISSING & set(facts) and row["Lead Source"] in SOURCES


def share(duty: str, met: int, missed: int, unclear: int = 0) -> str:
    """Say what became of a duty, with the least and the greatest share, cut off after one decimal."""
    total = met + missed + unclear
    if not total:
        return f"  {duty}: no rows"
    low, high = 1000 * met // total, 1000 * (met + unclear) // total
    rate = f"{low / 10} %" if low == high else f"{low / 10} to {high / 10} %"
    return f"  {duty}: {met} met, {missed} missed, {unclear} unclear: {rate}"


def figures(files: Mapping[str, str]) -> Iterator[str]:
    """Give the lines of the account."""
    every = rows_of(files["salesforce-leads.csv"])
    leads = newest(every)
    yield f"leads: {len(every)} rows, {len(every) - len(leads)} of them repeated"
    yield f"left out: {dict(Counter(filter(None, map(left_out, leads))))}"
    leads = [row for row in leads if not left_out(row)]
    cells = Counter((bool(row["MQL Date"]), verdict(row)) for row in leads)
    for marked, word in ((True, "marked"), (False, "not marked")):
        counts = ", ".join(f"{found} {cells[marked, found]}" for found in ("meets", "fails", "unclear"))
        yield f"mql, {word}: {counts}"
    for column, allowed in (("Lead Source", SOURCES), ("Lead Status", STATUSES)):
        yield f"{column}, not listed: {dict(Counter(row[column] for row in leads if row[column] not in allowed))}"
    contacts = rows_of(files["hubspot-contacts.csv"])
    campaigns = {row["Salesforce Lead ID"]: row["First Conversion Campaign"] for row in contacts}
    yield f"leads that HubSpot does not know: {sum(row['Lead ID'] not in campaigns for row in leads)}"
    ids = {row[column] for row in every for column in ("Lead ID", "Converted Contact ID")}
    activities = rows_of(files["salesforce-activities.csv"])
    yield f"activities: {len(activities)} rows, {sum(row['Lead ID'] not in ids for row in activities)} without a lead"
    deals = rows_of(files["salesforce-opportunities.csv"])
    for month in MONTHS:
        yield month
        yield from of_month(month, leads, campaigns, deals)
    lost = [row for row in deals if row["STAGENAME"] == "Closed Lost"]
    named = sum(bool(row["LOSS_REASON__C"]) for row in lost)
    yield "FY27-Q4"
    yield share("loss_reasons", named, len(lost) - named)


def of_month(month: str, leads: Sequence[Row], campaigns: Mapping[str, str], deals: Sequence[Row]) -> Iterator[str]:
    """Give the lines of the duties that are judged by the month."""
    mine = [row for row in leads if row["MQL Date"] and f"{moment(row['MQL Date']):%Y-%m}" == month]
    found = Counter(map(verdict, mine))
    yield share("mql_quality", found["meets"], found["fails"], found["unclear"])
    good = sum(complete(row, campaigns) for row in mine)
    yield share("mql_facts", good, len(mine) - good)
    volume = Counter((row["Region"], verdict(row)) for row in mine)
    counts = (f"{region} {volume[region, 'meets']} (+{volume[region, 'unclear']})" for region in ("AMER", "EMEA"))
    yield f"  mql_volume: {', '.join(counts)}"
    decided = [row for row in mine if row["Accepted Date"] or row["Rejected Date"]]
    rejected = [row for row in mine if row["Rejected Date"]]
    yield share("acceptance", len(decided) - len(rejected), len(rejected))
    named = sum(row["Reject Reason"] not in MISSING for row in rejected)
    yield share("reject_reasons", named, len(rejected) - named)
    pending = [row for row in deals if not row["STAGENAME"].startswith("Closed") and created(row) == month]
    tidy = sum(bool(row["NEXTSTEP"] and row["AMOUNT"]) for row in pending)
    yield share("opportunity_hygiene", tidy, len(pending) - tidy)


def created(row: Row) -> str:
    """Give the month in New York, five hours behind UTC all winter, in which an opportunity was created."""
    return f"{datetime.fromisoformat(row['CREATEDDATE'].removesuffix('Z')) - timedelta(hours=5):%Y-%m}"
