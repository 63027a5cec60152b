"""A supply whose pins may be missing."""

from drivers.late import Late
from drivers.power.kind import Heard, Power, Supply
from drivers.telling import tell


class LateSupply(Late[Supply]):
    """A Supply; while it is missing it tells nothing, and read() raises OSError with the reason."""

    _heard: Heard | None = None

    def listen(self, heard: Heard) -> None:
        """Tell each change from now on, and how the supply is whenever it has come."""
        self._heard = heard
        self._set_up(lambda supply: supply.listen(heard))

    def read(self) -> Power:
        """Tell the supply now."""
        return self._use(lambda supply: supply.read())

    def resume(self, part: Supply) -> None:
        """Listen again."""
        if self._heard is not None:
            part.listen(self._heard)
            tell(self._heard, part.read())
