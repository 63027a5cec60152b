"""Whether bytes are a picture that terminals can show. Pure; looks at the header, decodes nothing."""

largest_side = 4000


def problem_of(picture: bytes, largest_bytes: int) -> str | None:
    """Return why a picture cannot be used, too_large, no_picture or too_many_pixels; None when it can."""
    if len(picture) > largest_bytes:
        return "too_large"
    size = _png(picture) or _jpeg(picture)
    if size is None:
        return "no_picture"
    return None if all(1 <= side <= largest_side for side in size) else "too_many_pixels"


def media_type(picture: bytes) -> str:
    """Return the media type of a picture that `problem_of` has let pass."""
    return "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"


def _png(picture: bytes) -> tuple[int, int] | None:
    """Width and height of the IHDR chunk; the IEND chunk must be the last (PNG specification, W3C 2003, 5.3 and 11.2)."""
    if not picture.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") or not picture.endswith(b"IEND\xaeB`\x82"):
        return None
    return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])


def _jpeg(picture: bytes) -> tuple[int, int] | None:
    """Width and height of the frame header SOFn; the end marker must come last (ITU-T T.81, B.1 and B.2)."""
    if not picture.startswith(b"\xff\xd8\xff") or not picture.rstrip(b"\x00").endswith(b"\xff\xd9"):
        return None
    place = 2
    while place + 9 <= len(picture) and picture[place] == 0xFF:
        marker, length = picture[place + 1], int.from_bytes(picture[place + 2 : place + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(picture[place + 7 : place + 9]), int.from_bytes(picture[place + 5 : place + 7])
        if marker in (0xD8, 0xD9, 0xDA) or length < 2:
            return None
        place += 2 + length
    return None
