"""HTTP routes of access: translate, authorise, call a handler."""

from muster.access.api import accounts, departments, terminals, tokens

ROUTERS = (tokens.router, accounts.router, terminals.router, departments.router)
