"""Signatures next to their oracles: what OpenSSH rightly accepts is accepted, and everything mangled is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from signing import MAGIC, armour, blob_of, key_of, sign, string, text_of

from slacli.core.trust import sshsig
from slacli.core.trust.sshsig import Refused, UnknownKind

TEXT = b'{"_type":"slacli/approval/v1"}'
SPACE = "approval.v1@slacli"
KINDS = {
    "ed25519": ("-t", "ed25519"),
    "ecdsa256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa384": ("-t", "ecdsa", "-b", "384"),
    "ecdsa521": ("-t", "ecdsa", "-b", "521"),
    "rsa": ("-t", "rsa", "-b", "3072"),
}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key of each kind that OpenSSH makes, and its signature of the text."""
    folder = tmp_path_factory.mktemp("keys")
    try:
        for name, options in KINDS.items():
            made = ("ssh-keygen", "-q", *options, "-N", "", "-C", "", "-f", str(folder / name))
            subprocess.run(made, check=True, capture_output=True)
            (folder / f"{name}.txt").write_bytes(TEXT)
            signed = (
                "ssh-keygen",
                "-q",
                "-Y",
                "sign",
                "-f",
                str(folder / name),
                "-n",
                SPACE,
                str(folder / f"{name}.txt"),
            )
            subprocess.run(signed, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("OpenSSH is not installed")
    return folder


def accepted_by_stock(folder: Path, key: str, armored: bytes, text: bytes = TEXT) -> bool:
    (folder / "allowed").write_text(f"somebody {key}\n")
    (folder / "made.sig").write_bytes(armored)
    command = ("ssh-keygen", "-Y", "verify", "-f", str(folder / "allowed"), "-I", "somebody", "-n", SPACE)
    done = subprocess.run((*command, "-s", str(folder / "made.sig")), input=text, capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_what_openssh_signs_is_accepted(stock: Path, kind: str) -> None:
    found = sshsig.verify((stock / f"{kind}.txt.sig").read_bytes(), TEXT, SPACE)
    assert found.key == sshsig.read_key((stock / f"{kind}.pub").read_text().strip())
    assert found.kind == "software"
    shown = subprocess.run(
        ("ssh-keygen", "-l", "-f", str(stock / f"{kind}.pub")), capture_output=True, check=True
    ).stdout
    assert found.key.fingerprint in shown.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_another_text_or_another_purpose_is_refused(stock: Path, kind: str) -> None:
    made = (stock / f"{kind}.txt.sig").read_bytes()
    with pytest.raises(Refused, match="not a signature of this text"):
        sshsig.verify(made, TEXT + b" ", SPACE)
    with pytest.raises(Refused, match="something else"):
        sshsig.verify(made, TEXT, "roster.v1@slacli")


@pytest.mark.parametrize("kind", KINDS)
def test_every_single_byte_that_changes_is_refused(stock: Path, kind: str) -> None:
    blob = base64.b64decode(b"".join((stock / f"{kind}.txt.sig").read_bytes().split(b"\n")[1:-2]))
    for at in range(len(blob)):
        with pytest.raises(Refused):
            sshsig.verify(armour(blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]), TEXT, SPACE)


def test_what_this_world_signs_openssh_accepts(stock: Path) -> None:
    made = sign(key_of("dana"), TEXT, SPACE)
    assert accepted_by_stock(stock, text_of(key_of("dana")), made)
    assert sshsig.verify(made, TEXT, SPACE).key.text == text_of(key_of("dana"))


def test_the_package_sshsig_accepts_it_too() -> None:
    oracle = pytest.importorskip("sshsig")
    made = sign(key_of("dana"), TEXT, SPACE)
    allowed = [oracle.PublicKey.from_openssh_str(text_of(key_of("dana")))]
    assert oracle.verify(TEXT, made.decode(), allowed, SPACE) in allowed


# --- the mangled corpus ------------------------------------------------------------------------


def parts(**changed: bytes) -> bytes:
    """Give the bytes of a signature with some of its parts replaced, but signed for what they then say."""
    key_bytes = changed.get("key", blob_of(key_of("dana")))
    space, reserved = changed.get("space", SPACE.encode()), changed.get("reserved", b"")
    name = changed.get("hash", b"sha512")
    hashed = {b"sha512": hashlib.sha512, b"sha256": hashlib.sha256, b"md5": hashlib.md5, b"sha1": hashlib.sha1}.get(
        name, hashlib.sha512
    )(TEXT).digest()
    signed = MAGIC + b"".join(string(part) for part in (space, reserved, name, hashed))
    made = changed.get("made", string(changed.get("algorithm", b"ssh-ed25519")) + string(key_of("dana").sign(signed)))
    made += changed.get("behind", b"")
    version = changed.get("version", (1).to_bytes(4, "big"))
    return MAGIC + version + b"".join(string(part) for part in (key_bytes, space, reserved, name, made))


MANGLED: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "no first line": lambda: armour(parts()).split(b"\n", 1)[1],
    "no last line": lambda: armour(parts()).rsplit(b"\n", 2)[0] + b"\n",
    "no line end": lambda: armour(parts())[:-1],
    "junk before": lambda: b"hello\n" + armour(parts()),
    "junk behind": lambda: armour(parts()) + b"hello\n",
    "junk inside": lambda: armour(parts()).replace(b"\nU", b"\n!U", 1),
    "a blank inside": lambda: armour(parts()).replace(b"\nU", b"\n U", 1),
    "another armour": lambda: armour(parts()).replace(b"SSH SIGNATURE", b"PGP SIGNATURE"),
    "cut off": lambda: armour(parts()[:-3]),
    "a byte more": lambda: armour(parts() + b"\0"),
    "a byte more inside": lambda: armour(parts(behind=b"\0")),
    "version 2": lambda: armour(parts(version=(2).to_bytes(4, "big"))),
    "no purpose": lambda: armour(parts(space=b"")),
    "a reserved field": lambda: armour(parts(reserved=b"x")),
    "md5": lambda: armour(parts(hash=b"md5")),
    "sha1": lambda: armour(parts(hash=b"sha1")),
    "shake": lambda: armour(parts(hash=b"shake_128")),
    "capitals": lambda: armour(parts(hash=b"SHA512")),
    "a huge length": lambda: armour(MAGIC + (1).to_bytes(4, "big") + b"\xff\xff\xff\xff" + parts()[10:]),
    "another algorithm": lambda: armour(parts(algorithm=b"rsa-sha2-512")),
    "the old algorithm of RSA": lambda: armour(parts(algorithm=b"ssh-rsa")),
    "a short signature": lambda: armour(parts(made=string(b"ssh-ed25519") + string(b"\0" * 63))),
    "a null signature": lambda: armour(parts(made=string(b"ssh-ed25519") + string(b"\0" * 64))),
    "a key of small order": lambda: armour(parts(key=ANYBODY, made=string(b"ssh-ed25519") + string(ONE + b"\0" * 32))),
    "a kind of tomorrow": lambda: armour(parts(key=string(b"ssh-mldsa-65@openssh.com") + string(b"\0" * 1952))),
}
ONE = (1).to_bytes(32, "little")
ANYBODY = string(b"ssh-ed25519") + string(ONE)


@pytest.mark.parametrize("how", MANGLED)
def test_input_66_to_70_what_is_mangled_is_refused(how: str) -> None:
    with pytest.raises(Refused) as told:
        sshsig.verify(MANGLED[how](), TEXT, SPACE)
    assert str(told.value)[-1] != "."
    assert str(told.value).isprintable()


def test_input_84_a_kind_of_tomorrow_is_said_to_be_one() -> None:
    with pytest.raises(UnknownKind, match="newer slacli"):
        sshsig.verify(MANGLED["a kind of tomorrow"](), TEXT, SPACE)


def test_input_66_line_ends_of_windows_are_accepted() -> None:
    assert sshsig.verify(armour(parts()).replace(b"\n", b"\r\n"), TEXT, SPACE).algorithm == "ssh-ed25519"


def test_sha256_is_accepted_as_openssh_does() -> None:
    assert sshsig.verify(armour(parts(hash=b"sha256")), TEXT, SPACE).algorithm == "ssh-ed25519"


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: MAGIC + (1).to_bytes(4, "big") + tail))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_refused_and_nothing_breaks(data: bytes) -> None:
    for text in (data, armour(data)):
        with pytest.raises(Refused):
            sshsig.verify(text, TEXT, SPACE)


FIELD = 2**255 - 19
SLOPE = -121665 * pow(121666, -1, FIELD) % FIELD


def root(square: int) -> int | None:
    """Give a square root in the field of Ed25519, where there is one."""
    found = pow(square, (FIELD + 3) // 8, FIELD)
    if found * found % FIELD != square % FIELD:
        found = found * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    return found if found * found % FIELD == square % FIELD else None


def eighths() -> list[int]:
    """Give the heights of the points of order eight: their doubles lie at height 0, so that x² = -y²."""
    turn = root(1 + SLOPE)
    assert turn is not None
    found = [root((sign * turn - 1) * pow(SLOPE, -1, FIELD) % FIELD) for sign in (1, -1)]
    return [height for one in found if one is not None for height in (one, FIELD - one)]


def test_the_points_of_order_eight_lie_on_the_curve_and_double_to_order_four() -> None:
    heights = eighths()
    assert len(heights) == 2
    for height in heights:
        square = (height * height - 1) * pow(SLOPE * height * height + 1, -1, FIELD) % FIELD
        assert root(square) is not None
        assert (height * height + square) % FIELD == 0


@pytest.mark.parametrize("height", [0, 1, FIELD - 1, *eighths(), FIELD, FIELD + 1])
@pytest.mark.parametrize("sign_bit", [0, 1 << 255])
def test_input_70_a_key_that_anybody_can_sign_for_is_refused(height: int, sign_bit: int) -> None:
    point = (height | sign_bit).to_bytes(32, "little")
    with pytest.raises(Refused, match="anybody"):
        sshsig.key_of(string(b"ssh-ed25519") + string(point))


def rsa_blob(bits: int, exponent: int = 65537) -> bytes:
    modulus = (1 << (bits - 1)) | 1
    numbers = [exponent.to_bytes(3, "big"), b"\0" + modulus.to_bytes(bits // 8, "big")]
    return string(b"ssh-rsa") + b"".join(string(number) for number in numbers)


@pytest.mark.parametrize("bits", [1024, 2048, 3064])
def test_input_70_a_short_rsa_key_is_refused(bits: int) -> None:
    with pytest.raises(Refused, match="at least 3,072 bits"):
        sshsig.key_of(rsa_blob(bits))


WEAK = {
    "an exponent of 3": rsa_blob(3072, 3),
    "a number below zero": string(b"ssh-rsa") + string(b"\x01\x00\x01") + string(b"\xff" * 384),
    "a number with zeros in front": string(b"ssh-rsa") + string(b"\0\x01\x00\x01") + string(b"\0\xff" + b"\xff" * 383),
    "a point on no curve": string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\x04" + b"\x01" * 64),
    "a point at infinity": string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\0"),
    "a point that is cut short": string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\x02" + b"\x01" * 32),
    "another curve": string(b"ecdsa-sha2-nistp256") + string(b"nistp384") + string(b"\x04" + b"\x01" * 64),
    "31 bytes": string(b"ssh-ed25519") + string(b"\x02" * 31),
    "DSA": string(b"ssh-dss") + string(b"\x01"),
    "a name that is none": string("schlüssel".encode()),
    "nothing": b"",
}


@pytest.mark.parametrize("how", WEAK)
def test_input_70_a_weak_or_broken_key_is_refused(how: str) -> None:
    with pytest.raises(Refused):
        sshsig.key_of(WEAK[how])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519  AAAA",
        "ssh-ed25519 AAAA a comment",
        "ssh-ed25519 AA=A",
        'command="x" ssh-ed25519 AAAA',
    ],
)
def test_a_line_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        sshsig.read_key(text)


def test_a_key_under_the_name_of_another_type_is_refused() -> None:
    with pytest.raises(Refused, match="of type `ssh-rsa`, and is of type `ssh-ed25519`"):
        sshsig.read_key(text_of(key_of("dana")).replace("ssh-ed25519", "ssh-rsa", 1))


# --- security keys and passkeys ----------------------------------------------------------------

ORIGIN = "http://localhost:41234"
DEVICE = ec.derive_private_key(
    int.from_bytes(hashlib.sha256(b"a device for tests").digest(), "big") >> 1, ec.SECP256R1()
)
POINT = DEVICE.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
TOUCHED, RECOGNISED = 0x01, 0x04


def mpints(der: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    return b"".join(
        string(number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in decode_dss_signature(der)
    )


def by_hardware(flags: int = TOUCHED) -> bytes:
    """Sign as a security key does that is asked by OpenSSH."""
    key = sshsig.security_key(POINT, "ssh:")
    signed = sshsig.challenge(TEXT, SPACE)
    state = bytes([flags]) + (7).to_bytes(4, "big")
    content = hashlib.sha256(b"ssh:").digest() + state + hashlib.sha256(signed).digest()
    made = string(key.type.encode()) + string(mpints(DEVICE.sign(content, ec.ECDSA(hashes.SHA256())))) + state
    return sshsig.armored(key, SPACE, made)


def assertion(
    flags: int = TOUCHED | RECOGNISED,
    client: bytes | None = None,
    site: str = "localhost",
    extensions: bytes = b"",
    **said: object,
) -> tuple[bytes, bytes, bytes]:
    """Sign as a passkey does in a browser: the authenticator data, the client data, and the signature."""
    challenge = base64.urlsafe_b64encode(sshsig.challenge(TEXT, SPACE)).decode().rstrip("=")
    values = {"type": "webauthn.get", "challenge": challenge, "origin": ORIGIN, "crossOrigin": False} | said
    client = client if client is not None else json.dumps(values, separators=(",", ":")).encode()
    data = hashlib.sha256(site.encode()).digest() + bytes([flags]) + (7).to_bytes(4, "big") + extensions
    return data, client, DEVICE.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))


def by_passkey(origin: str = ORIGIN, **changes: Any) -> bytes:
    data, client, made = assertion(**changes)
    key = sshsig.security_key(POINT, "localhost")
    return sshsig.armored(key, SPACE, sshsig.webauthn_signature(key, made, data, client, origin))


def test_a_security_key_that_was_touched_is_accepted_here_and_by_openssh(stock: Path) -> None:
    found = sshsig.verify(by_hardware(), TEXT, SPACE)
    assert (found.kind, found.user_verified) == ("hardware", False)
    assert sshsig.verify(by_hardware(TOUCHED | RECOGNISED), TEXT, SPACE).user_verified
    assert accepted_by_stock(stock, found.key.text, by_hardware())


def test_a_passkey_is_accepted_here_and_by_openssh(stock: Path) -> None:
    found = sshsig.verify(by_passkey(), TEXT, SPACE)
    assert (found.kind, found.user_verified, found.origin) == ("passkey", True, ORIGIN)
    assert accepted_by_stock(stock, found.key.text, by_passkey())
    assert not accepted_by_stock(stock, found.key.text, by_passkey(), TEXT + b" ")


def test_the_package_webauthn_accepts_the_same_assertion() -> None:
    webauthn = pytest.importorskip("webauthn")
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    data, client, made = assertion()
    numbers = DEVICE.public_key().public_numbers()
    cbor2 = pytest.importorskip("cbor2")
    algorithm = int(COSEAlgorithmIdentifier.ECDSA_SHA_256)
    public = cbor2.dumps(
        {1: 2, 3: algorithm, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
    )
    found = webauthn.verify_authentication_response(
        credential={
            "id": bytes_to_base64url(b"one"),
            "rawId": bytes_to_base64url(b"one"),
            "type": "public-key",
            "response": {
                "authenticatorData": bytes_to_base64url(data),
                "clientDataJSON": bytes_to_base64url(client),
                "signature": bytes_to_base64url(made),
            },
        },
        expected_challenge=sshsig.challenge(TEXT, SPACE),
        expected_rp_id="localhost",
        expected_origin=ORIGIN,
        credential_public_key=public,
        credential_current_sign_count=0,
        require_user_verification=True,
    )
    assert found.user_verified


BAD_PASSKEYS: dict[str, dict[str, Any]] = {
    "another page": {"origin": "http://localhost:1"},
    "another challenge": {"challenge": base64.urlsafe_b64encode(b"other").decode()},
    "made to enrol": {"type": "webauthn.create"},
    "in a frame": {"crossOrigin": True},
    "in a frame, as text": {"crossOrigin": "true"},
    "another site": {"site": "example.org"},
    "nobody touched": {"flags": RECOGNISED},
    "attested data": {"flags": TOUCHED | 0x40},
    "extensions that are not there": {"flags": TOUCHED | 0x80},
    "extensions that are not said": {"extensions": b"\xa0"},
    "a key twice": {"client": b'{"type":"webauthn.get","type":"webauthn.get"}'},
    "a list": {"client": b"[]"},
    "no JSON": {"client": b"\xff"},
}


@pytest.mark.parametrize("how", BAD_PASSKEYS)
def test_input_72_what_a_passkey_did_not_sign_here_is_refused(how: str) -> None:
    with pytest.raises(Refused):
        sshsig.verify(by_passkey(**BAD_PASSKEYS[how]), TEXT, SPACE)


def test_input_72_more_that_a_browser_says_is_accepted() -> None:
    assert sshsig.verify(by_passkey(topOrigin="x", other_keys_can_be_added_here="y"), TEXT, SPACE).kind == "passkey"


def test_input_71_a_security_key_that_nobody_touched_is_refused() -> None:
    with pytest.raises(Refused, match="nobody touched"):
        sshsig.verify(by_hardware(0), TEXT, SPACE)


@pytest.mark.parametrize("how", ["hardware", "passkey"])
def test_every_single_byte_that_changes_in_what_a_device_signed_is_refused(how: str) -> None:
    made = by_hardware() if how == "hardware" else by_passkey()
    blob = base64.b64decode(b"".join(made.split(b"\n")[1:-2]))
    for at in range(len(blob)):
        with pytest.raises(Refused):
            sshsig.verify(armour(blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]), TEXT, SPACE)
