"""Six-digit area codes of the whole country, in force or abandoned.

They come from python-stdnum's cn/loc.dat. A code tells where a number was issued; it is compared
with every code that ever was, because the table in force at issue decides and not the one in
force at birth.
"""

from functools import lru_cache

from stdnum import numdb

# Residence permits (Hong Kong, Macao, Taiwan) and foreigners' permits have no place in the table.
_PERMITS = ("810000", "820000", "830000")


@lru_cache(maxsize=8192)
def ever_known(code: str) -> bool:
    """True when the code was ever a county's, or belongs to a permit."""
    if code in _PERMITS or code.startswith("9"):
        return True
    return any("county" in properties for _, properties in numdb.get("cn/loc").info(code))
