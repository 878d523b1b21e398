"""What the phone's forms engine computes: its functions by name, and those a form uses that it doesn't know."""

import re

from surveys.xform_questions import Form

# Functions of @getodk/xforms-engine as locked in app/client; a test compares them with what it holds.
FUNCTIONS = frozenset(
    "abs acos area asin atan atan2 base64-decode boolean boolean-from-string ceil ceiling checklist choice-name"
    " coalesce concat contains cos count count-non-empty count-selected current date date-time decimal-date-time"
    " decimal-time digest distance ends-with exp exp10 false floor format-date format-date-time geofence id if"
    " indexed-repeat instance int itext join lang last local-name log log10 max min name namespace-uri"
    " normalize-space not now number once pi position pow pulldata random randomize regex round selected selected-at"
    " sin sqrt starts-with string string-length substr substring substring-after substring-before sum tan today"
    " translate true uuid weighted-checklist".split()
)
_TEXTS = re.compile(r"'[^']*'|\"[^\"]*\"")
_CALL = re.compile(r"(?<![\w.:/$-])(?:jr:)?([A-Za-z][\w-]*(?::[\w-]+)?)\s*\(")
_NO_FUNCTIONS = frozenset({"and", "or", "div", "mod", "node", "text", "comment", "processing-instruction"})
_EXPRESSIONS = ("relevant", "constraint", "calculate", "readonly", "required", "nodeset", "ref", "value", "count")


def unknown(form: Form) -> list[str]:
    """Functions the form uses and the phone can't compute; ODK Collect may know them."""
    used: set[str] = set()
    for element in form.document.iter():
        for name, expression in element.attrib.items():
            if str(name).rpartition("}")[2] in _EXPRESSIONS:
                used.update(_CALL.findall(_TEXTS.sub("''", str(expression))))
    return sorted(used - FUNCTIONS - _NO_FUNCTIONS)
