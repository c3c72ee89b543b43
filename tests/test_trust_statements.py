"""Each field of what people sign, from both sides of each limit: what is written is read back, what is odd refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import rfc8785
from devices import Device
from signing import CONTRACT, FILES, PROJECT, ROLES, key_of, sha, text_of

from slacli.core.trust import statements
from slacli.core.trust.statements import Malformed

MANIFEST: Mapping[str, Any] = {
    "_type": "slacli/manifest/v1", "project": PROJECT, "contract": CONTRACT, "version": 3, "revision": 2,
    "effective": "2026-11-01", "expires": "2027-10-31", "time_zone": "UTC",
    "sign_off": ["ceo", "vp_sales"], "stewards": ["revops"], "files": dict(FILES), "previous": sha(b"2"),
    "replay": sha(b"replay"),
}  # fmt: skip
APPROVAL: Mapping[str, Any] = {
    "_type": "slacli/approval/v1", "project": PROJECT, "contract": CONTRACT, "version": 3, "revision": 2,
    "digest": sha(b"3"), "role": "ceo", "signer": "kim", "roster": sha(b"roster"), "at": "2026-11-02T15:00:00Z",
    "decision": "reject", "reason": "too much for one quarter",
}  # fmt: skip
ROSTER: Mapping[str, Any] = {
    "_type": "slacli/roster/v1", "project": PROJECT, "version": 2, "previous": sha(b"1"),
    "root": {"members": ["dana", "kim"], "threshold": 2},
    "people": {
        "dana": [{"key": text_of(key_of("dana")), "verified": False}, {"key": Device("dana").text, "verified": True}],
        "kim": [{"key": text_of(key_of("kim")), "verified": False}],
        "lee": [{"key": text_of(key_of("lee")), "verified": False}],
        "sam": [{"key": text_of(key_of("sam")), "verified": False}],
    },
    "roles": ROLES, "require": ["vp_marketing", "vp_sales"],
    "head": {"version": 3, "revision": 2, "digest": sha(b"3")},
}  # fmt: skip
ENROLMENT: Mapping[str, Any] = {
    "_type": "slacli/enrol/v1", "project": PROJECT, "person": "kim", "key": text_of(key_of("kim")),
    "at": "2026-11-02T15:00:00Z",
}  # fmt: skip

KINDS: Mapping[str, tuple[Mapping[str, Any], Callable[[bytes], Any]]] = {
    "manifest": (MANIFEST, statements.manifest),
    "approval": (APPROVAL, statements.approval),
    "roster": (ROSTER, statements.roster),
    "enrolment": (ENROLMENT, statements.enrolment),
}

NAMES = (["a"], ["a", "b_2", "c"], [f"r{number:04}" for number in range(1000)])
NO_NAMES = (
    ["b", "a"], ["a", "a"], ["A"], ["1a"], ["a-b"], ["a b"], ["a/b"], ["../x"], ["%2e"], ["a\n"], ["ü"], [""], ["a", 1],
    [None], [["a"]], "a", {"a": 1}, None, 1, [f"r{number:04}" for number in range(1001)],
)  # fmt: skip
IDS = ("a", "z" * 64, "a_1")
NO_IDS = ("", "z" * 65, "A", "1a", "_a", "a-b", "a.b", "a b", "../x", "%2e", "a\n", "а", "ａ", None, 1, ["a"], True)
DIGESTS = (sha(b"x"), "sha256:" + "0" * 64)
NO_DIGESTS = (
    "", sha(b"x")[:-1], sha(b"x") + "0", sha(b"x").upper(), sha(b"x").removeprefix("sha256:"), sha(b"x") + "\n",
    sha(b"x").replace("sha256", "sha512"), 1, ["sha256:"],
)  # fmt: skip
PROJECTS = ("00000000-0000-0000-0000-000000000000",)
NO_PROJECTS = ("", PROJECT.upper(), PROJECT[:-1], PROJECT + "0", PROJECT.replace("-", ""), f"{{{PROJECT}}}", None, 1)
MOMENTS = ("2024-02-29T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z")
NO_MOMENTS = (
    "2026-02-29T00:00:00Z", "2026-11-02", "2026-11-02T15:00:00", "2026-11-02T15:00:00+00:00", "2026-11-02T15:00:00.0Z",
    "2026-11-02 15:00:00Z", "2026-11-02T24:00:00Z", "2026-11-02T15:60:00Z", "2026-11-2T15:00:00Z", "", None, 1,
    "2026-11-02T15:00:00Z\n", "２026-11-02T15:00:00Z", "0000-01-01T00:00:00Z", "2026-13-01T00:00:00Z",
)  # fmt: skip
DAYS = ("2024-02-29", "9999-12-31")
NO_DAYS = (
    "2026-02-29", "2026-11-1", "2026/11/01", "", "2026-11-01T00:00:00Z", 1, "٢٠٢٦-11-01", "2026-11-01\n", True,
    "2026-00-01",
)  # fmt: skip
COUNTS = (1, 1_000_000)
NO_COUNTS = (0, -1, 1_000_001, "1", None, True, [1])
FROM_NONE = (0, *COUNTS)
NO_FROM_NONE = (-1, 1_000_001, "1", None, False)
SHORT = ("", "x" * 500, "Europe/Zürich")
NO_SHORT = ("x" * 501, "a\nb", "a\u202eb", "\x1b[2J", "a\u2028b", None, 1, ["x"])
KEY = {"key": text_of(key_of("pat")), "verified": False}
HEAD = ROSTER["head"]

GOOD: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "manifest": {
        "project": PROJECTS, "contract": IDS, "version": COUNTS, "revision": FROM_NONE, "effective": DAYS,
        "expires": (*DAYS, None), "time_zone": SHORT, "sign_off": ([], *NAMES), "stewards": ([], *NAMES),
        "files": ({name: FILES[name] for name in ("contract.yaml", "definitions.yaml")},
                  FILES | {f"{name}.yaml": sha(b"x") for name in ("responsibilities", "goals", "holidays")},
                  FILES | {f"bindings/b{number}.yaml": sha(b"x") for number in range(997)}),
        "previous": (*DIGESTS, None), "replay": (*DIGESTS, None),
    },
    "approval": {
        "project": PROJECTS, "contract": IDS, "version": COUNTS, "revision": FROM_NONE, "digest": DIGESTS, "role": IDS,
        "signer": IDS, "roster": DIGESTS, "at": MOMENTS, "decision": ("approve", "reject"), "reason": SHORT,
    },
    "roster": {
        "project": PROJECTS, "version": COUNTS, "previous": (*DIGESTS, None),
        "root": ({"members": ["dana"], "threshold": 1}, {"members": ["dana", "kim"], "threshold": 1}),
        "people": (ROSTER["people"] | {"pat": [KEY]},
                   ROSTER["people"] | {"pat": [{"key": text_of(key_of(f"pat {n}")), "verified": True}
                                               for n in range(20)]}),
        "roles": (ROLES | {"z" * 64: ["dana", "kim"]},), "require": ([], ["ceo"]), "head": (None, HEAD),
    },
    "enrolment": {
        "project": PROJECTS, "person": IDS, "key": (Device("kim").text, text_of(key_of("sam"))), "at": MOMENTS,
    },
}  # fmt: skip
NO_KEYS = (
    [], {}, None, "x", [KEY["key"]], [{"key": KEY["key"]}], [KEY | {"note": "x"}], [KEY | {"verified": 1}],
    [["key", "verified"]], ["key"],
    [KEY | {"verified": None}], [KEY | {"key": 1}], [KEY | {"key": ""}], [KEY | {"key": "ssh-ed25519 AAAA"}],
    [KEY | {"key": f"{KEY['key']} a comment"}], [KEY, KEY], [KEY, {}],
    [{"key": text_of(key_of(f"pat {number}")), "verified": False} for number in range(21)],
)  # fmt: skip
BAD: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "manifest": {
        "project": NO_PROJECTS, "contract": NO_IDS, "version": NO_COUNTS, "revision": NO_FROM_NONE,
        "effective": (*NO_DAYS, None), "expires": NO_DAYS, "time_zone": NO_SHORT, "sign_off": NO_NAMES,
        "stewards": NO_NAMES, "previous": NO_DIGESTS, "replay": NO_DIGESTS,
        "files": (
            {}, [], None, "x", {"contract.yaml": sha(b"x")}, {"contract.yaml": sha(b"x"), "goals.yaml": sha(b"x")},
            {"definitions.yaml": sha(b"x"), "goals.yaml": sha(b"x")},
            *(FILES | {"goals.yaml": one} for one in NO_DIGESTS),
            *(FILES | {name: sha(b"x")} for name in (
                "evidence.yaml", "disputes.yaml", "waivers.yaml", "signatures/x.yaml", "bindings/../x.yaml",
                "bindings/X.yaml", "bindings/a/b.yaml", "goals.yml", "goals.yaml\n", "/goals.yaml", "goalsxyaml",
                "bindings/a.yaml.bak", f"bindings/{'a' * 65}.yaml", "")),
            FILES | {f"bindings/b{number}.yaml": sha(b"x") for number in range(998)},
        ),
    },
    "approval": {
        "project": NO_PROJECTS, "contract": NO_IDS, "version": NO_COUNTS, "revision": NO_FROM_NONE,
        "digest": (*NO_DIGESTS, None), "role": NO_IDS, "signer": NO_IDS, "roster": (*NO_DIGESTS, None),
        "at": NO_MOMENTS, "decision": ("", "Approve", "approved", None, True, ["approve"]), "reason": NO_SHORT,
    },
    "roster": {
        "project": NO_PROJECTS, "version": NO_COUNTS, "previous": NO_DIGESTS,
        "root": (
            None, [], {}, {"members": ["dana"]}, {"threshold": 1}, {"members": [], "threshold": 1},
            {"members": ["dana"], "threshold": 1, "note": 1}, {"members": ["pat"], "threshold": 1},
            {"members": ["dana", "kim"], "threshold": 3},
            *({"members": ["dana", "kim"], "threshold": one} for one in NO_COUNTS),
            *({"members": one, "threshold": 1} for one in NO_NAMES),
        ),
        "people": ({}, [], None, *(ROSTER["people"] | {"pat": one} for one in NO_KEYS),
                   *(ROSTER["people"] | {one: [KEY]} for one in NO_IDS if isinstance(one, str)),
                   ROSTER["people"] | {"pat": ROSTER["people"]["kim"]}),
        "roles": ({}, [], None, ROLES | {"ceo": []}, ROLES | {"ceo": ["pat"]},
                  *(ROLES | {"ceo": one} for one in NO_NAMES),
                  *(ROLES | {one: ["kim"]} for one in NO_IDS if isinstance(one, str))),
        "require": (*NO_NAMES, ["nobody"], ["ceo", "nobody"]),
        "head": ([], {}, "x", 1, {"version": 3, "revision": 2}, HEAD | {"note": 1},
                 *(HEAD | {"version": one} for one in NO_COUNTS), *(HEAD | {"revision": one} for one in NO_FROM_NONE),
                 *(HEAD | {"digest": one} for one in NO_DIGESTS)),
    },
    "enrolment": {
        "project": NO_PROJECTS, "person": NO_IDS, "at": NO_MOMENTS,
        "key": ("", "x", "ssh-ed25519 AAAA", f"{text_of(key_of('kim'))} a comment", None, 1, [text_of(key_of("kim"))]),
    },
}  # fmt: skip


def cases(values: Mapping[str, Mapping[str, tuple[Any, ...]]]) -> list[Any]:
    return [
        pytest.param(kind, field, value, id=f"{kind}-{field}-{number}")
        for kind, fields in values.items()
        for field, given in fields.items()
        for number, value in enumerate(given)
    ]


def test_every_field_of_every_kind_is_tried_from_both_sides() -> None:
    for kind, (whole, _) in KINDS.items():
        assert set(GOOD[kind]) == set(BAD[kind]) == set(whole) - {"_type"}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_is_written_back_to_the_byte(kind: str) -> None:
    whole, reads = KINDS[kind]
    text = rfc8785.dumps(dict(whole))
    assert reads(text).text == text


@pytest.mark.parametrize(("kind", "field", "value"), cases(GOOD))
def test_a_value_within_its_limits_is_read_and_written_back(kind: str, field: str, value: Any) -> None:
    whole, reads = KINDS[kind]
    text = rfc8785.dumps({**whole, field: value})
    assert reads(text).text == text


@pytest.mark.parametrize(("kind", "field", "value"), cases(BAD))
def test_input_78_82_a_value_beyond_its_limits_is_refused(kind: str, field: str, value: Any) -> None:
    whole, reads = KINDS[kind]
    with pytest.raises(Malformed) as told:
        reads(rfc8785.dumps({**whole, field: value}))
    said = str(told.value)
    assert said.isprintable()
    assert len(said) < 200
    if not (isinstance(value, dict | list) or field == "key"):
        assert said == f"its field `{field}` does not hold what it should"


@pytest.mark.parametrize("kind", KINDS)
def test_t15_a_statement_has_exactly_the_fields_of_its_kind(kind: str) -> None:
    whole, reads = KINDS[kind]
    for field in set(whole) - {"_type"}:
        with pytest.raises(Malformed, match=rf"^its field `{field}` is missing$"):
            reads(rfc8785.dumps({name: value for name, value in whole.items() if name != field}))
    with pytest.raises(Malformed, match=r"^it has a field that its kind does not have$"):
        reads(rfc8785.dumps({**whole, "note": "x"}))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_t3_a_statement_of_one_kind_is_none_of_another(kind: str, other: str) -> None:
    text = rfc8785.dumps(dict(KINDS[kind][0]))
    if kind == other:
        assert KINDS[other][1](text).text == text
    else:
        with pytest.raises(Malformed, match="it is no statement of the kind"):
            KINDS[other][1](text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [b"[]", b'"x"', b"null", b"{}", b'{"_type":"slacli/manifest/v2"}', b"x", b"\xff"])
def test_what_is_no_statement_at_all_is_refused(kind: str, text: bytes) -> None:
    with pytest.raises(Malformed):
        KINDS[kind][1](text)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"people": {**ROSTER["people"], "pat": ROSTER["people"]["kim"]}},
            "one key stands under `kim` and under `pat`",
        ),
        ({"people": {**ROSTER["people"], "pat": [KEY, KEY]}}, "one key stands under `pat` and under `pat`"),
        ({"root": {"members": ["pat"], "threshold": 1}}, "it names `pat`, who has no key in it"),
        ({"roles": {**ROLES, "ceo": ["pat", "zoe"]}}, "it names `pat`, who has no key in it"),
        ({"require": ["ceo", "cfo"]}, "it requires the role `cfo`, which nobody holds"),
        ({"root": {"members": ["dana"], "threshold": 2}}, "it takes more people to change it than there are"),
    ],
)
def test_input_76_79_a_roster_that_makes_no_sense_says_why(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Malformed) as told:
        statements.roster(rfc8785.dumps({**ROSTER, **changes}))
    assert str(told.value) == says


@pytest.mark.parametrize("missing", ["contract.yaml", "definitions.yaml"])
def test_a_manifest_covers_the_cover_and_the_definitions(missing: str) -> None:
    files = {name: digest for name, digest in (FILES | {"goals.yaml": sha(b"x")}).items() if name != missing}
    with pytest.raises(Malformed, match=r"names no cover, or no definitions$"):
        statements.manifest(rfc8785.dumps({**MANIFEST, "files": files}))


def test_the_name_of_a_version_has_its_revision_where_it_is_one() -> None:
    names = {
        statements.manifest(rfc8785.dumps({**MANIFEST, "revision": revision})).name for revision in (0, 1, 12)
    }  # fmt: skip
    assert names == {"3", "3.1", "3.12"}


def test_what_is_read_cannot_be_changed() -> None:
    roster = statements.roster(rfc8785.dumps(dict(ROSTER)))
    manifest = statements.manifest(rfc8785.dumps(dict(MANIFEST)))
    for mapping in (roster.people, roster.roles, manifest.files):
        with pytest.raises(TypeError):
            mapping["x"] = ()  # type: ignore[index]
    with pytest.raises(AttributeError):
        roster.threshold = 1  # type: ignore[misc]


def test_keys_keep_their_order_and_whether_they_must_recognise() -> None:
    roster = statements.roster(rfc8785.dumps(dict(ROSTER)))
    assert [one.verified for one in roster.people["dana"]] == [False, True]
    assert [one.key.hardware for one in roster.people["dana"]] == [False, True]
    assert roster.head == statements.Head(3, 2, sha(b"3"))
