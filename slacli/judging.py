"""Which text judges rows: one rule for every command, and for Python.

Once a version was signed by everybody who must, each row is judged by the signed version in force on its day. Until
then the text on disk judges, and whoever asks for a text by its name gets that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from slacli import journeys
from slacli.core import wording, zones
from slacli.errors import CannotRun
from slacli.findings import ContractFacts, Report
from slacli.journeys import Loaded
from slacli.model import Contract
from slacli.values import dataclass

if TYPE_CHECKING:
    from slacli.core.explain import Working
    from slacli.core.verdict import Options
    from slacli.journeys import Wanted, Watch
    from slacli.signing import Judging
    from slacli.versions import InForce

# History, signatures and proofs are loaded only where a version was signed, or asked for.
_SIGNATURES = "signatures"


@dataclass(frozen=True, slots=True)
class Wish:
    """Which text was asked for; nothing of it is the rule.

    `draft` is the text on disk, `at` that of a revision, and `by_version` takes the committed versions by their days.
    With `must_be_signed` nothing judges that is not signed and verified by the `trust_root`.
    """

    draft: bool = False
    at: str | None = None
    by_version: bool = False
    must_be_signed: bool = False
    trust_root: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The text that judges; with `by_day` several judge, each the rows of its own days, and `loaded` is today's.

    `signed` says who signed them, and is None where the text that judges was chosen by name, or nobody has signed.
    """

    loaded: Loaded
    by_day: InForce | None = None
    signed: Judging | None = None

    @property
    def contract(self) -> Contract:
        return self.loaded.contract

    @property
    def told(self) -> ContractFacts:
        """What is said of the text of today: its version, its state, and who signed it."""
        if self.signed is not None:
            return self.signed.facts(self.signed.current)
        one = self.contract
        return ContractFacts(one.id, one.title, one.version, one.digest, data_files=one.data_files)

    def on(self, moment: datetime) -> Agreement:
        """Give the same for a moment that is now; raises CannotRun where nothing that was signed is in force then."""
        if self.signed is None:
            return self
        signed = self.signed.on(_day(moment, self.signed.signed.contract))
        return replace(self, loaded=_today(signed), signed=signed)

    def check(
        self,
        exports: Sequence[str],
        options: Options,
        stdin: BinaryIO | None = None,
        wanted: Wanted | None = None,
        watch: Watch = journeys.NOBODY,
    ) -> Report:
        """Judge exports; raises CannotRun where nothing can be judged."""
        if self.by_day is None:
            return journeys.check(self.loaded, exports, options, stdin, wanted, watch)
        found = self.by_day
        report = journeys.check_by_version(
            found.versions, found.folder, found.told, exports, options, stdin, wanted, watch
        )
        return self.signed.vouched(report) if self.signed is not None else report

    def explain(
        self,
        key: str,
        exports: Sequence[str],
        options: Options,
        record: str | None = None,
        stdin: BinaryIO | None = None,
        watch: Watch = journeys.NOBODY,
        *,
        values: bool = True,
    ) -> Working:
        """Give the working of every verdict about the record with a key; raises CannotRun as `journeys.explain`."""
        if self.by_day is None:
            return journeys.explain(self.loaded, key, exports, options, record, stdin, watch, values=values)
        found = self.by_day
        told = journeys.explain_by_version(
            found.versions, found.folder, key, exports, options, record, stdin, watch, values=values
        )
        if self.signed is None:
            return told
        judged = {one.version for one in told.versions}
        facts = tuple(self.signed.facts(one) for one in found.versions if one.contract.version in judged)
        return replace(told, contract=self.told, versions=facts)


def chosen(place: Path, wish: Wish, when: str | datetime | None = None) -> Agreement:
    """Give the text that judges, by the rule or as it was asked for; `when` is the moment that is now.

    Raises CannotRun where more than one text was asked for, where signatures do not hold, where something was signed
    and nothing is in force, and where a text that judges has errors.
    """
    ways = (("--at", wish.at is not None), ("--draft", wish.draft), ("--by-version", wish.by_version))
    asked = [name for name, is_given in ways if is_given]
    if len(asked) > 1:
        raise CannotRun(
            f"{wording.quoted(asked)} each say by which text to judge",
            "give one of them, or none to judge by what is in force",
        )
    signed = in_force(place, wish.trust_root, when) if not asked else None
    if wish.must_be_signed and (signed is None or signed.state != "signed"):
        raise CannotRun(
            "the text that judges is not signed, or nobody vouches for its signatures: `--require-signed` demands both",
            "see what is missing with `slacli verify`, and give it the trust root: `--trust-root` or SLACLI_TRUST_ROOT",
        )
    if signed is not None:
        return Agreement(_today(signed), signed.found, signed)
    if wish.by_version or wish.at is not None:
        from slacli import versions
    if wish.by_version:
        found = versions.by_day(place)
        newest = found.versions[-1]
        return Agreement(Loaded(newest.contract, newest.sources, found.folder, Report("validate", ())), found)
    return Agreement(versions.at(place, wish.at) if wish.at is not None else journeys.load(place))


def in_force(place: Path, pin: str | None = None, when: str | datetime | None = None) -> Judging | None:
    """Give the signed versions that judge; None where nothing was signed. Raises CannotRun as `chosen` does."""
    if not (place / _SIGNATURES).is_dir():
        return None
    from slacli import signing

    now = datetime.now(UTC)
    if when is None:
        return signing.judging(place, pin, None, now)
    contract = signing.status(place, None, None, now).contract
    moment = journeys.moment(when, contract) if isinstance(when, str) else when
    return signing.judging(place, pin, _day(moment, contract), now)


def _day(moment: datetime, contract: Contract) -> date:
    # A midnight that was given ends the day before, as everywhere.
    return (moment - timedelta(seconds=1)).astimezone(zones.zone(contract.time_zone)).date()


def _today(signed: Judging) -> Loaded:
    current = signed.current
    return Loaded(current.contract, current.sources, signed.found.folder, Report("validate", ()))
