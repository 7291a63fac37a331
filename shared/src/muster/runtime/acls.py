"""``muster acls``: Kafka's topics, users and ACLs as topic files and enrolments say them now.

``muster prepare`` and ``muster up`` do the same at their time. This is for while Muster runs: after
a connector or gateway was enrolled, so that it can sign in, and after one was ended, so that it no
longer can. It may be repeated; what is right already is left alone.
"""

from __future__ import annotations

import typer
from rich.console import Console

from muster.runtime import provisioning
from muster.runtime.databases import DatabaseError
from muster.runtime.home import Home
from muster.runtime.lifecycle import chosen_profile
from muster.runtime.signed_in import refuse
from muster.runtime.stacks import StackError, choose
from muster.runtime.topics import TopicError

_out = Console()
_err = Console(stderr=True)


def acls() -> None:
    """Bring Kafka's topics, users and ACLs to what topic files and enrolments say."""
    home = Home.find().create()
    try:
        stack = choose(home)
        addresses = stack.addresses() if stack.kind != "embedded" else None
        if addresses is None or addresses.kafka_login is None:
            refuse(
                "自带的消息服务没有登录和 ACL；请用自己的 Kafka：设置 MUSTER_STACK=native，并以 "
                "MUSTER_KAFKA_LOGIN 给出其管理员的登录文件。",
                "The embedded broker has no sign-in and no ACLs. For a Kafka of your own set "
                "MUSTER_STACK=native, and name its administrator's login file by "
                "MUSTER_KAFKA_LOGIN.",
            )
        profile = chosen_profile(home, None)
        urls = provisioning.database_urls(home, addresses.postgres_admin_url, exclusive=False)
        stack.prepare(profile)
        done = stack.authorise(home, profile, urls)
    except (StackError, DatabaseError, TopicError) as error:
        _err.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    assert done is not None
    _say(f"新增 ACL {done.made} 条，删除 {done.removed} 条。")
    _say(f"ACLs made: {done.made}, removed: {done.removed}.")
    for user in done.gone:
        _say(f"{user} 不再能登录。 {user} can sign in no longer.")
    for user in done.users:
        _say(f"登录文件 Login file: {home.logins / user}.json")
    if done.users:
        _say("每个文件只交给它所属的计算机，放入该处连接器或读卡程序的文件夹，名为 kafka.json。")
        _say(
            "Each is for one computer and nobody else: there it lies in the home folder of the "
            "connector or gateway, as kafka.json."
        )


def _say(text: str) -> None:
    _out.print(text, markup=False, highlight=False, soft_wrap=True)
