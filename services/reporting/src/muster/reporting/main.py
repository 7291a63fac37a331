"""Composition root of reporting: the only place where its parts meet."""

from muster.reporting.api import router
from muster.reporting.handlers import count_days
from muster.reporting.pulse import run_pulse
from muster.reporting.settings import Settings
from muster.reporting.topics import SUBSCRIPTIONS
from muster.runtime.jobs import Job
from muster.runtime.service import Service, migrations_of

service = Service(
    name="reporting",
    settings=Settings,
    migrations=migrations_of(__file__),
    routers=(router,),
    subscriptions=SUBSCRIPTIONS,
    jobs=(Job("count-days", 900, count_days),),
    workers={"pulse": run_pulse},
)
