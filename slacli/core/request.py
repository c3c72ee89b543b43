"""Whether a request to sign says what is in it: each thing that it says is worked out anew from its texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from slacli.core import proposal, seen, wording
from slacli.core.text import parse
from slacli.core.trust import chain, mail, standing, statements
from slacli.core.trust.chain import Chain, SignedVersion
from slacli.core.trust.mail import Broken, Request
from slacli.errors import CannotRun
from slacli.findings import Finding, Problem, Severity
from slacli.model import Contract
from slacli.places import Address, SourceMap
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A version of an agreement as a request holds it."""

    contract: Contract
    sources: SourceMap
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A request that holds: what waits for whose signature, and the text before where there is one."""

    request: Request
    now: Text
    before: Text | None
    chain: Chain
    version: SignedVersion
    approval: statements.Approval
    roster: statements.Roster | None


def opened(request: Request, at: datetime, rejected: str | None = None, pin: str | None = None) -> Opened:
    """Work out anew what a request says; `at` is when it is answered, `rejected` why it is declined.

    `pin` is the digest of a roster that is known from elsewhere. Raises Broken, with the field that does not hold.
    """
    now = _text(request.files, "files")
    contract = now.contract
    for name, own in (("project", contract.project), ("contract", contract.id), ("title", contract.title)):
        if getattr(request, name) != own:
            raise Broken(f"its `{name}` is not that of the text in it")
    found = chain.read(request.files, contract.project, contract.id, pin)
    if found.problems:
        raise Broken(f"the signatures in its `files` do not hold: {found.problems[0].message}")
    if pin is not None and not found.anchored:
        raise Broken("its `files` hold no roster that the trust root names")
    version = found.versions[-1] if found.versions else None
    if version is None or version.digest != request.digest:
        raise Broken("its `digest` is not that of the version that waits in it")
    differing = (
        standing.changed(version.manifest, contract.digests)
        or standing.misstated(version.manifest, proposal.said(contract))
    )  # fmt: skip
    if differing:
        raise Broken(f"{wording.quoted(differing)} in its `files` is not what was put forward")
    if found.next_roster is None or found.next_roster[1] != request.roster:
        raise Broken("its `roster` is not the one in it on which a signature rests")
    before = _before(request, version, found)
    try:
        approval = proposal.approval(version, found, request.role or "", request.person, at, rejected)
    except CannotRun as fault:
        raise Broken(f"its `role` and its `person` do not fit what is in it: {fault.what}") from None
    waiting = found.waiting
    mine = waiting is not None and any(request.person in people for people, _ in waiting.short)
    return Opened(request, now, before, found, version, approval, waiting.roster if waiting and mine else None)


def earlier(version: SignedVersion, found: Chain, person: str) -> seen.Earlier | None:
    """Give the version with which one is compared for somebody; None where it is the first.

    Which is in force is not asked: the answer must not depend on the day on which a request is read.
    """
    return next(seen.earlier(found, version.digest, person, None), None)


def _before(request: Request, version: SignedVersion, found: Chain) -> Text | None:
    last = earlier(version, found, request.person)
    if (last.name if last is not None else None) != request.since:
        raise Broken("its `since` is not the version that this one is to be compared with")
    if last is None:
        return None
    before = _text(request.before, "before")
    differing = standing.changed(last.version.manifest, before.contract.digests)
    if differing:
        raise Broken(f"{wording.quoted(differing)} in its `before` is not what version {request.since} says")
    return before


def _text(files: Mapping[str, bytes], name: str) -> Text:
    read = parse.parse({file: text for file, text in files.items() if mail.is_page(file)})
    errors = [found for found in read.findings if found.severity is Severity.ERROR]
    if read.contract is None or errors:
        why = f": {errors[0].message}" if errors else ""
        raise Broken(f"the contract in its `{name}` cannot be read{why}")
    return Text(read.contract, read.sources, tuple(read.findings))


def told(fault: Broken, file: str, *, answer: bool = False) -> Finding:
    """Give a request or an answer that does not hold as a finding."""
    rule = mail.BROKEN_ANSWER if answer else mail.BROKEN_REQUEST
    what = "the answer does not count" if answer else "the request does not hold"
    advice = "have it sent again, by another way" if not answer else "ask its person to answer a new request"
    return rule.found(Problem(Address(file), f"{what}: {fault}", help=advice, subject=file))
