"""What a plain word in a contract is: a number, a day, a yes or no, or text, and nothing that readers of YAML dispute.

It knows where YAML 1.1 and 1.2 part: `no` and `NO`, `17:00`, `012`, `1_000`, `1e3`. It allows what all of them read
alike and asks for quotes around the rest, instead of listing what is wrong.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from slacli.core.text.remarks import Remark
from slacli.core.wording import sanitised
from slacli.findings import Severity, reported

QUOTE_THIS = reported(
    Severity.ERROR,
    "quote-this",
    """A word without quotes is read in one way by some programs and in another way by others.

    Why: `no` is text or "false", `17:00` is text or the number 1020, `012` is 12 or 10: it depends on the version of
    YAML. What is signed must mean the same to every reader.
    Bad:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: 17:00
            until: 2027-02-28
    Good:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: "17:00"
            until: 2027-02-28
    """,
)
NO_SUCH_DAY = reported(
    Severity.ERROR,
    "no-such-day",
    """A date names a day or a month that no calendar has.

    Why: a promise that starts or ends on 30 February starts or ends on no day at all.
    Bad:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The form was down on two days.
            until: 2027-02-29
    Good:
        # file: waivers.yaml
        waivers:
          - finding: 4f1d09ab22c7
            granted_by: marketing
            because: The form was down on two days.
            until: 2027-02-28
    """,
)
RULES = (QUOTE_THIS, NO_SUCH_DAY)

Plain = str | int | Decimal | bool | None

_CERTAIN: dict[str, Plain] = {"": None, "null": None, "true": True, "false": False}
_DISPUTED = {
    **dict.fromkeys(("y", "yes", "on", "true"), "true"),
    **dict.fromkeys(("n", "no", "off", "false"), "false"),
    **dict.fromkeys(("null", "~"), "null"),
}
_LETTERS = {"y", "n"}  # one page of YAML 1.1 has them among the booleans; as keys no program reads them so
_LONGEST_DISPUTED = 5
_MOST_DIGITS = 18
_LONGEST_DECIMAL = 40

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
_DAYS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:\.\.[0-9]{4}-[0-9]{2}-[0-9]{2})?")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_LIKE_A_NUMBER = re.compile(
    r"""(?=.*[0-9.])[0-9.,:+_eExo-]+        # decimals, exponents, octal, sexagesimals, any marks between thousands
    | [-+]?0[xXoObB][0-9a-fA-F_]+           # hexadecimal, octal, binary
    | [-+]?\.(?:inf|nan)                    # no number at all""",
    re.VERBOSE | re.IGNORECASE,
)
_LIKE_A_TIME = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9][0-9:.,TtZz+\- \t]*")


def plain(text: str) -> tuple[Plain, Remark | None]:
    """Give what a scalar without quotes says, with a remark where not every reader of YAML would say the same.

    What is remarked on is given as its text.
    """
    if text in _CERTAIN:
        return _CERTAIN[text], None
    first = text[0]
    if first not in "-+.,:?=<~0123456789":
        doubtful = len(text) <= _LONGEST_DISPUTED and text.casefold() in _DISPUTED
        return text, _disputed(text) if doubtful else None
    if _INTEGER.fullmatch(text):
        digits = len(text.lstrip("-"))
        return (int(text), None) if digits <= _MOST_DIGITS else (text, _too_long(text, f"{digits} digits"))
    if _DECIMAL.fullmatch(text):
        size = len(text)
        return (Decimal(text), None) if size <= _LONGEST_DECIMAL else (text, _too_long(text, f"{size} characters"))
    if _DAYS.fullmatch(text):
        missing = next((day for day in text.split("..") if not _exists(day)), None)
        return text, None if missing is None else _no_such(missing, "day")
    if _MONTH.fullmatch(text):
        return text, None if "01" <= text[5:] <= "12" else _no_such(text, "month")
    return text, _doubt(text)


def key(text: str) -> Remark | None:
    """Give a remark where a key without quotes would not be the same text to every reader."""
    if text in _LETTERS:
        return None
    value, remark = plain(text)
    if remark is not None or isinstance(value, str):
        return remark
    if isinstance(value, int) and not isinstance(value, bool) and str(value) == text:
        return None
    kind = "a number" if isinstance(value, int | Decimal) and not isinstance(value, bool) else "no text"
    return Remark(
        QUOTE_THIS,
        f"the key {_shown(text)} is {kind} to some readers of YAML",
        label="without quotes",
        help=f"write `{in_quotes(text)}`, or choose another name",
    )


def no_item(begins: int) -> Remark:
    """Say that a line which begins like an item of a list is the end of the text above it."""
    return Remark(
        QUOTE_THIS,
        f"this line continues the text of line {begins}, and is no item of a list",
        label="an item or text?",
        help="start it exactly below the `-` above, or put the whole text in quotes",
    )


def in_quotes(text: str) -> str:
    """Give the text as YAML writes it in quotes."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _exists(day: str) -> bool:
    try:
        date(*map(int, day.split("-")))
    except ValueError:
        return False
    return True


def _doubt(text: str) -> Remark | None:
    if text == "~":
        return _disputed(text)
    if _LIKE_A_NUMBER.fullmatch(text):
        meant = _number_meant(text)
        return Remark(
            QUOTE_THIS,
            f"{_shown(text)} can be read as a number or as text",
            label="number or text?",
            help=f"write `{meant}`, or `{in_quotes(text)}` where the text is meant"
            if meant
            else f"write `{in_quotes(text)}`",
        )
    if _LIKE_A_TIME.fullmatch(text):
        return _unclear(text, "a time")
    if text[0] in ":?" or text in {"=", "<<"}:
        return _unclear(text, "a sign of YAML")
    return None


def _unclear(text: str, other: str) -> Remark:
    return Remark(
        QUOTE_THIS,
        f"{_shown(text)} can be read as {other} or as text",
        label=f"{other} or text?",
        help=f"write `{in_quotes(sanitised(text))}`",
    )


def _disputed(text: str) -> Remark:
    meant = _DISPUTED[text.casefold()]
    return Remark(
        QUOTE_THIS,
        f"{_shown(text)} can be read as `{meant}` or as text",
        label=f"`{meant}` or text?",
        help=f"write `{in_quotes(text)}` where the text is meant, else `{meant}`",
    )


def _too_long(text: str, size: str) -> Remark:
    most = f"{_MOST_DIGITS} digits" if size.endswith("digits") else f"{_LONGEST_DECIMAL} characters"
    return Remark(
        QUOTE_THIS,
        f"a number here has at most {most}, and this one has {size}",
        label=size,
        help="put it in quotes where it is a text of digits" if len(text) > 60 else f"write `{in_quotes(text)}`",
    )


def _no_such(day: str, kind: str) -> Remark:
    return Remark(
        NO_SUCH_DAY,
        f"there is no {kind} `{day}`",
        label=f"no such {kind}",
        help=f"write a {kind} that exists, or put it in quotes where it is not a {kind}",
    )


def _number_meant(text: str) -> str:
    """Give the number as a contract writes it, where it is plain which one is meant."""
    if re.fullmatch(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?", text):
        text = text.replace(",", "")
    elif re.match(r"[-+]?0[^.]", text):
        return ""  # octal to some, and the number that it shows to others
    text = re.sub(r"^\+|_", "", text)
    text = re.sub(r"^(-?)\.", r"\g<1>0.", re.sub(r"\.$", "", text))
    return text if _DECIMAL.fullmatch(text) or _INTEGER.fullmatch(text) else ""


def _shown(text: str) -> str:
    return f"`{sanitised(text, 60)}`"
