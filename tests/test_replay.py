"""How a past period would have come out: what a version is put forward with, and what verifying says of it."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from commands import report, slacli
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pytest_regressions.file_regression import FileRegressionFixture
from repositories import Repository
from signing import altered, key_of
from test_passkey_page import Device
from test_signing import (
    NOON,
    PEOPLE,
    ROOT,
    Browser,
    _apart,
    agree,
    at,
    edit,
    roster_of_passkeys,
    run,
    second_version,
    sign,
    sign_by,
    verify,
)

from slacli.core import impact, seen
from slacli.core.text import parse
from slacli.core.trust import canonical, statements
from slacli.core.trust.statements import Cells, Head, OwedReplay, Replay, ReplayedExport, Sums, TermReplay
from slacli.model import Contract

__all__ = ["_apart"]

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")

FOLDER = ROOT / "examples" / "exports"
NAMES = ("leads", "activities", "history", "opportunities", "users")
EXPORTS = [str(FOLDER / f"salesforce-{name}.csv") for name in NAMES]
REPLAY = "signatures/versions/2.replay.json"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which the first version is signed and the second put forward with data, and the keys beside."""
    top = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as world:
        for name in [name for name in os.environ if name.startswith(("GIT_", "SSH_", "SLACLI_"))]:
            world.delenv(name)
        at(world, NOON)
        made = Repository(top / "repo")
        shutil.copytree(ROOT / "contracts", made.contracts)
        made.commit("First version")
        for name in PEOPLE.values():
            key = key_of(name).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
            (top / name).write_bytes(key)
            (top / name).chmod(0o600)
        agree(made)
        second_version(made)
        edit(made, "definitions.yaml", ("budget >= 10000", "budget >= 20000"))
        run(made, "propose", "--data", *EXPORTS)
    return top


@pytest.fixture
def repo(template: Path, tmp_path: Path) -> Repository:
    shutil.copytree(template, tmp_path / "world")
    return Repository(tmp_path / "world" / "repo")


def unproposed(repo: Repository) -> None:
    for path in repo.contracts.glob("signatures/versions/2*"):
        path.unlink()


def figures(repo: Repository) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((repo.contracts / REPLAY).read_bytes())
    return found


# --- what it says -------------------------------------------------------------------------------


def test_a_version_is_put_forward_with_how_last_quarter_would_have_come_out(
    repo: Repository, file_regression: FileRegressionFixture
) -> None:
    unproposed(repo)
    put = run(repo, "propose", "--data", *EXPORTS).out
    signed = sign(repo, "vp_marketing").out
    file_regression.check(f"{put}\n{signed[: signed.index('the files as Git')]}")


def test_its_figures_are_those_of_two_checks(repo: Repository) -> None:
    """Judged over all days by `slacli check`, the months and the quarter itself say the same as the replay."""
    found = figures(repo)
    kinds = {one["id"] for one in found["owed"]}
    for side, by in (("before", ("--at", "HEAD")), ("after", ("--draft",))):
        told = report("check", *by, *EXPORTS, "--judge", "FY27-Q4", folder=repo.top)
        wanted: dict[str, Counter[str]] = {}
        for one in told["outcomes"]:
            if one["judged"] and one["duty"] in kinds:
                sums = wanted.setdefault(one["duty"], Counter())
                sums.update({name: one["counts"][name] for name in ("met", "missed", "unclear")})
                sums[f"in {one['status']}"] += 1
        got = {
            one["id"]: Counter({name: one[side][name] for name in ("met", "missed", "unclear")})
            + Counter({f"in {status}": count for status, count in one[side]["periods"].items()})
            for one in found["owed"]
            if one["kind"] != "goal"
        }
        assert {name: +sums for name, sums in wanted.items()} == {name: +got[name] for name in wanted}
        assert len(wanted) >= 9
        goals = {one["goal"]: one["status"] for one in told["goals"] if one["judged"]}
        assert goals
        mine = {one["id"]: list(one[side]["periods"]) for one in found["owed"] if one["kind"] == "goal"}
        assert {name: [status] for name, status in goals.items()} == {name: mine[name] for name in goals}


def test_terms_are_counted_over_the_days_of_the_period_alone(repo: Repository) -> None:
    """Recounted by plain Python from the file: opportunities by the day on which they were closed."""
    edit(repo, "definitions.yaml", ("margin: amount >= 10000", "margin: amount >= 20000"))
    for period, first, last in (("FY27-Q4", "2026-11-01", "2027-01-31"), ("2026-12", "2026-12-01", "2026-12-31")):
        run(repo, "propose", "--data", *EXPORTS, "--period", period)
        found = json.loads((repo.contracts / REPLAY).read_bytes())
        assert found["period"] == {"name": period, "first": first, "last": last}
        terms = {one["id"]: one for one in found["terms"]}
        with (FOLDER / "salesforce-opportunities.csv").open(encoding="utf-8", newline="") as file:
            rows = [one for one in csv.DictReader(file) if first <= one["CLOSEDATE"] <= last]
        won = [one for one in rows if one["STAGENAME"] == "Closed Won" and float(one["AMOUNT"]) > 0]
        assert 0 < len(won) < len(rows) < 71
        assert terms["sale"]["before"]["meets"] == terms["sale"]["after"]["meets"] == len(won)
        assert terms["lost"]["after"]["meets"] == sum(one["STAGENAME"] == "Closed Lost" for one in rows)
        dear, dearer = (sum(float(one["AMOUNT"]) >= least for one in won) for least in (10_000, 20_000))
        assert (terms["profitable"]["before"]["meets"], terms["profitable"]["after"]["meets"]) == (dear, dearer)
        assert (terms["profitable"]["leaves"], terms["profitable"]["enters"]) == (dear - dearer, 0)
        assert dear > dearer


def test_t23_it_holds_no_key_and_no_value_of_any_row_and_no_folder(repo: Repository) -> None:
    text = (repo.contracts / REPLAY).read_text("utf-8")
    values = set()
    for name in EXPORTS:
        with Path(name).open(encoding="utf-8", newline="") as file:
            values |= {cell for row in csv.DictReader(file) for cell in row.values() if cell and len(cell) > 9}
    # The day of the latest time, which the report is made as of, is the day on which some rows were closed.
    values.discard("2027-02-03")
    assert len(values) > 1000
    assert [cell for cell in values if cell in text] == []
    assert str(FOLDER) not in text
    assert '"salesforce-leads.csv"' in text


def test_whoever_signs_sees_it_on_the_page_too(repo: Repository) -> None:
    shutil.rmtree(repo.contracts / "signatures")
    repo.git("checkout", "--quiet", "HEAD~1", "--", "contracts")
    devices = {name: Device(name=name.encode()) for name in PEOPLE.values()}
    roster_of_passkeys(repo, devices)
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign_by(repo, role, Browser(devices[PEOPLE[role]]))
    repo.commit("Signed")
    second_version(repo)
    out = " ".join(run(repo, "propose", "--data", *EXPORTS).out.split())
    browser = Browser(devices["dana"])
    sign_by(repo, "vp_sales", browser)
    (page,) = browser.seen
    assert page["replayed"].startswith(
        "FY27-Q4 (2026-11-01 to 2027-01-31) by version 1 -> by version 2, as of 2027-02-03"
    )
    assert page["impact"][0].startswith("First touch: 92.9 % -> 56.4 % of 255")
    assert all(line in out for line in (page["replayed"], *page["impact"]))


def test_it_is_compared_with_the_version_in_force_and_not_with_one_that_waits(repo: Repository) -> None:
    found = figures(repo)
    run(repo, "propose", "--data", *EXPORTS)
    assert figures(repo) == found
    assert (found["version"], found["against"]["version"]) == (2, 1)


def test_a_moment_that_is_given_chooses_the_last_quarter_before_it(repo: Repository) -> None:
    run(repo, "propose", "--data", *EXPORTS, "--as-of", "2027-01-31")
    assert figures(repo)["period"]["name"] == "FY27-Q4"
    run(repo, "propose", "--data", *EXPORTS, "--as-of", "2027-01-30")
    found = json.loads((repo.contracts / REPLAY).read_bytes())
    assert (found["period"]["name"], found["as_of"]) == ("FY27-Q3", "2027-01-31T05:00:00Z")


def test_exports_come_by_standard_input_too(repo: Repository) -> None:
    unproposed(repo)
    stdin = (FOLDER / "salesforce-opportunities.csv").read_bytes()
    ran = slacli("propose", "--data", "opportunity=-", "--as-of", "2027-02-03", folder=repo.top, stdin=stdin)
    assert ran.code == 0, ran.text
    assert "come out as before." in ran.out


# --- what cannot be done --------------------------------------------------------------------------


def test_what_cannot_be_replayed_is_said_and_nothing_is_written(repo: Repository) -> None:
    unproposed(repo)
    for arguments, said in (
        (("leads.csv",), "takes no `leads.csv`"),
        (("--period", "FY27-Q4"), "a period is replayed on exports, and none is given"),
        (("--as-of", "2027-02-03"), "a period is replayed on exports, and none is given"),
        (("--data", *EXPORTS, "--period", "soon"), "`--period soon` names no period"),
        (("--data", *EXPORTS, "--period", "FY28-Q1"), "the period `FY28-Q1` is not over"),
        (("--data", *EXPORTS, "--period", "FY27-Q4", "--as-of", "2027-01-30"), "the period `FY27-Q4` is not over"),
        (("--data", *EXPORTS, "--as-of", "soon"), "is no day and no time"),
        (("--data", "nowhere.csv"), "nowhere.csv"),
        (("--data", EXPORTS[-1]), "no export holds a time"),
    ):
        ran = run(repo, "propose", *arguments, code=2)
        assert said in ran.err
        assert "help:" in ran.err
        assert not (repo.contracts / "signatures/versions/2.json").exists()


def test_a_first_version_has_nothing_to_stand_next_to(repo: Repository) -> None:
    shutil.rmtree(repo.contracts / "signatures")
    ran = run(repo, "propose", "--data", *EXPORTS, code=2)
    assert "no version before it was signed" in ran.err


# --- what verifying says of it --------------------------------------------------------------------


def signed(repo: Repository) -> str:
    for role in ("vp_sales", "vp_marketing", "ceo"):
        sign(repo, role)
    repo.commit("Second version")
    root: str = json.loads(run(repo, "status", "--format", "json").out)["roster"]["digest"]
    return root


def test_what_was_put_forward_with_data_is_signed_and_verifies(repo: Repository) -> None:
    assert "IN FORCE" in verify(repo, signed(repo), "--as-of", "2026-12-02").out


def test_t1_figures_that_are_gone_or_altered_let_nothing_be_relied_upon(repo: Repository) -> None:
    root = signed(repo)
    path = repo.contracts / REPLAY
    text = path.read_bytes()
    for other, said in (
        (None, "the replay that the manifest of version 2 names is gone"),
        (
            text.replace(b'"leaves":32', b'"leaves":31'),
            "the replay of version 2 is not the one that its manifest names",
        ),
        (text + b"\n", "the replay of version 2 is not the one that its manifest names"),
    ):
        path.unlink() if other is None else path.write_bytes(other)
        told = " ".join(verify(repo, root, code=1).out.split())
        assert "NOT TO BE RELIED UPON" in told
        assert f"error[altered-replay]: {said}" in told
        assert "signatures do not hold" in run(repo, "sign", "--as", "ceo", "--key", "x", "--yes", code=2).err
        path.write_bytes(text)
    verify(repo, root, "--as-of", "2026-12-02")


def test_t14_figures_that_were_signed_are_never_taken_away(repo: Repository) -> None:
    root = signed(repo)
    repo.git("branch", "before")
    (repo.contracts / REPLAY).unlink()
    repo.commit("Tidied")
    told = verify(repo, root, "--base", "before", code=1).out
    assert "rewritten-signatures" in told
    assert f"`{REPLAY}` is gone" in told


def test_figures_of_another_text_are_none(repo: Repository) -> None:
    manifest = repo.contracts / "signatures/versions/2.json"
    path = repo.contracts / REPLAY
    said = json.loads(path.read_bytes())
    for changes in (
        {"files": said["files"] | {"contract.yaml": f"sha256:{'0' * 64}"}},
        {"version": 3},
        {"revision": 1},
        {"contract": "other"},
        {"project": "5f0c2b1e-7a41-4d8e-9c55-0e1f6a2b3c4e"},
    ):
        path.write_bytes(rfc8785.dumps(said | changes))
        manifest.write_bytes(altered(manifest.read_bytes(), replay=canonical.digest(path.read_bytes())))
        assert "the replay of version 2 was made of another text" in sign(repo, "vp_sales", code=2).err
    path.write_bytes(b"{}")
    manifest.write_bytes(altered(manifest.read_bytes(), replay=canonical.digest(b"{}")))
    assert "the replay of version 2 cannot be read" in sign(repo, "vp_sales", code=2).err


def test_figures_that_no_manifest_names_are_stray(repo: Repository) -> None:
    root = signed(repo)
    for name in ("1.replay.json", "2.1.replay.json", "7.replay.json"):
        path = repo.contracts / "signatures/versions" / name
        path.write_bytes((repo.contracts / REPLAY).read_bytes())
        told = " ".join(verify(repo, root, code=1).out.split())
        assert f"error[stray-signature]: there is a replay of version {name.removesuffix('.replay.json')}" in told
        path.unlink()


def test_put_forward_again_the_same_text_keeps_its_figures_and_approvals(repo: Repository) -> None:
    sign(repo, "vp_sales")
    before = {path: path.read_bytes() for path in repo.contracts.rglob("signatures/**/*.json")}
    assert "removed" not in run(repo, "propose").out
    assert {path: path.read_bytes() for path in repo.contracts.rglob("signatures/**/*.json")} == before


def test_another_text_without_data_loses_them(repo: Repository) -> None:
    edit(repo, "definitions.yaml", ("budget >= 20000", "budget >= 25000"))
    run(repo, "propose")
    assert not (repo.contracts / REPLAY).exists()
    assert json.loads((repo.contracts / "signatures/versions/2.json").read_bytes())["replay"] is None
    sign(repo, "vp_sales")


# --- the statement --------------------------------------------------------------------------------

CONTRACT_TEXTS = {
    path.relative_to(ROOT / "contracts").as_posix(): path.read_bytes()
    for path in sorted((ROOT / "contracts").rglob("*.yaml"))
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    found = parse.parse(CONTRACT_TEXTS).contract
    assert found is not None
    return found


def a_replay(**changes: Any) -> Replay:
    digest = f"sha256:{'a' * 64}"
    values: dict[str, Any] = {
        "project": "5f0c2b1e-7a41-4d8e-9c55-0e1f6a2b3c4d", "contract": "acme", "version": 2, "revision": 0,
        "files": {"contract.yaml": digest, "definitions.yaml": digest}, "against": Head(1, 2, digest),
        "period": "FY27-Q4", "first": "2026-11-01", "last": "2027-01-31", "as_of": "2027-02-03T22:34:59Z",
        "exports": (ReplayedExport("lead", "leads.csv", digest, 1204),),
        "terms": (TermReplay("mql", "MQL", "lead", Cells(10, 2, 3), Cells(8, 2, 5), 1, 3),),
        "owed": (OwedReplay("first_touch", "First touch", "share", Sums({"met": 3}, 9, 1, 0), None),),
    }  # fmt: skip
    return Replay(**values | changes)


def test_a_replay_is_read_from_its_one_text() -> None:
    made = a_replay()
    assert statements.replay(made.text) == made
    assert made.name == "2"
    assert a_replay(revision=3).name == "2.3"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("against", None), ("against", {"version": 1, "revision": 0}), ("period", "FY27-Q4"),
        ("period", {"name": "FY27-Q4", "first": "2026-02-30", "last": "2027-01-31"}), ("as_of", "2027-02-03"),
        ("exports", []), ("exports", [{"record": "lead"}]), ("terms", {}), ("terms", [{"id": "mql"}]),
        ("owed", [None]), ("files", {}), ("version", 0), ("keys", []),
    ],
)  # fmt: skip
def test_t15_what_is_no_replay_is_refused(field: str, value: object) -> None:
    with pytest.raises(statements.Malformed):
        statements.replay(altered(a_replay().text, **{field: value}))


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ("terms", "enters", -1), ("terms", "leaves", True), ("terms", "keys", ["00Q1"]), ("terms", "title", "a\u2028b"),
        ("terms", "before", {"meets": 1, "unclear": 1}), ("owed", "kind", "ledger"), ("owed", "before", {}),
        ("owed", "before", {"met": 1, "missed": 0, "unclear": 0, "periods": {"fine": 1}}),
        ("owed", "before", {"met": 1, "missed": 0, "unclear": 0, "periods": {}}),
        ("exports", "rows", 1 << 53), ("exports", "digest", "sha256:abc"),
    ],
)  # fmt: skip
def test_t15_a_figure_that_is_none_is_refused(where: str, name: str, value: object) -> None:
    said = json.loads(a_replay().text)
    said[where][0][name] = value
    with pytest.raises(statements.Malformed):
        statements.replay(rfc8785.dumps(said) if value != 1 << 53 else json.dumps(said).encode())


# --- its sentences --------------------------------------------------------------------------------


def line(contract: Contract, kind: str, before: Sums | None, after: Sums | None) -> str:
    owed = OwedReplay("d", "Duty", kind, before, after)  # type: ignore[arg-type]
    return seen.figures(a_replay(terms=(), owed=(owed,)), contract).lines[0]


@pytest.mark.parametrize(
    ("kind", "before", "after", "said"),
    [
        ("share", Sums({"met": 1}, 9, 1), Sums({"missed": 1}, 8, 2), "90.0 % -> 80.0 % of 10 (met -> missed)"),
        ("share", Sums({"met": 1}, 9, 1), Sums({"met": 1}, 8, 1), "90.0 % of 10 -> 88.8 % of 9"),
        ("share", Sums({"met": 2}, 9, 1, 1), Sums({"met": 2}, 8, 2, 1), "90.0 % -> 80.0 % of 10 (1 unclear)"),
        (
            "share", Sums({"met": 2, "missed": 1}, 9, 1, 1), Sums({"missed": 3}, 8, 2, 4),
            "90.0 % -> 80.0 % of 10 (missed in 1 -> 3 of 3 periods; unclear 1 -> 4)",
        ),
        (
            "share", Sums({"met": 2}, 9, 1), Sums({"met": 1}, 9, 1),
            "90.0 % -> 90.0 % of 10 (met in 2 of 2 -> 1 of 1 periods)",
        ),
        ("share", Sums({"no data": 1}), Sums({"met": 1}, 9, 1), "no data -> met"),
        ("share", Sums({"no data": 1}), Sums({"no data": 1}, 0, 0, 3), "not the same rows"),
        ("share", Sums({"met": 3}, 9, 1), None, "90.0 % of 10 (met in 3 of 3 periods) -> not judged"),
        ("goal", None, Sums({"running": 1}), "not judged -> running"),
        ("goal", Sums({"met": 1}), Sums({"missed": 1}), "met -> missed"),
        ("number", Sums({"met": 1}, 271), Sums({"missed": 1}, 241), "271 -> 241 (met -> missed)"),
    ],
)  # fmt: skip
def test_a_duty_is_told_in_one_line(
    contract: Contract, kind: str, before: Sums | None, after: Sums | None, said: str
) -> None:
    assert line(contract, kind, before, after) == f"Duty: {said}"


def test_whose_data_which_period_and_as_of_when_stands_first(contract: Contract) -> None:
    told = seen.figures(a_replay(), contract)
    assert told.told == (
        "FY27-Q4 (2026-11-01 to 2027-01-31) by version 1.2 -> by version 2, as of 2027-02-03 17:34 America/New_York. "
        "Judged on leads.csv (1,204 rows)."
    )
    assert told.lines[0] == "MQL: 10 -> 8 rows meet it (3 leave, 1 enter; 2 unclear)"
    nothing = a_replay(terms=(), owed=())
    assert seen.figures(nothing, contract).lines == ("No row of the period was judged.",)
    same = a_replay(terms=(TermReplay("mql", "MQL", "lead", Cells(1, 0, 0), Cells(1, 0, 0), 0, 0),), owed=())
    assert seen.figures(same, contract).lines == ("1 term comes out as before.",)


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ("2027-02-01T04:59:59", "FY27-Q3"),  # one second before midnight in New York
        ("2027-02-01T05:00:00", "FY27-Q4"),
        ("2027-04-30T12:00:00", "FY27-Q4"),
        ("2027-05-01T04:00:00", "FY28-Q1"),
    ],
)
def test_the_last_whole_quarter_is_over_to_the_second(contract: Contract, moment: str, name: str) -> None:
    there = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    found = impact.last_quarter(there, contract)
    assert found.name == name
    assert found.last < there.date() or found.last == date(2027, 1, 31)
