"""Write docs/contract/ anew from the models: `python -m edge.describe`, in a development environment (PyYAML)."""

from edge.describe.files import contents, left_over


def main() -> None:
    """Write every generated file and remove those that nothing generates any more."""
    for path, text in contents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in left_over():
        path.unlink()


if __name__ == "__main__":
    main()
