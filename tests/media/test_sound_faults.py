"""Two voices about one part: the driver's, every second, and the last self-test's."""

from edge.faults import Faults
from media.sound_faults import SoundFaults


def test_each_voice_clears_only_its_own_fault() -> None:
    """The driver is heard first; the part is well when neither complains."""
    told: list[tuple[str, str]] = []
    faults = Faults(lambda kind, data: told.append((kind.removeprefix("device.fault_"), data["part"])))
    sound = SoundFaults(faults)
    sound.self_test("speaker", "the test tone was not heard")
    sound.driver("speaker", None)
    sound.driver("microphone", None)
    assert faults.open == {"speaker": "the test tone was not heard"}
    sound.driver("speaker", "the sound device has gone away")
    sound.self_test("speaker", None)
    assert set(faults.open) == {"speaker"}
    sound.driver("speaker", None)
    assert faults.open == {}
    assert told == [("raised", "speaker"), ("cleared", "speaker")]
