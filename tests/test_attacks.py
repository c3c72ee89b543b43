"""The threats T1 to T26 and the bad inputs 65 to 103 of sign-off, each with the tests that prove its defence.

Most of them stand with what they are about and carry the number in their name. Here are the table that misses none,
and those that go through everything: what is seen, what is told, what runs, and what is shipped.
"""

from __future__ import annotations

import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from commands import slacli
from repositories import Repository
from test_hostile import CANARY, CODES, MARKS, OBEYED
from test_signing import _apart, agree, begin, key, repo, root_of, run, sign, verify  # noqa: F401
from test_yamltext import same

import slacli as package
from slacli.core.text import yamltext
from slacli.findings import Severity

TESTS = Path(__file__).parent
ROOT = TESTS.parent

needs_openssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")

# --- the table --------------------------------------------------------------------------------------

THREATS = {f"t{number}" for number in range(1, 27)}
INPUTS = {f"input {number}" for number in range(65, 104)}

# What is proven by tests that stand elsewhere for their own sake, under names without the number.
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "t17": (
        "test_yamltext.py::test_input_15_line_ends_that_hide_a_line",
        "test_yamltext.py::test_input_16_what_turns_text_or_cannot_be_seen",
        "test_yamltext.py::test_input_20_letters_of_another_script",
        "test_passkey_page.py::test_what_nobody_can_see_in_a_text_is_shown",
    ),
    "t18": (
        "test_yamltext.py::test_what_is_accepted_means_the_same_to_other_loaders",
        "test_yamltext.py::test_the_slower_loader_reads_the_same",
    ),
    "t19": (
        "test_history.py::test_85_a_shallow_clone_without_the_base_says_how_to_fetch_more",
        "test_history.py::test_86_a_dirty_working_tree_changes_no_commit",
        "test_history.py::test_87_replaced_objects_are_not_followed",
        "test_history.py::test_88_what_is_no_plain_file_is_refused",
        "test_history.py::test_89_twins_that_are_one_file_on_many_systems_are_refused",
        "test_signing.py::test_the_gate_reads_commits_and_not_the_disk",
    ),
    "t20": (
        "test_history.py::test_90_nothing_that_a_repository_names_is_run",
        "test_history.py::test_90_a_program_called_git_in_the_folder_is_not_git",
    ),
    "t21": (
        "test_yamltext.py::test_input_03_alias_bomb_and_recursive_anchor",
        "test_yamltext.py::test_input_04_too_deep",
        "test_yamltext.py::test_input_05_too_big",
        "test_formats.py::test_a_bomb_is_refused_in_seconds",
        "test_history.py::test_texts_that_are_too_much_together_end_in_a_refusal",
    ),
    "t22": (
        "test_hostile.py::test_text_of_others_is_never_obeyed",
        "test_hostile.py::test_text_of_a_contract_is_never_obeyed",
        "test_hostile.py::test_formulas_in_cells_stay_text_in_the_rows_that_are_written",
        "test_render.py::test_text_of_others_is_inert",
        "test_versions.py::test_whatever_a_title_holds_is_dead_in_a_comment",
        "test_passkey_browser.py::test_text_of_others_stays_text",
    ),
    "t23": (
        "test_hostile.py::test_an_address_of_a_person_never_comes_out",
        "test_hostile.py::test_an_address_in_a_row_that_cannot_be_read_never_comes_out",
    ),
    "t25": (
        "test_docs.py::test_no_address_of_a_package_index_stands_anywhere",
        "test_docs.py::test_every_package_is_in_what_is_installed",
    ),
    "input 71": ("test_sshsig.py::test_input_71_a_security_key_that_nobody_touched_is_refused",),
    "input 96": ("test_explain.py::test_in_a_log_only_times_are_shown",),
    "input 98": (
        "test_command_line.py::test_a_narrow_encoding_is_no_fault",
        "test_command_line.py::test_a_terminal_sees_colours_unless_somebody_minds",
    ),
    "input 102": ("test_command_line.py::test_a_reader_that_has_seen_enough_changes_no_exit_code",),
}


def every_test() -> Iterator[tuple[str, str]]:
    """Give each test of the project by the name of its file and its own."""
    for path in sorted(TESTS.glob("test_*.py")):
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield path.name, name


def numbers(name: str) -> set[str]:
    """Give the threats and inputs that the name of a test says it is about."""
    found = {f"t{number}" for number in re.findall(r"(?<![a-z])t(\d{1,2})(?=_)", name)}
    if several := re.match(r"test_(?:t\d+_)*input_(\d+)_to_(\d+)", name):
        found |= {f"input {number}" for number in range(int(several[1]), int(several[2]) + 1)}
    if given := re.search(r"input_((?:\d+_(?:and_)?)+)", name):
        found |= {f"input {int(number)}" for number in re.findall(r"\d+", given[1])}
    return found


def test_input_65_every_threat_and_every_bad_input_has_a_test() -> None:
    known = {f"{file}::{name}" for file, name in every_test()}
    for number, names in ELSEWHERE.items():
        assert set(names) <= known, f"{number} names a test that is gone"
    found = {number for number, names in ELSEWHERE.items() if names}
    for file, name in every_test():
        if file == "test_history.py" and (begins := re.match(r"test_(\d+)_", name)):
            found.add(f"input {int(begins[1])}")
        found |= numbers(name)
    assert sorted((THREATS | INPUTS) - found) == []


def test_numbers_are_read_from_names_as_they_are_meant() -> None:
    assert numbers("test_t1_t2_content") == {"t1", "t2"}
    assert numbers("test_input_66_to_70_what") == {f"input {number}" for number in range(66, 71)}
    assert numbers("test_input_71_and_72_what") == {"input 71", "input 72"}
    assert numbers("test_t9_input_74_a_key") == {"t9", "input 74"}
    assert numbers("test_input_78_82_a_value_of_70_letters") == {"input 78", "input 82"}
    assert numbers("test_that_24_hours_are_a_day") == set()


# --- T17: what is seen is what is signed --------------------------------------------------------------

SHOWS_OTHERWISE = {
    "turned text": "Marketing \u202edeifilauq",
    "letters that nobody sees": "Mar\u200bketing",
    "a line end that hides a key": "x\u2028version: 9",
    "another line end": "x\x85version: 9",
    "a letter taken apart": "Cafe\u0301",
    "a code of the terminal": "x\x1b[2K",
}


@needs_openssh
@pytest.mark.parametrize("how", SHOWS_OTHERWISE)
def test_t17_a_text_that_shows_otherwise_than_it_is_cannot_be_put_forward(repo: Repository, how: str) -> None:  # noqa: F811
    begin(repo)
    before = {path: path.read_bytes() for path in (repo.contracts / "signatures").rglob("*") if path.is_file()}
    cover = repo.contracts / "contract.yaml"
    text = cover.read_text("utf-8")
    cover.write_text(
        re.sub(r"^title: .*$", f"title: {SHOWS_OTHERWISE[how]}", text, count=1, flags=re.MULTILINE), "utf-8"
    )
    ran = run(repo, "propose", code=2)
    assert CODES.search(ran.text) is None
    assert {path: path.read_bytes() for path in before} == before
    assert {path for path in (repo.contracts / "signatures").rglob("*") if path.is_file()} == set(before)


@needs_openssh
def test_t17_a_comment_that_lies_is_not_shown_to_who_signs(repo: Repository) -> None:  # noqa: F811
    begin(repo)
    cover = repo.contracts / "contract.yaml"
    cover.write_text(f"# Marketing owes nothing any more\n{cover.read_text('utf-8')}", "utf-8")
    ran = sign(repo, "vp_sales")
    assert "owes nothing" not in ran.text


# --- T18: one text, one meaning -----------------------------------------------------------------------

PIECES = (
    *"\t\n\r :-?#&*!|>'\"%@`{}[],", "\\", ": ", "- ", "\n  ", "\n\n", "---\n", "...\n", "<<: ", "~", "012", "0x1F",
    "1_0", "1:30", "1e3", ".inf", "yes", "No", "null", "2026-02-30", "\u2028", "\x85", "\ufeff", "e\u0301", "&a ",
    "*a", "!!str ",
)  # fmt: skip


def test_t18_what_is_accepted_of_a_broken_contract_means_the_same_to_every_loader() -> None:
    """The same slips in every run: three thousand texts, each one to three pieces away from a real one."""
    chance = random.Random(18)
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "contracts").rglob("*.yaml"))]
    loaders = (yaml.CSafeLoader, yaml.SafeLoader)
    accepted = 0
    for number in range(3000):
        lines = chance.choice(texts).splitlines(keepends=True)
        first = chance.randrange(len(lines))
        text = "".join(lines[first : first + chance.randrange(1, 12)])
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(PIECES) + text[at + chance.randrange(3) :]
        got = yamltext.read("f.yaml", text.encode())
        if any(found.severity is Severity.ERROR for found in got.findings):
            continue
        accepted += 1
        for loader in loaders:
            try:
                theirs = yaml.load(text, Loader=loader)
            except yaml.YAMLError:
                # The slower one refuses some odd `?` that the other reads: nobody takes it for something else.
                assert loader is yaml.SafeLoader, (number, text)
                continue
            assert same(got.data) == same(theirs), (number, text)
    assert accepted > 300


# --- T21: bombs among the signatures -------------------------------------------------------------------


@needs_openssh
def test_t21_input_83_a_bomb_among_signatures_is_refused_in_seconds(repo: Repository) -> None:  # noqa: F811
    root = agree(repo)
    room = repo.contracts / "signatures"
    bombs = {
        "approvals/1/ceo--kim.json": b"[" * 3_000_000,
        "approvals/1/vp_sales--dana.json.sig": b"-----BEGIN SSH SIGNATURE-----\n" * 100_000,
        "roster/2.json": b'{"_type":"slacli/roster/v1","version":' + b"9" * 2_000_000 + b"}",
        "versions/2.json": b'{"a":' * 40_000,
    }
    for name, content in bombs.items():
        (room / name).write_bytes(content)
    ran = verify(repo, root, code=1)
    assert ran.out.count("error[") >= len(bombs)
    assert len(ran.text) < 10_000


# --- T22: text of others in what is told of signatures -------------------------------------------------


@needs_openssh
@pytest.mark.parametrize("name", MARKS)
def test_t22_text_of_others_among_signatures_is_never_obeyed(repo: Repository, name: str) -> None:  # noqa: F811
    root = agree(repo)
    mark = MARKS[name].replace("/", "-")
    (repo.contracts / "signatures" / f"x{mark}.json").write_bytes(b"{}")
    (repo.contracts / "signatures" / "approvals" / f"{mark}").mkdir()
    (repo.contracts / "signatures" / "approvals" / f"{mark}" / f"ceo--{mark}.json").write_bytes(b"{}")
    for arguments in (
        ("verify",), ("verify", "--base", mark), ("verify", "--trust-root", mark), ("verify", "--as-of", mark),
        ("verify", "--format", "json"), ("status",), ("status", "--format", "json"), ("signers",),
        ("signers", "enrol", mark), ("sign", "--as", mark, "--yes"), ("sign", "--as", "ceo", "--person", mark, "--yes"),
        ("signers", "propose", "--role", f"{mark}=kim"), ("signers", "propose", "--role", f"ceo={mark}"),
        ("check", "--as-of", "2026-12-20"), ("log",),
    ):  # fmt: skip
        ran = slacli(*arguments, folder=repo.top, env={"SLACLI_TRUST_ROOT": root})
        assert OBEYED.search(ran.text) is None, ran.text


@needs_openssh
def test_t22_the_reason_of_who_declines_is_never_obeyed(repo: Repository) -> None:  # noqa: F811
    begin(repo)
    for reason in (
        "::error file=x::broken",
        "see ##[set-output name=a]b",
        "[link=http://evil.example]x[/link]",
        "[/x]",
    ):
        sign(repo, "ceo", "--decline", reason)
        for arguments in (("status",), ("verify",), ("status", "--format", "json"), ("log",)):
            ran = slacli(*arguments, folder=repo.top)
            assert OBEYED.search(ran.text) is None, ran.text


# --- T23: no personal values where signatures are told --------------------------------------------------


@needs_openssh
def test_t23_an_address_in_an_export_is_in_nothing_that_is_signed_or_told(repo: Repository) -> None:  # noqa: F811
    exports = repo.top / "exports"
    shutil.copytree(ROOT / "examples" / "exports", exports)
    for path in sorted(exports.rglob("*.csv")):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"[\w.+-]+@[\w-]+\.[\w.]+", CANARY, text), encoding="utf-8")
    assert any(CANARY in path.read_text(encoding="utf-8") for path in exports.rglob("*.csv"))
    root = agree(repo)
    told = ""
    for arguments in (
        ("check", *(str(path) for path in sorted(exports.rglob("*.csv"))), "--as-of", "2026-12-20", "--debug"),
        ("verify",), ("status", "--format", "json"), ("log",), ("signers",),
    ):  # fmt: skip
        told += slacli(*arguments, folder=repo.top, env={"SLACLI_TRUST_ROOT": root, "CI": "true"}).text
    assert "private.example" not in told
    for path in repo.contracts.rglob("*"):
        assert not path.is_file() or b"private.example" not in path.read_bytes()


# --- T25: what is shipped ------------------------------------------------------------------------------


def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return found


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def test_t25_every_package_that_is_needed_is_pinned_to_one_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*( *;.*)?", line)] == []
    pinned = {name_of(line) for line in pins}
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {name_of(one) for one in [*told["dependencies"], *told["optional-dependencies"]["dev"]]}
    assert wanted - pinned == set()


def test_t25_the_wheel_holds_our_packages_and_no_other() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert told["package-dir"] == {"slacli": "slacli", "slacli.schemas": "schemas"}
    kinds = {path.suffix for path in (ROOT / "schemas").iterdir() if path.is_file()}
    assert kinds == {".json", ".py"}
    files = [path for path in (ROOT / "slacli").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.suffix for path in files} <= {".py", ".json", ".lark", ".html", ".css", ".js", ".typed"}


NETWORK = {
    "socket", "ssl", "http", "urllib", "socketserver", "ftplib", "smtplib", "xmlrpc", "asyncio", "requests", "httpx",
    "aiohttp", "urllib3", "telnetlib", "webbrowser",
}  # fmt: skip
# The page for passkeys listens on this machine alone, and opens the browser that is set.
LISTENS = {"slacli/adapters/passkey/server.py", "slacli/adapters/passkey/__init__.py"}


def test_t25_one_room_alone_knows_the_network_and_only_listens() -> None:
    found = {}
    for path in sorted((ROOT / "slacli").rglob("*.py")):
        names: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {one.name.split(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add((node.module or "").split(".")[0])
        if names & NETWORK:
            found[path.relative_to(ROOT).as_posix()] = names & NETWORK
    assert set(found) <= LISTENS, found
    assert not {name for names in found.values() for name in names} & (NETWORK - {
        "http", "socket", "socketserver", "webbrowser"
    })  # fmt: skip


WATCHED = """
import sys
def seen(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request", "socket.sendto"}:
        sys.stderr.write(f"NETWORK {event}\\n")
sys.addaudithook(seen)
from slacli.cli import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate",), ("show",), ("rules",), ("status",), ("verify",), ("log",), ("diff", "HEAD"),
        ("check", "exports/leads.csv"),
    ],
    ids=lambda arguments: arguments[0],
)  # fmt: skip
def test_t25_no_command_asks_the_network(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    made = Repository(tmp_path / "repo")
    shutil.copytree(ROOT / "contracts", made.contracts)
    shutil.copytree(ROOT / "examples" / "exports", made.top / "exports")
    made.commit("First version")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SLACLI_"))}
    environment["PYTHONPATH"] = str(Path(package.__file__).parents[1])
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments], cwd=made.top, capture_output=True, check=False, env=environment
    )
    assert ran.returncode in {0, 1, 2}
    assert b"NETWORK" not in ran.stderr
    assert b"Traceback" not in ran.stderr


def test_t25_nothing_of_a_repository_is_run_to_build_slacli() -> None:
    """No script of ours runs while it is installed: what is built is told in one file alone."""
    assert [name for name in ("setup.py", "setup.cfg", "MANIFEST.in", "conftest.py") if (ROOT / name).exists()] == []
    assert project()["build-system"] == {"requires": ["setuptools>=77"], "build-backend": "setuptools.build_meta"}


# --- the command line ----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["check", "explain", "reconcile"])
@pytest.mark.parametrize("said", ["true", "TRUE", "1"])
def test_input_96_values_of_rows_are_refused_where_a_machine_writes_a_log(command: str, said: str) -> None:
    arguments = {
        "check": ("--show-values",),
        "explain": ("L1", "--data", "leads.csv", "--values"),
        "reconcile": ("a.csv", "b.csv", "--values"),
    }[command]
    ran = slacli(command, *arguments, folder=TESTS / "contracts" / "leads", env={"CI": said})
    assert (ran.code, ran.out) == (2, "")
    assert ("has no option" if command == "check" else "`--values` is refused under `CI=true`") in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="there a star cannot stand in the name of a file")
def test_input_97_a_pattern_means_the_same_with_and_without_a_shell(tmp_path: Path) -> None:
    """On Windows no shell makes names of it: slacli does, as it does everywhere, and a file of that name wins."""
    shutil.copytree(TESTS / "contracts" / "leads", tmp_path / "contracts")
    shutil.copy(TESTS / "cases" / "check" / "broken" / "data" / "leads.csv", tmp_path)
    by_name = slacli("check", "leads.csv", folder=tmp_path)
    assert slacli("check", "*.csv", folder=tmp_path) == by_name
    assert slacli("check", "lead?.csv", folder=tmp_path) == by_name
    assert "`x*.csv`" in slacli("check", "x*.csv", folder=tmp_path).err
    shutil.move(tmp_path / "leads.csv", tmp_path / "*.csv")
    (tmp_path / "other.csv").write_text("not,read\n")
    assert slacli("check", "*.csv", folder=tmp_path).code == 1
    # `click` would do it a second time on Windows, and only there, were it not always told the arguments.
    source = (ROOT / "slacli" / "cli" / "__init__.py").read_text(encoding="utf-8")
    assert source.count("cli.main(") == source.count("cli.main(args=arguments,") == 1


SURROUNDINGS: dict[str, dict[str, str]] = {
    "no language": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "a console of old Windows": {"PYTHONIOENCODING": "cp1252"},
    "twenty columns": {"COLUMNS": "20"},
    "no columns": {"COLUMNS": "0"},
    "columns that are none": {"COLUMNS": "many"},
    "no colours": {"NO_COLOR": "1", "TERM": "dumb"},
    "colours": {"FORCE_COLOR": "1", "TERM": "xterm-256color"},
}


@pytest.mark.parametrize("how", SURROUNDINGS)
def test_input_98_no_terminal_and_no_language_makes_a_command_break(tmp_path: Path, how: str) -> None:
    made = Repository(tmp_path / "repo")
    shutil.copytree(ROOT / "contracts", made.contracts)
    cover = made.contracts / "contract.yaml"
    text = cover.read_text("utf-8")
    cover.write_text(re.sub(r"^title: .*$", "title: 小さな契約 für Müller", text, count=1, flags=re.MULTILINE), "utf-8")
    made.commit("First version")
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(package.__file__).parents[1]), "HOME": str(tmp_path)}
    for arguments in (("show",), ("status",), ("nothing",)):
        ran = subprocess.run(
            [sys.executable, "-m", "slacli", *arguments], cwd=made.top, capture_output=True, check=False,
            env=base | SURROUNDINGS[how], stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert ran.returncode in {0, 1, 2}, ran
        assert b"Traceback" not in ran.stdout + ran.stderr
        assert b"slacli has a fault" not in ran.stderr


# --- two at once, and no room ---------------------------------------------------------------------------


def in_process(repo: Repository, *arguments: str, before: str = "") -> subprocess.Popen[bytes]:  # noqa: F811
    code = f"import sys; {before}\nfrom slacli.cli import main; main(sys.argv[1:])"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SLACLI_"))}
    environment["PYTHONPATH"] = str(Path(package.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=repo.top, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment,
    )  # fmt: skip


@needs_openssh
def test_input_99_people_who_sign_at_once_leave_nothing_half(repo: Repository) -> None:  # noqa: F811
    """Who looks while another writes may be told to run it again; then it holds, and nobody has lost anything."""
    begin(repo)
    people = {"vp_sales": "dana", "vp_marketing": "lee", "ceo": "kim"}
    started = {
        role: in_process(repo, "sign", "--as", role, "--key", key(repo, name), "--yes") for role, name in people.items()
    }
    for process in started.values():
        _, told = process.communicate()
        assert process.returncode == 0 or (process.returncode == 2 and told.startswith(b"could not run: the ")), told
        assert b"has a fault" not in told
    for role, process in started.items():
        if process.returncode == 2:
            sign(repo, role)
    signed = sorted(path.name for path in (repo.contracts / "signatures/approvals/1").iterdir())
    assert signed == sorted(f"{role}--{name}.json{end}" for role, name in people.items() for end in ("", ".sig"))
    assert "signed by all" in slacli("verify", folder=repo.top, env={"SLACLI_TRUST_ROOT": root_of(repo)}).out


@needs_openssh
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
@pytest.mark.parametrize("room", [0, 10, 300])
def test_input_99_a_disk_that_is_full_leaves_nothing_half(repo: Repository, room: int) -> None:  # noqa: F811
    begin(repo)
    before = {path: path.read_bytes() for path in repo.contracts.rglob("*") if path.is_file()}
    process = in_process(
        repo, "sign", "--as", "ceo", "--key", key(repo, "kim"), "--yes",
        before=f"import resource as r; r.setrlimit(r.RLIMIT_FSIZE, ({room}, {room}))",
    )  # fmt: skip
    _, told = process.communicate()
    assert process.returncode == 2
    assert told.startswith(b"could not run: no temporary file can be written: "), told
    assert {path: path.read_bytes() for path in repo.contracts.rglob("*") if path.is_file()} == before
