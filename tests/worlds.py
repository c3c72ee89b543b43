"""Worlds of clocks: a small contract about leads, their activities and moves, and exports that a test fills."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import commands
import exports
import yaml

CONTRACT = Path(__file__).parent / "contracts" / "clocks"
LEAD = (
    "lead_id", "case", "region", "source", "status", "created_at", "started_at", "answered_at", "accepted_at",
    "last_seen_at", "first_seen_at",
)  # fmt: skip
ACTIVITY = ("activity_id", "lead_ref", "at", "kind", "by")
CHANGE = ("lead_ref", "at", "old", "new")

Cells = Mapping[str, str]


def duty(**clock: Any) -> dict[str, Any]:
    """Give a duty of Sales about every lead; what is no part of a clock stands beside it."""
    beside = {
        name: clock.pop(name) for name in ("where", "covers", "target", "shown_by", "judge_from") if name in clock
    }
    clock = {"starts": "started_at", "stops": ["answered_at"], "calendar": "ny", **clock}
    if "tiers" in clock:
        clock.pop("within", None)
    clock = {name: value for name, value in clock.items() if value is not None}
    return {"owed_by": "sdr", "owed_to": "marketing", "covers": "lead", "clock": clock, **beside}


def attempts(**more: Any) -> dict[str, Any]:
    tries = {"of": "touch", "starts": "started_at", "until": ["accepted_at"], "at_least": 3, **more}
    return {"owed_by": "sdr", "owed_to": "marketing", "covers": "lead", "attempts": tries, "target": "90%"}


def touches(lead: str, *times: str, kind: str = "Call") -> list[Cells]:
    return [{"lead_ref": lead, "at": time, "kind": kind, "by": "ann"} for time in times]


QUALITY = {"owed_by": "marketing", "owed_to": "sdr", "covers": "lead", "must": "region is not blank", "target": "1%"}


class World:
    """A contract folder and exports that a test fills, and what a check of them gives."""

    def __init__(self, folder: Path, duties: Mapping[str, Any]) -> None:
        self.folder = folder
        shutil.copytree(CONTRACT, folder / "contracts")
        text = _dumped({"responsibilities": {**duties, "region": QUALITY}})
        (folder / "contracts" / "responsibilities.yaml").write_text(text, "utf-8")
        self.files: list[str] = []

    def patched(self, file: str, patch: Mapping[str, Any]) -> World:
        """Change a file of the contract as a merge patch (RFC 7386) would, where None takes a key out; or add one."""
        path = self.folder / "contracts" / file
        before = yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}
        path.write_text(_dumped(_patched(before, patch)), "utf-8")
        return self

    def reads(self, name: str = "leads", **how: Any) -> World:
        """Change how the exports of a binding are read."""
        return self.patched(f"bindings/{name}.yaml", {"reads": how})

    def text(self, name: str, content: bytes) -> World:
        (self.folder / name).write_bytes(content)
        self.files.append(name)
        return self

    def write(self, name: str, header: Sequence[str], rows: Sequence[Cells]) -> World:
        return self.text(name, exports.text(header, [[row.get(column, "") for column in header] for row in rows]))

    def leads(self, *rows: Cells) -> World:
        defaults = {"region": "AMER", "created_at": "2026-06-01 09:00:00"}
        return self.write("leads.csv", LEAD, [{**defaults, "lead_id": f"L{n}", **row} for n, row in enumerate(rows)])

    def activities(self, *rows: Cells) -> World:
        return self.write("activities.csv", ACTIVITY, [{"activity_id": f"A{n}", **row} for n, row in enumerate(rows)])

    def changes(self, *rows: Cells) -> World:
        return self.write("changes.csv", CHANGE, rows)

    def rows(self, *options: str) -> list[dict[str, str]]:
        """Give the judged rows of all clocks."""
        self.report(*options, "--rows", "rows.csv")
        with (self.folder / "rows.csv").open(encoding="utf-8", newline="") as file:
            return [row for row in csv.DictReader(file) if row["duty"] != "region"]

    def report(self, *options: str) -> dict[str, Any]:
        return commands.report("check", *self.files, *options, folder=self.folder)

    def outcome(self, *options: str, name: str = "answer", period: str = "") -> dict[str, Any]:
        found = [one for one in self.report(*options)["outcomes"] if one["duty"] == name]
        return next(one for one in found if not period or one["period"]["name"] == period)

    def ran(self, *options: str) -> commands.Ran:
        """Check as a person does, and give what was printed."""
        return commands.slacli("check", *self.files, *options, folder=self.folder)

    def findings(self, rule: str, *options: str) -> list[dict[str, Any]]:
        return [found for found in self.report(*options)["findings"] if found["rule"] == rule]


def _patched(value: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    kept = dict(value) if isinstance(value, Mapping) else {}
    for name, part in patch.items():
        kept[name] = _patched(kept.get(name), part)
    return {name: part for name, part in kept.items() if part is not None}


class _Plain(yaml.SafeDumper):
    """Writes what a contract may hold: no anchors, and quotes around every text."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - what the base class calls
        return True


_Plain.add_representer(str, lambda made, text: made.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def _dumped(value: Any) -> str:
    return str(yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=1000))
