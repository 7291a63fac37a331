"""What every test of the workspace may use, and what happens to tests that a machine cannot run.

Fixtures

``stack``           one per test, twice if the test takes it: on the embedded broker and on Apache
                    Kafka. A fresh broker (or an emptied one), PostgreSQL and Redis of the session.
``module_stack``    the same for a whole module.
``postgres``        administrator's URL of the session's PostgreSQL.
``redis_url``       the session's Redis.
``new_database``    ``new_database("capture")`` gives the SQLAlchemy URL of a fresh database with
                    that service's migrations; without a service an empty one. Dropped afterwards.
``alone``           ``with alone("pcscd")``: what one test process of this machine has at a time.
``empty_kafka``     ``empty_kafka()`` empties the session's Apache Kafka and gives its address.
``audit_walk``      ``audit_walk(routers, database)`` walks all routes of a service and holds each
                    against the rows that it must leave in the audit chain.

Servers are the embedded ones unless ``MUSTER_TEST_POSTGRES_ADMIN_URL``, ``MUSTER_TEST_REDIS_URL``
or ``MUSTER_TEST_KAFKA`` names another. That Kafka is *emptied* before each test.

``@pytest.mark.needs("kafka")`` skips a test with a plain reason where that is missing. With
``MUSTER_REQUIRE=all`` nothing may be missing: every skip is a failure.
"""

from __future__ import annotations

import os

import hypothesis

pytest_plugins = (
    "tests.plugins.needs",
    "tests.plugins.order",
    "tests.plugins.servers",
    "tests.plugins.stacks",
    "tests.plugins.audit",
)

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("muster", deadline=None)
hypothesis.settings.load_profile("muster")

# Whoever takes the place of a killed reader waits for this; parts in processes of their own too.
os.environ.setdefault("MUSTER_SESSION_SECONDS", "6")
