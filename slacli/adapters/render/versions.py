"""The versions of an agreement, as text and as JSON: who signed each, when, why, what it changed, what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

from rich.text import Text

from slacli.adapters.render.changes import weighed
from slacli.adapters.render.jsontext import Json, visible
from slacli.adapters.render.sheet import WORDS, Sheet, inert
from slacli.adapters.render.terminal import NARROWEST, WIDEST
from slacli.core import wording
from slacli.core.comparison import Compared, Entry
from slacli.core.trust.chain import Approved, SignedVersion
from slacli.core.trust.register import Registered
from slacli.values import dataclass

FORMAT = "slacli-log/1"
_SHORT = 12


@dataclass(frozen=True, slots=True)
class Signatures:
    """What is signed, on a day: every version with who signed it, and what the roles are called.

    `vouched` says whether a pinned roster stands behind them. Where there is a `fault` nothing of it can be relied
    upon, or be read at all, and it says why.
    """

    today: date
    versions: Sequence[Registered]
    roles: Mapping[str, str]
    vouched: bool
    fault: str = ""


def render(entries: Sequence[Entry], signatures: Signatures | None, format: str, *, width: int, colour: bool) -> str:
    """Give the whole text of a list of versions, its last line ended; without signatures nothing was put forward."""
    if format == "json":
        signed = _signed(signatures) if signatures is not None else None
        shown = {"format": FORMAT, "signed": signed, "commits": [_json(entry) for entry in entries]}
        return visible(json.dumps(shown, indent=2, ensure_ascii=False)) + "\n"
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    if signatures is not None:
        _signatures(sheet, signatures)
        sheet.gap()
        sheet.add(Text("Committed", "bold"))
    for entry in entries:
        sheet.gap()
        _entry(sheet, entry)
    return sheet.text(colour=colour)


def _signatures(sheet: Sheet, found: Signatures) -> None:
    if found.fault:
        told = f"the signatures are not to be relied upon: {inert(found.fault, WORDS)}"
        sheet.add(Text(told, "bold red"), hang=2)
        return
    sheet.add(Text.assemble(("Signed", "bold"), f", as of {found.today}"))
    if not found.vouched:
        sheet.add("signatures not verified here: no trust root is given (`--trust-root`)", hang=2)
    for one in found.versions:
        sheet.add(Text.assemble((f"version {one.version.manifest.version}", "bold"), f" {_standing(one)}"), hang=2)
        _who(sheet, one.version, found, "  ")
        for revision in one.revisions:
            void = f" is void: {inert(revision.void, WORDS)}" if revision.void else ""
            sheet.add(f"revision {revision.manifest.name} of its bindings or holidays{void}", head="  ", hang=2)
            _who(sheet, revision, found, "    ")


def _standing(one: Registered) -> str:
    """Say how a version stands: in force, from which day to which, and what ended it."""
    takes = f"takes effect {one.version.manifest.effective}"
    if one.state == "void":
        return f"is void: {inert(one.version.void, WORDS)}"
    if one.first is None:
        return f"waits for signatures · {takes}" if one.state == "waiting" else "was signed and never in force"
    until = f" until {one.last}" if one.last is not None else ""
    if one.state == "in force":
        return f"in force since {one.first}{until}"
    if one.state == "not yet in force":
        return f"signed by all · in force from {one.first}{until}"
    how = f"superseded by version {one.ended_by}" if one.ended_by is not None else "expired"
    return f"in force from {one.first} to {one.last}, then {how}"


def _who(sheet: Sheet, version: SignedVersion, found: Signatures, head: str) -> None:
    parts: list[str | Text] = []
    for role in version.needs:
        title = inert(found.roles.get(role, role))
        done = version.by.get(role)
        if done is None:
            parts.append(Text(f"{title} has not signed", "yellow"))
        else:
            parts.append(f"{title}: {done.by} on {done.statement.at[:10]}")
    parts += [
        Text(
            f"declined by {one.by} as {inert(found.roles.get(one.statement.role, one.statement.role))}",
            "yellow",
        )
        for one in version.rejected
    ]
    sheet.flow(parts, head=head, hang=2)


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


def _signed(found: Signatures) -> Json:
    return {
        "day": found.today.isoformat(),
        "vouched": found.vouched and not found.fault,
        "fault": found.fault or None,
        "versions": [
            {
                **_version(one.version),
                "state": one.state,
                "from": one.first.isoformat() if one.first is not None else None,
                "to": one.last.isoformat() if one.last is not None else None,
                "superseded_by": one.ended_by,
                "revisions": [_version(revision) for revision in one.revisions],
            }
            for one in found.versions
        ],
    }


def _version(one: SignedVersion) -> dict[str, Json]:
    return {
        "version": one.manifest.name,
        "effective": one.manifest.effective,
        "expires": one.manifest.expires,
        "digest": one.digest,
        "signed": one.signed,
        "void": one.void or None,
        "missing": list(one.missing),
        "approvals": [_approval(one.by[role]) for role in one.needs if role in one.by],
        "declined": [_approval(other) for other in one.rejected],
    }


def _approval(one: Approved) -> Json:
    said = one.stands_in
    return {
        "role": one.statement.role,
        "signer": one.statement.signer,
        "stands_in_for": said.delegator if said is not None else None,
        "at": one.statement.at,
    }
