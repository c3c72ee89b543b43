"""Counts what a check of the example exports has to find, in plain Python from the text of the files.

It shares no code with slacli and none with what made the files: it knows the reference contract by heart.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

SOURCES = {"Web", "Event", "Referral", "Paid search", "Partner", "Demo request", "Contact sales", "Chat"}
STATUSES = {"New", "MQL", "SAL", "SQL", "Recycled", "Disqualified", "Converted", "Marketing Qualified"}
RATES = {"USD": Decimal(1), "GBP": Decimal("1.27"), "EUR": Decimal("1.09")}
MISSING = {"-", "N/A", "[not provided]", ""}
COMPETITORS = {"rivalbooks.com", "ledgerly.io"}
MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02")
REGIONS = ("AMER", "EMEA")

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


@dataclass(frozen=True)
class Figure:
    """What became of a duty in a period: of how many rows it was met, missed, and neither."""

    duty: str
    period: str
    met: int
    missed: int
    unclear: int = 0

    def __str__(self) -> str:
        total = self.met + self.missed + self.unclear
        low, high = 1000 * self.met // (total or 1), 1000 * (self.met + self.unclear) // (total or 1)
        rate = f"{low / 10} %" if low == high else f"{low / 10} to {high / 10} %"
        counts = f"{self.met} met, {self.missed} missed, {self.unclear} unclear"
        return f"  {self.duty}: {f'{counts}: {rate}' if total else 'no rows'}"


class Account:
    """The files, read, and what they say. `leads` are those that are judged, each once."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.rows = rows_of(files["salesforce-leads.csv"])
        self.contacts = rows_of(files["hubspot-contacts.csv"])
        self.activities = rows_of(files["salesforce-activities.csv"])
        self.deals = rows_of(files["salesforce-opportunities.csv"])
        self.once = newest(self.rows)
        self.leads = [row for row in self.once if not left_out(row)]
        self.campaigns = {row["Salesforce Lead ID"]: row["First Conversion Campaign"] for row in self.contacts}

    def left_out(self) -> dict[str, int]:
        """Count the leads that each rule leaves out."""
        return dict(Counter(filter(None, map(left_out, self.once))))

    def cells(self) -> dict[tuple[bool, str], int]:
        """Count the leads by whether they are marked as MQLs and by whether they meet the term."""
        return dict(Counter((bool(row["MQL Date"]), verdict(row)) for row in self.leads))

    def without_lead(self) -> int:
        """Count the activities that hang on no lead of the report."""
        ids = {row[column] for row in self.rows for column in ("Lead ID", "Converted Contact ID")}
        return sum(row["Lead ID"] not in ids for row in self.activities)

    def figures(self) -> Iterator[Figure]:
        """Give what became of every duty that counts shares, period by period."""
        for month in MONTHS:
            mine = self.handed_over(month)
            found = Counter(map(verdict, mine))
            yield Figure("mql_quality", month, found["meets"], found["fails"], found["unclear"])
            good = sum(complete(row, self.campaigns) for row in mine)
            yield Figure("mql_facts", month, good, len(mine) - good)
            rejected = [row for row in mine if row["Rejected Date"]]
            named = sum(row["Reject Reason"] not in MISSING for row in rejected)
            yield Figure("reject_reasons", month, named, len(rejected) - named)
            pending = [row for row in self.deals if not row["STAGENAME"].startswith("Closed") and created(row) == month]
            tidy = sum(bool(row["NEXTSTEP"] and row["AMOUNT"]) for row in pending)
            yield Figure("opportunity_hygiene", month, tidy, len(pending) - tidy)
        lost = [row for row in self.deals if row["STAGENAME"] == "Closed Lost"]
        named = sum(bool(row["LOSS_REASON__C"]) for row in lost)
        yield Figure("loss_reasons", "FY27-Q4", named, len(lost) - named)

    def handed_over(self, month: str) -> list[Row]:
        """Give the leads that were marked in a month."""
        return [row for row in self.leads if row["MQL Date"] and f"{moment(row['MQL Date']):%Y-%m}" == month]

    def volume(self, month: str) -> dict[str, tuple[int, int]]:
        """Count by region how many leads of a month are MQLs for certain, and how many may be."""
        found = Counter((row["Region"], verdict(row)) for row in self.handed_over(month))
        return {region: (found[region, "meets"], found[region, "unclear"]) for region in REGIONS}

    def lines(self) -> Iterator[str]:
        """Give the whole account as text."""
        yield f"leads: {len(self.rows)} rows, {len(self.rows) - len(self.once)} of them repeated"
        yield f"left out: {self.left_out()}"
        cells = self.cells()
        for marked, word in ((True, "marked"), (False, "not marked")):
            counts = (f"{found} {cells.get((marked, found), 0)}" for found in ("meets", "fails", "unclear"))
            yield f"mql, {word}: {', '.join(counts)}"
        for column, allowed in (("Lead Source", SOURCES), ("Lead Status", STATUSES)):
            odd = Counter(row[column] for row in self.leads if row[column] not in allowed)
            yield f"{column}, not listed: {dict(odd)}"
        yield f"leads that HubSpot does not know: {sum(row['Lead ID'] not in self.campaigns for row in self.leads)}"
        yield f"activities: {len(self.activities)} rows, {self.without_lead()} without a lead"
        period = ""
        for figure in self.figures():
            if figure.period != period:
                period = figure.period
                yield period
                if period in MONTHS:
                    counts = (f"{region} {low} (+{more})" for region, (low, more) in self.volume(period).items())
                    yield f"  mql_volume: {', '.join(counts)}"
            yield str(figure)


def created(row: Row) -> str:
    """Give the month in New York, five hours behind UTC all winter, in which an opportunity was created."""
    return f"{datetime.fromisoformat(row['CREATEDDATE'].removesuffix('Z')) - timedelta(hours=5):%Y-%m}"
