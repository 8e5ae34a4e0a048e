"""Reproducible benchmarks: `facekey bench`.

`timing` medians and percentiles of calls; `machine` what they ran on; `cases` what is measured, each a
function that makes its own input from `material`; `report` tables, JSON and the comparison of two runs as ratios.
Speed is told, never asserted: no test looks at a clock.
"""
