"""Signatures by a person's SSH key, made by `ssh-keygen` and by nothing else: a key never comes into this process.

It knows what `ssh-keygen` needs of the world in order to ask for a passphrase, an agent or a touch, and what its
answers mean.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from slacli.core import wording
from slacli.errors import CannotRun

_BEGIN = b"-----BEGIN SSH SIGNATURE-----\n"
_LONGEST_KEY = 64 * 1024

# What `ssh-keygen` and the windows it opens for a passphrase look at. Everything else stays here.
_KEPT = frozenset(
    "HOME PATH USER LOGNAME TERM TMPDIR LANG LC_ALL LC_CTYPE"
    " SSH_AUTH_SOCK SSH_ASKPASS SSH_ASKPASS_REQUIRE SSH_SK_PROVIDER SSH_SK_HELPER"
    " DISPLAY WAYLAND_DISPLAY XAUTHORITY XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS"
    " SYSTEMROOT WINDIR SYSTEMDRIVE USERPROFILE USERNAME PROGRAMDATA LOCALAPPDATA APPDATA TEMP TMP".split()
)


def sign_with_ssh(message: bytes, namespace: str, key: Path) -> bytes:
    """Give the signature of a message for a namespace, as the text of a file in the form of OpenSSH.

    `key` is the file of a private key, or of a public key whose other half an agent or a security key holds. Its
    passphrase, its code and its touch are asked for by `ssh-keygen` itself. Raises CannotRun where nothing was signed.
    """
    program = _program()
    place = _place(key)
    with _file_of(message) as text:
        done = _run([program, "-Y", "sign", "-f", str(place), "-n", namespace], text)
    if done.returncode != 0 or not done.stdout.startswith(_BEGIN):
        raise _refused(key, place, done)
    return done.stdout


def _file_of(message: bytes) -> IO[bytes]:
    """Give a file that holds a message.

    No pipe: what waits for a passphrase does not read, and would leave a long message half written. Raises CannotRun
    where there is no room.
    """
    try:
        with ExitStack() as stack:
            text = stack.enter_context(tempfile.TemporaryFile())
            text.write(message)
            text.seek(0)
            stack.pop_all()
            return text
    except OSError as error:
        raise CannotRun(
            f"no temporary file can be written: {_reason(error)}", "make room on the disk, or set TMPDIR to another"
        ) from None


def must_be_there(key: Path) -> None:
    """Return where a key can be tried; raises CannotRun where it is not there, or OpenSSH is not."""
    _place(key)
    _program()


def public_key(key: Path) -> str:
    """Give the public half of a key on one line, its type and the key, without a comment.

    It stands in the file beside the key whose name ends in `.pub`; without that file `ssh-keygen` reads it from the
    key. Raises CannotRun where there is none.
    """
    place = _place(key)
    beside = place if place.suffix == ".pub" else place.with_name(f"{place.name}.pub")
    if beside.is_file():
        line = _text(beside, key)
    else:
        done = _run([_program(), "-y", "-f", str(place)], subprocess.DEVNULL)
        if done.returncode != 0:
            raise _refused(key, place, done)
        line = done.stdout.decode("utf-8", "replace")
    words = line.split()
    if len(line.strip().splitlines()) != 1 or len(words) < 2 or "PRIVATE KEY" in line:
        raise CannotRun(
            f"`{_shown(key)}` holds no public key of OpenSSH on one line",
            f"write it anew with `ssh-keygen -y -f KEY > {_shown(beside)}`",
        )
    return f"{words[0]} {words[1]}"


def _place(key: Path) -> Path:
    """Give the whole path of a key, so that no name is taken for an option; raises CannotRun where there is no file."""
    try:
        place = key.expanduser().absolute()
        if place.is_file() or place.with_name(f"{place.name}.pub").is_file():
            return place
    except (OSError, RuntimeError, ValueError):
        pass
    raise CannotRun(
        f"there is no key `{_shown(key)}`", "name the file of your key, or make one with `ssh-keygen -t ed25519`"
    )


def _text(place: Path, key: Path) -> str:
    try:
        with place.open("rb") as file:
            return file.read(_LONGEST_KEY).decode("utf-8", "replace")
    except OSError as error:
        raise CannotRun(
            f"`{_shown(key)}` cannot be read: {_reason(error)}", "see who may read it with `ls -l`"
        ) from None


def _program() -> str:
    for place in os.environ.get("PATH", os.defpath).split(os.pathsep):
        # A relative place is wherever slacli is run: there a program of that name may be anybody's.
        if Path(place).is_absolute():
            found = shutil.which(str(Path(place) / "ssh-keygen"))
            if found is not None:
                return found
    raise CannotRun(
        "`ssh-keygen` is not installed, or not on the PATH",
        "install OpenSSH (`apt-get install openssh-client`; Windows: Settings, Optional features), or use a passkey",
    )


def _run(command: list[str], source: IO[bytes] | int) -> subprocess.CompletedProcess[bytes]:
    try:
        with subprocess.Popen(  # noqa: S603 - the program by its whole path, and a key by its whole path
            command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
        ) as process:
            try:
                complaints = _heard(process)
                made = process.stdout.read() if process.stdout is not None else b""
                return subprocess.CompletedProcess(command, process.wait(), made, complaints)
            except BaseException:
                process.kill()
                raise
    except OSError as error:
        raise CannotRun(f"`ssh-keygen` cannot be run: {_reason(error)}", "try `ssh-keygen -l`") from None


def _heard(process: subprocess.Popen[bytes]) -> bytes:
    """Read all that `ssh-keygen` says, and hand on at once that it waits for a touch.

    What it makes is shorter than a pipe holds, so that it never waits for a reader.
    """
    said = b""
    for line in process.stderr or ():
        said += line
        if line.startswith(b"Confirm user presence"):
            sys.stderr.write("touch your security key\n")
            sys.stderr.flush()
    return said


def _environment() -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.upper() in _KEPT}
    if "SSH_ASKPASS_REQUIRE" not in kept and _has_terminal():
        # The message comes on standard input, for which `ssh-keygen` would ask in a window even where there is no
        # program that opens one, and take the silence for an empty passphrase.
        kept["SSH_ASKPASS_REQUIRE"] = "never"
    return kept


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


_PRIVATE, _PUTTY = b"-----BEGIN ", b"PuTTY-User-Key-File"

# What `ssh-keygen` says, what that means, and what to do; the first that fits.
_ANSWERS: tuple[tuple[str, str, str], ...] = (
    (
        "incorrect passphrase",
        "the passphrase or code of `{key}` was not given, or is not right",
        "try again, or put the key into an agent with `ssh-add`",
    ),
    (
        "permissions",
        "`ssh-keygen` ignores the key `{key}`, since others may read it",
        "take their rights away with `chmod 600`",
    ),
    (
        "agent refused",
        "the agent refused to sign with `{key}`",
        "confirm it when the agent asks, and see with `ssh-add -l` what it holds",
    ),
    (
        "no private key",
        "neither an agent nor a file holds the private half of `{key}`",
        "put it into the agent with `ssh-add`, or name the file of the private key",
    ),
    ("device not found", "no security key answers for `{key}`", "plug it in, and try again"),
    ("couldn't load public key", "`{key}` is no key that `ssh-keygen` reads", "look at it with `ssh-keygen -l -f`"),
    ("invalid format", "`{key}` is no key that `ssh-keygen` reads", "look at it with `ssh-keygen -l -f`"),
    ("error in libcrypto", "`{key}` is no key that `ssh-keygen` reads", "look at it with `ssh-keygen -l -f`"),
)


def _refused(key: Path, place: Path, done: subprocess.CompletedProcess[bytes]) -> CannotRun:
    # Without the path, which may hold any words.
    said = done.stderr.replace(os.fsencode(place), b"").decode("utf-8", "replace").lower()
    if done.returncode < 0:
        return CannotRun(f"`ssh-keygen` was stopped before it signed with `{_shown(key)}`", "run it again")
    begin = _begin(place)
    if begin.startswith(_PUTTY):
        return CannotRun(
            f"`{_shown(key)}` is a key of PuTTY, which `ssh-keygen` does not read",
            "make one of OpenSSH from it: `puttygen KEY -O private-openssh -o NEW`",
        )
    if begin and not begin.startswith(_PRIVATE) and "permissions" in said:
        # It is refused for its rights before anybody has looked into it.
        said = "invalid format"
    for words, what, advice in _ANSWERS:
        if words in said:
            return CannotRun(what.format(key=_shown(key)), advice)
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("signing data")]
    reason = wording.sanitised(lines[-1]) if lines else f"it ended with {done.returncode}"
    return CannotRun(f"`ssh-keygen` did not sign with `{_shown(key)}`: {reason}", "try `ssh-keygen -l -f` on it")


def _begin(place: Path) -> bytes:
    """Give the first bytes of a file; nothing where it cannot be read."""
    try:
        with place.open("rb") as file:
            return file.read(max(len(_PUTTY), len(_PRIVATE)))
    except OSError:
        return b""


def _shown(path: Path) -> str:
    return wording.sanitised(str(path))


def _reason(error: OSError) -> str:
    return (error.strerror or "the system gave no reason").lower()
