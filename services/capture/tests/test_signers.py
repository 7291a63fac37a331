"""Who signed for a person, and who translated (R58): named, sealed, told to reviewers alone."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from muster.vocabulary.data import data_path
from muster.vocabulary.states import Relation

Bench = Any
SIGNER = {"name": "卓玛", "relation": "child"}
INTERPRETER = "扎西东周"


async def _receipt(bench: Bench, signature: dict[str, Any], **changes: Any) -> dict[str, Any]:
    terminal = await bench.terminal()
    person = bench.person()
    record = bench.record(person, pieces=await bench.bring_evidence(terminal, person), **changes)
    record["signature"] |= signature
    [receipt] = (await bench.upload(terminal, [record])).json()["receipts"]
    found: dict[str, Any] = receipt
    return found


@pytest.mark.parametrize("kind", ["by_proxy", "guardian"])
async def test_who_signs_for_a_person_is_named_to_the_reviewer(bench: Bench, kind: str) -> None:
    """R58: neither name stands anywhere in the clear; reporting and the cross-check get neither."""
    receipt = await _receipt(bench, {"kind": kind, "signer": SIGNER}, interpreter=INTERPRETER)
    assert receipt["status"] == "accepted"
    [(_, event)] = await bench.events("capture-record-submitted")
    review = event.parts["verification"]
    assert review.signature_kind == kind
    assert review.signer.model_dump(mode="json") == SIGNER
    assert review.interpreter == INTERPRETER
    for reader in ("crosscheck", "reporting"):
        told = event.parts[reader].model_dump_json()
        assert SIGNER["name"] not in told
        assert INTERPRETER not in told
    for table in ("record_version", "audit", "outbox"):
        kept = str([dict(row) for row in await bench.rows(f"SELECT * FROM {table}")])
        assert SIGNER["name"] not in kept
        assert INTERPRETER not in kept


async def test_a_record_that_names_neither_says_neither(bench: Bench) -> None:
    """As every record before these were taken."""
    assert (await _receipt(bench, {}))["status"] == "accepted"
    [(_, event)] = await bench.events("capture-record-submitted")
    assert event.parts["verification"].signer is None
    assert event.parts["verification"].interpreter is None


@pytest.mark.parametrize(
    ("signature", "rule"),
    [
        ({"kind": "by_proxy"}, "signer-missing"),
        ({"kind": "guardian"}, "signer-missing"),
        ({"kind": "handwriting", "signer": SIGNER}, "signer-unasked"),
        ({"kind": "thumbprint", "signer": SIGNER}, "signer-unasked"),
        ({"kind": "by_proxy", "signer": {**SIGNER, "relation": "neighbour"}}, "record-shape"),
        ({"kind": "by_proxy", "signer": {**SIGNER, "name": " "}}, "record-shape"),
        ({"kind": "by_proxy", "signer": {**SIGNER, "name": "a\u0000b"}}, "record-shape"),
        ({"kind": "by_proxy", "signer": {"name": "卓玛"}}, "record-shape"),
    ],
)
async def test_a_signer_stands_where_another_signed_and_only_there(
    bench: Bench, signature: dict[str, Any], rule: str
) -> None:
    receipt = await _receipt(bench, signature)
    assert receipt["status"] == "refused"
    assert [(told["field"], told["rule"]) for told in receipt["reasons"]] == [("signature", rule)]


@pytest.mark.parametrize("name", ["", "\n", 7, "译" * 101])
async def test_an_interpreter_is_a_name(bench: Bench, name: object) -> None:
    receipt = await _receipt(bench, {}, interpreter=name)
    assert [(told["field"], told["rule"]) for told in receipt["reasons"]] == [
        ("interpreter", "record-shape")
    ]


def test_relations_are_the_kin_of_the_notices_and_another() -> None:
    lines = data_path("reference").joinpath("kin.csv").read_text("utf-8").splitlines()
    kin = [row["code"] for row in csv.DictReader(line for line in lines if line[:1] != "#")]
    assert [*kin, "other"] == [str(one) for one in Relation]
