"""Synthetic counties: people, their papers, a baseline workbook, and the files of villages and
departments, all from one seed.

Nobody in them exists. What was planted is written to a truth file of its own, which nothing that
takes part in a campaign reads.
"""

from muster.synth.county import County, build
from muster.synth.desk import CARD_FIELDS
from muster.synth.fields import Unfillable
from muster.synth.writing import TRUTH, write

__all__ = ["CARD_FIELDS", "TRUTH", "County", "Unfillable", "build", "write"]
