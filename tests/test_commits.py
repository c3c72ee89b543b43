"""Commits that slacli makes of what was signed: of those files alone, and nothing of the repository runs."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from commands import read_to_its_end, slacli
from repositories import Repository, program, surroundings
from test_nothing_half import PLAIN, ROOT, alone
from test_signing import PEOPLE, _apart, begin, edit, key, pytestmark, repo, root_of, run, sign, verify

from slacli import signing

__all__ = ["_apart", "alone", "pytestmark", "repo"]

CEO = "signatures/approvals/1/ceo--kim.json"


@pytest.fixture(autouse=True)
def _known(repo: Repository, tmp_path: Path, _apart: None) -> None:
    """Somebody commits here, as the settings of the user say."""
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home/.gitconfig").write_text("[user]\n\tname = Kim\n\temail = kim@example.com\n")


def changed(repo: Repository, commit: str = "HEAD") -> list[str]:
    return repo.git("show", "--format=", "--name-status", "--no-renames", commit).splitlines()


def unsign(repo: Repository) -> None:
    for ending in ("", ".sig"):
        (repo.contracts / f"{CEO}{ending}").unlink()


def staged(repo: Repository) -> list[str]:
    return repo.git("diff", "--cached", "--name-status", "--no-renames").splitlines()


# --- what a commit holds ------------------------------------------------------------------------


def test_each_command_commits_what_it_wrote_and_says_so(repo: Repository) -> None:
    for name in PEOPLE.values():
        told = run(repo, "signers", "enrol", name, "--key", key(repo, name), "--commit").out
        assert f"committed {repo.head()[:7]}: Enrol {name}\n" in told
        assert [line.rpartition("/")[0] for line in changed(repo)] == ["A\tcontracts/signatures/enrolled"] * 2
    roles = [text for role, name in PEOPLE.items() for text in ("--role", f"{role}={name}")]
    assert "Put roster 1 forward" in run(repo, "signers", "propose", *roles, "--commit").out
    assert changed(repo) == ["A\tcontracts/signatures/roster/1.json"]
    assert "Put version 1 forward" in run(repo, "propose", "--commit").out
    assert changed(repo) == ["A\tcontracts/signatures/versions/1.json"]
    assert "Sign roster 1 and version 1 as vp_sales (dana)" in sign(repo, "vp_sales", "--commit").out
    assert len(changed(repo)) == 3
    assert "Sign roster 1 and version 1 as vp_marketing (lee)" in sign(repo, "vp_marketing", "--commit").out
    declined = sign(repo, "ceo", "--decline", "not yet", "--commit").out
    assert "Decline version 1 as ceo (kim)" in declined
    assert "Sign version 1 as ceo (kim)" in sign(repo, "ceo", "--commit").out
    assert changed(repo) == [f"M\tcontracts/{CEO}", f"M\tcontracts/{CEO}.sig"]
    assert repo.git("status", "--porcelain") == ""
    assert repo.git("log", "-1", "--format=%an <%ae> %cn") == "Kim <kim@example.com> Kim"
    told = verify(repo, root_of(repo)).out
    assert verify(repo, root_of(repo), "--base", "HEAD").out == told


def test_approvals_that_fall_with_a_text_are_taken_out_in_the_same_commit(alone: Repository) -> None:
    alone.commit("Signed by two")
    edit(alone, "definitions.yaml", ("budget >= 10000", "budget >= 20000"))
    told = run(alone, "propose", "--commit").out
    place = "contracts/signatures"
    assert changed(alone) == [
        *(f"D\t{place}/approvals/1/{who}.json{end}" for who in ("vp_marketing--lee", "vp_sales--dana")
          for end in ("", ".sig")), f"M\t{place}/versions/1.json",
    ]  # fmt: skip
    assert "not committed yet: `definitions.yaml`, without which nobody else sees the text that is signed" in told
    assert alone.git("status", "--porcelain") == "M contracts/definitions.yaml"


def test_what_else_is_staged_stays_staged_and_out_of_the_commit(alone: Repository) -> None:
    alone.commit("Signed by two")
    (alone.top / "staged.txt").write_text("staged")
    (alone.contracts / "waivers.yaml").write_text("waivers: []\n")
    alone.git("add", "staged.txt", "contracts/waivers.yaml")
    alone.git("mv", "contracts/goals.yaml", "contracts/elsewhere.txt")
    (alone.top / "staged.txt").write_text("and changed since")
    before, dirty = staged(alone), alone.git("status", "--porcelain")
    alone.git("mv", "contracts/elsewhere.txt", "contracts/goals.yaml")
    alone.git("rm", "--quiet", "--cached", "contracts/goals.yaml")
    before, dirty = staged(alone), alone.git("status", "--porcelain")
    sign(alone, "ceo", "--commit")
    assert changed(alone) == [f"A\tcontracts/{CEO}", f"A\tcontracts/{CEO}.sig"]
    assert staged(alone) == before
    assert alone.git("status", "--porcelain") == dirty
    assert (alone.top / "staged.txt").read_text() == "and changed since"


@pytest.mark.parametrize("form", ["split", "version 4", "sparse"])
def test_every_form_of_the_index_stays_whole(alone: Repository, form: str) -> None:
    alone.commit("Signed by two")
    command = {"split": ["--split-index"], "version 4": ["--index-version", "4"], "sparse": ["--untracked-cache"]}[form]
    alone.git("update-index", "--refresh", *command)
    if form == "sparse":
        alone.git("sparse-checkout", "set", "--cone", "--sparse-index", "contracts")
    before = alone.git("ls-files", "--stage").splitlines()
    sign(alone, "ceo", "--commit")
    after = alone.git("ls-files", "--stage").splitlines()
    assert [line for line in after if CEO not in line] == before
    assert len(after) == len(before) + 2
    assert alone.git("status", "--porcelain") == ""
    alone.git("fsck", "--strict")


@pytest.mark.parametrize("filters", ["line ends", "a filter"])
def test_what_is_committed_is_what_was_signed_to_the_byte(alone: Repository, filters: str, tmp_path: Path) -> None:
    alone.git("config", "core.autocrlf", "true")
    if filters == "a filter":
        (alone.top / ".gitattributes").write_text("* filter=upper text eol=crlf ident\n")
        alone.git("config", "filter.upper.clean", "tr a-z A-Z")
    alone.commit("Signed by two")
    sign(alone, "ceo", "--commit")
    for name in (CEO, f"{CEO}.sig"):
        done = subprocess.run(["git", "cat-file", "blob", f"HEAD:contracts/{name}"], cwd=alone.top,
                              env=surroundings(), capture_output=True, check=True)  # fmt: skip
        assert done.stdout == (alone.contracts / name).read_bytes()


def test_a_repository_of_sha256_and_a_worktree_and_a_folder_deep_inside(repo: Repository, tmp_path: Path) -> None:
    begin(repo)
    repo.commit("Put forward")
    repo.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "other")
    there = Repository.__new__(Repository)
    there.top, there.contracts = tmp_path / "tree", tmp_path / "tree/contracts"
    sign_in(repo, there, "vp_sales")
    assert len(changed(there)) == 3
    assert repo.git("log", "--format=%s", "-1", "other").startswith("Sign roster 1")
    assert repo.git("log", "--format=%s", "-1", "main") == "Put forward"
    deep = Repository(tmp_path / "deep", "--object-format=sha256", contract="a b/ü/contracts")
    deep.contracts.parent.mkdir(parents=True)
    (repo.contracts).rename(deep.contracts)
    deep.commit("Put forward")
    sign_in(repo, deep, "ceo", "--contract", str(deep.contracts))
    assert len(deep.head()) == 64
    assert len(changed(deep)) == 3
    assert deep.git("status", "--porcelain") == ""


def sign_in(keys: Repository, there: Repository, role: str, *more: str) -> None:
    run(there, "sign", "--as", role, "--key", key(keys, PEOPLE[role]), "--yes", "--commit", *more)


def test_what_is_there_already_is_no_commit(alone: Repository) -> None:
    sign(alone, "ceo")
    head = alone.commit("By hand")
    added = signing.commit(alone.contracts, signing.files_of([CEO]), "Once more")
    assert (added.commit, added.missing) == (None, ())
    assert alone.head() == head


# --- when it commits, and when it does not -------------------------------------------------------


def test_in_a_pipe_nothing_is_committed_unless_it_is_said(alone: Repository) -> None:
    head = alone.commit("Signed by two")
    assert "ommit" not in sign(alone, "ceo").out
    unsign(alone)
    assert "ommit" not in sign(alone, "ceo", "--no-commit").out
    assert alone.head() == head
    assert staged(alone) == []
    unsign(alone)
    sign(alone, "ceo", "--commit")
    assert alone.git("rev-parse", "HEAD~1") == head


def test_what_was_signed_without_a_commit_is_committed_when_that_is_said(repo: Repository) -> None:
    begin(repo)
    head = repo.commit("Put forward")
    sign(repo, "vp_sales")
    files = [line.partition("contracts/")[2] for line in repo.git("status", "--porcelain", "-uall").splitlines()]
    assert len(files) == 3
    (repo.contracts / "waivers.yaml").write_text("waivers: []\n")
    told = sign(repo, "vp_sales", "--commit").out
    assert told.startswith(f"committed {repo.head()[:7]}: Add what dana said of version 1 as vp_sales\n")
    assert repo.git("rev-parse", "HEAD~1") == head
    assert changed(repo) == [f"A\tcontracts/{file}" for file in sorted(files)]
    refused = run(repo, "sign", "--as", "vp_sales", "--key", key(repo, "dana"), "--yes", "--commit", code=2)
    assert "`dana` has signed version 1 as `vp_sales` already" in refused.err
    assert repo.git("rev-parse", "HEAD~1") == head


def test_what_was_signed_of_another_text_is_not_committed_in_passing(repo: Repository) -> None:
    begin(repo)
    head = repo.commit("Put forward")
    sign(repo, "vp_sales")
    edit(repo, "definitions.yaml", ("budget >= 10000", "budget >= 20000"))
    assert "something else than what was put forward" in sign(repo, "vp_sales", "--commit", code=2).err
    assert repo.head() == head


def test_the_last_who_signed_can_still_commit_it(alone: Repository) -> None:
    alone.commit("Signed by two")
    sign(alone, "ceo")
    assert "Add what kim said of version 1 as ceo\n" in sign(alone, "ceo", "--commit").out
    assert changed(alone) == [f"A\tcontracts/{CEO}", f"A\tcontracts/{CEO}.sig"]


def test_what_somebody_else_said_is_not_committed_for_them(repo: Repository) -> None:
    begin(repo)
    head = repo.commit("Put forward")
    sign(repo, "vp_sales")
    refused = run(repo, "sign", "--as", "vp_sales", "--person", "kim", "--key", key(repo, "kim"), "--yes", "--commit",
                  code=2)  # fmt: skip
    assert "kim" in refused.err
    assert repo.head() == head


@pytest.mark.parametrize(("answers", "commits"), [(b"\n", True), (b"n\n", False), (b"y\n", True)])
def test_on_a_terminal_it_asks_and_enter_means_yes(alone: Repository, answers: bytes, commits: bool) -> None:
    head = alone.commit("Signed by two")
    told = on_terminal(alone, "sign", "--as", "ceo", "--key", key(alone, "kim"), "--yes", answers=answers)
    assert "Commit these 2 files? [Y/n]" in told
    assert (alone.head() != head) == commits
    assert ("committed" in told) == commits


def test_on_a_terminal_it_does_not_ask_where_it_cannot_commit(alone: Repository) -> None:
    alone.commit("Signed by two")
    alone.git("checkout", "--quiet", "--detach")
    told = on_terminal(alone, "sign", "--as", "ceo", "--key", key(alone, "kim"), "--yes")
    assert "not committed: HEAD is on no branch" in " ".join(told.split())
    assert "[Y/n]" not in told


def on_terminal(repo: Repository, *arguments: str, answers: bytes = b"") -> str:
    ours, theirs = pty.openpty()
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    with subprocess.Popen(
        [sys.executable, "-c", PLAIN, *arguments], cwd=repo.top, stdin=theirs, stdout=theirs, stderr=theirs,
        env=surroundings() | {"PYTHONPATH": path, "TERM": "xterm", "CI": ""},
    ) as ran:  # fmt: skip
        os.close(theirs)
        if answers:
            os.write(ours, answers)
        told = read_to_its_end(ours).decode()
        assert ran.wait(timeout=60) == 0, told
    return told


# --- where it cannot -----------------------------------------------------------------------------


def refused(repo: Repository, words: str, advice: str, **env: str) -> None:
    """Prove that signing with `--commit` says why not before anybody signs, and writes nothing."""
    ran = slacli("sign", "--as", "ceo", "--key", key(repo, "kim"), "--yes", "--commit", folder=repo.top, env=env)
    assert ran.code == 2
    assert words in ran.err
    assert advice in ran.err
    assert not (repo.contracts / CEO).exists()


def test_input_92_a_head_on_no_branch_takes_no_commit(alone: Repository) -> None:
    alone.git("checkout", "--quiet", "--detach")
    refused(alone, "HEAD is on no branch", "git switch --create NAME")


def test_input_92_a_branch_without_a_commit_takes_none(alone: Repository) -> None:
    alone.git("checkout", "--quiet", "--orphan", "fresh")
    refused(alone, "the branch `fresh` has no commit yet", "git add contracts")


def test_input_92_a_folder_in_no_repository_takes_none(alone: Repository) -> None:
    (alone.top / ".git").rename(alone.top.parent / "elsewhere")
    refused(alone, "lies in no Git repository", "git init")


def test_input_92_a_bare_repository_takes_none(alone: Repository) -> None:
    alone.git("config", "core.bare", "true")
    refused(alone, "bare repository", "git worktree add")


@pytest.mark.parametrize("what", ["merge", "rebase", "cherry-pick"])
def test_in_the_middle_of_something_it_takes_none(alone: Repository, what: str) -> None:
    alone.commit("Signed by two")
    alone.git("switch", "--quiet", "--create", "other")
    (alone.top / "x").write_text("one")
    alone.commit("One")
    alone.git("switch", "--quiet", "main")
    (alone.top / "x").write_text("two")
    alone.commit("Two")
    alone.git(what, "other", check=False)
    refused(alone, f"a {what} is under way", f"git {what} --continue")


def test_without_a_name_it_says_how_to_give_one(alone: Repository, tmp_path: Path) -> None:
    (tmp_path / "home/.gitconfig").unlink()
    refused(alone, "Git does not know who commits", "git config --global user.name")
    refused(alone, "Git does not know who commits", "git config --global user.name", GIT_AUTHOR_NAME="Ada")
    who = {"GIT_AUTHOR_NAME": "Ada", "GIT_COMMITTER_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
           "GIT_COMMITTER_EMAIL": "ada@example.com"}  # fmt: skip
    ran = slacli("sign", "--as", "ceo", "--key", key(alone, "kim"), "--yes", "--commit", folder=alone.top, env=who)
    assert ran.code == 0, ran.text
    assert alone.git("log", "-1", "--format=%an") == "Ada"


def test_where_another_git_is_at_work_the_files_are_there_and_nothing_else_changed(alone: Repository) -> None:
    head = alone.commit("Signed by two")
    (alone.top / ".git/index.lock").write_text("")
    ran = sign(alone, "ceo", "--commit", code=2)
    assert "another Git is at work" in ran.err
    assert (alone.contracts / f"{CEO}.sig").is_file()
    assert alone.head() == head
    (alone.top / ".git/index.lock").unlink()
    assert staged(alone) == []


def test_where_somebody_else_commits_meanwhile_their_commit_stays(
    alone: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone.commit("Signed by two")
    sign(alone, "ceo")
    from slacli.adapters.history import adding

    true = adding._asked

    def asked(asks: object, *arguments: str, **options: object) -> str:
        if arguments[0] == "update-ref":
            (alone.top / "theirs.txt").write_text("theirs")
            alone.git("commit", "--quiet", "--allow-empty", "--message", "Theirs", "--only")
        return true(asks, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(adding, "_asked", asked)
    with pytest.raises(signing.CannotRun, match="somebody else committed at the same time"):
        signing.commit(alone.contracts, signing.files_of([CEO]), "Ours")
    assert alone.git("log", "-1", "--format=%s") == "Theirs"
    assert staged(alone) == [f"A\tcontracts/{CEO}", f"A\tcontracts/{CEO}.sig"]


# --- T20: nothing of the repository runs ---------------------------------------------------------

HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-index-change", "reference-transaction",
         "pre-auto-gc", "post-rewrite", "fsmonitor-watchman", "post-checkout")  # fmt: skip


def test_t20_input_90_no_hook_filter_monitor_signer_or_editor_runs(alone: Repository, tmp_path: Path) -> None:
    alone.commit("Signed by two")
    sung = tmp_path / "sung"
    canary = program(tmp_path / "canary", f'echo "$0 $*" >> "{sung}"; cat')
    for folder in (alone.top / ".git/hooks", alone.top / "hooks"):
        for name in HOOKS:
            program(folder / name, f'echo "{folder.name}/{name}" >> "{sung}"')
    for setting in ("core.fsmonitor", "core.sshCommand", "core.editor", "core.pager", "core.askPass", "gpg.program",
                    "gpg.ssh.program", "filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.external",
                    "core.gitProxy", "credential.helper", "core.alternateRefsCommand", "sequence.editor",
                    "trailer.x.command"):  # fmt: skip
        alone.git("config", setting, str(canary))
    for setting, value in {"core.hooksPath": str(alone.top / "hooks"), "commit.gpgSign": "true", "user.signingKey": "x",
                           "alias.commit-tree": f"!{canary}", "alias.hash-object": f"!{canary}",
                           "filter.x.required": "true", "maintenance.auto": "true"}.items():  # fmt: skip
        alone.git("config", setting, value)
    (alone.top / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    head = alone.git("rev-parse", "--verify", "HEAD")
    ran = slacli("sign", "--as", "ceo", "--key", key(alone, "kim"), "--yes", "--commit", folder=alone.top)
    assert ran.code == 0, ran.text
    assert alone.git("rev-parse", "--verify", "HEAD~1") == head
    assert not sung.exists(), sung.read_text()


def test_t20_input_101_what_the_surroundings_say_is_not_followed(alone: Repository, tmp_path: Path) -> None:
    alone.commit("Signed by two")
    other = Repository(tmp_path / "other")
    other.written()
    sung = tmp_path / "sung"
    canary = program(tmp_path / "bad/hooks/reference-transaction", f'echo "$0" >> "{sung}"')
    program(alone.top / "git", f'echo "./git" >> "{sung}"')
    before = other.head()
    hostile = {
        "GIT_DIR": str(other.top / ".git"), "GIT_WORK_TREE": str(other.top), "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_OBJECT_DIRECTORY": str(other.top / ".git/objects"), "GIT_COMMON_DIR": str(other.top / ".git"),
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": str(canary.parent),
        "GIT_TRACE": str(sung), "GIT_TRACE2": str(sung), "GIT_EXTERNAL_DIFF": str(canary), "GIT_NAMESPACE": "x",
        "GIT_PYTHON_GIT_EXECUTABLE": str(alone.top / "git"), "GIT_PYTHON_TRACE": "full",
        "PATH": f".{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip
    was = dict(os.environ)
    ran = slacli("sign", "--as", "ceo", "--key", key(alone, "kim"), "--yes", "--commit", folder=alone.top, env=hostile)
    assert ran.code == 0, ran.text
    assert changed(alone) == [f"A\tcontracts/{CEO}", f"A\tcontracts/{CEO}.sig"]
    assert other.head() == before
    assert not sung.exists(), sung.read_text()
    assert not (tmp_path / "index").exists()
    assert dict(os.environ) == was


def test_git_for_python_is_loaded_only_where_somebody_commits(alone: Repository) -> None:
    tried = (
        "try:\n    cli.main(sys.argv[1:])\nfinally:\n    print('loaded' if 'git' in sys.modules else 'not loaded')\n"
    )
    code = PLAIN.replace("cli.main(sys.argv[1:])\n", tried)
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    for more, words in (((), "not loaded"), (("--commit",), "\nloaded")):
        done = subprocess.run(
            [sys.executable, "-c", code, "sign", "--as", "ceo", "--key", key(alone, "kim"), "--yes", *more],
            cwd=alone.top, env=surroundings() | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert words in done.stdout, done.stderr
        unsign(alone)
