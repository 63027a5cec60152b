"""The words of the screen: two languages that are always there, and every other one that has a catalogue."""

import re
import shutil
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from rating_terminal import wording

chinese = wording.locale / "zh_CN" / "LC_MESSAGES" / "rating_terminal.po"


def catalogue(folder: Path, name: str, *, without: str = "") -> None:
    """Write a catalogue that says everything in capitals."""
    place = folder / name / "LC_MESSAGES"
    place.mkdir(parents=True)
    lines = ['msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n']
    lines += [f'msgid "{text}"\nmsgstr "{text.upper()}"\n' for text in wording.texts.values() if text != without]
    (place / "rating_terminal.po").write_text("\n".join(lines), encoding="utf-8")


def test_chinese_comes_first_then_english() -> None:
    """The shipped languages, by the codes of the state."""
    known = wording.languages()
    assert list(known)[:2] == ["zh", "en"]
    assert (known["zh"].name, known["zh"].tag, known["en"].name) == ("中文", "zh-CN", "English")
    assert [known["zh"].texts[f"level_{level}"] for level in (5, 4, 3, 2, 1)] == [
        "非常满意", "满意", "基本满意", "不满意", "非常不满意",
    ]  # fmt: skip


def test_the_catalogue_holds_exactly_what_the_page_says() -> None:
    """A missing text would stop the program; a left-over one misleads translators."""
    with chinese.open("rb") as file:
        translated = {str(text.id) for text in read_po(file, locale="zh_CN") if text.id and text.string}
    assert translated == set(wording.texts.values())


def test_every_text_of_the_page_is_known_by_its_name() -> None:
    """What a template or a script asks for is in the table, and nothing of the table is left over."""
    files = [*wording.templates.glob("*.html"), *wording.static.glob("*.js")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    asked = set(re.findall(r"(?:words(?!\.js)|texts|speak\(state\.language\))\.([a-z_0-9]+)", text))
    asked |= set(re.findall(r'data-(?:text|label|alt)="([a-z_0-9]+)"', text))
    levels = {f"level_{level}" for level in (1, 2, 3, 4, 5)}
    assert asked | levels == set(wording.texts)


def test_a_folder_is_a_language(tmp_path: Path) -> None:
    """A new catalogue appears by itself, with its name in itself and its direction of writing."""
    shutil.copytree(wording.locale / "zh_CN", tmp_path / "zh_CN")
    catalogue(tmp_path, "ug")
    catalogue(tmp_path, "zh_Hant_TW")
    known = wording.languages(tmp_path)
    assert list(known) == ["zh", "en", "ug", "zh-Hant-TW"]
    assert (known["ug"].name, known["ug"].direction) == ("ئۇيغۇرچە", "rtl")
    assert known["ug"].texts["thanks"] == "THANK YOU!"


def test_a_catalogue_that_lacks_a_text_is_refused(tmp_path: Path) -> None:
    """A screen does not mix languages; the sentence names the folder and the text."""
    catalogue(tmp_path, "ug", without="Thank you!")
    with pytest.raises(ValueError, match=r"ug: the catalogue lacks 'Thank you!'"):
        wording.languages(tmp_path)


def test_a_folder_that_is_no_language_is_refused(tmp_path: Path) -> None:
    """The sentence says how folders are named."""
    catalogue(tmp_path, "klingonish")
    with pytest.raises(ValueError, match="name the folder for a language"):
        wording.languages(tmp_path)


def test_the_page_carries_no_inline_script_and_nothing_from_elsewhere() -> None:
    """One page, one style sheet, modules: all from this machine."""
    page = wording.page(wording.languages())
    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="/static/screen.js">']
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|https?://", page)
    for name in re.findall(r'(?:src|href)="/static/([^"]+)"', page):
        assert (wording.static / name).is_file()
    for script in wording.static.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert not re.search(r"eval\(|innerHTML|https?://(?!www\.w3\.org/2000/svg)", text)
        for name in re.findall(r'from "\./([^"]+)"', text):
            assert (wording.static / name).is_file()


def test_no_two_parts_of_the_page_have_the_same_id() -> None:
    """A script that looks for a key would find a drawing."""
    found = re.findall(r'\sid="([^"]+)"', wording.page(wording.languages()))
    assert len(found) == len(set(found))
