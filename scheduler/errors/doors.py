"""Who may come in, and how they ask."""

from scheduler.errors.refusal import Conflict, Invalid, NotAllowed, Unavailable


class SignInNeeded(NotAllowed):
    """Nobody is signed in, or the sign-in has ended."""


class WrongCredentials(NotAllowed):
    """Name and password, or the code, do not fit."""


class TooManyTries(Unavailable):
    """Too many wrong tries from there; wait a while."""


class PasswordTooWeak(Invalid):
    """The password is shorter than twelve characters or too common."""


class LoginTaken(Conflict):
    """Another account has this name."""


class Forbidden(NotAllowed):
    """The role may not do this."""


class ForeignOrigin(NotAllowed):
    """A page of another site sent the request in the name of whoever is signed in here."""


class WrongMethod(Invalid):
    """The address exists but does not take this method."""


class StaleVersion(Conflict):
    """Somebody else changed it first; the version sent is no longer the latest."""


class VersionMissing(Invalid):
    """A change must name the version it is based on."""


class KeyReused(Invalid):
    """The idempotency key was used for another request."""


class KeyMissing(Invalid):
    """A request that creates something must carry an idempotency key."""


class KeyBusy(Unavailable):
    """The first request with this idempotency key is still running."""


class Busy(Unavailable):
    """The day is being changed by others; try again in a moment."""


class DatabaseDown(Unavailable):
    """The database does not answer."""
