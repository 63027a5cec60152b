"""The table [ingest] of center.toml."""

from pathlib import Path

from center.mqtt import MqttSettings
from edge.settings import Table


class IngestSettings(Table):
    """Where events are kept, and whom to wake when there are new ones."""

    database: Path = Path("/var/lib/callpost-center/center.sqlite3")
    poke: Path = Path("/run/callpost-center/console.sock")
    client_id: str = "callpost-ingest"
    mqtt: MqttSettings = MqttSettings()
