"""What ratings, cases and their pages are called. Pure: `t` makes a text of its English key."""

from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")


def tables(t: Callable[[str], T]) -> Mapping[str, Mapping[str, T]]:
    """Return all words by table and key, each as `t` gives it."""
    return {
        "levels": {
            "5": t("Very satisfied"),
            "4": t("Satisfied"),
            "3": t("Fairly satisfied"),
            "2": t("Dissatisfied"),
            "1": t("Very dissatisfied"),
        },
        "causes": {
            "outside_service": t("Outside a service"),
            "duplicate": t("Pressed again"),
            "staff_test": t("Staff test"),
            "rate_limited": t("Too many presses"),
            "changed": t("Changed by the citizen"),
            "cancelled": t("Cancelled by the counter"),
        },
        "sources": {
            "rating": t("Ratings"),
            "spot_check": t("Spot check"),
            "call_back": t("Call-back"),
            "online": t("Online ratings"),
        },
        "states": {
            "open": t("Open"),
            "called_back": t("Called back"),
            "replied": t("Replied"),
            "closed": t("Closed"),
        },
        "results": {
            "satisfied": t("Now satisfied"),
            "dissatisfied": t("Still dissatisfied"),
            "not_reached": t("Not reached"),
        },
        "anomalies": {
            "burst": t("Many ratings in a short time"),
            "same_hour": t("Most ratings in one hour of the day"),
            "answer_rate": t("Citizens of this clerk answer far less than the unit's"),
            "outside_service": t("Presses outside services"),
            "cancelled": t("Many invitations cancelled"),
            "blank": t("Nobody could rate in opening hours"),
        },
        "kinds": {
            "asked": t("Asked"),
            "given": t("Given"),
            "unanswered": t("Unanswered"),
            "excluded": t("Not counted"),
            "blank": t("Blank time"),
        },
        "commands": {
            "roster.set": t("Published"),
            "notice.publish": t("Published"),
            "notice.withdraw": t("Withdrawn"),
        },
        "reasons": {
            "attitude": t("Attitude"),
            "waiting": t("Long wait"),
            "efficiency": t("Slow handling"),
            "competence": t("Lack of knowledge"),
            "explained": t("Not well explained"),
            "other": t("Something else"),
        },
        "problems": {
            "too_large": t("The picture is too large"),
            "no_picture": t("Only complete JPEG and PNG pictures can be used"),
            "too_many_pixels": t("The picture has too many pixels"),
            "too_large_together": t("The photos together are too large; choose fewer clerks"),
        },
        "statuses": {
            "done": t("done"),
            "accepted": t("accepted"),
            "refused": t("refused"),
            "unanswered": t("no answer"),
        },
    }
