"""Signing that is cut short, done twice at once, or carried about by Git: nothing lost, nothing half, one verdict."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import sleep

import pytest
from repositories import Repository, files_below, git, surroundings
from test_passkey_page import Device
from test_signing import (
    NOON,
    PEOPLE,
    Browser,
    _apart,
    agree,
    begin,
    edit,
    key,
    pytestmark,
    repo,
    root_of,
    run,
    second_version,
    sign,
    verify,
)

from slacli import signing
from slacli.adapters import folder, keys
from slacli.errors import CannotRun

__all__ = ["_apart", "pytestmark", "repo"]

ROOT = Path(__file__).parent.parent
ROLES = ("vp_sales", "vp_marketing", "ceo")


def signed_by(repo: Repository, role: str, rejected: str | None = None) -> list[str]:
    """Sign in this process, below the command line: what is raised is seen as it is."""
    what = signing.task(repo.contracts, role, None, NOON, rejected)
    make = partial(keys.sign_with_ssh, key=Path(key(repo, PEOPLE[role])))
    return signing.sign(repo.contracts, what, NOON, make)


def held(repo: Repository) -> dict[str, bytes]:
    return files_below(repo.contracts / "signatures")


@pytest.fixture
def alone(repo: Repository) -> Repository:
    """A version that waits for the CEO alone, with a roster that holds."""
    begin(repo)
    for role in ("vp_sales", "vp_marketing"):
        sign(repo, role)
    return repo


# --- Ctrl-C, full disks, folders that cannot be written ---------------------------------------

SEAMS = ((tempfile, "mkstemp"), (os, "fsync"), (Path, "replace"), (Path, "chmod"), (Path, "unlink"))
FAULTS: Mapping[str, Callable[[], BaseException]] = {
    "Ctrl-C": KeyboardInterrupt,
    "a full disk": lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "a disk that is read only": lambda: OSError(errno.EROFS, os.strerror(errno.EROFS)),
}


def stopping(
    monkeypatch: pytest.MonkeyPatch, seam: tuple[object, str], at: int, fault: Callable[[], BaseException]
) -> list[int]:
    """Let the call of a seam with a number fail; gives what counts the calls."""
    place, name = seam
    true, seen = getattr(place, name), [0]

    def stopped(*arguments: object, **options: object) -> object:
        seen[0] += 1
        if seen[0] == at:
            raise fault()
        return true(*arguments, **options)

    monkeypatch.setattr(place, name, stopped)
    return seen


@pytest.mark.parametrize("again", [False, True], ids=["first", "instead of a refusal"])
@pytest.mark.parametrize("seam", SEAMS, ids=lambda one: one[1])
def test_input_99_whatever_stops_a_write_leaves_both_files_or_neither(
    alone: Repository, monkeypatch: pytest.MonkeyPatch, seam: tuple[object, str], again: bool
) -> None:
    if again:
        signed_by(alone, "ceo", "not yet")
    before = held(alone)
    what = signing.task(alone.contracts, "ceo", None, NOON)
    assert what.approval is not None
    made = keys.sign_with_ssh(what.approval.text, "approval.v1@slacli", Path(key(alone, "kim")))
    for fault, stop in FAULTS.items():
        put_back(alone, before)
        for at in range(1, 20):
            with monkeypatch.context() as world:
                stopping(world, seam, at, stop)
                try:
                    signing.sign(alone.contracts, what, NOON, lambda _text, _space: made)
                except (KeyboardInterrupt, CannotRun) as found:
                    assert isinstance(found, KeyboardInterrupt) == (fault == "Ctrl-C")
                else:
                    break
            left = held(alone)
            for name in [name for name in left if "/." in f"/{name}"]:
                # Here it was the clean-up that was stopped: what is left is no statement and no signature.
                assert seam[1] == "unlink"
                (alone.contracts / "signatures" / name).unlink()
                del left[name]
            assert left == before or fault == "Ctrl-C" or seam[1] == "unlink", (fault, at)
            assert signing.status(alone.contracts, None, None, NOON).chain.problems == ()
        assert at < 19
        assert held(alone)["approvals/1/ceo--kim.json"] == what.approval.text
    verify(alone, root_of(alone))


def put_back(repo: Repository, before: Mapping[str, bytes]) -> None:
    for name in held(repo).keys() - before.keys():
        (repo.contracts / "signatures" / name).unlink()
    for name, text in before.items():
        (repo.contracts / "signatures" / name).write_bytes(text)


AT_NOON = """
from datetime import UTC, datetime
from slacli import cli
from slacli.cli import signing
signing._now = lambda: datetime(2026, 11, 20, 17, tzinfo=UTC)
"""
PLAIN = (
    AT_NOON
    + """
import sys
cli.main(sys.argv[1:])
"""
)
LIMITED = (
    AT_NOON
    + """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
cli.main(sys.argv[2:])
"""
)
KILLED = (
    AT_NOON
    + """
import os, sys
from pathlib import Path
true, seen = Path.replace, [0]
def replace(*arguments):
    seen[0] += 1
    if seen[0] == int(sys.argv[1]):
        os._exit(9)
    return true(*arguments)
Path.replace = replace
cli.main(sys.argv[2:])
"""
)


def process(repo: Repository, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run slacli in a process of its own, in which `program` has the first argument."""
    return subprocess.run([sys.executable, "-c", program, *arguments], cwd=repo.top, env=_environment(),
                          capture_output=True, check=False, timeout=60)  # fmt: skip


def _environment() -> dict[str, str]:
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    return surroundings() | {"PYTHONPATH": path}


def signing_as(repo: Repository, role: str) -> tuple[str, ...]:
    return ("sign", "--as", role, "--key", key(repo, PEOPLE[role]), "--yes")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_input_99_a_disk_on_which_a_statement_has_no_room_is_told_and_nothing_is_there(alone: Repository) -> None:
    before = held(alone)
    ran = process(alone, LIMITED, "100", *signing_as(alone, "ceo"))
    assert ran.returncode == 2
    assert b"no temporary file can be written: file too large" in ran.stderr
    assert held(alone) == before
    sign(alone, "ceo")
    verify(alone, root_of(alone))


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("again", [False, True], ids=["first", "instead of a refusal"])
def test_input_99_what_a_machine_that_stops_leaves_is_told_and_mended_by_signing_again(
    alone: Repository, at: int, again: bool
) -> None:
    if again:
        signed_by(alone, "ceo", "not yet")
    assert process(alone, KILLED, str(at), *signing_as(alone, "ceo")).returncode == 9
    if at == 2:
        told = verify(alone, root_of(alone), code=1).out
        words = "does not count" if again else "has no signature beside it"
        assert words in " ".join(told.split())
        assert "NOT TO BE RELIED UPON" in told
        assert "the signatures do not hold" in sign(alone, "vp_sales", code=2).err
    sign(alone, "ceo")
    verify(alone, root_of(alone))


def test_a_lone_statement_and_a_lone_signature_are_told_by_name_and_mended(alone: Repository) -> None:
    sign(alone, "ceo")
    place = alone.contracts / "signatures/approvals/1"
    for name, words in (("ceo--kim.json", "has no statement beside it"), ("ceo--kim.json.sig", "has no signature")):
        (place / name).unlink()
        told = " ".join(verify(alone, root_of(alone), code=1).out.split())
        assert f"the approval of version 1 by `kim` as `ceo` {words}" in told
        sign(alone, "ceo")
        verify(alone, root_of(alone))


def test_a_lone_statement_of_somebody_else_is_not_passed_over(alone: Repository) -> None:
    (alone.contracts / "signatures/approvals/1/vp_sales--dana.json.sig").unlink()
    before = held(alone)
    assert "the signatures do not hold" in sign(alone, "ceo", code=2).err
    assert held(alone) == before
    sign(alone, "vp_sales")
    sign(alone, "ceo")


def test_half_an_enrolment_is_mended_by_enrolling_again_with_whatever_key(repo: Repository) -> None:
    place = repo.contracts / "signatures/enrolled"
    for half in ("*.json", "*.sig"):
        run(repo, "signers", "enrol", "dana", "--key", key(repo, "dana"))
        next(place.glob(half)).unlink()
        assert "is not whole" in verify(repo, "sha256:" + "0" * 64, code=2).err
        assert "the signatures do not hold" in run(repo, "signers", "enrol", "lee", "--key", key(repo, "lee"),
                                                  code=2).err  # fmt: skip
        run(repo, "signers", "enrol", "dana", "--key", key(repo, "mallory"))
        assert len(list(place.iterdir())) == 2
        run(repo, "signers", "enrol", "dana", "--key", key(repo, "dana"))
        for path in place.iterdir():
            path.unlink()


def test_half_an_enrolment_by_a_passkey_is_mended_by_enrolling_anew(repo: Repository) -> None:
    signing.enrol_with_passkey(repo.contracts, "dana", NOON, Browser(Device()))
    place = repo.contracts / "signatures/enrolled"
    next(place.glob("*.sig")).unlink()
    signing.enrol_with_passkey(repo.contracts, "dana", NOON, Browser(Device()))
    assert len(list(place.iterdir())) == 2


@pytest.mark.parametrize("at", range(1, 8))
def test_putting_forward_that_is_cut_short_is_mended_by_putting_forward_again(
    alone: Repository, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    edit(alone, "definitions.yaml", ("budget >= 10000", "budget >= 20000"))
    with monkeypatch.context() as world:
        true, seen = Path.unlink, [0]

        def unlink(path: Path, **options: bool) -> None:
            seen[0] += 1
            if seen[0] >= at:
                raise KeyboardInterrupt
            true(path, **options)

        world.setattr(Path, "unlink", unlink)
        with suppress(KeyboardInterrupt, AssertionError):
            run(alone, "propose")
    run(alone, "propose")
    for role in ROLES:
        sign(alone, role)
    verify(alone, root_of(alone))


def test_files_are_put_back_as_they_were_where_the_last_of_them_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, odd = tmp_path / "old", tmp_path / "new", tmp_path / "odd"
    old.write_bytes(b"old")
    odd.mkdir()
    with pytest.raises(CannotRun, match="odd` cannot be written"):
        folder.write_together({old: b"other", new: b"new"}, [odd])
    assert files_below(tmp_path) == {"old": b"old"}


def test_input_99_a_folder_that_is_a_file_is_told(alone: Repository) -> None:
    place = alone.contracts / "signatures/approvals/1"
    for path in place.iterdir():
        path.unlink()
    place.rmdir()
    place.write_text("")
    assert "could not run" in sign(alone, "ceo", code=2).err


# --- two at once ---------------------------------------------------------------------------------


def test_input_99_people_who_sign_at_once_in_one_folder_all_count(repo: Repository) -> None:
    begin(repo)
    told: dict[int, str] = {}
    running = [
        subprocess.Popen([sys.executable, "-c", PLAIN, *signing_as(repo, role)], cwd=repo.top, env=_environment(),
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for role in ROLES
    ]  # fmt: skip
    for one in running:
        told[one.pid] = one.communicate(timeout=120)[0].decode()
    assert [one.returncode for one in running] == [0] * len(running), told
    verify(repo, root_of(repo))


def test_input_99_who_reads_while_a_pair_takes_its_place_sees_both_or_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "signatures" / "approvals" / "1"
    place.mkdir(parents=True)
    (tmp_path / "contract.yaml").write_bytes(b"id: acme\n")
    statement, signature = place / "ceo--kim.json", place / "ceo--kim.json.sig"
    half, renamed = Event(), Path.replace

    def slow(source: Path, target: Path) -> Path:
        if target == signature:
            half.set()
            # Long enough for whoever does not wait to read one of the two.
            sleep(0.5)
        return renamed(source, target)

    monkeypatch.setattr(Path, "replace", slow)
    writing = Thread(target=folder.write_together, args=({statement: b"{}", signature: b"signed"},))
    writing.start()
    assert half.wait(10)
    assert files_below(place).keys() >= {statement.name}, "one half is there"
    assert not signature.exists(), "the other is not"
    found = folder.read(tmp_path)
    writing.join()
    assert list(found) == ["contract.yaml", *(f"signatures/approvals/1/{one.name}" for one in (statement, signature))]


def test_who_locks_a_folder_for_ever_keeps_nobody_from_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "_PATIENCE", 0.05)
    (tmp_path / "contract.yaml").write_bytes(b"id: acme\n")
    handle = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert folder.read(tmp_path) == {"contract.yaml": b"id: acme\n"}
    finally:
        os.close(handle)


def test_a_file_system_without_locks_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_handle: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    (tmp_path / "contract.yaml").write_bytes(b"id: acme\n")
    assert folder.read(tmp_path) == {"contract.yaml": b"id: acme\n"}


def test_input_99_one_person_twice_at_once_leaves_one_whole_signature(alone: Repository) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", PLAIN, *signing_as(alone, "ceo")], cwd=alone.top,
                         env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(3)
    ]  # fmt: skip
    told = [one.communicate(timeout=120)[0].decode() for one in running]
    assert 0 in [one.returncode for one in running], told
    verify(alone, root_of(alone))
    assert [name for name in held(alone) if "/." in f"/{name}"] == []


# --- carried about by Git --------------------------------------------------------------------------


def on_branches(repo: Repository) -> None:
    """Let three people sign on three branches of their own."""
    begin(repo)
    repo.commit("Put forward")
    for role in ROLES:
        repo.git("switch", "--quiet", "--create", role, "main")
        sign(repo, role)
        repo.commit(f"Signed as {role}")
    repo.git("switch", "--quiet", "main")


def merged(repo: Repository) -> None:
    for role in ROLES:
        repo.git("merge", "--quiet", "--no-ff", "--message", f"Merge {role}", role)


def octopus(repo: Repository) -> None:
    repo.git("merge", "--quiet", "--message", "All at once", *ROLES)


def squashed(repo: Repository) -> None:
    for role in ROLES:
        repo.git("merge", "--quiet", "--squash", role)
        repo.git("commit", "--quiet", "--message", f"Squashed {role}")


def rebased(repo: Repository) -> None:
    for role in ROLES:
        (repo.top / f"{role}.txt").write_text("work of others\n")
        repo.commit("Something else")
        repo.git("rebase", "--quiet", "main", role)
        repo.git("switch", "--quiet", "main")
        repo.git("merge", "--quiet", "--ff-only", role)


def picked(repo: Repository) -> None:
    for role in ROLES:
        repo.git("cherry-pick", role)


WAYS = {"merge commits": merged, "an octopus": octopus, "squashes": squashed, "rebases": rebased,
        "cherry-picks": picked}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_input_94_people_on_branches_of_their_own_come_together_with_one_verdict(repo: Repository, way: str) -> None:
    on_branches(repo)
    before = repo.head()
    WAYS[way](repo)
    root = root_of(repo)
    told = verify(repo, root).out
    assert "IN FORCE: version 1" in told
    assert "signed by all" in told
    assert verify(repo, root, "--base", before).out == told
    clone = Repository(repo.top.parent / "clone")
    git(clone.top, "pull", "--quiet", str(repo.top), "main")
    assert verify(clone, root).out == told


@pytest.mark.parametrize("way", ["merge", "squash", "rebase", "cherry-pick"])
def test_input_94_a_signed_branch_with_its_text_says_the_same_wherever_git_carries_it(
    repo: Repository, way: str
) -> None:
    root = agree(repo)
    base = repo.head()
    repo.git("switch", "--quiet", "--create", "second")
    second_version(repo)
    run(repo, "propose")
    for role in ROLES:
        sign(repo, role)
    repo.commit("Second version")
    there = verify(repo, root).out
    repo.git("switch", "--quiet", "main")
    (repo.top / "elsewhere.txt").write_text("work of others\n")
    repo.commit("Something else")
    if way == "rebase":
        repo.git("rebase", "--quiet", "main", "second")
    elif way == "merge":
        repo.git("merge", "--quiet", "--no-ff", "--message", "Merge", "second")
    elif way == "squash":
        repo.git("merge", "--quiet", "--squash", "second")
        repo.git("commit", "--quiet", "--message", "Squashed")
    else:
        repo.git("cherry-pick", "second")
    assert verify(repo, root).out == there
    assert verify(repo, root, "--base", base).out == there


@pytest.mark.parametrize("attributes", [False, True], ids=["without attributes", "with attributes"])
@pytest.mark.parametrize("setting", ["true", "input", "false"])
def test_input_66_a_checkout_with_line_ends_of_windows_holds(repo: Repository, setting: str, attributes: bool) -> None:
    if attributes:
        (repo.top / ".gitattributes").write_text("contracts/signatures/** -text merge=binary\n")
    root = agree(repo)
    told = verify(repo, root).out
    clone = Repository(repo.top.parent / "clone")
    clone.git("config", "core.autocrlf", setting)
    git(clone.top, "pull", "--quiet", str(repo.top), "main")
    texts = held(clone)
    is_turned = setting == "true" and not attributes
    assert any(b"\r\n" in text for text in texts.values()) == is_turned
    assert verify(clone, root).out == told
    assert verify(clone, root, "--base", "HEAD").out == told
    second_version(clone)
    run(clone, "propose")
    sign(clone, "ceo")


def test_a_folder_that_was_moved_in_history_holds(repo: Repository) -> None:
    root = agree(repo)
    told = verify(repo, root).out
    repo.git("mv", "contracts", "agreement")
    repo.commit("Moved")
    assert verify(repo, root, "--contract", "agreement").out == told
