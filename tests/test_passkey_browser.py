"""The page on which people sign, in a real browser with a passkey of software: what they do, see, hear and reach."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browser
import pytest
from browser import Browser, Tab
from pytest_regressions.file_regression import FileRegressionFixture
from test_passkey_page import CHALLENGE, SPACE, TEXT, Device, Visit, b64

from slacli.adapters import passkey
from slacli.adapters.passkey import Assertion, Declined, Enrolled, Section, SigningPage
from slacli.core import seen
from slacli.core.trust import sshsig
from slacli.errors import CannotRun

pytestmark = pytest.mark.skipif(browser.program() is None, reason="Chromium is not installed")

PAGE = SigningPage(
    title="Acme sales and marketing agreement",
    version="4",
    role="VP Sales",
    person="dana",
    changes=(
        Section(
            "Sales owes more",
            (
                "first_touch: tier rest within 4 business hours -> 2 business hours",
                "reject_reasons: target 95% per month -> 98% per month",
            ),
        ),
        Section("Sales is owed more", ("mql_volume: volume at least 80 per month -> at least 90 per month",)),
        Section("Nobody owes or is owed more or less", ("agreement: effective 2026-11-01 -> 2027-01-01",)),
    ),
    replayed=(
        "FY27-Q3 (2026-08-01 to 2026-10-31) by version 3 -> by version 4, as of 2026-11-20 09:00 America/New_York. "
        "Judged on leads.csv (1,204 rows) and activities.csv (3,870 rows)."
    ),
    impact=(
        "First touch: 93.1 % -> 84.2 % of 1,204 (missed in 0 -> 2 of 3 periods; 3 unclear)",
        "Enough qualified leads: 262 -> 262 (missed in 0 -> 1 of 3 periods)",
        "7 terms and 8 duties and goals come out as before.",
    ),
    steward=("new_york: holidays 2026-12-25 closed, 2026-12-28 as usual -> 2026-12-25 as usual, 2026-12-28 closed",),
    signed=("lee, VP Marketing, on 2026-11-20",),
    missing=("VP Sales", "CEO"),
    since="3",
    told="You signed version 3 on 2026-07-14. This is what has changed since.",
    effective="2027-01-01",
    digest="sha256:3f0a91c477de02b8a1e5d6f09c3b7a4482d1e6f5039ab7c8d4e2f1a0b9c8d7e6",
)
LONG = SigningPage(
    title="A" * 300,
    version="12.3",
    role="Vizepräsidentin für den Vertrieb in Mitteleuropa",
    person="Dana",
    changes=tuple(Section(f"Party {n}", ("W" * 200, "A sentence of some length. " * 20)) for n in range(5)),
    signed=("x" * 100,),
)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser.opened(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Tab]:
    found = chromium.tab()
    yield found
    assert found.complaints() == []
    found.call("Page.close")


def signing(page: SigningPage = PAGE, allowed: tuple[bytes, ...] = (), seconds: float = 60) -> Visit:
    return Visit(lambda **options: passkey.sign(page, CHALLENGE, allowed, **options), seconds)


def enrolling_in_vain(title: str = "Acme") -> Visit:
    """A page for a passkey that ends as soon as one is made."""

    def challenge(_kind: str, _public: bytes) -> bytes:
        raise CannotRun("the test is over")

    return Visit(lambda **options: passkey.enrol(title, "Dana", challenge, **options))


def enrolled(tab: Tab) -> Enrolled:
    with Visit(lambda **options: passkey.enrol("Acme agreement", "Dana", CHALLENGE, **options)) as visit:
        tab.go(visit.address)
        tab.click("#go")
        tab.wait("document.querySelector('#go:not(:disabled)')?.textContent === 'Sign once with it'")
        tab.click("#go")
        tab.wait("!document.querySelector('#end').hidden")
        found = visit.end()
    assert isinstance(found, Enrolled)
    return found


def verified(one: Enrolled, found: Assertion) -> tuple[sshsig.Signature, bytes]:
    key = sshsig.security_key(one.public_key, "localhost")
    made = sshsig.webauthn_signature(key, found.signature, found.authenticator_data, found.client_data, found.origin)
    armored = sshsig.armored(key, SPACE, made)
    return sshsig.verify(armored, TEXT, SPACE), armored


# --- what people do ----------------------------------------------------------------------------


def test_a_passkey_is_made_and_then_signs(tab: Tab) -> None:
    tab.passkey()
    one = enrolled(tab)
    assert verified(one, one.assertion)[0].user_verified
    assert tab.text("#end h2") == "Your passkey is ready"
    for allowed in ((one.credential_id,), ()):
        with signing(allowed=allowed) as visit:
            tab.go(visit.address)
            tab.click("#go")
            tab.wait("!document.querySelector('#end').hidden")
            found = visit.end()
        assert isinstance(found, Assertion)
        assert found.credential_id == one.credential_id
        signature, _ = verified(one, found)
        assert (signature.kind, signature.user_verified, signature.origin) == ("passkey", True, visit.origin)
        assert tab.text("#end h2") == "Your signature was handed over"
        assert tab.run("document.activeElement.id") == "end-heading"


def test_openssh_accepts_what_the_browser_signed(tab: Tab, tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("OpenSSH is not installed")
    tab.passkey()
    one = enrolled(tab)
    signature, armored = verified(one, one.assertion)
    (tmp_path / "allowed").write_text(f"dana {signature.key.text}\n")
    (tmp_path / "made.sig").write_bytes(armored)
    command = ("ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "allowed"), "-I", "dana", "-n", SPACE)
    done = subprocess.run((*command, "-s", str(tmp_path / "made.sig")), input=TEXT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_package_webauthn_accepts_it_too(tab: Tab) -> None:
    webauthn = pytest.importorskip("webauthn")
    cbor2 = pytest.importorskip("cbor2")
    tab.passkey()
    one = enrolled(tab)
    made = one.assertion
    found = webauthn.verify_authentication_response(
        credential={
            "id": b64(made.credential_id),
            "rawId": b64(made.credential_id),
            "type": "public-key",
            "response": {
                "authenticatorData": b64(made.authenticator_data),
                "clientDataJSON": b64(made.client_data),
                "signature": b64(made.signature),
            },
        },
        expected_challenge=CHALLENGE,
        expected_rp_id="localhost",
        expected_origin=made.origin,
        credential_public_key=cbor2.dumps({1: 2, 3: -7, -1: 1, -2: one.public_key[1:33], -3: one.public_key[33:]}),
        credential_current_sign_count=0,
        require_user_verification=True,
    )
    assert found.user_verified


def test_a_person_declines_by_keyboard_alone_and_must_say_why(tab: Tab) -> None:
    with signing() as visit:
        tab.go(visit.address)
        for _ in range(2):
            tab.key("Tab")
        assert tab.run("document.activeElement.id") == "decline"
        tab.key("Enter")
        assert tab.run("document.activeElement.id") == "reason"
        tab.key("Tab")
        tab.key("Enter")
        tab.wait("document.querySelector('#trouble').textContent")
        assert tab.text("#trouble").startswith("Say why you decline")
        assert tab.run("document.querySelector('#reason').getAttribute('aria-invalid')") == "true"
        assert tab.run("document.activeElement.id") == "reason"
        assert visit.found is None
        tab.type("Four hours are too few")
        tab.key("Enter")  # a new line
        tab.type("for “cold” leads <b>and</b> more.")
        tab.key("Tab")
        tab.key("Enter")
        tab.wait("!document.querySelector('#end').hidden")
        assert visit.end() == Declined("Four hours are too few for “cold” leads <b>and</b> more.")
    assert tab.text("#end h2") == "You declined to sign"


def test_a_person_declines_and_their_passkey_signs_it(tab: Tab) -> None:
    tab.passkey()
    one = enrolled(tab)

    def refusal(reason: str) -> bytes:
        return sshsig.challenge(TEXT + reason.encode(), SPACE)

    def ask(**options: Any) -> object:
        return passkey.sign(PAGE, CHALLENGE, (one.credential_id,), refusal=refusal, **options)

    with Visit(ask) as visit:
        tab.go(visit.address)
        tab.click("#decline")
        assert "so that it stands under your name" in tab.text("#reason-note")
        tab.type("Four hours are too few")
        tab.click("#refusal [type=submit]")
        tab.wait("!document.querySelector('#end').hidden")
        found = visit.end()
    assert isinstance(found, Declined)
    assert found.assertion is not None
    key = sshsig.security_key(one.public_key, "localhost")
    made = sshsig.webauthn_signature(
        key, found.assertion.signature, found.assertion.authenticator_data, found.assertion.client_data, visit.origin
    )
    message = TEXT + b"Four hours are too few"
    assert sshsig.verify(sshsig.armored(key, SPACE, made), message, SPACE).user_verified
    assert tab.text("#end h2") == "You declined to sign"


def test_a_person_who_turns_back_from_declining_can_sign(tab: Tab) -> None:
    tab.passkey()
    one = enrolled(tab)
    with signing(allowed=(one.credential_id,)) as visit:
        tab.go(visit.address)
        tab.click("#decline")
        assert tab.run("document.querySelector('#go').offsetParent") is None
        tab.click("#back")
        assert tab.run("document.activeElement.id") == "decline"
        tab.click("#go")
        tab.wait("!document.querySelector('#end').hidden")
        assert isinstance(visit.end(), Assertion)


@pytest.mark.parametrize(
    "options", [{"isUserVerified": False}, {"hasUserVerification": False, "isUserVerified": False}]
)
def test_a_device_that_knows_nobody_makes_no_passkey_and_says_so(tab: Tab, options: dict[str, Any]) -> None:
    tab.passkey(**options)
    with enrolling_in_vain() as visit:
        tab.go(visit.address)
        tab.click("#go")
        tab.wait("document.querySelector('#trouble').textContent")
        assert "or this device cannot tell who you are" in tab.text("#trouble")
        assert tab.run("document.querySelector('#go').textContent") == "Make the passkey"
        assert visit.found is None


def test_on_a_device_without_a_finger_or_a_code_the_page_says_what_else_there_is(tab: Tab) -> None:
    tab.call("WebAuthn.enable")
    with enrolling_in_vain() as visit:
        tab.go(visit.address)
        tab.wait("document.querySelector('#status').textContent.includes('use a phone or a security key')")


def test_without_a_passkey_that_fits_it_says_so_and_one_can_try_again(tab: Tab) -> None:
    device = tab.passkey()
    one = enrolled(tab)
    with signing(allowed=(one.credential_id,)) as visit:
        tab.go(visit.address)
        tab.call("WebAuthn.setUserVerified", authenticatorId=device, isUserVerified=False)
        tab.click("#go")
        tab.wait("document.querySelector('#trouble').textContent")
        assert tab.text("#trouble").startswith(
            "Nothing was signed: it was cancelled, took too long, or no passkey fits"
        )
        assert "“use the system prompt”" in tab.text("#trouble")
        assert visit.found is None
        tab.call("WebAuthn.setUserVerified", authenticatorId=device, isUserVerified=True)
        tab.click("#go")
        tab.wait("!document.querySelector('#end').hidden")
        assert isinstance(visit.end(), Assertion)


def test_of_two_tabs_the_second_is_told(chromium: Browser, tab: Tab) -> None:
    other = chromium.tab()
    with signing() as visit:
        tab.go(visit.address)
        other.go(visit.address)
        tab.click("#decline")
        tab.type("no")
        tab.click("#refusal [type=submit]")
        assert visit.end() == Declined("no")
        other.wait("!document.querySelector('#end').hidden")
        assert other.text("#end h2") == "This page is over"
        assert other.run("document.querySelector('#answer').hidden")
    other.call("Page.close")
    # That nobody answers any more is how the other tab finds out.
    assert tab.complaints() == []


def test_when_its_time_is_over_the_page_says_so(tab: Tab) -> None:
    with signing(seconds=6) as visit:
        tab.go(visit.address)
        assert re.fullmatch(r"0:0[1-6] left to answer", tab.text("#clock"))
        tab.wait("!document.querySelector('#end').hidden")
        assert tab.text("#end h2") == "This page is over"
        assert isinstance(visit.end(), CannotRun)


def test_a_browser_without_passkeys_says_so_and_one_can_still_decline(tab: Tab) -> None:
    with signing() as visit:
        tab.call("Page.addScriptToEvaluateOnNewDocument", source="delete window.PublicKeyCredential")
        tab.go(visit.address)
        tab.wait("document.querySelector('#trouble').textContent")
        assert tab.text("#trouble").startswith("This browser has no passkeys")
        assert tab.run("document.querySelector('#go').hidden")
        assert not tab.run("document.querySelector('#decline').hidden")


# --- what they see -----------------------------------------------------------------------------


def test_the_page_says_all_that_is_signed(tab: Tab) -> None:
    with signing() as visit:
        tab.go(visit.address)
        shown = tab.text("main")
        for section in PAGE.changes:
            assert section.heading in shown
            assert all(line in shown for line in section.lines)
        for line in (
            *PAGE.impact,
            PAGE.replayed,
            *PAGE.steward,
            *PAGE.signed,
            *PAGE.missing,
            PAGE.digest,
            PAGE.title,
            PAGE.effective,
        ):
            assert line in shown
        assert "What has changed since version 3" in shown
        assert PAGE.told in shown
        assert "It names the site localhost, never the contract" in shown
        assert tab.text("#go") == "Sign version 4 as VP Sales"
        assert tab.run("document.title") == "Sign version 4"


FAILURES = ("NotAllowedError", "InvalidStateError", "NotSupportedError", "SecurityError", "UnknownError")


def test_the_words_of_the_page(tab: Tab, file_regression: FileRegressionFixture) -> None:
    """What people read, from the first look to every failure that a browser knows."""
    tab.passkey()
    found = []

    def look(title: str, selector: str = "main") -> None:
        words = "\n".join(line for line in tab.text(selector).splitlines() if line.strip())
        found.append(f"== {title}\n\n{words}\n")

    failing = "for (const one of ['get', 'create']) navigator.credentials[one] = async () => { throw window.failure; };"
    for kind in ("sign", "enrol"):
        with signing() if kind == "sign" else enrolling_in_vain(PAGE.title) as visit:
            tab.go(visit.address)
            look(kind)
            tab.run(f"(() => {{ {failing} }})()")
            for name in FAILURES:
                tab.run(f"void (window.failure = new DOMException('', '{name}'))")
                tab.click("#go")
                tab.wait("document.querySelector('#go:not(:disabled)')")
                look(f"{kind}: {name}", "#trouble")
            if kind == "sign":
                tab.click("#decline")
                look("decline", "#answer")
                tab.type("\u0007")
                tab.click("#refusal [type=submit]")
                tab.wait("document.querySelector('#trouble').textContent")
                look("decline: what nobody can see", "#trouble")
                tab.run("document.querySelector('#reason').value = 'no'")
                tab.click("#refusal [type=submit]")
                tab.wait("!document.querySelector('#end').hidden")
                look("declined", "#end")
            else:
                visit.post("created", Device().created())
                tab.wait("!document.querySelector('#end').hidden")
                look("over", "#end")
    assert [one.split(" http")[0] for one in tab.complaints()] == [
        "Failed to load resource: the server responded with a status of 400 (Bad Request)"
    ]
    tab.forget()
    file_regression.check("\n".join(found), encoding="utf-8")


def test_where_nothing_that_decides_has_changed_the_page_says_so(tab: Tab) -> None:
    with signing(SigningPage("Acme", "4", "VP Sales", "Dana", since="3")) as visit:
        tab.go(visit.address)
        assert "What has changed since version 3" in tab.text("main")
        assert "Nothing that decides anything has changed." in tab.text("main")


def test_of_a_first_version_the_page_does_not_say_that_nothing_changed(tab: Tab) -> None:
    with signing(SigningPage("Acme", "1", "VP Sales", "Dana", told=seen.FIRST)) as visit:
        tab.go(visit.address)
        shown = tab.text("main")
        assert "Nothing that decides" not in shown
        assert "This is the first version: there is none before it to compare with." in shown
        assert "Read the agreement before you sign; slacli show prints it whole." in shown


def test_what_is_no_version_is_called_by_its_name(tab: Tab) -> None:
    held = Section("Who may sign", ("VP Sales: Dana",))
    with signing(SigningPage("Acme", "2", "one of its people", "Dana", (held,), what="roster 2")) as visit:
        tab.go(visit.address)
        assert tab.text("h1") == "Roster 2, for you to sign"
        assert tab.text("#go") == "Sign roster 2 as one of its people"
        assert tab.text("#sections h2") == "What it says"
        assert tab.run("document.title") == "Sign roster 2"


def test_text_of_others_stays_text(tab: Tab) -> None:
    hostile = '<script>document.title = "caught"</script><img src=x onerror="document.title=1"><h1>'
    page = SigningPage(
        hostile, hostile, hostile, hostile, (Section(hostile, (hostile,)),), *((hostile,),) * 4, since=hostile,
        effective=hostile, digest=hostile, what=hostile, told=hostile,
    )  # fmt: skip
    with signing(page) as visit:
        tab.go(visit.address)
        assert tab.text("main").count(hostile) >= 12
        assert tab.run("document.querySelectorAll('main script, main img, main bdi *').length") == 0
        assert tab.run("document.title") == f"Sign {hostile}"
        assert tab.run("document.querySelectorAll('h1').length") == 1


def test_a_script_that_gets_into_the_page_all_the_same_does_not_run(tab: Tab) -> None:
    with signing() as visit:
        tab.go(visit.address)
        tried = tab.run(
            """(() => {
              const one = document.createElement('script');
              const made = [];
              try { one.textContent = "document.title = 'caught'"; } catch (fault) { made.push(fault.name); }
              try { document.body.innerHTML = '<p>'; } catch (fault) { made.push(fault.name); }
              document.body.append(one);
              return [document.title, made];
            })()"""
        )
        assert tried == ["Sign version 4", ["TypeError", "TypeError"]]
        assert any("TrustedScript" in one for one in tab.complaints())
        tab.forget()


COLOURS = """
[...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() && !one.disabled
  && [...one.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())).map((one) => {
    let under = one;
    while (getComputedStyle(under).backgroundColor === 'rgba(0, 0, 0, 0)') under = under.parentElement;
    return [one.innerText.slice(0, 40), getComputedStyle(one).color, getComputedStyle(under).backgroundColor];
})
"""
EDGES = """
[...document.querySelectorAll('button, textarea')].filter((one) => one.checkVisibility()).map((one) => [one.id,
  getComputedStyle(one).borderTopColor, getComputedStyle(one.closest('#answer')).backgroundColor])
"""


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours as WCAG 2.2 reckons it."""

    def light(colour: str) -> float:
        found = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour)
        assert found is not None, colour
        parts = [int(part) / 255 for part in found.groups()]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_and_every_edge_stands_out(tab: Tab, scheme: str) -> None:
    tab.preferring(color_scheme=scheme)
    with signing() as visit:
        tab.go(visit.address)
        seen = tab.run(COLOURS)
        tab.click("#decline")
        tab.click("#refusal [type=submit]")
        tab.wait("document.querySelector('#trouble').textContent")
        seen += tab.run(COLOURS)
        edges = tab.run(EDGES)
        ground = tab.run("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(243, 244, 246)") is (scheme == "light")
    assert len(seen) > 40
    assert [(text, contrast(a, b)) for text, a, b in seen if contrast(a, b) < 4.5] == []
    assert len(edges) == 3
    assert [(name, contrast(a, b)) for name, a, b in edges if contrast(a, b) < 3] == []


@pytest.mark.parametrize("page", [PAGE, LONG], ids=["usual", "long"])
@pytest.mark.parametrize("width", [320, 360, 768, 1600])
def test_nothing_is_cut_off_or_too_small_to_touch(tab: Tab, width: int, page: SigningPage) -> None:
    tab.sized(width, 740)
    with signing(page) as visit:
        tab.go(visit.address)
        assert tab.run("document.documentElement.scrollWidth") <= width
        tab.click("#decline")
        assert tab.run("document.documentElement.scrollWidth") <= width
        tab.click("#back")
        boxes = tab.run(
            "[...document.querySelectorAll('button')].filter((one) => one.checkVisibility())"
            ".map((one) => [one.getBoundingClientRect().width, one.getBoundingClientRect().height])"
        )
        assert len(boxes) == 2
        assert all(wide >= 44 and high >= 44 for wide, high in boxes)


def test_what_the_keyboard_is_at_is_never_hidden(tab: Tab) -> None:
    tab.sized(1000, 700)
    with signing(LONG) as visit:
        tab.go(visit.address)
        for wanted in ("go", "decline"):
            tab.key("Tab")
            assert tab.run("document.activeElement.id") == wanted
            assert tab.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            box = tab.run("(({top, bottom}) => [top, bottom])(document.activeElement.getBoundingClientRect())")
            assert box[0] >= 0
            assert box[1] <= 700


def test_on_paper_stands_what_is_signed_and_no_button(tab: Tab) -> None:
    tab.call("Emulation.setEmulatedMedia", media="print")
    with signing() as visit:
        tab.go(visit.address)
        assert tab.run("document.querySelector('#answer').checkVisibility()") is False
        assert PAGE.changes[0].lines[0] in tab.text("#paper")


# --- what they hear ----------------------------------------------------------------------------


def test_a_screen_reader_finds_its_way(tab: Tab) -> None:
    with signing() as visit:
        tab.go(visit.address)
        nodes = tab.nodes()
        roles = [one["role"] for one in nodes]
        assert roles.count("main") == roles.count("banner") == roles.count("timer") == 1
        headings = [(one["level"], one["name"]) for one in nodes if one["role"] == "heading"]
        assert headings == [
            (1, "Version 4, for you to sign"),
            (2, "What has changed since version 3"),
            (3, "Sales owes more"),
            (3, "Sales is owed more"),
            (3, "Nobody owes or is owed more or less"),
            (2, "What it would have done to real rows"),
            (2, "What the steward has changed since, without your signature"),
            (2, "Signatures"),
            (3, "Signed"),
            (3, "Still missing"),
            (2, "What exactly you sign"),
            (2, "Your answer"),
        ]
        regions = {one["name"] for one in nodes if one["role"] == "region"}
        assert regions == {name for level, name in headings if level == 2}
        buttons = [(one["name"], one.get("expanded")) for one in nodes if one["role"] == "button"]
        assert buttons == [("Sign version 4 as VP Sales", None), ("Decline…", False)]
        assert {one["role"]: one["live"] for one in nodes if one["role"] in {"status", "alert"}} == {
            "status": "polite",
            "alert": "assertive",
        }
        assert tab.run("document.documentElement.lang") == "en"
        tab.click("#decline")
        box = next(one for one in tab.nodes() if one["role"] == "textbox")
        assert (box["name"], box["required"]) == ("Why do you decline?", True)


def test_while_the_device_is_asked_the_page_says_so_and_no_button_answers(tab: Tab) -> None:
    device = tab.passkey()
    one = enrolled(tab)
    tab.call("WebAuthn.setAutomaticPresenceSimulation", authenticatorId=device, enabled=False)
    with signing(allowed=(one.credential_id,), seconds=8) as visit:
        tab.go(visit.address)
        tab.click("#go")
        tab.wait("document.querySelector('#status').textContent.startsWith('Waiting for your device')")
        assert tab.run("[...document.querySelectorAll('button')].every((one) => one.disabled)")
        tab.wait("!document.querySelector('#end').hidden")
        assert tab.text("#end h2") == "This page is over"
        assert isinstance(visit.end(), CannotRun)


def test_but_for_the_reading_and_the_finger_signing_takes_no_time(tab: Tab) -> None:
    tab.passkey()
    one = enrolled(tab)
    with signing(allowed=(one.credential_id,)) as visit:
        tab.go(visit.address)
        began = time.monotonic()
        tab.click("#go")
        assert isinstance(visit.end(), Assertion)
        assert time.monotonic() - began < 5  # on a busy machine
