"""Signing without a clone: a request holds all that must be seen, and nothing in it or in its answer is believed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from commands import Ran, slacli
from pytest_regressions.file_regression import FileRegressionFixture
from repositories import Repository
from signing import key_of, sha
from signing import sign as sign_bytes
from test_passkey_page import Device
from test_signing import (
    NOON,
    PEOPLE,
    Browser,
    _apart,
    agree,
    at,
    begin,
    edit,
    key,
    pytestmark,
    repo,
    root_of,
    roster_of_passkeys,
    run,
    second_version,
    sign,
    verify,
)

from slacli import requests, signing
from slacli.core.request import Opened
from slacli.core.trust import mail

__all__ = ["_apart", "pytestmark", "repo"]

Changed = Callable[[dict[str, Any]], None]


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A folder far from any clone, without Git."""
    place = tmp_path / "away"
    place.mkdir()
    return place


def asked(repo: Repository, away: Path, role: str = "ceo") -> Path:
    path = away / "request.json"
    run(repo, "sign", "--as", role, "--request", str(path))
    return path


def there(away: Path, *arguments: str, code: int = 0, **env: str) -> Ran:
    """Run slacli where there is no clone, and no program but OpenSSH's."""
    tools = away.parent / "tools"
    tools.mkdir(exist_ok=True)
    if not (tools / "ssh-keygen").exists():
        (tools / "ssh-keygen").symlink_to(shutil.which("ssh-keygen") or "")
    ran = slacli(*arguments, folder=away, env={"PATH": str(tools), **env})
    assert ran.code == code, ran.text
    return ran


def answered(repo: Repository, away: Path, name: str = "kim", *more: str, code: int = 0) -> Ran:
    return there(away, "sign", "request.json", "--key", key(repo, name), "--yes", *more, code=code)


@pytest.fixture
def waiting(repo: Repository) -> Repository:
    """Version 2, committed and waiting for the CEO alone, over version 1 that all have signed."""
    agree(repo)
    second_version(repo)
    run(repo, "propose")
    sign(repo, "vp_sales")
    sign(repo, "vp_marketing")
    repo.commit("Second version")
    return repo


# --- the whole way ----------------------------------------------------------------------------


def test_a_chief_executive_without_a_clone_signs_as_people_see_it(
    waiting: Repository, away: Path, file_regression: FileRegressionFixture
) -> None:
    root = root_of(waiting)
    told: list[str] = []

    def see(place: Path, *arguments: str) -> None:
        ran = slacli(*arguments, folder=place)
        shown = " ".join(arguments).replace(str(waiting.top.parent), "~")
        told.append(f"$ slacli {shown}\n{ran.text}[exit {ran.code}]\n")

    see(waiting.top, "sign", "--as", "ceo", "--request", str(away / "request.json"))
    see(away, "sign", "request.json", "--key", key(waiting, "kim"), "--yes")
    see(waiting.top, "sign", "--receive", str(away / "request.answer.json"))
    see(waiting.top, "sign", "--receive", str(away / "request.answer.json"))
    file_regression.check("\n".join(told).replace(str(waiting.top.parent), "~"))
    shown = json.loads(verify(waiting, root, "--format", "json").out)
    assert shown["versions"][1]["signed"]
    assert not list(away.glob("contracts")), "nothing but the answer is written there"
    assert sorted(path.name for path in away.iterdir()) == ["request.answer.json", "request.json"]


def test_of_a_first_version_all_of_it_is_shown_and_the_roster_is_signed_with_it(repo: Repository, away: Path) -> None:
    begin(repo)
    for role in ("vp_sales", "vp_marketing", "ceo"):
        asked(repo, away, role)
        shown = " ".join(answered(repo, away, PEOPLE[role]).out.split())
        assert "This is the first version: there is none before it to compare with." in shown
        assert "What the words mean" in shown
        run(repo, "sign", "--receive", str(away / "request.answer.json"))
    assert (repo.contracts / "signatures/roster/1--dana.json.sig").is_file()
    verify(repo, root_of(repo))


@pytest.mark.parametrize("algorithm", [-7, -257])
def test_on_a_page_without_a_clone_stands_what_stands_on_one_with_it(
    repo: Repository, away: Path, algorithm: int
) -> None:
    devices = {name: Device(algorithm, name=name.encode()) for name in PEOPLE.values()}
    roster_of_passkeys(repo, devices)
    for version in (1, 2):
        if version == 2:
            repo.commit("First")
            second_version(repo)
            run(repo, "propose")
        for role in ("vp_sales", "vp_marketing", "ceo"):
            found = requests.opened(asked(repo, away, role), NOON)
            assert isinstance(found, Opened)
            pages, same = Browser(devices[PEOPLE[role]]), Browser(devices[PEOPLE[role]], "only to see the page")
            what = signing.task(repo.contracts, role, None, NOON)
            with pytest.raises(signing.CannotRun, match="declined"):
                signing.by_passkey(repo.contracts, what, NOON, same)(
                    what.approval.text if what.approval else b"", "approval.v1@slacli"
                )
            (away / "answer.json").write_bytes(requests.answer(found, requests.by_passkey(found, pages)))
            run(repo, "sign", "--receive", str(away / "answer.json"))
            page, other = pages.seen[-1], same.seen[-1]
            differing = {"changes"} if version == 1 else set()
            ignored = {"challenge", "left", "digest", *differing}
            assert {k: v for k, v in page.items() if k not in ignored} == {
                k: v for k, v in other.items() if k not in ignored
            }
            if version == 1:
                assert page["changes"][0]["heading"] == "What the words mean"
            else:
                assert any("2 business hours" in line for part in page["changes"] for line in part["lines"])
    verify(repo, root_of(repo))


def test_who_declines_without_a_clone_has_it_written_down(waiting: Repository, away: Path) -> None:
    asked(waiting, away)
    answered(waiting, away, "kim", "--decline", "Two hours are too short")
    run(waiting, "sign", "--receive", str(away / "request.answer.json"))
    assert "declined by kim as ceo on 2026-11-20: Two hours are too short" in run(waiting, "status").out


def test_a_revision_is_compared_with_the_version_that_it_revises(repo: Repository, away: Path) -> None:
    agree(repo)
    edit(repo, "holidays.yaml", ("2026-12-25: Christmas Day", "2026-12-28: Christmas Day"))
    run(repo, "propose")
    path = asked(repo, away, "revops")
    found = requests.opened(path, NOON)
    assert isinstance(found, Opened)
    assert (found.request.since, found.version.manifest.name) == ("1", "1.1")
    assert "2026-12-28" in answered(repo, away, "sam").out, answered(repo, away, "sam").out
    run(repo, "sign", "--receive", str(away / "request.answer.json"), "--commit", **who())
    assert waits(repo) == []
    assert repo.git("log", "-1", "--format=%s") == "Receive what sam signed"


def who() -> dict[str, str]:
    return {f"GIT_{role}_{part}": text for role in ("AUTHOR", "COMMITTER")
            for part, text in (("NAME", "Sam"), ("EMAIL", "sam@example.com"))}  # fmt: skip


def waits(repo: Repository) -> list[str]:
    found: list[str] = json.loads(run(repo, "status", "--format", "json").out)["versions"][-1]["missing"]
    return found


def test_enrolling_without_a_clone_proves_the_key(repo: Repository, away: Path) -> None:
    for name in PEOPLE.values():
        run(repo, "signers", "enrol", name, "--request", str(away / "request.json"))
        assert f"a key for {name}, to sign versions of: Acme" in answered(repo, away, name).out
        run(repo, "sign", "--receive", str(away / "request.answer.json"))
    assert "is not declined" in answered(repo, away, "sam", "--decline", "no", code=2).err
    assert len(list((repo.contracts / "signatures/enrolled").iterdir())) == 8
    roles = [text for role, name in PEOPLE.items() for text in ("--role", f"{role}={name}")]
    run(repo, "signers", "propose", *roles)


def test_without_openssh_a_request_is_not_shown_to_be_signed(repo: Repository, away: Path) -> None:
    run(repo, "signers", "enrol", "kim", "--request", str(away / "request.json"))
    command = ("sign", str(away / "request.json"), "--key", key(repo, "kim"), "--yes")
    ran = run(repo, *command, code=2, PATH=str(away))
    assert (ran.out, "`ssh-keygen` is not installed" in ran.err) == ("", True)


def test_input_76_a_key_that_was_enrolled_by_mail_under_another_name_is_refused(repo: Repository, away: Path) -> None:
    run(repo, "signers", "enrol", "kim", "--key", key(repo, "kim"))
    run(repo, "signers", "enrol", "kmi", "--request", str(away / "request.json"))
    run(repo, "sign", str(away / "request.json"), "--key", key(repo, "kim"), "--yes")
    said = run(repo, "sign", "--receive", str(away / "request.answer.json"), code=1).text
    assert "its key is enrolled as `kim`, and a key is one person's" in " ".join(said.split())
    assert len(list((repo.contracts / "signatures/enrolled").glob("kmi*"))) == 0


def test_enrolling_a_passkey_without_a_clone(repo: Repository, away: Path) -> None:
    run(repo, "signers", "enrol", "kim", "--request", str(away / "request.json"))
    found = requests.opened(away / "request.json", NOON)
    assert isinstance(found, mail.Request)
    said, make = signing.new_passkey(found.project, found.title, found.person, NOON, Browser(Device()))
    (away / "answer.json").write_bytes(requests.answer_enrolment(found, said, make))
    assert "enrolled/kim--" in run(repo, "sign", "--receive", str(away / "answer.json")).out


def test_a_page_needs_somebody_who_is_there(waiting: Repository, away: Path) -> None:
    asked(waiting, away)
    assert "nobody is here to use a passkey" in there(away, "sign", "request.json", code=2).err
    bare = there(away, "sign", "request.json", "--key", key(waiting, "kim"), code=2)
    assert "nobody can be asked here" in bare.err


# --- what is in it --------------------------------------------------------------------------------


def test_a_request_holds_what_must_be_seen_and_no_data(waiting: Repository, away: Path) -> None:
    canary = "canary-4711@example.com"
    (waiting.contracts / "waivers.yaml").write_text(f"# {canary}\nwaivers: []\n")
    (waiting.contracts / "disputes.yaml").write_text(f"# {canary}\ndisputes: []\n")
    with (waiting.contracts / "evidence.yaml").open("a") as file:
        file.write(f"# {canary}\n")
    (waiting.contracts / "README.md").write_text(canary)
    text = asked(waiting, away).read_bytes()
    assert canary.encode() not in text
    said = json.loads(text)
    assert rfc8785.dumps(said) == text
    pages = {path.relative_to(waiting.contracts).as_posix() for path in waiting.contracts.rglob("*.yaml")}
    pages -= {"waivers.yaml", "disputes.yaml", "evidence.yaml"}
    assert {name for name in said["files"] if not name.startswith("signatures/")} == pages == set(said["before"])
    assert not [name for name in said["files"] if "enrolled" in name]
    assert "4 business hours" in said["before"]["responsibilities.yaml"]
    assert "2 business hours" in said["files"]["responsibilities.yaml"]


def test_where_history_does_not_hold_the_version_before_no_request_is_made(waiting: Repository, away: Path) -> None:
    shutil.rmtree(waiting.top / ".git")
    waiting.git("init", "--quiet", "--initial-branch=main")
    waiting.commit("All at once")
    ran = run(waiting, "sign", "--as", "ceo", "--request", str(away / "request.json"), code=2)
    assert "the text of version 1 is not in the history of this clone" in ran.err
    assert list(away.iterdir()) == []


def test_a_trust_root_is_held_against_the_request(waiting: Repository, away: Path) -> None:
    asked(waiting, away)
    answered(waiting, away, "kim", "--trust-root", root_of(waiting))
    other = answered(waiting, away, "kim", "--trust-root", "sha256:" + "0" * 64, code=1)
    assert "hold no roster that the trust root names" in " ".join(other.out.split())


# --- altered on its way: a test for each field -----------------------------------------------------


def put(field: str, value: object) -> Changed:
    return lambda said: said.update({field: value})


def in_file(part: str, name: str, old: str, new: str) -> Changed:
    def change(said: dict[str, Any]) -> None:
        assert old in said[part][name]
        said[part][name] = said[part][name].replace(old, new)

    return change


def without(part: str, name: str) -> Changed:
    return lambda said: said[part].pop(name)


def added(part: str, name: str, text: str = "{}") -> Changed:
    return lambda said: said[part].update({name: text})


MANIFEST, APPROVAL = "signatures/versions/2.json", "signatures/approvals/2/vp_sales--dana.json"
ALTERED: Mapping[str, tuple[Changed, str]] = {
    "project": (put("project", "00000000-0000-0000-0000-000000000000"), "its `project` is not that of the text"),
    "a project that is none": (put("project", "x"), "its `project` does not hold what it should"),
    "contract": (put("contract", "other"), "its `contract` is not that of the text"),
    "title": (put("title", "A raise for all"), "its `title` is not that of the text"),
    "person": (put("person", "lee"), "`person` do not fit"),
    "a person that is none": (put("person", "../kim"), "its `person` does not hold"),
    "role": (put("role", "vp_sales"), "`role` and its `person` do not fit"),
    "a role that is none": (put("role", "cfo"), "`role` and its `person` do not fit"),
    "no role": (put("role", None), "does not hold what it should"),
    "digest": (put("digest", "sha256:" + "0" * 64), "its `digest` is not that of the version"),
    "no digest": (put("digest", None), "its `digest` does not hold"),
    "roster": (put("roster", "sha256:" + "0" * 64), "its `roster` is not the one"),
    "since": (put("since", "0"), "its `since` is not the version that this one is to be compared with"),
    "no since": (put("since", None), "its `since` does not hold"),
    "nothing before": (put("before", {}), "its `since` does not hold"),
    "nothing before, and since": (lambda said: said.update(before={}, since=None), "its `since` is not the version"),
    "the text": (in_file("files", "definitions.yaml", "budget >= 10000", "budget >= 1"),
                 "`definitions.yaml` in its `files` is not what was put forward"),
    "the text before": (in_file("before", "definitions.yaml", "budget >= 10000", "budget >= 1"),
                        "`definitions.yaml` in its `before` is not what version 1 says"),
    "a page less": (without("files", "goals.yaml"), "in its `files`"),
    "a page less before": (without("before", "goals.yaml"), "in its `before`"),
    "a text that is none": (put("files", {"contract.yaml": 7}), "its `files` does not hold"),
    "a broken text": (in_file("files", "contract.yaml", "version: 2", "version: ["), "its `files` cannot be read"),
    "the manifest": (in_file("files", MANIFEST, '"effective":"2026-12-01"', '"effective":"2026-12-02"'),
                     "signatures in its `files` do not hold"),
    "no manifest": (without("files", MANIFEST), "signatures in its `files` do not hold"),
    "who has signed": (in_file("files", APPROVAL, '"signer":"dana"', '"signer":"sam"'), "do not hold"),
    "a signature": (without("files", f"{APPROVAL}.sig"), "has no signature beside it"),
    "the roster itself": (in_file("files", "signatures/roster/1.json", '"ceo":["kim"]', '"ceo":["sam"]'),
                          "do not hold"),
    "data": (added("files", "waivers.yaml"), "its `files` does not hold"),
    "a path": (added("files", "../evil"), "its `files` does not hold"),
    "a path in signatures": (added("files", "signatures/x/../../evil"), "its `files` does not hold"),
    "a file that is hidden": (added("files", "signatures/x/.evil"), "its `files` does not hold"),
    "a stray file": (added("files", "signatures/x/evil"), "do not hold"),
    "a signature before": (added("before", "signatures/roster/1.json"), "its `before` does not hold"),
    "one field more": (put("note", "hurry"), "one is there that none has"),
    "one field fewer": (lambda said: said.pop("title"), "a field is missing"),
}  # fmt: skip


@pytest.fixture(scope="module")
def sent() -> dict[str, Any]:
    return {}


@pytest.fixture
def mailed(sent: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A good request in a folder far from any clone, with the keys of everybody; made once."""
    if "folder" not in sent:
        made = request.getfixturevalue("waiting")
        sent["folder"] = tmp_path_factory.mktemp("mailed")
        asked(made, sent["folder"])
        shutil.copy(key(made, "kim"), sent["folder"].parent / "kim-mailed")
    return Path(sent["folder"])


def answer_of(away: Path, code: int) -> Ran:
    return there(away, "sign", "altered.json", "--key", str(away.parent / "kim-mailed"), "--yes", code=code)


@pytest.mark.parametrize("how", ALTERED)
def test_a_request_in_which_one_thing_is_altered_is_refused_by_its_name(mailed: Path, how: str) -> None:
    change, words = ALTERED[how]
    said = json.loads((mailed / "request.json").read_bytes())
    change(said)
    (mailed / "altered.json").write_bytes(rfc8785.dumps(said))
    ran = answer_of(mailed, 1)
    told = " ".join(ran.out.split())
    assert "error[broken-request]: the request does not hold" in told
    assert words in told
    assert not (mailed / "altered.answer.json").exists()


@pytest.mark.parametrize("how", ["a blank", "another order", "a key twice", "a line end"])
def test_a_request_that_is_written_otherwise_is_refused(mailed: Path, how: str) -> None:
    text = (mailed / "request.json").read_bytes()
    said = json.loads(text)
    start = b'{"_type":"slacli/request/v1",'
    altered = {
        "a blank": text + b" ",
        "another order": start + json.dumps({k: said[k] for k in reversed(said) if k != "_type"})[1:].encode(),
        "a key twice": text.replace(start, start + b'"title":"x",', 1),
        "a line end": text + b"\r\n",
    }[how]  # fmt: skip
    (mailed / "altered.json").write_bytes(altered)
    assert "it is no request as slacli writes it" in " ".join(answer_of(mailed, 1).out.split())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "is not a request to sign"),
        (b"%PDF-1.7", "is not a request to sign"),
        (b'{"_type":"slacli/answer/v1"}', "is not a request to sign"),
        (None, "there is no file"),
    ],
)
def test_what_is_no_request_cannot_be_signed(mailed: Path, text: bytes | None, words: str) -> None:
    (mailed / "altered.json").unlink(missing_ok=True)
    if text is not None:
        (mailed / "altered.json").write_bytes(text)
    assert words in answer_of(mailed, 2).err


def test_input_99_a_request_of_100_megabytes_is_not_read(mailed: Path) -> None:
    path = mailed / "altered.json"
    with path.open("wb") as file:
        file.write(b'{"_type":"slacli/request/v1","before":{')
        file.truncate(100 * 1024 * 1024)
    assert "more than 8,388,608 bytes" in answer_of(mailed, 2).err
    path.unlink()


def test_a_request_that_is_nested_without_end_is_refused(mailed: Path) -> None:
    (mailed / "altered.json").write_bytes(b'{"_type":"slacli/request/v1","before":' + b"[" * 200_000)
    assert "nested too deep" in " ".join(answer_of(mailed, 1).out.split())


def test_who_is_asked_with_another_key_signs_nothing(mailed: Path, repo: Repository) -> None:
    ran = there(mailed, "sign", "request.json", "--key", key(repo, "mallory"), "--yes", "--answer", "x.json", code=2)
    assert "was made by a key that `kim` does not have in the roster" in ran.err
    assert not (mailed / "x.json").exists()


# --- answers -------------------------------------------------------------------------------------

CEO = "signatures/approvals/2/ceo--kim.json"
BAD_ANSWERS: Mapping[str, tuple[Changed, str]] = {
    "project": (put("project", "00000000-0000-0000-0000-000000000000"), "it is of another contract"),
    "contract": (put("contract", "other"), "it is of another contract"),
    "person": (put("person", "lee"), "something else than what its person signs"),
    "no person": (put("person", None), "its `person` does not hold"),
    "the statement": (in_file("files", CEO, '"decision":"approve"', '"decision":"reject"'), "does not count"),
    "when it was": (in_file("files", CEO, "2026-11-20", "2026-11-19"), "does not count"),
    "a statement that is none": (lambda said: said["files"].update({CEO: "{}"}), "cannot be read"),
    "the signature": (in_file("files", f"{CEO}.sig", "BEGIN SSH", "BEGIN OLD"), "does not count"),
    "no signature": (without("files", f"{CEO}.sig"), "has no signature beside it"),
    "no statement": (without("files", CEO), "has no statement beside it"),
    "no files": (put("files", {}), "its `files` hold something else"),
    "a roster": (added("files", "signatures/roster/2.json"), "its `files` hold something else"),
    "a manifest": (added("files", MANIFEST), "its `files` hold something else"),
    "an approval of somebody else": (added("files", "signatures/approvals/2/vp_sales--dana.json"),
                                     "its `files` hold something else"),
    "a page": (added("files", "definitions.yaml"), "its `files` hold something else"),
    "a path": (added("files", "signatures/approvals/2/../../ceo--kim.json"), "its `files` hold something else"),
    "a stray name": (added("files", "signatures/approvals/2/cfo--kim.json"), "cannot be read"),
    "another version": (added("files", "signatures/roster/9--kim.json.sig"), "no such roster"),
    "one field more": (put("note", "hurry"), "one is there that none has"),
}  # fmt: skip


@pytest.fixture
def got(sent: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Repository:
    """A clone that waits for an answer, which lies beside it; made once, and never changed by what is refused."""
    if "repo" not in sent:
        made = request.getfixturevalue("waiting")
        away = request.getfixturevalue("away")
        asked(made, away)
        answered(made, away)
        there_ = tmp_path_factory.mktemp("got") / "repo"
        shutil.copytree(made.top, there_)
        shutil.copy(away / "request.answer.json", there_.parent / "answer.json")
        sent["repo"] = there_
    found = Repository.__new__(Repository)
    found.top, found.contracts = sent["repo"], sent["repo"] / "contracts"
    return found


@pytest.mark.parametrize("how", BAD_ANSWERS)
def test_an_answer_in_which_one_thing_is_altered_is_refused_by_its_name(got: Repository, how: str) -> None:
    change, words = BAD_ANSWERS[how]
    said = json.loads((got.top.parent / "answer.json").read_bytes())
    change(said)
    path = got.top.parent / "altered.json"
    path.write_bytes(rfc8785.dumps(said))
    ran = run(got, "sign", "--receive", str(path), code=1)
    told = " ".join(ran.out.split())
    assert "error[broken-answer]: the answer does not count" in told
    assert words in told
    assert not (got.contracts / CEO).exists()


@pytest.mark.parametrize(
    ("text", "words"), [(b"", "is not an answer"), (b'{"_type":"slacli/request/v1"}', "is not an answer"),
                        (b'{"_type":"slacli/answer/v1"' + b" " * 9_000_000, "more than 8,388,608 bytes")],
)  # fmt: skip
def test_what_is_no_answer_cannot_be_received(got: Repository, text: bytes, words: str) -> None:
    path = got.top.parent / "altered.json"
    path.write_bytes(text)
    assert words in run(got, "sign", "--receive", str(path), code=2).err


def test_an_answer_counts_for_the_text_that_waits_now_alone(waiting: Repository, away: Path) -> None:
    asked(waiting, away)
    answered(waiting, away)
    edit(waiting, "definitions.yaml", ("budget >= 10000", "budget >= 20000"))
    run(waiting, "propose")
    told = " ".join(run(waiting, "sign", "--receive", str(away / "request.answer.json"), code=1).out.split())
    assert "is of another text than the one that stands under this number now" in told
    assert not (waiting.contracts / CEO).exists()


def test_t3_an_older_answer_takes_the_place_of_no_newer_one(
    waiting: Repository, away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(waiting, away)
    answered(waiting, away, "kim", "--decline", "not yet")
    at(monkeypatch, NOON + timedelta(hours=1))
    sign(waiting, "ceo", "--decline", "not ever")
    told = " ".join(run(waiting, "sign", "--receive", str(away / "request.answer.json"), code=1).out.split())
    assert "what `kim` signed on 2026-11-20 is newer, and is there" in told
    at(monkeypatch, NOON + timedelta(hours=2))
    answered(waiting, away)
    run(waiting, "sign", "--receive", str(away / "request.answer.json"))
    at(monkeypatch, NOON + timedelta(hours=3))
    answered(waiting, away, "kim", "--decline", "too late")
    late = " ".join(run(waiting, "sign", "--receive", str(away / "request.answer.json"), code=1).out.split())
    assert "version 2 is signed by all, and nothing of that is replaced" in late
    assert waits(waiting) == []


def test_t3_an_answer_of_another_contract_counts_for_nothing_here(waiting: Repository, away: Path) -> None:
    asked(waiting, away)
    answered(waiting, away)
    said = json.loads((away / "request.answer.json").read_bytes())
    statement = json.loads(said["files"][CEO]) | {"project": "00000000-0000-0000-0000-000000000000"}
    said["files"][CEO] = rfc8785.dumps(statement).decode()
    made = sign_bytes(key_of("kim"), said["files"][CEO].encode(), "approval.v1@slacli")
    said["files"][f"{CEO}.sig"] = made.decode()
    (away / "other.json").write_bytes(rfc8785.dumps(said))
    told = " ".join(run(waiting, "sign", "--receive", str(away / "other.json"), code=1).out.split())
    assert "is of another contract" in told
    assert sha(made)


# --- what goes together ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sign",), "nobody says in which role to sign"),
        (("sign", "request.json", "--as", "ceo"), "a request says itself who signs it and in which role"),
        (("sign", "request.json", "--receive", "x"), "are two things to do"),
        (("sign", "--as", "ceo", "--request", "x", "--receive", "y"), "are two things to do"),
        (("sign", "--as", "ceo", "--answer", "x"), "`--answer` does nothing here"),
        (("sign", "request.json", "--person", "kim"), "a request says itself who signs it"),
        (("sign", "--receive", "y", "--decline", "no"), "`--decline` does nothing with `--receive`"),
        (("sign", "--as", "ceo", "--request", "x", "--key", "k"), "`--key` does nothing with `--request`"),
        (("sign", "--receive", "nowhere"), "there is no file `nowhere`"),
        (("sign", "--as", "ceo", "--request", "x"), "nothing was put forward"),
        (("signers", "enrol", "Dana", "--request", "x"), "cannot name a person"),
    ],
)
def test_what_does_not_go_together_is_said_with_what_helps(
    repo: Repository, arguments: tuple[str, ...], said: str
) -> None:
    ran = run(repo, *arguments, code=2)
    assert said in ran.err
    assert "help:" in ran.err
    assert not (repo.top / "x").exists()


def test_a_request_for_a_role_that_does_not_sign_is_not_made(waiting: Repository, away: Path) -> None:
    ran = run(waiting, "sign", "--as", "cfo", "--request", str(away / "x"), code=2)
    assert "is not signed as `cfo`" in ran.err


def test_a_statement_of_too_much_is_no_request() -> None:
    with pytest.raises(mail.Broken, match="at most 8,388,608"):
        _ = mail.Request("p", "c", "t", "x", files={"contract.yaml": b"x" * 9_000_000}).text
    with pytest.raises(mail.Broken, match="no UTF-8"):
        _ = mail.Request("p", "c", "t", "x", files={"contract.yaml": b"\xff"}).text


def test_signing_a_request_loads_neither_git_nor_the_engine(mailed: Path) -> None:
    code = ("import sys\nfrom slacli import cli\ntry:\n    cli.main(sys.argv[1:])\nfinally:\n"
            "    print(sorted({'git', 'duckdb', 'z3'} & set(sys.modules)))\n")  # fmt: skip
    root = str(Path(__file__).parent.parent)
    env = os.environ | {"PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", code, "sign", "request.json", "--key", "../kim-mailed", "--yes"], cwd=mailed, env=env,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.splitlines()[-1]
    assert "git" not in loaded
    assert "duckdb" not in loaded
    (mailed / "request.answer.json").unlink()
