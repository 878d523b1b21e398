"""Safeguards S1 and S2 for words: finds persons in texts, questions and columns, and classified markings."""

from surveys.screening.columns import column
from surveys.screening.findings import Finding, RowFinding, Verdict, refuse
from surveys.screening.markings import classified
from surveys.screening.questions import form, question
from surveys.screening.text import find, mask

__all__ = ["Finding", "RowFinding", "Verdict", "classified", "column", "find", "form", "mask", "question", "refuse"]
