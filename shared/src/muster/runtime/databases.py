"""One database and one role per service; no role opens another's database.

Works on any PostgreSQL from 15 on, given an administrator's URL, and may run again at any time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from urllib.parse import quote

import asyncpg
from sqlalchemy.engine import make_url

__all__ = ["DatabaseError", "database_name", "provision", "scram_verifier"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ROUNDS = 4096
_CONNECTIONS = 40


class DatabaseError(Exception):
    """The server refused what provisioning needs; the text says what, without passwords."""


def database_name(service: str) -> str:
    """Name of a service's database and of its role: ``muster_<service>``.

    Raises:
        ValueError: the service's name could not stand in SQL unquoted.
    """
    plain = service.replace("-", "_")
    if not _NAME.fullmatch(plain):
        raise ValueError(f"{service!r} is no name for a service")
    return f"muster_{plain}"


def scram_verifier(password: str) -> str:
    """What PostgreSQL stores for an ASCII password (RFC 5803), with a new salt.

    The server is given this and never the password, which therefore stands in none of its logs.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (base64.b64encode(x).decode() for x in (salt, stored, server))
    return f"SCRAM-SHA-256${_ROUNDS}:{salt64}${stored64}:{server64}"


async def _ensure_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    # INHERIT, because before PostgreSQL 16 an owner without it does not own its public schema.
    await connection.execute(
        f"{'ALTER' if exists else 'CREATE'} ROLE {role} LOGIN NOCREATEDB NOCREATEROLE INHERIT "
        f"CONNECTION LIMIT {_CONNECTIONS} PASSWORD '{scram_verifier(password)}'"
    )
    if not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        # Only a member of a role can make a database that the role owns.
        await connection.execute(f"GRANT {role} TO CURRENT_USER")


async def _ensure_database(connection: asyncpg.Connection, name: str) -> None:
    owner = await connection.fetchval(
        "SELECT r.rolname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba "
        "WHERE d.datname = $1",
        name,
    )
    if owner is None:
        # Sorted by code point everywhere, so that both kinds of server agree on every order.
        locale = (
            "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
            if connection.get_server_version().major >= 17
            else "LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
        )
        await connection.execute(
            f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0 ENCODING 'UTF8' {locale}"
        )
    elif owner != name:
        await connection.execute(f"ALTER DATABASE {name} OWNER TO {name}")
    await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")


async def provision(
    admin_url: str,
    services: Iterable[str],
    password: Callable[[str], str],
    *,
    exclusive: bool = False,
) -> dict[str, str]:
    """Create or repair database and role of every service.

    `password` gives a role's password by the role's name. `exclusive` says that the server is ours
    alone: then its maintenance databases are closed to the services too. Returns the SQLAlchemy
    URL (``postgresql+asyncpg://``) of each service.
    """
    url = make_url(admin_url).set(drivername="postgresql")
    try:
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseError(f"no administrator's login at {url.host}:{url.port}: {error}") from None
    try:
        await connection.execute("SET password_encryption = 'scram-sha-256'")
        urls = {}
        for service in services:
            name = database_name(service)
            secret = password(name)
            await _ensure_role(connection, name, secret)
            await _ensure_database(connection, name)
            address = f"{url.host}:{url.port or 5432}"
            urls[service] = f"postgresql+asyncpg://{name}:{quote(secret, safe='')}@{address}/{name}"
        if exclusive:
            await connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
    except asyncpg.PostgresError as error:
        raise DatabaseError(f"the server refused: {error}") from None
    else:
        return urls
    finally:
        await connection.close()
