"""Who declines on the page: their passkey signs that they do and why, and that stays until they sign the version."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from repositories import Repository
from test_passkey_page import CHALLENGE, PAGE, Device, Visit, b64
from test_signing import NOON, PEOPLE, Browser, _apart, repo, roster_of_passkeys, run, sign_by

from slacli import signing
from slacli.adapters import passkey
from slacli.adapters.passkey import Assertion, Declined
from slacli.core.trust import sshsig

__all__ = ["_apart", "repo"]

WHY = "too tight for one quarter"


class Declining(Browser):
    """Answers a page as a browser whose owner declines and whose device signs that."""

    def _call(self, parts: Any, method: str, name: str, said: object) -> Any:
        if name != "declined":
            return super()._call(parts, method, name, said)
        asked = super()._call(parts, "POST", "declining", said)
        answer = self.device.assertion(asked["challenge"], self.origin)
        return super()._call(parts, method, name, {"reason": self.declines, **answer})


def passkeys(repo: Repository) -> dict[str, Device]:
    devices = {name: Device(name=name.encode()) for name in PEOPLE.values()}
    roster_of_passkeys(repo, devices)
    return devices


ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")


@ssh
def test_input_77_a_refusal_on_the_page_is_kept_and_never_counts(repo: Repository) -> None:
    devices = passkeys(repo)
    for role in ("vp_sales", "vp_marketing"):
        sign_by(repo, role, Browser(devices[PEOPLE[role]]))
    browser = Declining(devices["kim"], WHY)
    assert sign_by(repo, "ceo", browser) == ["signatures/approvals/1/ceo--kim.json"]
    (page,) = browser.seen
    assert page["refusal"] is True
    statement = json.loads((repo.contracts / "signatures/approvals/1/ceo--kim.json").read_bytes())
    assert (statement["decision"], statement["reason"]) == ("reject", WHY)
    shown = run(repo, "status").out
    assert f"declined by kim as ceo on 2026-11-20: {WHY}" in shown
    assert "NOT IN FORCE" in shown
    # Whoever has thought better of it signs, and the refusal is gone.
    sign_by(repo, "ceo", Browser(devices["kim"]))
    shown = run(repo, "status").out
    assert "IN FORCE: version 1" in shown
    assert "declined" not in shown


@ssh
def test_a_refusal_from_the_command_line_is_called_one_on_the_page(repo: Repository) -> None:
    devices = passkeys(repo)
    for role in ("vp_sales", "vp_marketing"):
        sign_by(repo, role, Browser(devices[PEOPLE[role]]))
    what = signing.task(repo.contracts, "ceo", None, NOON, WHY)
    browser = Browser(devices["kim"])
    signing.sign(repo.contracts, what, NOON, signing.by_passkey(repo.contracts, what, NOON, browser))
    assert browser.seen[0]["what"] == "your refusal of version 1"
    assert "declined by kim" in run(repo, "status").out


# --- the page alone -------------------------------------------------------------------------------


def refusal(reason: str) -> bytes:
    return sshsig.challenge(reason.encode(), "approval.v1@slacli")


def signing_page() -> Visit:
    return Visit(lambda **options: passkey.sign(PAGE, CHALLENGE, (), refusal=refusal, **options), 60)


def test_a_refusal_is_signed_over_its_reason() -> None:
    device = Device()
    with signing_page() as visit:
        asked = visit.post("declining", {"reason": f" {WHY}\n"}).said["challenge"]
        assert asked == b64(refusal(WHY))
        said = {"reason": WHY, **device.assertion(asked, visit.origin)}
        assert visit.post("declined", said).status == 200
        found = visit.end()
    assert isinstance(found, Declined)
    assert found.reason == WHY
    assert isinstance(found.assertion, Assertion)


def test_a_refusal_of_another_reason_or_by_the_approval_s_own_challenge_is_none() -> None:
    device = Device()
    with signing_page() as visit:
        asked = visit.post("declining", {"reason": WHY}).said["challenge"]
        for reason, challenge, words in (
            ("something else", asked, "another reason was signed"),
            (WHY, b64(CHALLENGE), "signed something else"),
            (WHY, b64(refusal("something else")), "signed something else"),
        ):
            answer = visit.post("declined", {"reason": reason, **device.assertion(challenge, visit.origin)})
            assert answer.status == 400
            assert words in answer.said["error"]
        # An approval is not made of what was signed to decline, either.
        answer = visit.post("signed", device.assertion(asked, visit.origin))
        assert answer.status == 400
        assert visit.post("declined", {"reason": WHY}).status == 200
        assert visit.end() == Declined(WHY)


def test_reasons_without_end_are_not_taken() -> None:
    with signing_page() as visit:
        for number in range(10):
            assert visit.post("declining", {"reason": f"reason {number}"}).status == 200
        answer = visit.post("declining", {"reason": "one more"})
        assert (answer.status, "too many reasons" in answer.said["error"]) == (400, True)
        visit.post("declined", {"reason": WHY})
        visit.end()


def test_where_no_refusal_can_be_kept_the_page_has_no_door_for_it() -> None:
    with Visit(lambda **options: passkey.sign(PAGE, CHALLENGE, (), **options), 60) as visit:
        assert visit.post("declining", {"reason": WHY}).status == 404
        visit.post("declined", {"reason": WHY})
        assert visit.end() == Declined(WHY)
