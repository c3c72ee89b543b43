"""One text for one value: JSON in the form of RFC 8785, and digests of it.

What is signed is stored in this form and in no other, so that nobody can say one thing in two ways. Reading is
therefore a check: a text that is not the one form of its value is refused, and never mended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import rfc8785

MOST_BYTES = 256 * 1024
"""No statement is longer; a roster of a thousand people is half as long."""


class NotCanonical(ValueError):
    """A text is not the one form of a JSON value. Its words say why, and quote nothing of the text."""


def encode(value: object) -> bytes:
    """Give the bytes of a value of text, whole numbers, true, false, null, lists and mappings with text keys.

    Raises NotCanonical for anything else, numbers with a fraction among them.
    """
    if not _is_plain(value):
        raise NotCanonical("it holds a number with a fraction, or something that JSON has no form for")
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except rfc8785.CanonicalizationError:
        raise NotCanonical("it holds a number or a text that JSON cannot carry safely") from None


def decode(text: bytes, most: int = MOST_BYTES) -> Any:
    """Give the value of a text that is in its one form, and has no more bytes than `most`.

    Raises NotCanonical where it is not: other spaces, another order of keys, a key twice, a number with a fraction.
    """
    if len(text) > most:
        raise NotCanonical(f"it has {len(text):,} bytes, and at most {most:,} are read")
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise NotCanonical("it is nested too deep") from None
    except UnicodeDecodeError:
        raise NotCanonical("it is no UTF-8 text") from None
    except NotCanonical:
        raise
    except ValueError:
        # Not only what is no JSON: Python reads no number of more than 4,300 digits.
        raise NotCanonical("it is no JSON") from None
    if encode(value) != text:
        raise NotCanonical("it is not written in the one form of RFC 8785, to the byte")
    return value


def digest(text: bytes) -> str:
    """Give the SHA-256 of some bytes as statements name it: `sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(text).hexdigest()


def meaning(tree: object) -> bytes:
    """Give the bytes that stand for what a file of a contract says.

    `tree` is what the strict reader made of it: comments, layout, quotes and the order of keys are gone already. A
    decimal travels as its shortest text, so that `0.25` and `0.250` are one.
    """
    return encode(_portable(tree))


def _portable(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _portable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(inner) for inner in value]
    if isinstance(value, Decimal):
        return {"$decimal": _shortest(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 53:
        # Beyond that JSON numbers are not exact everywhere.
        return {"$integer": str(value)}
    return value


def _shortest(value: Decimal) -> str:
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _is_plain(value: object) -> bool:
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            if not all(isinstance(key, str) for key in one):
                return False
            pending += one.values()
        elif isinstance(one, list):
            pending += one
        elif not (one is None or isinstance(one, str | bool | int)):
            return False
    return True


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("it holds a key twice")
    return found


def _no_constant(_name: str) -> Any:
    raise NotCanonical("it holds a number that is none")
