"""The table of verdicts: one line for each public form."""

from dataclasses import dataclass

from tests.corpus.client import Opening
from tests.corpus.plain import Plain

HEAD = """# Public XLSForms: verdicts

Written by `python -m tests.corpus` (a run apart from `make test`; it fetches the forms and keeps none). Every form goes
through pyxform {version} and ODK Validate as anybody runs them, then through the upload page, then, where pyxform and
ODK Validate take it, into the phone's screens in Chromium (the page that tries a draft, given the plain XForm, so that
also forms refused by a safeguard show what the client can do).

| | forms |
|---|---|
| public forms | {total} |
| taken by pyxform + ODK Validate | {plain} |
| … and taken by the upload page | {taken} |
| … refused by a rule of ours instead (S1: persons, places without a layer …; S10; no phone opens it) | {kept} |
| refused by pyxform or ODK Validate, and by the upload page | {both} |
| same verdict, safeguards apart | {same} of {total} |
| opened in the client, of those pyxform + ODK Validate take | {opens} of {plain} |
| not opened, and refused by the upload page, which names why | {named} |
| not opened, and taken all the same | {broken} |

| package | form | pyxform + ODK Validate | upload page | client |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Line:
    """What became of one form."""

    package: str
    name: str
    plain: Plain
    taken: bool
    conversion: list[str]
    safeguard: list[str]
    opening: Opening | None

    @property
    def same(self) -> bool:
        """The verdict is the same, or only a safeguard stands in the way."""
        return self.taken if self.plain.taken and not self.safeguard else not self.taken

    @property
    def unnamed(self) -> bool:
        """The upload page took what the client neither opens nor names the question of."""
        return self.taken and self.opening is not None and self.opening.verdict == "broken"

    @property
    def wrong(self) -> bool:
        return not self.same or self.unnamed

    def told(self) -> str:
        """The table's line."""
        ours = "taken" if self.taken else "; ".join(dict.fromkeys([*self.conversion, *self.safeguard]))[:220]
        kind = "" if self.taken else ("safeguard: " if self.safeguard else "refused: ")
        shown = "–" if self.opening is None else f"{self.opening.verdict} {self.opening.what}".strip()
        plain = "taken" if self.plain.taken else f"refused: {self.plain.complaint}"
        return "| " + " | ".join(_cell(part) for part in (self.package, self.name, plain, kind + ours, shown)) + " |"


def written(lines: list[Line], version: str) -> str:
    """The whole document."""
    plain = [line for line in lines if line.plain.taken]
    openings = [line.opening for line in plain if line.opening is not None]
    facts = {
        "version": version,
        "total": len(lines),
        "plain": len(plain),
        "taken": sum(line.taken for line in plain),
        "kept": sum(not line.taken and bool(line.safeguard) for line in plain),
        "both": sum(not line.plain.taken and not line.taken for line in lines),
        "same": sum(line.same for line in lines),
        "opens": sum(one.verdict == "opens" for one in openings),
        "named": sum(line.opening is not None and line.opening.verdict != "opens" and not line.taken for line in plain),
        "broken": sum(line.opening is not None and line.opening.verdict != "opens" and line.taken for line in plain),
    }
    return HEAD.format(**facts) + "\n".join(line.told() for line in lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
