"""Why a file from outside isn't taken. Fact `name`: the file at fault, as its owner knows it."""

from typing import Any, ClassVar

from geodata.problems import Problem


class Refused(Problem):
    """Base of the refusals. Facts: name."""

    code: ClassVar[str] = "incoming_refused"

    def __init__(self, name: str, **facts: Any) -> None:
        super().__init__(name=name[:120], **facts)


class TooLarge(Refused):
    """Facts: name, megabytes (the most)."""

    code: ClassVar[str] = "incoming_too_large"


class Empty(Refused):
    """Nothing in it."""

    code: ClassVar[str] = "incoming_empty"


class UnknownKind(Refused):
    """No kind that is read here."""

    code: ClassVar[str] = "incoming_kind"


class OtherContent(Refused):
    """What is inside isn't what the name says. Facts: name, kind."""

    code: ClassVar[str] = "incoming_other_content"


class SaveOtherwise(Refused):
    """A known kind that can't be read; another can. Facts: name, kind, instead."""

    code: ClassVar[str] = "incoming_save_otherwise"


class Pointing(Refused):
    """It names other files or addresses. Facts: name, what."""

    code: ClassVar[str] = "incoming_pointing"


class Doctype(Refused):
    """XML with a DOCTYPE or entities of its own."""

    code: ClassVar[str] = "incoming_doctype"


class Active(Refused):
    """A database that does something when it is opened. Facts: name, what."""

    code: ClassVar[str] = "incoming_active"


class ArchivePath(Refused):
    """A name in an archive that leads out of it."""

    code: ClassVar[str] = "incoming_archive_path"


class ArchiveLink(Refused):
    """A link or device in an archive."""

    code: ClassVar[str] = "incoming_archive_link"


class ArchiveBomb(Refused):
    """It unpacks to far more than is taken."""

    code: ClassVar[str] = "incoming_archive_bomb"


class ArchiveCrowd(Refused):
    """More entries than are taken. Facts: name, most."""

    code: ClassVar[str] = "incoming_archive_crowd"


class ArchiveNested(Refused):
    """An archive in an archive."""

    code: ClassVar[str] = "incoming_archive_nested"


class ArchiveLocked(Refused):
    """It asks for a password."""

    code: ClassVar[str] = "incoming_archive_locked"


class ArchiveTwice(Refused):
    """Two entries of one name."""

    code: ClassVar[str] = "incoming_archive_twice"


class ArchiveBroken(Refused):
    """Facts: name, reason."""

    code: ClassVar[str] = "incoming_archive_broken"


class PartMissing(Refused):
    """Facts: name, part (the suffix that is missing)."""

    code: ClassVar[str] = "incoming_part_missing"


class Unreadable(Refused):
    """Facts: name, reason (what the reader said, shortened)."""

    code: ClassVar[str] = "incoming_unreadable"


class TooManyRows(Refused):
    """Facts: name, most."""

    code: ClassVar[str] = "incoming_too_many_rows"


class TooManyVertices(Refused):
    """Facts: name, row, most."""

    code: ClassVar[str] = "incoming_too_many_vertices"


class TooMuchMemory(Refused):
    """Reading it needs more than is given. Facts: name, megabytes."""

    code: ClassVar[str] = "incoming_memory"


class TooLong(Refused):
    """Reading it takes more time than is given. Facts: name."""

    code: ClassVar[str] = "incoming_time"


class NothingUsable(Refused):
    """No row has a place or a value that could be used."""

    code: ClassVar[str] = "incoming_nothing"


def every() -> dict[str, type[Refused]]:
    """The refusals by their code."""
    kinds: list[type[Refused]] = [Refused, *Refused.__subclasses__()]
    return {kind.code: kind for kind in kinds}
