"""`slacli calendar`: what it proposes, what it leaves out, and that it only ever adds to holidays.yaml."""

from __future__ import annotations

import json
import shutil
import socket
from datetime import date
from pathlib import Path
from typing import NoReturn

import pytest
import yaml
from commands import slacli
from hypothesis import given
from hypothesis import strategies as st

from slacli.adapters import countries
from slacli.core.text import additions, yamltext
from slacli.errors import CannotRun
from slacli.findings import Severity

ROOT = Path(__file__).parent.parent
RELEASE = countries.release()


@pytest.fixture
def agreement(tmp_path: Path) -> Path:
    """Give a folder with the reference contract in it."""
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    return tmp_path


def days_of(folder: Path, name: str) -> dict[str, str]:
    read = yaml.load((folder / "contracts" / "holidays.yaml").read_text("utf-8"), yaml.BaseLoader)
    closed: dict[str, str] = read[name]["closed"]
    return closed


# --- what is proposed -------------------------------------------------------------------------


def test_a_proposal_is_a_block_for_holidays_yaml(agreement: Path) -> None:
    ran = slacli("calendar", "US", "2026..2028", folder=agreement)
    assert ran.code == 0
    assert (
        ran.out
        == f"""\
# Public holidays of United States, 2026 to 2028, by the package `holidays` {RELEASE}. It is never asked
# when data is judged: look them through, and take out the days on which you work.
# Parts of the country may have more: `--subdivision` AK, AL, AR, AS, AZ, CA, CO, CT, DC, DE, FL,
# GA, GU, HI, IA, ID and 41 more.
# Left out: 21 days that `new_york` does not cover (it covers 2026-11-01 to 2027-12-31, and nothing
# of 2028).
# Left out: 3 days on which `new_york` is closed every week.
# Left out: 10 days that `new_york` has in holidays.yaml already.
new_york:
  closed:
    2026-11-11: Veterans Day
    2027-06-18: Juneteenth National Independence Day (observed)
    2027-10-11: Columbus Day
    2027-11-11: Veterans Day
    2027-12-31: New Year's Day (observed)
"""
    )


def test_without_write_no_file_changes(agreement: Path) -> None:
    before = {path: path.read_bytes() for path in agreement.rglob("*") if path.is_file()}
    slacli("calendar", "US", "2027", folder=agreement)
    assert {path: path.read_bytes() for path in agreement.rglob("*") if path.is_file()} == before


def test_a_proposal_as_json(agreement: Path) -> None:
    ran = slacli("calendar", "gbr", "2027", "--subdivision", "Scotland", "--format", "json", folder=agreement)
    assert json.loads(ran.out) == {
        "format": "slacli-calendar/1",
        "calendar": "london",
        "country": "GB",
        "subdivision": "SCT",
        "years": {"from": 2027, "to": 2027},
        "package": {"name": "holidays", "version": RELEASE},
        "days": [
            {"day": "2027-01-04", "name": "New Year Holiday (observed)"},
            {"day": "2027-08-02", "name": "Summer Bank Holiday"},
            {"day": "2027-11-30", "name": "Saint Andrew's Day"},
        ],
        "left_out": {
            "closed": ["2027-01-02", "2027-12-25", "2027-12-26"],
            "outside": [],
            "known": ["2027-01-01", "2027-03-26", "2027-05-03", "2027-05-31", "2027-12-27", "2027-12-28"],
        },
        "written": False,
    }


def test_what_there_is_to_say_when_nothing_is_missing(agreement: Path) -> None:
    slacli("calendar", "GB", "2027", "--write", folder=agreement)
    again = slacli("calendar", "GB", "2027", folder=agreement)
    assert again.code == 0
    assert again.out.endswith("# Nothing to add to `london`.\n")
    assert yaml.safe_load(again.out) is None


def test_a_calendar_is_named_where_its_zone_does_not_tell(agreement: Path) -> None:
    ran = slacli("calendar", "Germany", "2027", "--for", "london", folder=agreement)
    assert "    2027-05-17: Pentecost Monday\n" in ran.out
    assert ran.out.startswith("# Public holidays of Germany, 2027, by the package")


def test_a_zone_has_other_names(agreement: Path) -> None:
    cover = agreement / "contracts" / "contract.yaml"
    calendar = "  new_york:\n    time_zone: "
    text = cover.read_text("utf-8").replace(f"{calendar}America/New_York", f"{calendar}US/Eastern")
    cover.write_text(text, encoding="utf-8")
    assert "new_york:\n" in slacli("calendar", "US", "2027", folder=agreement).out


def test_names_do_not_depend_on_the_language_of_the_machine(agreement: Path) -> None:
    asked = ("calendar", "DE", "2027", "--for", "london")
    plain = slacli(*asked, folder=agreement)
    german = slacli(*asked, folder=agreement, env={"LANGUAGE": "de", "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"})
    assert german.out == plain.out


def test_no_network_is_asked(agreement: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    assert slacli("calendar", "JP", "2027", "--for", "london", folder=agreement).code == 0


# --- what cannot be proposed ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "what", "help"),
    [
        (("Germny", "2027"), "`Germny` is no country that the package `holidays` knows", "did you mean `Germany`?"),
        (("Xyzzyland", "2027"), "`Xyzzyland` is no country that the package `holidays` knows",
         "write a code of two letters such as `US`, or a name like `Germany`"),
        (("US", "27"), "`27` is no year and no stretch of years", "write `2026`, or `2026..2028`"),
        (("US", "2028..2026"), "the years `2028..2026` end before they begin", "write `2026..2028`"),
        (("US", "2027", "--subdivision", "Texs"),
         "`Texs` is no part of United States that the package `holidays` knows", "did you mean `Texas`?"),
        (("GB", "2027", "--subdivision", "Q"), "`Q` is no part of United Kingdom that the package `holidays` knows",
         "known: `ENG`, `NIR`, `SCT` and `WLS`"),
        (("JP", "2027", "--subdivision", "Q"), "the package knows no parts of Japan", "leave out `--subdivision`"),
        (("DE", "2027"), "no calendar of the contract lies in a time zone of Germany",
         "say with `--for` which calendar is meant: `new_york` or `london`"),
        (("DE", "2027", "--for", "new_yrok"), "the contract has no calendar `new_yrok`", "did you mean `new_york`?"),
        (("DE", "2027", "--for", "paris"), "the contract has no calendar `paris`", "known: `new_york` and `london`"),
        (("DE", "2027", "--for", "local"), "`local` chooses between calendars and has no days of its own",
         "name a calendar with hours: `new_york` or `london`"),
        (("US", "2029"), "`new_york` covers the days from 2026-11-01 to 2027-12-31, and nothing of 2029",
         "let it cover those years, or ask for others"),
        (("US", "2200"),
         "the package `holidays` knows the holidays of United States from 1777 to 2100, and not of 2200",
         "ask for years that it knows"),
    ],
)  # fmt: skip
def test_what_cannot_be_proposed(arguments: tuple[str, ...], what: str, help: str, agreement: Path) -> None:
    ran = slacli("calendar", *arguments, folder=agreement)
    assert ran.err == f"could not run: {what}\n  help: {help}\n"
    assert ran.code == 2


def test_two_calendars_in_one_country_are_told_apart_by_name(agreement: Path) -> None:
    cover = agreement / "contracts" / "contract.yaml"
    boston = '  boston: {time_zone: US/Eastern, hours: {mon-fri: "09:00-17:00"}, covers: 2026-11-01..2027-12-31}\n'
    cover.write_text(cover.read_text("utf-8").replace("  london:\n", f"{boston}  london:\n"), encoding="utf-8")
    ran = slacli("calendar", "US", "2027", folder=agreement)
    assert ran.err == (
        "could not run: `new_york` and `boston` lie in a time zone of United States\n"
        "  help: say with `--for` which calendar is meant: `new_york` or `boston`\n"
    )


def test_a_contract_with_errors_is_not_written_to(agreement: Path) -> None:
    path = agreement / "contracts" / "holidays.yaml"
    path.write_text(path.read_text("utf-8") + "paris:\n  closed: {2027-05-01: Labour Day}\n", encoding="utf-8")
    before = path.read_bytes()
    ran = slacli("calendar", "US", "2027", "--write", folder=agreement)
    assert ran.code == 2
    assert "the contract has errors" in ran.err
    assert path.read_bytes() == before


# --- what is written --------------------------------------------------------------------------


def test_write_adds_the_missing_days_in_their_place_and_keeps_the_rest(agreement: Path) -> None:
    path = agreement / "contracts" / "holidays.yaml"
    before = path.read_text("utf-8")
    ran = slacli("calendar", "US", "2026..2027", "--write", folder=agreement)
    assert ran.code == 0
    assert ran.out.startswith("""\
added 5 closed days to `new_york` in contracts/holidays.yaml
  Wed 2026-11-11  Veterans Day
  Fri 2027-06-18  Juneteenth National Independence Day (observed)
""")
    after = path.read_text("utf-8")
    added = """\
    2026-11-11: Veterans Day
    2027-06-18: Juneteenth National Independence Day (observed)
    2027-10-11: Columbus Day
    2027-11-11: Veterans Day
    2027-12-31: New Year's Day (observed)
""".splitlines(keepends=True)
    assert [line for line in after.splitlines(keepends=True) if line not in added] == before.splitlines(keepends=True)
    assert [*days_of(agreement, "new_york")] == sorted(days_of(agreement, "new_york"))
    assert slacli("validate", folder=agreement).code == 0
    assert f"by the package `holidays` {RELEASE}. It is never asked" in ran.out


def test_write_makes_the_file_where_there_is_none(agreement: Path) -> None:
    path = agreement / "contracts" / "holidays.yaml"
    path.unlink()
    ran = slacli("calendar", "GB", "2027", "--write", "--subdivision", "England", folder=agreement)
    assert "added 8 closed days to `london`" in ran.out
    assert path.read_text("utf-8").startswith(
        "# yaml-language-server: $schema=../schemas/holidays.schema.json\nlondon:\n  closed:\n    2027-01-01: "
    )
    assert slacli("validate", folder=agreement).code == 0


def test_writing_as_json_says_so(agreement: Path) -> None:
    asked = ("calendar", "US", "2027", "--write", "--format", "json")
    assert json.loads(slacli(*asked, folder=agreement).out)["written"] is True
    assert json.loads(slacli(*asked, folder=agreement).out)["written"] is False


# --- adding to a text -------------------------------------------------------------------------

TWO = additions.Proposal("office", {date(2027, 1, 1): "New Year's Day", date(2027, 12, 25): "Christmas Day: all"})

TEXTS = {
    "behind the day before it, comments with the day below them": (
        """\
# top
office:  # ours
  # the year begins
  closed:  # days off
    # a day of May
    2027-05-01: Labour Day  # one
    # after it
  open: {2027-12-24: "09:00-12:00"}
# end
""",
        """\
# top
office:  # ours
  # the year begins
  closed:  # days off
    2027-01-01: New Year's Day
    # a day of May
    2027-05-01: Labour Day  # one
    2027-12-25: "Christmas Day: all"
    # after it
  open: {2027-12-24: "09:00-12:00"}
# end
""",
    ),
    "days that are not in order": (
        'office:\n    closed:\n       2027-12-31: "Last"\n       "2027-05-01": Labour Day\n',
        ('office:\n    closed:\n       2027-01-01: New Year\'s Day\n       2027-12-31: "Last"\n'
        '       "2027-05-01": Labour Day\n       2027-12-25: "Christmas Day: all"\n'),
    ),
    "a name over several lines": (
        "office:\n  closed:\n    2027-05-01: >-\n      Labour\n      Day\n    2027-12-31: Last\n",
        ("office:\n  closed:\n    2027-01-01: New Year's Day\n    2027-05-01: >-\n      Labour\n      Day\n"
        '    2027-12-25: "Christmas Day: all"\n    2027-12-31: Last\n'),
    ),
    "days in braces": (
        "office:\n  closed: {2027-05-01: Labour Day, 2027-12-31: Last}\n",
        ('office:\n  closed: {2027-01-01: "New Year\'s Day", 2027-05-01: Labour Day, '
        '2027-12-25: "Christmas Day: all", 2027-12-31: Last}\n'),
    ),
    "braces over several lines": (
        "office: {\n  closed: {\n    2027-05-01: Labour Day,  # one\n  }\n}\n",
        ('office: {\n  closed: {2027-01-01: "New Year\'s Day",\n'
        '    2027-05-01: Labour Day, 2027-12-25: "Christmas Day: all",  # one\n  }\n}\n'),
    ),
    "a section with other hours alone": (
        'office:\n  # half\n  open:\n    2027-12-24: "09:00-12:00"\n',
        ("office:\n  closed:\n    2027-01-01: New Year's Day\n    2027-12-25: \"Christmas Day: all\"\n"
        '  # half\n  open:\n    2027-12-24: "09:00-12:00"\n'),
    ),
    "a section with other hours in braces": (
        'office: {open: {2027-12-24: "09:00-12:00"}}\n',
        ('office: {closed: {2027-01-01: "New Year\'s Day", 2027-12-25: "Christmas Day: all"}, '
        'open: {2027-12-24: "09:00-12:00"}}\n'),
    ),
    "no section": (
        "london:\n  closed:\n    2027-05-03: May\n# end\n\n",
        ("london:\n  closed:\n    2027-05-03: May\n# end\noffice:\n  closed:\n    2027-01-01: New Year's Day\n"
        '    2027-12-25: "Christmas Day: all"\n\n'),
    ),
    "no section and no line end": (
        "london: {closed: {2027-05-03: May}}",
        ("london: {closed: {2027-05-03: May}}\noffice:\n  closed:\n    2027-01-01: New Year's Day\n"
        '    2027-12-25: "Christmas Day: all"'),
    ),
    "no section in braces": (
        "{london: {closed: {2027-05-03: May}}}\n",
        ('{office: {closed: {2027-01-01: "New Year\'s Day", 2027-12-25: "Christmas Day: all"}}, '
        "london: {closed: {2027-05-03: May}}}\n"),
    ),
    "line ends of Windows": (
        "office:\r\n  closed:\r\n    2027-05-01: Labour Day\r\n",
        ("office:\r\n  closed:\r\n    2027-01-01: New Year's Day\r\n    2027-05-01: Labour Day\r\n"
        '    2027-12-25: "Christmas Day: all"\r\n'),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), TEXTS.values(), ids=TEXTS)
def test_days_are_added_to_a_text(before: str, after: str) -> None:
    assert additions.added(before.encode(), TWO) == after


def test_days_are_added_before_the_end_of_a_document_only_where_there_is_a_place_for_them() -> None:
    marked = "office:\n  closed:\n    2027-05-01: Labour Day\n...\n"
    assert additions.added(marked.encode(), TWO).endswith('    2027-12-25: "Christmas Day: all"\n...\n')


@pytest.mark.parametrize("text", ["london:\n  closed: {2027-05-01: May}\n...\n# end\n", "", "- office\n"])
def test_a_text_that_cannot_be_added_to_is_refused(text: str) -> None:
    with pytest.raises(CannotRun, match=r"holidays\.yaml") as stop:
        additions.added(text.encode(), TWO)
    assert stop.value.help == "leave out `--write`, and add the days by hand"


DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
NAMES = st.sampled_from(
    [
        "May Day",
        "no",
        "Day: all",
        "Day # 1",
        "St. John's",
        '"Quoted"',
        "1st of May",
        "- x",
        "Día",
        "x: {y}",
        "true",
        "'",
    ]
)


@given(
    st.dictionaries(DAYS, NAMES, min_size=1, max_size=6),
    st.dictionaries(DAYS, NAMES, min_size=1, max_size=6),
    st.sampled_from(["block", "braces", "open", "other"]),
    st.booleans(),
)
def test_whatever_is_added_the_rest_stands_as_it_stood(
    known: dict[date, str], more: dict[date, str], style: str, commented: bool
) -> None:
    more = {day: name for day, name in more.items() if day not in known} or {date(2025, 1, 1): "First"}
    entries = [f"{day}: {json.dumps(name, ensure_ascii=False)}" for day, name in known.items()]
    remark = "  # why" if commented else ""
    before = {
        "block": "office:\n  closed:\n" + "".join(f"    {entry}{remark}\n" for entry in entries),
        "braces": f"office: {{closed: {{{', '.join(entries)}}}}}{remark}\n",
        "open": f'office:{remark}\n  open:\n    2025-06-01: "09:00-12:00"\n',
        "other": f"london:{remark}\n  closed: {{{', '.join(entries)}}}\n",
    }[style]
    after = additions.added(before.encode(), additions.Proposal("office", more))
    left = iter(after)
    assert all(letter in left for letter in before)
    read = yamltext.read(additions.FILE, after.encode())
    assert not [one for one in read.findings if one.severity is Severity.ERROR]
    loaded = yaml.load(after, yaml.BaseLoader)
    expected = {str(day): name for day, name in ({**known, **more} if style in {"block", "braces"} else more).items()}
    assert loaded["office"]["closed"] == expected


# --- the package ------------------------------------------------------------------------------


def test_every_country_of_the_package_gives_days_that_a_contract_may_hold() -> None:
    from holidays.registry import COUNTRIES

    for names in COUNTRIES.values():
        country = countries.named(names[1])
        assert country.code == names[1]
        assert countries.named(country.title) == country
        days = countries.public_holidays(country, None, range(2026, 2029))
        assert all(2026 <= day.year <= 2028 for day in days)
        if days:
            text = additions.added(None, additions.Proposal("office", days))
            assert yaml.load(text, yaml.BaseLoader)["office"]["closed"] == {
                str(day): name for day, name in days.items()
            }
        for part in country.subdivisions[:2]:
            assert countries.subdivision(country, part.lower()) == part


def test_most_countries_have_a_time_zone() -> None:
    from holidays.registry import COUNTRIES

    zones = {"DE": "Europe/Berlin", "IN": "Asia/Calcutta", "NO": "Europe/Oslo", "AU": "Australia/Lord_Howe"}
    assert all(countries.lies_in(zone, countries.named(code)) for code, zone in zones.items())
    assert not countries.lies_in("Europe/Berlin", countries.named("NO"))
    assert not countries.lies_in("UTC", countries.named("GB"))
    without = [codes[1] for codes in COUNTRIES.values() if not countries._zones().get(codes[1])]
    assert set(without) <= {"BV", "HM", "XK"}
