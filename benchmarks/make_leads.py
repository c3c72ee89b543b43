"""Makes a lead export of any size, fast and always alike: blocks of rows in which only the ids differ.

python benchmarks/make_leads.py 1000000 .benchmarks/leads-1000000.csv
python benchmarks/make_leads.py 1000000 .benchmarks/activities-1000000.csv --activities    five for each lead
"""

from __future__ import annotations

import random
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

COLUMNS = (
    "lead_id", "email", "source", "region", "status", "budget", "authority", "need_confirmed", "competitor",
    "timeframe", "owner", "created_at", "qualified_at", "accepted_at", "rejected_at", "recycled_at", "reject_reason",
    "contact_id", "company",
)  # fmt: skip
BLOCK = 100_000
BLOCKS_APART = 4  # blocks with values of their own; the following ones repeat them under other ids
TOKEN = b"####"

SOURCES = ("Web", "Event", "Referral", "Paid search", "Partner", "Demo request", "Contact sales", "Chat")
STATUSES = ("New", "MQL", "SAL", "SQL", "Recycled", "Disqualified", "Converted")
AUTHORITIES = ("CFO", "VP", "Director", "Manager", "Individual", "")
REASONS = ("No budget", "Wrong person", "No response", "Bad timing", "")
ACTIVITY_COLUMNS = ("activity_id", "lead_ref", "at", "kind", "direction")
ACTIVITIES = 5
STEMS = ("Velkorra", "Brindlow", "Tarnwick", "Ostavel", "Quillmere", "Harrowmint", "Lumbrick", "Pendrass", "Kestralia")


def stamp(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(" ")


def rows(rng: random.Random, count: int) -> list[str]:
    """Give rows with a token where the number of the block goes; about one cell in twenty is blank by chance."""
    start = datetime(2026, 1, 1)  # noqa: DTZ001 - exports carry no zone
    lines = []
    for n in range(count):
        draw = rng.random
        created = start + timedelta(seconds=int(draw() * 320 * 86400))
        qualified = created + timedelta(seconds=int(draw() * 20 * 86400)) if draw() < 0.6 else None
        decided = qualified and qualified + timedelta(seconds=int(draw() ** 2 * 6 * 86400))
        fate = draw() if decided else 1.0
        accepted = decided if fate < 0.75 else None
        rejected = decided if 0.75 <= fate < 0.9 else None
        recycled = decided if 0.9 <= fate < 0.97 else None
        reason = REASONS[int(draw() * 3.99 + (draw() < 0.03))] if rejected or recycled else ""
        domain = "acme.com" if draw() < 0.005 else f"e{int(draw() * 900)}.example.org"
        cells = (
            f"00Q5f####{n:06d}EAA",
            f"u####{n:06d}@{domain}" if draw() > 0.01 else "",
            SOURCES[int(draw() * 8)],
            "AMER" if draw() < 0.68 else "EMEA",
            STATUSES[int(draw() * 7)],
            f"{int(draw() * 60000) + 2000}.00" if draw() > 0.02 else "",
            AUTHORITIES[int(draw() ** 2 * 5.1)],
            ("true" if draw() < 0.7 else "false") if draw() > 0.03 else "",
            "true" if draw() < 0.004 else "false" if draw() > 0.05 else "",
            str(int(draw() ** 2 * 18)) if draw() > 0.03 else "",
            f"0055f00000{int(draw() * 400):05d}AAA" if draw() > 0.02 else "",
            stamp(created),
            stamp(qualified),
            stamp(accepted),
            stamp(rejected),
            stamp(recycled),
            reason,
            f"0035f####{n:06d}AAA" if accepted else "",
            f"{STEMS[int(draw() * 9)]} {int(draw() * 9000)} Inc" if draw() > 0.01 else "",
        )
        lines.append(",".join(cells))
    return lines


def activities(rng: random.Random, count: int) -> list[str]:
    """Give five activities for each of so many leads, in no order of time."""
    start = datetime(2026, 1, 1)  # noqa: DTZ001 - exports carry no zone
    lines = []
    for n in range(count):
        for one in range(ACTIVITIES):
            draw = rng.random
            at = start + timedelta(seconds=int(draw() * 340 * 86400))
            kind, way = ("Call", "Email", "Meeting")[int(draw() * 3)], "Outbound" if draw() < 0.7 else "Inbound"
            lines.append(f"00T5f####{n:06d}{one},00Q5f####{n:06d}EAA,{stamp(at)},{kind},{way}")
    return lines


def write(count: int, path: Path, *, of_activities: bool = False) -> None:
    """Write the export beside its name first, so that a file under that name is always whole."""
    rng = random.Random(2026)
    made, columns = (activities, ACTIVITY_COLUMNS) if of_activities else (rows, COLUMNS)
    each = ACTIVITIES if of_activities else 1
    blocks = [
        ("\n".join(made(rng, min(BLOCK, count))) + "\n").encode() for _ in range(min(BLOCKS_APART, -(-count // BLOCK)))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write((",".join(columns) + "\n").encode())
        for number in range(-(-count // BLOCK)):
            block = blocks[number % len(blocks)].replace(TOKEN, f"{number:04d}".encode())
            left = count - number * BLOCK
            if left < BLOCK:
                block = b"".join(block.splitlines(keepends=True)[: left * each])
            file.write(block)
    partial.replace(path)


if __name__ == "__main__":
    began = time.perf_counter()
    write(int(sys.argv[1]), Path(sys.argv[2]), of_activities="--activities" in sys.argv)
    size = Path(sys.argv[2]).stat().st_size
    print(f"{int(sys.argv[1]):,} rows, {size / 1e6:.0f} MB, {time.perf_counter() - began:.1f} s")
