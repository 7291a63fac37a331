"""Container files say what the code needs (no engine is needed to check that).

Each rule is a function from the files' text to complaints; it must find nothing in the real files
and something in a copy that is broken on purpose.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
