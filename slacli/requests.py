"""The journeys of a signature without a clone: a request goes out, is signed anywhere, and its answer comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from slacli import signing, versions
from slacli.adapters import folder, history
from slacli.core import proposal, request, seen, sentences, wording
from slacli.core.comparison import Version, compared
from slacli.core.request import Opened
from slacli.core.trust import chain, mail, standing, statements
from slacli.core.trust.chain import SignedVersion
from slacli.errors import CannotRun
from slacli.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from slacli.adapters.passkey import SigningPage
    from slacli.signing import Sign, Task


def ask(place: Path, role: str, person: str | None, now: datetime) -> tuple[str, bytes]:
    """Give the request by which somebody without a clone signs what waits for them, behind their name.

    It holds the pages of the agreement, what is signed of it, and the pages of the version to compare it with; no data.
    Raises CannotRun where nothing waits for them, or that version is not in history.
    """
    what = signing.task(place, role, person, now)
    if what.approval is None:
        raise CannotRun(
            f"a roster alone waits for `{what.person}`, and a request asks for a version", "let them sign it in a clone"
        )
    found = signing.status(place, None, None, now)
    version, last = found.newest, found.chain.next_roster
    if version is None or last is None:
        raise CannotRun("nothing was put forward to sign", "put the text forward with `slacli propose`")
    before = request.earlier(version, found.chain, what.person)
    asked = mail.Request(
        project=found.contract.project,
        contract=found.contract.id,
        title=found.contract.title,
        person=what.person,
        role=role,
        digest=version.digest,
        roster=last[1],
        since=before.name if before is not None else None,
        files={name: text for name, text in found.texts.items() if mail.is_needed(name)},
        before=_pages(place, before.version) if before is not None else {},
    )
    text = _text(asked)
    try:
        # What would be refused there is told here.
        request.opened(mail.request(text), now)
    except mail.Broken as fault:
        raise CannotRun(f"no request can be made of it: {fault}", "see `slacli verify`") from None
    return what.person, text


def ask_to_enrol(place: Path, person: str, now: datetime) -> bytes:
    """Give the request by which somebody without a clone enrols a key. Raises CannotRun where the name is none."""
    proposal.must_name_a_person(person)
    contract = signing.status(place, None, None, now).contract
    return _text(mail.Request(contract.project, contract.id, contract.title, person))


def _text(asked: mail.Request) -> bytes:
    try:
        return asked.text
    except mail.Broken as fault:
        raise CannotRun(f"no request can be made of it: {fault}", "let them sign in a clone") from None


def _pages(place: Path, version: SignedVersion) -> Mapping[str, bytes]:
    """Give the pages of a version as they were committed; raises CannotRun where history does not hold them."""
    manifest = version.manifest
    found = versions.text_of(place, manifest.version, lambda text: not standing.changed(manifest, text.digests))
    if found is None:
        raise CannotRun(
            f"the text of version {manifest.name} is not in the history of this clone, so that the request could not "
            "show what has changed",
            "fetch the whole history with `git fetch --unshallow`",
        )
    commit = found[1]
    texts = history.snapshot(place, commit).texts if commit is not None else folder.read(place)
    return {name: text for name, text in texts.items() if mail.is_page(name)}


# --- where there is no clone ---------------------------------------------------------------------


def opened(
    path: Path, now: datetime, rejected: str | None = None, pin: str | None = None
) -> Opened | mail.Request | Finding:
    """Read a request: to sign, with all that it says worked out anew; or to enrol, which says nothing but who.

    Gives what is wrong with it as a finding. Raises CannotRun where the file cannot be read, or is no request.
    """
    text = _read(path, b'{"_type":"slacli/request/v1"', "a request to sign")
    try:
        asked = mail.request(text)
        return asked if asked.role is None else request.opened(asked, now, rejected, pin)
    except mail.Broken as fault:
        return request.told(fault, str(path))


def _read(path: Path, start: bytes, what: str) -> bytes:
    if not path.is_file():
        raise CannotRun(f"there is no file `{wording.sanitised(str(path))}`", f"name {what} that you were sent")
    text = folder.read_file(path)
    if len(text) > mail.MOST_BYTES:
        raise CannotRun(
            f"`{wording.sanitised(str(path))}` has more than {mail.MOST_BYTES:,} bytes, and is no file of this kind",
            f"name {what} that you were sent",
        )
    if not text.startswith(start):
        raise CannotRun(
            f"`{wording.sanitised(str(path))}` is not {what}, or was altered on its way",
            "have it sent as a file, and not as text in a mail",
        )
    return text


def task(found: Opened) -> Task:
    """Give what a request asks for as a task like any other."""
    last = found.chain.rosters[-1][0] if found.chain.rosters else None
    fresh = signing.new_keys(found.roster, last) if found.roster is not None else frozenset()
    return signing.Task(found.approval.signer, found.roster, fresh, found.approval, found.version)


def sees(found: Opened) -> seen.Seen:
    """Give what somebody sees of the version that a request asks them to sign: of a first one, all that it says."""
    contract = found.now.contract
    replay = found.chain.replays.get(found.version.manifest.name)
    shown = seen.Seen(
        seen.FIRST,
        changes=tuple(
            seen.Part(section.title, tuple(text for one in section.clauses for text in (one.sentence, *one.lines)))
            for section in sentences.sections(contract)
            if section.clauses
        ),
    )
    last = request.earlier(found.version, found.chain, found.request.person)
    if found.before is not None and last is not None:
        changed = compared(
            Version("before", None, "", found.before.contract, found.before.sources),
            Version("put forward", None, "", contract, found.now.sources),
        )
        role = contract.sign_off.get(found.approval.role)
        shown = seen.Seen(
            seen.told(last, ()),
            last.name,
            seen.laid_out(changed.groups, found.before.contract, contract, role.party if role is not None else None),
        )
    return replace(
        shown,
        replay=seen.figures(replay, contract) if replay is not None else None,
        alike=signing.alike(found.now.findings, found.now.sources, found.version),
    )


def by_passkey(found: Opened, opener: Callable[[str], None] | None = None) -> Sign:
    """Give what signs a request on a page, which says what has changed, or of a first version all that it says.

    It raises CannotRun as `signing.by_passkey` does.
    """
    what = task(found)
    last = found.chain.next_roster
    roster = found.roster if found.roster is not None or last is None else last[0]
    if roster is None:
        raise CannotRun("there is no roster that says who may sign", "ask who sent the request")

    def page(message: bytes, namespace: str) -> SigningPage:
        shown = sees(found) if namespace == statements.APPROVES else None
        return signing.page_of(found.now.contract, what, message, namespace, shown)

    return signing.by_page(roster, what, page, opener)


def answer(found: Opened, make: Sign) -> bytes:
    """Sign what a request asks for, and give the answer; raises CannotRun where a signature would not count."""
    asked = found.request
    files: dict[str, bytes] = {}
    if found.roster is not None:
        signature = signing.made(make, found.roster.text, statements.ROSTERS)
        statement = chain.statement_of(chain.signature_of(found.roster.version, asked.person))
        files[chain.signature_file(statement, signature)] = signature
    said, given = found.approval, make(found.approval.text, statements.APPROVES)
    if isinstance(given, signing.Refusal):
        said, given = given.statement, given.signature
    name = chain.file_of(said)
    files |= {name: said.text, chain.signature_file(name, given): given}
    return _answered(asked, files)


def answer_enrolment(asked: mail.Request, said: statements.Enrolment, make: Sign) -> bytes:
    """Prove a key, and give the answer; raises CannotRun where the signature does not prove it."""
    name = chain.file_of(said)
    signature = signing.made(make, said.text, statements.ENROLS)
    return _answered(asked, {name: said.text, chain.signature_file(name, signature): signature})


def _answered(asked: mail.Request, files: Mapping[str, bytes]) -> bytes:
    gone = {chain.other_form(name) for name in files if not chain.is_statement(name)}
    rest = {name: text for name, text in asked.files.items() if name not in gone}
    after = chain.read({**rest, **files}, asked.project, asked.contract)
    if after.problems:
        raise CannotRun(f"the signature would not count: {signing.first(after.problems)}", "nothing was written")
    return mail.Answer(asked.project, asked.contract, asked.person, files).text


# --- back in the clone -----------------------------------------------------------------------------


def receive(place: Path, path: Path, now: datetime) -> tuple[str, list[str]] | Finding:
    """Put an answer in place, once it is proven to count; gives who signed, and the names of the files.

    Gives what is wrong with it as a finding. Raises CannotRun where the file cannot be read, is no answer, or was
    received before.
    """
    text = _read(path, b'{"_type":"slacli/answer/v1"', "an answer to a request")
    try:
        found = mail.answer(text)
        return found.person, signing.take(place, found, now)
    except mail.Broken as fault:
        return request.told(fault, str(path), answer=True)
