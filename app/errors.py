"""What each problem is over HTTP and in words, by its code."""

import string
from collections.abc import Mapping
from typing import Any

from app.sentences import Said, files, imports, incoming, maps, reforms, reports, sealed, sign_on, surveys_in, web
from app.startup_problems import StartupProblem
from geodata.problems import Problem

TABLES = (
    web.TABLE,
    sign_on.TABLE,
    surveys_in.TABLE,
    sealed.TABLE,
    files.TABLE,
    incoming.TABLE,
    imports.TABLE,
    maps.TABLE,
    reforms.TABLE,
    reports.TABLE,
)
TABLE: dict[str, Said] = {code: said for table in TABLES for code, said in table.items()}


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def of(problem: Problem) -> Said:
    """Status and sentences of a problem's code; KeyError for a code without a row."""
    if isinstance(problem, StartupProblem):
        return Said(500, problem.vi, problem.en)
    return TABLE[problem.code]


def sentence(problem: Problem, language: str = "vi") -> str:
    """What happened and what to do, in `vi` or `en`, with the problem's facts."""
    said = of(problem)
    return filled(said.en if language == "en" else said.vi, problem.facts)


def filled(template: str, facts: Mapping[str, Any]) -> str:
    """The format string with its facts; one that is missing shows as … rather than hiding the rest."""
    return string.Formatter().vformat(template, (), _Facts(facts))
