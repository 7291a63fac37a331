"""What reporting consumes, as a table; it publishes nothing yet."""

from muster.messaging.message import Subscription
from muster.reporting import handlers
from muster.security import following

SUBSCRIPTIONS = (
    Subscription("capture-baseline-imported", handlers.take_standings),
    Subscription("capture-record-attested", handlers.take_attestations),
    Subscription("capture-record-submitted", handlers.take_records),
    Subscription("capture-subject-status-changed", handlers.take_standings),
    Subscription("capture-upload-received", handlers.take_uploads),
    Subscription("crosscheck-discrepancy-closed", handlers.take_problems),
    Subscription("crosscheck-discrepancy-opened", handlers.take_problems),
    Subscription("device-status-changed", handlers.take_devices),
    Subscription("verification-record-verified", handlers.take_reviews),
    Subscription("verification-record-returned", handlers.take_reviews),
    *following.SUBSCRIPTIONS,
)
