"""DDL of the tables that every service has, frozen version by version.

A service's first migration runs ``SHARED_V1``; a change is a new tuple and a new migration in each
service. A test compares the result with ``muster.persistence.tables``.
"""

from muster.security.tables import AUDIT_HEAD

FUNCTIONS = (AUDIT_HEAD,)
"""What is replaced as a whole and not altered: every upgrade makes it anew, after the migrations.

PostgreSQL refuses to replace one whose OUT columns are others: such a change takes a new name, or a
migration that drops the old one.
"""

SHARED_V1 = (
    """
    CREATE TABLE audit (
        seq BIGINT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject_ids UUID[] NOT NULL,
        reason TEXT,
        detail JSONB NOT NULL,
        salt TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL,
        PRIMARY KEY (seq),
        CONSTRAINT audit_seq_from_one CHECK (seq > 0),
        UNIQUE (hash)
    )
    """,
    """
    CREATE TABLE dead_letter (
        id UUID NOT NULL,
        topic TEXT NOT NULL,
        partition SMALLINT NOT NULL,
        "offset" BIGINT NOT NULL,
        rule TEXT NOT NULL,
        zh TEXT NOT NULL,
        en TEXT NOT NULL,
        sealed TEXT NOT NULL,
        failed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE inbox (
        event_id UUID NOT NULL,
        topic TEXT NOT NULL,
        partition SMALLINT NOT NULL,
        sequence BIGINT NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (event_id)
    )
    """,
    """
    CREATE INDEX inbox_place ON inbox (topic, partition, sequence)
    """,
    """
    CREATE TABLE inbox_position (
        topic TEXT NOT NULL,
        partition SMALLINT NOT NULL,
        contiguous BIGINT DEFAULT 0 NOT NULL,
        highest BIGINT DEFAULT 0 NOT NULL,
        out_of_range BOOLEAN DEFAULT false NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        requested_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (topic, partition)
    )
    """,
    """
    CREATE TABLE known_grants (
        account_id UUID NOT NULL,
        version BIGINT NOT NULL,
        active BOOLEAN NOT NULL,
        grants JSONB NOT NULL,
        PRIMARY KEY (account_id)
    )
    """,
    """
    CREATE TABLE known_key (
        kid TEXT NOT NULL,
        owner_id TEXT NOT NULL,
        owner_kind TEXT NOT NULL,
        version BIGINT NOT NULL,
        area TEXT,
        use TEXT NOT NULL,
        jwk JSONB NOT NULL,
        valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (kid)
    )
    """,
    """
    CREATE INDEX known_key_owner ON known_key (owner_id)
    """,
    """
    CREATE TABLE outbox (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        event_id UUID NOT NULL,
        topic TEXT NOT NULL,
        partition SMALLINT NOT NULL,
        key TEXT NOT NULL,
        version BIGINT NOT NULL,
        county TEXT,
        ref JSONB NOT NULL,
        traceparent TEXT,
        occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
        sequence BIGINT,
        published_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (id),
        CONSTRAINT outbox_place UNIQUE (topic, partition, sequence),
        UNIQUE (event_id)
    )
    """,
    """
    CREATE INDEX outbox_fresh ON outbox (id) WHERE sequence IS NULL
    """,
    """
    CREATE INDEX outbox_unpublished ON outbox (topic, partition, sequence)
    WHERE published_at IS NULL AND sequence IS NOT NULL
    """,
    """
    CREATE TABLE outbox_shard (
        topic TEXT NOT NULL,
        partition SMALLINT NOT NULL,
        last_sequence BIGINT DEFAULT 0 NOT NULL,
        cluster_id TEXT,
        PRIMARY KEY (topic, partition)
    )
    """,
    """
    CREATE TABLE parked (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        topic TEXT NOT NULL,
        partition SMALLINT NOT NULL,
        "offset" BIGINT NOT NULL,
        key TEXT NOT NULL,
        sender TEXT NOT NULL,
        headers JSONB NOT NULL,
        value BYTEA NOT NULL,
        reason TEXT NOT NULL,
        attempts INTEGER DEFAULT 0 NOT NULL,
        next_try_at TIMESTAMP WITH TIME ZONE,
        parked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX parked_key ON parked (topic, key, id)
    """,
    """
    CREATE TABLE quarantine (
        topic TEXT NOT NULL,
        sender TEXT NOT NULL,
        reason TEXT NOT NULL,
        since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (topic, sender)
    )
    """,
    """
    CREATE TABLE subject_key (
        subject_id UUID NOT NULL,
        wrapped TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        destroyed_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (subject_id),
        CONSTRAINT subject_key_destroyed_is_empty CHECK ((destroyed_at IS NULL) = (wrapped <> ''))
    )
    """,
)
