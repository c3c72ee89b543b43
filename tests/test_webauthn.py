"""Passkeys that sign by RSA (RS256) or Ed25519 (EdDSA): their own form of signature, asked the same as every other.

The device is one in plain Python, and the package `webauthn` the second opinion: Chromium's own makes ES256 keys alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from repositories import Repository
from signing import CONTRACT, PROJECT, World, agreed, key_of, string
from test_passkey_page import Device, b64
from test_signing import (
    NOON,
    PEOPLE,
    Browser,
    _apart,
    key,
    repo,
    root_of,
    roster_of_passkeys,
    run,
    sign,
    sign_by,
    verify,
)  # fmt: skip

from slacli import signing
from slacli.core.trust import chain, sshsig, webauthn
from slacli.core.trust.sshsig import Refused, UnknownKind
from slacli.errors import CannotRun

__all__ = ["_apart", "repo"]

ROOM = Path(__file__).parent / "vectors" / "webauthn"
TEXT = b'{"_type":"slacli/approval/v1"}'
SPACE = "approval.v1@slacli"
ORIGIN = "http://localhost:41234"
WINDOWS = load_pem_private_key((ROOM / "rs256.pem").read_bytes(), None)
ED25519 = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"an ed25519 passkey for tests").digest())
assert isinstance(WINDOWS, rsa.RSAPrivateKey)


def mpint(number: int) -> bytes:
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def key_by_rsa(private: rsa.RSAPrivateKey = WINDOWS, site: bytes = b"localhost") -> sshsig.PublicKey:
    numbers = private.public_key().public_numbers()
    return sshsig.key_of(string(b"webauthn-rs256@slacli") + mpint(numbers.e) + mpint(numbers.n) + string(site))


def key_by_ed25519() -> sshsig.PublicKey:
    raw = ED25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sshsig.key_of(string(b"sk-ssh-ed25519@openssh.com") + string(raw) + string(b"localhost"))


RS256, EDDSA = key_by_rsa(), key_by_ed25519()


def parts(
    alg: int = -257, flags: int = 0x05, site: str = "localhost", extensions: bytes = b"", client: bytes | None = None,
    text: bytes = TEXT, space: str = SPACE, **said: object,
) -> tuple[bytes, bytes, bytes]:  # fmt: skip
    """Sign as a device does for a browser: authenticator data, client data, and the signature."""
    values = {"type": "webauthn.get", "challenge": b64(sshsig.challenge(text, space)), "origin": ORIGIN,
              "crossOrigin": False} | said  # fmt: skip
    client = client if client is not None else json.dumps(values, separators=(",", ":")).encode()
    data = hashlib.sha256(site.encode()).digest() + bytes([flags]) + (7).to_bytes(4, "big") + extensions
    signed = data + hashlib.sha256(client).digest()
    made = WINDOWS.sign(signed, padding.PKCS1v15(), hashes.SHA256()) if alg == -257 else ED25519.sign(signed)
    return data, client, made


def form(found: tuple[bytes, bytes, bytes], alg: int = -257, **changes: Any) -> bytes:
    """Write the form by hand, apart from the code that writes it."""
    return rfc8785.dumps(
        {"_type": "slacli/webauthn-sig/v1", "alg": alg, "authenticatorData": b64(found[0]),
         "clientDataJSON": b64(found[1]), "signature": b64(found[2])} | changes
    )  # fmt: skip


def test_what_windows_signs_by_rsa_is_accepted() -> None:
    found = webauthn.verify(form(parts()), TEXT, SPACE, [RS256])
    assert (found.kind, found.algorithm, found.user_verified, found.origin) == ("passkey", "RS256", True, ORIGIN)
    assert found.key == RS256
    assert not found.is_known_to_openssh


def test_what_a_device_signs_by_ed25519_for_a_browser_is_accepted() -> None:
    found = webauthn.verify(form(parts(-8), -8), TEXT, SPACE, [EDDSA])
    assert (found.kind, found.algorithm, found.is_known_to_openssh) == ("passkey", "EdDSA", False)


@pytest.mark.parametrize(("alg", "of"), [(-257, RS256), (-8, EDDSA)])
def test_the_form_is_written_as_it_is_read(alg: int, of: sshsig.PublicKey) -> None:
    found = parts(alg)
    assert webauthn.encoded(of, *found) == form(found, alg)


def test_the_key_is_found_among_several_of_one_person() -> None:
    other = key_by_rsa(rsa.generate_private_key(65537, 2048))
    for keys in ([other, RS256], [RS256, other], [EDDSA, RS256]):
        assert webauthn.verify(form(parts()), TEXT, SPACE, keys).key == RS256
    with pytest.raises(Refused, match="not a signature of this text by this key"):
        webauthn.verify(form(parts()), TEXT, SPACE, [other, other])


def test_the_package_webauthn_accepts_the_same_assertion_by_rsa() -> None:
    oracle = pytest.importorskip("webauthn")
    cbor2 = pytest.importorskip("cbor2")
    data, client, made = parts()
    numbers = WINDOWS.public_key().public_numbers()
    public = cbor2.dumps({1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")})

    def accepted(signature: bytes) -> bool:
        response = {"authenticatorData": b64(data), "clientDataJSON": b64(client), "signature": b64(signature)}
        try:
            found = oracle.verify_authentication_response(
                credential={"id": b64(b"one"), "rawId": b64(b"one"), "type": "public-key", "response": response},
                expected_challenge=sshsig.challenge(TEXT, SPACE), expected_rp_id="localhost", expected_origin=ORIGIN,
                credential_public_key=public, credential_current_sign_count=0, require_user_verification=True,
            )  # fmt: skip
        except oracle.helpers.exceptions.InvalidAuthenticationResponse:
            return False
        return bool(found.user_verified)

    assert accepted(made)
    assert not accepted(made[:-1] + bytes([made[-1] ^ 1]))
    webauthn.verify(form((data, client, made)), TEXT, SPACE, [RS256])


# --- T16, inputs 70 to 72: what does not count ---------------------------------------------------

BAD: dict[str, dict[str, Any]] = {
    "another challenge": {"challenge": b64(b"other")},
    "of another text": {"text": TEXT + b" "},
    "for another purpose": {"space": "roster.v1@slacli"},
    "made to enrol": {"type": "webauthn.create"},
    "in a frame": {"crossOrigin": True},
    "in a frame, as text": {"crossOrigin": "true"},
    "no page": {"origin": ""},
    "a page that is no text": {"origin": 7},
    "another site": {"site": "example.org"},
    "nobody touched": {"flags": 0x04},
    "nobody was recognised": {"flags": 0x01},
    "attested data": {"flags": 0x45},
    "an unknown flag": {"flags": 0x25},
    "extensions that are not there": {"flags": 0x85},
    "extensions that are not said": {"extensions": b"\xa0"},
    "a key twice": {"client": b'{"type":"webauthn.get","type":"webauthn.get"}'},
    "a list": {"client": b"[]"},
    "no JSON": {"client": b"\xff"},
}


@pytest.mark.parametrize("how", BAD)
def test_t16_input_72_what_a_passkey_by_rsa_did_not_sign_here_is_refused(how: str) -> None:
    with pytest.raises(Refused):
        webauthn.verify(form(parts(**BAD[how])), TEXT, SPACE, [RS256])


def test_input_72_more_that_a_browser_says_and_extensions_are_accepted() -> None:
    found = parts(flags=0x85, extensions=b"\xa0", topOrigin="x", other_keys_can_be_added_here="y")
    assert webauthn.verify(form(found), TEXT, SPACE, [RS256]).user_verified


GOOD = parts()
MANGLED: dict[str, bytes] = {
    "empty": b"",
    "a blank behind": form(GOOD) + b"\n",
    "a blank inside": form(GOOD).replace(b",", b", ", 1),
    "another order": json.dumps(dict(reversed(json.loads(form(GOOD)).items())), separators=(",", ":")).encode(),
    "a key twice": form(GOOD).replace(b'"alg"', b'"_type":"x","alg"'),
    "one field more": form(GOOD, more="x"),
    "one field fewer": rfc8785.dumps({k: v for k, v in json.loads(form(GOOD)).items() if k != "signature"}),
    "a list": b"[]",
    "a list of the names of the fields": rfc8785.dumps(
        ["_type", "alg", "authenticatorData", "clientDataJSON", "signature"]
    ),
    "another kind": form(GOOD, _type="slacli/webauthn-sig/v2"),
    "ES256, which OpenSSH has a form for": form(GOOD, -7),
    "an algorithm of tomorrow": form(GOOD, -49),
    "an algorithm as text": form(GOOD, alg="RS256"),
    "an algorithm that is true": form(GOOD, alg=True),
    "an algorithm that is a list": form(GOOD, alg=[-257]),
    "a part that is no base64": form(GOOD, signature="*"),
    "a part with padding": form(GOOD, signature=b64(GOOD[2]) + "="),
    "a part in the other alphabet": form(GOOD, signature=base64.b64encode(GOOD[2]).decode().rstrip("=")),
    "a part with bits left over": form(GOOD, authenticatorData=b64(GOOD[0])[:-1] + "B"),
    "a part that is empty": form(GOOD, clientDataJSON=""),
    "a part that is a number": form(GOOD, clientDataJSON=7),
    "authenticator data cut off": form((GOOD[0][:36], *GOOD[1:])),
    "a signature with a zero before": form((*GOOD[:2], b"\0" + GOOD[2])),
    "a signature cut off": form((*GOOD[:2], GOOD[2][:-1])),
    "64 KB and more": form(GOOD, clientDataJSON="A" * (64 * 1024)),
}


@pytest.mark.parametrize("how", MANGLED)
def test_input_66_a_mangled_form_is_refused(how: str) -> None:
    with pytest.raises(Refused):
        webauthn.verify(MANGLED[how], TEXT, SPACE, [RS256])


def test_the_form_is_told_from_that_of_openssh_by_its_first_letter() -> None:
    assert webauthn.is_one(form(GOOD))
    assert not webauthn.is_one(b"-----BEGIN SSH SIGNATURE-----")
    assert not webauthn.is_one(b"")


def test_input_83_a_form_of_64_kb_is_read_and_no_byte_more() -> None:
    # Four letters of base64 stand for three of what a browser says; not every length is one of base64.
    least = 3 * (sshsig.MOST_BYTES - len(form(parts(more="")))) // 4
    devices: tuple[dict[str, Any], ...] = ({}, {"flags": 0x85, "extensions": b"\xa0"})
    texts = [form(parts(more="x" * (least + more), **device)) for more in range(-3, 4) for device in devices]
    made = {len(text): text for text in texts}
    assert webauthn.verify(made[sshsig.MOST_BYTES], TEXT, SPACE, [RS256]).key == RS256
    with pytest.raises(Refused, match="at most 65,536 are read"):
        webauthn.verify(made[min(size for size in made if size > sshsig.MOST_BYTES)], TEXT, SPACE, [RS256])


def test_input_84_an_algorithm_of_tomorrow_is_said_to_be_one() -> None:
    with pytest.raises(UnknownKind):
        webauthn.verify(form(GOOD, -49), TEXT, SPACE, [RS256])


@pytest.mark.parametrize(("alg", "of"), [(-257, RS256), (-8, EDDSA)])
def test_every_single_byte_that_changes_is_refused(alg: int, of: sshsig.PublicKey) -> None:
    found = parts(alg)
    for part in range(3):
        for at in range(len(found[part])):
            data = found[part]
            changed = [*found]
            changed[part] = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            with pytest.raises(Refused):
                webauthn.verify(form((changed[0], changed[1], changed[2]), alg), TEXT, SPACE, [of])


def test_input_69_a_signature_by_rsa_is_none_of_a_key_of_another_type() -> None:
    for keys in ([EDDSA], [], [sshsig.read_key(text_of_person("dana"))]):
        with pytest.raises(Refused, match="no key that signs by such an algorithm"):
            webauthn.verify(form(GOOD), TEXT, SPACE, keys)


def text_of_person(name: str) -> str:
    raw = key_of(name).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"ssh-ed25519 {base64.b64encode(string(b'ssh-ed25519') + string(raw)).decode()}"


def test_for_one_key_there_is_one_form() -> None:
    es256 = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962,
                                                                            PublicFormat.UncompressedPoint)  # fmt: skip
    passkey = sshsig.security_key(es256, "localhost")
    with pytest.raises(Refused, match="signs in the form of OpenSSH"):
        webauthn.encoded(passkey, *GOOD)
    with pytest.raises(Refused, match="signs in the form of OpenSSH"):
        sshsig.verify_assertion(passkey, *GOOD, TEXT, SPACE)
    made = string(b"rsa-sha2-256") + string(WINDOWS.sign(sshsig.challenge(TEXT, SPACE), padding.PKCS1v15(),
                                                         hashes.SHA256()))  # fmt: skip
    with pytest.raises(Refused, match="none of a key of type"):
        sshsig.verify(sshsig.armored(RS256, SPACE, made), TEXT, SPACE)


def test_t16_input_70_2048_bits_count_for_passkeys_alone() -> None:
    numbers = WINDOWS.public_key().public_numbers()
    with pytest.raises(Refused, match="at least 3,072 bits"):
        sshsig.key_of(string(b"ssh-rsa") + mpint(numbers.e) + mpint(numbers.n))
    with pytest.raises(Refused, match="at least 2,048 bits"):
        key_by_rsa(rsa.generate_private_key(65537, 1024))
    with pytest.raises(Refused, match="what it is for"):
        key_by_rsa(site=b"")


def test_what_only_browsers_make_is_said_to_be_unknown_to_openssh() -> None:
    assert (RS256.is_known_to_openssh, EDDSA.is_known_to_openssh) == (False, True)
    assert (RS256.bits, EDDSA.bits) == (2048, None)


@pytest.mark.parametrize("length", [0, 32, 36])
def test_input_66_what_a_passkey_says_of_itself_has_37_bytes_at_least(length: int) -> None:
    with pytest.raises(Refused, match="says of itself is cut off"):
        sshsig.verify_assertion(RS256, GOOD[0][:length], *GOOD[1:], TEXT, SPACE)


@pytest.mark.parametrize("flags", [0x05, 0x0D, 0x1D])
def test_a_passkey_by_rsa_that_may_be_copied_or_was_counts_as_others_do(flags: int) -> None:
    assert webauthn.verify(form(parts(flags=flags)), TEXT, SPACE, [RS256]).user_verified


def test_a_public_key_of_another_kind_is_no_passkey_by_rsa() -> None:
    public = WINDOWS.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert sshsig.rsa_passkey(public, "localhost") == RS256
    assert sshsig.read_key(RS256.text) == RS256
    other = ED25519.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for bad in (other, b"", public[:-1]):
        with pytest.raises(Refused):
            sshsig.rsa_passkey(bad, "localhost")


# --- in a chain -----------------------------------------------------------------------------------


def world() -> World:
    """A world in which Kim has a passkey that signs by RSA, and has approved version 1 by it."""
    made = World()
    people = {name: [{"key": text_of_person(name), "verified": False}] for name in ("dana", "lee", "sam")}
    people["kim"] = [{"key": RS256.text, "verified": True}]
    made.roster(("dana", "lee"), people=people)
    made.version()
    for role in ("vp_sales", "vp_marketing"):
        made.approve(role)
    by_passkey(made, made.approve("ceo"))
    return made


def by_passkey(made: World, name: str, **changes: Any) -> None:
    made.files.pop(f"{name}.sig", None)
    made.files[f"{name}.webauthn.json"] = form(parts(text=made.files[name], **changes))


def read(made: World) -> chain.Chain:
    return chain.read(made.files, PROJECT, CONTRACT, made.pin)


CEO = "signatures/approvals/1/ceo--kim.json"


def test_an_approval_by_rsa_counts() -> None:
    found = read(world())
    assert not found.problems
    assert found.versions[0].signed
    assert found.versions[0].by["ceo"].signature.algorithm == "RS256"


def test_a_roster_and_an_enrolment_by_rsa_count() -> None:
    made = world()
    roster = made.files["signatures/roster/1.json"]
    del made.files["signatures/roster/1--lee.json.sig"]
    made.files["signatures/roster/1--kim.json.webauthn.json"] = form(parts(text=roster, space="roster.v1@slacli"))
    said = {"_type": "slacli/enrol/v1", "project": PROJECT, "person": "kim", "key": RS256.text,
            "at": "2026-11-01T09:00:00Z"}  # fmt: skip
    name = f"signatures/enrolled/kim--{hashlib.sha256(RS256.blob).hexdigest()[:12]}.json"
    made.files[name] = rfc8785.dumps(said)
    made.files[f"{name}.webauthn.json"] = form(parts(text=made.files[name], space="enrol.v1@slacli"))
    found = read(made)
    assert not found.problems
    assert found.versions[0].signed
    assert [one.key for one in found.enrolled] == [RS256]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"origin": "http://evil.example"}, "a page that is not slacli's own"),
        ({"flags": 0x01}, "did not make sure who its owner is"),
        ({"space": "roster.v1@slacli"}, "signed another text"),
    ],
)
def test_t16_an_approval_by_rsa_that_does_not_count_is_told_by_its_file(changes: dict[str, Any], words: str) -> None:
    made = world()
    by_passkey(made, CEO, **changes)
    (problem,) = read(made).problems
    assert problem.rule == "bad-signature"
    assert words in problem.message
    assert problem.at is not None
    assert problem.at.file == f"{CEO}.webauthn.json"


def test_t9_whoever_has_no_such_key_cannot_be_signed_for_by_it() -> None:
    made = world()
    dana = "signatures/approvals/1/vp_sales--dana.json"
    by_passkey(made, dana)
    (problem,) = read(made).problems
    assert "no key that signs by such an algorithm" in problem.message


def test_two_signatures_of_one_statement_are_one_too_many() -> None:
    made = world()
    made.put(CEO, made.files[CEO], "kim")
    (problem, *_) = read(made).problems
    assert problem.rule == "stray-signature"
    assert "is a second signature of what" in problem.message


@pytest.mark.parametrize("name", ["roster/1.webauthn.json", "versions/1.json.webauthn.json", "x.json.webauthn.json"])
def test_a_stray_signature_of_this_form_is_told_by_its_name(name: str) -> None:
    made = world()
    made.files[f"signatures/{name}"] = form(GOOD)
    assert [(one.rule, one.at.file) for one in read(made).problems if one.at] == [
        ("stray-signature", f"signatures/{name}")
    ]


def test_in_the_name_of_one_form_the_other_does_not_count() -> None:
    made = world()
    made.files[f"{CEO}.sig"] = made.files.pop(f"{CEO}.webauthn.json")
    assert "no signature file of OpenSSH" in read(made).problems[0].message
    other = agreed()
    other.files[f"{CEO}.webauthn.json"] = other.files.pop(f"{CEO}.sig")
    assert [one.rule for one in read(other).problems] == ["bad-signature"]


def test_the_frozen_signature_by_rsa_holds_as_it_did() -> None:
    files = {f"signatures/{path.relative_to(ROOM).as_posix()}": path.read_bytes()
             for path in ROOM.rglob("*.json")}  # fmt: skip
    found = chain.read(files, PROJECT, CONTRACT,
                       "sha256:" + hashlib.sha256(files["signatures/roster/1.json"]).hexdigest())  # fmt: skip
    assert not found.problems
    assert found.anchored
    assert {role: one.signature.algorithm for role, one in found.versions[0].by.items()} == {
        "ceo": "RS256", "vp_sales": "EdDSA",
    }  # fmt: skip


# --- from the command line ------------------------------------------------------------------------


def test_on_a_machine_that_makes_rsa_keys_a_person_enrols_signs_and_is_told_what_it_costs(repo: Repository) -> None:
    devices = {name: Device(-257 if name == "kim" else -7, name=name.encode()) for name in PEOPLE.values()}
    roster_of_passkeys(repo, devices)
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign_by(repo, role, Browser(devices[PEOPLE[role]]))
    assert (repo.contracts / "signatures/approvals/1/ceo--kim.json.webauthn.json").is_file()
    assert not (repo.contracts / "signatures/approvals/1/ceo--kim.json.sig").exists()
    told = " ".join(verify(repo, root_of(repo)).out.split())
    assert "kim on 2026-11-20, passkey of the kind RS256, not for OpenSSH, SHA256:" in told
    assert "dana on 2026-11-20, passkey SHA256:" in told
    shown = json.loads(verify(repo, root_of(repo), "--format", "json").out)["versions"][0]["approvals"]
    assert {one["signer"]: one["algorithm"] for one in shown}["kim"] == "RS256"
    listed = " ".join(run(repo, "signers").out.split())
    assert "kim: webauthn-rs256@slacli of 2,048 bits SHA256:" in listed
    assert listed.count("verified by slacli alone and not by OpenSSH") == 1
    exported = run(repo, "signers", "export").out.splitlines()
    assert [line for line in exported if line.startswith("# kim has a passkey that OpenSSH cannot read: SHA256:")]
    assert not [line for line in exported if "webauthn-rs256" in line]


def test_who_signs_again_in_the_other_form_leaves_one_signature(repo: Repository) -> None:
    devices = {name: Device(-257 if name == "kim" else -7, name=name.encode()) for name in PEOPLE.values()}
    run(repo, "signers", "enrol", "kim", "--key", key(repo, "kim"))
    for name, device in devices.items():
        signing.enrol_with_passkey(repo.contracts, name, NOON, Browser(device))
    run(repo, "signers", "propose", *[t for role, name in PEOPLE.items() for t in ("--role", f"{role}={name}")])
    run(repo, "propose")
    folder = repo.contracts / "signatures/approvals/1"
    sign_by(repo, "ceo", Browser(devices["kim"]))
    sign(repo, "ceo", "--decline", "not yet")
    assert sorted(path.name for path in folder.iterdir()) == ["ceo--kim.json", "ceo--kim.json.sig"]
    sign_by(repo, "ceo", Browser(devices["kim"]))
    assert sorted(path.name for path in folder.iterdir()) == ["ceo--kim.json", "ceo--kim.json.webauthn.json"]


def test_another_passkey_by_rsa_than_that_of_the_roster_signs_nothing(repo: Repository) -> None:
    roster_of_passkeys(repo, {name: Device(-257, name=name.encode()) for name in PEOPLE.values()})
    with pytest.raises(CannotRun, match="none of yours"):
        sign_by(repo, "ceo", Browser(Device(-257, name=b"kim")))
    assert not (repo.contracts / "signatures/approvals").exists()


@pytest.mark.parametrize("bits", [3072, 4096])
def test_a_person_enrols_with_a_long_rsa_key_of_openssh(repo: Repository, tmp_path: Path, bits: int) -> None:
    made = rsa.generate_private_key(65537, bits)
    place = tmp_path / "rsa"
    place.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    place.chmod(0o600)
    public = made.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    (tmp_path / "rsa.pub").write_text(f"{public}\n")
    run(repo, "signers", "enrol", "dana", "--key", str(place))
    assert len(list((repo.contracts / "signatures/enrolled").glob("dana--*.json"))) == 1
