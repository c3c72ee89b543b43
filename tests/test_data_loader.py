"""The Data Loader's own test files are read as their names say: dates with a zone, without one, and escaped quotes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from exports import AT, Asked, engine, typed
from reference import Odd, When

from slacli.adapters.engines import Engine
from slacli.model import Column, DateOrder, Field, Reads

PLACE = Path(__file__).parent.parent.parent / "shared" / "data" / "salesforce" / "dataloader"
TOKYO, NEW_YORK = "Asia/Tokyo", "America/New_York"

pytestmark = pytest.mark.skipif(not PLACE.exists(), reason="optional test data are not here")


@pytest.fixture(scope="module")
def opened() -> Iterator[Engine]:
    with engine() as one:
        yield one


def cells(name: str, header: str) -> list[str]:
    with (PLACE / name).open(encoding="utf-8", newline="") as file:
        return [row[header] for row in csv.DictReader(file)]


def read(opened: Engine, folder: Path, texts: list[str], zone: str, order: DateOrder | None = None) -> list[object]:
    """Give what becomes of texts as times, where the binding names a zone for those that name none."""
    asked = [Asked(Field("x", "time", AT), texts, Column("x", ("x",), AT))]
    return moments([one.value for one in typed(opened, folder, asked, Reads(time_zone=zone, date_order=order))[0]])


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


def moments(found: list[object]) -> list[int | str]:
    return [one.low if isinstance(one, When) else str(one.why) if isinstance(one, Odd) else repr(one) for one in found]


@pytest.mark.parametrize("header", ["DATE", "DATE_ONLY"])
def test_a_date_that_ends_in_z_is_in_utc_whatever_the_binding_says(opened: Engine, tmp_path: Path, header: str) -> None:
    for zone in (TOKYO, NEW_YORK):
        assert read(opened, tmp_path, cells("dateEndingInZ.csv", header), zone) == [at("2010-10-14T12:00:00+00:00")]


def test_a_date_without_a_zone_has_that_of_the_binding(opened: Engine, tmp_path: Path) -> None:
    texts = cells("dateUsingDefaultTimeZone.csv", "DATE")
    assert read(opened, tmp_path, texts, TOKYO) == [at("2010-10-14T12:00:00+09:00")]
    assert read(opened, tmp_path, texts, NEW_YORK) == [at("2010-10-14T12:00:00-04:00")]


def test_dates_with_and_without_a_zone_are_each_read_as_they_say(opened: Engine, tmp_path: Path) -> None:
    found = read(opened, tmp_path, cells("dateOnlyWithTimeZone.csv", "DATE_ONLY"), TOKYO)
    assert found == [at("2010-10-14T00:00:00+00:00"), at("2010-10-14T00:00:00+09:00")]


def test_two_zones_in_one_date_are_no_date(opened: Engine, tmp_path: Path) -> None:
    # `Z-0300` says two things, and nobody knows which one was meant.
    assert read(opened, tmp_path, cells("dateWithTimeZone.csv", "DATE"), TOKYO) == ["unreadable", "unreadable"]


def test_dates_of_every_form_with_a_zone_are_read(opened: Engine, tmp_path: Path) -> None:
    names = cells("timeZoneFormatTesting.csv", "Name")
    found = read(opened, tmp_path, cells("timeZoneFormatTesting.csv", "Date"), TOKYO, "mdy")
    assert dict(zip(names, found, strict=True)) == {
        "A": at("2009-07-15T02:14:45+08:00"),
        "B": at("2009-07-13T22:14:45-08:00"),
        "C": at("2009-07-14T14:14:45+02:00"),
        "D": at("2009-07-14T22:14:45+08:00"),
        "E": at("2009-07-14T02:14:45-08:00"),
        "F": at("2009-07-14T14:14:45+02:00"),
        "AT": at("2009-07-15T02:14:45+08:00"),
        "BT": at("2009-07-13T22:14:45-08:00"),
        "CT": at("2009-07-14T14:14:45+02:00"),
        "DT": at("2009-07-14T22:14:45+08:00"),
        "ET": at("2009-07-14T02:14:45-08:00"),
        "FT": at("2009-07-14T14:14:45+02:00"),
    }


def test_dates_that_the_vendor_calls_errors_are_unreadable(opened: Engine, tmp_path: Path) -> None:
    names = cells("timeZoneFormatTestingWithErrors.csv", "Name")
    found = read(opened, tmp_path, cells("timeZoneFormatTestingWithErrors.csv", "Date"), TOKYO, "mdy")
    by_name = dict(zip(names, found, strict=True))
    assert by_name["D"] == by_name["E"] == "unreadable"
    assert by_name["B"] == at("2009-07-13T22:14:45-08:00")


def test_quotes_within_quotes_are_one(tmp_path: Path) -> None:
    assert cells("csvEscapedQuotes.csv", "column1") == ['"The Best" Account', 'The "Best" Account']
