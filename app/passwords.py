"""Passwords: argon2 with a bounded appetite, and the same time whether an account exists or not."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geodata.problems import Problem

SHORTEST = 10
# OWASP's first choice for argon2id. Two at a time: 19 MiB each must not add up past the web worker's 300 MB.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = threading.BoundedSemaphore(2)
# The hash of a password nobody has; an unknown account is checked against it, so that it takes as long to refuse.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$NJpu1c2zUjH2PeECiL+9fw$hb3dihtL5TGOMCKNUoG+Gjx2sZWUgjCZOIoR0AFcuvw"
COMMON = frozenset(
    "matkhau123 matkhau1234 1234567890 0123456789 0987654321 123456789a password123 password1234 qwertyuiop "
    "qwerty12345 iloveyou123 abcd123456 anhyeuem123 1q2w3e4r5t 12345678910 1111111111 vietnam123 vietnam1234 "
    "admin12345".split()
)


class PasswordWeak(Problem):
    """Too short, holding the user name, or among the commonest; facts: needed."""

    code = "password_weak"


def hashed(password: str) -> str:
    """What is stored of a password."""
    with _at_once:
        return _hasher.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether it is the password; takes as long where there is none."""
    with _at_once:
        try:
            return _hasher.verify(stored or _NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(stored: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def require_good(password: str, username: str) -> None:
    """Raises PasswordWeak."""
    plain = password.lower()
    one_letter = len(set(plain)) < 4
    if len(password) < SHORTEST or username in plain or plain in COMMON or one_letter:
        raise PasswordWeak(needed=SHORTEST)
