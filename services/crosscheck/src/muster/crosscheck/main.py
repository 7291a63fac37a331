"""Composition root of crosscheck: the only place where its parts meet."""

from muster.crosscheck import commands
from muster.crosscheck.api import router
from muster.crosscheck.handlers import reveals
from muster.crosscheck.handlers.settling import settle_left
from muster.crosscheck.matcher import run_matcher
from muster.crosscheck.settings import Settings
from muster.crosscheck.topics import PUBLICATIONS, SUBSCRIPTIONS
from muster.runtime.jobs import Job
from muster.runtime.service import Service, migrations_of

service = Service(
    name="crosscheck",
    settings=Settings,
    migrations=migrations_of(__file__),
    routers=(router,),
    publications=PUBLICATIONS,
    subscriptions=SUBSCRIPTIONS,
    jobs=(
        Job("settle-left", 1.0, settle_left),
        Job("ask-again", 30, reveals.ask_again),
    ),
    workers={"matcher": run_matcher},
    commands=commands.app,
)
