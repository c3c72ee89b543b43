"""The page on which people sign, without a browser: who is let in, and what counts as an answer."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import queue
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from signing import PROJECT

from slacli.adapters import passkey
from slacli.adapters.passkey import Assertion, Declined, Enrolled, Section, SigningPage
from slacli.adapters.passkey.server import MOST_BYTES
from slacli.core.trust import sshsig, statements
from slacli.core.trust.statements import ENROLS, Enrolment
from slacli.errors import CannotRun

TEXT = b'{"_type":"slacli/approval/v1"}'
SPACE = "approval.v1@slacli"
CHALLENGE = sshsig.challenge(TEXT, SPACE)
PAGE = SigningPage(
    title="Acme sales and marketing agreement",
    version="4",
    role="VP Sales",
    person="Dana",
    changes=(Section("Sales owes more", ("Every qualified lead is called within 4 hours, not 8.",)),),
)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


# --- a device, and those who call --------------------------------------------------------------


@dataclass
class Device:
    """A passkey in plain Python, as a browser would use it."""

    algorithm: int = -7
    name: bytes = b"a credential"
    key: Any = field(default=None)

    def __post_init__(self) -> None:
        if self.key is None:
            es256 = self.algorithm == -7
            self.key = ec.generate_private_key(ec.SECP256R1()) if es256 else rsa.generate_private_key(65537, 2048)

    def created(self) -> dict[str, Any]:
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"credential_id": b64(self.name), "algorithm": self.algorithm, "public_key": b64(public)}

    def assertion(
        self, challenge: str, origin: str, flags: int = 0x05, site: str = "localhost", **said: object
    ) -> dict[str, Any]:
        values = {"type": "webauthn.get", "challenge": challenge, "origin": origin, "crossOrigin": False} | said
        # As browsers write it, and as OpenSSH wants to read it.
        client = json.dumps(values, separators=(",", ":")).encode()
        data = hashlib.sha256(site.encode()).digest() + bytes([flags]) + (1).to_bytes(4, "big")
        signed = data + hashlib.sha256(client).digest()
        made = (
            self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
            if self.algorithm == -7
            else self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        )
        return {
            "credential_id": b64(self.name),
            "authenticator_data": b64(data),
            "client_data": b64(client),
            "signature": b64(made),
        }


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


class Visit:
    """A page that is open in a thread of its own, and whoever calls it."""

    def __init__(self, ask: Callable[..., object], seconds: float = 60) -> None:
        self._address: queue.Queue[str] = queue.Queue()
        self._ask = ask
        self._seconds = seconds
        self.found: object = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self.found = self._ask(seconds=self._seconds, opener=self._address.put)
        except BaseException as fault:  # noqa: BLE001 - it is looked at by the test
            self.found = fault

    def __enter__(self) -> Self:
        self._thread.start()
        self.address = self._address.get(timeout=10)
        found = re.fullmatch(r"http://localhost:(\d+)/([A-Za-z0-9_-]{22})/", self.address)
        assert found is not None
        self.port, self.token = int(found[1]), found[2]
        self.origin = f"http://localhost:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            with suppress(OSError):
                for name, said in (("declined", {"reason": "the test is over"}), ("created", Device().created())):
                    self.post(name, said)
            self._thread.join(10)

    def end(self) -> object:
        self._thread.join(10)
        assert not self._thread.is_alive()
        return self.found

    def call(
        self,
        method: str,
        name: str,
        body: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
        token: str | None = None,
        at: str = "127.0.0.1",
    ) -> Answer:
        """Call the page with the headers of a browser, but for those that are given; None leaves one out."""
        told: dict[str, str | None] = {"Host": f"localhost:{self.port}"}
        if body is not None:
            told |= {"Origin": self.origin, "Content-Type": "application/json", "Content-Length": str(len(body))}
        with closing(http.client.HTTPConnection(at, self.port, timeout=10)) as line:
            line.putrequest(method, f"/{self.token if token is None else token}/{name}", skip_host=True)
            for header, value in (told | dict(headers or {})).items():
                if value is not None:
                    line.putheader(header, value)
            line.endheaders(body)
            answer = line.getresponse()
            return Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())

    def post(self, name: str, said: object, **options: Any) -> Answer:
        return self.call("POST", name, json.dumps(said).encode(), **options)

    def data(self) -> Any:
        return self.call("GET", "visit").said

    def is_closed(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except ConnectionError:
            return True
        return False


def signing(page: SigningPage = PAGE, allowed: tuple[bytes, ...] = (), seconds: float = 60) -> Visit:
    return Visit(lambda **options: passkey.sign(page, CHALLENGE, allowed, **options), seconds)


# --- one answer, end to end --------------------------------------------------------------------


def verified(device: Device, found: Assertion) -> sshsig.Signature:
    point = device.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key = sshsig.security_key(point, "localhost")
    made = sshsig.webauthn_signature(key, found.signature, found.authenticator_data, found.client_data, found.origin)
    return sshsig.verify(sshsig.armored(key, SPACE, made), TEXT, SPACE)


@pytest.mark.parametrize("at", ["127.0.0.1", "::1"])
def test_what_a_passkey_signs_on_the_page_is_a_signature(at: str) -> None:
    device = Device()
    with signing() as visit:
        try:
            data = visit.call("GET", "visit", at=at).said
        except OSError:
            pytest.skip("this machine has no such address")
        answer = visit.post("signed", device.assertion(data["challenge"], visit.origin), at=at)
        assert answer.status == 200
        found = visit.end()
    assert isinstance(found, Assertion)
    signature = verified(device, found)
    assert (signature.kind, signature.user_verified, signature.origin) == ("passkey", True, visit.origin)


def test_a_new_passkey_proves_itself_over_the_statement_that_names_it() -> None:
    device = Device()

    def statement(public: bytes) -> Enrolment:
        return Enrolment(PROJECT, "dana", sshsig.security_key(public, "localhost"), "2026-11-22T06:00:00Z")

    def challenge(kind: str, public: bytes) -> bytes:
        assert kind == "es256"
        return sshsig.challenge(statement(public).text, ENROLS)

    with Visit(lambda **options: passkey.enrol("Acme", "Dana", challenge, **options)) as visit:
        data = visit.data()
        assert (data["kind"], data["algorithms"], data["site"]) == ("enrol", [-7, -257], "localhost")
        said = visit.post("created", device.created()).said
        assert visit.post("proven", device.assertion(said["challenge"], visit.origin)).status == 200
        found = visit.end()
    assert isinstance(found, Enrolled)
    point = device.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert (found.kind, found.public_key, found.credential_id) == ("es256", point, device.name)
    key = sshsig.security_key(found.public_key, "localhost")
    one = found.assertion
    made = sshsig.webauthn_signature(key, one.signature, one.authenticator_data, one.client_data, one.origin)
    text = statement(found.public_key).text
    assert sshsig.verify(sshsig.armored(key, ENROLS, made), text, ENROLS).user_verified
    assert statements.enrolment(text).key == key


def test_a_new_passkey_proves_itself_over_bytes() -> None:
    device = Device()
    with Visit(lambda **options: passkey.enrol("Acme", "Dana", CHALLENGE, **options)) as visit:
        said = visit.post("created", device.created()).said
        visit.post("proven", device.assertion(said["challenge"], visit.origin))
        found = visit.end()
    assert isinstance(found, Enrolled)
    assert verified(device, found.assertion).user_verified


def test_a_passkey_of_windows_gives_its_key_and_what_it_signed() -> None:
    device = Device(-257)
    with Visit(lambda **options: passkey.enrol("Acme", "Dana", CHALLENGE, **options)) as visit:
        said = visit.post("created", device.created()).said
        visit.post("proven", device.assertion(said["challenge"], visit.origin))
        found = visit.end()
    assert isinstance(found, Enrolled)
    assert found.kind == "rs256"
    public = load_der_public_key(found.public_key)
    assert isinstance(public, rsa.RSAPublicKey)
    one = found.assertion
    signed = one.authenticator_data + hashlib.sha256(one.client_data).digest()
    public.verify(one.signature, signed, padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(one.client_data)["challenge"] == b64(CHALLENGE)


def test_who_declines_says_why_on_one_line() -> None:
    with signing() as visit:
        assert visit.post("declined", {"reason": "  four hours\nare too few,\t“Dana” "}).status == 200
        assert visit.end() == Declined("four hours are too few, “Dana”")


# --- T24 and input 103: a local page that is attacked ------------------------------------------


@pytest.mark.parametrize(
    "host",
    [None, "", "localhost", "127.0.0.1:{port}", "[::1]:{port}", "LOCALHOST:{port}", "evil.example:{port}",
     "localhost:{port}.evil.example", "localhost:1", "evil.example"],
)  # fmt: skip
def test_t24_under_another_name_there_is_no_page(host: str | None) -> None:
    device = Device()
    with signing() as visit:
        headers = {"Host": None if host is None else host.format(port=visit.port)}
        for name in ("", "visit", "page.js", "state", "signed"):
            assert visit.call("GET", name, headers=headers).status == 404
        signed = device.assertion(visit.data()["challenge"], visit.origin)
        assert visit.post("signed", signed, headers=headers).status == 404
        assert visit.found is None


def test_t24_two_hosts_are_none() -> None:
    with signing() as visit, socket.create_connection(("127.0.0.1", visit.port), timeout=10) as line:
        line.sendall(
            f"GET /{visit.token}/visit HTTP/1.1\r\nHost: localhost:{visit.port}\r\nHost: evil.example\r\n\r\n".encode()
        )
        assert line.recv(100).startswith(b"HTTP/1.0 404 ")


@pytest.mark.parametrize("token", ["", "x", "{token}x", "{short}", "%C3%A9", "../{token}", "%2e%2e/{token}"])
def test_t24_without_the_secret_there_is_no_page(token: str) -> None:
    device = Device()
    with signing() as visit:
        guess = token.format(token=visit.token, short=visit.token[:-1])
        for name in ("", "visit", "page.js"):
            assert visit.call("GET", name, token=guess).status == 404
        signed = device.assertion(visit.data()["challenge"], visit.origin)
        assert visit.post("signed", signed, token=guess).status == 404
        assert visit.found is None


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "http://evil.example", "https://localhost:{port}", "http://localhost", "http://localhost:1",
     "http://127.0.0.1:{port}", "http://localhost:{port}/", "HTTP://LOCALHOST:{port}"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["signed", "declined"])
def test_t24_another_page_cannot_answer(name: str, origin: str | None) -> None:
    device = Device()
    with signing() as visit:
        signed = device.assertion(visit.data()["challenge"], visit.origin) | {"reason": "none"}
        headers = {"Origin": None if origin is None else origin.format(port=visit.port)}
        assert visit.post(name, signed, headers=headers).status == 403
        assert visit.found is None
        assert visit.post("signed", signed).status == 200


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8", "text/json"]
)
def test_t24_what_a_form_can_send_is_no_answer(kind: str | None) -> None:
    with signing() as visit:
        assert visit.post("declined", {"reason": "none"}, headers={"Content-Type": kind}).status == 415
        assert visit.found is None


def test_t24_of_two_tabs_one_wins_and_the_other_is_told() -> None:
    device = Device()
    with signing() as visit:
        body = json.dumps(device.assertion(visit.data()["challenge"], visit.origin)).encode()
        with socket.create_connection(("127.0.0.1", visit.port), timeout=10) as late:
            head = (
                f"POST /{visit.token}/declined HTTP/1.1\r\nHost: localhost:{visit.port}\r\nOrigin: {visit.origin}\r\n"
                'Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{"reason": "'
            )
            late.sendall(head.encode())
            time.sleep(0.2)  # until it is being read
            assert visit.call("POST", "signed", body).status == 200
            late.sendall(b'x"}')
            told = b""
            while piece := late.recv(1000):
                told += piece
        assert told.startswith(b"HTTP/1.0 409 ")
        assert json.loads(told.split(b"\r\n\r\n")[1])["over"] is True
        assert isinstance(visit.end(), Assertion)


def test_input_103_a_second_use_finds_nothing() -> None:
    device = Device()
    with signing() as visit:
        signed = device.assertion(visit.data()["challenge"], visit.origin)
        assert visit.post("signed", signed).status == 200
        visit.end()
        assert visit.is_closed()


def test_input_103_after_its_time_the_page_is_gone_and_nothing_is_signed() -> None:
    began = time.monotonic()
    with signing(seconds=0.3) as visit:
        found = visit.end()
        assert isinstance(found, CannotRun)
        assert "nobody answered on the page within 0.3 seconds, so nothing was signed" in found.what
        assert visit.is_closed()
    assert time.monotonic() - began < 10


def test_input_103_an_answer_that_comes_as_the_time_ends_is_late() -> None:
    from slacli.adapters.passkey.server import _Visit

    visit = _Visit({}, {"declined": lambda _said, _origin: pytest.fail("it was taken")}, time.monotonic() - 1)
    status, told = visit.knock("declined", {})
    assert (status, told["over"]) == (409, True)


def test_the_page_is_open_for_two_minutes() -> None:
    with Visit(lambda **options: passkey.sign(PAGE, CHALLENGE, opener=options["opener"])) as visit:
        assert 110 < visit.data()["left"] <= 120


@pytest.mark.parametrize("name", ["", "visit", "page.js", "page.css", "state"])
def test_a_page_that_is_read_takes_no_answer(name: str) -> None:
    with signing() as visit:
        answer = visit.post(name, {"reason": "none"})
        assert (answer.status, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("name", ["signed", "declined"])
def test_an_answer_is_no_page(name: str) -> None:
    with signing() as visit:
        answer = visit.call("GET", name)
        assert (answer.status, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "X"])
def test_other_methods_are_refused(method: str) -> None:
    with signing() as visit:
        assert visit.call(method, "").status == 405
        assert visit.call(method, "", token="guess").status == 404
        assert visit.found is None


@pytest.mark.parametrize(
    "name", ["created", "proven", "nothing", "visit/", "page.py", "../page.html", "?", "page.js?x"]
)
def test_what_is_not_there_is_not_found(name: str) -> None:
    with signing() as visit:
        assert visit.call("GET", name).status == 404
        assert visit.post(name, {}).status == 404


def test_too_long_an_answer_is_not_read() -> None:
    with signing() as visit:
        for length in (str(MOST_BYTES + 1), "9" * 30):
            answer = visit.call("POST", "declined", b"", {"Content-Length": length})
            assert answer.status == 413
        assert visit.found is None


@pytest.mark.parametrize("length", [None, "-1", "x", "+5", "", "٣"])
def test_an_answer_of_unknown_length_is_not_read(length: str | None) -> None:
    with signing() as visit:
        told = length.encode().decode("latin-1") if length is not None else None
        assert visit.call("POST", "declined", b"", {"Content-Length": told}).status == 411
        answer = visit.call("POST", "declined", b"0\r\n\r\n", {"Transfer-Encoding": "chunked"})
        assert answer.status == 411


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b"[" * 60_000, b'{"reason": NaN'])
def test_what_is_no_json_mapping_is_refused(body: bytes) -> None:
    with signing() as visit:
        answer = visit.call("POST", "declined", body)
        assert (answer.status, answer.said) == (400, {"error": "what the page sent cannot be read"})
        assert visit.found is None


def test_a_caller_that_hangs_up_or_speaks_nonsense_disturbs_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    with signing() as visit:
        for said in (
            b"",
            b"\x16\x03\x01\x02\x00",
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"x" * 70_000,
            b"GET /\xe9/ HTTP/1.1\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", visit.port), timeout=10) as line:
                line.sendall(said)
        assert visit.call("GET", "").status == 200
    assert capfd.readouterr() == ("", "")


WANTED = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def test_every_answer_forbids_what_the_page_does_not_need() -> None:
    with signing() as visit:
        answers = [
            *(visit.call("GET", name) for name in ("", "page.js", "page.css", "visit", "state", "nothing", "signed")),
            visit.call("GET", "", token="guess"),
            visit.call("HEAD", ""),
            visit.call("PUT", ""),
            visit.post("declined", {}),
            visit.post("declined", {}, headers={"Origin": "null"}),
            visit.call("POST", "declined", b"{"),
        ]
        with socket.create_connection(("127.0.0.1", visit.port), timeout=10) as line:
            line.sendall(b"nonsense\r\n\r\n")
            head = line.recv(4000).decode().split("\r\n\r\n")[0].split("\r\n")[1:]
        answers.append(Answer(400, {k.lower(): v for k, v in (one.split(": ", 1) for one in head)}, b""))
        answers.append(visit.post("declined", {"reason": "done"}))
    for answer in answers:
        assert {name: answer.headers.get(name) for name in WANTED} == WANTED
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; ")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert not {"server", "access-control-allow-origin", "set-cookie"} & answer.headers.keys()


def test_the_page_asks_for_nothing_from_elsewhere_and_runs_nothing_that_stands_in_it() -> None:
    with signing() as visit:
        html = visit.call("GET", "").body.decode()
        script = visit.call("GET", "page.js").body.decode()
        style = visit.call("GET", "page.css").body.decode()
        assert visit.call("GET", "").headers["content-type"] == "text/html; charset=utf-8"
        assert visit.call("GET", "page.js").headers["content-type"] == "text/javascript; charset=utf-8"
    assert re.findall(r'(?:src|href)="([^"]*)"', html) == ["page.css", "page.js"]
    assert not re.search(r"<style|style=|\son[a-z]+=|<script(?! src)", html)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script)
    assert "url(" not in style
    assert "@import" not in style


def test_text_of_others_goes_to_the_page_as_data_and_never_into_it() -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
    page = SigningPage(hostile, hostile, hostile, hostile, (Section(hostile, (hostile,)),), (hostile,), (hostile,))
    with signing(page) as visit:
        answer = visit.call("GET", "visit")
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.said["title"] == answer.said["changes"][0]["lines"][0] == answer.said["impact"][0] == hostile
        for name in ("", "page.js", "page.css"):
            assert b"alert(1)" not in visit.call("GET", name).body


def test_what_nobody_can_see_in_a_text_is_shown() -> None:
    with signing(SigningPage("Acme\u202e\u200b", "4", "VP\x1b[2J", "Dana")) as visit:
        data = visit.data()
        assert (data["title"], data["role"]) == (r"Acme\u202e\u200b", r"VP\x1b[2J")


def test_a_new_passkey_takes_the_place_of_no_other_and_can_be_told_apart() -> None:
    seen = []
    for _ in range(2):
        device = Device()
        title = "Acme sales and marketing agreement for all countries of the world and some others"
        with Visit(lambda **options: passkey.enrol(title, "Dana", CHALLENGE, **options)) as visit:  # noqa: B023
            seen.append(visit.data())
            said = visit.post("created", device.created()).said
            visit.post("proven", device.assertion(said["challenge"], visit.origin))
            visit.end()
    assert seen[0]["user"] != seen[1]["user"]
    assert seen[0]["challenge"] != seen[1]["challenge"]
    assert seen[0]["person"] == "Dana"
    assert seen[0]["title"].endswith("…")
    assert len(seen[0]["title"]) <= 60


# --- what is no answer -------------------------------------------------------------------------

UNFIT: dict[str, tuple[dict[str, Any], str]] = {
    "another challenge": ({"challenge": b64(b"other")}, "signed something else"),
    "made to enrol": ({"type": "webauthn.create"}, "signed something else"),
    "another page": ({"origin": "http://localhost:1"}, "for another page"),
    "in a frame": ({"crossOrigin": True}, "for another page"),
    "another site": ({"site": "evil.example"}, "for another site"),
    "nobody touched": ({"flags": 0x04}, "make sure that it is you"),
    "nobody recognised": ({"flags": 0x01}, "make sure that it is you"),
}


@pytest.mark.parametrize("how", UNFIT)
def test_input_71_and_72_what_does_not_fit_is_refused_and_the_person_can_try_again(how: str) -> None:
    device = Device()
    changes, words = UNFIT[how]
    with signing() as visit:
        challenge = visit.data()["challenge"]
        answer = visit.post("signed", device.assertion(**{"challenge": challenge, "origin": visit.origin} | changes))
        assert answer.status == 400
        assert words in answer.said["error"]
        assert visit.found is None
        assert visit.post("signed", device.assertion(challenge, visit.origin)).status == 200
        assert isinstance(visit.end(), Assertion)


def test_a_passkey_that_is_not_one_of_theirs_is_refused() -> None:
    with signing(allowed=(b"one", b"two")) as visit:
        data = visit.data()
        assert data["allowed"] == [b64(b"one"), b64(b"two")]
        stranger = Device(name=b"three").assertion(data["challenge"], visit.origin)
        assert "another passkey" in visit.post("signed", stranger).said["error"]
        assert visit.post("signed", Device(name=b"two").assertion(data["challenge"], visit.origin)).status == 200


@pytest.mark.parametrize("name", ["credential_id", "authenticator_data", "client_data", "signature"])
@pytest.mark.parametrize("value", [None, "", 5, [], {}, True, "a", "AA==", "A+/A", "é", "A B"])
def test_a_part_that_is_missing_or_no_base64_is_refused(name: str, value: object) -> None:
    device = Device()
    with signing() as visit:
        said = device.assertion(visit.data()["challenge"], visit.origin) | {name: value}
        answer = visit.post("signed", said)
        assert (answer.status, answer.said["error"]) == (400, f"the browser sent no `{name}`")


@pytest.mark.parametrize(
    "client", [b"[]", b"\xff", b"{", b'{"type":"webauthn.get","type":"webauthn.get"}', b"[" * 20_000]
)
def test_client_data_that_is_none_is_refused(client: bytes) -> None:
    with signing() as visit:
        said = Device().assertion(visit.data()["challenge"], visit.origin) | {"client_data": b64(client)}
        assert visit.post("signed", said).status == 400


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (None, "no reason"),
        (5, "no reason"),
        ("", "say why"),
        (" \n\t", "say why"),
        ("x" * 501, "501 characters"),
        ("left\u202eright", "nobody can see"),
        ("bell\x07", "nobody can see"),
        ("half\ud800", "nobody can see"),
    ],
)
def test_a_reason_that_cannot_be_kept_is_refused(reason: object, words: str) -> None:
    with signing() as visit:
        answer = visit.post("declined", {"reason": reason})
        assert answer.status == 400
        assert words in answer.said["error"]
        assert visit.post("declined", {"reason": "x" * 500}).status == 200
        assert visit.end() == Declined("x" * 500)


def weak_keys() -> dict[str, dict[str, Any]]:
    es256 = Device()
    curve = Device(key=ec.generate_private_key(ec.SECP384R1()))
    short = Device(-257, key=rsa.generate_private_key(65537, 1024))
    return {
        "junk": es256.created() | {"public_key": b64(b"junk")},
        "another curve": curve.created(),
        "a short RSA key": short.created(),
        "another algorithm": es256.created() | {"algorithm": -257},
        "an unknown algorithm": es256.created() | {"algorithm": -8},
        "an algorithm that is none": es256.created() | {"algorithm": [-7]},
        "no algorithm": {key: value for key, value in es256.created().items() if key != "algorithm"},
    }


@pytest.mark.parametrize("how", weak_keys())
def test_input_70_a_new_passkey_of_an_unknown_or_weak_kind_is_refused(how: str) -> None:
    device = Device()
    with Visit(lambda **options: passkey.enrol("Acme", "Dana", CHALLENGE, **options)) as visit:
        assert visit.post("created", weak_keys()[how]).status == 400
        said = visit.post("created", device.created()).said
        assert visit.post("proven", device.assertion(said["challenge"], visit.origin)).status == 200


def test_a_passkey_that_was_not_made_here_proves_nothing() -> None:
    device = Device()
    with Visit(lambda **options: passkey.enrol("Acme", "Dana", CHALLENGE, **options)) as visit:
        assert visit.post("proven", device.assertion(b64(CHALLENGE), visit.origin)).status == 400
        said = visit.post("created", device.created()).said
        other = Device(name=b"another").assertion(said["challenge"], visit.origin)
        assert visit.post("proven", other).status == 400
        assert visit.post("proven", device.assertion(said["challenge"], visit.origin)).status == 200


def test_a_page_makes_no_endless_number_of_passkeys() -> None:
    with Visit(lambda **options: passkey.enrol("Acme", "Dana", CHALLENGE, **options)) as visit:
        device = Device()
        statuses = [
            visit.post("created", device.created() | {"credential_id": b64(bytes([n]))}).status for n in range(12)
        ]
        assert statuses == [200] * 10 + [400] * 2
        visit.post("proven", Device(name=bytes([3]), key=device.key).assertion(b64(CHALLENGE), visit.origin))
        assert isinstance(visit.end(), Enrolled)


# --- how it ends otherwise ---------------------------------------------------------------------


def test_what_fails_while_the_page_is_open_fails_for_those_who_wait() -> None:
    def challenge(_kind: str, _public: bytes) -> bytes:
        raise CannotRun("this key is known already")

    with Visit(lambda **options: passkey.enrol("Acme", "Dana", challenge, **options)) as visit:
        answer = visit.post("created", Device().created())
        assert (answer.status, answer.said["over"]) == (500, True)
        found = visit.end()
        assert isinstance(found, CannotRun)
        assert found.what == "this key is known already"
        assert visit.is_closed()


def test_a_browser_that_cannot_be_opened_closes_the_page() -> None:
    opened = []

    def opener(address: str) -> None:
        opened.append(urlsplit(address).port)
        raise CannotRun("no browser")

    with pytest.raises(CannotRun, match="no browser"):
        passkey.sign(PAGE, CHALLENGE, opener=opener)
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", opened[0]), timeout=5)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    import signal

    code = (
        "import sys; from slacli.adapters import passkey\n"
        "page = passkey.SigningPage('Acme', '4', 'VP Sales', 'Dana')\n"
        "try: passkey.sign(page, b'x', opener=lambda address: print(address, flush=True))\n"
        "except KeyboardInterrupt: sys.exit(42)\n"
    )
    root = Path(passkey.__file__).parents[3]
    with subprocess.Popen(
        (sys.executable, "-c", code), stdout=subprocess.PIPE, env={"PYTHONPATH": str(root)}, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"http://localhost:")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 42


def test_without_a_screen_the_address_is_said_and_no_browser_takes_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(CannotRun, match="nobody answered"):
        passkey.sign(PAGE, CHALLENGE, seconds=0)
    assert re.fullmatch(r"waiting for your answer on http://localhost:\d+/[\w-]{22}/\n", capsys.readouterr().err)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
@pytest.mark.parametrize("then", ["exit 0", "exit 1", "exec sleep 5"])
def test_the_browser_that_is_set_is_opened_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], then: str
) -> None:
    import webbrowser

    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/seen\n{then}\n')
    program.chmod(0o700)
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setenv("BROWSER", str(program))
    began = time.monotonic()
    with pytest.raises(CannotRun, match="nobody answered"):
        passkey.sign(PAGE, CHALLENGE, seconds=1)
    assert time.monotonic() - began < 4
    assert (tmp_path / "seen").read_text() == capsys.readouterr().err.split()[-1]


def test_the_page_is_loaded_only_where_somebody_signs() -> None:
    code = "import sys, slacli.adapters.passkey; print('http.server' in sys.modules, 'cryptography' in sys.modules)"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
