"""docs/settings.md and the example files name every settings key of every program, and nothing else."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from drivers.part import PartSettings
from edge.settings import read, validate
from provisioning import describe_settings as described

examples = {"callpost.toml": "callpost.example.toml", "center.toml": "center.example.toml"}
loaded = [(file, table) for file in examples for table in described.FILES[file]]


def test_page_is_current() -> None:
    """What is checked in is what the models give."""
    current = described.page.read_text(encoding="utf-8") == described.text()
    assert current, f"docs/settings.md is stale; run: {described.command}"


def test_every_key_has_a_meaning_and_every_meaning_a_key() -> None:
    """A new key needs a sentence in docs/settings-meanings.toml; a sentence of a key that is gone must go too."""
    keys = {key.path for key in described.all_keys()}
    known = set(described.meanings())
    assert sorted(keys - known) == [], "write what these mean into docs/settings-meanings.toml"
    assert sorted(known - keys) == [], "remove these from docs/settings-meanings.toml"


def test_every_meaning_is_a_sentence() -> None:
    """A capital or a code word first, a full stop last."""
    wrong = [path for path, text in described.meanings().items() if not text.endswith(".") or text[0].islower()]
    assert wrong == []


@pytest.mark.parametrize("word", ["seconds", "milliseconds", "bytes", "hours", "megabytes", "dbfs"])
def test_every_quantity_has_its_unit(word: str) -> None:
    """A key that carries a unit in its name shows it."""
    assert [key.path for key in described.all_keys() if key.name.endswith(f"_{word}") and not key.unit] == []


@pytest.mark.parametrize(("file", "table"), loaded)
def test_example_loads_through_the_real_models(file: str, table: str) -> None:
    """The programs would take the example as it is."""
    path = described.docs / examples[file]
    validate(path, table, described.FILES[file][table], read(path, {}))


@pytest.mark.parametrize(("file", "table"), loaded)
def test_example_is_complete(file: str, table: str) -> None:
    """Every key of every table stands in the example, with the chosen makes of the parts."""
    tables = tomllib.loads((described.docs / examples[file]).read_text(encoding="utf-8"))
    model = described.FILES[file][table]
    value = model.model_validate(tables[table])
    assert list(absent(table, value, tables[table])) == []


def test_example_names_only_tables_that_exist() -> None:
    """No table of the example is read by nobody."""
    for file, example in examples.items():
        tables = tomllib.loads((described.docs / example).read_text(encoding="utf-8"))
        assert set(tables) == set(described.FILES[file])


@pytest.mark.parametrize(("file", "table"), loaded)
def test_defaults_are_marked_truly(file: str, table: str) -> None:
    """Without the lines that say they repeat a default, the example means the same."""
    text = (described.docs / examples[file]).read_text(encoding="utf-8")
    shorter = "\n".join(line for line in text.splitlines() if not line.partition("#")[2].strip().startswith("default"))
    assert len(shorter) < len(text)
    model = described.FILES[file][table]
    whole, rest = (model.model_validate(tomllib.loads(one).get(table, {})) for one in (text, shorter))
    assert whole == rest


def absent(way: str, value: object, written: Any) -> Iterator[str]:
    """Walk the loaded settings and tell each key that the file does not name."""
    match value, written:
        case PartSettings() | BaseModel(), dict():
            for name in type(value).model_fields:
                if name not in written:
                    yield f"{way}.{name}"
                else:
                    yield from absent(f"{way}.{name}", getattr(value, name), written[name])
        case ((tuple() | list()), list()):
            # Several tables of a kind: together they show every key.
            missing = [set(absent(way, one, raw)) for one, raw in zip(value, written, strict=True)]
            yield from sorted(set.intersection(*missing)) if missing else ()
        case dict(), dict():
            for name, one in value.items():
                yield from absent(f"{way}.{name}", one, written[name])
        case _:
            return


def test_a_missing_meaning_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page cannot be written while a key means nothing."""
    empty = tmp_path / "settings-meanings.toml"
    empty.write_text("", encoding="utf-8")
    monkeypatch.setattr(described, "meanings_file", empty)
    with pytest.raises(KeyError, match=r"device\.id"):
        described.text()
