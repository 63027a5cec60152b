"""Words: Chinese first, English beside it, and none without the other."""

from pathlib import Path

import pytest

from edge.words import Words

catalogue = """\
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Answer"
msgstr "接听"

msgid "Untranslated"
msgstr ""
"""


@pytest.fixture
def words(tmp_path: Path) -> Words:
    """Read a small catalogue."""
    folder = tmp_path / "zh_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "post.po").write_text(catalogue, encoding="utf-8")
    return Words.load(tmp_path, "post")


def test_both_languages_in_their_order(words: Words) -> None:
    """接听 / Answer."""
    assert (words.zh("Answer"), words.en("Answer")) == ("接听", "Answer")
    assert words.both("Answer") == "接听 / Answer"
    assert words.both("Answer", "\n") == "接听\nAnswer"


@pytest.mark.parametrize("text", ["Untranslated", "Unknown", ""])
def test_a_text_without_chinese_is_a_mistake(words: Words, text: str) -> None:
    """It is not shown in English alone."""
    for read in (words.zh, words.en, words.both):
        with pytest.raises(KeyError):
            read(text)


def test_a_catalogue_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    """No silent fallback."""
    with pytest.raises(FileNotFoundError):
        Words.load(tmp_path, "post")


def test_another_language_is_read_by_its_folder(tmp_path: Path) -> None:
    """A catalogue of any language, from English."""
    folder = tmp_path / "ug" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "post.po").write_text(catalogue.replace("接听", "جاۋاب"), encoding="utf-8")
    assert Words.load(tmp_path, "post", "ug").translated("Answer") == "جاۋاب"
