"""The key file and the keys of services: whole, private, and from the right place."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from muster.security import jose
from muster.security.keyring import KeyringError, new_key
from muster.spool import keyfile, services
from muster.spool.keyfile import Edge, KeyfileError
from muster.spool.services import KeysUnknown, ServiceAway, ServiceKeys
from muster.vocabulary.reasons import Refusal

ADDRESS = "http://verification"

CHINESE = re.compile("[\u4e00-\u9fff]")


def test_a_file_is_read_as_it_was_written(home: Path, edge: Edge) -> None:
    path = home / keyfile.NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    read = keyfile.read(home)
    assert (read.place, read.area, read.label) == (edge.place, "632321100", "一号机")
    assert (read.signing, read.encryption) == (edge.signing, None)
    assert read.spool_key == edge.spool_key
    assert edge.signing["d"] not in repr(read)


def test_a_department_has_a_key_to_which_is_sealed_and_takes_matching_keys(tmp_path: Path) -> None:
    made = Edge.new("department", {"access": "https://access/"}, "k:1", place="housing")
    assert made.encryption is not None
    assert made.encryption["use"] == "enc"
    assert made.services["access"] == "https://access"
    blind = new_key("blind/housing", 1)
    keyfile.create(tmp_path / "h", made.with_keys([blind, blind][:1]).with_keys([blind]))
    assert keyfile.read(tmp_path / "h").keys.current("blind/housing") == blind
    with pytest.raises(KeyringError, match="differs"):
        made.with_keys([blind]).with_keys([new_key("blind/housing", 1)])


def test_a_file_is_never_replaced_by_a_new_edge(home: Path, edge: Edge) -> None:
    """Its keys are all that opens the spool."""
    with pytest.raises(KeyfileError, match=r"已存在.*already"):
        keyfile.create(home, Edge.new("terminal", {}, "k:1"))
    assert keyfile.read(home).signing == edge.signing


def test_a_file_that_others_may_read_is_refused(home: Path) -> None:
    (home / keyfile.NAME).chmod(0o640)
    with pytest.raises(KeyfileError, match=r"权限须为 0600.*must be 0600"):
        keyfile.read(home)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "service"},
        {"place": 7},
        {"services": []},
        {"services": {"access": "ftp://x"}},
        {"services": {"access": 7}},
        {"kafka": None},
        {"signing": {}},
        {"signing": {"kty": "EC"}},
        {"encryption": "x"},
        {"keys": [{}]},
        {"keys": None},
        {"more": 1},
    ],
)
def test_a_damaged_file_is_said_so(home: Path, edge: Edge, change: dict[str, Any]) -> None:
    path = home / keyfile.NAME
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), **change}))
    with pytest.raises(KeyfileError) as caught:
        keyfile.read(home)
    assert edge.signing["d"] not in str(caught.value)
    assert CHINESE.search(caught.value.zh)
    assert not CHINESE.search(caught.value.en)


def test_what_is_no_file_is_said_so(home: Path) -> None:
    path = home / keyfile.NAME
    for data in (b"{", b"[]", b"\xff"):
        path.write_bytes(data)
        with pytest.raises(KeyfileError, match=r"不是 JSON|须有且仅有"):
            keyfile.read(home)
    path.unlink()
    with pytest.raises(KeyfileError, match="无法读取"):
        keyfile.read(home)


# -- keys of services ------------------------------------------------------------------------------


class Service:
    """What a service shows, and what was asked of it."""

    def __init__(self) -> None:
        self.answer: Any = {
            "service": "verification",
            "packet": [jose.public_jwk(jose.generate("enc"))],
            "sign": [jose.public_jwk(jose.generate("sig"))],
        }
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[httpx.Request] = []

    def client(self) -> httpx.AsyncClient:
        def handle(request: httpx.Request) -> httpx.Response:
            self.asked.append(request)
            return httpx.Response(self.status, json=self.answer, headers=self.headers)

        return httpx.AsyncClient(transport=httpx.MockTransport(handle))


@pytest.fixture
def service() -> Service:
    return Service()


async def test_keys_are_fetched_kept_and_renewed(tmp_path: Path, service: Service) -> None:
    async with service.client() as http:
        keys = ServiceKeys(tmp_path, {"verification": ADDRESS + "/"}, http)
        with pytest.raises(KeysUnknown):
            keys.packet_key("verification")
        await keys.refresh()
        assert str(service.asked[0].url) == ADDRESS + "/public-keys"
        first = service.answer
        assert keys.packet_key("verification") == first["packet"][0]
        kept = ServiceKeys(tmp_path, {"verification": ADDRESS}, http)
        assert kept.sign_keys("verification") == {first["sign"][0]["kid"]: first["sign"][0]}
        fresh = jose.public_jwk(jose.generate("sig"))
        service.answer = {**first, "sign": [fresh, first["sign"][0]]}
        await kept.refresh(["verification"])
        assert set(kept.sign_keys("verification")) == {fresh["kid"], first["sign"][0]["kid"]}
    path = tmp_path / services.NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_kept_keys_count_only_for_the_address_they_came_from(
    tmp_path: Path, service: Service
) -> None:
    async with service.client() as http:
        keys = ServiceKeys(tmp_path, {"verification": ADDRESS}, http)
        await keys.refresh()
        moved = ServiceKeys(tmp_path, {"verification": "http://other"}, http)
        with pytest.raises(KeysUnknown):
            moved.sign_keys("verification")
        (tmp_path / services.NAME).write_bytes(b'{"verification": 7}')
        with pytest.raises(KeysUnknown):
            ServiceKeys(tmp_path, {"verification": ADDRESS}, http).sign_keys("verification")


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (302, {}),
        (500, {}),
        (404, {"reasons": []}),
        (200, {"service": "capture"}),
        (200, {"packet": []}),
        (200, {"sign": [{"kty": "EC"}]}),
        (200, {"sign": None}),
    ],
)
async def test_what_is_no_key_set_changes_nothing(
    tmp_path: Path, service: Service, status: int, answer: dict[str, Any]
) -> None:
    """Nor does a redirect lead to another's keys."""
    async with service.client() as http:
        keys = ServiceKeys(tmp_path, {"verification": ADDRESS}, http)
        await keys.refresh()
        before = keys.sign_keys("verification")
        service.status, service.answer = status, {**service.answer, **answer}
        service.headers = {"Location": "http://elsewhere.invalid"}
        with pytest.raises(ServiceAway):
            await keys.refresh()
        assert keys.sign_keys("verification") == before
    assert {request.url.host for request in service.asked} == {"verification"}


# -- enrolment -------------------------------------------------------------------------------------


async def test_an_edge_is_enrolled_by_its_code_and_the_proof_of_its_key(service: Service) -> None:
    signing, encryption = jose.generate("sig"), jose.generate("enc")
    async with service.client() as http:
        service.answer = {"terminal_id": "t", "area": "632321100", "label": "一号机"}
        made = await services.enrol_terminal(http, "http://access", code="C", signing=signing)
        assert (made.place, made.area, made.label) == ("t", "632321100", "一号机")
        service.answer = {"department": "housing", "area": "632321", "label": "住建局"}
        made = await services.enrol_department(
            http, "http://access", code="C", signing=signing, encryption=encryption
        )
        assert made.place == "housing"
        sent = orjson.loads(service.asked[-1].content)
        assert [key["use"] for key in sent["keys"]] == ["sig", "enc"]
        assert all("d" not in key for key in sent["keys"])
        assert jose.verified(sent["proof"], signing, 100) == b"C"
        service.answer = {}
        with pytest.raises(ServiceAway):
            await services.enrol_terminal(http, "http://access", code="C", signing=signing)


async def test_a_refusal_of_access_reaches_the_edge_in_plain_words(service: Service) -> None:
    service.status = 422
    service.answer = {
        "reasons": [
            {"field": "code", "rule": "r", "zh": "登记码", "en": "code", "severity": "refuse"}
        ]
    }
    async with service.client() as http:
        with pytest.raises(Refusal) as caught:
            await services.enrol_terminal(
                http, "http://access", code="C", signing=jose.generate("sig")
            )
    assert (caught.value.status, caught.value.reasons[0].zh) == (422, "登记码")
