"""HTTP routes of access: translate, authorise, call a handler."""

from muster.access.api import accounts, terminals, tokens

ROUTERS = (tokens.router, accounts.router, terminals.router)
