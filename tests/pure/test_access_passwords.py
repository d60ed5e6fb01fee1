"""Passwords: what is taken, and that they are kept as hashes that fit no other."""

import pytest

from scheduler.access.passwords import check_password, hash_password, matches
from scheduler.errors import MalformedField, PasswordTooWeak


@pytest.mark.parametrize("password", ["correct horse battery", "四个词也可以作为密码很好记", "x9-Tulpe-Kran"])
def test_a_long_password_is_taken(password: str) -> None:
    """Length is the rule; any script and spaces are welcome."""
    check_password(password, login="li.lei")


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "aaaaaaaaaaaaaa",
        "121212121212",
        "123456789012",
        "987654321098",
        "Password1234",
        "P@ssw0rd2026!",
        "qwertyuiop12",
        "administrator",
        "haiguan202612",
    ],
)
def test_a_guessable_password_is_refused(password: str) -> None:
    """Too short, monotonous, counted, or a common word in disguise."""
    with pytest.raises(PasswordTooWeak) as refusal:
        check_password(password, login="li.lei")
    assert refusal.value.field == "/password"


def test_the_login_is_no_password() -> None:
    """Neither the login itself nor a password around it."""
    for password in ("zhang.xiaoming", "Zhang.Xiaoming88"):
        with pytest.raises(PasswordTooWeak):
            check_password(password, login="zhang.xiaoming")


def test_an_endless_password_is_refused() -> None:
    """Hashing is dear, so its input is bounded."""
    with pytest.raises(MalformedField):
        check_password("long and good " * 20, login="li.lei")


def test_only_the_same_password_fits() -> None:
    """The hash is argon2id, salted, and tells the right password from a wrong one."""
    one, other = hash_password("correct horse battery"), hash_password("correct horse battery")
    assert one.startswith("$argon2id$")
    assert one != other
    assert matches("correct horse battery", one)
    assert not matches("correct horse batterx", one)


def test_full_width_letters_are_the_same_password() -> None:
    """An input method left in full-width mode does not lock its user out."""
    assert matches("ｃｏｒｒｅｃｔ horse battery", hash_password("correct horse battery"))


def test_without_a_hash_nothing_fits() -> None:
    """An unknown login costs the same work and never fits, not even with the filler's own text."""
    assert not matches("nobody has this password", None)
