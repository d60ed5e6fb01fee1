"""Passwords: what is taken, how it is kept (argon2), and equal work whether an account exists or not."""

import unicodedata
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from scheduler.errors import MalformedField, PasswordTooWeak

SHORTEST = 12
LONGEST = 256
_FEWEST_DIFFERENT = 5
_LOGIN_COUNTS_FROM = 4  # a shorter login occurs in good passwords by chance

# OWASP's second recommended setting: 19 MiB and two passes, some 30 ms, bearable beside bookings.
_HASHER = PasswordHash((Argon2Hasher(memory_cost=19_456, time_cost=2, parallelism=1),))

_DIGITS = "0123456789" * 4
_COMMON = frozenset(
    {
        "administrator",
        "adminadmin",
        "asdfghjkl",
        "beijing",
        "changeme",
        "chajian",
        "customs",
        "haiguan",
        "iloveyou",
        "inspection",
        "letmein",
        "mima",
        "password",
        "passwordpassword",
        "qazwsxedc",
        "qwertyuiop",
        "qwertyuiopasdf",
        "shudichajian",
        "welcome",
        "woaini",
        "yuyue",
        "zhongguo",
    }
)
"""What people choose first; digits and signs around or within such a word do not make it better."""


def check_password(password: str, *, login: str) -> None:
    """Refuse a password that is easy to guess; the length is the only rule about its characters.

    Raises:
        PasswordTooWeak: shorter than twelve characters, common, monotonous, or it contains the login.
        MalformedField: longer than 256 characters.
    """
    if len(password) > LONGEST:
        raise MalformedField(field="/password", longest=LONGEST)
    plain = _normal(password).casefold()
    named = len(login) >= _LOGIN_COUNTS_FROM and login.casefold() in plain
    if len(plain) < SHORTEST or plain == login.casefold() or named or _is_common(plain):
        raise PasswordTooWeak(field="/password", shortest=SHORTEST)


def hash_password(password: str) -> str:
    """Return the argon2id hash that is stored."""
    return _HASHER.hash(_normal(password))


def matches(password: str, hashed: str | None) -> bool:
    """Say whether the password fits; without a hash, after the same work, it does not."""
    if len(password) > LONGEST:
        return False
    fits = _HASHER.verify(_normal(password), hashed or _nobody())
    return fits and hashed is not None


def _normal(password: str) -> str:
    # One password typed on two keyboards may differ in its code points.
    return unicodedata.normalize("NFKC", password)


def _is_common(plain: str) -> bool:
    letters = "".join(character for character in _undisguised(plain) if character.isalpha())
    counted = plain in _DIGITS or plain in _DIGITS[::-1]
    return letters in _COMMON or counted or len(set(plain)) < _FEWEST_DIFFERENT


def _undisguised(plain: str) -> str:
    """Read p@ssw0rd as password; digits at the end stay digits."""
    body = plain.rstrip("0123456789!?.#*")
    return body.translate(str.maketrans("013@$5", "oieass"))


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")
