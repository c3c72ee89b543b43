"""The programs that write exports, as one table: how each tells itself, and what it leaves unsaid in its files.

It knows the headers of vendors and what they mean, so that nothing else has to. A binding wins over its dialect in
all that it says itself. What nobody has yet seen in a real file stands in `unseen`: an option to offer, never to take.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from slacli.model import Contract, DateOrder
from slacli.values import dataclass

Ids = Literal["plain", "salesforce", "zoho"]

ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

SIGNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AUD": ("A$", "AU$"), "BRL": ("R$",), "CAD": ("CA$", "C$"), "CHF": ("Fr.", "SFr."), "CZK": ("K\u010d",),
        "EUR": ("\u20ac",), "GBP": ("\u00a3",), "HKD": ("HK$",), "HUF": ("Ft",), "ILS": ("\u20aa",), "INR": ("\u20b9",),
        "JPY": ("JP\u00a5", "\u00a5"), "KRW": ("\u20a9",), "MXN": ("MX$",), "NGN": ("\u20a6",), "NZD": ("NZ$",),
        "PHP": ("\u20b1",), "PLN": ("z\u0142",), "RUB": ("\u20bd",), "SGD": ("S$",), "THB": ("\u0e3f",),
        "TRY": ("\u20ba",), "TWD": ("NT$",), "UAH": ("\u20b4",), "USD": ("$", "US$"), "VND": ("\u20ab",),
        "ZAR": ("R",),
    }
)  # fmt: skip
"""The signs by which amounts of a currency are told, beside its code; one that several currencies share is of one."""


@dataclass(frozen=True, slots=True)
class Family:
    """Columns of which each is about one stage: what they hold, and how such a header names stage and pipeline."""

    fact: str
    pattern: str

    def read(self, header: str) -> tuple[str, str] | None:
        """Give the stage and the pipeline (empty where none is named) of a header, or None where it is another."""
        found = re.fullmatch(self.pattern, tidy(header), re.IGNORECASE)
        return (found["stage"], found.groupdict().get("pipeline") or "") if found else None


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a program's exports have in common.

    `told_by` holds groups of headers: a file with all headers of any group is of this dialect. `zone` is the one that
    the vendor fixes for its times, and None where it must be asked. `stamps` shows how its times look. `facts` leads
    from what people need to know of a row to the headers that hold it, the likeliest first. `unseen` are those of the
    headers that no real file has confirmed.
    """

    id: str
    title: str
    told_by: tuple[tuple[str, ...], ...] = ()
    true_words: tuple[str, ...] = ("true", "1", "yes")
    false_words: tuple[str, ...] = ("false", "0", "no")
    missing: tuple[str, ...] = ()
    zone: str | None = None
    date_order: DateOrder | None = None
    thousands: str = ""
    decimal: str = "."
    footer: bool = False
    ids: Ids = "plain"
    stamps: tuple[str, ...] = ()
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    unseen: frozenset[str] = frozenset()
    families: tuple[Family, ...] = ()

    def is_told_by(self, headers: Iterable[str]) -> bool:
        """Tell whether a file with these headers shows that it is of this dialect."""
        there = {normal(header) for header in headers}
        return any(all(normal(header) in there for header in group) for group in self.told_by)

    def facts_of(self, headers: Iterable[str]) -> dict[str, str]:
        """Give for each fact that a file holds the header that holds it, as the file writes it."""
        there = {normal(header): header for header in reversed(list(headers))}
        found = {}
        for fact, aliases in self.facts.items():
            header = next((there[normal(alias)] for alias in aliases if normal(alias) in there), None)
            if header is not None:
                found[fact] = header
        return found

    def is_unseen(self, header: str) -> bool:
        """Tell whether no real file has confirmed what a header means."""
        return normal(header) in {normal(one) for one in self.unseen}

    def stages_of(self, headers: Iterable[str]) -> Iterator[tuple[str, str, str, str]]:
        """Give the header, the fact, the stage and the pipeline of every column that is about one stage."""
        for header in headers:
            for family in self.families:
                read = family.read(header)
                if read is not None:
                    yield header, family.fact, *read
                    break


_QUOTES = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"')
)


def tidy(header: str) -> str:
    """Give a header without blanks around it and without marks that nobody sees, in composed form."""
    return unicodedata.normalize("NFC", header.replace("\u00a0", " ").replace("\ufeff", "")).strip()


def normal(header: str) -> str:
    """Give the form in which headers are compared: neither case nor blanks count, and all quotes are alike."""
    return "".join(tidy(header).translate(_QUOTES).casefold().split())


def forms(contract: Contract) -> dict[tuple[str, str], Ids]:
    """Give the form of every field, by record and field, by which rows name themselves and each other.

    Fields that are compared have one form, whichever export either stands in: a table of one's own that names leads
    of Salesforce holds ids of Salesforce. Only fields with a form of their own are given.
    """
    told: dict[tuple[str, str], Ids] = {}
    for binding in contract.bindings.values():
        form = DIALECTS[binding.reads.dialect].ids
        if form != "plain":
            told |= {(binding.record, name): form for name in binding.columns}
    if not told:
        return {}
    found: dict[tuple[str, str], Ids] = {}
    for group in _compared(contract):
        known = [told[one] for one in sorted(group) if one in told]
        if known:
            found |= dict.fromkeys(group, known[0])
    return found


def _compared(contract: Contract) -> list[set[tuple[str, str]]]:
    """Give the groups of fields of which the values are compared to tell rows apart and to join them."""
    groups: list[set[tuple[str, str]]] = []
    for record in contract.records.values():
        joins = {one.joins_on for one in contract.bindings.values() if one.record == record.id}
        groups += [{(record.id, name)} for name in {record.key, *joins} if name is not None]
        groups += [{(record.id, record.key), (record.id, name)} for name in record.merges if record.key is not None]
        groups += [{(record.id, link.field), (link.parent, link.parent_field)} for link in record.links]
    whole: list[set[tuple[str, str]]] = []
    for group in groups:
        apart = [one for one in whole if not one & group]
        whole = [*apart, group.union(*(one for one in whole if one & group))]
    return whole


def form_of_people(contract: Contract) -> Ids:
    """Give the form in which people are looked up, by all fields that name somebody."""
    agreed = contract.people
    named = {
        (binding.record, name): DIALECTS[binding.reads.dialect].ids
        for binding in contract.bindings.values()
        for name in binding.columns
    }
    asked = {
        (record.id, one.id)
        for record in contract.records.values()
        for one in record.fields.values()
        if one.person or (agreed is not None and (record.id, one.id) == (agreed.record, agreed.key))
    }
    return next((form for one, form in sorted(named.items()) if one in asked and form != "plain"), "plain")


def long_id(text: str, ids: Ids) -> str:
    """Give an id in the form in which rows of one program name each other.

    An id of Salesforce has 15 characters that count by their case, and in its long form three more that say which of
    them are capitals. Ids of Zoho have a prefix in some exports and none in others.
    """
    if ids == "zoho" and re.fullmatch("zcrm_[0-9]+", text):
        return text[5:]
    if ids == "salesforce" and re.fullmatch("(?=.*[0-9])[A-Za-z0-9]{15}", text):
        groups = (text[first : first + 5] for first in (0, 5, 10))
        return text + "".join(ID_LETTERS[sum(one.isupper() << at for at, one in enumerate(group))] for group in groups)
    return text


# --- the table --------------------------------------------------------------------------------


def _facts(**headers: str | tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({fact: (one,) if isinstance(one, str) else one for fact, one in headers.items()})


_NOT_PROVIDED = "[not provided]"

_SALESFORCE_NAMES = _facts(
    record_id="Id",
    merged_into="MasterRecordId",
    deleted="IsDeleted",
    owner=("OwnerId", "Owner.Name"),
    created_at="CreatedDate",
    modified_at=("LastModifiedDate", "SystemModstamp"),
    status="Status",
    converted="IsConverted",
    converted_at="ConvertedDate",
    converted_contact_id="ConvertedContactId",
    converted_deal_id="ConvertedOpportunityId",
    lead_id="LeadId",
    deal_id="OpportunityId",
    account_id="AccountId",
    who_id="WhoId",
    what_id="WhatId",
    touch_at=("CompletedDateTime", "ActivityDate"),
    last_touch_at="LastActivityDate",
    channel=("TaskSubtype", "Type"),
    subject="Subject",
    stage="StageName",
    field="Field",
    old_value="OldValue",
    new_value="NewValue",
    changed_by="CreatedById",
    amount="Amount",
    currency="CurrencyIsoCode",
    closed_at="CloseDate",
    closed="IsClosed",
    won="IsWon",
    source="LeadSource",
    region="Country",
    email="Email",
    phone="Phone",
    company="Company",
    name="Name",
    first_name="FirstName",
    last_name="LastName",
    title="Title",
)
_SALESFORCE_NAMES_UNSEEN = frozenset({"CompletedDateTime", "CurrencyIsoCode"})
_SALESFORCE_GROUPS = (
    ("Id", "IsDeleted"),
    ("Id", "OwnerId", "CreatedDate"),
    ("Id", "LeadSource", "Status"),
    ("Id", "StageName", "CloseDate"),
    ("Id", "WhoId", "WhatId"),
    ("Id", "WhoId", "ActivityDate"),
    ("OpportunityId", "StageName", "CreatedDate"),
    ("Field", "OldValue", "NewValue", "CreatedById"),
)
_SALESFORCE_LABELS = _facts(
    record_id=("Lead ID", "Opportunity ID", "Activity ID (18 Char)", "Activity ID", "Contact ID", "User ID"),
    owner=("Lead Owner", "Opportunity Owner", "Assigned", "Lead Owner Alias", "Contact Owner"),
    created_at=("Create Date", "Created Date"),
    modified_at=("Last Modified", "Last Modified Date"),
    status=("Lead Status", "Status"),
    converted="Converted",
    converted_at="Converted Date",
    lead_id=("Lead ID", "Lead"),
    deal_id="Opportunity ID",
    account_id="Account ID",
    touch_at="Date",
    channel=("Task Subtype", "Activity Type", "Call Type"),
    subject="Subject",
    stage=("Stage", "To Stage"),
    stage_entered_at=("Edit Date", "Last Modified"),
    field="Field / Event",
    old_value=("Old Value", "From Stage"),
    new_value=("New Value", "To Stage"),
    changed_by="Edited By",
    changed_at="Edit Date",
    amount=("Amount", "Total Amount"),
    currency=("Amount Currency", "Total Amount Currency"),
    closed_at="Close Date",
    source="Lead Source",
    region="Country",
    email="Email",
    phone="Phone",
    company=("Company / Account", "Account Name"),
    name=("Lead Name", "Opportunity Name"),
    first_name="First Name",
    last_name="Last Name",
    title="Title",
)
_SALESFORCE_LABELS_UNSEEN = frozenset({"Lead ID", "Create Date", "Converted", "Converted Date", "Country", "User ID"})
_SALESFORCE_LABEL_GROUPS = (
    ("Lead Owner", "Company / Account"),
    ("Lead Owner", "Lead Status"),
    ("Lead ID", "Lead Status"),
    ("Lead ID", "Lead Source"),
    ("Opportunity Owner", "Opportunity Name"),
    ("Opportunity ID", "From Stage", "To Stage"),
    ("Field / Event", "Old Value", "New Value", "Edit Date"),
    ("Assigned", "Activity ID"),
    ("Assigned", "Task Subtype"),
)

_QUOTE = "[\"'\u2018\u2019\u201c\u201d\u201e]"
_HUBSPOT_FAMILIES = tuple(
    Family(fact, pattern)
    for fact, words, internal in (
        ("stage_entered_at", "Date entered", "date_entered"),
        ("stage_left_at", "Date exited", "date_exited"),
        ("stage_latest_time", "Latest time in", "latest_time_in"),
        ("stage_total_time", "Cumulative time in", "cumulative_time_in"),
    )
    for pattern in (
        rf"{words} +{_QUOTE}(?P<stage>.+?)(?: *\((?P<pipeline>[^()]+)\))?{_QUOTE}",
        rf"hs_v2_{internal}_(?P<stage>.+)",
    )
)

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        one.id: one
        for one in (
            Dialect(id="csv", title="a plain table"),
            Dialect(
                id="salesforce_report",
                title="a Salesforce report",
                told_by=_SALESFORCE_LABEL_GROUPS,
                missing=("-", _NOT_PROVIDED),
                footer=True,
                ids="salesforce",
                stamps=("3/4/2025, 10:22 AM", "3/4/2025"),
                facts=_SALESFORCE_LABELS,
                unseen=_SALESFORCE_LABELS_UNSEEN,
            ),
            Dialect(
                id="salesforce_data_loader",
                title="a Salesforce Data Loader export",
                told_by=_SALESFORCE_GROUPS,
                missing=(_NOT_PROVIDED,),
                zone="UTC",
                date_order="ymd",
                ids="salesforce",
                stamps=("2006-06-15T20:47:07.000Z", "2005-11-09"),
                facts=_SALESFORCE_NAMES,
                unseen=_SALESFORCE_NAMES_UNSEEN,
            ),
            Dialect(
                id="salesforce_backup",
                title="a Salesforce weekly data export",
                told_by=_SALESFORCE_GROUPS,
                missing=(_NOT_PROVIDED,),
                date_order="ymd",
                ids="salesforce",
                stamps=("2026-02-24 09:15:00", "2026-02-24"),
                facts=_SALESFORCE_NAMES,
                unseen=_SALESFORCE_NAMES_UNSEEN,
            ),
            Dialect(
                id="salesforce_api",
                title="an export by a tool on the Salesforce API",
                told_by=(("Id", "Owner.Name"), *_SALESFORCE_GROUPS),
                missing=(_NOT_PROVIDED,),
                zone="UTC",
                date_order="ymd",
                ids="salesforce",
                stamps=("2024-01-22T20:36:47.000+0000", "2023-03-29"),
                facts=_SALESFORCE_NAMES,
                unseen=_SALESFORCE_NAMES_UNSEEN,
            ),
            Dialect(
                id="salesforce_excel",
                title="a Salesforce export that was saved again in Excel",
                told_by=(*_SALESFORCE_GROUPS, *_SALESFORCE_LABEL_GROUPS),
                missing=("-", _NOT_PROVIDED),
                footer=True,
                ids="salesforce",
                stamps=("02/23/26 08:55 PM", "02/24/26"),
                facts=MappingProxyType(
                    {
                        fact: tuple(
                            {
                                normal(header): header
                                for header in _SALESFORCE_LABELS.get(fact, ()) + _SALESFORCE_NAMES.get(fact, ())
                            }.values()
                        )
                        for fact in (*_SALESFORCE_NAMES, *(f for f in _SALESFORCE_LABELS if f not in _SALESFORCE_NAMES))
                    }
                ),
                unseen=_SALESFORCE_NAMES_UNSEEN | _SALESFORCE_LABELS_UNSEEN,
            ),
            Dialect(
                id="hubspot",
                title="a HubSpot export",
                told_by=(
                    ("Record ID", "Lifecycle Stage"),
                    ("Record ID", "Contact owner"),
                    ("Record ID", "Company owner"),
                    ("Record ID", "Deal Stage"),
                    ("Record ID", "Deal owner"),
                    ("Record ID", "HubSpot Score"),
                    ("Record ID", "HubSpot Team"),
                    ("Contact ID", "Lifecycle Stage"),
                    ("hs_object_id",),
                    ("lifecyclestage", "createdate"),
                    ("dealstage", "pipeline"),
                    ("Datensatz-ID",),
                    ("ID de registro",),
                    ("Post-ID", "Företagsnamn"),
                ),
                stamps=("2024-03-12 09:14", "3/15/2024 2:30 PM"),
                facts=_facts(
                    record_id=("Record ID", "Contact ID", "hs_object_id", "Datensatz-ID", "ID de registro", "Post-ID"),
                    merged_ids=("Merged record IDs", "hs_merged_object_ids", "hs_calculated_merged_vids"),
                    owner=("Contact owner", "Deal owner", "Company owner", "hubspot_owner_id"),
                    owner_assigned_at=("Owner Assigned Date", "hubspot_owner_assigneddate"),
                    created_at=("Create Date", "Object create date/time", "hs_createdate"),
                    modified_at=("Last Modified Date", "hs_lastmodifieddate"),
                    status=("Lead Status", "hs_lead_status"),
                    lifecycle=("Lifecycle Stage"),
                    lead_at=("Became a Lead Date", "hs_lifecyclestage_lead_date"),
                    mql_at=("Became a Marketing Qualified Lead Date", "hs_lifecyclestage_marketingqualifiedlead_date"),
                    sql_at=("Became a Sales Qualified Lead Date", "hs_lifecyclestage_salesqualifiedlead_date"),
                    converted_at=("Became an Opportunity Date", "hs_lifecyclestage_opportunity_date"),
                    customer_at=("Became a Customer Date", "hs_lifecyclestage_customer_date"),
                    converted_deal_id=("Associated Deal IDs",),
                    contact_ids=("Associated Contact IDs",),
                    company_ids=("Associated Company IDs",),
                    last_touch_at=("Last Contacted", "notes_last_contacted"),
                    touch_count=("Number of times contacted", "Number of Sales Activities", "num_contacted_notes"),
                    stage=("Deal Stage"),
                    pipeline=("Pipeline",),
                    amount=("Amount",),
                    closed_at=("Close Date"),
                    loss_reason=("Closed Lost Reason", "closed_lost_reason"),
                    source=("Original Source", "Latest Source", "hs_analytics_source"),
                    region=("Country/Region", "Land/region", "country"),
                    email=("Email", "E-Mail", "Correo", "E-post"),
                    phone=("Phone Number", "phone"),
                    company=("Company Name", "Associated Company", "Företagsnamn"),
                    name=("Deal Name"),
                    first_name=("First Name", "Vorname", "Nombre", "Prénom"),
                    last_name=("Last Name", "Nachname", "Apellidos"),
                    title=("Job Title"),
                    score=("HubSpot Score"),
                ),
                unseen=frozenset(
                    {
                        "hs_object_id",
                        "Datensatz-ID",
                        "ID de registro",
                        "Post-ID",
                        "Merged record IDs",
                        "hs_merged_object_ids",
                        "hs_calculated_merged_vids",
                        "Closed Lost Reason",
                        "closed_lost_reason",
                        "E-Mail",
                        "Correo",
                        "E-post",
                        "Vorname",
                        "Nombre",
                        "Prénom",
                        "Nachname",
                        "Apellidos",
                        "hs_createdate",
                        "hs_lastmodifieddate",
                        "notes_last_contacted",
                        "num_contacted_notes",
                        "hs_analytics_source",
                    }
                ),
                families=_HUBSPOT_FAMILIES,
            ),
            Dialect(
                id="pipedrive",
                title="a Pipedrive export",
                told_by=(
                    ("Deal - ID", "Deal - Title"),
                    ("Deal - Title", "Deal - Stage"),
                    ("Deal - ID", "Deal - Status"),
                    ("Activity - ID", "Activity - Type"),
                    ("Activity - Subject", "Activity - Done"),
                    ("Person - ID", "Person - Name"),
                    ("Lead - ID", "Lead - Title"),
                ),
                true_words=("true", "1", "yes", "done"),
                false_words=("false", "0", "no", "to do"),
                stamps=("2024-03-12 09:14:05", "2024-03-12"),
                facts=_facts(
                    record_id=("Deal - ID", "Activity - ID", "Person - ID", "Lead - ID"),
                    owner=("Deal - Owner", "Person - Owner", "Lead - Owner", "Activity - Assigned to user"),
                    created_at=("Deal - Deal created", "Deal - Deal created on", "Lead - Lead created"),
                    modified_at="Deal - Update time",
                    status="Deal - Status",
                    deal_id="Activity - Deal ID",
                    touch_at="Activity - Due date",
                    last_touch_at="Deal - Last activity date",
                    done="Activity - Done",
                    touch_count="Deal - Total activities",
                    channel="Activity - Type",
                    subject="Activity - Subject",
                    pipeline="Deal - Pipeline",
                    stage="Deal - Stage",
                    stage_entered_at="Deal - Last stage change",
                    amount="Deal - Value",
                    currency=("Deal - Currency", "Deal - Currency of Value"),
                    closed_at="Deal - Deal closed on",
                    won_at="Deal - Won time",
                    lost_at="Deal - Lost time",
                    loss_reason="Deal - Lost reason",
                    source="Deal - Source",
                    email="Person - Email",
                    company="Deal - Organization",
                    name="Deal - Title",
                ),
                unseen=frozenset(
                    {
                        "Person - ID",
                        "Person - Owner",
                        "Lead - ID",
                        "Lead - Owner",
                        "Lead - Lead created",
                        "Activity - Assigned to user",
                    }
                ),
            ),
            Dialect(
                id="dynamics",
                title="a Dynamics 365 export",
                told_by=(
                    ("(Do Not Modify) Lead",),
                    ("(Do Not Modify) Opportunity",),
                    ("(Do Not Modify) Row Checksum",),
                    ("(Do Not Modify) Modified On",),
                ),
                stamps=("2024-03-12 09:14:00",),
                facts=_facts(
                    record_id=("(Do Not Modify) Lead", "(Do Not Modify) Opportunity", "(Do Not Modify) Contact"),
                    owner="Owner",
                    created_at="Created On",
                    modified_at="(Do Not Modify) Modified On",
                    status="Status Reason",
                    amount="Est. Revenue",
                    closed_at="Actual Close Date",
                    source="Lead Source",
                    region="Country",
                    email="Email",
                    phone="Business Phone",
                    company="Company Name",
                    name=("Subject", "Topic", "Full Name"),
                    first_name="First Name",
                    last_name="Last Name",
                    title="Job Title",
                ),
                unseen=frozenset(
                    {"Owner", "Created On", "Status Reason", "Est. Revenue", "Actual Close Date", "Topic"}
                    | {"(Do Not Modify) Opportunity", "(Do Not Modify) Contact"}
                ),
            ),
            Dialect(
                id="zoho",
                title="a Zoho CRM export",
                told_by=(
                    ("Record Id", "Lead Owner.id"),
                    ("Record Id", "Created By.id"),
                    ("LEADID", "Lead Status"),
                    ("LEADID", "Lead Owner"),
                    ("Lead Owner.id", "Is Converted"),
                    ("LEADID", "Closing Date"),
                    ("TASKID", "Call Start Time"),
                    ("Task Owner", "Modified Time"),
                ),
                missing=("-None-",),
                thousands=",",
                ids="zoho",
                stamps=("2026-08-28 10:00:00",),
                facts=_facts(
                    record_id=("Record Id", "LEADID", "TASKID"),
                    owner=("Lead Owner", "Lead Owner.id", "Task Owner"),
                    created_at="Created Time",
                    modified_at="Modified Time",
                    status=("Lead Status", "Status"),
                    converted=("Is Converted", "CONVERTED"),
                    converted_contact_id="Converted Contact.id",
                    converted_account_id="Converted Account.id",
                    lead_id=("LEADID", "Subject.id"),
                    touch_at="Call Start Time",
                    last_touch_at="Last Activity Time",
                    stage=("Stage", "Moved To"),
                    amount="Amount",
                    closed_at="Closing Date",
                    source="Lead Source",
                    region="Country",
                    email="Email",
                    phone="Phone",
                    company="Company",
                    name="Lead Name",
                    first_name="First Name",
                    last_name="Last Name",
                ),
            ),
            Dialect(
                id="stage_log",
                title="a log of stages",
                told_by=(
                    ("record_id", "event", "at"),
                    ("deal_id", "stage", "date_entered"),
                    ("lead_id", "stage", "date_entered"),
                ),
                date_order="ymd",
                stamps=("2026-08-28 10:00:00", "2026-08-28"),
                facts=_facts(
                    record_id=("record_id", "deal_id", "lead_id"),
                    stage=("to", "stage"),
                    old_value="from",
                    new_value=("to", "stage"),
                    stage_entered_at=("at", "date_entered"),
                    changed_by="actor",
                    amount="amount",
                ),
            ),
        )
    }
)


def told(headers: Iterable[str]) -> tuple[Dialect, ...]:
    """Give the dialects that a file with these headers may be of, the likeliest first; none where nothing tells.

    Some dialects share their headers, and only values tell those apart: then each of them is given.
    """
    listed = list(headers)
    found = [one for one in DIALECTS.values() if one.is_told_by(listed)]
    return tuple(sorted(found, key=lambda one: -len(one.facts_of(listed))))
