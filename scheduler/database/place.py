"""Where the embedded server's files live, and the account of the operating system that owns them.

- As root the server runs as an existing unprivileged account: the owner of its data, else postgres, else
  nobody. No account is ever made.
- The files are in the folder given. Where that account cannot enter it (a home of mode 0700 above it), they
  are under SYSTEM_FOLDER, keyed by a hash of the folder's path, and the file `PLACE` in the folder says so.
  No parent's mode is ever changed.
- Sockets are in a private folder under /tmp with the same key: a socket's path may have 107 bytes at most,
  the project's folder may be longer, or carry a comma, which libpq takes for a list of hosts.
"""

import contextlib
import hashlib
import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

SYSTEM_FOLDER = Path("/var/lib/inspection-scheduler")


class ServerUnusableError(RuntimeError):
    """The embedded PostgreSQL cannot be started or stopped; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The operating system's user that the server runs as."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one server's files are and who owns them."""

    home: Path
    sockets: Path
    account: Account

    @property
    def data(self) -> Path:
        """The data folder of PostgreSQL itself."""
        return self.home / "data"

    @property
    def password(self) -> str:
        """The password of the server's role, from its file of mode 0600."""
        return (self.home / "password").read_text(encoding="ascii")


def locate(folder: Path) -> Place:
    """Return where the server of this folder lives; nothing is written."""
    whole = folder.resolve()
    key = hashlib.sha256(os.fsencode(whole)).hexdigest()[:12]
    account = _choose_account([whole / "data", SYSTEM_FOLDER / key / "data"])
    above = next(path for path in whole.parents if path.exists())
    home = whole if may(account, "test", "-x", f"{above}/.") else SYSTEM_FOLDER / key
    sockets = Path(f"/tmp/inspection-{account.uid}-{key}")  # noqa: S108 - ours alone: owner and mode are checked
    return Place(home=home, sockets=sockets, account=account)


def claim(folder: Path) -> Place:
    """Make the folders of a server, owned by its account and closed to everybody else.

    Raises:
        ServerUnusableError: one of them is somebody else's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = locate(folder)
    if place.home != folder.resolve():
        SYSTEM_FOLDER.mkdir(exist_ok=True)
        SYSTEM_FOLDER.chmod(0o755)
        (folder / "PLACE").write_text(f"{place.home}\n", encoding="utf-8")
    for path in (place.home, place.sockets):
        _own(path, account=place.account)
    return place


def run(account: Account, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command as the account, free of the caller's PG* variables, folder and input."""
    root = os.geteuid() == 0
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return subprocess.run(  # noqa: S603 - programs at paths we found, never a shell's text
        command,
        cwd="/",
        env={**kept, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        user=account.uid if root else None,
        group=account.gid if root else None,
        extra_groups=() if root else None,
    )


def may(account: Account, *command: str | Path) -> bool:
    """Return whether the command succeeds as the account."""
    try:
        return run(account, *command).returncode == 0
    except OSError:
        return False


def _choose_account(owned: list[Path]) -> Account:
    """Return who runs the server: the caller, or for root the data's owner, else postgres, else nobody."""
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), name=str(os.geteuid()))
    entries: list[pwd.struct_passwd] = []
    for data in owned:
        with contextlib.suppress(OSError, KeyError):
            entries.append(pwd.getpwuid(data.stat().st_uid))
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entries.append(pwd.getpwnam(name))
    for entry in entries:
        if entry.pw_uid != 0:
            return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name)
    raise ServerUnusableError(
        "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody: "
        "run as an ordinary user or set DATABASE_URL"
    )


def _own(path: Path, *, account: Account) -> None:
    """Give one of our folders to the account with mode 0700; refuse a stranger's."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {account.uid, os.geteuid()}:
        raise ServerUnusableError(f"{path} belongs to another user: remove it, or run as its owner")
    if found.st_uid != account.uid:
        os.chown(path, account.uid, account.gid)
    path.chmod(0o700)
