"""The two closed texts that go to a person without a clone and come back: every field of them, from both sides."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from signing import CONTRACT, PROJECT

from slacli.core.trust import mail
from slacli.core.trust.mail import Answer, Broken, Request

DIGEST = f"sha256:{'a' * 64}"
PAGES = {"contract.yaml": "title: Größe\n", "definitions.yaml": ""}
APPROVAL = "signatures/approvals/2/ceo--kim.json"


def request_of(**changes: Any) -> bytes:
    """Write a request by hand, apart from the code that writes it."""
    return rfc8785.dumps({
        "_type": "slacli/request/v1", "project": PROJECT, "contract": CONTRACT, "title": "Acme", "person": "kim",
        "role": "ceo", "digest": DIGEST, "roster": DIGEST, "since": "1", "files": PAGES, "before": PAGES,
    } | changes)  # fmt: skip


def answer_of(**changes: Any) -> bytes:
    files = {APPROVAL: "{}", f"{APPROVAL}.sig": "x"}
    return rfc8785.dumps({
        "_type": "slacli/answer/v1", "project": PROJECT, "contract": CONTRACT, "person": "kim", "files": files,
    } | changes)  # fmt: skip


ENROLMENT: dict[str, Any] = {"role": None, "digest": None, "roster": None, "since": None, "files": {}, "before": {}}


def test_a_request_is_what_was_written() -> None:
    found = mail.request(request_of())
    assert found == Request(
        PROJECT, CONTRACT, "Acme", "kim", "ceo", DIGEST, DIGEST, "1",
        {name: text.encode() for name, text in PAGES.items()}, {name: text.encode() for name, text in PAGES.items()},
    )  # fmt: skip
    assert found.text == request_of()


def test_a_request_of_a_first_version_has_nothing_before_it() -> None:
    found = mail.request(request_of(since=None, before={}))
    assert (found.since, found.before) == (None, {})


def test_a_request_to_enrol_holds_no_text_at_all() -> None:
    found = mail.request(request_of(**ENROLMENT))
    assert (found.role, found.digest, found.roster, found.files) == (None, None, None, {})
    assert found.text == request_of(**ENROLMENT)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("project", "x"), ("project", None), ("contract", "Acme"), ("contract", 7), ("title", ""), ("title", 7),
        ("title", "x" * 1001), ("person", "../kim"), ("person", None), ("role", "CEO"), ("role", 7),
        ("digest", None), ("digest", "sha256:abc"), ("digest", 7), ("roster", None), ("roster", "sha256:abc"),
        ("roster", 7), ("files", {}), ("files", []), ("files", None), ("files", {"contract.yaml": 7}),
        ("files", {"waivers.yaml": ""}), ("before", {"waivers.yaml": ""}), ("before", []), ("before", {APPROVAL: ""}),
        ("since", None), ("since", 1),
    ],
)  # fmt: skip
def test_a_field_of_a_request_that_holds_something_else_is_named(field: str, value: object) -> None:
    with pytest.raises(Broken, match=f"its `{'since' if field == 'since' else field}` does not hold what it should"):
        mail.request(request_of(**{field: value}))


@pytest.mark.parametrize("field", ["digest", "roster", "files"])
def test_a_request_to_enrol_is_about_no_version(field: str) -> None:
    value = PAGES if field == "files" else DIGEST
    with pytest.raises(Broken, match=f"its `{field}` does not hold what it should"):
        mail.request(request_of(**ENROLMENT | {field: value}))


def test_a_version_before_is_named_where_its_text_is_there_and_not_otherwise() -> None:
    with pytest.raises(Broken, match="its `since` does not hold"):
        mail.request(request_of(before={}))


def test_a_title_has_one_letter_at_least_and_a_thousand_at_most() -> None:
    for title in ("x", "x" * 1000):
        assert mail.request(request_of(title=title)).title == title


@pytest.mark.parametrize("field", json.loads(request_of()))
def test_a_request_without_one_of_its_fields_is_none(field: str) -> None:
    said = json.loads(request_of())
    del said[field]
    with pytest.raises(Broken, match="is no request of slacli" if field == "_type" else "a field is missing"):
        mail.request(rfc8785.dumps(said))


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"7", answer_of(), request_of() + b"\n", request_of(_type="x")])
def test_what_is_no_request_is_refused(text: bytes) -> None:
    with pytest.raises(Broken, match="it is no request"):
        mail.request(text)


def test_one_field_more_is_refused_in_both() -> None:
    with pytest.raises(Broken, match="one is there that none has"):
        mail.request(request_of(note="hurry"))
    with pytest.raises(Broken, match="one is there that none has"):
        mail.answer(answer_of(note="hurry"))


def test_input_99_what_may_be_sent_may_be_read_and_no_byte_more() -> None:
    left = mail.MOST_BYTES - len(request_of(files={"contract.yaml": ""}))
    longest = request_of(files={"contract.yaml": "x" * left})
    assert len(longest) == mail.MOST_BYTES
    found = mail.request(longest)
    assert found.text == longest
    with pytest.raises(Broken, match="at most 8,388,608 are read"):
        mail.request(request_of(files={"contract.yaml": "x" * (left + 1)}))
    with pytest.raises(Broken, match="it would have 8,388,609 bytes"):
        _ = Request(PROJECT, CONTRACT, "Acme", "kim", "ceo", DIGEST, DIGEST, "1",
                    {"contract.yaml": b"x" * (left + 1)}, found.before).text  # fmt: skip


def test_a_file_that_is_no_text_goes_nowhere() -> None:
    with pytest.raises(Broken, match="no UTF-8 text"):
        _ = Request(PROJECT, CONTRACT, "Acme", "kim", files={"contract.yaml": b"\xff"}).text


@pytest.mark.parametrize(
    ("name", "page", "needed"),
    [
        ("contract.yaml", True, True), ("definitions.yaml", True, True), ("responsibilities.yaml", True, True),
        ("goals.yaml", True, True), ("holidays.yaml", True, True), ("bindings/leads.yaml", True, True),
        (f"bindings/a{'b' * 63}.yaml", True, True), (f"bindings/a{'b' * 64}.yaml", False, False),
        ("bindings/Leads.yaml", False, False), ("bindings/../leads.yaml", False, False),
        ("contract.yaml\n", False, False), ("contractxyaml", False, False), ("a/contract.yaml", False, False),
        ("waivers.yaml", False, False), ("disputes.yaml", False, False), ("leads.csv", False, False),
        ("", False, False),
        ("signatures/roster/1.json", False, True), (f"{APPROVAL}.sig", False, True),
        ("signatures/versions/1.json", False, True), ("signatures/delegations/a--b.json", False, True),
        ("signatures/enrolled/kim--abc.json", False, False), ("signatures/enrolledly/kim.json", False, True),
        ("signatures/x/../../evil", False, False), ("signatures/x/.evil", False, False), ("signatures/", False, False),
        ("signatures/x", False, False), ("asignatures/x/y", False, False), ("signatures/X/y", False, False),
    ],
)  # fmt: skip
def test_a_request_takes_the_agreement_and_what_is_signed_of_it(name: str, page: bool, needed: bool) -> None:
    assert (mail.is_page(name), mail.is_needed(name)) == (page, needed)


# --- answers -----------------------------------------------------------------------------------------


def test_an_answer_is_what_was_written() -> None:
    found = mail.answer(answer_of())
    assert found == Answer(PROJECT, CONTRACT, "kim", {APPROVAL: b"{}", f"{APPROVAL}.sig": b"x"})
    assert found.text == answer_of()


@pytest.mark.parametrize(
    "name",
    [
        "signatures/roster/1--kim.json.sig", "signatures/roster/12--kim.json.webauthn.json", APPROVAL,
        f"{APPROVAL}.sig", f"{APPROVAL}.webauthn.json", "signatures/approvals/2.13/vp_sales--kim.json",
        "signatures/enrolled/kim--0123456789ab.json", "signatures/enrolled/kim--0123456789ab.json.sig",
        "signatures/enrolled/kim--0123456789ab.json.webauthn.json",
    ],
)  # fmt: skip
def test_what_its_person_signs_comes_back(name: str) -> None:
    assert list(mail.answer(answer_of(files={name: ""})).files) == [name]


@pytest.mark.parametrize(
    "name",
    [
        "signatures/roster/1--kim.json", "signatures/roster/1.json", "signatures/roster/1--lee.json.sig",
        "signatures/roster/--kim.json.sig", "signatures/roster/1--kimxjson.sig", "signatures/roster/1--kim.jsonxsig",
        "signatures/roster/1--kim.json.webauthnxjson", "signatures/approvals/2/ceo--lee.json",
        "signatures/approvals/2/ceo--akim.json", "signatures/approvals/2/ceo--kim.json.sig.sig",
        "signatures/approvals/../ceo--kim.json", "signatures/approvals/./ceo--kim.json",
        "signatures/approvals/2./ceo--kim.json", "signatures/approvals/.2/ceo--kim.json",
        "signatures/approvals/2/CEO--kim.json",
        "signatures/approvals//ceo--kim.json", "signatures/enrolled/lee--0123456789ab.json",
        "signatures/enrolled/kim--0123456789a.json", "signatures/enrolled/kim--0123456789abc.json",
        "signatures/enrolled/kim--0123456789AB.json", "signatures/versions/2.json", "signatures/delegations/kim.json",
        f"x{APPROVAL}", f"{APPROVAL}\n", "contract.yaml", "",
    ],
)  # fmt: skip
def test_nothing_but_what_its_person_signs_comes_back(name: str) -> None:
    with pytest.raises(Broken, match="something else than what its person signs"):
        mail.answer(answer_of(files={APPROVAL: "{}", name: ""}))


@pytest.mark.parametrize("files", [{}, [], None, {APPROVAL: 7}, {APPROVAL: None}])
def test_an_answer_holds_files(files: object) -> None:
    with pytest.raises(Broken, match="its `files` hold something else"):
        mail.answer(answer_of(files=files))


@pytest.mark.parametrize(
    ("field", "value"),
    [("project", "x"), ("project", 7), ("contract", "A"), ("contract", 7), ("person", ".*"), ("person", None)],
)
def test_a_field_of_an_answer_that_holds_something_else_is_named(field: str, value: object) -> None:
    with pytest.raises(Broken, match=f"its `{field}` does not hold what it should"):
        mail.answer(answer_of(**{field: value}))


@pytest.mark.parametrize("field", json.loads(answer_of()))
def test_an_answer_without_one_of_its_fields_is_none(field: str) -> None:
    said = json.loads(answer_of())
    del said[field]
    with pytest.raises(Broken, match="is no answer of slacli" if field == "_type" else "a field is missing"):
        mail.answer(rfc8785.dumps(said))


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", request_of(), answer_of() + b" "])
def test_what_is_no_answer_is_refused(text: bytes) -> None:
    with pytest.raises(Broken, match="it is no answer"):
        mail.answer(text)


def test_what_was_read_cannot_be_changed() -> None:
    found = mail.request(request_of())
    for files in (found.files, found.before, mail.answer(answer_of()).files):
        with pytest.raises(TypeError):
            files["x"] = b""  # type: ignore[index]
