"""Periodic reports: drafted from figures, edited, submitted, approved, locked, and made into Word files."""
