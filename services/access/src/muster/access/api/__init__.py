"""HTTP routes of access: translate, authorise, call a handler."""

from muster.access.api import accounts, authorize, departments, sessions, terminals, tokens

ROUTERS = (
    tokens.router,
    authorize.router,
    sessions.router,
    accounts.router,
    terminals.router,
    departments.router,
)
