"""The fixed words of the system: where subjects come from, where they stand, who acts.

What differs between localities (categories, fields, departments) is data in a profile and has
no place here.
"""

from enum import StrEnum


class Origin(StrEnum):
    """How a subject became known: the left side of the balance (design, section 5, rule 8)."""

    BASELINE = "baseline"
    ROSTER = "roster"
    NEW = "new"
    DISCOVERED = "discovered"
    MOVED_IN = "moved_in"


class SubjectState(StrEnum):
    """Where a subject stands: the right side of the balance. Every subject has exactly one."""

    OPEN = "open"
    COLLECTED = "collected"
    DECLINED = "declined"
    MOVED_OUT = "moved_out"
    DEAD_BEFORE = "dead_before"
    DEAD_AFTER = "dead_after"
    MERGED = "merged"
    INELIGIBLE = "ineligible"


class ReviewState(StrEnum):
    """What `collected` splits into."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    VERIFIED = "verified"


class Verdict(StrEnum):
    """A department's answer about one field (forms: five verdicts)."""

    MATCH = "match"
    MISMATCH = "mismatch"
    NO_SUCH_PERSON = "no_such_person"
    NO_FILE = "no_file"
    UNDECIDED = "undecided"


class Attestation(StrEnum):
    """What the terminals say about a record's chip readings (design, section 5, rule 1).

    ``none``: it claims no reading. The word is attested by the terminal, never proven.
    """

    NONE = "none"
    AWAITING = "awaiting"
    ATTESTED = "attested"
    FLAGGED = "flagged"


class Discrepancy(StrEnum):
    """Kinds of work orders: what contradicts (problem data), what is absent (missing data)."""

    FIELD_MISMATCH = "field_mismatch"
    MISSING_FIELD = "missing_field"
    MISSED_SUBJECT = "missed_subject"
    DUPLICATE = "duplicate"
    MOVED = "moved"
    DEAD = "dead"


class Role(StrEnum):
    """What an account may be granted, always together with an area and a time."""

    COLLECTOR = "collector"
    TOWNSHIP_LEADER = "township_leader"
    CIVIL_AFFAIRS_REVIEWER = "civil_affairs_reviewer"
    HUMAN_RESOURCES_REVIEWER = "human_resources_reviewer"
    DEPARTMENT_OFFICER = "department_officer"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class AreaLevel(StrEnum):
    """Levels of 行政区划, from the top down."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


class Source(StrEnum):
    """Provenance of one field of a record (design, section 5, rule 1)."""

    CHIP = "chip"
    BASELINE = "baseline"
    DEPARTMENT = "department"
    TYPED = "typed"
    REVIEWER = "reviewer"


class Relation(StrEnum):
    """What somebody who signs for a person is to them: the kin whom the notices name
    (``shared/reference/kin.csv``), or somebody else."""

    PARENT = "parent"
    FOSTERER = "fosterer"
    SPOUSE = "spouse"
    CHILD = "child"
    SIBLING = "sibling"
    OTHER = "other"


class Severity(StrEnum):
    """`refuse` keeps a value out (R69); `warn` lets it in and asks for follow-up (R70, C17)."""

    REFUSE = "refuse"
    WARN = "warn"
