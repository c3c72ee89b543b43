"""What was signed when somebody last looked must still be there: the one defence against history written anew.

Whoever may force a push can replace the base itself, and whatever is compared with it then looks whole. A digest that
was remembered outside the repository cannot be replaced with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slacli.core.trust.chain import FOLDER, Chain
from slacli.findings import Finding, Problem, Rule, Severity, reported
from slacli.places import Address

REMEMBERED_IS_GONE = reported(
    Severity.ERROR,
    "remembered-is-gone",
    """A version or a roster that was remembered is not in the chain of signatures any more.

    Why: what is signed only grows. Where something of it is gone, history was written anew, such as by a forced push,
    or this is another repository; nothing that is in force here follows what was in force when it was remembered.
    """,
)
RULES: tuple[Rule[None], ...] = (REMEMBERED_IS_GONE,)


def missing(chain: Chain, remembered: Sequence[str], where: str) -> Iterator[Finding]:
    """Say which of some remembered digests no version and no roster of a chain has; `where` names its side."""
    known = {one.digest for one in chain.versions} | {digest for _, digest in chain.rosters}
    for digest in remembered:
        if digest not in known:
            yield REMEMBERED_IS_GONE.found(
                Problem(
                    Address(f"{FOLDER}versions"),
                    f"{where} holds no version and no roster with the digest `{digest}`, which was remembered",
                    help="find out who wrote history anew, and take back what they replaced",
                    subject=f"{where}/{digest}",
                )
            )
