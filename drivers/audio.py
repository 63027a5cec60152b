"""The one form in which sound passes between the drivers and the media program."""

# 48 kHz, mono, signed 16 bit, little endian: what Opus in WebRTC runs at (RFC 7587), so that nothing is resampled.
RATE_HZ = 48_000
SAMPLE_BYTES = 2
# 20 ms, the packet time of Opus that every browser uses.
BLOCK_SAMPLES = 960
BLOCK_BYTES = BLOCK_SAMPLES * SAMPLE_BYTES
BLOCK_SECONDS = BLOCK_SAMPLES / RATE_HZ
SILENCE = bytes(BLOCK_BYTES)


def check_block(block: bytes) -> None:
    """Refuse a block of another length: ValueError."""
    if len(block) != BLOCK_BYTES:
        raise ValueError(f"a block of sound has {BLOCK_BYTES} bytes, not {len(block)}")
