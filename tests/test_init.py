"""`slacli init`: what it begins is valid as it stands, rests on what exports hold, and overwrites nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from commands import report, slacli
from pytest_regressions.file_regression import FileRegressionFixture

ROOT = Path(__file__).parent.parent
EXPORTS = ROOT / "examples" / "exports"
CHANGING = re.compile(r"(project: )[0-9a-f-]{36}|[0-9]{4}(?=-[01][0-9]-[0-3][0-9])")
FILES = ("contract.yaml", "definitions.yaml", "responsibilities.yaml", "goals.yaml")


def shown(folder: Path) -> str:
    """Give every file of a folder, without what changes from run to run."""
    texts = [
        f"--- {path.relative_to(folder)}\n{path.read_text('utf-8')}"
        for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".csv"
    ]  # fmt: skip
    return CHANGING.sub(lambda found: f"{found[1] or ''}…", "".join(texts))


def test_a_contract_is_begun_without_anything(tmp_path: Path, file_regression: FileRegressionFixture) -> None:
    ran = slacli("init", "--ci", "github", folder=tmp_path)
    assert ran.code == 0
    file_regression.check(shown(tmp_path), extension=".txt", basename="bare", encoding="utf-8")


def test_what_is_begun_has_no_finding_but_that_no_export_is_bound(tmp_path: Path) -> None:
    slacli("init", folder=tmp_path)
    found = report("validate", folder=tmp_path, code=0)
    assert [one["rule"] for one in found["findings"]] == ["unmeasurable-duty"]
    assert slacli("show", folder=tmp_path).code == 0


def test_a_contract_is_begun_from_exports(tmp_path: Path, file_regression: FileRegressionFixture) -> None:
    exports = ["salesforce-leads.csv", "salesforce-opportunities.csv"]
    for name in exports:
        shutil.copy(EXPORTS / name, tmp_path)
    ran = slacli("init", "--yes", "--zone", "America/New_York", "--sales-from", "SAL", *exports, folder=tmp_path)
    assert ran.code == 0
    told = re.sub(r"(?ms)^(?!wrote|  salesforce_).*", "", ran.out)
    file_regression.check(told + shown(tmp_path), extension=".txt", basename="exports", encoding="utf-8")
    assert slacli("validate", folder=tmp_path).code == 0
    assert "salesforce-opportunities.csv 71 rows, all judged" in ran.out


def test_what_exports_cannot_say_is_an_open_question(tmp_path: Path) -> None:
    leads = tmp_path / "Lead.csv"
    rows = "".join(f"{n},p{n}@x.org,{'Open' if n % 2 else 'Working'},2026-01-31 10:00:00\n" for n in range(1, 25))
    leads.write_text(f"Id,Email,Status,CreatedDate\n{rows}", encoding="utf-8")
    ran = slacli("init", "--yes", "--sales-from", "Working", "contracts", "Lead.csv", folder=tmp_path)
    assert ran.code == 1
    assert ran.out.endswith("""\
  open, and asked behind each `?` in its file:
    definitions.yaml: terms.mql.marked: which leads does the CRM call qualified?
    bindings/lead.yaml: reads.time_zone: in which time zone are the times of "CreatedDate" written?
  then: slacli validate
""")
    told = slacli("validate", folder=tmp_path)
    assert re.findall(r"error\[([a-z-]+)\]: (.*)", told.out) == [
        ("open-question", "`time_zone` of the binding `lead` is still open: in which time zone are the"),
        ("open-question", "`marked` of `mql` is still open: which leads does the CRM call qualified"),
    ]
    for path in (tmp_path / "contracts" / "bindings" / "lead.yaml", tmp_path / "contracts" / "definitions.yaml"):
        text = path.read_text("utf-8").replace('marked: "?"', "marked: status = 'Working'").replace('"?"', "UTC")
        path.write_text(text, encoding="utf-8")
    assert slacli("validate", folder=tmp_path).code == 0
    assert slacli("check", "Lead.csv", folder=tmp_path).code in {0, 1}


def test_a_contract_in_which_nothing_is_open_ends_with_a_first_check(tmp_path: Path) -> None:
    leads = tmp_path / "leads.csv"
    leads.write_text(
        "Lead ID,Email,Company,Lead Source,Created Date,Qualified At\n"
        + "".join(
            f"{n},p{n}@x.org,Acme {n},{'Web' if n % 2 else 'Event'},2026-0{n % 6 + 1}-11,\n" for n in range(1, 25)
        ),
        encoding="utf-8",
    )
    ran = slacli("init", "--yes", "agreement", "leads.csv", folder=tmp_path)
    assert ran.code == 0
    assert "leads: 6 columns: 6 matched, 0 not used, 0 questions\n" in ran.out
    assert "leads.csv 24 rows, all judged" in ran.out
    assert "one_of: [Event, Web]" in (tmp_path / "agreement" / "definitions.yaml").read_text("utf-8")


def test_nothing_that_could_name_a_person_stands_in_what_is_begun(tmp_path: Path) -> None:
    export = tmp_path / "people.csv"
    owners = ("Ann Lee", "Bob Ray")
    export.write_text(
        "Id,Lead Owner,Contact Name,Phone,Email,Job Title,Status\n"
        + "".join(f"{n},{owners[n % 2]},Cy Doe,+1 555 0100,cy@x.org,Head of Sales,Open\n" for n in range(40)),
        encoding="utf-8",
    )
    slacli("init", "--yes", "contracts", str(export), folder=tmp_path)
    export.unlink()
    text = shown(tmp_path)
    assert "people" in text
    assert [word for word in (*owners, "Cy Doe", "555", "cy@", "Head of Sales") if word in text] == []
    fields = yaml.safe_load((tmp_path / "contracts" / "definitions.yaml").read_text("utf-8"))["records"]
    own = next(
        record["fields"] for record in fields.values() if "phone" in record["fields"] or "email" in record["fields"]
    )
    assert all(own[name].get("personal") for name in own if name in {"email", "phone", "lead_owner", "contact_name"})


def test_options_say_what_nobody_is_asked(tmp_path: Path) -> None:
    slacli("init", "--title", "Our pact", "--zone", "Europe/London", "--fiscal", "april", "--currency", "GBP",
           "--sales-signs", "Head of Sales", "--marked", "status = 'MQL'", "pact", folder=tmp_path)  # fmt: skip
    cover = yaml.safe_load((tmp_path / "pact" / "contract.yaml").read_text("utf-8"))
    assert (cover["title"], cover["id"], cover["time_zone"], cover["currency"]) == (
        "Our pact", "our_pact", "Europe/London", "GBP"
    )  # fmt: skip
    assert cover["fiscal_year"] == {"starts": "april"}
    assert cover["sign_off"]["sales"]["title"] == "Head of Sales"
    terms = yaml.safe_load((tmp_path / "pact" / "definitions.yaml").read_text("utf-8"))["terms"]
    assert terms["mql"]["marked"] == "status = 'MQL'"
    assert slacli("validate", "--contract", "pact", folder=tmp_path).code == 0


def test_every_agreement_gets_an_id_of_its_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        slacli("init", name, folder=tmp_path)
    one, two = (
        yaml.safe_load((tmp_path / name / "contract.yaml").read_text("utf-8"))["project"] for name in ("one", "two")
    )
    assert one != two


@pytest.mark.parametrize("name", [*FILES, "bindings/leads.yaml"])
def test_a_file_that_is_there_is_never_overwritten_and_nothing_else_is_written(name: str, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("Lead ID,Email\n1,a@x.org\n", encoding="utf-8")
    path = tmp_path / "contracts" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine\n", encoding="utf-8")
    before = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
    ran = slacli("init", "contracts", "leads.csv", folder=tmp_path)
    if ran.code == 2:
        assert ran.err.startswith(f"could not run: `contracts/{name}` is there already\n")
        assert {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()} == before
    assert path.read_text("utf-8") == "mine\n"


def test_attributes_of_git_that_are_there_are_kept_and_the_line_is_told(tmp_path: Path) -> None:
    (tmp_path / ".gitattributes").write_text("*.png binary\n", encoding="utf-8")
    ran = slacli("init", folder=tmp_path)
    assert "add to `.gitattributes`: `contracts/** diff=slacli eol=lf`" in ran.out
    assert (tmp_path / ".gitattributes").read_text("utf-8") == "*.png binary\n"


def test_git_takes_the_attributes(tmp_path: Path) -> None:
    slacli("init", folder=tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    command = ["git", "-C", str(tmp_path), "check-attr", "diff", "eol", "--", "contracts/bindings/leads.yaml"]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "diff: slacli" in found
    assert "eol: lf" in found


def test_the_workflow_is_yaml_and_may_only_read(tmp_path: Path) -> None:
    slacli("init", "--ci", "github", folder=tmp_path)
    text = (tmp_path / ".github" / "workflows" / "slacli.yml").read_text("utf-8")
    found = yaml.safe_load(text)
    assert found["permissions"] == {"contents": "read"}
    steps = found["jobs"]["agreement"]["steps"]
    assert steps[0]["with"] == {"fetch-depth": 0, "persist-credentials": False}
    commands = "\n".join(step.get("run", "") for step in steps)
    assert re.findall(r"slacli (\w+) ", commands) == ["validate", "diff", "check", "check"]
    # What a pull request says never becomes part of a command.
    assert "${{" not in commands


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("contracts", "nothing.csv"), "there is no file `nothing.csv`"),
        (("--zone", "Mars/Olympus"), "`Mars/Olympus` is not a time zone of the zone database"),
        (("--currency", "dollars"), "`currency` should be"),
        (("--marked", "status = "), ""),
        (("--fiscal", "smarch"), "`--fiscal` takes"),
    ],
)
def test_what_cannot_be_begun(arguments: tuple[str, ...], what: str, tmp_path: Path) -> None:
    ran = slacli("init", *arguments, folder=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("could not run: ")
    assert what in ran.err
    assert [*tmp_path.rglob("*")] == []
