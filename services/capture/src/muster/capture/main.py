"""The composition root of capture: the only place where its parts meet."""

from muster.capture.api import router
from muster.capture.handlers import attesting
from muster.capture.settings import Settings
from muster.capture.topics import PUBLICATIONS, SUBSCRIPTIONS
from muster.runtime.jobs import Job
from muster.runtime.service import Service, migrations_of

service = Service(
    name="capture",
    settings=Settings,
    migrations=migrations_of(__file__),
    routers=(router,),
    publications=PUBLICATIONS,
    subscriptions=SUBSCRIPTIONS,
    jobs=(Job("attestation-grace", attesting.GRACE_EVERY, attesting.flag_overdue),),
)
