"""Time zones from the packaged database alone: when their offsets change, and what a local time is in UTC."""

from __future__ import annotations

import struct
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from zoneinfo import ZoneInfo

from slacli.values import dataclass

EPOCH = date(1970, 1, 1)
FIRST_YEAR = 1900
LAST_YEAR = 2199
DAY = 86_400


@cache
def zone(name: str) -> ZoneInfo | None:
    """Give the zone of an IANA name from the packaged database, or None where it has none.

    The machine's own database is never asked: the same contract and the same rows must give the same verdict
    everywhere, and the report names the version that was used.
    """
    parts = name.split("/")
    if not name or any(not part or part.startswith(".") or "\\" in part for part in parts):
        return None
    place = _file(name)
    if not place.is_file():
        return None
    with place.open("rb") as file:
        try:
            return ZoneInfo.from_file(file, key=name)
        except ValueError:
            return None


def _file(name: str) -> Traversable:
    import tzdata

    return resources.files(tzdata).joinpath("zoneinfo", *name.split("/"))


@cache
def names() -> tuple[str, ...]:
    """Give every zone name of the packaged database, for suggestions."""
    import tzdata

    return tuple(resources.files(tzdata).joinpath("zones").read_text("utf-8").split())


def database() -> str:
    """Give the version of the packaged database, such as `2026b`."""
    import tzdata

    return str(tzdata.IANA_VERSION)


@dataclass(frozen=True, slots=True)
class Offsets:
    """The offsets of a zone in seconds east of UTC over the years that slacli reads.

    `low` and `high` are the local seconds at which each next offset begins, for the earlier and for the later
    reading of a local time that happens twice. A local time that never happens is read with the offset before the
    gap either way, which moves it forward by the gap. `instants` are the same changes in UTC.
    """

    offsets: tuple[int, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]
    instants: tuple[int, ...]

    def earliest(self, local: int) -> int:
        """Give the first instant that local seconds can stand for."""
        return local - self.offsets[bisect_right(self.low, local)]

    def latest(self, local: int) -> int:
        """Give the last instant that local seconds can stand for."""
        return local - self.offsets[bisect_right(self.high, local)]

    def local(self, instant: int) -> int:
        """Give the local seconds of an instant."""
        return instant + self.offsets[bisect_right(self.instants, instant)]


@cache
def offsets(name: str) -> Offsets:
    """Find every change of offset of a known zone, to the second."""
    found = zone(name)
    if found is None:
        message = f"unknown zone {name}"
        raise ValueError(message)
    start = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()) - DAY
    end = int(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()) + DAY
    base = datetime(1970, 1, 1, tzinfo=found)

    def offset_at(instant: int) -> int:
        utc = base + timedelta(0, instant)
        # Both are of one zone, so that they are subtracted as they stand.
        offset = found.fromutc(utc) - utc
        return offset.days * DAY + offset.seconds

    listed = [instant for instant in _listed_changes(name) if start < instant < end]
    steps = [offset_at(start)]
    instants: list[int] = []

    def change(instant: int) -> None:
        after = offset_at(instant)
        if after != steps[-1]:
            instants.append(instant)
            steps.append(after)

    for instant in listed:
        change(instant)
    # Behind the last listed change a zone follows a rule of the year, whose two changes lie months apart.
    latest = max([start, *listed[-1:]])
    after = offset_at(latest)
    for left in range(latest, end, 27 * DAY):
        low, high = left, left + 27 * DAY
        before, after = after, offset_at(high)
        if after == before:
            if left - latest > 2 * 366 * DAY:
                break  # without a rule nothing changes any more
            continue
        # By a rule a change is whole weeks behind that of a year before. Measured: a third less time.
        year_before = instants[-2] if len(instants) > 1 else start
        for guess in (year_before + 52 * 7 * DAY, year_before + 53 * 7 * DAY):
            if low < guess <= high and offset_at(guess - 1) == before and offset_at(guess) == after:
                low, high = guess - 1, guess
        # Rules change at whole hours of UTC, nearly all of them, so that these are tried before seconds are.
        for step in (3_600, 1):
            low, high = low // step * step, -(-high // step) * step
            while high - low > step:
                middle = (low + high) // (2 * step) * step
                low, high = (middle, high) if offset_at(middle) == before else (low, middle)
            if offset_at(high - 1) == before:
                break
        change(high)
        latest = high
    pairs = list(zip(instants, steps, steps[1:], strict=False))
    return Offsets(
        tuple(steps),
        tuple(at + max(before, after) for at, before, after in pairs),
        tuple(at + after for at, before, after in pairs),
        tuple(instants),
    )


def _listed_changes(name: str) -> tuple[int, ...]:
    """Give the instants at which the zone database lists a change, in order (RFC 9636, its second data block)."""
    with _file(name).open("rb") as file:
        content = file.read()
    # The counts: UT and standard-time indicators, leap seconds, changes, types of local time, letters of their names.
    counts = struct.Struct(">4s c 15x 6l")
    _, _, indicators, standard, leaps, changes, types, letters = counts.unpack_from(content)
    # What older programs read comes first, in four bytes each.
    second = counts.size + changes * 5 + types * 6 + letters + leaps * 8 + standard + indicators
    *_, changes, _, _ = counts.unpack_from(content, second)
    return struct.unpack_from(f">{changes}q", content, second + counts.size)


def day_bounds(day: date, name: str) -> tuple[int, int]:
    """Give the first second of a local day in UTC and the first one after it."""
    there = offsets(name)
    local = (day - EPOCH).days * DAY
    # Where midnight happens twice both belong to the next day, so the last second decides; a day that a zone left out
    # has no second at all, so it ends where the next one begins.
    return there.earliest(local), min(there.latest(local + DAY - 1) + 1, there.latest(local + DAY))
