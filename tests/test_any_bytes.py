"""Whatever comes by mail or stands in a repository: it is read or refused by name, and never ends in a fault."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from signing import CONTRACT, PROJECT, agreed
from test_webauthn import EDDSA, GOOD, RS256, SPACE, TEXT, form

from slacli.core.trust import canonical, chain, mail, webauthn
from slacli.core.trust.sshsig import Refused

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
LONG_NUMBERS = (b"1" * 5000, b'{"_type":' + b"9" * 5000 + b"}", b"[-" + b"7" * 4301 + b"]")


@pytest.mark.parametrize("text", LONG_NUMBERS)
def test_a_number_of_thousands_of_digits_is_refused_as_all_else(text: bytes) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.decode(text)
    with pytest.raises(mail.Broken):
        mail.request(text)
    with pytest.raises(mail.Broken):
        mail.answer(text)
    with pytest.raises(Refused):
        webauthn.verify(text, TEXT, SPACE, [RS256])


@pytest.mark.parametrize("name", ["roster/1.json", "versions/1.json", "approvals/1/ceo--kim.json"])
@pytest.mark.parametrize("text", LONG_NUMBERS)
def test_a_statement_with_such_a_number_is_told_by_its_file(name: str, text: bytes) -> None:
    world = agreed()
    world.files[f"signatures/{name}"] = text
    found = chain.read(world.files, PROJECT, CONTRACT, world.pin)
    assert [one.rule for one in found.problems if one.at is not None and one.at.file == f"signatures/{name}"][:1] == [
        "bad-statement"
    ]


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    for read in (mail.request, mail.answer):
        with pytest.raises(mail.Broken):
            read(data)
    with pytest.raises(Refused):
        webauthn.verify(data, TEXT, SPACE, [RS256, EDDSA])


@given(st.sampled_from(sorted(json.loads(form(GOOD)))), JSON)
def test_any_value_in_a_field_of_a_signature_is_refused(name: str, value: object) -> None:
    with suppress(rfc8785.CanonicalizationError), pytest.raises(Refused):
        webauthn.verify(form(GOOD, **{name: value}), TEXT, SPACE, [RS256, EDDSA])


ASKED = mail.Request(PROJECT, CONTRACT, "Acme", "kim", "ceo", "sha256:" + "0" * 64, "sha256:" + "1" * 64, "1",
                     {"contract.yaml": b"x"}, {"contract.yaml": b"y"})  # fmt: skip
ANSWERED = mail.Answer(PROJECT, CONTRACT, "kim", {"signatures/roster/1--kim.json.sig": b"x"})


def test_a_request_and_an_answer_are_read_back_as_they_were() -> None:
    assert mail.request(ASKED.text) == ASKED
    assert mail.answer(ANSWERED.text) == ANSWERED


@given(st.data(), JSON)
def test_any_value_in_a_field_of_a_request_or_an_answer_is_read_or_refused(data: st.DataObject, value: object) -> None:
    for text, read in ((ASKED.text, mail.request), (ANSWERED.text, mail.answer)):
        said = json.loads(text)
        name = data.draw(st.sampled_from(sorted(said)))
        with suppress(rfc8785.CanonicalizationError):
            altered = rfc8785.dumps(said | {name: value})
            with suppress(mail.Broken):
                assert read(altered).text == altered
