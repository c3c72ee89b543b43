"""The table of dialects: what tells a program by its headers, and what its exports leave unsaid."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from exports import AT, Asked, contract, engine, typed
from reference import Odd, When
from worlds import LEAD, World, duty

import slacli
from slacli.core import dialects
from slacli.core.dialects import DIALECTS, Dialect
from slacli.core.plan import casts
from slacli.model import Binding, Column, Contract, Field, Link, Reads, Record

ROOT = Path(__file__).parent.parent

LONG_IDS = {
    "00Qbm00000Orxk5": "00Qbm00000Orxk5EAB",
    "006bm00000LKJNa": "006bm00000LKJNaAAP",
    "006x0000001YtCr": "006x0000001YtCrAAK",
}


def test_the_schema_of_a_binding_lists_the_dialects_of_the_table() -> None:
    schema = json.loads((ROOT / "schemas" / "binding.schema.json").read_text("utf-8"))
    assert schema["properties"]["reads"]["properties"]["dialect"]["enum"] == list(DIALECTS)


@pytest.mark.parametrize("one", DIALECTS.values(), ids=list(DIALECTS))
def test_every_group_of_headers_tells_its_dialect_however_it_is_written(one: Dialect) -> None:
    for group in one.told_by:
        assert one in dialects.told(group)
        assert one in dialects.told([f" {header.upper().replace(' ', chr(0xA0))} " for header in group])
        assert one in dialects.told([unicodedata.normalize("NFD", header) for header in (*group, "More")])
        for missing in range(len(group)):
            rest = [header for at, header in enumerate(group) if at != missing]
            assert one not in dialects.told(rest) or any(set(other) <= set(rest) for other in one.told_by)


@pytest.mark.parametrize("one", DIALECTS.values(), ids=list(DIALECTS))
def test_headers_of_a_dialect_stand_once_for_a_fact_and_what_is_unseen_is_one_of_them(one: Dialect) -> None:
    for fact, headers in one.facts.items():
        assert headers, fact
        assert len({dialects.normal(header) for header in headers}) == len(headers), fact
    listed = {dialects.normal(header) for headers in one.facts.values() for header in headers}
    assert {dialects.normal(header) for header in one.unseen} <= listed


def test_a_plain_table_is_told_by_nothing() -> None:
    assert dialects.told([]) == ()
    assert dialects.told(["lead", "status", "created"]) == ()


REAL = {
    "salesforce/dev-org-lead-opportunity/Lead.csv": "salesforce_data_loader",
    "salesforce/dataloader/opportunityData.csv": "salesforce_data_loader",
    "salesforce/powerbi-org-export/OpportunityHistory.csv": "salesforce_data_loader",
    "zoho-crm/Leads.csv": "zoho",
}


@pytest.mark.parametrize(("file", "dialect"), REAL.items(), ids=list(REAL))
def test_headers_of_real_exports_tell_their_dialect_first(file: str, dialect: str) -> None:
    path = ROOT.parent / "shared" / "data" / file
    if not path.is_file():
        pytest.skip("optional test data is not there")
    header = path.read_text("utf-8-sig", "replace").partition("\n")[0].replace('"', "").strip().split(",")
    assert dialects.told(header)[0].id == dialect
    assert {"record_id", "created_at"} <= dialects.told(header)[0].facts_of(header).keys()


def test_the_first_alias_that_a_file_has_holds_the_fact() -> None:
    hubspot = DIALECTS["hubspot"]
    assert hubspot.facts_of(["Email", "record id", "Contact ID"]) == {"record_id": "record id", "email": "Email"}
    assert hubspot.facts_of(["Contact ID"]) == {"record_id": "Contact ID"}
    assert hubspot.is_unseen("vorname")
    assert not hubspot.is_unseen("Email")


def test_columns_about_one_stage_name_it_and_its_pipeline_in_any_quotes() -> None:
    found = list(
        DIALECTS["hubspot"].stages_of(
            [
                'Date entered "Demo (Sales Pipeline)"',
                "date entered \u201cClosed won (Partner) (Sales)\u201d",
                "Date exited 'MQL'",
                "hs_v2_date_entered_appointmentscheduled",
                "Date entered Demo",
                "Deal Stage",
            ]
        )
    )
    assert [found[1:] for found in found] == [
        ("stage_entered_at", "Demo", "Sales Pipeline"),
        ("stage_entered_at", "Closed won (Partner)", "Sales"),
        ("stage_left_at", "MQL", ""),
        ("stage_entered_at", "appointmentscheduled", ""),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lead  ID", "lead id"),
        ("Lead\u00a0ID", "Lead ID"),
        ("\ufeffId", "id"),
        ("Date entered \u201cMQL\u201d", 'Date entered "MQL"'),
        ("Lead\u2019s owner", "LEAD'S OWNER"),
        ("Fo\u0308retag", "F\u00d6RETAG"),
    ],
)
def test_headers_are_alike_whatever_their_case_blanks_quotes_and_composition(one: str, other: str) -> None:
    assert dialects.normal(one) == dialects.normal(other)


# --- ids --------------------------------------------------------------------------------------


def test_ids_of_15_characters_have_the_long_form_that_the_vendor_gives_them() -> None:
    assert {short: dialects.long_id(short, "salesforce") for short in LONG_IDS} == LONG_IDS


def recounted(text: str) -> str:
    """The rule once more: five characters a letter, the first counting least."""
    return text + "".join(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[int("".join("01"["A" <= c <= "Z"] for c in reversed(text[at : at + 5])), 2)]
        for at in (0, 5, 10)
    )


def test_the_engine_gives_ids_the_same_form_as_the_rule() -> None:
    short = [*LONG_IDS, "0" * 15, "A1" * 7 + "Z", "zZ9aA" * 3, "ABCDEFGHIJKLMN0"]
    other = ["L1", "abcdefghijklmno", "00Qbm00000Orxk", "00Qbm00000Orxk5EAB", "00Qbm-0000Orxk5", "00Qbm00000Orxk\u00e9"]
    listed = ", ".join(f"({n}, '{text}')" for n, text in enumerate([*short, *other, "zcrm_12", "zcrm_1x", "ZCRM_1"]))
    forms = ", ".join(casts.long_id("x", form) for form in ("salesforce", "zoho", "plain"))
    with engine() as opened:
        found = list(opened.rows(f"SELECT x, {forms} FROM (VALUES {listed}) v(n, x) ORDER BY n"))
    for text, salesforce, zoho, plain in found:
        assert plain == text
        assert salesforce == dialects.long_id(text, "salesforce") == (recounted(text) if text in short else text)
        assert zoho == dialects.long_id(text, "zoho") == ("12" if text == "zcrm_12" else text)
    assert len(found) == len(short) + len(other) + 3


def lead_contract(first: str = "csv", second: str = "csv") -> Contract:
    """Give leads with an owner, and activities of leads, each in an export of a dialect."""
    lead = Record("lead", "Lead", {name: Field(name, "text", AT) for name in ("lead_id", "status")}, AT, key="lead_id")
    link = Link("lead", "who", "lead_id", among=False, at=AT)
    fields = {name: Field(name, "text", AT) for name in ("activity_id", "who", "kind")}
    activity = Record("activity", "Activity", fields, AT, key="activity_id", links=(link,))
    bindings = {
        record.id: Binding(record.id, record.id, {f: Column(f, (f,), AT) for f in record.fields}, Reads(dialect), AT)
        for record, dialect in ((lead, first), (activity, second))
    }
    return replace(contract(lead, bindings), records={"lead": lead, "activity": activity})


def test_fields_that_are_compared_have_one_form_whichever_export_they_stand_in() -> None:
    leads, who, own = ("lead", "lead_id"), ("activity", "who"), ("activity", "activity_id")
    assert dialects.forms(lead_contract()) == {}
    assert dialects.forms(lead_contract("hubspot")) == {}
    assert dialects.forms(lead_contract("zoho")) == {leads: "zoho", who: "zoho"}
    for first, second in (("csv", "salesforce_report"), ("salesforce_api", "salesforce_report")):
        assert dialects.forms(lead_contract(first, second)) == dict.fromkeys((leads, who, own), "salesforce")


# --- what a binding leaves unsaid -------------------------------------------------------------


def read_by(world: Any, **reads: Any) -> Reads:
    made = world(answer=duty(within="4 business hours", target="90%"))
    made.patched("bindings/leads.yaml", {"reads": None}).patched("bindings/leads.yaml", {"reads": reads})
    found: Reads = slacli.load(made.folder / "contracts").contract.bindings["leads"].reads
    return found


@pytest.mark.parametrize("one", DIALECTS.values(), ids=list(DIALECTS))
def test_what_a_binding_leaves_unsaid_its_dialect_says(world: Any, one: Dialect) -> None:
    found = read_by(world, dialect=one.id)
    assert (found.missing, found.date_order, found.thousands, found.decimal) == (
        one.missing, one.date_order, one.thousands, one.decimal,
    )  # fmt: skip
    assert found.time_zone is None


def test_what_a_binding_says_itself_replaces_what_its_dialect_says(world: Any) -> None:
    said = read_by(world, dialect="zoho", missing=["0"], thousands=".", decimal=",", date_order="dmy")
    assert (said.missing, said.thousands, said.decimal, said.date_order) == (("0",), ".", ",", "dmy")


@pytest.mark.parametrize("one", DIALECTS.values(), ids=list(DIALECTS))
def test_the_times_of_a_dialect_are_read_as_it_writes_them(tmp_path: Path, one: Dialect) -> None:
    order = one.date_order or "mdy"
    with engine() as opened:
        asked = [Asked(Field("at", "time", AT), list(one.stamps))]
        found = typed(opened, tmp_path, asked, Reads(dialect=one.id, date_order=order), zone="America/New_York")[0]
    assert all(isinstance(read.value, When) for read in found)
    with_offset = [bool(read.flags & casts.OFFSET) for read, text in zip(found, one.stamps, strict=True) if ":" in text]
    # A vendor that fixes a zone writes it into every time.
    assert all(with_offset) == (one.zone is not None) or not with_offset


def test_a_time_without_an_offset_has_the_zone_that_its_vendor_fixes_and_a_day_has_not(tmp_path: Path) -> None:
    cells = ["2026-03-01 12:00:00", "2026-03-01", "2026-03-01T12:00:00Z"]
    zones = {}
    for dialect in ("csv", "salesforce_data_loader"):
        with engine() as opened:
            asked = [Asked(Field("at", "time", AT), cells)]
            found = typed(opened, tmp_path, asked, Reads(dialect=dialect), zone="America/New_York")[0]
        zones[dialect] = [one.value for one in found]
    noon, midnight = utc("2026-03-01 12:00"), utc("2026-03-01 05:00")
    assert zones["salesforce_data_loader"] == [When(noon, noon), When(midnight, midnight + 86_399), When(noon, noon)]
    assert zones["csv"] == [When(noon + 18_000, noon + 18_000), *zones["salesforce_data_loader"][1:]]


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_the_words_of_a_dialect_mean_yes_and_no(tmp_path: Path) -> None:
    cells = ["Done", "To do", "true", "0", "maybe"]
    with engine() as opened:
        asked = [Asked(Field("done", "yes_no", AT), cells)]
        pipedrive = typed(opened, tmp_path, asked, Reads(dialect="pipedrive"))[0]
        plain = typed(opened, tmp_path, asked, Reads())[0]
    assert [one.value for one in pipedrive] == [True, False, True, False, Odd("not allowed")]
    assert [one.value for one in plain] == [*[Odd("not allowed")] * 2, True, False, Odd("not allowed")]


# --- amounts and their signs ------------------------------------------------------------------


def priced(world: Any, *amounts: str, **reads: Any) -> Any:
    """Give leads with an amount each, of which none may be below zero."""
    made = world(answer=duty(within="4 business hours", target="90%"))
    made.patched("definitions.yaml", {"records": {"lead": {"fields": {"price": {"type": "money"}}}}})
    made.patched("bindings/leads.yaml", {"columns": {"price": "price"}}).reads(**reads)
    lead = {"region": "AMER", "created_at": "2026-06-01 09:00:00", "started_at": "2026-06-09 10:00:00"}
    return made.write(
        "leads.csv", (*LEAD, "price"), [{**lead, "lead_id": f"L{n}", "price": text} for n, text in enumerate(amounts)]
    )


def test_amounts_as_zoho_writes_them_are_read(world: Any) -> None:
    made = priced(world, "$22,700.00", "$ 1,000", "USD 5.50", dialect="zoho")
    assert made.findings("unreadable-values", "--as-of", "2026-06-30") == []


def test_the_report_says_which_sign_an_amount_has_that_cannot_be_read(world: Any) -> None:
    made = priced(world, "\u20ac22,700.00", "5 \u20ac", "CAD 7", "$7", "abc", "ann@acme.com 5", "$10k", dialect="zoho")
    made.reads(unreadable="at most 100%")
    (found,) = made.findings("unreadable-values", "--as-of", "2026-06-30")
    assert found["message"] == (
        "6 rows hold no amount in `lead.price`, 2 with the sign `\u20ac` and 1 with the sign `CAD`"
    )
    assert "`currency:`" in found["help"]
    made.reads(unreadable=None)
    ran = made.ran("--as-of", "2026-06-30")
    assert ran.code == 2
    assert "(rows 2, 3 and 4 for example), 2 with the sign `\u20ac` and 1 with the sign `CAD`;" in ran.text


# --- the same facts by every program ----------------------------------------------------------

HOME = ZoneInfo("America/New_York")
HOLDS = "Confidential Information - Do Not Distribute"


@dataclass(frozen=True)
class Hand:
    """How a program writes ids (of leads, and of leads in activities), times, yes and no, a blank, and amounts."""

    ids: tuple[str, str] = ("L{n}", "L{n}")
    time: str = "%Y-%m-%d %H:%M:%S"
    utc: bool = False
    words: tuple[str, str] = ("true", "false")
    blank: str = ""
    price: str = "{:.2f}"
    reads: Mapping[str, str | None] = field(default_factory=lambda: {"time_zone": "America/New_York"})
    footer: str = ""

    def at(self, local: datetime | None) -> str:
        if local is None:
            return self.blank
        return (local.astimezone(UTC) if self.utc else local).strftime(self.time)


SHORT, LONG = "00Qbm00000Orx{n:02}", "00Qbm00000Orx{n:02}EAB"
FOOT = f'"Total (20 records)"\n"{HOLDS}"\n'
AMERICAN = {"time_zone": "America/New_York", "date_order": "mdy"}
HANDS = {
    "csv": Hand(),
    "salesforce_report": Hand(
        (SHORT, LONG), "%m/%d/%Y, %I:%M %p", words=("1", "0"), blank="-", price="{:,.2f}",
        reads={**AMERICAN, "thousands": ","}, footer=FOOT,
    ),
    "salesforce_data_loader": Hand(
        (LONG, LONG), "%Y-%m-%dT%H:%M:%S.000Z", utc=True, price="{:.1f}", reads={"time_zone": None}
    ),
    "salesforce_backup": Hand((LONG, SHORT), utc=True, words=("1", "0"), reads={"time_zone": "UTC"}),
    "salesforce_api": Hand(
        (LONG, LONG), "%Y-%m-%dT%H:%M:%S.000+0000", utc=True, blank="[not provided]", reads={"time_zone": None}
    ),
    "salesforce_excel": Hand(
        (SHORT, SHORT), "%m/%d/%y %I:%M %p", words=("TRUE", "FALSE"), price="{:.0f}", reads=AMERICAN, footer=FOOT
    ),
    "hubspot": Hand(("80{n:02}", "80{n:02}"), "%Y-%m-%d %H:%M"),
    "pipedrive": Hand(("{n}", "{n}"), words=("Done", "To do"), price="{:.0f} USD"),
    "dynamics": Hand(words=("Yes", "No"), price="${:.2f}"),
    "zoho": Hand(("zcrm_41508680002510{n:02}", "41508680002510{n:02}"), blank="-None-", price="${:,.2f}"),
    "stage_log": Hand(words=("yes", "no")),
}  # fmt: skip


@dataclass(frozen=True)
class Deal:
    """What happened to one lead: when it came and was answered and called, whether it is won, its price and source."""

    start: datetime
    answered: datetime | None
    called: datetime | None
    won: bool
    price: int
    source: str

    @property
    def verdicts(self) -> dict[str, str]:
        """What is to be said of it, without any of what slacli knows: every day is a working day from 9 to 17."""
        limit = timedelta(hours=4)
        found = {
            name: "met" if end is not None and end - self.start <= limit else "late"
            for name, end in (("answer", self.answered), ("call", self.called))
        }
        return {**found, "good": "met" if self.won and self.price >= 2000 and self.source else "missed"}


def happened() -> list[Deal]:
    start = datetime(2026, 6, 8, 10, 0, tzinfo=HOME)
    deals = []
    for n in range(20):
        came = start + timedelta(days=n % 5 + 7 * (n // 10))
        answered = None if n % 7 == 3 else came + timedelta(hours=1 + 5 * (n % 2), minutes=n)
        called = None if n % 4 == 1 else came + timedelta(hours=6 - 5 * (n % 3 == 0), minutes=n)
        deals.append(Deal(came, answered, called, n % 3 != 2, 500 * n, "" if n % 5 == 4 else "Web"))
    return deals


def written_by(world: Any, dialect: str) -> World:
    """Write what happened as a program does, and bind it by the headers that its dialect knows."""
    hand, facts = HANDS[dialect], DIALECTS[dialect].facts
    clock = {"within": "4 business hours", "target": "90%"}
    must = {"owed_by": "marketing", "owed_to": "sdr", "covers": "lead", "target": "90%"}
    made: World = world(
        answer=duty(**clock),
        call=duty(**clock, stops=["touch"]),
        good={**must, "must": "won and price >= 2000 and source is not blank"},
    )
    headers = {
        name: facts.get(fact, (title,))[0]
        for name, fact, title in (
            ("lead_id", "record_id", "Key"), ("created_at", "created_at", "Created"), ("source", "source", "Source"),
            ("price", "amount", "Price"), ("region", "", "Sales region"), ("started_at", "", "Handed over"),
            ("answered_at", "", "Answered"), ("won", "", "Is won"),
        )
    }  # fmt: skip
    more = {"price": {"type": "money"}, "won": {"type": "yes_no"}}
    made.patched("definitions.yaml", {"records": {"lead": {"fields": more}}})
    reads = {"dialect": dialect, **hand.reads}
    for name in ("leads", "activities"):
        made.patched(f"bindings/{name}.yaml", {"columns": None}).reads(name, **reads)
    made.patched("bindings/leads.yaml", {"matches": list(headers.values()), "columns": headers})
    columns = {"activity_id": "Activity key", "lead_ref": "About", "at": "Call time", "by": "Caller"}
    made.patched("bindings/activities.yaml", {"matches": list(columns.values()), "columns": columns})
    leads, calls = [], []
    for n, deal in enumerate(happened()):
        lead = {
            "lead_id": hand.ids[0].format(n=n), "created_at": hand.at(deal.start), "source": deal.source or hand.blank,
            "price": hand.price.format(deal.price), "region": "AMER", "started_at": hand.at(deal.start),
            "answered_at": hand.at(deal.answered), "won": hand.words[not deal.won],
        }  # fmt: skip
        leads.append({headers[name]: text for name, text in lead.items()})
        if deal.called is not None:
            call = {"lead_ref": hand.ids[1].format(n=n), "at": hand.at(deal.called), "by": "ann"}
            calls.append({columns[name]: text for name, text in {"activity_id": f"A{n}", **call}.items()})
    last = datetime(2026, 6, 30, 16, tzinfo=HOME)
    calls.append({"Activity key": "last", "About": "nobody", "Call time": hand.at(last), "Caller": "ann"})
    made.write("leads.csv", tuple(headers.values()), leads).write("activities.csv", tuple(columns.values()), calls)
    for name in ("leads.csv", "activities.csv"):
        path = made.folder / name
        path.write_text(path.read_text("utf-8") + hand.footer, "utf-8")
    return made


def test_every_dialect_is_written_by_some_hand() -> None:
    assert list(HANDS) == list(DIALECTS)
    assert {word for deal in happened() for word in deal.verdicts.values()} == {"met", "late", "missed"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_same_facts_get_the_same_verdicts_in_every_dialect(world: Any, dialect: str) -> None:
    made = written_by(world, dialect)
    found = made.report("--as-of", "2026-06-30")
    ids = DIALECTS[dialect].ids
    keys = {dialects.long_id(HANDS[dialect].ids[0].format(n=n), ids): n for n in range(20)}
    verdicts = {(keys[row["key"]], row["duty"]): row["outcome"] for row in made.rows("--as-of", "2026-06-30")}
    expected = {(n, name): said for n, deal in enumerate(happened()) for name, said in deal.verdicts.items()}
    assert verdicts == expected
    leads, activities = found["files"]
    cut = 2 if HANDS[dialect].footer else 0
    assert (leads["rows"]["judged"], leads["rows"]["cut"], activities["orphans"]) == (20, cut, 1)
    told = {one["rule"] for one in found["findings"]}
    assert not told & {"unreadable-values", "value-not-listed", "repeated-keys", "nothing-joins"}
