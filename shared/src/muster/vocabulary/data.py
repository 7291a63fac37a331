"""Where the data files are: profiles, reference tables and contracts."""

from pathlib import Path
from typing import Literal

DataName = Literal["profiles", "reference", "contracts"]

_PACKAGED = Path(__file__).resolve().parents[1] / "_data"
_CHECKOUT = Path(__file__).resolve().parents[3]


def data_path(name: DataName) -> Path:
    """The folder of that name: inside the installed package, or in the checkout's `shared/`.

    Raises FileNotFoundError when neither is there.
    """
    for base in (_PACKAGED, _CHECKOUT):
        folder = base / name
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the data folder {name!r} is neither packaged nor in a checkout")
