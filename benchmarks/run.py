"""Measures slacli against the floor and against its peers, side by side in one run, and says which targets are reached.

Every measurement is a whole fresh process on the same two processors, start and imports included. The contestants take
turns (A B C A B C ...), so that whatever else the machine does falls on all of them. The leads and the peers' virtual
environments are made once, in `.benchmarks/`.

    python benchmarks/run.py                      1 and 10 million leads, with peers
    python benchmarks/run.py --rows 1000000 --no-peers
    python benchmarks/run.py --only slacli --only floor
    python benchmarks/run.py --write              also renews benchmarks/RESULTS.md
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import yaml

ROOT = Path(__file__).resolve().parent.parent
HERE = Path("benchmarks")
CACHE = Path(".benchmarks")
PYTHON = sys.executable
SLACLI = str(Path(sys.executable).parent / "slacli")
TIMEOUT = 900
PROCESSORS = 2

PEERS: Mapping[str, tuple[str, ...]] = {
    "datacontract": ("datacontract-cli[duckdb,csv]==1.2.8",),
    "pandera": ("pandera[polars]==0.35.0", "polars==2.1.0"),
}
BROKEN_TOO = frozenset({0, 1})  # a broken agreement is a result like any other
ACTIVE = 1_000_000  # the leads that have activities
SHOWN = re.compile(r"(?i)^(datacontract-cli|duckdb|ibis-framework|pandera|polars) +(\S+)$")
WHAT = {
    "floor": "DuckDB reads the file as text and casts the same columns; nothing is checked",
    "slacli": "`slacli check`: 20 criteria in five terms, four duties by the month, every row and value accounted for",
    "clocks": "the same with six clocks on two calendars, tiers and targets",
    "activities": "the same with a clock that five million activities stop (only at 1 million leads)",
    "datacontract": "`datacontract test`: the same column rules; a query for each term and each duty",
    "pandera": "pandera on polars: the same column rules; an expression for each term and each duty",
}


# --- one measurement --------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """One process: seconds on the clock and on the processors, its peak of memory in MB, and how it ended."""

    wall: float
    cpu: float
    peak: float
    code: int
    said: str


def measure(command: Sequence[str]) -> Measured:
    """Run a command as a fresh process and wait for it; its memory is that of its largest process."""
    errors = CACHE / "stderr.txt"
    with errors.open("wb") as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        timer = threading.Timer(TIMEOUT, process.kill)
        timer.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    text = errors.read_text(errors="replace")
    return Measured(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6, process.returncode, text)


@dataclass
class Contestant:
    """A command that is measured, and what came of each time."""

    name: str
    command: list[str]
    runs: list[Measured] = field(default_factory=list)
    failed: str = ""
    fine: frozenset[int] = frozenset({0})

    def run(self) -> None:
        """Measure it once more; one that failed or took too long is not asked again."""
        if self.failed:
            return
        one = measure(self.command)
        if one.code in self.fine:
            self.runs.append(one)
        elif one.wall >= TIMEOUT:
            self.failed = f"stopped after {TIMEOUT} s"
        else:
            last = one.said.strip().splitlines()[-1:] or ["no message"]
            self.failed = f"exit code {one.code}: {last[0][:120]}"

    @property
    def wall(self) -> float:
        return median(one.wall for one in self.runs)

    @property
    def cpu(self) -> float:
        return median(one.cpu for one in self.runs)

    @property
    def peak(self) -> float:
        return max(one.peak for one in self.runs)


# --- what is measured -------------------------------------------------------------------------


def export(count: int, kind: str = "leads") -> Path:
    """Give the export of so many leads, made where it is not there yet, and read once so that it lies in memory."""
    path = CACHE / f"{kind}-{count}.csv"
    if not path.exists():
        more = ["--activities"] if kind == "activities" else []
        subprocess.run([PYTHON, str(HERE / "make_leads.py"), str(count), str(path), *more], check=True)
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass
    return path


class Quoting(yaml.SafeDumper):
    """Writes every text in quotes, so that no reader takes one for a number."""


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def contract(*layers: str) -> Path:
    """Give the contract of the benchmark with some layers over it: what a layer says is added file by file."""
    made = CACHE / "-".join(("contract", *layers))
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(HERE / "contract", made)
    for layer in layers:
        for path in sorted((HERE / layer).rglob("*.yaml")):
            target = made / path.relative_to(HERE / layer)
            said = yaml.safe_load(path.read_text())
            if target.exists():
                below = yaml.safe_load(target.read_text())
                said = {**below, **{key: {**below.get(key, {}), **value} for key, value in said.items()}}
            target.write_text(yaml.dump(said, Dumper=Quoting, sort_keys=False))
    return made


def installed(peer: str) -> str:
    """Give why a peer cannot run, or nothing; it is installed by name into an environment of its own."""
    home, wanted = CACHE / peer, " ".join(PEERS[peer])
    ready = home / "ready.txt"
    if ready.exists() and ready.read_text() == wanted:
        return ""
    print(f"installing {wanted} ...", flush=True)
    commands = (
        [PYTHON, "-m", "venv", "--clear", str(home)],
        [str(home / "bin/python"), "-m", "pip", "install", "-q", *PEERS[peer]],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")][-1:] or ["no message"]
            return f"it could not be installed: {last[0][:120]}"
    ready.write_text(wanted)
    return ""


def versions(peer: str) -> str:
    """Name what is installed for a peer."""
    command = [str(CACHE / peer / "bin/python"), "-m", "pip", "list", "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = (SHOWN.match(line) for line in done.stdout.splitlines())
    return ", ".join(f"{match[1]} {match[2]}" for match in found if match)


def contestants(count: int, peers: Sequence[str]) -> list[Contestant]:
    """Give the commands for one size."""
    path = export(count)
    check = [SLACLI, "check", "--contract"]
    found = [
        Contestant("floor", [PYTHON, str(HERE / "floor.py"), str(path)]),
        Contestant("slacli", [*check, str(HERE / "contract"), str(path)]),
        Contestant("clocks", [*check, str(contract("clocks")), str(path)], fine=BROKEN_TOO),
    ]
    if count == ACTIVE:
        both = [str(path), str(export(count, "activities"))]
        found.append(Contestant("activities", [*check, str(contract("clocks", "activities")), *both], fine=BROKEN_TOO))
    if "datacontract" in peers:
        rules = CACHE / "datacontract.yaml"
        rules.write_text((HERE / "peers/datacontract.yaml").read_text().replace("LEADS_CSV", str(path)))
        found.append(Contestant("datacontract", [str(CACHE / "datacontract/bin/datacontract"), "test", str(rules)]))
    if "pandera" in peers:
        script = str(HERE / "peers/pandera_check.py")
        found.append(Contestant("pandera", [str(CACHE / "pandera/bin/python"), script, str(path)]))
    return found


# --- what is said -----------------------------------------------------------------------------


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lay rows out as a table that reads as text and as Markdown; the first one holds the heads."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [cell.ljust(widths[0]) if at == 0 else cell.rjust(widths[at]) for at, cell in enumerate(row)]
        yield f"| {' | '.join(cells)} |"
        if number == 0:
            rules = ["-" * width if at == 0 else "-" * (width - 1) + ":" for at, width in enumerate(widths)]
            yield f"| {' | '.join(rules)} |"


def figures(found: Sequence[Contestant]) -> Iterator[str]:
    """Give the table of one size."""
    rows: list[tuple[str, ...]] = [
        ("", "wall s", "fastest", "slowest", "CPU s", "peak MB", "wall / floor", "wall / slacli")
    ]
    by_name = {one.name: one for one in found if one.runs}
    for one in found:
        if not one.runs:
            rows.append((one.name, one.failed or "not run", *[""] * 6))
            continue
        walls = [run.wall for run in one.runs]
        ratios = (f"{one.wall / by_name[other].wall:.2f}" if other in by_name else "" for other in ("floor", "slacli"))
        rows.append(
            (one.name, f"{one.wall:.2f}", f"{min(walls):.2f}", f"{max(walls):.2f}", f"{one.cpu:.2f}", f"{one.peak:.0f}",
             *ratios)
        )  # fmt: skip
    yield from table(rows)


@dataclass(frozen=True)
class Target:
    """A promise of the project about its speed or its memory, with what was measured where it was."""

    name: str
    limit: int
    seen: float | None
    unit: str
    at_least: bool = False

    def row(self) -> tuple[str, str, str, str]:
        limit = f"{'>=' if self.at_least else '<='} {self.limit:,} {self.unit}"
        if self.seen is None:
            return self.name, limit, "not measured", ""
        reached = self.seen >= self.limit if self.at_least else self.seen <= self.limit
        digits = 2 if self.unit == "x" else 0
        return self.name, limit, f"{self.seen:,.{digits}f} {self.unit}", "reached" if reached else "MISSED"


def ratio(found: Sequence[Contestant], above: str, below: str) -> float | None:
    by_name = {one.name: one for one in found if one.runs}
    return by_name[above].wall / by_name[below].wall if above in by_name and below in by_name else None


def targets(sizes: Mapping[int, list[Contestant]], starts: Sequence[Contestant]) -> Iterator[str]:
    """Give the table of targets."""
    rows = [("target", "promised", "measured", "")]
    for count in (1_000_000, 10_000_000):
        found = sizes.get(count, [])
        name = f"{count // 1_000_000} million leads"
        rows.append(Target(f"{name}: slacli against the floor", 4, ratio(found, "slacli", "floor"), "x").row())
        quicker = ratio(found, "datacontract", "slacli")
        limit = 6 if count <= ACTIVE else 9
        rows.append(Target(f"{name}, six clocks: against the floor", limit, ratio(found, "clocks", "floor"), "x").row())
        rows.append(Target(f"{name}: quicker than datacontract-cli", 4, quicker, "x", at_least=True).row())
    mine = next((one for one in sizes.get(10_000_000, []) if one.name == "slacli" and one.runs), None)
    rows.append(Target("10 million leads: peak of memory", 1500, mine.peak if mine else None, "MB").row())
    active = next((one for one in sizes.get(ACTIVE, []) if one.name == "activities" and one.runs), None)
    rows.append(Target("5 million activities: time", 60, active.wall if active else None, "s").row())
    rows.append(Target("5 million activities: peak of memory", 2000, active.peak if active else None, "MB").row())
    for one, limit in zip(starts, (150, 500), strict=True):
        rows.append(Target(one.name, limit, one.wall * 1000 if one.runs else None, "ms").row())
    yield from table(rows)


def phases(path: Path) -> Iterator[str]:
    """Say where the time of a check goes, as slacli tells it."""
    said = measure([SLACLI, "check", "--contract", str(HERE / "contract"), "--debug", str(path)]).said
    found = re.findall(r"^time: (.+?) +([0-9.]+)", said, re.MULTILINE)
    total = sum(float(seconds) for _, seconds in found)
    rows = [("phase", "s", "share"), *((name, s, f"{100 * float(s) / (total or 1):.0f} %") for name, s in found)]
    yield from table(rows) if found else ["slacli did not tell (`--debug`)"]


def machine() -> str:
    """Describe the machine in a line, without its name."""
    model = platform.processor() or platform.machine()
    known = Path("/proc/cpuinfo")
    if known.exists():
        names = re.findall(r"^model name\s*:\s*(.+)$", known.read_text(), re.MULTILINE)
        model = names[0] if names else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{model}, {os.cpu_count()} processors of which each process may use {PROCESSORS}, {memory:.0f} GB of memory; "
        f"{platform.system()}, Python {platform.python_version()}"
    )


# --- the run ----------------------------------------------------------------------------------


def chosen(peers: bool, only: Sequence[str]) -> list[str]:
    """Give the peers that can run, and say of each other one why not."""
    found = []
    for peer in PEERS if peers else ():
        if only and peer not in only:
            continue
        why_not = installed(peer)
        if why_not:
            print(f"{peer} is left out: {why_not}")
        else:
            print(f"{peer}: {versions(peer)}")
            found.append(peer)
    return found


def run(given: argparse.Namespace) -> Iterator[str]:
    """Measure everything, and give the lines of the result."""
    yield f"{machine()}."
    peers = chosen(given.peers, given.only)
    yield ""
    shown = [
        name for name in ("floor", "slacli", "clocks", "activities", *peers) if not given.only or name in given.only
    ]
    yield from (f"- {name}: {WHAT[name]}{f' ({versions(name)})' if name in peers else ''}" for name in shown)
    sizes: dict[int, list[Contestant]] = {}
    for count in given.rows or (1_000_000, 10_000_000):
        runs = given.runs or (5 if count <= 1_000_000 else 3)
        path = export(count)
        found = [one for one in contestants(count, peers) if not given.only or one.name in given.only]
        for number in range(runs):
            for one in found:
                one.run()
                last = f"{one.runs[-1].wall:.2f} s" if one.runs and not one.failed else one.failed
                print(
                    f"  {count:,} leads, round {number + 1} of {runs}: {one.name} {last}", file=sys.stderr, flush=True
                )
        sizes[count] = found
        yield ""
        yield f"## {count:,} leads, {path.stat().st_size / 1e6:.0f} MB, median of {runs}"
        yield ""
        yield from figures(found)
        if any(one.name == "slacli" and one.runs for one in found):
            yield ""
            yield "Where the time of slacli goes:"
            yield ""
            yield from phases(path)
    starts = [
        Contestant("slacli --help", [SLACLI, "--help"]),
        Contestant("slacli validate, reference contract", [SLACLI, "validate", "--contract", "contracts"]),
    ]
    for _ in range(7):
        for one in starts:
            one.run()
    yield ""
    yield "## Targets"
    yield ""
    yield from targets(sizes, starts)


def main() -> int:
    """Print the result, and keep it where that is asked for."""
    parser = argparse.ArgumentParser(description="Measures slacli against the floor and against its peers.")
    parser.add_argument("--rows", type=int, action="append", help="how many leads (again for another size)")
    parser.add_argument(
        "--runs", type=int, help="how often each is measured (default: 5 at 1 million, 3 at 10 million)"
    )
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="the floor and slacli only")
    parser.add_argument(
        "--only", action="append", default=[], choices=list(WHAT), help="measure only this one (again for more)"
    )
    parser.add_argument("--write", action="store_true", help="renew benchmarks/RESULTS.md")
    given = parser.parse_args()
    os.chdir(ROOT)
    CACHE.mkdir(exist_ok=True)
    if hasattr(os, "sched_setaffinity"):
        # Every contestant inherits the same processors, so that none wins by counting more of them.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])
    lines = []
    for line in run(given):
        print(line, flush=True)
        lines.append(line)
    if given.write:
        head = [
            "# Results",
            "",
            "Written by `python benchmarks/run.py --write`; README.md in this folder says what is measured.",
            "",
        ]
        (HERE / "RESULTS.md").write_text("\n".join([*head, *lines]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
