"""Nobody meets a word in a language that they did not choose."""

from __future__ import annotations

import pytest

from guanxi.cli.translations import LOCALES, catalogue, messages, untranslated


@pytest.mark.parametrize("locale", LOCALES)
def test_every_word_on_a_screen_is_translated(locale: str) -> None:
    assert untranslated(locale) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_translation_is_kept_for_words_that_are_gone(locale: str) -> None:
    said = {message if isinstance(message, str) else message[0] for message in messages()}
    kept = {entry.id if isinstance(entry.id, str) else entry.id[0] for entry in catalogue(locale) if entry.id}
    assert kept <= said
