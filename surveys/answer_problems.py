"""What can be wrong with a submission, each with the question it is about; kept with what is set aside for review."""

from typing import Any, ClassVar

from geodata.problems import Problem


class SubmissionUnreadable(Problem):
    """No XML, a DOCTYPE, no instance ID: nothing that could be stored; facts: reason."""

    code: ClassVar[str] = "submission_unreadable"


class SubmissionClassified(Problem):
    """A text or file name carries a classified marking: refused and not stored; facts: field."""

    code: ClassVar[str] = "submission_classified"


class SubmissionChanged(Problem):
    """Another submission, or another file, is already stored under that name; facts: id."""

    code: ClassVar[str] = "submission_changed"


class AnswerProblem(Problem):
    """Base of what a reviewer may look at: the submission is stored apart and answered with 422; facts: field."""

    code: ClassVar[str] = "answer_refused"


class UnknownQuestion(AnswerProblem):
    """The form doesn't ask this, or not twice."""

    code: ClassVar[str] = "answer_unknown_question"


class StrayText(AnswerProblem):
    """Text outside the questions."""

    code: ClassVar[str] = "answer_stray_text"


class UnknownChoice(AnswerProblem):
    """Facts: field, value."""

    code: ClassVar[str] = "answer_unknown_choice"


class NoNumber(AnswerProblem):
    """A number was asked."""

    code: ClassVar[str] = "answer_no_number"


class NoDate(AnswerProblem):
    """A date or time was asked."""

    code: ClassVar[str] = "answer_no_date"


class NoPlace(AnswerProblem):
    """A place that can't be read; facts: field, reason (a geometry code)."""

    code: ClassVar[str] = "answer_no_place"


class FormWithdrawn(AnswerProblem):
    """The form was taken back after the phone had it; facts: field (the form's id)."""

    code: ClassVar[str] = "answer_form_withdrawn"


class OutOfRange(AnswerProblem):
    """A number below or above what the layer takes; facts: field, minimum, maximum."""

    code: ClassVar[str] = "answer_out_of_range"


class MoreThan(AnswerProblem):
    """A part larger than its whole, or days the wrong way round; facts: field, label, value, other, limit."""

    code: ClassVar[str] = "answer_more_than"


class DayAhead(AnswerProblem):
    """Something seen or done on a day that hasn't come; facts: field, label, value."""

    code: ClassVar[str] = "answer_day_ahead"


class Missing(AnswerProblem):
    """The layer can't be without it."""

    code: ClassVar[str] = "answer_missing"


class OutsideScope(AnswerProblem):
    """A commune or hamlet outside the account's scope, or a hamlet of another commune."""

    code: ClassVar[str] = "answer_outside_scope"


class BadEntity(AnswerProblem):
    """The entity's id is no UUID, its version no number, or its list isn't the form's."""

    code: ClassVar[str] = "answer_bad_entity"


class BadName(AnswerProblem):
    """A file name with a path, control characters or of undue length."""

    code: ClassVar[str] = "answer_bad_name"


class UnknownFile(AnswerProblem):
    """An attached file no answer names; facts: field (its name)."""

    code: ClassVar[str] = "attachment_unknown"


class FileNotTaken(AnswerProblem):
    """A kind of file that isn't taken here, or a photo whose hidden data can't be removed; facts: field, reason."""

    code: ClassVar[str] = "attachment_not_taken"


def stored(problem: AnswerProblem) -> dict[str, Any]:
    """The problem as it is kept with the submission."""
    return {"code": problem.code, **problem.facts}


def restored(error: dict[str, Any]) -> AnswerProblem:
    """The same problem again, for the same answer to the same bytes."""
    facts = {key: value for key, value in error.items() if key != "code"}
    kinds = {kind.code: kind for kind in AnswerProblem.__subclasses__()}
    return kinds.get(str(error.get("code")), AnswerProblem)(**facts)
