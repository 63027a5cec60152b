"""How often one address may ask for citizens' pages. Pure: the caller brings the time. Kept in memory, never stored."""

window_seconds = 60.0
most_addresses = 10_000


class PublicLimit:
    """Counts requests per address in the last minute; a hall's Wi-Fi is one address, so the number is not small."""

    def __init__(self, per_minute: int) -> None:
        """Start with nobody."""
        self._most = per_minute
        self._asked: dict[str, tuple[float, ...]] = {}

    def wait(self, address: str, now: float) -> float:
        """Count a request; return 0 when it may be served, else the seconds until the next one may."""
        recent = tuple(then for then in self._asked.get(address, ()) if now - then < window_seconds)
        if len(recent) >= self._most:
            return recent[0] + window_seconds - now
        if address not in self._asked and len(self._asked) >= most_addresses:
            self._asked = {one: times for one, times in self._asked.items() if now - times[-1] < window_seconds}
            if len(self._asked) >= most_addresses:
                return window_seconds  # a flood from everywhere: new addresses wait
        self._asked[address] = (*recent, now)
        return 0.0
