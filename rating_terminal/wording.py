"""The page of the screen in every language that has a catalogue: Chinese, English, and each folder of `locale/`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from babel import Locale, UnknownLocaleError
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from edge.words import Words

here = Path(__file__).parent
locale = here / "locale"
templates = here / "templates"
static = here / "static"
# Every text of the page, by the name that its script knows it by. The English is the key of the catalogues.
texts: Mapping[str, str] = {
    "title": "Service rating",
    "demo": "Demonstration: simulated hardware, no real window",
    "level_5": "Very satisfied",
    "level_4": "Satisfied",
    "level_3": "Fairly satisfied",
    "level_2": "Dissatisfied",
    "level_1": "Very dissatisfied",
    "window": "Window",
    "number": "Staff no.",
    "ticket": "Now serving",
    "ticket_rated": "Your ticket",
    "welcome": "Welcome",
    "invitation": "After your service you will be asked to rate it here. The clerk does not see your choice.",
    "question": "How was our service today?",
    "one_touch": "One touch is enough. The clerk does not see your choice.",
    "phone": "Rate on your phone",
    "why": "What was it mainly about?",
    "why_help": "Touch one, or skip. Your rating is already kept.",
    "skip": "Skip",
    "thanks": "Thank you!",
    "thanks_help": "Your rating is kept.",
    "not_saved": "Your rating could not be saved. Please touch a key once more.",
    "away": "Out of service",
    "away_help": "Please ask the staff. This screen comes back by itself.",
    "language": "Language",
    "large": "Larger type",
    "pause": "Pause",
    "play": "Continue",
}


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the screen: `code` as in the state, `tag` as in HTML, its name in itself, and its texts."""

    code: str
    tag: str
    name: str
    direction: str
    texts: Mapping[str, str]


def languages(folder: Path = locale) -> Mapping[str, Language]:
    """Return the languages by code: Chinese, English, then every other catalogue by its folder's name.

    Raises ValueError when a folder is not named for a language or its catalogue lacks a text.
    """
    found = sorted(path.parents[1].name for path in folder.glob("*/LC_MESSAGES/rating_terminal.po"))
    read = [_read(folder, name) for name in found]
    known = {language.code: language for language in read}
    english = known.pop("en", Language("en", "en", "English", "ltr", texts))
    chinese = {"zh": known.pop("zh")} if "zh" in known else {}
    return {**chinese, "en": english, **known}


def _read(folder: Path, name: str) -> Language:
    try:
        known = Locale.parse(name)
        words = Words.load(folder, "rating_terminal", name)
        translated = {key: words.translated(text) for key, text in texts.items()}
    except (UnknownLocaleError, ValueError) as problem:
        raise ValueError(f"{folder / name}: name the folder for a language, as in zh_CN or ug ({problem})") from problem
    except KeyError as missing:
        raise ValueError(f"{folder / name}: the catalogue lacks {missing}; translate it") from missing
    code = "zh" if name == "zh_CN" else name.replace("_", "-")
    own_name = known.language_name or name
    return Language(code, name.replace("_", "-"), own_name, known.text_direction, translated)


def page(known: Mapping[str, Language]) -> str:
    """Return the page as HTML; it carries the words of every language, so that it can speak when all else is away."""
    pages = Environment(
        loader=FileSystemLoader(templates), autoescape=select_autoescape(), undefined=StrictUndefined, trim_blocks=True
    )
    first = next(iter(known.values()))
    words = json.dumps({code: asdict(language) for code, language in known.items()}, ensure_ascii=False)
    return pages.get_template("screen.html").render(words=words, language=first)
