"""Every text that an operator sees exists in Chinese, and no text of the catalogue is left over."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

import center.console
from center.console import wording

folder = Path(center.console.__file__).parent
catalogue = folder.parent / "locale" / "zh_CN" / "LC_MESSAGES" / "center.po"
called = re.compile(r"""(?:\b(?:t|plain|sentence|_again)\((?:console, \d+, )?)(?:"([^"]+)"|'([^']+)')""")


def asked_for() -> set[str]:
    """Return every text that a template or a module asks for."""
    files = [*folder.glob("templates/*.html"), *folder.glob("*.py")]
    found = {one or other for file in files for one, other in called.findall(file.read_text(encoding="utf-8"))}
    tables = (
        wording.events, wording.actions, wording.levels, wording.modes, wording.dispositions, wording.states,
        wording.prompts, wording.presets, wording.statuses, wording.steps,
    )  # fmt: skip
    return found | {text for table in tables for text in table.values()}


def test_the_catalogue_holds_exactly_what_is_asked_for() -> None:
    """A missing text would end a page with an error; a left-over one misleads translators."""
    with catalogue.open("rb") as file:
        translated = {str(text.id) for text in read_po(file, locale="zh_CN") if text.id and text.string}
    assert asked_for() == translated


def test_only_the_rows_of_the_board_speak_of_an_alarm_call() -> None:
    """The word 报警 is nowhere in texts that become links of the board."""
    page = (folder / "templates" / "page.html").read_text(encoding="utf-8")
    assert "Alarm call" not in page
