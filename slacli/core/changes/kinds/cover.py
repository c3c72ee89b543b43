"""What can change on the cover: the agreement itself, its parties, its roles, its lists, calendars and reviews."""

from __future__ import annotations

from slacli.core.changes.kinds.weights import Kind, editorial, material, stewardship

KINDS: tuple[Kind, ...] = (
    material(
        "another-agreement",
        """The two texts are of different agreements: their `id` or their `project` is not the same.

        Why: a signature of one agreement never counts for another.
        After:
            id: other
        """,
    ),
    material(
        "effective-changed",
        """The first day that a version judges is another one.

        Why: until that day the version before it holds.
        After:
            effective: 2027-02-01
        """,
    ),
    material(
        "expiry-changed",
        """The last day of an agreement is another one, was set or was taken away.

        Why: after it nobody owes anything.
        After:
            expires: 2028-06-30
        """,
    ),
    material(
        "agreement-zone-changed",
        """The time zone in which days and periods begin is another one.

        Why: a row at the edge of a period belongs to the next one.
        After:
            time_zone: America/Chicago
        """,
    ),
    material(
        "fiscal-year-changed",
        """The fiscal year starts in another month.

        Why: every target of a quarter or a year is judged over other days.
        After:
            fiscal_year: {starts: february}
        """,
    ),
    material(
        "currency-changed",
        """Amounts that name no currency are in another one.

        Why: the same number is another amount of money.
        After:
            currency: EUR
        """,
    ),
    material(
        "rates-changed",
        """What another currency is worth was set, changed or taken away.

        Why: amounts of that currency count otherwise.
        After:
            rates: {EUR: 1.09}
        """,
    ),
    material(
        "business-days-changed",
        """Another calendar counts the business days of deliverables and reviews.

        Why: what is due by the tenth business day is due on another day.
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
            calendar: london
        """,
    ),
    material(
        "part-periods-changed",
        """What a volume or a goal means in a part of a period has changed.

        Why: where periods are skipped, nothing is owed in a part of one.
        After:
            part_periods: skipped
        """,
    ),
    material(
        "dispute-time-changed",
        """How long figures may be disputed has changed.

        Why: a figure is final, and a miss certain, on another day.
        After:
            final_after: 5 business days
        """,
    ),
    material(
        "party-added",
        """A party is new.

        Why: it can owe, and be owed, from now on.
        After:
            parties: {northwind: {title: Northwind, kind: agency}}
        """,
    ),
    material(
        "party-removed",
        """A party was taken out.

        Why: nobody answers any more for what it owed.
        Before:
            parties: {northwind: {title: Northwind, kind: agency}}
        """,
    ),
    material(
        "party-changed",
        """A team belongs to another department, or a party became an agency or a department.

        Why: the role of its department signs for a team.
        Before:
            parties: {sdr: {title: SDR, part_of: sales}}
        After:
            parties: {sdr: {title: SDR, part_of: marketing}}
        """,
    ),
    material(
        "members-changed",
        """Who belongs to a party is told by another criterion.

        Why: other people's work counts for it.
        Before:
            records:
              person: {key: user_id, fields: {user_id: {type: text}, team: {type: text}, here: {type: yes_no}}}
            people: {record: person, key: user_id}
            parties: {sdr: {title: SDR, part_of: sales, members: team = 'SDR'}}
        After:
            records:
              person: {key: user_id, fields: {user_id: {type: text}, team: {type: text}, here: {type: yes_no}}}
            people: {record: person, key: user_id}
            parties: {sdr: {title: SDR, part_of: sales, members: "team in ('SDR', 'BDR')"}}
        """,
    ),
    material(
        "people-changed",
        """Where owners and actors are looked up has changed.

        Why: another row may be taken for a person.
        Before:
            records:
              person: {key: user_id, fields: {user_id: {type: text}, team: {type: text}, here: {type: yes_no}}}
            people: {record: person, key: user_id}
        After:
            records:
              person: {key: user_id, fields: {user_id: {type: text}, team: {type: text}, here: {type: yes_no}}}
            people: {record: person, key: user_id, active: here}
        """,
    ),
    material(
        "role-added",
        """A role that must sign is new.

        Why: a version is in force only when all roles have signed.
        After:
            sign_off: {cfo: {title: CFO}}
        """,
    ),
    material(
        "role-removed",
        """A role that had to sign was taken out.

        Why: it still has to sign the version that takes it out.
        Before:
            sign_off: {cfo: {title: CFO}}
        """,
    ),
    material(
        "role-changed",
        """A role signs for another party, or became the steward.

        Why: who must sign is what the whole agreement rests on.
        Before:
            sign_off: {cfo: {title: CFO}}
        After:
            sign_off: {cfo: {title: CFO, for: sales}}
        """,
    ),
    material(
        "list-added",
        """A list of values is new.

        Why: criteria can use it from now on.
        After:
            lists: {hot: [Web]}
        """,
    ),
    material(
        "list-removed",
        """A list of values was taken out.

        Why: no criterion can use it any more.
        Before:
            lists: {hot: [Web]}
        """,
    ),
    material(
        "list-changed",
        """A list has other values.

        Why: every criterion that uses it means something else.
        Before:
            lists: {hot: [Web]}
        After:
            lists: {hot: [Web, Event]}
        """,
    ),
    material(
        "calendar-added",
        """A calendar is new.

        Why: clocks can run by it from now on.
        After:
            calendars:
              london:
                time_zone: Europe/London
                hours: {mon-fri: "09:00-17:00"}
                covers: 2026-11-01..2028-12-31
        """,
    ),
    material(
        "calendar-removed",
        """A calendar was taken out.

        Why: no clock runs by it any more.
        Before:
            calendars:
              london:
                time_zone: Europe/London
                hours: {mon-fri: "09:00-17:00"}
                covers: 2026-11-01..2028-12-31
        """,
    ),
    material(
        "calendar-replaced",
        """A calendar of its own became a choice between calendars, or the other way round.

        Why: clocks that name it run by other hours.
        Before:
            calendars:
              london:
                time_zone: Europe/London
                hours: {mon-fri: "09:00-17:00"}
                covers: 2026-11-01..2028-12-31
              local: {time_zone: Europe/London, hours: {mon-fri: "09:00-17:00"}, covers: 2026-11-01..2028-12-31}
        After:
            calendars:
              london:
                time_zone: Europe/London
                hours: {mon-fri: "09:00-17:00"}
                covers: 2026-11-01..2028-12-31
              local: {choose: region, cases: {EMEA: london}, otherwise: office}
        """,
    ),
    material(
        "calendar-zone-changed",
        """The hours of a calendar are in another time zone.

        Why: every clock that runs by it starts and stops at other moments.
        After:
            calendars: {office: {time_zone: America/Chicago}}
        """,
    ),
    material(
        "hours-changed",
        """A calendar has other open hours in the week.

        Why: with fewer open hours every clock on it is slower, with more it is faster.
        After:
            calendars: {office: {hours: {mon-fri: "09:00-18:00"}}}
        """,
    ),
    material(
        "calendar-coverage-changed",
        """A calendar speaks for other days.

        Why: a clock outside of them is unclear.
        After:
            calendars: {office: {covers: 2026-11-01..2029-12-31}}
        """,
    ),
    material(
        "business-day-changed",
        """One business day of a calendar is another length of open time.

        Why: clocks that count business days have more or less time.
        Before:
            calendars: {office: {business_day: 8 hours}}
        After:
            calendars: {office: {business_day: 6 hours}}
        """,
    ),
    material(
        "calendar-choice-changed",
        """A choice between calendars chooses by another field, or other ones.

        Why: rows get the hours of another place.
        Before:
            calendars:
              london:
                time_zone: Europe/London
                hours: {mon-fri: "09:00-17:00"}
                covers: 2026-11-01..2028-12-31
              local: {choose: region, cases: {EMEA: london}, otherwise: office}
        After:
            calendars:
              london:
                time_zone: Europe/London
                hours: {mon-fri: "09:00-17:00"}
                covers: 2026-11-01..2028-12-31
              local: {choose: region, cases: {EMEA: london}, otherwise: london}
        """,
    ),
    stewardship(
        "holidays-changed",
        """A calendar is closed, or open otherwise, on other days.

        Why: a closed day gives every clock that spans it more time.
        After:
            holidays: {office: {closed: {2027-07-05: Independence Day}}}
        """,
    ),
    material(
        "review-added",
        """A review is new.

        Why: its parties have to meet.
        After:
            reviews: {yearly: {kind: joint, parties: [sales, marketing], every: year}}
        """,
    ),
    material(
        "review-removed",
        """A review was taken out.

        Why: figures that nobody looks at change nothing.
        Before:
            reviews: {yearly: {kind: joint, parties: [sales, marketing], every: year}}
        """,
    ),
    material(
        "review-changed",
        """A review is held by others, more or less often, by another day, or is of another kind.

        Why: its parties have to meet otherwise.
        After:
            reviews: {together: {every: month}}
        """,
    ),
    material(
        "incentives-changed",
        """A party is paid on other metrics.

        Why: people work for what they are paid on, whatever the agreement says.
        After:
            incentives: {sales: null}
        """,
    ),
    editorial(
        "reworded",
        """A title, a note or another text that no verdict depends on has changed.

        Why: those who read it may read it otherwise; those who are judged are judged as before.
        After:
            parties: {sales: {mandate: Win customers}}
        """,
    ),
    editorial(
        "renamed",
        """A part has another id and says by `was:` which one it had.

        Why: exports of results name it otherwise; nothing is judged otherwise.
        After:
            responsibilities:
              first_touch: null
              first_call:
                was: first_touch
                owed_by: sales
                owed_to: marketing
                covers: {marked: mql}
                clock: {starts: qualified_at, stops: [accepted_at], calendar: office, within: 4 business hours}
                target: 90% per month
        """,
    ),
)
