"""Composition root of verification: the only place where its parts meet."""

from muster.runtime.jobs import Job
from muster.runtime.service import Service, migrations_of
from muster.verification.api import router
from muster.verification.handlers import asking
from muster.verification.settings import Settings
from muster.verification.topics import PUBLICATIONS, SUBSCRIPTIONS

service = Service(
    name="verification",
    settings=Settings,
    migrations=migrations_of(__file__),
    routers=(router,),
    publications=PUBLICATIONS,
    subscriptions=SUBSCRIPTIONS,
    jobs=(Job("ask-again", 30, asking.ask_again),),
)
