"""Time zones from the packaged database alone: when their offsets change, and what a local time is in UTC."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

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
    import tzdata

    parts = name.split("/")
    if not name or any(not part or part.startswith(".") or "\\" in part for part in parts):
        return None
    place = resources.files(tzdata).joinpath("zoneinfo", *parts)
    if not place.is_file():
        return None
    with place.open("rb") as file:
        try:
            return ZoneInfo.from_file(file, key=name)
        except ValueError:
            return None


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
    base = datetime(1970, 1, 1, tzinfo=UTC)

    def offset_at(instant: int) -> int:
        delta = (base + timedelta(seconds=instant)).astimezone(found).utcoffset()
        return int(delta.total_seconds()) if delta is not None else 0

    steps = [offset_at(start)]
    instants: list[int] = []
    # Measured over all zones: two changes of one zone lie at least 6.9 days apart.
    for left in range(start, end, 6 * DAY):
        right = left + 6 * DAY
        before, after = steps[-1], offset_at(right)
        if before == after:
            continue
        low, high = left, right
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset_at(middle) == before else (low, middle)
        instants.append(high)
        steps.append(after)
    pairs = list(zip(instants, steps, steps[1:], strict=False))
    return Offsets(
        tuple(steps),
        tuple(at + max(before, after) for at, before, after in pairs),
        tuple(at + after for at, before, after in pairs),
        tuple(instants),
    )


def day_bounds(day: date, name: str) -> tuple[int, int]:
    """Give the first second of a local day in UTC and the first one after it."""
    there = offsets(name)
    local = (day - EPOCH).days * DAY
    return there.earliest(local), there.latest(local + DAY)
