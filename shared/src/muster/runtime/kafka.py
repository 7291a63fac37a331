"""Apache Kafka as a child process, from its jars: the real broker of the tests.

One node in KRaft mode on loopback. The jars come by Maven (``deploy/kafka/pom.xml``) into a folder
that is kept; a Java 17 runs them. It answers in 1-2 s and takes about 450 MB.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from muster.messaging.login import MECHANISM, Cluster, Login
from muster.runtime.embedded import ServerError, clean_environment
from muster.runtime.home import LOOPBACK, Home, free_port, write_private_text
from muster.runtime.processes import Child, Command

__all__ = ["KafkaServer", "fetch_jars", "what_is_missing"]


def what_is_missing(libs: Path) -> str | None:
    """In plain words why Kafka cannot run on this machine; None when it can."""
    if shutil.which("java") is None:
        return "no Java (Debian: openjdk-17-jre-headless)"
    if not any(libs.glob("kafka_*.jar")) and shutil.which("mvn") is None:
        return "neither Kafka's jars nor Maven to get them (Debian: maven)"
    return None


def fetch_jars(pom: Path, libs: Path) -> None:
    """Copy Kafka's jars into `libs` unless they are there.

    Raises:
        ServerError: Maven failed; its last lines are in the text.
    """
    done = libs / ".complete"
    if done.exists() and done.stat().st_mtime >= pom.stat().st_mtime:
        return
    shutil.rmtree(libs, ignore_errors=True)
    libs.mkdir(parents=True)
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={libs}")
    run = subprocess.run(  # noqa: S603
        ("mvn", "-q", "-B", "-f", str(pom), *goal),  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if run.returncode or not any(libs.glob("kafka_*.jar")):
        tail = "\n".join((run.stdout + run.stderr).splitlines()[-15:])
        raise ServerError(f"Maven did not bring Kafka's jars.\n{tail}")
    done.touch()


class KafkaServer:
    """One real broker with its data under the home's ``kafka`` folder."""

    name = "kafka"

    def __init__(
        self,
        home: Home,
        libs: Path,
        template: Path,
        *,
        auto_create: bool = False,
        told: Mapping[str, object] | None = None,
        users: Mapping[str, str] | None = None,
        login: Login | None = None,
    ) -> None:
        """`template` is a file of ``deploy/kafka``; the ports are chosen here and kept.

        `told` fills in further names of it. `users` are there from the start, with their
        passwords; `login` is the one of them by which we ask whether it answers.
        """
        self._home = home
        self._libs = libs
        self._folder = home.path / "kafka"
        self._template = template
        self._told = {"auto_create": str(auto_create).lower(), **(told or {})}
        self._users = dict(users or {})
        self._login = login
        self._port, self._controller_port = free_port(), free_port()
        self.child: Child | None = None

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self._port}"

    @property
    def cluster(self) -> Cluster:
        """The broker, as the one that asks whether it answers meets it."""
        return Cluster(self.address, self._login)

    def start(self) -> None:
        """Format the storage at first start, run the node, return when it answers."""
        data = self._folder / "data"
        configuration = self._folder / "server.properties"
        self._folder.mkdir(parents=True, exist_ok=True)
        text = self._template.read_text(encoding="utf-8")
        values = {
            "port": self._port,
            "controller_port": self._controller_port,
            "data": data,
            **self._told,
        }
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        write_private_text(configuration, text)
        if not data.exists():
            self._format(configuration)
        command = Command(
            name=self.name,
            argv=self._java("-Xmx512m", "kafka.Kafka", str(configuration)),
            log=self._home.log(self.name),
            env=clean_environment(),
            grace=20,
            directory=self._folder,
        )
        self.child = Child(command)
        self._wait()

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()
            self.child = None

    def _java(self, *rest: str) -> tuple[str, ...]:
        options = (
            "-XX:TieredStopAtLevel=1",  # a test's broker lives too briefly for the second compiler
            "-XX:+UseSerialGC",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        )
        return ("java", *options, "-cp", f"{self._libs}/*", *rest)

    def _format(self, configuration: Path) -> None:
        tool = "kafka.tools.StorageTool"
        identity = self._run(self._java(tool, "random-uuid")).strip().splitlines()[-1]
        users = [
            word
            for name, password in self._users.items()
            for word in ("--add-scram", f"{MECHANISM}=[name={name},password={password}]")
        ]
        self._run(self._java(tool, "format", "-t", identity, "-c", str(configuration), *users))

    def _run(self, argv: tuple[str, ...]) -> str:
        done = subprocess.run(  # noqa: S603
            argv, capture_output=True, text=True, check=False, env=clean_environment(), timeout=60
        )
        if done.returncode:
            raise ServerError(f"Kafka's storage tool failed.\n{done.stdout}{done.stderr}")
        return done.stdout

    def _wait(self, seconds: float = 120) -> None:
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        assert self.child is not None
        admin = AdminClient(
            {**self.cluster.librdkafka(), "log_level": 0, "reconnect.backoff.max.ms": 200}
        )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.child.running():
                raise ServerError(f"Kafka ended while starting.\n{self.child.last_lines(30)}")
            try:
                admin.list_topics(timeout=1)
            except KafkaException:
                time.sleep(0.1)
            else:
                return
        self.child.stop()
        raise ServerError(f"Kafka did not answer.\n{self.child.last_lines(30)}")
