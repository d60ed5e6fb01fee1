"""What people read, in Chinese and English: the catalogues, and which language a reader prefers.

The msgid is a stable code, the context says of what it is: `title` and `detail` of a refusal,
`reason`, `state`, `page`. Sources (`.po`) are read as they are; nothing has to be compiled.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from scheduler.errors import Plain
from scheduler.promise.reference import ZONE

LANGUAGES = ("zh_CN", "en")
"""The first is the default."""

TAGS: Mapping[str, str] = {"zh_CN": "zh-CN", "en": "en"}
"""The languages' names in headers and pages."""

_FOLDER = Path(__file__).parent / "locale"
_LONGEST_LIST = 20
_LONGEST_HEADER = 200


class _Told(dict[str, str]):
    """Values by name; one that nobody gave is left open."""

    def __missing__(self, key: str) -> str:
        return "…"


@cache
def catalogue(language: str) -> Catalog:
    """The texts of a language."""
    with (_FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def choose_language(accepted: str | None) -> str:
    """The language that fits an Accept-Language header best; Chinese when none does."""
    wanted: list[tuple[float, str]] = []
    for part in (accepted or "")[:_LONGEST_HEADER].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        if tag and quality > 0:
            wanted.append((-quality, tag.replace("-", "_")))
    names = [name for _, name in sorted(wanted, key=lambda pair: pair[0])]
    expanded = [each for name in names for each in (name, name.partition("_")[0])]
    found = negotiate_locale(expanded, ["zh_CN", "zh", "en"])
    return "en" if found == "en" else LANGUAGES[0]


def find_text(context: str, code: str, language: str) -> str | None:
    """The text of a code, or None where the catalogue has none."""
    message = catalogue(language).get(code, context)
    return message.string if message is not None and isinstance(message.string, str) else None


def tell(
    context: str, code: str, language: str, values: Mapping[str, Plain | Sequence[object]] | None = None
) -> str:
    """The text of a code with its values put in; the code itself where there is no text."""
    text = find_text(context, code, language)
    if text is None:
        return code
    told = {name: _say(name, value, language) for name, value in (values or {}).items()}
    return text.format_map(_Told(told))


def _say(name: str, value: object, language: str) -> str:
    if isinstance(value, datetime):
        return value.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, str):
        return find_text(name, value, language) or value
    if isinstance(value, Sequence):
        shown = [_say(name, each, language) for each in value[:_LONGEST_LIST]]
        rest = ["…"] if len(value) > _LONGEST_LIST else []
        return ("、" if language == LANGUAGES[0] else ", ").join(shown + rest)
    return "…" if value is None else str(value)
