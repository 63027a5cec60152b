"""The clerks of the demo's rating window, and the notices on its idle screen: all invented."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# B, G, R, as OpenCV draws.
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Face:
    """How a portrait differs from the others."""

    hair: Literal["bob", "short", "bun"]
    hair_colour: Colour
    jacket: Colour
    ground: Colour
    glasses: bool = False


@dataclass(frozen=True)
class Clerk:
    """A clerk of the invented office."""

    clerk: str
    number: str
    name: str
    face: Face


clerks = (
    Clerk("wang.fang", "101", "王芳", Face(hair="bob", hair_colour=(46, 38, 34), jacket=(122, 74, 38), ground=(226, 214, 190))),
    Clerk("li.qiang", "102", "李强", Face(hair="short", hair_colour=(38, 34, 32), jacket=(84, 62, 44), ground=(206, 222, 206), glasses=True)),
    Clerk("chen.jing", "103", "陈静", Face(hair="bun", hair_colour=(52, 44, 60), jacket=(98, 60, 92), ground=(210, 208, 230))),
)  # fmt: skip
notices: tuple[Mapping[str, str], ...] = (
    {
        "notice": "one-visit",
        "title_zh": "最多跑一次",
        "title_en": "One visit is enough",
        "text_zh": "材料不全也先受理，缺的材料可以在手机上补交。",
        "text_en": "We take your case even when papers are missing; send them later from your phone.",
        "picture": "desk",
    },
    {
        "notice": "green-lane",
        "title_zh": "老人和带小孩的居民请走绿色通道",
        "title_en": "Older people and families: please use the green lane",
        "text_zh": "1 号窗口旁，无需取号。",
        "text_en": "Beside window 1, no ticket needed.",
        "picture": "park",
    },
)
