"""Forms as data: a profile's fields, categories, evidence and rules, and the checks they make."""

from muster.forms.model import Category, Department, EvidenceRequirement, Field, Rule
from muster.forms.profile import Profile
from muster.forms.source import ProfileError

__all__ = [
    "Category",
    "Department",
    "EvidenceRequirement",
    "Field",
    "Profile",
    "ProfileError",
    "Rule",
]
