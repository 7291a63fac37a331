"""The catalogues, so that tests ask for what a person reads and name no sentence themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

WEB = Path(__file__).parents[2] / "web"

Say = Callable[..., str]


def catalogue(application: str, language: str) -> Say:
    """``say("page.review")`` gives the word of an application; ``say("x.y", n=3)`` fills it in."""
    parts = [
        json.loads((WEB / part / "src" / "words" / f"{language}.json").read_text("utf-8"))
        for part in ("ui", application)
    ]

    def say(key: str, **values: object) -> str:
        for part in parts:
            found: Any = part
            for name in key.split("."):
                found = found.get(name) if isinstance(found, dict) else None
            if isinstance(found, str):
                return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), found)
        raise KeyError(key)

    return say
