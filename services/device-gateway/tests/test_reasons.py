"""Every refusal says in two languages what is wrong and what to do (R57, R69)."""

from __future__ import annotations

import ast
from pathlib import Path

import muster.device_gateway
from muster.device_gateway.domain.reasons import RULES, refusal
from muster.device_gateway.readers import serial_sdt
from muster.runtime import loopback

SOURCES = Path(muster.device_gateway.__file__).parent
RAISING = {"ReaderError", "BadFrame", "BadCard", "refusal"}


def raised() -> set[str]:
    """Every rule that the sources raise by name, or map a status to."""
    found = {*serial_sdt._RULES.values(), *serial_sdt._NOT_OPENED.values()}
    for path in (*SOURCES.rglob("*.py"), Path(loopback.__file__)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISING:
                for argument in node.args[:1]:
                    found |= {
                        inner.value
                        for inner in ast.walk(argument)
                        if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
                    }
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
                value = node.value.value
                if isinstance(value, str) and "-" in value:
                    found.add(value)
    return found


def test_every_rule_that_is_raised_has_its_sentences() -> None:
    rules = raised()
    assert {"no-card", "frame-checksum", "card-number", "pcsc-away", "token-required"} <= rules
    assert rules <= set(RULES), rules - set(RULES)


def test_sentences_tell_what_to_do() -> None:
    for name, rule in RULES.items():
        assert rule.zh.endswith("。"), name
        assert rule.en.endswith("."), name
        assert any("\u4e00" <= letter <= "\u9fff" for letter in rule.zh), name
        answered = refusal(name)
        assert 400 <= answered.status < 600
        assert answered.reasons[0].rule == name


def test_no_card_says_that_a_card_must_be_lifted_first() -> None:
    assert "先拿开" in RULES["no-card"].zh
    assert "lifted first" in RULES["no-card"].en
