"""Verification's own tables, and every statement on them.

In clear columns stands nothing that names a person: ids, village codes, states, reason codes, which
department was asked and whether it agrees. What a record, the baseline, a department's verdicts or
a reviewer's own words say is sealed under the person's data key.
"""
