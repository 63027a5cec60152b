"""lgpio's pin without a blip: importing this file loads lgpio, which makes a FIFO in the working directory."""

import lgpio  # type: ignore[import-untyped]
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin  # type: ignore[import-untyped]

from drivers.factory import Factory


class SteadyPin(LGPIOPin):  # type: ignore[misc]
    """A pin that becomes an output with its level already set."""

    def output_with_state(self, state: bool) -> None:
        """Claim the output at this level in one request to the kernel."""
        # gpiozero claims the line low and then sets it: a relay board that switches on at a low level, as most do,
        # would sound the siren for an instant at each start.
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))  # noqa: SLF001 - gpiozero offers no other way


def open_lgpio(chip: int) -> Factory:
    """Open the pins of one GPIO chip by its number; lgpio.error when it is not there or not permitted."""
    factory = LGPIOFactory(chip=chip)
    factory.pin_class = SteadyPin
    opened: Factory = factory
    return opened
