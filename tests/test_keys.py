"""Signatures that `ssh-keygen` makes: with files, agents and passphrases as people have them."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from signing import string

from slacli.adapters import keys
from slacli.core.trust import sshsig
from slacli.errors import CannotRun

TEXT = b'{"_type":"slacli/approval/v1"}'
SPACE = "approval.v1@slacli"
HERE = Path(keys.__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no agent and no window of the machine in reach of a test."""
    for name in ("SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


def made(folder: Path, name: str = "key", passphrase: str = "", kind: str = "ed25519") -> Path:
    path = folder / name
    command = ("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "dana@laptop", "-f", str(path))
    subprocess.run(command, check=True, capture_output=True)
    return path


def answering(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Answer what `ssh-keygen` asks in a window."""
    program = folder / "answer"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("SSH_ASKPASS", str(program))
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if shutil.which("ssh-agent") is None or shutil.which("ssh-add") is None:
        pytest.skip("OpenSSH's agent is not installed")
    # The path of a socket may be no longer than about a hundred characters.
    socket = Path(os.path.relpath(tmp_path)) / "agent" if len(str(tmp_path)) > 90 else tmp_path / "agent"
    with subprocess.Popen(("ssh-agent", "-D", "-a", str(socket)), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"SSH_AUTH_SOCK" in process.stdout.readline()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        yield
        process.terminate()


def added(path: Path, *options: str) -> None:
    subprocess.run(("ssh-add", "-q", *options, str(path)), check=True, capture_output=True)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_key_in_a_file_signs(tmp_path: Path, kind: str) -> None:
    key = made(tmp_path, kind=kind)
    found = sshsig.verify(keys.sign_with_ssh(TEXT, SPACE, key), TEXT, SPACE)
    assert found.key.text == keys.public_key(key)


@pytest.mark.parametrize("name", ["a key of mine", "-f", "schlüssel", "key.with.dots", "x*[1]"])
def test_a_key_is_found_under_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    made(tmp_path).rename(tmp_path / name)
    (tmp_path / "key.pub").rename(tmp_path / f"{name}.pub")
    monkeypatch.chdir(tmp_path)
    found = sshsig.verify(keys.sign_with_ssh(TEXT, SPACE, Path(name)), TEXT, SPACE)
    assert found.key.text == keys.public_key(Path(name)) == keys.public_key(Path(f"{name}.pub"))


def test_a_long_message_is_signed_whole(tmp_path: Path) -> None:
    message = b"a line of a statement\n" * 100_000
    assert sshsig.verify(keys.sign_with_ssh(message, SPACE, made(tmp_path)), message, SPACE).kind == "software"


def test_a_passphrase_is_asked_for_in_a_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = made(tmp_path, passphrase="open sesame")
    answering(tmp_path, monkeypatch, "echo open sesame")
    assert sshsig.verify(keys.sign_with_ssh(TEXT, SPACE, key), TEXT, SPACE).key.text == keys.public_key(key)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.parametrize("display", ["", ":0"])
def test_a_passphrase_is_asked_for_on_the_terminal(tmp_path: Path, display: str) -> None:
    """Also where there is a screen but no program that asks on it, as on most machines with Linux."""
    import pty

    key = made(tmp_path, passphrase="open sesame")
    code = (
        "import fcntl, sys, termios; from pathlib import Path; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "from slacli.adapters import keys\n"
        f"made = keys.sign_with_ssh({TEXT!r}, {SPACE!r}, Path({str(key)!r}))\n"
        f"Path({str(tmp_path / 'made')!r}).write_bytes(made)\n"
    )
    ours, theirs = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(HERE)} | ({"DISPLAY": display} if display else {})
    with subprocess.Popen(
        (sys.executable, "-c", code),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=environment,
        cwd=tmp_path,
    ) as process:
        os.close(theirs)
        asked = b""
        while b"passphrase" not in asked:
            asked += os.read(ours, 1000)
        os.write(ours, b"open sesame\n")
        assert process.wait(30) == 0, asked
    os.close(ours)
    assert sshsig.verify((tmp_path / "made").read_bytes(), TEXT, SPACE).kind == "software"


@pytest.mark.parametrize("script", ["echo open barley", "exit 1"])
def test_a_wrong_passphrase_or_none_signs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    key = made(tmp_path, passphrase="open sesame")
    answering(tmp_path, monkeypatch, script)
    with pytest.raises(CannotRun, match="was not given, or is not right") as told:
        keys.sign_with_ssh(TEXT, SPACE, key)
    assert "ssh-add" in told.value.help
    (tmp_path / "key.pub").unlink()
    with pytest.raises(CannotRun, match="was not given, or is not right"):
        keys.public_key(key)


def test_without_its_public_file_the_key_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = made(tmp_path, passphrase="open sesame")
    expected = keys.public_key(key)
    (tmp_path / "key.pub").unlink()
    answering(tmp_path, monkeypatch, "echo open sesame")
    assert keys.public_key(key) == expected


@pytest.mark.usefixtures("agent")
def test_a_key_in_an_agent_signs_by_its_public_file(tmp_path: Path) -> None:
    key = made(tmp_path)
    added(key)
    key.unlink()
    public = tmp_path / "key.pub"
    for named in (public, key):
        found = sshsig.verify(keys.sign_with_ssh(TEXT, SPACE, named), TEXT, SPACE)
        assert found.key.text == keys.public_key(named)


@pytest.mark.usefixtures("agent")
def test_an_agent_that_does_not_hold_the_key_is_said_so(tmp_path: Path) -> None:
    made(tmp_path).unlink()
    with pytest.raises(CannotRun, match="neither an agent nor a file holds the private half"):
        keys.sign_with_ssh(TEXT, SPACE, tmp_path / "key.pub")


@pytest.mark.usefixtures("agent")
def test_an_agent_that_refuses_is_said_so(tmp_path: Path) -> None:
    key = made(tmp_path)
    added(key, "-c")  # asks in a window for each signature, and there is none
    with pytest.raises(CannotRun, match="the agent refused to sign"):
        keys.sign_with_ssh(TEXT, SPACE, key)


def test_no_agent_at_all_is_said_as_a_missing_half(tmp_path: Path) -> None:
    made(tmp_path).unlink()
    with pytest.raises(CannotRun, match="neither an agent nor a file"):
        keys.sign_with_ssh(TEXT, SPACE, tmp_path / "key.pub")


@pytest.mark.parametrize("name", ["absent", "", "a\0b", "x" * 5000])
def test_a_key_that_is_not_there(tmp_path: Path, name: str) -> None:
    for ask in (
        lambda: keys.sign_with_ssh(TEXT, SPACE, Path(f"{tmp_path}/{name}")),
        lambda: keys.public_key(Path(f"{tmp_path}/{name}")),
        lambda: keys.public_key(Path("~nobody-of-that-name") / name),
    ):
        with pytest.raises(CannotRun, match="there is no key") as told:
            ask()
        assert "ssh-keygen -t ed25519" in told.value.help


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\0", b"junk\n", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key(tmp_path: Path, content: bytes) -> None:
    key = tmp_path / "key"
    key.write_bytes(content)
    key.chmod(0o600)
    for ask in (lambda: keys.sign_with_ssh(TEXT, SPACE, key), lambda: keys.public_key(key)):
        with pytest.raises(CannotRun) as told:
            ask()
        assert told.value.what[0].islower() or told.value.what[0] == "`"
        assert told.value.what.isprintable()


@pytest.mark.parametrize("content", ["", "ssh-ed25519\n", "ssh-ed25519 AAAA\nssh-ed25519 BBBB\n"])
def test_a_public_file_that_is_none(tmp_path: Path, content: str) -> None:
    key = made(tmp_path)
    (tmp_path / "key.pub").write_text(content)
    with pytest.raises(CannotRun, match="holds no public key of OpenSSH on one line"):
        keys.public_key(key)


def test_a_private_key_named_as_a_public_one_is_not_given_away(tmp_path: Path) -> None:
    made(tmp_path).replace(tmp_path / "key.pub")
    with pytest.raises(CannotRun, match="holds no public key") as told:
        keys.public_key(tmp_path / "key.pub")
    assert "BEGIN" not in told.value.what + told.value.help


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such rights")
def test_a_key_that_others_may_read_is_said_so(tmp_path: Path) -> None:
    key = made(tmp_path)
    key.chmod(0o644)
    with pytest.raises(CannotRun, match="others may read it"):
        keys.sign_with_ssh(TEXT, SPACE, key)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such rights")
@pytest.mark.parametrize("rights", [0o600, 0o644])
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("root:x:0:0:root:/root:/bin/sh\n", "is no key that `ssh-keygen` reads"),
        ("PuTTY-User-Key-File-3: ssh-ed25519\n", "is a key of PuTTY, which `ssh-keygen` does not read"),
    ],
)
def test_a_file_that_is_no_key_of_openssh_is_said_so_whoever_may_read_it(
    tmp_path: Path, text: str, what: str, rights: int
) -> None:
    key = tmp_path / "key"
    key.write_text(text)
    key.chmod(rights)
    with pytest.raises(CannotRun, match=what) as told:
        keys.sign_with_ssh(TEXT, SPACE, key)
    assert "chmod" not in told.value.help


@pytest.mark.parametrize("path", ["", ".", "no/such/place"])
def test_no_ssh_keygen_is_said_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    key = made(tmp_path)
    monkeypatch.chdir(tmp_path)
    # A program of that name where slacli is run may be anybody's.
    (tmp_path / "ssh-keygen").write_text("#!/bin/sh\ntouch ran\n")
    (tmp_path / "ssh-keygen").chmod(0o700)
    monkeypatch.setenv("PATH", path)
    with pytest.raises(CannotRun, match="not installed") as told:
        keys.sign_with_ssh(TEXT, SPACE, key)
    assert "openssh-client" in told.value.help
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_ssh_keygen_gets_what_it_needs_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a program that says yes and gives no signature is not believed."""
    key = made(tmp_path)
    (tmp_path / "ssh-keygen").write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\necho done\n")
    (tmp_path / "ssh-keygen").chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("CRM_TOKEN", "canary")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/a/socket")
    with pytest.raises(CannotRun, match="did not sign"):
        keys.sign_with_ssh(TEXT, SPACE, key)
    seen = (tmp_path / "seen").read_text()
    assert "SSH_AUTH_SOCK=/a/socket" in seen
    assert "canary" not in seen


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
def test_a_program_that_cannot_be_run_is_said_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = made(tmp_path)
    (tmp_path / "ssh-keygen").write_text("#!/no/such/program\n")
    (tmp_path / "ssh-keygen").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotRun, match="`ssh-keygen` cannot be run: no such file or directory"):
        keys.sign_with_ssh(TEXT, SPACE, key)


def test_no_room_for_what_is_to_be_signed_is_said_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = made(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(CannotRun, match="no temporary file can be written: no such file or directory") as told:
        keys.sign_with_ssh(TEXT, SPACE, key)
    assert "TMPDIR" in told.value.help


@pytest.mark.skipif(not Path("/proc/self/mem").is_file(), reason="there is no file that opens and cannot be read")
def test_a_public_file_that_cannot_be_read_is_said_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "key.pub").symlink_to("/proc/self/mem")
    with pytest.raises(CannotRun, match="cannot be read: input/output error") as told:
        keys.public_key(tmp_path / "key")
    assert "ls -l" in told.value.help


def on_hardware(folder: Path, flags: int) -> Path:
    """Write the file of a key that a security key holds which nobody has; its flags say what that asks for."""
    point = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    public = string(b"sk-ssh-ed25519@openssh.com") + string(point) + string(b"ssh:")
    private = b"same" * 2 + public + bytes([flags]) + string(b"handle") + string(b"") + string(b"dana@laptop")
    private += bytes(range(1, 1 + -len(private) % 8))
    none = string(b"none") + string(b"none") + string(b"")
    blob = b"openssh-key-v1\0" + none + (1).to_bytes(4, "big") + string(public) + string(private)
    path = folder / "key"
    text = base64.encodebytes(blob).decode()
    path.write_text(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{text}-----END OPENSSH PRIVATE KEY-----\n")
    path.chmod(0o600)
    return path


def test_a_touch_is_asked_for_and_a_security_key_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = on_hardware(tmp_path, 0x01)
    assert keys.public_key(key).startswith("sk-ssh-ed25519@openssh.com AAAA")
    with pytest.raises(CannotRun):
        keys.sign_with_ssh(TEXT, SPACE, key)
    assert capsys.readouterr().err == "touch your security key\n"


def test_the_code_of_a_security_key_is_asked_for_in_a_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = on_hardware(tmp_path, 0x05)
    answering(tmp_path, monkeypatch, f'printf %s "$1" > {tmp_path}/asked; echo 1234')
    with pytest.raises(CannotRun):
        keys.sign_with_ssh(TEXT, SPACE, key)
    assert "PIN" in (tmp_path / "asked").read_text()
    assert capsys.readouterr().err == "touch your security key\n"


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_touch_is_asked_for_at_once_and_a_stop_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = made(tmp_path)
    (tmp_path / "ssh-keygen").write_text(
        "#!/bin/sh\necho 'Confirm user presence for key ED25519-SK' >&2\nkill -TERM $$\n"
    )
    (tmp_path / "ssh-keygen").chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(CannotRun, match="was stopped before it signed"):
        keys.sign_with_ssh(TEXT, SPACE, key)
    assert capsys.readouterr().err == "touch your security key\n"


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_ctrl_c_ends_it_and_leaves_nothing_running(tmp_path: Path) -> None:
    key = made(tmp_path)
    (tmp_path / "ssh-keygen").write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    (tmp_path / "ssh-keygen").chmod(0o700)
    code = (
        "import sys; from pathlib import Path; from slacli.adapters import keys\n"
        f"try: keys.sign_with_ssh(b'x', 'n', Path({str(key)!r}))\n"
        "except KeyboardInterrupt: sys.exit(42)\n"
    )
    environment = {"PYTHONPATH": str(HERE), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with subprocess.Popen((sys.executable, "-c", code), env=environment, cwd=tmp_path) as process:
        until = time.monotonic() + 30
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().endswith("\n"):
            assert time.monotonic() < until
            time.sleep(0.02)
        time.sleep(0.5)  # until it is waited for: the program may run before
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 42
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
