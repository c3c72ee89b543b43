"""The public holidays of countries, asked of the package `holidays` for a proposal and never when data is judged.

It knows how people name countries, which time zones lie in one, and that the package takes the language of the
machine where none is named: names come in English where it has them, so that two machines propose the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import TYPE_CHECKING

from slacli.core import wording
from slacli.errors import CannotRun
from slacli.values import dataclass

if TYPE_CHECKING:
    from holidays.holiday_base import HolidayBase

PACKAGE = "holidays"
_ENGLISH = "en_US"


@dataclass(frozen=True, slots=True)
class Country:
    """A country by its code of two letters; `subdivisions` are the codes of its parts that have holidays of their own.

    `first` and `last` are the years of which the package knows holidays.
    """

    code: str
    title: str
    subdivisions: tuple[str, ...]
    first: int
    last: int


def release() -> str:
    """Give the version of the package."""
    return version(PACKAGE)


def named(text: str) -> Country:
    """Give the country that a code or a name means; case, blanks and underscores do not count.

    Raises CannotRun where there is none.
    """
    from holidays.registry import COUNTRIES

    words: dict[str, str] = {}
    for module, (_, *codes) in COUNTRIES.items():
        title = module.replace("_", " ").title().replace(" And ", " and ").replace(" Of", " of")
        words |= dict.fromkeys((title, *(code for code in codes if code.isupper())), module)
    known = {_level(word): (word, module) for word, module in words.items()}
    found = known.get(_level(text))
    if found is None:
        near = wording.nearest(text, words)
        raise CannotRun(
            f"`{wording.sanitised(text, 60)}` is no country that the package `{PACKAGE}` knows",
            f"did you mean `{near}`?" if near else "write a code of two letters such as `US`, or a name like `Germany`",
        )
    code = COUNTRIES[found[1]][1]
    title = next(word for word, module in words.items() if module == found[1])
    empty = _asked(code, (), None)
    return Country(code, title, tuple(empty.subdivisions), empty.start_year, empty.end_year)


def subdivision(country: Country, text: str) -> str:
    """Give the code of the part of a country that a code or a name means.

    Raises CannotRun where the country has none such.
    """
    aliases: Mapping[str, str] = getattr(_asked(country.code, (), None), "subdivisions_aliases", {})
    words = {**aliases, **{code: code for code in country.subdivisions}}
    known = {_level(word): code for word, code in words.items()}
    if _level(text) in known:
        return known[_level(text)]
    if not words:
        raise CannotRun(f"the package knows no parts of {country.title}", "leave out `--subdivision`")
    near = wording.nearest(text, words)
    raise CannotRun(
        f"`{wording.sanitised(text, 60)}` is no part of {country.title} that the package `{PACKAGE}` knows",
        f"did you mean `{near}`?" if near else f"known: {wording.quoted(country.subdivisions)}",
    )


def public_holidays(country: Country, part: str | None, years: Iterable[int]) -> Mapping[date, str]:
    """Give the public holidays of a country, or of a part of it, with the days on which they are observed."""
    found = _asked(country.code, years, part)
    return {day: " ".join(str(name).split()) for day, name in sorted(found.items())}


def _asked(code: str, years: Iterable[int], part: str | None) -> HolidayBase:
    from holidays import country_holidays

    languages = country_holidays(code).supported_languages
    language = _ENGLISH if _ENGLISH in languages else country_holidays(code).default_language
    return country_holidays(code, subdiv=part, years=years, language=language, expand=False)


def _level(word: str) -> str:
    return word.casefold().replace("_", "").replace(" ", "").replace("-", "")


@cache
def _zones() -> Mapping[str, frozenset[str]]:
    """Give the time zones of every country by its code, and under `` the other names of zones with what they mean."""
    import tzdata

    found: dict[str, set[str]] = {}
    for line in resources.files(tzdata).joinpath("zoneinfo", "zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            code, _, name, *_ = line.split("\t")
            found.setdefault(code, set()).add(name)
    return {code: frozenset(names) for code, names in found.items()}


@cache
def _links() -> Mapping[str, str]:
    """Give what the other names of zones stand for: `US/Eastern` for `America/New_York`."""
    import tzdata

    lines = resources.files(tzdata).joinpath("zoneinfo", "tzdata.zi").read_text("utf-8").splitlines()
    return {line.split()[2]: line.split()[1] for line in lines if line.startswith("L ")}


def lies_in(zone: str, country: Country) -> bool:
    """Say whether a time zone is one of a country."""
    return zone in _zones().get(country.code, ()) or _links().get(zone) in _zones().get(country.code, ())
