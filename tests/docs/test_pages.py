"""The hand-written pages: links lead somewhere, files and pins that they name are there, versions agree."""

import re
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from edge.panic.settings import PanicSettings, parts
from provisioning import describe_settings as described

root = Path(__file__).resolve().parents[2]
pages = sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])
link = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
named_file = re.compile(r"`((?:edge|drivers|media|center|provisioning|tests|docs|benchmarks|systemd)/[\w./-]+)`")


def outside_code(page: Path) -> str:
    """Return a page without its code blocks."""
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("page", pages, ids=lambda page: str(page.relative_to(root)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture of a page exists."""
    targets = [target for target in link.findall(outside_code(page)) if "://" not in target]
    missing = [target for target in targets if not (page.parent / target.partition("#")[0]).exists()]
    assert missing == []


@pytest.mark.parametrize("page", pages, ids=lambda page: str(page.relative_to(root)))
def test_named_files_exist(page: Path) -> None:
    """A file or folder that a page names by its path is there, so that pages follow when files move."""
    missing = [name for name in named_file.findall(outside_code(page)) if not (root / name).exists()]
    assert missing == []


def test_changelog_and_version_agree() -> None:
    """The topmost section of the changelog is the version of the project."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = re.findall(
        r"^## \[([^\]]+)\] - (\S+)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert versions, "CHANGELOG.md has no section such as: ## [0.1.0] - Unreleased"
    assert versions[0][0] == project["version"], "CHANGELOG.md and pyproject.toml name different versions"
    assert all(re.fullmatch(r"Unreleased|\d{4}-\d{2}-\d{2}", when) for _, when in versions)
    assert [version for version, when in versions[1:] if when == "Unreleased"] == []


def test_decision_notes_are_numbered_once() -> None:
    """Each note has a number of its own, and its title begins with it."""
    notes = sorted((root / "docs" / "decisions").glob("*.md"))
    numbers = [note.name[:4] for note in notes]
    assert len(set(numbers)) == len(numbers)
    for note in notes:
        text = note.read_text(encoding="utf-8")
        assert re.match(rf"# {note.name[:4]}\b", text), f"{note.name}: the title begins with its number"


def test_glossary_rows_have_both_languages() -> None:
    """Every row of the glossary has English, Chinese and a meaning."""
    rows = [
        line for line in (root / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines() if line[:2] == "| "
    ]
    for row in rows:
        english, chinese, meaning = (cell.strip() for cell in row.strip("|").split("|"))
        assert english
        assert meaning
        assert re.search(r"[\u4e00-\u9fff]", chinese), row


class TestWiring:
    """docs/wiring.md and its picture show the pins of the example settings."""

    settings = PanicSettings.model_validate(
        tomllib.loads((described.docs / "callpost.example.toml").read_text(encoding="utf-8"))["panic"]
    )
    page = (described.docs / "wiring.md").read_text(encoding="utf-8")
    picture = (described.docs / "pictures" / "wiring.svg").read_text(encoding="utf-8")

    @pytest.mark.parametrize("part", parts)
    def test_page_shows_each_pin(self, part: str) -> None:
        """Every pin of the example stands in the row of its setting."""
        table = getattr(self.settings, part)
        keys = [name for name in type(table).model_fields if name == "pin" or name.startswith("pin_")]
        assert keys, f"the example gives {part} no pin"
        for key in keys:
            assert re.search(rf"\| `{part}\.{key}` \| GPIO{getattr(table, key)} \|", self.page), f"{part}.{key}"

    def test_picture_highlights_exactly_these_pins(self) -> None:
        """The bold labels on the drawn header are the pins of the example, no more and no fewer."""
        drawn = re.findall(r'fill="#ffffff"[^>]*font-weight="700">GPIO(\d+)<', self.picture)
        used = [pin for part in parts for pin in getattr(self.settings, part).pins()]
        assert sorted(map(int, drawn)) == sorted(used)


@pytest.mark.parametrize("picture", sorted((root / "docs" / "pictures").glob("*.svg")), ids=lambda path: path.name)
def test_picture_is_well_formed_and_described(picture: Path) -> None:
    """A drawing is XML, scales, says in words what it shows, and fetches nothing from elsewhere."""
    drawing = ET.parse(picture).getroot()  # noqa: S314 - our own file
    assert drawing.get("viewBox")
    name = "{http://www.w3.org/2000/svg}"
    assert drawing.findtext(f"{name}title")
    assert drawing.findtext(f"{name}desc")
    assert "href" not in picture.read_text(encoding="utf-8")


def test_readme_names_the_two_commands() -> None:
    """Whoever clones the repository finds `make demo` and `make test`, and the Makefile has them."""
    readme, makefile = (root / "README.md").read_text(encoding="utf-8"), (root / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_pre_commit_runs_the_locked_tools() -> None:
    """No hook downloads anything: all run from `.venv`."""
    config = yaml.safe_load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [(repository["repo"], hook) for repository in config["repos"] for hook in repository["hooks"]]
    assert {repository for repository, _ in hooks} == {"local"}
    assert all(hook["entry"].startswith(".venv/bin/") for _, hook in hooks)
