"""Contracts out of Git: what a revision means, what is refused, and that nothing of a repository is run or believed."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from repositories import COVER, GIT, Repository, files_below, git, program, surroundings, two_with_one_beginning

from slacli.adapters import folder, history
from slacli.core import wording
from slacli.core.text import files
from slacli.errors import CannotRun

posix = pytest.mark.skipif(os.name == "nt", reason="the traps are programs for a shell")


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the machine and its user have set out of the tests."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """Give a repository with two versions of a contract."""
    made = Repository(tmp_path / "repo")
    made.written(1, "First version", goals="goals: {}\n")
    made.written(2, "Second version")
    return made


def refusal(repository: Repository, revision: str, place: Path | None = None) -> CannotRun:
    with pytest.raises(CannotRun) as stop:
        history.snapshot(place or repository.contracts, revision, folder.read)
    assert stop.value.help
    assert stop.value.what[0] in "`G" or stop.value.what[0].islower()
    return stop.value


def mended(repository: Repository, stop: CannotRun) -> None:
    """Do what the help of a refusal says, as its reader would."""
    command = stop.help.split("`")[1]
    done = subprocess.run(
        ["sh", "-c", command], cwd=repository.top, env=surroundings(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def version_of(taken: history.Snapshot) -> int:
    return int(taken.texts["contract.yaml"].split()[-1])


# --- what is read -----------------------------------------------------------------------------


def test_a_snapshot_of_a_clean_commit_is_what_the_folder_holds(repo):
    (repo.contracts / "bindings").mkdir()
    (repo.contracts / "bindings" / "crm_ü.yaml").write_bytes(b"bytes \xff and \r\n stay\n")
    for left in ("README.md", ".gitkeep", "goals.yaml~", ".goals.swp", "bindings/.DS_Store"):
        (repo.contracts / left).write_text("left behind")
    (repo.top / "outside.yaml").write_text("not of the contract")
    commit = repo.commit()
    taken = history.snapshot(repo.contracts, "HEAD")
    assert taken.texts == folder.read(repo.contracts)
    assert list(taken.texts) == ["bindings/crm_ü.yaml", "contract.yaml", "goals.yaml"]
    assert taken.commit == commit
    assert taken.folder == str(repo.contracts)


def test_a_snapshot_cannot_be_changed(repo):
    taken = history.snapshot(repo.contracts, "HEAD")
    with pytest.raises(TypeError):
        taken.texts["contract.yaml"] = b""


@pytest.mark.parametrize(
    ("revision", "title", "version"),
    [
        ("main", "main ({0})", 2),
        ("@", "@ ({0})", 2),
        ("HEAD", "HEAD ({0})", 2),
        ("HEAD~1", "HEAD~1 ({1})", 1),
        ("HEAD^", "HEAD^ ({1})", 1),
        ("HEAD^{commit}~", "HEAD^{{commit}}~ ({1})", 1),
        ("refs/heads/main", "refs/heads/main ({0})", 2),
        ("v1", "v1 ({1})", 1),
        ("signed", "signed ({1})", 1),
        ("grüße/größe", "grüße/größe ({1})", 1),
        ("1", "version 1 ({1})", 1),
        ("2", "version 2 ({0})", 2),
    ],
)
def test_a_revision_is_a_branch_a_tag_steps_back_or_a_version(repo, revision, title, version):
    repo.git("tag", "v1", "HEAD~1")
    repo.git("tag", "--annotate", "--message", "Signed by all", "signed", "HEAD~1")
    repo.git("branch", "grüße/größe", "HEAD~1")
    taken = history.snapshot(repo.contracts, revision, folder.read)
    both = repo.git("rev-parse", "HEAD")[:7], repo.git("rev-parse", "HEAD~1")[:7]
    assert taken.title == title.format(*both)
    assert version_of(taken) == version


@pytest.mark.parametrize("digits", [4, 7, 12, 40])
def test_a_hash_and_its_beginning_are_shown_as_one_short_hash(repo, digits):
    commit = repo.git("rev-parse", "HEAD~1")
    taken = history.snapshot(repo.contracts, commit[:digits])
    assert (taken.title, taken.commit) == (commit[:7], commit)


def test_a_folder_is_a_revision_with_and_without_git(repo, tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    (old / "contract.yaml").write_text(COVER.format(version=7))
    for place in (repo.contracts, old):
        taken = history.snapshot(place, str(old), folder.read)
        assert (taken.title, taken.commit, version_of(taken), taken.folder) == (str(old), None, 7, str(old))


def test_a_folder_with_a_plain_name_is_one_where_git_knows_no_such_name(repo, monkeypatch):
    other = repo.top / "old"
    other.mkdir()
    (other / "contract.yaml").write_text(COVER.format(version=7))
    monkeypatch.chdir(repo.top)
    assert version_of(history.snapshot(Path("contracts"), "old", folder.read)) == 7
    repo.git("branch", "old", "HEAD~1")
    stop = refusal(repo, "old", Path("contracts"))
    assert stop.what == "`old` is a revision and a folder"
    assert version_of(history.snapshot(Path("contracts"), "./old", folder.read)) == 7
    assert version_of(history.snapshot(Path("contracts"), "refs/heads/old", folder.read)) == 1
    # Without a way to read folders the name can only be the branch.
    assert version_of(history.snapshot(Path("contracts"), "old")) == 1


def test_a_folder_must_hold_a_cover(repo, tmp_path):
    assert refusal(repo, str(tmp_path)).what == f"the folder `{tmp_path}` holds no `contract.yaml`"
    assert refusal(repo, "./nowhere").what == "`./nowhere` is not a folder"


def test_the_working_tree_has_no_commit(repo):
    taken = history.working_tree(repo.contracts, folder.read(repo.contracts))
    assert (taken.title, taken.commit, version_of(taken)) == ("working tree", None, 2)


def test_a_folder_that_moved_is_named_by_its_path_then(repo):
    repo.git("mv", "contracts", "agreement")
    repo.commit("The folder moved")
    stop = refusal(repo, "HEAD~1", repo.top / "agreement")
    assert stop.what.endswith("holds no `agreement/contract.yaml`")
    assert "`'HEAD~1:old/folder'`" in stop.help
    taken = history.snapshot(repo.top / "agreement", "HEAD~1:contracts")
    assert (version_of(taken), taken.folder) == (2, "contracts")
    assert version_of(history.snapshot(repo.top / "agreement", "2:contracts/")) == 2
    for outside in ("HEAD:../x", "HEAD:/etc", "HEAD:a/../../b"):
        assert "no path from the top" in refusal(repo, outside).what


def test_a_folder_that_is_gone_from_disk_is_read_from_commits(repo):
    repo.git("rm", "-r", "--quiet", "contracts")
    assert not repo.contracts.exists()
    assert version_of(history.snapshot(repo.contracts, "HEAD")) == 2


def test_a_contract_may_be_the_top_of_its_repository(tmp_path):
    repo = Repository(tmp_path / "contracts", contract=".")
    repo.written(1)
    repo.commit("Nothing changed", empty=True)
    assert history.snapshot(repo.top, "HEAD").texts == folder.read(repo.top)
    assert list(folder.read(repo.top)) == ["contract.yaml"]
    assert [one.subject for one in history.versions(repo.top)] == ["A change"]


def test_a_linked_contract_folder_is_read_where_it_stands(repo, tmp_path):
    (tmp_path / "link").symlink_to(repo.contracts)
    taken = history.snapshot(tmp_path / "link", "HEAD")
    assert (version_of(taken), taken.folder) == (2, str(tmp_path / "link"))


def test_odd_names_of_folders_are_only_names(tmp_path):
    for name in ("--output=x", "a b'c\"d", "[x]*?", ":(top)", "new\nline", "größe", "-C"):
        repo = Repository(tmp_path / f"r{name}", contract=f"{name}/contracts")
        repo.written(1)
        repo.written(2)
        assert version_of(history.snapshot(repo.contracts, "HEAD~1")) == 1
        assert [one.version for one in history.versions(repo.contracts)] == [2, 1]


# --- bad inputs 85 to 95 ----------------------------------------------------------------------


def cloned(repository: Repository, place: Path, *options: str) -> Repository:
    git(place.parent, "clone", "--quiet", *options, f"file://{repository.top}", str(place))
    clone = Repository.__new__(Repository)
    clone.top, clone.contracts = place, place / "contracts"
    return clone


@pytest.mark.parametrize("revision", ["HEAD~1", "v1", "whole hash", "1"])
def test_85_a_shallow_clone_without_the_base_says_how_to_fetch_more(repo, tmp_path, revision):
    repo.git("tag", "v1", "HEAD~1")
    if revision == "whole hash":
        revision = repo.git("rev-parse", "HEAD~1")
    clone = cloned(repo, tmp_path / "clone", "--depth=1")
    stop = refusal(clone, revision)
    assert "holds only the end of the history" in stop.what
    assert "--unshallow" in stop.help
    mended(clone, stop)
    assert version_of(history.snapshot(clone.contracts, revision)) == 1


def test_85_a_shallow_clone_of_another_branch_says_how_to_fetch_the_default_branch(repo, tmp_path):
    repo.git("switch", "--quiet", "--create", "topic")
    repo.written(3)
    clone = cloned(repo, tmp_path / "clone", "--depth=1", "--branch=topic", "--single-branch")
    clone.git("remote", "set-head", "origin", "--delete", check=False)
    with pytest.raises(CannotRun, match="no default branch") as stop:
        history.base(clone.contracts)
    mended(clone, stop.value)
    assert version_of(history.base(clone.contracts)) == 2


def test_86_a_dirty_working_tree_changes_no_commit(repo):
    (repo.contracts / "contract.yaml").write_text(COVER.format(version=9))
    (repo.contracts / "new.yaml").write_text("not added\n")
    repo.git("add", "contracts/contract.yaml")
    taken = history.snapshot(repo.contracts, "HEAD")
    assert (version_of(taken), "new.yaml" in taken.texts) == (2, False)
    assert taken.title == f"HEAD ({repo.head()[:7]})"


@pytest.mark.parametrize("kind", ["blob", "tree", "commit"])
def test_87_replaced_objects_are_not_followed(repo, kind):
    path = {"blob": "HEAD:contracts/contract.yaml", "tree": "HEAD:contracts", "commit": "HEAD"}[kind]
    forged = {
        "blob": lambda: repo.blob(COVER.format(version=9).encode()),
        "tree": lambda: repo.tree(("100644", b"contract.yaml", repo.blob(COVER.format(version=9).encode()))),
        "commit": lambda: repo.commit_of(("100644", b"forged.yaml", repo.blob(b"x"))),
    }[kind]()
    before = history.snapshot(repo.contracts, "HEAD")
    repo.git("replace", repo.git("rev-parse", path), forged)
    assert repo.git("show", "HEAD:contracts") != repo.git("--no-replace-objects", "show", "HEAD:contracts") or (
        repo.git("show", "HEAD:contracts/contract.yaml") == COVER.format(version=9).strip()
    )
    assert history.snapshot(repo.contracts, "HEAD") == before


def test_87_grafts_add_no_parents(repo):
    parent = repo.git("rev-parse", "HEAD~1")
    stranger = repo.commit_of(("100644", b"goals.yaml", repo.blob(b"x")))
    (repo.top / ".git" / "info" / "grafts").write_text(f"{repo.head()} {stranger}\n")
    assert repo.git("rev-parse", "HEAD~1") == stranger
    assert history.snapshot(repo.contracts, "HEAD~1").commit == parent
    assert [one.commit for one in history.versions(repo.contracts)] == [repo.head(), parent]


@pytest.mark.parametrize(
    ("mode", "says", "helps"),
    [
        ("120000", "is a link", "put the file itself there"),
        ("160000", "is a submodule", "put its files there"),
        ("100755", "is marked as a program", "git update-index --chmod=-x contracts/goals.yaml"),
        ("100664", "has the mode 100664", "commit it anew"),
        ("100600", "has the mode 100600", "commit it anew"),
    ],
)
def test_88_what_is_no_plain_file_is_refused(repo, mode, says, helps):
    child = repo.head() if mode == "160000" else repo.blob(b"goals: {}\n")
    stop = refusal(repo, repo.commit_of((mode, b"goals.yaml", child)))
    assert f"`contracts/goals.yaml` at `{stop.what.split('`')[3]}` {says}" in stop.what
    assert helps in stop.help


def test_88_a_real_link_submodule_and_program_are_refused(repo, tmp_path):
    inner = Repository(tmp_path / "inner")
    inner.written(1)
    (repo.contracts / "goals.yaml").unlink()
    (repo.contracts / "goals.yaml").symlink_to("contract.yaml")
    assert "`contracts/goals.yaml`" in refusal(repo, repo.commit()).what
    (repo.contracts / "goals.yaml").unlink()
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(inner.top), "contracts/bindings")
    assert "`contracts/bindings`" in refusal(repo, repo.commit()).what
    # The contract of the submodule itself has a history of its own.
    taken = history.snapshot(repo.contracts / "bindings" / "contracts", "HEAD")
    assert taken.commit == inner.head()


def test_88_a_link_in_the_place_of_the_folder_is_refused(repo):
    link = repo.tree(("120000", b"contracts", repo.blob(b"elsewhere")))
    stop = refusal(repo, repo.git("commit-tree", link, "-m", "x"))
    assert "`contracts` at" in stop.what
    assert "is a link, not a folder" in stop.what
    file = repo.tree(("100644", b"contracts", repo.blob(b"elsewhere")))
    assert "is a file, not a folder" in refusal(repo, repo.git("commit-tree", file, "-m", "x")).what


@pytest.mark.parametrize(
    "names",
    [
        (b"Handoff.yaml", b"handoff.yaml"),
        ("caf\u00e9.yaml".encode(), "cafe\u0301.yaml".encode()),
        (b"STRASSE.yaml", "stra\u00dfe.yaml".encode()),
        (b"goals.yaml", b"goals.yaml"),
        (b"Contract.yaml",),
    ],
)
def test_89_twins_that_are_one_file_on_many_systems_are_refused(repo, names):
    commit = repo.commit_of(*(("100644", name, repo.blob(name)) for name in names))
    assert "are one file on many systems" in refusal(repo, commit).what


def test_89_twins_among_folders_are_refused(repo):
    inside = repo.tree(("100644", b"crm.yaml", repo.blob(b"x")))
    commit = repo.commit_of(("40000", b"Bindings", inside), ("40000", b"bindings", inside))
    assert "both `Bindings` and `bindings`" in refusal(repo, commit).what


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """Give a program that leaves a file behind whenever anything runs it."""
    return program(tmp_path / "traps" / "trap", f'echo "$0 $*" >> {shlex.quote(str(tmp_path / "sprung"))}; exit 0')


@pytest.fixture
def sprung(tmp_path: Path) -> Path:
    return tmp_path / "sprung"


HOOKS = "post-checkout post-index-change pre-auto-gc reference-transaction fsmonitor-watchman query-watchman".split()
TRAPPED = (
    "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.gitProxy", "core.askPass",
    "core.alternateRefsCommand", "credential.helper", "diff.external", "diff.trap.textconv", "diff.trap.command",
    "filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "merge.trap.driver", "gpg.program",
    "gpg.ssh.program", "sequence.editor", "uploadpack.packObjectsHook", "remote.origin.uploadpack",
    "remote.origin.receivepack", "interactive.diffFilter", "pager.rev-list", "pager.cat-file", "pager.rev-parse",
    "browser.trap.cmd", "difftool.trap.cmd", "man.trap.cmd",
)  # fmt: skip


def beset(repository: Repository, trap: Path) -> None:
    """Set a trap wherever Git lets a repository name a program."""
    for name in TRAPPED:
        repository.git("config", name, str(trap))
    for word in ("rev-parse", "cat-file", "rev-list", "for-each-ref", "symbolic-ref", "config", "remote"):
        repository.git("config", f"alias.{word}", f"!{trap}")
    repository.git("config", "remote.origin.url", f"ext::{trap} %S")
    repository.git("config", "protocol.ext.allow", "always")
    repository.git("config", "log.showSignature", "true")
    hooks = trap.parent / "hooks"
    for name in HOOKS:
        for place in (hooks, repository.top / ".git" / "hooks"):
            program(place / name, f"exec {shlex.quote(str(trap))} {name}")
    repository.git("config", "core.hooksPath", str(hooks))
    more = trap.parent / "more.gitconfig"
    more.write_text(f"[core]\n\tfsmonitor = {trap}\n[include]\n\tpath = {more}.2\n")
    repository.git("config", "include.path", str(more))
    (repository.top / ".git" / "info" / "attributes").write_text("* filter=trap diff=trap merge=trap\n")


def all_that_reads(place: Path) -> None:
    """Walk every road through history, those of failures too."""
    history.base(place)
    history.versions(place)
    history.snapshots(place, [one.commit for one in history.versions(place)])
    for revision in (
        "HEAD",
        "main",
        "HEAD~1",
        "1",
        "2",
        "99",
        "nothing",
        "origin/nothing",
        "ab" * 20,
        "abcd",
        "HEAD~9",
    ):
        try:
            history.snapshot(place, revision, folder.read)
        except CannotRun as stop:
            assert stop.help


@posix
def test_90_nothing_that_a_repository_names_is_run(repo, trap, sprung):
    (repo.top / ".gitattributes").write_text("* filter=trap diff=trap merge=trap\n")
    repo.commit("Attributes")
    beset(repo, trap)
    all_that_reads(repo.contracts)
    assert not sprung.exists()
    # The traps are live: what people use every day springs them.
    repo.git("status", check=False)
    assert sprung.exists()
    for command in (["diff", "HEAD~1", "HEAD"], ["show", "--ext-diff", "HEAD"], ["fetch", "origin"]):
        sprung.unlink()
        repo.git(*command, check=False)
        assert sprung.exists(), command


@posix
def test_90_settings_that_git_cannot_read_stop_it_with_its_reason(repo):
    (repo.top / ".git" / "config").write_text("[core\n")
    assert "bad config line 1" in refusal(repo, "HEAD").what


@posix
def test_90_a_program_called_git_in_the_folder_is_not_git(repo, trap, sprung, monkeypatch):
    program(repo.top / "git", f"exec {shlex.quote(str(trap))}")
    monkeypatch.chdir(repo.top)
    monkeypatch.setenv("PATH", os.pathsep.join((".", "", "contracts/..", os.environ["PATH"])))
    assert version_of(history.snapshot(Path("contracts"), "HEAD")) == 2
    assert not sprung.exists()
    monkeypatch.setenv("PATH", ".")
    assert refusal(repo, "HEAD", Path("contracts")).what == "Git is not installed, or not on the PATH"


REFUSED = (
    "--output=x", "-x", "-", "--", "", " ", "@{-1}", "@{u}", "main@{upstream}", "main@{1}", "main@{yesterday}",
    "HEAD@{0}", ":/text", "HEAD^{/text}", ":0:contracts", ":contracts", "HEAD^{tree}", "HEAD^!", "HEAD^@", "HEAD^-",
    "HEAD..main", "HEAD...main", "..", "^HEAD", "main main", "main\n", "ma\x00in", "ma\x1b[2Jin", "ma\x7fin", "a*",
    "ma[i]n", "ma?n", "ma\\in", "ma\ud800in", ":", "--output=x:contracts", "@{u}:contracts", "a b:contracts",
    "x" * 10_240, "HEAD" + "~" * 500, "HEAD~99999999999999999999", "~1", "$(id)\t",
)  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_91_what_is_no_name_of_a_commit_is_refused_before_git_sees_it(repo, text, monkeypatch):
    repo.git("switch", "--quiet", "--create", "topic")
    repo.git("branch", "--set-upstream-to=main")
    monkeypatch.chdir(repo.top)
    before = files_below(repo.top)
    with pytest.raises(CannotRun) as stop:
        history.snapshot(Path("contracts"), text)
    assert "names no commit" in stop.value.what
    assert stop.value.help.startswith("name ")
    assert len(stop.value.what) < 100
    assert stop.value.what.isprintable()
    assert files_below(repo.top) == before


def test_92_a_detached_head_is_read_and_has_its_default_branch(repo):
    repo.git("checkout", "--quiet", "--detach", "HEAD~1")
    assert version_of(history.snapshot(repo.contracts, "HEAD")) == 1
    assert version_of(history.base(repo.contracts)) == 2
    assert [one.version for one in history.versions(repo.contracts)] == [1]


def test_92_a_repository_without_a_commit_says_so(tmp_path):
    repo = Repository(tmp_path / "repo")
    repo.write(1)
    for ask in (history.base, history.versions, lambda at: history.snapshot(at, "HEAD"),
                lambda at: history.snapshot(at, "main"), lambda at: history.snapshot(at, "1")):  # fmt: skip
        with pytest.raises(CannotRun, match="has no commit yet") as stop:
            ask(repo.contracts)
        assert "`git add " in stop.value.help


def test_92_a_branch_without_a_commit_says_so(repo):
    repo.git("switch", "--quiet", "--orphan", "new")
    assert refusal(repo, "HEAD").what == "the branch that is checked out has no commit yet"
    assert version_of(history.snapshot(repo.contracts, "main")) == 2


@pytest.mark.parametrize("place", ["", "hooks"])
def test_92_a_bare_repository_says_what_to_do(repo, tmp_path, place):
    git(tmp_path, "clone", "--quiet", "--bare", str(repo.top), "bare.git")
    stop = refusal(repo, "HEAD", tmp_path / "bare.git" / place)
    assert "lies in a bare repository, which has no working tree" in stop.what
    assert "git worktree add" in stop.help


def test_92_a_working_tree_of_a_bare_repository_is_read(repo, tmp_path):
    git(tmp_path, "clone", "--quiet", "--bare", str(repo.top), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "--quiet", str(tmp_path / "tree"), "main~1")
    assert version_of(history.snapshot(tmp_path / "tree" / "contracts", "HEAD")) == 1
    assert version_of(history.base(tmp_path / "tree" / "contracts")) == 2


def test_92_a_folder_that_only_looks_like_a_repository_is_none(repo, trap, sprung):
    git(repo.top, "init", "--quiet", "--bare", "contracts")
    git(repo.contracts, "config", "core.fsmonitor", str(trap))
    assert "bare repository" in refusal(repo, "HEAD").what
    assert not sprung.exists()


def test_92_a_linked_working_tree_has_a_head_of_its_own(repo, tmp_path):
    repo.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "HEAD~1")
    there = tmp_path / "tree" / "contracts"
    assert version_of(history.snapshot(there, "HEAD")) == 1
    assert version_of(history.snapshot(there, "main")) == 2
    assert version_of(history.base(there)) == 2


def test_92_a_repository_with_longer_hashes_is_read(tmp_path):
    repo = Repository(tmp_path / "repo", "--object-format=sha256")
    first = repo.written(1)
    repo.written(2)
    assert len(first) == 64
    assert version_of(history.snapshot(repo.contracts, first)) == 1
    assert version_of(history.snapshot(repo.contracts, first[:9])) == 1
    assert [one.version for one in history.versions(repo.contracts)] == [2, 1]
    assert "is not in this repository" in refusal(repo, "ab" * 32).what


def test_92_no_repository_says_so(tmp_path, monkeypatch):
    place = tmp_path / "contracts"
    place.mkdir()
    with pytest.raises(CannotRun, match="lies in no Git repository") as stop:
        history.snapshot(place, "HEAD")
    assert "`git init`" in stop.value.help
    monkeypatch.setenv("GIT_DIR", "/somewhere")
    with pytest.raises(CannotRun, match="and `GIT_DIR` is not followed"):
        history.base(place)


@posix
def test_93_git_s_advice_about_another_owner_is_passed_on(repo, tmp_path, monkeypatch):
    # Git has this switch for tests of its own. It stands in a program before Git, for slacli hands on no such variable.
    asks = program(tmp_path / "bin" / "git", f'GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {shlex.quote(GIT)} "$@"')
    monkeypatch.setenv("PATH", f"{asks.parent}{os.pathsep}{os.environ['PATH']}")
    stop = refusal(repo, "HEAD")
    assert "it belongs to another user" in stop.what
    assert f"`git config --global --add safe.directory {repo.top}`" in stop.help
    # What the repository says of itself is no answer.
    repo.git("config", "safe.directory", "*")
    assert "it belongs to another user" in refusal(repo, "HEAD").what
    command = stop.help.split("`")[1]
    subprocess.run(["sh", "-c", command], cwd=repo.top, check=True)
    assert version_of(history.snapshot(repo.contracts, "HEAD")) == 2


def test_94_merged_octopus_and_rebased_history_give_the_same_texts(repo):
    repo.git("switch", "--quiet", "--create", "topic", "HEAD~1")
    repo.written(1, "Goals on the topic", goals="goals: {one: 1}\n")
    for name in ("left", "right"):
        repo.git("switch", "--quiet", "--create", name, "main")
        repo.write(2, **{name: "x: 1\n"})
        repo.commit(name)
    repo.git("switch", "--quiet", "--create", "merged", "main")
    repo.git("merge", "--quiet", "--no-ff", "-m", "Merged", "topic")
    repo.git("switch", "--quiet", "topic")
    repo.git("rebase", "--quiet", "main")
    merged, rebased = (history.snapshot(repo.contracts, name) for name in ("merged", "topic"))
    assert merged.texts == rebased.texts
    assert merged.commit != rebased.commit
    repo.git("switch", "--quiet", "--create", "octopus", "main")
    repo.git("merge", "--quiet", "--no-ff", "-m", "Octopus", "left", "right", "merged")
    assert set(history.snapshot(repo.contracts, "octopus").texts) == {*merged.texts, "left.yaml", "right.yaml"}
    line = history.versions(repo.contracts)
    assert [one.subject for one in line] == ["Octopus", "Second version", "First version"]


def test_95_a_commit_that_was_pushed_away_by_force_is_missed_by_its_hash(repo, tmp_path):
    remembered = repo.head()
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.written(2, "Another second version", goals="goals: {two: 2}\n")
    clone = cloned(repo, tmp_path / "clone")
    stop = refusal(clone, remembered)
    assert stop.what == f"the commit `{remembered}` is not in this repository"
    assert f"git fetch origin {remembered}" in stop.help
    # Where it still is, the hash is the old text whatever became of the branch.
    assert history.snapshot(repo.contracts, remembered).texts != history.snapshot(repo.contracts, "main").texts


# --- what is not believed ---------------------------------------------------------------------


@posix
def test_101_variables_of_git_are_not_handed_on(repo, tmp_path, trap, sprung, monkeypatch):
    other = Repository(tmp_path / "other")
    other.written(9)
    other.written(10)
    before = [history.snapshot(repo.contracts, "HEAD"), history.snapshot(repo.contracts, "HEAD~1")]
    program(tmp_path / "bin" / "git-rev-parse", f"exec {shlex.quote(str(trap))}")
    strange = {
        "GIT_DIR": other.top / ".git", "GIT_WORK_TREE": other.top, "GIT_COMMON_DIR": other.top / ".git",
        "GIT_INDEX_FILE": other.top / "index", "GIT_OBJECT_DIRECTORY": other.top / ".git" / "objects",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": other.top / ".git" / "objects", "GIT_NAMESPACE": "other",
        "GIT_CEILING_DIRECTORIES": repo.top, "GIT_EXEC_PATH": tmp_path / "bin", "GIT_EXTERNAL_DIFF": trap,
        "GIT_PAGER": trap, "GIT_EDITOR": trap, "GIT_ASKPASS": trap, "GIT_SSH_COMMAND": trap, "GIT_PROXY_COMMAND": trap,
        "GIT_TRACE": tmp_path / "trace", "GIT_TRACE2": tmp_path / "trace", "GIT_SHALLOW_FILE": tmp_path / "home",
        "GIT_GRAFT_FILE": tmp_path / "home", "GIT_REPLACE_REF_BASE": "refs/heads/", "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "core.worktree", "GIT_CONFIG_VALUE_0": other.top, "GIT_CONFIG_KEY_1": "alias.rev-parse",
        "GIT_CONFIG_VALUE_1": f"!{trap}", "GIT_CONFIG_PARAMETERS": f"'core.worktree'='{other.top}'",
        "GIT_CONFIG_GLOBAL": trap, "GIT_CONFIG_SYSTEM": trap, "GIT_CONFIG": trap, "GIT_DEFAULT_HASH": "sha256",
        "GIT_LITERAL_PATHSPECS": "0", "GIT_NO_REPLACE_OBJECTS": "0", "GIT_OPTIONAL_LOCKS": "1",
        "GIT_ALLOW_PROTOCOL": "ext", "GIT_NO_LAZY_FETCH": "0", "LANGUAGE": "de", "LC_ALL": "de_DE.UTF-8",
    }  # fmt: skip
    for name, value in strange.items():
        monkeypatch.setenv(name, str(value))
    after = [history.snapshot(repo.contracts, "HEAD"), history.snapshot(repo.contracts, "HEAD~1")]
    assert after == before
    all_that_reads(repo.contracts)
    assert not sprung.exists()
    assert not (tmp_path / "trace").exists()


def test_reading_writes_nothing(repo):
    os.utime(repo.contracts / "contract.yaml", (1, 1))
    before = files_below(repo.top)
    stamps = {path: path.stat().st_mtime_ns for path in repo.top.rglob("*")}
    all_that_reads(repo.contracts)
    assert files_below(repo.top) == before
    assert {path: path.stat().st_mtime_ns for path in repo.top.rglob("*")} == stamps


def test_a_working_tree_that_the_repository_names_elsewhere_is_not_believed(repo, tmp_path):
    for elsewhere in (tmp_path, tmp_path / "home", Path("/")):
        repo.git("config", "core.worktree", str(elsewhere))
        stop = refusal(repo, "HEAD")
        assert "does not lie in the working tree that its repository names" in stop.what
        assert "git config --unset core.worktree" in stop.help
        git(repo.top / ".git", "config", "--unset", "core.worktree")


def test_a_commit_graph_that_lies_is_not_asked(repo):
    repo.git("commit-graph", "write", "--reachable")
    graph = repo.top / ".git" / "objects" / "info" / "commit-graph"
    old, new = (bytes.fromhex(repo.git("rev-parse", f"{name}^{{tree}}")) for name in ("HEAD~1", "HEAD"))
    raw = graph.read_bytes()
    assert new in raw
    graph.chmod(0o644)
    graph.write_bytes(raw.replace(new, old))
    assert version_of(history.snapshot(repo.contracts, "HEAD")) == 2
    assert [one.version for one in history.versions(repo.contracts)] == [2, 1]


def test_an_object_that_is_not_what_its_hash_says_is_refused(repo):
    import zlib

    blob = repo.git("rev-parse", "HEAD:contracts/contract.yaml")
    text = COVER.format(version=9).encode()
    stored = repo.top / ".git" / "objects" / blob[:2] / blob[2:]
    stored.chmod(0o644)
    stored.write_bytes(zlib.compress(b"blob %d\0%s" % (len(text), text)))
    stop = refusal(repo, "HEAD")
    assert "damaged" in stop.what
    assert "`git fsck`" in stop.help
    stored.unlink()
    assert "lacks an object" in refusal(repo, "HEAD").what


def test_a_tree_in_the_place_of_a_file_is_refused(repo):
    tree = repo.tree(("100644", b"x.yaml", repo.blob(b"x")))
    commit = repo.commit_of(("40000", b"bindings", tree), ("100644", b"goals.yaml", tree))
    assert "damaged" in refusal(repo, commit).what
    cut = repo.store("tree", b"100644 goals.yaml\0short")
    assert "damaged" in refusal(repo, repo.commit_of(("40000", b"bindings", cut))).what


@pytest.mark.parametrize("name", [b"..", b".", b"", b"a/b.yaml", b"\xff.yaml", b"bindings/crm.yaml"])
def test_an_entry_whose_name_is_none_is_refused(repo, name):
    commit = repo.commit_of(("100644", name, repo.blob(b"x")))
    stop = refusal(repo, commit)
    assert "is no name of a file" in stop.what
    assert stop.what.isprintable()


@posix
def test_a_pipe_in_the_place_of_settings_ends_in_a_refusal(repo, tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    repo.git("config", "include.path", str(tmp_path / "pipe"))
    monkeypatch.setattr("slacli.adapters.history.git._PATIENCE_S", 1)
    assert refusal(repo, "HEAD").what == "Git gave no answer within 1 seconds"


@posix
def test_a_pipe_in_the_place_of_an_object_ends_in_a_refusal(repo, monkeypatch):
    blob = repo.git("rev-parse", "HEAD:contracts/contract.yaml")
    stored = repo.top / ".git" / "objects" / blob[:2] / blob[2:]
    stored.unlink()
    os.mkfifo(stored)
    monkeypatch.setattr("slacli.adapters.history.git._PATIENCE_S", 1)
    assert refusal(repo, "HEAD").what == "Git gave no answer within 1 seconds"


@posix
def test_a_git_that_does_not_answer_ends_a_line_and_is_not_asked_for_each_commit(repo, monkeypatch):
    line = [one.commit for one in history.versions(repo.contracts)]
    blob = repo.git("rev-parse", "HEAD:contracts/contract.yaml")
    stored = repo.top / ".git" / "objects" / blob[:2] / blob[2:]
    stored.unlink()
    os.mkfifo(stored)
    monkeypatch.setattr("slacli.adapters.history.git._PATIENCE_S", 1)
    with pytest.raises(CannotRun, match="no answer"):
        history.snapshots(repo.contracts, line)


# --- what is too much -------------------------------------------------------------------------


def test_a_file_that_is_too_big_is_refused_and_not_read(repo):
    (repo.contracts / "goals.yaml").write_bytes(b"#" * (files.LARGEST + 1))
    commit = repo.commit()
    stop = refusal(repo, commit)
    assert stop.what == (
        f"`contracts/goals.yaml` at `{commit[:7]}` has 16,777,217 bytes, more than the 16,777,216 that are read"
    )
    (repo.contracts / "goals.yaml").write_bytes(b"#" * files.LARGEST)
    assert len(history.snapshot(repo.contracts, repo.commit()).texts["goals.yaml"]) == files.LARGEST


def test_what_is_left_out_may_be_of_any_size_and_kind(repo):
    commit = repo.commit_of(("120000", b"README.md", repo.blob(b"#" * (files.LARGEST + 1))))
    assert list(history.snapshot(repo.contracts, commit).texts) == ["contract.yaml"]


def test_trees_that_hold_one_another_end_in_a_refusal(repo):
    tree = repo.tree(("100644", b"x.yaml", repo.blob(b"x")))
    for _ in range(12):
        tree = repo.tree(*(("40000", b"d%d" % number, tree) for number in range(10)))
    assert "more files or deeper folders" in refusal(repo, repo.commit_of(("40000", b"bindings", tree))).what


def test_folders_that_are_too_deep_end_in_a_refusal(repo):
    tree = repo.tree(("100644", b"x.yaml", repo.blob(b"x")))
    for _ in range(25):
        tree = repo.tree(("40000", b"d", tree))
    assert "deeper folders" in refusal(repo, repo.commit_of(("40000", b"bindings", tree))).what


def test_texts_that_are_too_much_together_end_in_a_refusal(repo):
    big = repo.blob(b"#" * files.LARGEST)
    commit = repo.commit_of(*(("100644", b"g%d.yaml" % number, big) for number in range(5)))
    assert "have more than 67,108,864 bytes" in refusal(repo, commit).what


# --- names that are not known, or mean more than one thing ------------------------------------


def test_an_unknown_name_says_what_is_near(repo):
    repo.git("branch", "release")
    assert refusal(repo, "relaese").help == "did you mean `release`?"
    stop = refusal(repo, "nothing-like-it")
    assert stop.what == f"the repository of `{repo.contracts}` has no branch, tag or commit `nothing-like-it`"
    assert stop.help == "see what there is with `git branch --all` and `git tag`"


def test_a_branch_that_only_the_remote_has_is_proposed(repo, tmp_path):
    repo.git("branch", "release")
    clone = cloned(repo, tmp_path / "clone")
    assert refusal(clone, "release").help == "did you mean `origin/release`?"
    assert version_of(history.snapshot(clone.contracts, "origin/release")) == 2
    assert refusal(clone, "nothing-like-it").help.startswith("fetch it with `git fetch --tags origin ")
    mended(clone, refusal(clone, "nothing-like-it"))


def test_steps_beyond_the_first_commit_say_so(repo):
    stop = refusal(repo, "main~2")
    assert (stop.what, stop.help) == ("`main~2` goes back further than the history", "see it with `git log main`")


def test_the_beginning_of_two_hashes_asks_for_more_of_it(repo):
    one, other = two_with_one_beginning(repo)
    stop = refusal(repo, one[:4])
    assert stop.what == f"`{one[:4]}` begins the hashes of 2 commits"
    assert one[:7] in stop.help
    assert other[:7] in stop.help


def test_what_is_no_commit_is_told_apart_from_what_is_missing(repo):
    for name in ("HEAD:contracts", "HEAD:contracts/contract.yaml"):
        found = repo.git("rev-parse", name)
        assert refusal(repo, found).what == f"`{found}` is in the repository, but is no commit"
    repo.git("tag", "folder", "HEAD:contracts")
    assert refusal(repo, "folder").what == "`folder` is in the repository, but is no commit"
    assert refusal(repo, "ab" * 20).what == f"the commit `{'ab' * 20}` is not in this repository"


def test_a_name_of_a_branch_and_a_tag_is_refused_unless_both_are_one_commit(repo):
    repo.git("tag", "--annotate", "-m", "x", "main")
    assert version_of(history.snapshot(repo.contracts, "main")) == 2
    repo.git("tag", "--force", "main", "HEAD~1")
    for name in ("main", "main~0"):
        stop = refusal(repo, name)
        assert stop.what == "`main` names more than one commit: `refs/heads/main` and `refs/tags/main`"
    assert version_of(history.snapshot(repo.contracts, "refs/heads/main")) == 2
    assert version_of(history.snapshot(repo.contracts, "refs/tags/main")) == 1
    # The default branch is a branch, whatever tags there are.
    assert version_of(history.base(repo.contracts)) == 2


def test_commands_in_help_are_safe_to_paste(repo, tmp_path):
    name = "x;touch${IFS}pasted;`id`'"
    repo.git("branch", name)
    for revision in (f"{name}~7", f"{name}:nowhere"):
        stop = refusal(repo, revision)
        pasted = stop.help.split("`", 1)[1].removesuffix("`")
        words = shlex.split(pasted)
        assert words[-1].startswith(name)


def test_a_commit_without_the_contract_says_so(repo):
    repo.git("rm", "-r", "--quiet", "contracts")
    (repo.top / "other").write_text("x")
    gone = repo.commit("The contract is gone")
    stop = refusal(repo, gone)
    assert stop.what == f"`{gone[:7]}` holds no `contracts/contract.yaml`"
    with pytest.raises(CannotRun, match=r"holds no `contracts/contract\.yaml`"):
        history.base(repo.contracts)
    repo.contracts.mkdir()
    (repo.contracts / "goals.yaml").write_text("goals: {}\n")
    assert "holds no `contracts/contract.yaml`" in refusal(repo, repo.commit()).what


# --- clones that lack objects -----------------------------------------------------------------


@posix
@pytest.mark.parametrize("is_old", [False, True])
def test_a_partial_clone_is_told_and_nothing_is_fetched(repo, tmp_path, trap, sprung, monkeypatch, is_old):
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = cloned(repo, tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    upload = program(tmp_path / "upload", f'{shlex.quote(str(trap))}; exec {shlex.quote(GIT)}-upload-pack "$@"')
    clone.git("config", "remote.origin.uploadpack", str(upload))
    clone.git("config", "protocol.file.allow", "always")
    if is_old:
        # A Git that does not know the variable is held back by the other lock.
        old = program(tmp_path / "bin" / "git", f'unset GIT_NO_LAZY_FETCH; exec {shlex.quote(GIT)} "$@"')
        monkeypatch.setenv("PATH", f"{old.parent}{os.pathsep}{os.environ['PATH']}")
    before = files_below(clone.top)
    stop = refusal(clone, "HEAD")
    assert "this clone is partial" in stop.what
    with pytest.raises(CannotRun, match="this clone is partial"):
        history.base(clone.contracts)
    assert files_below(clone.top) == before
    assert not sprung.exists()
    clone.git("config", "--unset", "remote.origin.uploadpack")
    mended(clone, stop)
    assert version_of(history.snapshot(clone.contracts, "HEAD~1")) == 1


def test_objects_that_a_clone_borrows_are_read(repo, tmp_path):
    clone = cloned(repo, tmp_path / "clone", "--shared")
    assert version_of(history.snapshot(clone.contracts, "HEAD~1")) == 1


def test_packed_objects_and_branches_are_read(repo):
    repo.git("gc", "--quiet")
    assert version_of(history.snapshot(repo.contracts, "main~1")) == 1


# --- the default branch -----------------------------------------------------------------------


def test_the_default_branch_is_what_the_remote_calls_its_own(repo, tmp_path):
    repo.git("branch", "--move", "main", "trunk")
    clone = cloned(repo, tmp_path / "clone")
    clone.git("switch", "--quiet", "--create", "main")
    clone.written(3)
    taken = history.base(clone.contracts)
    assert (taken.title, version_of(taken)) == (f"origin/trunk ({repo.head()[:7]})", 2)


def test_without_a_word_of_the_remote_its_main_comes_before_the_local_one(repo, tmp_path):
    clone = cloned(repo, tmp_path / "clone")
    clone.git("remote", "set-head", "origin", "--delete")
    clone.written(3)
    assert history.base(clone.contracts).title.startswith("origin/main (")
    clone.git("remote", "rename", "origin", "upstream")
    assert history.base(clone.contracts).title.startswith("upstream/main (")
    clone.git("remote", "remove", "upstream")
    taken = history.base(clone.contracts)
    assert (taken.title, version_of(taken)) == (f"main ({clone.head()[:7]})", 3)


def test_the_only_branch_is_the_default_one(repo):
    repo.git("branch", "--move", "main", "agreement")
    assert history.base(repo.contracts).title == f"agreement ({repo.head()[:7]})"


def test_without_a_default_branch_one_must_be_named(repo):
    repo.git("branch", "--move", "main", "one")
    repo.git("branch", "two")
    with pytest.raises(CannotRun, match="no default branch") as stop:
        history.base(repo.contracts)
    assert "slacli diff" in stop.value.help


def test_a_remote_that_points_out_of_itself_is_not_followed(repo, tmp_path):
    clone = cloned(repo, tmp_path / "clone")
    clone.git("branch", "evil", "HEAD~1")
    clone.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/evil")
    assert history.base(clone.contracts).title.startswith("origin/main (")


# --- versions ---------------------------------------------------------------------------------


def test_a_version_is_the_last_commit_that_left_its_number_on_the_cover(repo):
    last = repo.written(2, "A steward's change", goals="goals: {a: 1}\n")
    (repo.top / "other").write_text("x")
    repo.commit("Not of the contract")
    repo.written(3)
    assert history.snapshot(repo.contracts, "2").commit == last
    repo.written(2, "Back to two")
    assert history.snapshot(repo.contracts, "2").commit == repo.head()


def test_a_version_is_looked_for_on_the_first_parent_line_alone(repo):
    repo.git("switch", "--quiet", "--create", "topic")
    repo.written(3, "Three, as a draft")
    repo.written(4, "Four, as a draft")
    repo.git("switch", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-ff", "-m", "Merged", "topic")
    assert history.snapshot(repo.contracts, "4").commit == repo.head()
    stop = refusal(repo, "3")
    assert stop.what == f"no commit of `{repo.contracts}` that HEAD rests on says `version: 3`"
    assert stop.help == "known: 1, 2 and 4"


def test_a_version_and_a_tag_of_that_name_are_one_where_both_hold_the_same_text(repo):
    (repo.top / "other").write_text("x")
    repo.git("tag", "2", repo.commit("Not of the contract"))
    assert history.snapshot(repo.contracts, "2").title.startswith("version 2 (")
    repo.git("tag", "--force", "2", "HEAD~2")
    assert "also a branch or a tag that holds another text" in refusal(repo, "2").what
    repo.git("tag", "12", "HEAD~2")
    assert version_of(history.snapshot(repo.contracts, "12")) == 1


def test_digits_that_begin_a_hash_are_a_hash(repo):
    found = None
    for number in range(2_000):
        commit = repo.git("commit-tree", "HEAD^{tree}", "-m", f"Number {number}")
        if commit[:4].isdecimal() and commit[0] != "0":
            found = commit
            break
    assert found is not None
    assert history.snapshot(repo.contracts, found[:4]).commit == found


def test_a_large_number_that_is_no_hash_is_a_version(repo):
    commit = repo.written(987_654_321)
    assert history.snapshot(repo.contracts, "987654321").commit == commit


@pytest.mark.parametrize(
    "cover",
    ["version: '3'", "version: yes", "version: 3\nversion: 3", "[1]", "", "{", "version: {a: 1}", "version: 3\n\x00"],
)
def test_a_cover_that_cannot_be_read_has_no_number(repo, cover):
    (repo.contracts / "contract.yaml").write_text(cover)
    repo.commit()
    assert [one.version for one in history.versions(repo.contracts)] == [None, 2, 1]
    assert version_of(history.snapshot(repo.contracts, "1")) == 1


def test_each_commit_that_changed_the_folder_is_listed_with_its_words(repo):
    (repo.top / "other").write_text("x")
    repo.commit("Not of the contract")
    repo.git("rm", "-r", "--quiet", "contracts")
    repo.commit("Gone")
    line = history.versions(repo.contracts)
    assert [(one.subject, one.version) for one in line] == [("Gone", None), ("Second version", 2), ("First version", 1)]
    first = line[-1]
    assert first.at is not None
    assert first.at.isoformat() == "2027-03-01T09:00:00+01:00"
    assert first.at.utcoffset() == timedelta(hours=1)
    assert (first.author, first.is_cut, first.short) == ("Ada", False, first.commit[:7])


def test_snapshots_of_a_line_are_the_snapshots_of_its_commits(repo):
    line = [one.commit for one in history.versions(repo.contracts)]
    taken = history.snapshots(repo.contracts, line)
    assert taken == [history.snapshot(repo.contracts, commit) for commit in line]
    first, second = taken
    assert isinstance(first, history.Snapshot)
    assert isinstance(second, history.Snapshot)
    assert first.texts["goals.yaml"] is second.texts["goals.yaml"]


def test_where_a_shallow_clone_ends_the_line_says_so(repo, tmp_path):
    repo.written(3)
    clone = cloned(repo, tmp_path / "clone", "--depth=2")
    assert [(one.version, one.is_cut) for one in history.versions(clone.contracts)] == [(3, False), (2, True)]


@pytest.mark.parametrize(
    ("who", "author", "when"),
    [
        ("Zoë <z@example.com> 1800000000 -0330", "Zoë", "2027-01-15T04:30:00-03:30"),
        ("No day <z@example.com>", "No day", None),
        ("Far <z@example.com> 999999999999 +0000", "Far", None),
        ("Odd <z@example.com> 0 +9999", "Odd", None),
        ("Early <z@example.com> -100 +0000", "Early", "1969-12-31T23:58:20+00:00"),
    ],
)
def test_odd_days_and_names_of_commits_end_no_list(repo, who, author, when):
    tree = repo.git("rev-parse", "HEAD^{tree}")
    raw = f"tree {tree}\nauthor {who}\ncommitter {who}\n\n\n\nSubject\nmore\n".encode()
    repo.git("update-ref", "refs/heads/main", repo.store("commit", raw))
    (found,) = history.versions(repo.contracts)
    assert (found.author, found.subject) == (author, "Subject")
    assert (found.at.isoformat() if found.at else None) == when


def test_words_of_a_commit_in_another_encoding_are_read(repo):
    repo.write(3)
    repo.git("add", "--all")
    repo.git("-c", "i18n.commitEncoding=latin1", "commit", "--quiet", "--file=-", stdin="Größe".encode("latin1"))
    assert history.versions(repo.contracts)[0].subject == "Größe"


# --- whatever is given ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Give a repository that no test changes."""
    made = Repository(tmp_path_factory.mktemp("kept") / "repo")
    made.written(1)
    made.written(2)
    return made


PIECES = st.sampled_from(
    ["HEAD", "main", "1", "2", "@", "~", "^", "{", "}", ":", "/", ".", "-", "--", "contracts", "origin", "refs/heads/",
     "0", "9", "a", "\0", " ", "\n", "\\", "\x1b", "\ud800", "\udcff", "\u202e", "ü", "*", "[", "commit", "tree"]
)  # fmt: skip


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=6).map("".join) | st.text(max_size=20))
def test_any_text_is_a_revision_or_refused(kept, text):
    elsewhere = kept.top.parent / "elsewhere"  # where no text is the path of a contract
    elsewhere.mkdir(exist_ok=True)
    try:
        with chdir(elsewhere):
            taken = history.snapshot(kept.contracts, text, folder.read)
    except CannotRun as stop:
        assert stop.help
        assert wording.sanitised(stop.what, 1_000) == stop.what
    else:
        assert version_of(taken) in {1, 2}


NAMES = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs", "M"], exclude_characters="/"), min_size=1, max_size=8
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map(tuple), st.binary(max_size=200), max_size=6))
@example({("~", "0"): b"", ("README.md", "x"): b""})
def test_whatever_is_committed_is_read_as_it_stands(tmp_path, texts):
    repo = Repository(tmp_path / uuid4().hex)
    repo.write(1)
    for path, content in texts.items():
        place = repo.contracts.joinpath(*path)
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    repo.git("-c", "core.autocrlf=false", "add", "--all", "--force")
    repo.commit()
    try:
        taken = history.snapshot(repo.contracts, "HEAD")
    except CannotRun as stop:
        assert "are one file on many systems" in stop.what
    else:
        assert taken.texts == folder.read(repo.contracts)


# --- the house --------------------------------------------------------------------------------


def test_history_brings_no_library_of_git_along():
    code = "import sys; import slacli.adapters.history; print('git' in sys.modules, 'yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.fixture(scope="module", autouse=True)
def _no_child_stays() -> Iterator[None]:
    """Prove that every process of Git that was begun has ended."""
    yield
    if os.name != "nt":
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
