"""What can change in a responsibility: who owes it, over which rows, how much of it, and what it asks."""

from __future__ import annotations

from slacli.core.changes.kinds.weights import Kind, editorial, material

KINDS: tuple[Kind, ...] = (
    material(
        "duty-added",
        """A duty is new.

        Why: one party owes more, and another is owed more.
        After:
            responsibilities: {regions: {owed_by: marketing, owed_to: sales, covers: lead, complete: [region]}}
        """,
    ),
    material(
        "duty-removed",
        """A duty was taken out.

        Why: one party owes less, and another is owed less.
        Before:
            responsibilities: {regions: {owed_by: marketing, owed_to: sales, covers: lead, complete: [region]}}
        """,
    ),
    material(
        "owing-party-changed",
        """Another party owes a duty.

        Why: one party is relieved of it, and another has it from now on.
        Before:
            parties: {sdr: {title: SDR, part_of: sales}}
        After:
            parties: {sdr: {title: SDR, part_of: sales}}
            responsibilities: {first_touch: {owed_by: sdr}}
        """,
    ),
    material(
        "owed-party-changed",
        """A duty is owed to another party.

        Why: one party loses what it was owed.
        Before:
            parties: {events: {title: Events, part_of: marketing}}
        After:
            parties: {events: {title: Events, part_of: marketing}}
            responsibilities: {first_touch: {owed_to: events}}
        """,
    ),
    material(
        "duty-kind-changed",
        """A duty is of another kind.

        Why: it is a new promise under an old name.
        After:
            responsibilities: {quality: {must: null, complete: [source]}}
        """,
    ),
    material(
        "coverage-changed",
        """A duty covers other rows.

        Why: with more rows its owner owes more, with fewer less.
        After:
            responsibilities: {first_touch: {covers: mql}}
        """,
    ),
    material(
        "condition-changed",
        """Which of its rows a duty counts (`where`) has changed.

        Why: rows that are left out are owed nothing.
        After:
            responsibilities: {first_touch: {where: source <> 'Event'}}
        """,
    ),
    material(
        "duty-date-changed",
        """Another field places the rows of a duty in a period.

        Why: rows are judged in other periods.
        After:
            responsibilities: {quality: {dated: created_at}}
        """,
    ),
    material(
        "target-changed",
        """The share that a duty must reach, or the period over which it is judged, has changed.

        Why: the share is what was promised.
        After:
            responsibilities: {quality: {target: 97% per month}}
        """,
    ),
    material(
        "ramp-changed",
        """What is due from a named period on has changed.

        Why: it is the target of that period and of all after it.
        After:
            responsibilities: {quality: {ramp: {2027-06: 97%}}}
        """,
    ),
    material(
        "judged-from-changed",
        """The number of rows below which a duty is not judged has changed.

        Why: with a higher one fewer periods are judged.
        After:
            responsibilities: {quality: {judge_from: 20}}
        """,
    ),
    editorial(
        "shown-by-changed",
        """A duty is shown in other parts.

        Why: it is judged whole, as before.
        After:
            responsibilities: {quality: {shown_by: [region]}}
        """,
    ),
    material(
        "reliefs-changed",
        """Rows on which the other side was late count otherwise.

        Why: who is relieved of rows owes less.
        After:
            responsibilities: {quality: {relieved_by: [first_touch]}}
        """,
    ),
    material(
        "consequences-changed",
        """What follows from a miss has changed.

        Why: it is what a miss costs.
        After:
            responsibilities: {quality: {on_miss: [{after: 1, then: Marketing explains}]}}
        """,
    ),
    material(
        "clock-start-changed",
        """A clock starts at another event.

        Why: all its time is counted from somewhere else.
        After:
            responsibilities: {first_touch: {clock: {starts: created_at}}}
        """,
    ),
    material(
        "clock-stops-changed",
        """Other events stop a clock.

        Why: with more of them it is easier to be in time.
        Before:
            records: {lead: {fields: {rejected_at: {type: time}}}}
        After:
            records: {lead: {fields: {rejected_at: {type: time}}}}
            responsibilities: {first_touch: {clock: {stops: [accepted_at, rejected_at]}}}
        """,
    ),
    material(
        "deadline-changed",
        """How much time a clock or a number of tries has is another amount.

        Why: with less time more is owed.
        After:
            responsibilities: {first_touch: {clock: {within: 2 business hours}}}
        """,
    ),
    material(
        "tier-added",
        """A clock has a tier more.

        Why: its rows have another amount of time.
        After:
            responsibilities:
              first_touch:
                clock:
                  within: null
                  tiers:
                    - {name: hot, when: source = 'Demo request', within: 2 business hours}
                    - {name: rest, otherwise: true, within: 4 business hours}
        """,
    ),
    material(
        "tier-removed",
        """A clock has a tier less.

        Why: its rows have the time of the tiers below it.
        Before:
            responsibilities:
              first_touch:
                clock:
                  within: null
                  tiers:
                    - {name: hot, when: source = 'Demo request', within: 2 business hours}
                    - {name: rest, otherwise: true, within: 4 business hours}
        """,
    ),
    material(
        "tier-changed",
        """Other rows are in a tier.

        Why: rows that change tiers have another amount of time.
        Before:
            responsibilities:
              first_touch:
                clock:
                  within: null
                  tiers:
                    - {name: hot, when: source = 'Demo request', within: 2 business hours}
                    - {name: rest, otherwise: true, within: 4 business hours}
        After:
            responsibilities:
              first_touch:
                clock:
                  within: null
                  tiers:
                    - {name: hot, when: "source in ('Demo request', 'Web')", within: 2 business hours}
                    - {name: rest, otherwise: true, within: 4 business hours}
        """,
    ),
    material(
        "tier-order-changed",
        """The tiers of a clock are in another order.

        Why: the first that holds decides how much time a row has.
        Before:
            responsibilities:
              first_touch:
                clock:
                  within: null
                  tiers:
                    - {name: hot, when: source = 'Web', within: 2 business hours}
                    - {name: big, when: budget > 50000, within: 1 business hours}
                    - {name: rest, otherwise: true, within: 4 business hours}
        After:
            responsibilities:
              first_touch:
                clock:
                  within: null
                  tiers:
                    - {name: big, when: budget > 50000, within: 1 business hours}
                    - {name: hot, when: source = 'Web', within: 2 business hours}
                    - {name: rest, otherwise: true, within: 4 business hours}
        """,
    ),
    material(
        "clock-calendar-changed",
        """A duty counts business time by another calendar.

        Why: its time runs in other hours.
        Before:
            calendars:
              london:
                time_zone: Europe/London
                hours: {mon-fri: "09:00-17:00"}
                covers: 2026-11-01..2028-12-31
        After:
            calendars:
              london:
                time_zone: Europe/London
                hours: {mon-fri: "09:00-17:00"}
                covers: 2026-11-01..2028-12-31
            responsibilities: {first_touch: {clock: {calendar: london}}}
        """,
    ),
    material(
        "silence-changed",
        """What no answer in time means has changed.

        Why: where silence accepts, nobody is late.
        After:
            responsibilities: {first_touch: {clock: {silence: accepted}}}
        """,
    ),
    material(
        "pauses-changed",
        """A clock stands still in other stages.

        Why: time in which it stands still is not counted.
        Before:
            records:
              change:
                of: {lead: [lead_ref = lead.lead_id]}
                happens: at
                history: {of: status, to: new}
                fields:
                  lead_ref: {type: text}
                  at: {type: time}
                  old: {type: text}
                  new: {type: text}
                  by: {type: text}
        After:
            records:
              change:
                of: {lead: [lead_ref = lead.lead_id]}
                happens: at
                history: {of: status, to: new}
                fields:
                  lead_ref: {type: text}
                  at: {type: time}
                  old: {type: text}
                  new: {type: text}
                  by: {type: text}
            responsibilities: {first_touch: {clock: {pauses: {while: [new]}}}}
        """,
    ),
    material(
        "repetition-changed",
        """Another thing must happen again and again, or once where it was again and again.

        Why: each gap is a promise of its own.
        Before:
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        After:
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
            responsibilities: {first_touch: {clock: {every: sale}}}
        """,
    ),
    material(
        "repetition-end-changed",
        """Other events end a duty that repeats.

        Why: after its end nothing more is owed.
        Before:
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
            responsibilities: {first_touch: {clock: {every: sale}}}
        After:
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
            responsibilities: {first_touch: {clock: {every: sale, until: [accepted_at]}}}
        """,
    ),
    editorial(
        "wall-clock-changed",
        """A duty says, or no longer says, that it mixes business time and time by day and night on purpose.

        Why: it only says so; its deadlines are what they were.
        Before:
            responsibilities:
              first_touch:
                clock:
                  within: null
                  tiers:
                    - {name: hot, when: source = 'Demo request', within: 2 business hours}
                    - {name: rest, otherwise: true, within: 2 days}
        After:
            responsibilities:
              first_touch:
                clock:
                  wall_clock: true
                  within: null
                  tiers:
                    - {name: hot, when: source = 'Demo request', within: 2 business hours}
                    - {name: rest, otherwise: true, within: 2 days}
        """,
    ),
    material(
        "try-changed",
        """Other rows count as tries.

        Why: what was a try may be none any more.
        Before:
            responsibilities:
              tries:
                owed_by: sales
                owed_to: marketing
                covers: {marked: mql}
                attempts: {of: sale, starts: qualified_at, until: [accepted_at], at_least: 2, calendar: office}
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
            terms: {won: {of: opportunity, criteria: {won: stage = 'Closed Won'}}}
        After:
            responsibilities:
              tries:
                owed_by: sales
                owed_to: marketing
                covers: {marked: mql}
                attempts: {of: won, starts: qualified_at, until: [accepted_at], at_least: 2, calendar: office}
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
            terms: {won: {of: opportunity, criteria: {won: stage = 'Closed Won'}}}
        """,
    ),
    material(
        "number-of-tries-changed",
        """Another number of tries is owed.

        Why: more tries are more work.
        Before:
            responsibilities:
              tries:
                owed_by: sales
                owed_to: marketing
                covers: {marked: mql}
                attempts: {of: sale, starts: qualified_at, until: [accepted_at], at_least: 2, calendar: office}
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        After:
            responsibilities:
              tries:
                owed_by: sales
                owed_to: marketing
                covers: {marked: mql}
                attempts: {of: sale, starts: qualified_at, until: [accepted_at], at_least: 3, calendar: office}
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        """,
    ),
    material(
        "giving-up-changed",
        """Other events count as giving up.

        Why: at each of them the tries are judged.
        Before:
            responsibilities:
              tries:
                owed_by: sales
                owed_to: marketing
                covers: {marked: mql}
                attempts: {of: sale, starts: qualified_at, until: [accepted_at], at_least: 2, calendar: office}
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        After:
            responsibilities:
              tries:
                owed_by: sales
                owed_to: marketing
                covers: {marked: mql}
                attempts:
                  of: sale
                  starts: qualified_at
                  until: [accepted_at, created_at]
                  at_least: 2
                  calendar: office
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        """,
    ),
    material(
        "tries-apart-changed",
        """Tries must lie further apart, or less far.

        Why: tries that lie too close count as one.
        Before:
            responsibilities:
              tries:
                owed_by: sales
                owed_to: marketing
                covers: {marked: mql}
                attempts: {of: sale, starts: qualified_at, until: [accepted_at], at_least: 2, calendar: office}
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        After:
            responsibilities:
              tries:
                owed_by: sales
                owed_to: marketing
                covers: {marked: mql}
                attempts:
                  of: sale
                  starts: qualified_at
                  until: [accepted_at]
                  at_least: 2
                  calendar: office
                  apart: 4 business hours
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        """,
    ),
    material(
        "channels-changed",
        """Tries must go over more, fewer or other channels.

        Why: the same call ten times is no ten tries.
        Before:
            responsibilities:
              tries:
                owed_by: sales
                owed_to: marketing
                covers: {marked: mql}
                attempts: {of: sale, starts: qualified_at, until: [accepted_at], at_least: 2, calendar: office}
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        After:
            responsibilities:
              tries:
                owed_by: sales
                owed_to: marketing
                covers: {marked: mql}
                attempts:
                  of: sale
                  starts: qualified_at
                  until: [accepted_at]
                  at_least: 2
                  calendar: office
                  channels: {of: stage, at_least: 2}
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        """,
    ),
    material(
        "facts-changed",
        """Other facts must be known.

        Why: each fact is work for who owes it.
        After:
            responsibilities: {loss_reasons: {complete: [loss_reason, amount]}}
        """,
    ),
    material(
        "requirement-changed",
        """What must hold of each row is another criterion.

        Why: with a tighter one more is owed.
        After:
            responsibilities: {quality: {must: budget >= 20000}}
        """,
    ),
    material(
        "followed-lifecycle-changed",
        """Another lifecycle must be kept.

        Why: other moves are allowed.
        Before:
            lifecycles:
              short:
                of: lead
                field: status
                stages: {new: {value: New}, closed: {value: Closed, final: true}}
                starts: [new]
                moves: {new: [closed]}
            responsibilities: {kept: {owed_by: sales, owed_to: marketing, covers: lead, follows: lead}}
        After:
            lifecycles:
              short:
                of: lead
                field: status
                stages: {new: {value: New}, closed: {value: Closed, final: true}}
                starts: [new]
                moves: {new: [closed]}
            responsibilities: {kept: {owed_by: sales, owed_to: marketing, covers: lead, follows: short}}
        """,
    ),
    material(
        "counted-rows-changed",
        """Other rows are counted towards a number.

        Why: where fewer rows count, the number is harder to reach.
        After:
            responsibilities: {volume: {volume: {of: sales_ready_lead}}}
        """,
    ),
    material(
        "volume-changed",
        """Another number of rows is owed.

        Why: the number is what was promised.
        After:
            responsibilities: {volume: {volume: {at_least: 60}}}
        """,
    ),
    material(
        "volume-period-changed",
        """A number of rows is owed in another period.

        Why: the same number in less time is more.
        After:
            responsibilities: {volume: {volume: {per: quarter}}}
        """,
    ),
    material(
        "counting-changed",
        """A row that qualifies again counts each time, or once.

        Why: where it counts each time, the number is easier to reach.
        After:
            responsibilities: {volume: {volume: {counts: each}}}
        """,
    ),
    material(
        "delivery-period-changed",
        """A thing is handed over more or less often.

        Why: more often is more work.
        Before:
            responsibilities:
              report:
                owed_by: marketing
                owed_to: sales
                provide: {every: month, by: 5th business day, artefact: The list}
        After:
            responsibilities:
              report:
                owed_by: marketing
                owed_to: sales
                provide: {every: quarter, by: 5th business day, artefact: The list}
        """,
    ),
    material(
        "delivery-day-changed",
        """A thing is due by another day of its period.

        Why: an earlier day is harder to keep.
        Before:
            responsibilities:
              report:
                owed_by: marketing
                owed_to: sales
                provide: {every: month, by: 5th business day, artefact: The list}
        After:
            responsibilities:
              report:
                owed_by: marketing
                owed_to: sales
                provide: {every: month, by: 3rd business day, artefact: The list}
        """,
    ),
    material(
        "artefact-changed",
        """Another thing is handed over.

        Why: who owes it owes something else.
        Before:
            responsibilities:
              report:
                owed_by: marketing
                owed_to: sales
                provide: {every: month, by: 5th business day, artefact: The list}
        After:
            responsibilities:
              report:
                owed_by: marketing
                owed_to: sales
                provide: {every: month, by: 5th business day, artefact: The list with reasons}
        """,
    ),
)
