"""The closed table of query fragments: every piece of text that an engine ever gets is made here or in this package.

Names and constants reach a query only through `name` and `text`; contracts and exports can never add anything of
their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal

from slacli.core import criteria

_LISTED = 3
_ASCII_BLANKS = " \t\r\n\v\f"


def name(identifier: str) -> str:
    """Quote a name that slacli made of ids; anything else is a fault of ours."""
    if not re.fullmatch(r"[a-z][a-z0-9_.]*", identifier):
        message = f"not a name: {identifier!r}"
        raise ValueError(message)
    return f'"{identifier}"'


def fill(table: str, *, first: bool) -> str:
    """Begin a statement that makes a table of the rows behind it, or adds them to one that is there."""
    return f"CREATE TABLE {name(table)} AS" if first else f"INSERT INTO {name(table)}"


def text(value: str) -> str:
    """Quote a text constant, in the composed form in which cells are compared."""
    return "'" + unicodedata.normalize("NFC", value).replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    return "(" + ", ".join(text(value) for value in values) + ")"


def among(column: str, constants: Iterable[str]) -> str:
    """Test a text for being one of some constants: true where it is, else false or nothing.

    Measured: with three or more a place in a list takes half of what comparing with one after the other takes.
    """
    listed = list(constants)
    whole = ", ".join(listed)
    return f"list_position([{whole}], {column}) >= 1" if len(listed) >= _LISTED else f"{column} IN ({whole})"


def parted(values: Iterable[str], sign: str) -> str:
    """Give rows as one text that is parted again at a sign: a statement with thousands of values takes long to read."""
    return f"unnest(string_split({text(sign.join(values))}, chr({ord(sign)})))"


def number(value: Decimal | int) -> str:
    return format(value, "f")


def trimmed(column: str, *, ascii_only: bool) -> str:
    """Take the blanks off both ends, and give nothing where nothing is left."""
    if ascii_only:
        bare = f"nullif(trim({column}, {_raw(_ASCII_BLANKS)}), '')"
    else:
        # Measured: a fifth of the cost of `trim` with as many signs, and less than both ends in one expression.
        start, end = _raw(f"^[{criteria.BLANKS}]+"), _raw(f"[{criteria.BLANKS}]+$")
        bare = f"regexp_replace(regexp_replace({column}, {start}, ''), {end}, '')"
        bare = f"nfc_normalize(nullif({bare}, ''))"
    return f"CASE WHEN {stands(column, ascii_only=ascii_only)} THEN {column} ELSE {bare} END"


def stands(column: str, *, ascii_only: bool) -> str:
    """Tell the texts that are surely as they were without blanks and composed: most cells of any export.

    Two cheap looks spare the costly trim; `!` comes next after blanks.
    """
    return f"{column} >= '!' AND {column}[-1] >= '!'" + ("" if ascii_only else f" AND {is_ascii(column)}")


def is_ascii(column: str) -> str:
    """Tell a text whose every letter takes one byte."""
    return f"strlen({column}) = length({column})"


def _raw(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def steps(thresholds: Sequence[int], values: Sequence[int], operand: str) -> str:
    """Choose `values[n]`, where n thresholds are not above the operand, by plain comparisons."""
    if len(set(values)) == 1:
        return str(values[0])
    middle = len(thresholds) // 2
    left = steps(thresholds[:middle], values[: middle + 1], operand)
    right = steps(thresholds[middle + 1 :], values[middle + 1 :], operand)
    return f"CASE WHEN {operand} < {thresholds[middle]} THEN {left} ELSE {right} END"


def cases(pairs: Iterable[tuple[str, str]], otherwise: str = "NULL") -> str:
    """Give the value of the first condition that is true."""
    listed = list(pairs)
    if not listed:
        return otherwise
    body = " ".join(f"WHEN {condition} THEN {value}" for condition, value in listed)
    return f"CASE {body} ELSE {otherwise} END"


def masked(bits: Iterable[tuple[str, int]]) -> str:
    """Set bit n where its condition is true."""
    parts = [f"CASE WHEN {condition} THEN {1 << bit}::UINTEGER ELSE 0::UINTEGER END" for condition, bit in bits]
    return " | ".join(parts) if parts else "0::UINTEGER"
