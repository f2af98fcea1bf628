"""The words of the screens in other languages: collected from templates and code, compiled with the assets."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

OFFICE: Final = Path(__file__).resolve().parents[1] / "office"
LOCALES: Final = ("zh_Hans", "zh_Hant")
_FUNCTIONS: Final = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2)}

Message = str | tuple[str, str]


def messages() -> Iterator[Message]:
    """Every message that the office says, singular or (singular, plural)."""
    seen: set[Message] = set()
    for path in sorted((*OFFICE.rglob("*.py"), *OFFICE.rglob("templates/**/*.html"))):
        source = path.read_text()
        text = templatize(source, origin=str(path)) if path.suffix == ".html" else source
        for _line, _function, found, _comments in extract_python(io.BytesIO(text.encode()), _FUNCTIONS, (), {}):
            message: Message = found if isinstance(found, str) else (found[0], found[1])
            if message not in seen:
                seen.add(message)
                yield message


def catalogue(locale: str) -> Catalog:
    """The translations into `locale` as they are kept."""
    with _path(locale).open("rb") as file:
        return read_po(file, locale=locale)


def untranslated(locale: str) -> list[Message]:
    """The messages that the catalogue of `locale` does not have."""
    known = catalogue(locale)
    return [message for message in messages() if not _translation(known, message)]


def compile_catalogues() -> None:
    """Compile every catalogue to the form that is read at run time."""
    for locale in LOCALES:
        with _path(locale).with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue(locale))


def _translation(known: Catalog, message: Message) -> object:
    found = known.get(message if isinstance(message, str) else message[0])
    if found is None or found.fuzzy:
        return None
    return all(found.string) if isinstance(found.string, tuple | list) else found.string


def _path(locale: str) -> Path:
    return OFFICE / "locale" / locale / "LC_MESSAGES" / "django.po"
