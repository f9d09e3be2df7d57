"""The offer of the town: the catalogue and the openings as rows, and the rules that agents read, try and change."""

from server.activities.service.offer import (
    catalog_rows,
    catalog_scope,
    opening_month,
    openings_rows,
    openings_scope,
    school_holidays,
    school_year,
    unit_rows,
    year_bounds,
)
from server.activities.service.ruling import change_rule, preview, rules_of_service

__all__ = [
    "catalog_rows",
    "catalog_scope",
    "change_rule",
    "opening_month",
    "openings_rows",
    "openings_scope",
    "preview",
    "rules_of_service",
    "school_holidays",
    "school_year",
    "unit_rows",
    "year_bounds",
]
