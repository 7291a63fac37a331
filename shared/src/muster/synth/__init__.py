"""Synthetic counties: people, their papers and a baseline workbook, all from one seed.

Nobody in them exists. What was planted is written to a truth file of its own, which nothing that
takes part in a campaign reads.
"""

from muster.synth.county import County, build
from muster.synth.writing import TRUTH, write

__all__ = ["TRUTH", "County", "build", "write"]
