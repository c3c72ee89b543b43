"""How the signatures of an agreement are shown: the verdict first, who signed what, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from rich.text import Text

from slacli.adapters.render.jsontext import Json, visible
from slacli.adapters.render.sheet import WORDS, Sheet, inert
from slacli.adapters.render.terminal import NARROWEST, WIDEST, findings_in
from slacli.core import wording
from slacli.core.agenda import Item
from slacli.core.trust import standing
from slacli.core.trust.chain import Approved, Chain, SignedVersion
from slacli.core.trust.statements import Delegation, Roster
from slacli.findings import Finding, Report
from slacli.model import Contract
from slacli.values import dataclass

FORMAT = "slacli-signed/1"
_KINDS = {"software": "key in a file", "hardware": "security key", "passkey": "passkey"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of an agreement's signatures. `vouched` says whether a pinned roster stands behind them.

    `due` is what is on its agenda by the text that `due_by` names, None where that was not asked for. `rewritten` are
    the files of which the bytes are not those that were signed, though they say the same; None where nobody asked, or
    history does not tell.
    """

    contract: Contract
    chain: Chain
    in_force: SignedVersion | None
    since: date | None
    until: date | None
    today: date
    vouched: bool
    report: Report
    due: tuple[Item, ...] | None = None
    due_by: str = ""
    rewritten: tuple[str, ...] | None = None


def render(shown: Shown, format: str, *, width: int, colour: bool) -> str:
    """Give the whole text, its last line ended."""
    if format == "json":
        return visible(json.dumps(_json(shown), indent=2, ensure_ascii=False)) + "\n"
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    _verdict(sheet, shown)
    for version in shown.chain.versions[-1:]:
        _version(sheet, shown, version)
    _rosters(sheet, shown.chain)
    if shown.due is not None:
        _due(sheet, shown, shown.due)
    if shown.report.findings:
        sheet.gap()
        findings_in(sheet, shown.report)
    return sheet.text(colour=colour)


def _verdict(sheet: Sheet, shown: Shown) -> None:
    title = inert(shown.contract.title)
    if shown.chain.problems:
        sheet.add(
            Text.assemble(("NOT TO BE RELIED UPON", "bold red"), f": the signatures of {title} do not hold"), hang=2
        )
        return
    if shown.in_force is None:
        word = "EXPIRED" if _has_expired(shown) else "NOT IN FORCE"
        sheet.add(Text.assemble((word, "bold yellow"), f" on {shown.today}: {title}"), hang=2)
        return
    name = shown.in_force.manifest.name
    until = f" until {shown.until}" if shown.until is not None else ""
    sheet.add(
        Text.assemble((f"IN FORCE: version {name}", "bold green"), f" of {title}, since {shown.since}{until}"), hang=2
    )
    if shown.rewritten is not None:
        sheet.add(_layout(shown.rewritten), head="  ", hang=2)
    if not shown.vouched:
        sheet.add("signatures not verified here: no trust root is given (`--trust-root`)", head="  ")


def _has_expired(shown: Shown) -> bool:
    return any(one.rule == standing.EXPIRED.name for one in standing.not_in_force(shown.chain, shown.today))


def _layout(rewritten: Sequence[str]) -> str:
    if not rewritten:
        return "signed, byte-identical: the files are those that were signed"
    verb = "says" if len(rewritten) == 1 else "say"
    return f"signed; formatting changed since, and {wording.quoted(rewritten)} {verb} the same"


def _version(sheet: Sheet, shown: Shown, version: SignedVersion) -> None:
    manifest = version.manifest
    sheet.gap()
    state = "void" if version.void else "signed by all" if version.signed else "waiting"
    sheet.add(Text.assemble((f"Version {manifest.name}", "bold"), f" · takes effect {manifest.effective} · {state}"))
    if version.signed:
        sheet.add(version.digest, head="  witness ")
    for role in version.needs:
        sheet.add(_role(shown, version, role), head="  ", hang=4)
    for one in version.rejected:
        said = one.statement
        reason = f": {inert(said.reason, WORDS)}" if said.reason else ""
        sheet.add(Text(f"declined by {one.by} as {said.role} on {said.at[:10]}{reason}", "yellow"), head="  ", hang=4)
    if any(one.stands_in is not None for one in version.given):
        sheet.add("The day on which somebody signed for another is the signer's own word.", head="  ")


def _role(shown: Shown, version: SignedVersion, role: str) -> Text:
    title = inert(_title(shown.contract, role))
    done = version.by.get(role)
    if done is None:
        roster = shown.chain.next_roster
        holders = roster[0].roles.get(role, ()) if roster is not None else ()
        open_now = [one for one in shown.chain.standing_in(shown.today) if one.role == role]
        others = "".join(f", or for {one.delegate}, who stands in until {one.not_after}" for one in open_now)
        who = f"waits for {wording.listed(holders, 'or')}{others}" if holders else "nobody holds this role"
        return Text.assemble((title, ""), ": ", (who, "yellow"))
    return Text.assemble(title, f": {done.by} on {done.statement.at[:10]}, {_how(done)}")


def _how(done: Approved) -> str:
    alone = "" if done.signature.is_known_to_openssh else f" of the kind {done.signature.algorithm}, not for OpenSSH,"
    return f"{_KINDS[done.signature.kind]}{alone} {done.signature.key.fingerprint[:19]}…"


def _title(contract: Contract, role: str) -> str:
    known = contract.sign_off.get(role)
    return f"{known.title} (`{role}`)" if known is not None else f"`{role}`"


def _rosters(sheet: Sheet, chain: Chain) -> None:
    sheet.gap()
    for one in chain.void:
        sheet.add(Text(standing.void_of(one), "yellow"), hang=2)
    if not chain.rosters:
        sheet.add("No roster holds yet: nothing says who may sign.")
        return
    roster, digest = chain.rosters[-1]
    sheet.add(
        f"Roster {roster.version}: {wording.counted(len(roster.people), 'person', 'people')}, of whom "
        f"{roster.threshold} of {len(roster.root)} may change it together",
    )
    sheet.add(digest, head="  trust root ")


_WHEN = {"overdue": ("overdue", "bold red"), "today": ("today", "bold yellow"), "open": ("open", "")}


def _due(sheet: Sheet, shown: Shown, due: Sequence[Item]) -> None:
    sheet.gap()
    if not due:
        sheet.add(f"Nothing is overdue, and nothing falls due within 30 days, by {shown.due_by}.", hang=2)
        return
    sheet.add(Text.assemble(("Due", "bold"), f", by {shown.due_by}"), hang=2)
    for one in due:
        days = (one.due - shown.today).days if one.due is not None else 0
        word, style = _WHEN.get(one.state, (f"in {wording.counted(days, 'day')}", ""))
        day = {"overdue": f", since {one.due}", "open": f", until {one.due}" if one.due else ""}
        text = f"{inert(one.says, WORDS)}{day.get(one.state, f', on {one.due}')}"
        sheet.add(text, head=Text.assemble("  ", (word, style), ": "), hang=4)


def roster(
    value: Roster,
    width: int,
    *,
    colour: bool,
    new: Collection[bytes] = (),
    standing_in: Sequence[Delegation] = (),
) -> str:
    """Give a roster as people read it: who holds which role, with which keys, and which of those are `new`.

    `standing_in` are those who stand in for somebody today.
    """
    sheet = Sheet(max(NARROWEST, min(width, WIDEST)))
    sheet.add(Text.assemble((f"Roster {value.version}", "bold")))
    for role, people in value.roles.items():
        sheet.add(wording.listed(people), head=f"  {role}: ")
    for person, keys in value.people.items():
        for one in keys:
            must = ", must recognise its owner" if one.verified else ""
            fresh = ", new" if one.key.blob in new else ""
            alone = "" if one.key.is_known_to_openssh else ", verified by slacli alone and not by OpenSSH"
            size = f" of {one.key.bits:,} bits" if one.key.bits is not None else ""
            sheet.add(f"{one.key.type}{size} {one.key.fingerprint}{alone}{must}{fresh}", head=f"  {person}: ", hang=4)
    for said in standing_in:
        days = f"{said.not_before} to {said.not_after}"
        sheet.add(f"{said.delegate} stands in for {said.delegator}, {days}", head=f"  {said.role}: ", hang=4)
    if value.non_delegable:
        sheet.add(f"Nobody stands in for another as {wording.listed(value.non_delegable, 'or')}.", hang=2)
    if value.beside:
        sheet.add(f"Somebody may sign as {wording.listed(value.beside, 'or')} beside another role.", hang=2)
    for gone in value.void:
        name = f"{gone.version}.{gone.revision}" if gone.revision else str(gone.version)
        sheet.add(Text(f"Version {name} is void: {inert(gone.reason, WORDS)}", "yellow"), hang=2)
    many = wording.counted(value.threshold, "signature")
    sheet.add(f"A change takes {many} of {wording.listed(value.root)}, and as many of the new roster's people.", hang=2)
    return sheet.text(colour=colour)


# --- for machines ------------------------------------------------------------------------------


def _json(shown: Shown) -> dict[str, Json]:
    rosters = shown.chain.rosters
    return {
        "format": FORMAT,
        "contract": {
            "id": shown.contract.id,
            "title": shown.contract.title,
            "version": shown.contract.version,
            "digest": shown.contract.digest,
        },
        "day": shown.today.isoformat(),
        "vouched": shown.vouched,
        "holds": not shown.chain.problems,
        "in_force": None
        if shown.in_force is None
        else {
            "version": shown.in_force.manifest.name,
            "since": shown.since.isoformat() if shown.since is not None else None,
            "until": shown.until.isoformat() if shown.until is not None else None,
            "rewritten": list(shown.rewritten) if shown.rewritten is not None else None,
        },
        "roster": None
        if not rosters
        else {"version": rosters[-1][0].version, "digest": rosters[-1][1], "people": list(rosters[-1][0].people)},
        "standing_in": [_delegation(one) for one in shown.chain.standing_in(shown.today)],
        "versions": [_version_json(one) for one in shown.chain.versions],
        "due_by": shown.due_by or None,
        "due": [_item(one) for one in shown.due] if shown.due is not None else None,
        "findings": list(_findings(shown.report.findings)),
    }


def _item(one: Item) -> Json:
    return {
        "kind": one.kind,
        "subject": one.subject,
        "says": one.says,
        "who": list(one.who),
        "due": one.due.isoformat() if one.due is not None else None,
        "state": one.state,
    }


def _version_json(version: SignedVersion) -> dict[str, Json]:
    manifest = version.manifest
    return {
        "version": manifest.name,
        "effective": manifest.effective,
        "expires": manifest.expires,
        "digest": version.digest,
        "files": dict(manifest.files),
        "signed": version.signed,
        "void": version.void or None,
        "needs": list(version.needs),
        "missing": list(version.missing),
        "approvals": [_approval(one) for one in _given(version.by)],
        "declined": [_approval(one) for one in version.rejected],
    }


def _given(by: Mapping[str, Approved]) -> Iterator[Approved]:
    yield from by.values()


def _delegation(said: Delegation) -> dict[str, Json]:
    return {
        "role": said.role,
        "from": said.delegator,
        "to": said.delegate,
        "not_before": said.not_before,
        "not_after": said.not_after,
    }


def _approval(one: Approved) -> dict[str, Json]:
    return {
        "role": one.statement.role,
        "signer": one.statement.signer,
        "at": one.statement.at,
        "kind": one.signature.kind,
        "algorithm": one.signature.algorithm,
        "key": one.signature.key.fingerprint,
        "reason": one.statement.reason or None,
        "stands_in": _delegation(one.stands_in) if one.stands_in is not None else None,
    }


def _findings(found: Sequence[Finding]) -> Iterator[dict[str, Json]]:
    for one in found:
        yield {
            "rule": one.rule,
            "severity": one.severity.word,
            "message": one.message,
            "help": one.help or None,
            "file": one.at.file if one.at is not None else None,
            "fingerprint": one.fingerprint,
        }
