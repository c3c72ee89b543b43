"""Signatures and keys at the edges of their forms: each limit from both sides, and what three verifiers say of it."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from devices import KIND, ORIGIN, RECOGNISED, TOUCHED, Device, asked, numbers
from signing import MAGIC, armour, blob_of, key_of, sign, string, text_of

from slacli.core.trust import sshsig
from slacli.core.trust.sshsig import Refused, UnknownKind

TEXT = b'{"_type":"slacli/approval/v1"}'
SPACE = "approval.v1@slacli"
FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493


def mpint(value: int) -> bytes:
    return string(value.to_bytes(value.bit_length() // 8 + 1, "big"))


def whole(blob: bytes, made: bytes, name: bytes = b"sha512", reserved: bytes = b"", space: str = SPACE) -> bytes:
    """Give the file of a signature from its parts, whatever they are."""
    parts = (blob, space.encode(), reserved, name, made)
    return armour(MAGIC + (1).to_bytes(4, "big") + b"".join(map(string, parts)))


def accepts(armored: bytes, text: bytes = TEXT) -> bool:
    try:
        sshsig.verify(armored, text, SPACE)
    except Refused:
        return False
    return True


def stock_accepts(folder: Path, key: str, armored: bytes, text: bytes = TEXT) -> bool:
    """Say what `ssh-keygen` makes of a signature; skips the test where there is none."""
    program = shutil.which("ssh-keygen")
    if program is None:
        pytest.skip("OpenSSH is not installed")
    (folder / "allowed").write_text(f"somebody {key}\n")
    (folder / "made.sig").write_bytes(armored)
    command = (program, "-Y", "verify", "-f", str(folder / "allowed"), "-I", "somebody", "-n", SPACE)
    done = subprocess.run((*command, "-s", str(folder / "made.sig")), input=text, capture_output=True, check=False)
    return done.returncode == 0


# --- the corpus of one good file and nineteen mangled ones -----------------------------------------

LOW = (1).to_bytes(32, "little")
ANYBODY = string(b"ssh-ed25519") + string(LOW)


def corpus() -> dict[str, bytes]:
    """Give one good signature and nineteen that were made from it, the same bytes in every run."""
    key = key_of("dana")
    blob = blob_of(key)

    def part(**changed: Any) -> bytes:
        name = changed.get("name", b"sha512")
        real = {b"SHA512": "sha512"}.get(name, name.decode())
        hashed = hashlib.new(real, TEXT).digest()
        signed = MAGIC + b"".join(map(string, (SPACE.encode(), b"", name, hashed)))
        made = string(changed.get("algorithm", b"ssh-ed25519")) + string(key.sign(signed))
        made = changed.get("made", made) + changed.get("behind", b"")
        version = changed.get("version", 1).to_bytes(4, "big")
        parts = (changed.get("blob", blob), SPACE.encode(), changed.get("reserved", b""), name, made)
        return armour(MAGIC + version + b"".join(map(string, parts)) + changed.get("last", b""))

    good = part()
    first, second, rest = good.split(b"\n", 2)
    return {
        "good": good,
        "line ends of Windows": good.replace(b"\n", b"\r\n"),
        "md5": part(name=b"md5"),
        "sha1": part(name=b"sha1"),
        "capitals": part(name=b"SHA512"),
        "bytes behind": part(last=b"\0\0\0\0"),
        "bytes behind what was made": part(behind=b"\0"),
        "no last line": good.rsplit(b"\n", 2)[0] + b"\n",
        "no first line": good.split(b"\n", 1)[1],
        "junk before": b"junk\n" + good,
        "junk behind": good + b"junk\n",
        "junk inside": b"\n".join((first, b"!*" + second, rest)),
        "cut off": armour(base64.b64decode(b"".join(good.split(b"\n")[1:-2]))[:-3]),
        "version 2": part(version=2),
        "a reserved field": part(reserved=b"x"),
        "another algorithm": part(algorithm=b"rsa-sha2-512"),
        "a short signature": part(made=string(b"ssh-ed25519") + string(b"\1" * 63)),
        "a null signature": part(made=string(b"ssh-ed25519") + string(b"\0" * 64)),
        "a key of small order": part(blob=ANYBODY, made=string(b"ssh-ed25519") + string(LOW + b"\0" * 32)),
        "a key of tomorrow": part(blob=string(b"ssh-mldsa-65@openssh.com") + string(b"\1" * 1952)),
    }


CORPUS = corpus()
HOLDS = {"good", "line ends of Windows"}


def test_the_corpus_is_the_same_in_every_run() -> None:
    assert len(CORPUS) == 20
    assert len(set(CORPUS.values())) == 20
    text = b"".join(name.encode() + b"\0" + made for name, made in CORPUS.items())
    assert hashlib.sha256(text).hexdigest() == "b7d129e34e517daa1251b330c1cb13c0b2db8c44dfaf32567caa039048f9acf7"


@pytest.mark.parametrize("how", CORPUS)
def test_input_66_to_70_of_the_corpus_only_what_is_whole_is_accepted(how: str) -> None:
    assert accepts(CORPUS[how]) is (how in HOLDS)


def of_key(armored: bytes) -> str:
    """Give the key that a file says it is made by."""
    text = text_of(key_of("dana"))
    return f"ssh-ed25519 {base64.b64encode(ANYBODY).decode()}" if armored == CORPUS["a key of small order"] else text


# What two other verifiers accept of the corpus. Both are wrong about a key of small order, for which anybody can sign.
# `ssh-keygen` reads no line ends of Windows, no field that it reserved itself, and nothing behind the last line.
STOCK = {"good", "a key of small order", "a reserved field", "junk behind"}
# The package `sshsig` (0.3) reads weak hashes, and bytes that nobody signed.
PACKAGE = {
    "good", "line ends of Windows", "md5", "sha1", "capitals", "bytes behind", "bytes behind what was made",
    "no last line", "junk before", "junk behind", "junk inside", "a reserved field", "a key of small order",
}  # fmt: skip


@pytest.mark.parametrize("how", CORPUS)
def test_what_ssh_keygen_accepts_of_the_corpus_is_known(tmp_path: Path, how: str) -> None:
    assert stock_accepts(tmp_path, of_key(CORPUS[how]), CORPUS[how]) is (how in STOCK)


@pytest.mark.parametrize("how", CORPUS)
def test_what_the_package_sshsig_accepts_of_the_corpus_is_known(how: str) -> None:
    oracle = pytest.importorskip("sshsig")
    try:
        allowed = [oracle.PublicKey.from_openssh_str(of_key(CORPUS[how]))]
        accepted = bool(oracle.verify(TEXT, CORPUS[how].decode(), allowed, SPACE))
    except (oracle.sshsig.InvalidSignature, NotImplementedError, AssertionError, TypeError):
        accepted = False
    assert accepted is (how in PACKAGE)


# --- what OpenSSH signed once ----------------------------------------------------------------------

ROOM = Path(__file__).parent / "vectors" / "openssh"
FROZEN = sorted(path.stem for path in ROOM.glob("*.sig"))
SIGNED = (ROOM / "text").read_bytes()


def frozen(name: str) -> bytes:
    return (ROOM / f"{name}.sig").read_bytes()


def key_text(name: str) -> str:
    return (ROOM / f"{name.rsplit('-', 1)[0]}.pub").read_text().strip()


def test_every_kind_of_key_and_every_hash_has_a_frozen_signature() -> None:
    found = {(sshsig.verify(frozen(name), SIGNED, "unittest").algorithm, name.rsplit("-", 1)[1]) for name in FROZEN}
    software = {"ssh-ed25519", "rsa-sha2-512", *(f"ecdsa-sha2-nistp{bits}" for bits in (256, 384, 521))}
    hardware = {"sk-ssh-ed25519@openssh.com", KIND.decode(), f"webauthn-{KIND.decode()}"}
    assert found == {(one, name) for one in software for name in ("sha256", "sha512")} | {
        (one, "sha512") for one in hardware
    }
    for name in FROZEN:
        assert name.rsplit("-", 1)[1].encode() in base64.b64decode(b"".join(frozen(name).split(b"\n")[1:-2]))


@pytest.mark.parametrize("name", FROZEN)
def test_a_frozen_signature_of_openssh_is_accepted_by_its_key(name: str) -> None:
    found = sshsig.verify(frozen(name), SIGNED, "unittest")
    assert found.key == sshsig.read_key(key_text(name))
    kinds = {"sk-ed25519": "hardware", "sk-ecdsa256": "hardware", "webauthn": "passkey"}
    assert found.kind == kinds.get(name.rsplit("-", 1)[0], "software")
    for text, space in ((SIGNED + b"x", "unittest"), (SIGNED[:-1], "unittest"), (SIGNED, "unittests"), (SIGNED, "")):
        with pytest.raises(Refused):
            sshsig.verify(frozen(name), text, space)


@pytest.mark.parametrize("name", FROZEN)
def test_input_66_a_byte_that_is_changed_added_or_left_out_anywhere_is_refused(name: str) -> None:
    blob = base64.b64decode(b"".join(frozen(name).split(b"\n")[1:-2]))
    for at in range(len(blob) + 1):
        broken = [blob[:at] + b"\0" + blob[at:], blob[:at] + b"\xff" + blob[at:]]
        if at < len(blob):
            broken += [blob[:at] + bytes([blob[at] ^ 0x80]) + blob[at + 1 :], blob[:at] + blob[at + 1 :]]
        for one in broken:
            with pytest.raises(Refused):
                sshsig.verify(armour(one), SIGNED, "unittest")


@pytest.mark.parametrize("name", FROZEN)
def test_ssh_keygen_agrees_on_what_is_frozen(tmp_path: Path, name: str) -> None:
    program = shutil.which("ssh-keygen")
    if program is None:
        pytest.skip("OpenSSH is not installed")
    (tmp_path / "allowed").write_text(f"somebody {key_text(name)}\n")
    command = (program, "-Y", "verify", "-f", str(tmp_path / "allowed"), "-I", "somebody", "-n", "unittest")
    for text, holds in ((SIGNED, True), (SIGNED + b"x", False)):
        done = subprocess.run((*command, "-s", str(ROOM / f"{name}.sig")), input=text, capture_output=True, check=False)
        assert (done.returncode == 0) is holds, done.stderr


# --- what OpenSSH signs here -----------------------------------------------------------------------

KINDS = {
    "ed25519": ("-t", "ed25519"), "ecdsa256": ("-t", "ecdsa", "-b", "256"), "ecdsa384": ("-t", "ecdsa", "-b", "384"),
    "ecdsa521": ("-t", "ecdsa", "-b", "521"), "rsa": ("-t", "rsa", "-b", "3072"),
}  # fmt: skip


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a key of each kind, and an agent that holds them all."""
    folder = tmp_path_factory.mktemp("keys")
    if any(shutil.which(program) is None for program in ("ssh-keygen", "ssh-agent", "ssh-add")):
        pytest.skip("OpenSSH is not installed")
    for name, options in KINDS.items():
        made = ("ssh-keygen", "-q", *options, "-N", "", "-C", "", "-f", str(folder / name))
        subprocess.run(made, check=True, capture_output=True)
    # The path of a socket may be no longer than about a hundred characters.
    with (
        tempfile.TemporaryDirectory(prefix="slacli-") as short,
        subprocess.Popen(("ssh-agent", "-D", "-a", f"{short}/agent"), stdout=subprocess.PIPE) as process,
    ):
        socket = Path(short) / "agent"
        assert process.stdout is not None
        assert b"SSH_AUTH_SOCK" in process.stdout.readline()
        for name in KINDS:
            added = ("ssh-add", "-q", str(folder / name))
            subprocess.run(added, check=True, capture_output=True, env={"SSH_AUTH_SOCK": str(socket)})
        (folder / "socket").write_text(str(socket))
        yield folder
        process.terminate()


@pytest.mark.parametrize("holder", ["file", "agent"])
@pytest.mark.parametrize("name", ["sha256", "sha512"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_openssh_signs_by_each_kind_hash_and_holder_is_accepted(
    stock: Path, kind: str, name: str, holder: str
) -> None:
    key = ("-U", "-f", str(stock / f"{kind}.pub")) if holder == "agent" else ("-f", str(stock / kind))
    command = ("ssh-keygen", "-q", "-Y", "sign", *key, "-n", SPACE, "-O", f"hashalg={name}")
    environment = {"SSH_AUTH_SOCK": (stock / "socket").read_text()} if holder == "agent" else {}
    made = subprocess.run(command, input=TEXT, capture_output=True, check=True, env=environment).stdout
    found = sshsig.verify(made, TEXT, SPACE)
    assert found.key.text == " ".join((stock / f"{kind}.pub").read_text().split()[:2])
    assert string(name.encode()) in base64.b64decode(b"".join(made.split(b"\n")[1:-2]))
    assert not accepts(made, TEXT + b" ")
    assert not accepts(armour(base64.b64decode(b"".join(made.split(b"\n")[1:-2])) + b"\0"))


# --- Ed25519 ---------------------------------------------------------------------------------------


def ed25519(made: bytes, blob: bytes | None = None) -> bytes:
    return whole(blob if blob is not None else blob_of(key_of("dana")), string(b"ssh-ed25519") + string(made))


def test_input_69_an_ed25519_signature_has_one_form() -> None:
    made = key_of("dana").sign(asked(TEXT, SPACE))
    assert accepts(ed25519(made))
    point, scalar = made[:32], int.from_bytes(made[32:], "little")
    assert scalar < ORDER
    # The same number once around the group is the same signature to those who do not look.
    assert not accepts(ed25519(point + (scalar + ORDER).to_bytes(32, "little")))
    assert not accepts(ed25519(point + (2**256 - 1).to_bytes(32, "little")))
    for broken in (made[:-1], made + b"\0", b"", made[32:] + made[:32], LOW + made[32:], b"\0" * 32 + made[32:]):
        assert not accepts(ed25519(broken))


def test_the_library_by_itself_takes_a_key_of_small_order() -> None:
    """That is why such keys are refused before the library sees them."""
    try:
        Ed25519PublicKey.from_public_bytes(LOW).verify(LOW + b"\0" * 32, b"whatever")
    except InvalidSignature:
        pytest.skip("this library refuses it by itself")
    assert not accepts(CORPUS["a key of small order"])


@pytest.mark.parametrize("height", [2, 3, 5, FIELD - 2, FIELD - 3])
def test_a_key_that_lies_next_to_one_of_small_order_is_read(height: int) -> None:
    """Some of them lie on no curve: nothing verifies by those."""
    blob = string(b"ssh-ed25519") + string(height.to_bytes(32, "little"))
    assert sshsig.key_of(blob).type == "ssh-ed25519"
    assert not accepts(ed25519(key_of("dana").sign(asked(TEXT, SPACE)), blob))


@pytest.mark.parametrize("height", [FIELD + 2, FIELD + 18, 2**255 - 1])
@pytest.mark.parametrize("sign_bit", [0, 1 << 255])
def test_input_70_a_key_that_is_written_in_a_second_way_is_refused(height: int, sign_bit: int) -> None:
    with pytest.raises(Refused, match="anybody"):
        sshsig.key_of(string(b"ssh-ed25519") + string((height | sign_bit).to_bytes(32, "little")))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_input_70_an_ed25519_key_has_32_bytes(length: int) -> None:
    with pytest.raises(Refused, match="has 32 bytes"):
        sshsig.key_of(string(b"ssh-ed25519") + string(b"\2" * length))


# --- curves ----------------------------------------------------------------------------------------

CURVES: Mapping[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm, int]] = {
    "nistp256": (ec.SECP256R1(), hashes.SHA256(),
                 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551),
    "nistp384": (ec.SECP384R1(), hashes.SHA384(),
                 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973),
    "nistp521": (ec.SECP521R1(), hashes.SHA512(),
                 2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7),
}  # fmt: skip


def curve_key(curve: str) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    key = ec.derive_private_key(int.from_bytes(hashlib.sha256(b"a curve").digest(), "big") >> 1, CURVES[curve][0])
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key, string(f"ecdsa-sha2-{curve}".encode()) + string(curve.encode()) + string(point)


def by_curve(curve: str, made: bytes) -> bytes:
    return whole(curve_key(curve)[1], string(f"ecdsa-sha2-{curve}".encode()) + string(made))


@pytest.mark.parametrize("curve", CURVES)
def test_input_69_the_numbers_of_a_signature_on_a_curve_lie_in_their_limits(curve: str) -> None:
    key, _ = curve_key(curve)
    order = CURVES[curve][2]
    first, second = decode_dss_signature(key.sign(asked(TEXT, SPACE), ec.ECDSA(CURVES[curve][1])))
    assert accepts(by_curve(curve, mpint(first) + mpint(second)))
    for one, other in [
        (0, second), (first, 0), (0, 0), (1, 1), (order, second), (first, order), (order - 1, second), (second, first),
        (first + order, second), (first, second + order), (first, 2**2000),
    ]:  # fmt: skip
        assert not accepts(by_curve(curve, mpint(one) + mpint(other))), (one, other)


@pytest.mark.parametrize("curve", CURVES)
def test_the_mirror_of_a_signature_on_a_curve_is_one_too_and_nothing_rests_on_it(tmp_path: Path, curve: str) -> None:
    """As for OpenSSH: who has one can write the other, of the same text by the same key. They count once, by person."""
    key, blob = curve_key(curve)
    first, second = decode_dss_signature(key.sign(asked(TEXT, SPACE), ec.ECDSA(CURVES[curve][1])))
    mirrored = by_curve(curve, mpint(first) + mpint(CURVES[curve][2] - second))
    assert accepts(mirrored)
    line = f"ecdsa-sha2-{curve} {base64.b64encode(blob).decode()}"
    assert stock_accepts(tmp_path, line, mirrored)


@pytest.mark.parametrize("curve", CURVES)
def test_input_69_a_signature_on_a_curve_has_one_form(curve: str) -> None:
    key, _ = curve_key(curve)
    der = key.sign(asked(TEXT, SPACE), ec.ECDSA(CURVES[curve][1]))
    first, second = decode_dss_signature(der)
    whole_, size = numbers(der), len(numbers(der))
    assert accepts(by_curve(curve, whole_))
    one, other = (number.to_bytes(number.bit_length() // 8 + 1, "big") for number in (first, second))
    for broken in [
        der, whole_ + b"\0", whole_[:-1], b"", mpint(first), whole_[: size // 2], whole_ + whole_,
        string(b"\0" + one) + string(other), string(one) + string(b"\0" + other), string(b"") + string(other),
        string(b"\xff" + one) + string(other), string(one[1:] if one[0] == 0 else b"\0" + one) + string(other),
    ]:  # fmt: skip
        assert not accepts(by_curve(curve, broken)), broken


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("other", [*CURVES, "nistp224", "brainpoolP256r1", ""])
def test_input_69_the_type_of_a_key_names_its_curve(curve: str, other: str) -> None:
    _, blob = curve_key(curve)
    moved = string(f"ecdsa-sha2-{other}".encode()) + blob[4 + len(f"ecdsa-sha2-{curve}") :]
    if curve == other:
        assert sshsig.key_of(moved).type == f"ecdsa-sha2-{curve}"
    else:
        with pytest.raises(Refused) as told:
            sshsig.key_of(moved)
        known = f"ecdsa-sha2-{other}" in {f"ecdsa-sha2-{one}" for one in CURVES}
        assert (str(told.value) == "its type and its curve differ") is known


@pytest.mark.parametrize("curve", [b"", b"256", b"p256", b"sha2-nistp256", b"nistp384", b"nistp2561", b"NISTP256"])
@pytest.mark.parametrize("kind", [b"ecdsa-sha2-nistp256", KIND])
def test_a_curve_that_a_type_names_only_in_part_is_another(kind: bytes, curve: bytes) -> None:
    _, blob = curve_key("nistp256")
    with pytest.raises(Refused, match="differ"):
        sshsig.key_of(string(kind) + string(curve) + blob[-69:] + string(b"localhost") * (kind == KIND))


@pytest.mark.parametrize("curve", CURVES)
def test_input_70_a_point_is_written_out_in_full(curve: str) -> None:
    key, blob = curve_key(curve)
    short = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    full = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    head = blob[: -len(full) - 4]
    assert sshsig.key_of(head + string(full)).blob == blob
    for point, says in [
        (short, "in full"), (b"", "in full"), (b"\0", "in full"), (b"\6" + full[1:], "in full"),
        (b"\7" + full[1:], "in full"), (full[:-1], "on its curve"), (full + b"\0", "on its curve"),
        (full[:-1] + bytes([full[-1] ^ 1]), "on its curve"), (b"\4" + b"\0" * (len(full) - 1), "on its curve"),
        (b"\4" + b"\xff" * (len(full) - 1), "on its curve"),
    ]:  # fmt: skip
        with pytest.raises(Refused, match=says):
            sshsig.key_of(head + string(point))


# --- RSA -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 3072)


def rsa_blob(exponent: int, modulus: int) -> bytes:
    return string(b"ssh-rsa") + mpint(exponent) + mpint(modulus)


def test_input_68_69_an_rsa_signature_has_one_form(rsa_key: rsa.RSAPrivateKey) -> None:
    public = rsa_key.public_key().public_numbers()
    blob, signed = rsa_blob(public.e, public.n), asked(TEXT, SPACE)

    def given(made: bytes, algorithm: bytes = b"rsa-sha2-512") -> bool:
        return accepts(whole(blob, string(algorithm) + string(made)))

    good = rsa_key.sign(signed, padding.PKCS1v15(), hashes.SHA512())
    other = rsa_key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    assert given(good)
    assert given(other, b"rsa-sha2-256")
    assert not given(good, b"rsa-sha2-256")
    assert not given(other)
    assert not given(rsa_key.sign(signed, padding.PKCS1v15(), hashes.SHA384()))
    weak = rsa_key.sign(signed, padding.PKCS1v15(), hashes.SHA1())
    for algorithm in (b"ssh-rsa", b"rsa-sha2-512", b"rsa-sha2-256", b"rsa-sha1", b""):
        assert not given(weak, algorithm)
    assert not given(rsa_key.sign(signed, padding.PSS(padding.MGF1(hashes.SHA512()), 64), hashes.SHA512()))
    number = int.from_bytes(good, "big")
    for broken in (
        b"\0" + good, good[1:], good + b"\0", b"", b"\0" * 384, b"\0" * 383 + b"\1", b"\xff" * 384,
        (number + public.n).to_bytes(385, "big"), (public.n - number).to_bytes(384, "big"),
        public.n.to_bytes(384, "big"),
    ):  # fmt: skip
        assert not given(broken)
    if number + public.n < 2**3072:
        assert not given((number + public.n).to_bytes(384, "big"))


@pytest.mark.parametrize(
    ("bits", "says"), [(3071, "at least 3,072 bits"), (16385, "at most 16,384 bits"), (3072, ""), (16384, "")]
)
def test_input_70_an_rsa_key_has_a_size_within_limits(bits: int, says: str) -> None:
    blob = rsa_blob(65537, (1 << (bits - 1)) | 1)
    if says:
        with pytest.raises(Refused, match=f"{says}, this one has {bits:,}"):
            sshsig.key_of(blob)
    else:
        assert sshsig.key_of(blob).type == "ssh-rsa"


@pytest.mark.parametrize(
    ("exponent", "holds"),
    [(1, False), (3, False), (65535, False), (65537, True), (65538, False), (2**64 - 1, True), (2**64 + 1, False)],
)
def test_input_70_the_exponent_of_an_rsa_key_is_odd_and_within_limits(exponent: int, holds: bool) -> None:
    blob = rsa_blob(exponent, (1 << 3071) | 1)
    if holds:
        assert sshsig.key_of(blob).type == "ssh-rsa"
    else:
        with pytest.raises(Refused, match="of a weak kind"):
            sshsig.key_of(blob)


def test_input_70_an_even_modulus_is_refused() -> None:
    with pytest.raises(Refused, match="of a weak kind"):
        sshsig.key_of(rsa_blob(65537, 1 << 3071))


# --- forms of keys ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({name.rsplit("-", 1)[0] for name in FROZEN}))
def test_nothing_stands_behind_a_key_and_nothing_is_missing(name: str) -> None:
    text = (ROOM / f"{name}.pub").read_text().strip()
    blob = sshsig.read_key(text).blob
    with pytest.raises(Refused, match="bytes are left over behind the key"):
        sshsig.key_of(blob + b"\0")
    for length in range(len(blob)):
        with pytest.raises(Refused):
            sshsig.key_of(blob[:length])


@pytest.mark.parametrize("kind", ["sk-ssh-ed25519@openssh.com", KIND.decode()])
def test_a_key_of_a_device_says_what_it_is_for(kind: str) -> None:
    blob = Device("dana").blob
    if kind != KIND.decode():
        blob = string(kind.encode()) + blob_of(key_of("dana"))[15:] + string(b"localhost")
    assert sshsig.key_of(blob).application == "localhost"
    for name, says in ((b"", "does not say what it is for"), ("schlüssel".encode(), "a name that is none")):
        with pytest.raises(Refused, match=says):
            sshsig.key_of(blob[: -len(string(b"localhost"))] + string(name))


def test_a_key_of_a_device_is_said_to_be_one() -> None:
    assert sshsig.read_key(Device("dana").text).hardware
    assert not sshsig.read_key(text_of(key_of("dana"))).hardware


def test_a_line_of_a_key_may_be_so_long_and_no_longer() -> None:
    # Of the right form but for its length: what is inside is looked at only where the line is not too long.
    for length, says in ((64 * 1024, "the key is cut off|is not known|no base64"), (64 * 1024 + 1, "no public key of")):
        with pytest.raises(Refused, match=says):
            sshsig.read_key("ssh-ed25519 " + "A" * (length - 12))


def test_a_fingerprint_keeps_every_letter_but_the_filling() -> None:
    for number in range(2000):
        blob = str(number).encode()
        digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
        assert sshsig.PublicKey("ssh-ed25519", blob).fingerprint == f"SHA256:{digest[:43]}"


def test_bytes_of_base64_have_one_form() -> None:
    assert base64.b64encode(b"ab") == b"YWI="
    assert base64.b64decode(b"YWJ=") == b"ab"
    with pytest.raises(Refused, match="in its one form"):
        sshsig.read_key("ssh-ed25519 YWJ=")
    with pytest.raises(Refused, match="no base64 text"):
        sshsig.read_key("ssh-ed25519 YWI")


@pytest.mark.parametrize("extra", [0, 1])
def test_a_file_of_a_signature_may_be_so_long_and_no_longer(extra: int) -> None:
    good = CORPUS["good"]
    # Blank lines inside, as many as make the length: they say nothing, and the length is looked at first.
    filled = good.replace(b"\n-----END", b"\n" * (64 * 1024 - len(good) + extra + 1) + b"-----END")
    assert len(filled) == 64 * 1024 + extra
    if extra:
        with pytest.raises(Refused, match="at most 65,536 are read"):
            sshsig.verify(filled, TEXT, SPACE)
    else:
        assert accepts(filled)


def test_the_lines_of_a_file_may_be_cut_anywhere() -> None:
    """As OpenSSH reads them; what they hold together is checked to the byte."""
    first, *inner, last, end = CORPUS["good"].split(b"\n")
    text = b"".join(inner)
    assert accepts(b"\n".join([first, text, last, end]))
    assert accepts(b"\n".join([first, text[:1], text[1:], last, end]))
    assert not accepts(b"\n".join([first, last, end]))
    assert not accepts(b"\n".join([first, text + b"\r", last + b"\r\n", end]))


def test_the_words_of_a_name_that_is_odd_are_shown_without_harm() -> None:
    blob = string(b"ssh`\x1b[2J" + b"x" * 100) + string(b"")
    with pytest.raises(UnknownKind) as told:
        sshsig.key_of(blob)
    assert str(told.value) == f"its type `ssh??[2J{'x' * 56}` is not known: a newer slacli may be needed"

    with pytest.raises(Refused, match=r"^it was made for something else: for `r\?f`, not `approval.v1@slacli`$"):
        sshsig.verify(whole(blob_of(key_of("dana")), b"", space="r\u00e9f"), TEXT, SPACE)


def test_a_file_that_lacks_its_first_or_its_last_line_is_told_to_lack_it() -> None:
    first, *inner, last, end = CORPUS["good"].split(b"\n")
    lacking = [
        [b"-----BEGIN SIGNATURE-----", *inner, last, end],
        [first, *inner, b"-----END SIGNATURE-----", end],
        [first, *inner, last],
        [first, *inner, last, b"x"],
        [first, last, end],
        [last, end],
    ]
    for lines in lacking:
        with pytest.raises(Refused, match="its first or its last line is missing"):
            sshsig.verify(b"\n".join(lines), TEXT, SPACE)


def test_what_ends_too_early_is_told_to_be_cut_off() -> None:
    blob = base64.b64decode(b"".join(CORPUS["good"].split(b"\n")[1:-2]))
    for end in (3, 5, 9, len(blob) - 1):
        with pytest.raises(Refused, match=r"^the signature is cut off$"):
            sshsig.verify(armour(blob[:end]), TEXT, SPACE)
    for kind in ("dana", "devi"):
        key = blob_of(key_of(kind))
        for end in (0, 3, 8, len(key) - 1):
            with pytest.raises(Refused, match=r"^the key is cut off$"):
                sshsig.key_of(key[:end])
    device = Device("dana").passkey(TEXT, SPACE)
    blob = base64.b64decode(b"".join(device.split(b"\n")[1:-2]))
    at = blob.index(b"sha512") + 6
    with pytest.raises(Refused, match=r"^the signature is cut off$"):
        sshsig.verify(armour(blob[:at] + string(blob[at + 4 : -1])), TEXT, SPACE)


def test_how_long_a_key_is_is_said_of_rsa_alone() -> None:
    assert sshsig.read_key(key_text("rsa-sha512")).bits == 3072
    assert sshsig.read_key(text_of(key_of("dana"))).bits is None
    assert sshsig.read_key(Device("dana").text).bits is None


def test_what_openssh_reads_is_every_key_but_those_that_browsers_alone_make() -> None:
    assert all(sshsig.read_key(key_text(name)).is_known_to_openssh for name in FROZEN)


# --- devices and browsers --------------------------------------------------------------------------


@pytest.mark.parametrize("flags", range(256))
def test_t16_what_a_device_says_of_itself_is_what_a_signature_can_say(flags: int) -> None:
    """Touched, recognised; from a browser also that the key may be copied, and is. Never that it was just made."""
    found = {}
    for name, made in (
        ("device", Device("dana", "ssh:").hardware(TEXT, SPACE, flags)),
        ("browser", Device("dana").passkey(TEXT, SPACE, flags=flags)),
    ):
        try:
            found[name] = sshsig.verify(made, TEXT, SPACE).user_verified
        except Refused:
            found[name] = None
    recognised = bool(flags & RECOGNISED)
    assert found["device"] == (recognised if flags in {TOUCHED, TOUCHED | RECOGNISED} else None)
    known = TOUCHED | RECOGNISED | 0x08 | 0x10
    assert found["browser"] == (recognised if flags & TOUCHED and not flags & ~known else None)


def test_bytes_behind_what_a_device_made_are_refused() -> None:
    for made in (Device("dana", "ssh:").hardware(TEXT, SPACE), Device("dana").passkey(TEXT, SPACE)):
        blob = base64.b64decode(b"".join(made.split(b"\n")[1:-2]))
        at = blob.index(b"sha512") + 6
        inner = blob[at + 4 :]
        assert accepts(armour(blob[:at] + string(inner)))
        with pytest.raises(Refused, match="left over behind the signature"):
            sshsig.verify(armour(blob[:at] + string(inner + b"\0")), TEXT, SPACE)
        with pytest.raises(Refused, match="left over behind the signature"):
            sshsig.verify(armour(blob + b"\0"), TEXT, SPACE)


ODD_BROWSERS: Mapping[str, tuple[dict[str, Any], str]] = {
    "no page": ({"origin": ""}, "two pages"),
    "no page said": ({"client": b'{"type":"webauthn.get","challenge":"CHALLENGE"}'}, "two pages"),
    "another page said": ({"client": b'{"type":"webauthn.get","challenge":"CHALLENGE","origin":"http://localhost"}'},
                          "two pages"),
    "no type": ({"client": b'{"challenge":"CHALLENGE","origin":"ORIGIN"}'}, "other than a signature"),
    "no challenge": ({"client": b'{"type":"webauthn.get","origin":"ORIGIN"}'}, "another text"),
    "a challenge with filling": ({"challenge": "CHALLENGE="}, "another text"),
    "a frame by number": ({"crossOrigin": 1}, "in a frame"),
    "a frame by nothing": ({"crossOrigin": None}, "in a frame"),
    "a frame by zero": ({"crossOrigin": 0}, "in a frame"),
    "a list": ({"client": b"[]"}, "cannot be read"),
    "a key twice": ({"client": b'{"type":"webauthn.get","type":"webauthn.get"}'}, "cannot be read"),
    "a key twice further in": ({"client": b'{"a":{"b":1,"b":1},"type":"webauthn.get"}'}, "cannot be read"),
    "no text": ({"client": b"\xff"}, "cannot be read"),
    "very deep": ({"client": b"[" * 20_000}, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("how", ODD_BROWSERS)
def test_t16_input_72_what_a_browser_says_is_told_apart(how: str) -> None:
    changes, says = ODD_BROWSERS[how]
    challenge = base64.urlsafe_b64encode(asked(TEXT, SPACE)).decode().rstrip("=")
    client = changes.get("client")
    if client is not None:
        changes = changes | {
            "client": client.replace(b"CHALLENGE", challenge.encode()).replace(b"ORIGIN", ORIGIN.encode())
        }
    if "challenge" in changes:
        changes = changes | {"challenge": changes["challenge"].replace("CHALLENGE", challenge)}
    with pytest.raises(Refused, match=says):
        sshsig.verify(Device("dana").passkey(TEXT, SPACE, **changes), TEXT, SPACE)


def test_input_72_a_browser_that_says_nothing_of_frames_is_accepted() -> None:
    challenge = base64.urlsafe_b64encode(asked(TEXT, SPACE)).decode().rstrip("=")
    client = f'{{"type":"webauthn.get","challenge":"{challenge}","origin":"{ORIGIN}"}}'.encode()
    assert accepts(Device("dana").passkey(TEXT, SPACE, client=client))


def test_what_a_passkey_gives_is_checked_before_it_is_stored() -> None:
    device = Device("dana")
    key = sshsig.read_key(device.text)
    made = device.key.sign(b"x", ec.ECDSA(hashes.SHA256()))
    right = hashlib.sha256(b"localhost").digest() + b"\5" + b"\0" * 4
    for authenticator, signature, says in (
        (right[:-1], made, "cut off"),
        (b"", made, "cut off"),
        (b"x" + right[1:], made, "another site"),
        (right, b"", "gave no signature"),
        (right, made[:-1], "gave no signature"),
        (right, made + b"\0", "gave no signature"),
        (right, b"\xff" * 70, "gave no signature"),
    ):
        with pytest.raises(Refused, match=says):
            sshsig.webauthn_signature(key, signature, authenticator, b"{}", ORIGIN)
    for more in (b"", b"\xa0"):
        assert sshsig.webauthn_signature(key, made, right + more, b"{}", ORIGIN).endswith(
            right[32:] + string(ORIGIN.encode()) + string(b"{}") + string(more)
        )


@pytest.mark.parametrize("length", [0, 1, 32, 64, 66])
def test_a_passkey_on_another_curve_has_no_key_here(length: int) -> None:
    with pytest.raises(Refused):
        sshsig.security_key(b"\4" * length, "localhost")


def test_a_field_that_is_reserved_is_empty() -> None:
    made = string(b"ssh-ed25519") + string(key_of("dana").sign(asked(TEXT, SPACE)))
    with pytest.raises(Refused, match="a field that is reserved"):
        sshsig.verify(whole(blob_of(key_of("dana")), made, reserved=b"x"), TEXT, SPACE)
    assert accepts(whole(blob_of(key_of("dana")), made))


def test_input_67_a_signature_for_no_purpose_is_none_even_where_none_is_asked_for() -> None:
    made = string(b"ssh-ed25519") + string(key_of("dana").sign(asked(TEXT, "")))
    with pytest.raises(Refused, match="something else"):
        sshsig.verify(whole(blob_of(key_of("dana")), made, space=""), TEXT, "")


def test_the_challenge_is_what_openssh_signs() -> None:
    assert sshsig.challenge(TEXT, SPACE) == asked(TEXT, SPACE)
    key = sshsig.read_key(text_of(key_of("dana")))
    made = string(b"ssh-ed25519") + string(key_of("dana").sign(sshsig.challenge(TEXT, SPACE)))
    assert sshsig.armored(key, SPACE, made) == sign(key_of("dana"), TEXT, SPACE)


def test_input_68_a_weak_hash_is_refused_by_each_name_that_python_knows() -> None:
    def made(name: str) -> Callable[[], bytes]:
        try:
            hashed = hashlib.new(name, TEXT).digest()
        except (TypeError, ValueError):
            hashed = hashlib.sha512(TEXT).digest()
        signed = MAGIC + b"".join(map(string, (SPACE.encode(), b"", name.encode(), hashed)))
        inner = string(b"ssh-ed25519") + string(key_of("dana").sign(signed))
        return lambda: whole(blob_of(key_of("dana")), inner, name.encode())

    tried = hashlib.algorithms_available | {"SHA512", "sha-512", "sha512 ", "", "none", "Sha256"}
    assert {name for name in tried if accepts(made(name)())} == {"sha512", "sha256"}
