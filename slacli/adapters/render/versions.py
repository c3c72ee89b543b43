"""The versions of an agreement, for people and for machines: when, why, what each changed, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.text import Text

from slacli.adapters.render.changes import weighed
from slacli.adapters.render.jsontext import Json, visible
from slacli.adapters.render.sheet import WORDS, Sheet, inert
from slacli.adapters.render.terminal import NARROWEST, WIDEST
from slacli.core import wording
from slacli.core.comparison import Compared, Entry

FORMAT = "slacli-log/1"
_SHORT = 12


def render(entries: Sequence[Entry], format: str, *, width: int, colour: bool) -> str:
    """Give the whole text of a list of versions, its last line ended."""
    if format == "json":
        shown = {"format": FORMAT, "commits": [_json(entry) for entry in entries]}
        return visible(json.dumps(shown, indent=2, ensure_ascii=False)) + "\n"
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    for entry in entries:
        sheet.gap()
        _entry(sheet, entry)
    return sheet.text(colour=colour)


def _entry(sheet: Sheet, entry: Entry) -> None:
    day = f" · committed {entry.at:%Y-%m-%d}" if entry.at is not None and not entry.missing else ""
    number = f"version {entry.contract.version}" if entry.contract is not None else "cannot be read"
    takes = f" · takes effect {entry.contract.effective}" if entry.contract is not None else ""
    sheet.add(Text.assemble((number, "bold"), f"{takes}{day} · {entry.commit[:_SHORT]}"), hang=2)
    if entry.contract is not None and entry.contract.amendment:
        sheet.add(inert(entry.contract.amendment, WORDS), head="  why: ")
    if entry.subject and not entry.missing:
        sheet.add(inert(entry.subject), head="  commit: ")
    if entry.fault:
        sheet.add(Text(inert(entry.fault, WORDS), "bold red"), head="  ", hang=4)
    for problem in entry.problems:
        sheet.add(Text(f"wrong: {inert(problem.message)}", "bold red"), head="  ", hang=4)
    if entry.since is not None:
        _since(sheet, entry.since)
    if entry.missing:
        told = f"history ends here: this clone is shallow; fetch the rest with `{entry.missing}`"
        sheet.add(Text(inert(told), "bold yellow"), head="  ", hang=4)


def _since(sheet: Sheet, since: Compared) -> None:
    if not since.effects:
        sheet.add("nothing that the agreement says has changed", head="  ")
        return
    sheet.add(f"{wording.counted(len(since.effects), 'change')}: {weighed(since)}", head="  ")
    sheet.flow([inert(group.heading) for group in since.groups], head="  ", hang=2)


def _json(entry: Entry) -> dict[str, Json]:
    contract = entry.contract
    return {
        "commit": entry.commit,
        "at": entry.at.isoformat() if entry.at is not None else None,
        "version": contract.version if contract is not None else None,
        "effective": contract.effective.isoformat() if contract is not None else None,
        "amendment": contract.amendment if contract is not None else None,
        "digest": contract.digest if contract is not None else None,
        "changes": entry.since.weights if entry.since is not None else None,
        "fault": entry.fault or None,
        "is_cut": bool(entry.missing),
        "problems": [problem.message for problem in entry.problems],
    }
