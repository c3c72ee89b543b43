"""Bad inputs 85 to 95 and 100 to 102 through the commands that read history: `verify --base`, `check` and `log`.

How history itself is read is tested next to it; here each input meets a contract that was signed.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import test_signing
from commands import Ran, slacli
from repositories import GIT, Repository, program
from test_history import beset, cloned, sprung, trap  # noqa: F401

from slacli.cli import signing as commands_of_signing

DAY = ("--as-of", "2026-12-20")
pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None or os.name != "posix", reason="OpenSSH is not installed, or this is no POSIX"
)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A repository whose version 1 everybody has signed, made once: each test has a copy. And its trust root."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIT_", "SSH_", "SLACLI_"))]:
            patch.delenv(name)
        patch.setattr(commands_of_signing, "_now", lambda: test_signing.NOON)
        made = test_signing.repository(tmp_path_factory.mktemp("signed"))
        yield made.top, test_signing.agree(made)


class World:
    def __init__(self, repo: Repository, root: str) -> None:
        self.repo = repo
        self.root = root

    def run(self, *arguments: str, code: int | None = None, **env: str) -> Ran:
        ran = slacli(*arguments, *DAY, folder=self.repo.top, env={"SLACLI_TRUST_ROOT": self.root, **env})
        assert code is None or ran.code == code, ran.text
        return ran

    def verify(self, *more: str, base: str = "main", code: int = 0, **env: str) -> str:
        return " ".join(self.run("verify", "--base", base, *more, code=code, **env).text.split())

    def check(self, *more: str, code: int = 0) -> str:
        """Check what needs no export: deliverables and reviews. It fails on those that are missing."""
        return self.run("check", *more, "--fail-on", "error", "--judge", "2026-11", code=code).text

    def witness(self) -> str:
        told = json.loads(self.run("status", "--format", "json").out)
        return str(told["versions"][-1]["digest"])


@pytest.fixture
def world(signed: tuple[Path, str], tmp_path: Path) -> World:
    place, root = signed
    shutil.copytree(place.parent, tmp_path, symlinks=True, dirs_exist_ok=True)
    repo = Repository.__new__(Repository)
    repo.top, repo.contracts = tmp_path / "repo", tmp_path / "repo" / "contracts"
    return World(repo, root)


def changed(world: World) -> None:
    """Let the text on disk say something that nobody signed, so that the signed one must come out of history."""
    test_signing.second_version(world.repo)


# --- 85, 86: what is not there, and what is not committed --------------------------------------


def test_85_a_shallow_clone_without_the_base_cannot_be_verified_and_says_how_to_fetch(
    world: World, tmp_path: Path
) -> None:
    first = world.repo.git("rev-parse", "HEAD~1")
    clone = World(cloned(world.repo, tmp_path / "clone", "--depth", "1"), world.root)
    assert "git fetch" in clone.verify(base=first, code=2)
    assert "history ends here: this clone is shallow" in " ".join(clone.run("log", code=0).out.split())


def test_85_a_signed_text_that_a_shallow_clone_lacks_judges_nothing(world: World, tmp_path: Path) -> None:
    changed(world)
    world.repo.commit("Unsigned")
    clone = World(cloned(world.repo, tmp_path / "clone", "--depth", "1"), world.root)
    told = clone.check(code=2)
    assert "neither on disk nor in the history of this clone" in told
    assert "git fetch --unshallow" in told
    clone.check("--draft")


def test_86_a_dirty_working_tree_changes_nothing_of_what_commits_say(world: World) -> None:
    world.repo.git("branch", "before")
    changed(world)
    (world.repo.contracts / "signatures" / "stray.txt").write_text("x")
    assert "IN FORCE: version 1" in world.verify(base="before")
    (world.repo.contracts / "signatures" / "stray.txt").unlink()
    assert "version 1, in force since" in " ".join(world.check().split())


# --- 87 to 91: what a repository holds and is asked for ------------------------------------------


def test_87_replaced_commits_are_not_followed(world: World) -> None:
    world.repo.git("branch", "before")
    changed(world)
    bad = world.repo.commit("Unsigned")
    world.repo.git("reset", "--quiet", "--hard", "before")
    world.repo.git("replace", world.repo.head(), bad)
    assert "IN FORCE: version 1" in world.verify(base="before")
    assert bad[:12] not in world.run("log", code=0).out


@pytest.mark.parametrize(
    ("mode", "says"), [("120000", "is a link"), ("160000", "is a submodule"), ("100755", "program")]
)
def test_88_what_is_no_plain_file_in_head_cannot_be_verified(world: World, mode: str, says: str) -> None:
    world.repo.git("branch", "before")
    name = "contracts/holidays.yaml"
    held = world.repo.head() if mode == "160000" else world.repo.git("rev-parse", f"HEAD:{name}")
    world.repo.git("update-index", "--cacheinfo", f"{mode},{held},{name}")
    world.repo.git("commit", "--quiet", "--message", "Odd")
    assert says in world.verify(base="before", code=2)
    assert says in " ".join(world.run("log", code=0).out.split())


def test_89_twins_in_head_cannot_be_verified(world: World) -> None:
    world.repo.git("branch", "before")
    held = world.repo.git("rev-parse", "HEAD:contracts/holidays.yaml")
    world.repo.git("update-index", "--add", "--cacheinfo", f"100644,{held},contracts/Holidays.yaml")
    world.repo.git("commit", "--quiet", "--message", "Twins")
    assert "are one file on many systems" in world.verify(base="before", code=2)


def test_90_no_command_runs_what_a_repository_names(world: World, trap: Path, sprung: Path) -> None:  # noqa: F811
    world.repo.git("branch", "before")
    changed(world)
    beset(world.repo, trap)
    world.verify(base="before")
    world.check()
    world.run("log", code=0)
    world.run("status", code=0)
    world.run("show", code=0)
    assert not sprung.exists()
    world.repo.git("status", check=False)
    assert sprung.exists()


@pytest.mark.parametrize("base", ["--output=x", "-x", "@{-1}", "x" * 10_240, "", "HEAD..main", "HEAD^{tree}"])
def test_91_what_is_no_name_of_a_commit_is_no_base(world: World, base: str) -> None:
    before = {path.name for path in world.repo.top.iterdir()}
    told = world.run("verify", f"--base={base}", code=2)
    assert "names no commit" in told.err
    assert len(told.err) < 500
    assert "names no commit" in world.run("check", f"--at={base}", code=2).err
    assert {path.name for path in world.repo.top.iterdir()} == before


# --- 92, 93: where it is read --------------------------------------------------------------------


def test_92_a_detached_head_and_a_linked_working_tree_are_verified_as_a_branch_is(world: World, tmp_path: Path) -> None:
    world.repo.git("checkout", "--quiet", "--detach")
    assert "IN FORCE: version 1" in world.verify()
    world.repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    linked = Repository.__new__(Repository)
    linked.top, linked.contracts = tmp_path / "linked", tmp_path / "linked" / "contracts"
    assert "IN FORCE: version 1" in World(linked, world.root).verify()
    assert "version 1, in force since" in " ".join(World(linked, world.root).check().split())


def test_92_without_history_the_folder_is_verified_and_a_base_cannot_be(world: World) -> None:
    shutil.rmtree(world.repo.top / ".git")
    assert "IN FORCE: version 1" in world.run("verify", code=0).out
    assert "version 1, in force since" in " ".join(world.check().split())
    assert "repository" in world.verify(code=2)
    assert "repository" in world.run("log", code=2).err


def test_92_a_branch_without_a_commit_has_no_head_to_verify(world: World) -> None:
    world.repo.git("checkout", "--quiet", "--orphan", "empty")
    assert world.verify(base="main", code=2).startswith("could not run:")


def test_93_git_s_advice_about_another_owner_is_passed_on(world: World, tmp_path: Path) -> None:
    # Git has this switch for tests of its own. It stands in a program before Git, for slacli hands on no such variable.
    asks = program(tmp_path / "bin" / "git", f'GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {shlex.quote(GIT)} "$@"')
    path = f"{asks.parent}{os.pathsep}{os.environ['PATH']}"
    for command in (("verify", "--base", "main"), ("log",), ("check", "--at", "1")):
        told = world.run(*command, code=2, PATH=path).err
        assert "it belongs to another user" in told
        assert "safe.directory" in told


# --- 94, 95: how history came to be -----------------------------------------------------------


def test_94_a_merge_an_octopus_and_a_rebase_give_the_same_verdict(world: World) -> None:
    repo = world.repo
    repo.git("branch", "before")
    for name in ("one", "two"):
        repo.git("checkout", "--quiet", "-b", name, "before")
        (repo.top / f"{name}.txt").write_text(name)
        repo.commit(name)
    repo.git("checkout", "--quiet", "-b", "merged", "before")
    repo.git("merge", "--quiet", "--no-ff", "--message", "Octopus", "one", "two")
    octopus = world.verify(base="before")
    repo.git("checkout", "--quiet", "one")
    repo.git("rebase", "--quiet", "two")
    assert world.verify(base="before") == octopus
    repo.git("checkout", "--quiet", "-b", "squashed", "before")
    repo.git("merge", "--quiet", "--squash", "one")
    repo.commit("Squashed")
    assert world.verify(base="before") == octopus
    assert "IN FORCE: version 1" in octopus


def test_95_a_base_that_was_pushed_away_by_force_is_found_by_what_was_remembered(world: World) -> None:
    repo = world.repo
    test_signing.second_version(repo)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands_of_signing, "_now", lambda: test_signing.NOON)
        test_signing.run(repo, "propose")
        for role in ("vp_sales", "vp_marketing", "ceo"):
            test_signing.sign(repo, role)
    repo.commit("Version 2")
    remembered = world.witness()
    assert remembered in world.run("status").out
    assert "IN FORCE: version 2" in world.verify(SLACLI_WITNESS=f"{remembered},{world.root}")
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    assert "IN FORCE: version 1" in world.verify()
    told = world.verify(code=1, SLACLI_WITNESS=remembered)
    assert "remembered-is-gone" in told
    assert f"the base holds no version and no roster with the digest `{remembered}`" in told
    assert f"HEAD holds no version and no roster with the digest `{remembered}`" in told
    assert "the folder on disk holds no" in world.run("verify", "--witness", remembered, code=1).out.replace("\n", " ")
    assert "is no digest of a version" in world.run("verify", "--witness", "4", code=2).err


# --- 100 to 102: the clock, the surroundings, and the pipe ---------------------------------------


@pytest.mark.parametrize(
    ("day", "says"), [("1970-01-01", "begins on 2026-11-20"), ("2100-01-01", "ended on 2027-10-31")]
)
def test_100_a_clock_that_is_wrong_is_named(world: World, day: str, says: str) -> None:
    for command in (("verify",), ("verify", "--base", "main")):
        ran = slacli(*command, "--as-of", day, folder=world.repo.top, env={"SLACLI_TRUST_ROOT": world.root})
        told = " ".join(ran.text.split())
        assert ran.code == 1
        assert f"nothing is in force on {day}: version 1 {says}" in told
        assert "the clock of this machine" in told


@pytest.mark.parametrize("command", ["verify", "check", "log"])
def test_101_surroundings_that_a_stranger_set_change_nothing(
    world: World,
    tmp_path: Path,
    command: str,
    trap: Path,  # noqa: F811
    sprung: Path,  # noqa: F811
) -> None:
    elsewhere = Repository(tmp_path / "elsewhere")
    elsewhere.written(9)
    arguments = {"verify": ("verify", "--base", "main"), "check": ("check", "--judge", "2026-11"), "log": ("log",)}
    if command == "check":
        changed(world)
    plain = world.run(*arguments[command])
    beset_by: dict[str, Any] = {
        "GIT_DIR": str(elsewhere.top / ".git"), "GIT_WORK_TREE": str(elsewhere.top), "GIT_INDEX_FILE": "/nowhere",
        "GIT_OBJECT_DIRECTORY": str(elsewhere.top), "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": str(trap), "GIT_EXTERNAL_DIFF": str(trap), "GIT_EXEC_PATH": str(tmp_path),
        "GIT_REPLACE_REF_BASE": "refs/heads", "GIT_CEILING_DIRECTORIES": "/", "GIT_TRACE": str(tmp_path / "trace"),
    }  # fmt: skip
    assert world.run(*arguments[command], **beset_by) == plain
    assert not sprung.exists()


@pytest.mark.parametrize("command", [("verify", "--base", "main"), ("log", "--format", "json"), ("status",)])
def test_102_a_reader_that_has_seen_enough_ends_it_quietly(world: World, command: tuple[str, ...]) -> None:
    shown = [sys.executable, "-m", "slacli", *command, *DAY]
    env = os.environ | {"SLACLI_TRUST_ROOT": world.root}
    with subprocess.Popen(shown, cwd=world.repo.top, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as run:
        assert run.stdout is not None
        run.stdout.close()
        said = run.stderr.read() if run.stderr is not None else b""
    assert run.returncode == 0
    assert said == b""
