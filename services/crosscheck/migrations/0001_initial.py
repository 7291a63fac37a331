"""The first version of crosscheck's database."""

from alembic import op

from muster.persistence.ddl import SHARED_V1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OWN = (
    """
    CREATE TABLE comparison (
        open BOOLEAN NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        opened_by UUID NOT NULL,
        PRIMARY KEY (open),
        CONSTRAINT comparison_never_closes CHECK (open)
    )
    """,
    """
    CREATE TABLE subject (
        subject_id UUID NOT NULL,
        revision BIGINT NOT NULL,
        version BIGINT NOT NULL,
        village TEXT,
        state TEXT,
        origin TEXT,
        places JSONB NOT NULL,
        lacking JSONB NOT NULL,
        sealed TEXT,
        PRIMARY KEY (subject_id),
        CONSTRAINT subject_present CHECK ((village IS NULL) = (state IS NULL))
    )
    """,
    """
    CREATE TABLE subject_blind (
        subject_id UUID NOT NULL,
        holder TEXT NOT NULL,
        number TEXT,
        name_birth TEXT,
        fields JSONB NOT NULL,
        PRIMARY KEY (subject_id, holder)
    )
    """,
    "CREATE INDEX subject_blind_number ON subject_blind (holder, number)",
    "CREATE INDEX subject_blind_name ON subject_blind (holder, name_birth)",
    """
    CREATE TABLE extract (
        extract_id UUID NOT NULL,
        department TEXT NOT NULL,
        mode TEXT NOT NULL,
        made_at TIMESTAMP WITH TIME ZONE NOT NULL,
        state TEXT NOT NULL,
        rule TEXT,
        rows INTEGER,
        parts INTEGER,
        first_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        settled_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (extract_id),
        CONSTRAINT extract_state
            CHECK (state IN ('arriving', 'current', 'replaced', 'outdated', 'refused')),
        CONSTRAINT extract_refused CHECK ((state = 'refused') = (rule IS NOT NULL)),
        CONSTRAINT extract_settled CHECK ((state = 'arriving') = (settled_at IS NULL))
    )
    """,
    "CREATE UNIQUE INDEX extract_current ON extract (department) WHERE state = 'current'",
    """
    CREATE TABLE extract_part (
        extract_id UUID NOT NULL,
        number INTEGER NOT NULL,
        digest TEXT NOT NULL,
        rows INTEGER NOT NULL,
        sealed TEXT NOT NULL,
        PRIMARY KEY (extract_id, number)
    )
    """,
    """
    CREATE TABLE department_row (
        department TEXT NOT NULL,
        row_id UUID NOT NULL,
        area TEXT NOT NULL,
        number TEXT,
        name_birth TEXT,
        campaign_number TEXT,
        fields JSONB NOT NULL,
        died TEXT,
        moved_to TEXT,
        sealed TEXT,
        PRIMARY KEY (department, row_id),
        CONSTRAINT department_row_died CHECK (died IN ('before', 'after'))
    )
    """,
    "CREATE INDEX department_row_number ON department_row (department, number)",
    "CREATE INDEX department_row_name ON department_row (department, name_birth)",
    "CREATE INDEX department_row_campaign ON department_row (campaign_number)",
    """
    CREATE TABLE touched (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        subject_id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX touched_subject ON touched (subject_id)",
    """
    CREATE TABLE candidates_due (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE discrepancy (
        discrepancy_id UUID NOT NULL,
        revision BIGINT NOT NULL,
        kind TEXT NOT NULL,
        subject_id UUID NOT NULL,
        department TEXT NOT NULL,
        field TEXT NOT NULL,
        other TEXT NOT NULL,
        village TEXT NOT NULL,
        said_by TEXT,
        row_id UUID,
        first_opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        closed_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (discrepancy_id),
        CONSTRAINT discrepancy_once UNIQUE (kind, subject_id, department, field, other)
    )
    """,
    "CREATE INDEX discrepancy_subject ON discrepancy (subject_id)",
    "CREATE INDEX discrepancy_village ON discrepancy (village, opened_at, discrepancy_id)",
    """
    CREATE TABLE candidate (
        candidate_id UUID NOT NULL,
        revision BIGINT NOT NULL,
        department TEXT NOT NULL,
        row_id UUID NOT NULL,
        area TEXT NOT NULL,
        state TEXT NOT NULL,
        rule TEXT,
        sealed TEXT,
        found_at TIMESTAMP WITH TIME ZONE NOT NULL,
        told_at TIMESTAMP WITH TIME ZONE,
        closed_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (candidate_id),
        CONSTRAINT candidate_state
            CHECK (state IN
                ('waiting', 'asked', 'refused', 'told', 'held', 'ended', 'closed')),
        CONSTRAINT candidate_rule
            CHECK ((state IN ('refused', 'held', 'ended')) = (rule IS NOT NULL)),
        CONSTRAINT candidate_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL))
    )
    """,
    "CREATE INDEX candidate_area ON candidate (area, candidate_id)",
    """
    CREATE TABLE reveal (
        reveal_id UUID NOT NULL,
        department TEXT NOT NULL,
        row_id UUID NOT NULL,
        number INTEGER NOT NULL,
        candidate_id UUID,
        discrepancy_id UUID,
        asked_by TEXT NOT NULL,
        asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        reason_sealed TEXT NOT NULL,
        state TEXT NOT NULL,
        rule TEXT,
        answered_at TIMESTAMP WITH TIME ZONE,
        sealed TEXT,
        PRIMARY KEY (reveal_id),
        CONSTRAINT reveal_row UNIQUE (department, row_id, number),
        CONSTRAINT reveal_state CHECK (state IN ('asked', 'answered', 'refused')),
        CONSTRAINT reveal_for_one CHECK ((candidate_id IS NULL) <> (discrepancy_id IS NULL))
    )
    """,
    "CREATE INDEX reveal_candidate ON reveal (candidate_id)",
    "CREATE INDEX reveal_discrepancy ON reveal (discrepancy_id)",
)


def upgrade() -> None:
    """Create what every service has, and crosscheck's own tables."""
    for statement in (*SHARED_V1, *OWN):
        op.execute(statement)
