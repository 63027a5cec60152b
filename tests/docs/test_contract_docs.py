"""docs/contract/ says what the models say: nothing stale, nothing missing, every example valid."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from ulid import ULID

from edge.describe import files, messages
from edge.describe.asyncapi import document
from edge.describe.examples import all_examples
from edge.describe.schemas import all_schemas, plain_messages
from edge.event import parse
from edge.forwarder.payloads import command
from edge.kinds import COMMANDS, EVENTS, check_command, check_event

contract = files.folder
wanted = files.contents()
wire: dict[str, type[BaseModel]] = {**plain_messages}


def read(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", wanted, ids=lambda path: path.name)
def test_generated_file_is_current(path: Path) -> None:
    """What is checked in is what the models give."""
    assert path.exists(), f"{path.name} is missing; run: {files.command}"
    current = path.read_text(encoding="utf-8") == wanted[path]
    assert current, f"{path.name} is stale; run: {files.command}"


def test_nothing_is_left_over() -> None:
    """No schema or example of a kind that is gone."""
    assert files.left_over() == [], f"nothing generates these any more; run: {files.command}"


def test_generation_is_reproducible() -> None:
    """The same models give the same files, whatever the clock."""
    assert files.contents() == wanted


def test_every_kind_has_schema_example_and_row() -> None:
    """Every event and command of the models is described, and nothing else is."""
    kinds = {f"event.{name}" for name in EVENTS} | {f"command.{name}" for name in COMMANDS} | set(plain_messages)
    readme = (contract / "README.md").read_text(encoding="utf-8")
    assert set(all_schemas()) == kinds
    assert set(all_examples()) == kinds
    assert [name for name in (*EVENTS, *COMMANDS) if f"[`{name}`](schemas/" not in readme] == []


def test_every_kind_says_what_it_means() -> None:
    """A kind without a sentence of its own would be documented by nothing."""
    meanings = [kind.says for kind in EVENTS.values()]
    assert all(meanings)
    assert len(set(meanings)) == len(meanings)
    assert all(kind.says for kind in COMMANDS.values())


@pytest.mark.parametrize("name", EVENTS)
def test_example_event_is_valid(name: str) -> None:
    """The example is an envelope of ours, is read back as an event, and carries data of its kind."""
    example = read(contract / "examples" / f"event.{name}.json")
    messages.CloudEvent.model_validate(example)
    event = parse(example)
    assert event.kind == name
    assert event.severity is EVENTS[name].severity_of(event.data)
    assert event.outbox.endswith("-alarm") == (event.severity == "alarm")
    assert check_event(name, example["data"]) == example["data"], "every field is sent"


@pytest.mark.parametrize("name", COMMANDS)
def test_example_command_is_valid(name: str) -> None:
    """The forwarder takes the envelope, and the command's model takes the body."""
    example = read(contract / "examples" / f"command.{name}.json")
    body = command(example).body
    assert check_command(name, body).model_dump(mode="json", include=set(body)) == body
    assert ("incident" in body) == COMMANDS[name].bound_to_incident


@pytest.mark.parametrize("name", wire)
def test_example_of_another_message_is_valid(name: str) -> None:
    """Acknowledgement, birth, last will, heartbeat, reply and offer fit their models."""
    wire[name].model_validate(read(contract / "examples" / f"{name}.json"))


def test_ids_in_examples_are_ulids() -> None:
    """Incident, session, epoch and command ids look as real ones do."""
    event = all_examples()["event.incident.raised"]
    order = all_examples()["command.call.offer"]
    for identifier in (event["data"]["incident"], event["epoch"], order["id"], order["session"]):
        assert str(ULID.from_str(identifier)) == identifier


class TestAsyncApi:
    """The document is an AsyncAPI 3.0 document whose references all lead somewhere."""

    document: Any = yaml.safe_load((contract / "asyncapi.yaml").read_text(encoding="utf-8"))

    def test_has_the_required_sections(self) -> None:
        """`asyncapi` and `info` with title and version are required; ours has all the others too."""
        assert self.document["asyncapi"] == "3.0.0"
        assert {"title", "version"} <= set(self.document["info"])
        assert {"servers", "channels", "operations", "components"} <= set(self.document)

    def test_servers_name_host_and_protocol(self) -> None:
        """Both connections are described."""
        assert set(self.document["servers"]) == {"alarms", "bulk"}
        assert all(server["host"] and server["protocol"] for server in self.document["servers"].values())

    def test_has_every_topic(self) -> None:
        """The topics of the outer contract, section 4, and no others."""
        topics = {channel["address"].removeprefix("callpost/v1/{device}/") for channel in self.channels()}
        assert topics == {
            "alarm", "event", "state", "heartbeat", "ack", "command/{name}", "reply/{caller}", "call/offer",
        }  # fmt: skip

    def test_every_parameter_is_declared(self) -> None:
        """What stands in braces in an address is a parameter, and the other way round."""
        for channel in self.channels():
            assert {f"{{{name}}}" for name in channel["parameters"]} == {
                part for part in channel["address"].split("/") if part.startswith("{")
            }

    def test_every_channel_has_one_operation(self) -> None:
        """The device receives acknowledgements and commands, and sends the rest."""
        operations = self.document["operations"].values()
        used = {
            operation["channel"]["$ref"].removeprefix("#/channels/"): operation["action"] for operation in operations
        }
        assert len(used) == len(operations) == len(self.document["channels"])
        assert {name for name, action in used.items() if action == "receive"} == {"ack", "command"}
        assert set(used.values()) == {"send", "receive"}

    def test_every_kind_is_a_message_of_its_channel(self) -> None:
        """Alarms on `alarm`, commands on `command`, the other events in the batch."""
        channels = self.document["channels"]
        items = self.document["components"]["schemas"]["EventBatch"]["items"]["oneOf"]
        batched = {item["$ref"].removeprefix("#/components/schemas/event.") for item in items}
        assert set(channels["command"]["messages"]) == set(COMMANDS)
        assert set(channels["alarm"]["messages"]) | batched == set(EVENTS)
        assert set(channels["alarm"]["messages"]) & batched == {"device.fault_raised"}

    def test_every_reference_leads_somewhere(self) -> None:
        """No `$ref` points at nothing, and none leaves the file."""
        references = list(found(self.document))
        assert references
        for reference in references:
            self.at(reference)

    def test_models_of_one_name_do_not_replace_each_other(self) -> None:
        """A schema place holds one model only, whose name pydantic did not have to change."""
        assert [name for name in self.document["components"]["schemas"] if "__" in name] == []

    def test_is_for_this_version(self) -> None:
        """The version is the product's."""
        assert self.document == document(self.document["info"]["version"])

    def channels(self) -> list[Any]:
        """Return all channels."""
        return list(self.document["channels"].values())

    def at(self, reference: str) -> Any:
        """Follow a JSON pointer. Raises KeyError when it leads nowhere."""
        place = self.document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        return place


def found(node: object) -> list[str]:
    """Return all `$ref`s below a node."""
    match node:
        case {"$ref": str(reference)}:
            return [reference]
        case dict():
            return [reference for value in node.values() for reference in found(value)]
        case list():
            return [reference for value in node for reference in found(value)]
        case _:
            return []


def test_a_stale_folder_is_noticed(tmp_path: Path) -> None:
    """A schema of a kind that is gone, and a page without its marks, are both found."""
    (tmp_path / "README.md").write_text((contract / "README.md").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "event.incident.gone.json").write_text("{}")
    assert [path.name for path in files.left_over(tmp_path)] == ["event.incident.gone.json"]
    (tmp_path / "README.md").write_text("no marks")
    with pytest.raises(ValueError, match=r"README\.md must have the lines"):
        files.contents(tmp_path)
