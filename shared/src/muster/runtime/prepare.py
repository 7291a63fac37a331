"""``muster prepare``: what must be there before services start that no supervisor of ours runs.

Containers, or units of an operator, each run one process. Before them, once and again after every
update, this makes keys, databases, topics and migrations on servers that are there (native), and
hands each service a folder of its own::

    FOLDER/capture/capture.json                  its key ring
    FOLDER/capture/muster_capture_database_url   its settings that are secret, one file each
    FOLDER/capture/muster_capture_redis_url      (``MUSTER_SECRETS_DIR`` names the folder to it)
    FOLDER/capture/kafka.json                    as whom it signs in to Kafka, where one does
    FOLDER/access/admin.json                     the first administrator, for access only

Who can read one folder can be one service, and opens nothing of another's.
"""

from __future__ import annotations

from pathlib import Path

from muster.messaging.login import NAME
from muster.runtime import provisioning
from muster.runtime.home import Home, write_private, write_private_text
from muster.runtime.lifecycle import chosen_profile, supervisor_of
from muster.runtime.stacks import Stack, StackError, choose

__all__ = ["SECRET_SETTINGS", "prepare"]

SECRET_SETTINGS = ("DATABASE_URL", "REDIS_URL")
"""Settings that hold a password: handed out as files, never as a container's environment."""


def prepare(
    home: Home, profile: str | None, folder: Path | None = None, service_url: str | None = None
) -> list[str]:
    """Make what is missing, change nothing that is right; gives the services that may start.

    `folder` is where each service's own folder is filled. `service_url` (``http://{service}:8000``)
    says where services will answer, for ``muster ledger`` and ``muster progress``.

    Raises:
        StackError: the stack is not native, a supervisor runs it, or a server refused something.
        DatabaseError, TopicError: PostgreSQL or Kafka did not answer, or refused.
        ProfileError, FileNotFoundError: the profile cannot be used.
    """
    stack = choose(home)
    if stack.kind == "embedded":
        raise StackError(
            "The embedded stack is prepared by 'muster up'. For servers of your own set "
            "MUSTER_STACK=native."
        )
    home.create()
    if supervisor_of(home.stack()) is not None:
        raise StackError("A supervisor runs this stack and has prepared it: 'muster down' first.")
    wanted = chosen_profile(home, profile)
    provisioning.keys(home.keys, wanted)
    provisioning.administrator(home)
    urls = provisioning.database_urls(home, stack.addresses().postgres_admin_url, exclusive=False)
    stack.prepare(wanted)
    provisioning.migrate(urls, urls)
    stack.authorise(home, wanted, urls)
    if folder is not None:
        for service, url in urls.items():
            _hand_out(home, stack, service, url, folder / service)
    _write_down(home, stack, wanted, list(urls), service_url)
    return list(urls)


def _hand_out(home: Home, stack: Stack, service: str, database_url: str, folder: Path) -> None:
    """Fill one service's folder; files are private and replaced whole."""
    told = provisioning.environment(home, service, database_url, stack.addresses(), "", 0)
    for name in SECRET_SETTINGS:
        variable = provisioning.prefix(service) + name
        write_private_text(folder / variable.lower(), told[variable])
    ring = home.keys / f"{service}.json"
    write_private_text(folder / ring.name, ring.read_text(encoding="utf-8"))
    if stack.addresses().kafka_login is not None:
        login = (home.logins / f"{service}.json").read_text(encoding="utf-8")
        write_private_text(folder / NAME, login)
    if service == "access":
        admin = home.admin_file.read_text(encoding="utf-8")
        write_private_text(folder / home.admin_file.name, admin)


def _write_down(
    home: Home, stack: Stack, profile: str, services: list[str], service_url: str | None
) -> None:
    addresses = stack.addresses()
    described: dict[str, object] = {
        "stack": stack.kind,
        "state": "prepared",
        "profile": profile,
        "postgres": addresses.postgres(),
        "kafka": addresses.kafka,
    }
    if service_url is not None:
        described["services"] = {
            name: {"url": service_url.replace("{service}", name), "pid": None} for name in services
        }
    write_private(home.stack_file, described)
