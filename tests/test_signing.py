"""Sign-off as people do it: commands in their order, real repositories, and what they say."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import pytest
import rfc8785
from commands import Ran, slacli
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pytest_regressions.file_regression import FileRegressionFixture
from repositories import Repository
from signing import PROJECT, altered, key_of, sha, text_of
from signing import sign as sign_bytes
from test_passkey_page import Device

from slacli import signing
from slacli.cli import signing as commands_of_signing
from slacli.errors import CannotRun

ROOT = Path(__file__).parent.parent
PEOPLE = {"vp_sales": "dana", "vp_marketing": "lee", "ceo": "kim", "revops": "sam"}
NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GIT_", "SSH_", "SLACLI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    at(monkeypatch, NOON)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(commands_of_signing, "_now", lambda: moment)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return repository(tmp_path)


def repository(tmp_path: Path) -> Repository:
    """Give a repository with the reference contract, and a key of each person beside it."""
    made = Repository(tmp_path / "repo")
    shutil.copytree(ROOT / "contracts", made.contracts)
    made.commit("First version")
    for name in (*PEOPLE.values(), "mallory"):
        path = tmp_path / name
        path.write_bytes(key_of(name).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        path.chmod(0o600)
        (tmp_path / f"{name}.pub").write_text(f"{text_of(key_of(name))} a comment\n")
    return made


def run(repo: Repository, *arguments: str, code: int = 0, **env: str) -> Ran:
    ran = slacli(*arguments, folder=repo.top, env=env)
    assert ran.code == code, ran.text
    return ran


def key(repo: Repository, name: str) -> str:
    return str(repo.top.parent / name)


def sign(repo: Repository, role: str, *more: str, code: int = 0, by: str | None = None) -> Ran:
    return run(repo, "sign", "--as", role, "--key", key(repo, by or PEOPLE[role]), "--yes", *more, code=code)


def begin(repo: Repository) -> None:
    """Enrol everybody, and put a roster and the first version forward."""
    for name in PEOPLE.values():
        run(repo, "signers", "enrol", name, "--key", key(repo, name))
    roles = [text for role, name in PEOPLE.items() for text in ("--role", f"{role}={name}")]
    run(repo, "signers", "propose", *roles, "--root", "dana,lee,kim")
    run(repo, "propose")


def agree(repo: Repository) -> str:
    """Have the first version signed by all, commit it, and give the trust root."""
    begin(repo)
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    repo.commit("Signed")
    return root_of(repo)


def root_of(repo: Repository) -> str:
    found: str = json.loads(run(repo, "status", "--format", "json").out)["roster"]["digest"]
    return found


def verify(repo: Repository, root: str, *more: str, code: int = 0) -> Ran:
    return run(repo, "verify", *more, code=code, SLACLI_TRUST_ROOT=root)


def edit(repo: Repository, file: str, *pairs: tuple[str, str]) -> None:
    path = repo.contracts / file
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")


def second_version(repo: Repository) -> None:
    edit(repo, "contract.yaml", ("version: 1", "version: 2"), ("effective: 2026-11-01", "effective: 2026-12-01"))
    edit(repo, "responsibilities.yaml", ("within: 4 business hours", "within: 2 business hours"))


# --- the whole way ----------------------------------------------------------------------------


def test_from_nothing_to_signed_by_all_as_people_see_it(
    repo: Repository, file_regression: FileRegressionFixture
) -> None:
    told: list[str] = []

    def see(*arguments: str, **env: str) -> None:
        ran = slacli(*arguments, folder=repo.top, env=env)
        shown = " ".join(arguments).replace(str(repo.top.parent), "~")
        told.append(f"$ slacli {shown}\n{ran.text}[exit {ran.code}]\n")

    see("status")
    for name in PEOPLE.values():
        see("signers", "enrol", name, "--key", key(repo, name))
    see("signers", "propose", *[t for role, name in PEOPLE.items() for t in ("--role", f"{role}={name}")])
    see("propose")
    see("status")
    for role in ("vp_sales", "vp_marketing"):
        see("sign", "--as", role, "--key", key(repo, PEOPLE[role]), "--yes")
    see("sign", "--as", "ceo", "--key", key(repo, "kim"), "--decline", "The budget floor is too low", "--yes")
    see("status")
    see("sign", "--as", "ceo", "--key", key(repo, "kim"), "--yes")
    see("signers")
    see("verify")
    see("verify", SLACLI_TRUST_ROOT=root_of(repo))
    shown = "\n".join(told).replace(str(repo.top.parent), "~")
    file_regression.check(re.sub(r"\.yaml [0-9a-f]{12}\b", ".yaml 0123456789ab", shown))


def test_the_example_goes_from_nothing_to_signed_in_nine_commands(tmp_path: Path) -> None:
    script = ROOT / "examples" / "sign.sh"
    told = script.read_text("utf-8")
    assert len([line for line in told.splitlines() if line.startswith("slacli ")]) == 10
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["sh", str(script), str(tmp_path / "example")], capture_output=True, check=False, text=True,
        env=os.environ | {"PATH": path},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "IN FORCE: version 1" in ran.stdout


def test_what_was_signed_verifies_by_openssh_alone(repo: Repository, tmp_path: Path) -> None:
    agree(repo)
    (tmp_path / "allowed").write_text(run(repo, "signers", "export").out)
    for role, name in list(PEOPLE.items())[:3]:
        statement = repo.contracts / f"signatures/approvals/1/{role}--{name}.json"
        command = (
            "ssh-keygen",
            "-Y",
            "verify",
            "-f",
            str(tmp_path / "allowed"),
            "-I",
            name,
            "-n",
            "approval.v1@slacli",
        )
        done = subprocess.run(
            (*command, "-s", f"{statement}.sig"), input=statement.read_bytes(), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout
        assert f'Good "approval.v1@slacli" signature for {name}'.encode() in done.stdout


def test_the_next_version_and_a_revision_by_the_steward(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    root = agree(repo)
    second_version(repo)
    assert "not-signed" in verify(repo, root, code=1).out
    run(repo, "propose")
    assert "Sales owes more" in sign(repo, "vp_sales").out
    sign(repo, "vp_marketing")
    assert "version 2 is not signed as `ceo`" in verify(repo, root, code=1).out
    sign(repo, "ceo")
    repo.commit("Second version")
    assert "IN FORCE: version 1 of" in verify(repo, root).out
    at(monkeypatch, datetime(2026, 12, 2, tzinfo=UTC))
    assert "IN FORCE: version 2 of" in verify(repo, root).out
    edit(repo, "holidays.yaml", ("2026-12-25: Christmas Day", "2026-12-28: Christmas Day"))
    assert "changed-since-signed" in verify(repo, root, code=1).out
    assert "version 2.1 is put forward" in run(repo, "propose").out
    sign(repo, "vp_sales", code=2)
    sign(repo, "revops")
    assert "IN FORCE: version 2.1 of" in verify(repo, root).out


def test_expired_ends_the_force(repo: Repository) -> None:
    root = agree(repo)
    assert "IN FORCE" in verify(repo, root, "--as-of", "2027-10-31").out
    ended = verify(repo, root, "--as-of", "2027-11-01", code=1).out
    assert "nothing is in force on 2027-11-01: version 1 ended on 2027-10-31" in ended
    early = verify(repo, root, "--as-of", "1970-01-01", code=1).out
    assert "look at the clock of this machine" in early


# --- what changes under signatures --------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("definitions.yaml", "budget >= 10000", "budget >= 1000"),
        ("holidays.yaml", "2026-12-25: Christmas Day", "2026-12-28: Christmas Day"),
        ("bindings/salesforce_leads.yaml", "Lead Status", "Status"),
        ("goals.yaml", "at least 360 per quarter", "at least 36 per quarter"),
        ("contract.yaml", "expires: 2027-10-31", "expires: 2037-10-31"),
    ],
)
def test_t1_t2_every_file_of_the_agreement_is_covered(repo: Repository, file: str, old: str, new: str) -> None:
    root = agree(repo)
    edit(repo, file, (old, new))
    ran = verify(repo, root, code=1)
    assert f"`{file}` says something else than version 1" in " ".join(ran.out.split())


def test_comments_and_layout_may_change(repo: Repository) -> None:
    root = agree(repo)
    for path in sorted(repo.contracts.rglob("*.yaml")):
        lines = path.read_text("utf-8").replace("\n", "\r\n")
        path.write_bytes(f"{lines}# read again in December\r\n".encode())
    verify(repo, root)


def test_a_moved_folder_and_line_ends_of_windows_leave_signatures_whole(repo: Repository) -> None:
    root = agree(repo)
    for path in repo.contracts.rglob("*.sig"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    shutil.move(repo.contracts, repo.top / "agreements")
    verify(repo, root, "--contract", "agreements")


def test_data_beside_the_agreement_may_change(repo: Repository) -> None:
    root = agree(repo)
    (repo.contracts / "waivers.yaml").write_text("waivers: []\n")
    verify(repo, root)


def test_a_text_that_was_put_forward_again_is_signed_again(repo: Repository) -> None:
    begin(repo)
    sign(repo, "vp_sales")
    edit(repo, "definitions.yaml", ("budget >= 10000", "budget >= 20000"))
    sign(repo, "vp_marketing", code=2)
    told = run(repo, "propose").out
    assert "removed contracts/signatures/approvals/1/vp_sales--dana.json: it approved another text" in told
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    verify(repo, root_of(repo))


def test_a_signed_text_is_not_put_forward_again(repo: Repository) -> None:
    agree(repo)
    assert "is signed, and the text says nothing else" in run(repo, "propose", code=2).err
    edit(repo, "definitions.yaml", ("budget >= 10000", "budget >= 20000"))
    assert "number it 2" in run(repo, "propose", code=2).err
    edit(repo, "contract.yaml", ("version: 1", "version: 4"))
    assert "number it 2" in run(repo, "propose", code=2).err


# --- who may ------------------------------------------------------------------------------------


def test_t9_nobody_signs_for_another_or_with_another_key(repo: Repository) -> None:
    begin(repo)
    other = sign(repo, "ceo", by="mallory", code=2)
    assert "was made by a key that `kim` does not have in the roster" in other.err
    assert "nothing was written" in other.err
    assert not (repo.contracts / "signatures/approvals").exists()
    assert "`mallory` does not hold the role `ceo`" in sign(repo, "ceo", "--person", "mallory", code=2).err
    assert "is not signed as `cfo`" in sign_as(repo, "cfo").err


def sign_as(repo: Repository, role: str) -> Ran:
    return run(repo, "sign", "--as", role, "--key", key(repo, "kim"), "--yes", code=2)


def test_input_76_a_key_is_enrolled_under_one_name(repo: Repository) -> None:
    run(repo, "signers", "enrol", "dnaa", "--key", key(repo, "dana"))
    run(repo, "signers", "enrol", "dnaa", "--key", key(repo, "dana"))
    said = run(repo, "signers", "enrol", "dana", "--key", key(repo, "dana"), code=2).err
    assert "could not run: this key is enrolled as `dnaa`, and a key is one person's\n" in said
    (slip,) = (path.name for path in (repo.contracts / "signatures/enrolled").glob("*.json"))
    assert f"if that name was a slip, remove `signatures/enrolled/{slip}` and its signature" in said
    for path in (repo.contracts / "signatures/enrolled").iterdir():
        path.unlink()
    run(repo, "signers", "enrol", "dana", "--key", key(repo, "dana"))


def test_a_role_that_nothing_asks_for_is_told(repo: Repository) -> None:
    begin(repo)
    said = run(repo, "signers", "propose", "--role", "cfo=dana").out
    assert "nothing asks for the role `cfo`: add it to `sign_off` on the cover, or give it by `--require cfo`\n" in said
    assert "nothing asks" not in run(repo, "signers", "propose", "--role", "cfo=dana", "--require", "cfo").out


def test_without_openssh_it_is_said_before_anything_is_shown(repo: Repository, tmp_path: Path) -> None:
    begin(repo)
    ran = run(repo, "sign", "--as", "ceo", "--key", key(repo, "kim"), "--yes", code=2, PATH=str(tmp_path))
    assert (ran.out, "`ssh-keygen` is not installed" in ran.err) == ("", True)


def test_a_change_of_the_roster_takes_the_people_of_the_one_before(repo: Repository) -> None:
    root = agree(repo)
    run(repo, "signers", "enrol", "mallory", "--key", key(repo, "mallory"))
    run(repo, "signers", "propose", "--role", "ceo=mallory")
    assert "roster 2 waits for 2 signatures of `dana`, `kim` or `lee`" in verify(repo, root, code=1).out
    # Whoever has a role in a version that waits signs the roster with it.
    second_version(repo)
    run(repo, "propose")
    sign(repo, "vp_sales")
    sign(repo, "vp_marketing")
    sign(repo, "ceo", by="mallory")
    assert json.loads(run(repo, "status", "--format", "json").out)["roster"]["version"] == 2
    verify(repo, root)
    verify(repo, root_of(repo))


def test_without_a_trust_root_nothing_is_verified(repo: Repository) -> None:
    agree(repo)
    bare = run(repo, "verify", code=2)
    assert "no trust root is given" in bare.err
    assert "names no roster of this contract" in verify(repo, "sha256:" + "0" * 64, code=2).err
    assert "no digest of a roster" in verify(repo, "sha256:abc", code=2).err


def test_a_forged_file_is_told_and_nothing_is_relied_upon(repo: Repository) -> None:
    root = agree(repo)
    path = repo.contracts / "signatures/approvals/1/ceo--kim.json"
    path.write_bytes(path.read_bytes().replace(b"approve", b"reject_", 1).replace(b"reject_", b"approve"))
    verify(repo, root)
    path.write_bytes(path.read_bytes().replace(b'"signer":"kim"', b'"signer":"lee"'))
    ran = verify(repo, root, code=1)
    assert "NOT TO BE RELIED UPON" in ran.out
    assert "bad-statement" in ran.out
    assert "the signatures do not hold" in sign(repo, "ceo", code=2).err


@pytest.mark.parametrize(
    ("field", "value"),
    [("sign_off", ["vp_marketing", "vp_sales"]), ("expires", None), ("effective", "2026-01-01"), ("stewards", []),
     ("time_zone", "Asia/Tokyo")],
)  # fmt: skip
def test_a_manifest_that_misstates_its_text_drops_nobody(repo: Repository, field: str, value: object) -> None:
    begin(repo)
    path = repo.contracts / "signatures/versions/1.json"
    path.write_bytes(altered(path.read_bytes(), **{field: value}))
    assert f"something else about `{field}` than the text that it covers" in sign(repo, "vp_sales", code=2).err
    manifest, roster = path.read_bytes(), (repo.contracts / "signatures/roster/1.json").read_bytes()
    for name in ("dana", "lee"):
        made = sign_bytes(key_of(name), roster, "roster.v1@slacli")
        (repo.contracts / f"signatures/roster/1--{name}.json.sig").write_bytes(made)
    for role in ("vp_sales", "vp_marketing", "ceo")[: 2 if field == "sign_off" else 3]:
        said = {
            "_type": "slacli/approval/v1", "project": PROJECT, "contract": "acme", "version": 1, "revision": 0,
            "digest": sha(manifest), "role": role, "signer": PEOPLE[role], "roster": sha(roster),
            "at": "2026-11-20T17:00:00Z", "decision": "approve", "reason": "",
        }  # fmt: skip
        file = repo.contracts / f"signatures/approvals/1/{role}--{PEOPLE[role]}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(rfc8785.dumps(said))
        made = sign_bytes(key_of(PEOPLE[role]), file.read_bytes(), "approval.v1@slacli")
        Path(f"{file}.sig").write_bytes(made)
    told = verify(repo, sha(roster), code=1).out
    assert "error[bad-statement]" in told
    assert "IN FORCE: " not in told
    assert f"something else about `{field}`" in " ".join(told.split())
    judged = run(repo, "check", "--as-of", "2026-11-25", code=2)
    assert f"something else about `{field}`" in judged.err


# --- the gate -----------------------------------------------------------------------------------


def test_the_gate_passes_a_new_version_and_refuses_a_rewritten_one(repo: Repository) -> None:
    root = agree(repo)
    repo.git("branch", "before")
    second_version(repo)
    run(repo, "propose")
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    repo.commit("Second version")
    verify(repo, root, "--base", "before")
    repo.git("branch", "after")
    shutil.rmtree(repo.contracts / "signatures/approvals/1")
    repo.commit("Tidied")
    gone = verify(repo, root, "--base", "after", code=1).out
    assert "rewritten-signatures" in gone
    assert "`signatures/approvals/1/ceo--kim.json` is gone" in gone


def test_the_gate_reads_commits_and_not_the_disk(repo: Repository) -> None:
    root = agree(repo)
    repo.git("branch", "before")
    edit(repo, "definitions.yaml", ("budget >= 10000", "budget >= 1"))
    verify(repo, root, "--base", "before")
    verify(repo, root, code=1)


def test_input_85_a_base_that_is_not_there_cannot_be_judged(repo: Repository) -> None:
    root = agree(repo)
    assert "nowhere" in verify(repo, root, "--base", "nowhere", code=2).err


def test_t7_the_gate_refuses_a_roster_beside_anything_else(repo: Repository) -> None:
    root = agree(repo)
    repo.git("branch", "before")
    run(repo, "signers", "enrol", "mallory", "--key", key(repo, "mallory"))
    run(repo, "signers", "propose", "--role", "ceo=mallory")
    second_version(repo)
    run(repo, "propose")
    for role, by in (("vp_sales", "dana"), ("vp_marketing", "lee"), ("ceo", "mallory")):
        sign(repo, role, by=by)
    repo.commit("Everything at once")
    assert "mixed-change" in verify(repo, root, "--base", "before", code=1).out


# --- what can go wrong ----------------------------------------------------------------------------


def test_input_99_a_folder_that_cannot_be_written_leaves_nothing_half(repo: Repository) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    begin(repo)
    folder = repo.contracts / "signatures"
    before = sorted(path for path in folder.rglob("*"))
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        sign(repo, "ceo", code=2)
    finally:
        folder.chmod(0o755)
    assert sorted(path for path in folder.rglob("*")) == before


def test_in_a_pipe_nobody_is_asked(repo: Repository) -> None:
    begin(repo)
    ran = run(repo, "sign", "--as", "ceo", "--key", key(repo, "kim"), code=2)
    assert "nobody can be asked here" in ran.err
    assert not (repo.contracts / "signatures/approvals").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sign", "--as", "ceo", "--yes"), "no key was given"),
        (("sign", "--as", "ceo", "--key", "nowhere", "--yes"), "nothing was put forward"),
        (("signers", "enrol", "Dana"), "no key was given"),
        (("signers", "propose"), "a roster needs roles"),
        (("signers", "propose", "--role", "ceo"), "gives nobody a role"),
        (("signers", "propose", "--role", "ceo=kim"), "`kim` has no key"),
        (("signers", "list"), "there is no roster yet"),
        (("signers", "export"), "there is no roster"),
        (("status", "--as-of", "soon"), "is no day"),
        (("verify", "--trust-root", "x"), "is no digest"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_helps(repo: Repository, arguments: tuple[str, ...], said: str) -> None:
    ran = run(repo, *arguments, code=2)
    assert said in ran.err
    assert "help:" in ran.err


def test_a_name_that_is_none_cannot_enrol(repo: Repository) -> None:
    ran = run(repo, "signers", "enrol", "../x", "--key", key(repo, "dana"), code=2)
    assert "cannot name a person" in ran.err


def test_a_person_enrols_with_a_second_key(repo: Repository, tmp_path: Path) -> None:
    agree(repo)
    shutil.copy(key(repo, "mallory"), tmp_path / "danas_new")
    (tmp_path / "danas_new.pub").write_text(text_of(key_of("mallory")))
    run(repo, "signers", "enrol", "dana", "--key", str(tmp_path / "danas_new"))
    shown = run(repo, "signers", "propose", "--new-key", "dana").out
    assert shown.count("  dana: ssh-ed25519") == 2
    assert shown.count(", new") == 1


def test_nobody_gets_into_a_roster_by_enrolling_under_the_name_of_another(repo: Repository) -> None:
    agree(repo)
    run(repo, "signers", "enrol", "kim", "--key", key(repo, "mallory"))
    shown = run(repo, "signers", "propose").out
    assert shown.count("  kim: ssh-ed25519") == 1
    assert "left aside: a key that was enrolled as kim; make sure that it is theirs" in shown
    assert ", new" not in shown


def test_sixty_columns_and_a_pipe(repo: Repository) -> None:
    agree(repo)
    shown = run(repo, "status", COLUMNS="60").out
    assert max(map(len, shown.splitlines())) <= 82  # a trust root is never broken
    assert [line for line in shown.splitlines() if len(line) > 60 and "sha256:" not in line] == []


# --- by a passkey, without a browser ------------------------------------------------------------


class Browser:
    """Answers a page as a browser with a device does, by the address that it is shown."""

    def __init__(self, device: Device, answer: str = "") -> None:
        self.device = device
        self.declines = answer
        self.seen: list[dict[str, Any]] = []

    def __call__(self, address: str) -> None:
        threading.Thread(target=self._visit, args=(address,), daemon=True).start()

    def _visit(self, address: str) -> None:
        parts = urlsplit(address)
        self.origin = f"http://{parts.netloc}"
        data = self._call(parts, "GET", "visit", None)
        self.seen.append(data)
        if data["kind"] == "enrol":
            try:
                asked = self._call(parts, "POST", "created", self.device.created())
            except (OSError, http.client.HTTPException, AssertionError):
                # The page is gone where the device makes keys that cannot be used.
                return
            self._call(parts, "POST", "proven", self.device.assertion(asked["challenge"], self.origin))
        elif self.declines:
            self._call(parts, "POST", "declined", {"reason": self.declines})
        else:
            self._call(parts, "POST", "signed", self.device.assertion(data["challenge"], self.origin))

    def _call(self, parts: SplitResult, method: str, name: str, said: object) -> Any:
        body = json.dumps(said).encode() if said is not None else None
        headers = {"Origin": self.origin, "Content-Type": "application/json"} if body is not None else {}
        line = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=20)
        line.request(method, f"{parts.path}{name}", body, {"Host": parts.netloc, **headers})
        answer = line.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        line.close()
        return json.loads(text)


def roster_of_passkeys(repo: Repository, devices: Mapping[str, Device]) -> None:
    for name, device in devices.items():
        signing.enrol_with_passkey(repo.contracts, name, NOON, Browser(device))
    roles = [text for role, name in PEOPLE.items() for text in ("--role", f"{role}={name}")]
    run(repo, "signers", "propose", *roles, "--root", "dana,lee,kim", "--recognised", ",".join(devices))
    run(repo, "propose")


def sign_by(repo: Repository, role: str, browser: Browser) -> list[str]:
    what = signing.task(repo.contracts, role, None, NOON)
    return signing.sign(repo.contracts, what, NOON, signing.by_passkey(repo.contracts, what, NOON, browser))


def test_three_people_sign_by_passkeys_and_openssh_agrees(repo: Repository, tmp_path: Path) -> None:
    devices = {name: Device(name=name.encode()) for name in PEOPLE.values()}
    roster_of_passkeys(repo, devices)
    pages: list[dict[str, Any]] = []
    for role in ("vp_sales", "vp_marketing", "ceo"):
        browser = Browser(devices[PEOPLE[role]])
        sign_by(repo, role, browser)
        pages += browser.seen
    root = root_of(repo)
    shown = json.loads(verify(repo, root, "--format", "json").out)
    assert [one["kind"] for one in shown["versions"][0]["approvals"]] == ["passkey"] * 3
    assert pages[0]["what"] == "roster 1"
    assert [page["role"] for page in pages if not page["what"]] == ["VP Sales", "VP Marketing", "CEO"]
    (tmp_path / "allowed").write_text(run(repo, "signers", "export").out)
    statement = repo.contracts / "signatures/approvals/1/ceo--kim.json"
    command = ("ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "allowed"), "-I", "kim", "-n", "approval.v1@slacli")
    done = subprocess.run(
        (*command, "-s", f"{statement}.sig"), input=statement.read_bytes(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_page_says_what_changed_since_the_version_before(repo: Repository) -> None:
    devices = {name: Device(name=name.encode()) for name in PEOPLE.values()}
    roster_of_passkeys(repo, devices)
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign_by(repo, role, Browser(devices[PEOPLE[role]]))
    repo.commit("Signed")
    second_version(repo)
    run(repo, "propose")
    browser = Browser(devices["dana"])
    sign_by(repo, "vp_sales", browser)
    page = browser.seen[0]
    assert (page["version"], page["since"], page["effective"]) == ("2", "1", "2026-12-01")
    assert page["missing"] == ["CEO", "VP Marketing", "VP Sales"]
    sections = {one["heading"]: one["lines"] for one in page["changes"]}
    assert any("4 business hours -> 2 business hours" in line for line in sections["Sales owes more"])


def test_who_declines_on_the_page_signs_nothing(repo: Repository) -> None:
    devices = {name: Device(name=name.encode()) for name in PEOPLE.values()}
    roster_of_passkeys(repo, devices)
    with pytest.raises(CannotRun, match="`kim` declined: too tight for one quarter"):
        sign_by(repo, "ceo", Browser(devices["kim"], "too tight for one quarter"))
    assert not (repo.contracts / "signatures/approvals").exists()


def test_another_passkey_than_those_of_the_roster_signs_nothing(repo: Repository) -> None:
    devices = {name: Device(name=name.encode()) for name in PEOPLE.values()}
    roster_of_passkeys(repo, devices)
    with pytest.raises(CannotRun, match="none of yours"):
        sign_by(repo, "ceo", Browser(Device(name=b"kim")))
    assert not (repo.contracts / "signatures/approvals").exists()


def test_who_has_no_passkey_is_told_of_keys(repo: Repository) -> None:
    begin(repo)
    what = signing.task(repo.contracts, "ceo", None, NOON)
    with pytest.raises(CannotRun, match="has no passkey in roster 1"):
        signing.by_passkey(repo.contracts, what, NOON, Browser(Device()))
