"""A small contract that nothing is wrong with, and what becomes of it when the sample of a page is laid over it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

CONTRACT = """\
format: 1
id: small
project: 1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d
title: A small agreement
version: 1
effective: 2027-01-01
expires: 2027-12-31
time_zone: America/New_York
calendar: office
currency: USD
parties:
  marketing: {title: Marketing}
  sales: {title: Sales}
sign_off:
  vp_sales: {title: VP Sales, for: sales}
  vp_marketing: {title: VP Marketing, for: marketing}
  ceo: {title: CEO}
  revops: {title: Head of RevOps, steward: true}
calendars:
  office: {time_zone: America/New_York, hours: {mon-fri: "09:00-17:00"}, covers: 2026-11-01..2028-12-31}
reviews:
  sales_alone: {kind: separate, parties: [sales], every: month}
  marketing_alone: {kind: separate, parties: [marketing], every: month}
  together: {kind: joint, parties: [sales, marketing], every: quarter}
  halfway: {kind: interim, parties: [sales, marketing], every: quarter}
incentives:
  sales: [revenue]
  marketing: [revenue]
"""
DEFINITIONS = """\
records:
  lead:
    key: lead_id
    fields:
      lead_id: {type: text}
      company: {type: text}
      source: {type: text, one_of: [Web, Event, Demo request]}
      region: {type: text, one_of: [AMER, EMEA]}
      status: {type: text, one_of: [New, MQL, SAL, Closed]}
      budget: {type: money, from: 0}
      authority: {type: text, one_of: [CFO, VP, Manager]}
      created_at: {type: time}
      qualified_at: {type: time, keeps: first}
      accepted_at: {type: time}
  opportunity:
    key: opportunity_id
    fields:
      opportunity_id: {type: text}
      lead_ref: {type: text}
      stage: {type: text, one_of: [Open, Closed Won, Closed Lost]}
      amount: {type: money, from: 0}
      loss_reason: {type: text}
      closed_on: {type: date}
terms:
  mql:
    stands_for: qualified_lead
    of: lead
    criteria: {budget: budget >= 10000}
    marked: qualified_at is not blank
    dated: qualified_at
    examples: [{fails: {budget: 500}}]
  sales_ready_lead:
    of: lead
    narrows: mql
    criteria: {qualified: mql, asked: source = 'Demo request'}
    examples: [{fails: {budget: 500}}]
  sale:
    of: opportunity
    criteria: {won: stage = 'Closed Won'}
    dated: closed_on
    examples: [{meets: {stage: Closed Won}}]
lifecycles:
  lead:
    of: lead
    field: status
    stages:
      new: {value: New, owner: marketing}
      qualified: {value: MQL, owner: marketing, entered: qualified_at}
      accepted: {value: SAL, owner: sales, entered: accepted_at}
      closed: {value: Closed, final: true}
    starts: [new]
    path: [new, qualified, accepted, closed]
    moves: {new: [qualified, closed], qualified: [accepted, closed], accepted: [qualified, closed]}
    handoffs: {to_sales: {from: qualified, to: accepted, given_by: marketing, taken_by: sales}}
"""
RESPONSIBILITIES = """\
responsibilities:
  quality:
    owed_by: marketing
    owed_to: sales
    covers: {marked: mql}
    must: mql
    target: 95% per month
  volume:
    owed_by: marketing
    owed_to: sales
    volume: {of: mql, per: month, at_least: 50}
  first_touch:
    owed_by: sales
    owed_to: marketing
    covers: {marked: mql}
    clock: {starts: qualified_at, stops: [accepted_at], calendar: office, within: 4 business hours}
    target: 90% per month
  loss_reasons:
    owed_by: sales
    owed_to: marketing
    covers: opportunity
    where: stage = 'Closed Lost'
    complete: [loss_reason]
    dated: closed_on
    target: 90% per quarter
"""
GOALS = """\
metrics:
  revenue: {sum: amount, of: sale}
goals:
  more_revenue:
    owned_by: [sales, marketing]
    audience: [ceo]
    kind: financial
    metric: revenue
    baseline: collect
    target: at least 100000 per quarter
"""
HOLIDAYS = """\
office:
  closed: {2027-05-31: Memorial Day}
"""
LEADS = """\
binds: lead
matches: [Lead ID, Lead Status]
reads: {time_zone: America/New_York, date_order: mdy}
columns:
  lead_id: Lead ID
  company: Company
  source: Lead Source
  region: Region
  status: Lead Status
  budget: Annual Budget
  authority: Decision Role
  created_at: Create Date
  qualified_at: MQL Date
  accepted_at: Accepted Date
"""
OPPORTUNITIES = """\
binds: opportunity
matches: [Opportunity ID, Stage]
reads: {date_order: mdy}
columns:
  opportunity_id: Opportunity ID
  lead_ref: Lead ID
  stage: Stage
  amount: Amount
  loss_reason: Loss Reason
  closed_on: Close Date
"""

BASE: Mapping[str, str] = {
    "contract.yaml": CONTRACT,
    "definitions.yaml": DEFINITIONS,
    "responsibilities.yaml": RESPONSIBILITIES,
    "goals.yaml": GOALS,
    "holidays.yaml": HOLIDAYS,
    "bindings/leads.yaml": LEADS,
    "bindings/opportunities.yaml": OPPORTUNITIES,
}
"""The small contract, by file."""

_SECTIONS = {
    "records": "definitions.yaml",
    "terms": "definitions.yaml",
    "lifecycles": "definitions.yaml",
    "responsibilities": "responsibilities.yaml",
    "metrics": "goals.yaml",
    "goals": "goals.yaml",
    "delivered": "evidence.yaml",
    "held": "evidence.yaml",
    "disputes": "disputes.yaml",
    "waivers": "waivers.yaml",
    "changes": "waivers.yaml",
}
_WHOLE = re.compile(r"# file: (\S+)( \(escaped\))?\n")


def base() -> dict[str, bytes]:
    """Give the files of the small contract."""
    return {file: text.encode() for file, text in BASE.items()}


def merged(sample: str) -> dict[str, bytes]:
    r"""Give the files of the small contract with a sample laid over it.

    A sample that begins with `# file: NAME` is the whole text of that file, with its `\x` and `\u` escapes decoded
    where `(escaped)` follows. Any other sample is merged by RFC 7386: `null` takes a key away.
    """
    whole = _WHOLE.match(sample)
    if whole:
        text = sample[whole.end() :]
        if whole[2]:
            text = re.sub(r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})", lambda m: chr(int(m[1] or m[2], 16)), text)
        return base() | {whole[1]: text.encode("utf-8", "surrogateescape")}
    patches: dict[str, yaml.MappingNode] = {}
    for key, value in _pairs(yaml.compose(sample, yaml.SafeLoader)):
        name = key.value
        if name == "holidays":
            patches["holidays.yaml"] = value
        elif name == "bindings":
            patches |= {f"bindings/{one.value}.yaml": patch for one, patch in _pairs(value)}
        else:
            file = _SECTIONS.get(name, "contract.yaml")
            patches.setdefault(file, yaml.MappingNode("tag:yaml.org,2002:map", [])).value.append((key, value))
    files = base()
    for file, patch in patches.items():
        node = yaml.compose(BASE[file], yaml.SafeLoader) if file in BASE else None
        node = _patched(node, patch)
        files.pop(file, None)
        if node is not None and node.value:
            text = yaml.serialize(node, Dumper=yaml.SafeDumper, width=10_000, allow_unicode=True)
            files[file] = text.encode()
    return files


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else []


def _patched(node: yaml.Node | None, patch: yaml.Node) -> yaml.Node | None:
    """Merge as RFC 7386 says, on the nodes of the text, so that quotes and numbers stay as they are written."""
    if not isinstance(patch, yaml.MappingNode):
        return None if patch.tag == "tag:yaml.org,2002:null" else patch
    kept = {key.value: (key, value) for key, value in _pairs(node)}
    for key, value in _pairs(patch):
        found = _patched(kept.get(key.value, (key, None))[1], value)
        if found is None:
            kept.pop(key.value, None)
        else:
            kept[key.value] = (key, found)
    return yaml.MappingNode(patch.tag, list(kept.values()), flow_style=False)
