"""What the demonstration keeps in the folder `.state`: sign-ins (mode 0600), texts, logs."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scheduler.example.accounts import SignInGiven

_TOKEN = "api-token"  # noqa: S105 - the name under which it is kept


@dataclass(frozen=True, slots=True)
class State:
    """The folder and the files in it; made when something is first kept."""

    folder: Path

    @property
    def texts(self) -> Path:
        """Where the demonstration's texts appear."""
        return self._in_folder("texts.jsonl")

    def begin_texts_of_day(self) -> Path:
        """Where the simulated day's texts appear, emptied of the last time's."""
        path = self._in_folder("texts-of-simulated-day.jsonl")
        path.unlink(missing_ok=True)
        return path

    def log(self, name: str) -> Path:
        """The log of a process."""
        return self._in_folder(f"{name}.log")

    def passwords(self) -> Mapping[str, str]:
        """Passwords by login, as far as they are known."""
        return {login: secret for login, secret in self._secrets().items() if login != _TOKEN}

    def keep_passwords(self, sign_ins: Sequence[SignInGiven]) -> None:
        """Keep what the example's accounts were given."""
        self._keep({one.login: one.password for one in sign_ins if one.password is not None})

    def token(self) -> str | None:
        """The integrator's API token, if one was made."""
        return self._secrets().get(_TOKEN)

    def keep_token(self, token: str) -> None:
        """Keep the integrator's API token."""
        self._keep({_TOKEN: token})

    def _in_folder(self, name: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / name

    def _secrets(self) -> dict[str, str]:
        try:
            kept = json.loads(self._in_folder("sign-ins.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return {str(name): str(secret) for name, secret in kept.items()} if isinstance(kept, dict) else {}

    def _keep(self, more: Mapping[str, str]) -> None:
        """Write the file anew beside the old one, closed to others from its first byte."""
        path = self._in_folder("sign-ins.json")
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        content = json.dumps({**self._secrets(), **more}, indent=2) + "\n"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(content)
        draft.replace(path)
