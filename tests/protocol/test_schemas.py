"""The schemas: in step with the structures, valid themselves, and of one mind with the code that decodes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from dispatch_protocol.canonical import parse
from dispatch_protocol.codec import decode_from_coordinator, decode_from_worker
from dispatch_protocol.errors import UsageError, Violation
from dispatch_protocol.messages import MESSAGES, UnknownType
from dispatch_protocol.recording import Recording, read_lines, write_lines
from dispatch_protocol.schemas import FILES, message_schema, recording_schema, schema_text
from dispatch_protocol.vocabulary import Role
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from tests.protocol.message_strategies import any_message, misfits
from tests.protocol.test_recording import HEADER, SHIPPED, shipped

COMMAND = [sys.executable, "-m", "dispatch_protocol.schemas"]
MESSAGE = Draft202012Validator(message_schema())
LINE = Draft202012Validator(recording_schema())


def decodes(frame: str, role: Role) -> bool:
    decode = decode_from_worker if role is Role.WORKER else decode_from_coordinator
    try:
        return not isinstance(decode(frame), UnknownType)
    except Violation:
        return False


def reads(line: str) -> bool:
    try:
        read_lines([HEADER, line])
    except UsageError:
        return False
    return True


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_in_step_and_valid(name: str) -> None:
    text = (files("dispatch_protocol") / "schemas" / name).read_text("utf-8")
    assert text == schema_text(FILES[name]())
    Draft202012Validator.check_schema(json.loads(text))
    assert text.isascii()


def test_every_reference_leads_somewhere_and_every_message_is_there() -> None:
    for schema in (message_schema(), recording_schema()):
        for reference in references(schema):
            assert reference.removeprefix("#/$defs/") in schema["$defs"]
    for table in MESSAGES.values():
        for tag, kind in table.items():
            assert message_schema()["$defs"][kind.__name__]["properties"]["type"] == {"enum": [tag]}


def references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (value for key, value in schema.items() if key == "$ref")
        schema = list(schema.values())
    if isinstance(schema, list):
        for inner in schema:
            yield from references(inner)


def test_the_command_writes_and_checks(tmp_path: Path) -> None:
    def run(*arguments: str) -> int:
        return subprocess.run([*COMMAND, *arguments], capture_output=True, timeout=60, check=False).returncode

    assert run("--check") == 0
    assert run("--check", str(tmp_path)) == 1
    assert run(str(tmp_path)) == 0
    assert run("--check", str(tmp_path)) == 0
    (tmp_path / "messages.schema.json").write_text("{}")
    assert run("--check", str(tmp_path)) == 1


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_recordings_are_valid_line_by_line_and_frame_by_frame(name: str) -> None:
    frames = 0
    for line in shipped(name):
        value = json.loads(line)
        LINE.validate(value)
        if value.get("event") == "frame":
            MESSAGE.validate(json.loads(value["text"]))
            frames += 1
    assert frames == {"desktop": 36, "seeker": 28}[name]


@given(any_message)
def test_every_message_is_valid(message: Any) -> None:
    from dispatch_protocol.codec import encode

    MESSAGE.validate(parse(encode(message)))


@settings(max_examples=500)
@given(misfits)
def test_schema_and_codec_are_of_one_mind(frame: str) -> None:
    role = Role.WORKER if json.loads(frame)["type"] in MESSAGES[Role.WORKER] else Role.COORDINATOR
    assert MESSAGE.is_valid(parse(frame)) is decodes(frame, role)


@pytest.mark.parametrize(
    ("line", "valid"),
    [
        (HEADER, False),
        ('"worker"', False),
        ('{"event":"open","t":0,"connection":1}', True),
        ('{"event":"open","t":0,"connection":1,"extra":1}', True),
        ('{"event":"open","t":1e400,"connection":1}', False),
        ('{"event":"close","t":0,"connection":1,"code":1006}', True),
        ('{"event":"close","t":0,"connection":1,"code":1006,"by":"client"}', False),
        ('{"event":"frame","t":0,"connection":1,"from":"worker","text":"x"}', True),
        ('{"event":"frame","t":0,"connection":1,"from":"worker","base64":"AA=="}', True),
        ('{"event":"frame","t":0,"connection":1,"from":"worker","text":null,"base64":""}', True),
        ('{"event":"frame","t":0,"connection":1,"from":"worker"}', False),
        ('{"event":"frame","t":0,"connection":1,"from":"worker","text":"","base64":""}', False),
        ('{"event":"frame","t":0,"connection":1,"from":"client","text":"x"}', False),
        ('{"event":"frame","t":0,"connection":1,"from":"worker","text":"x","opcode":"close"}', False),
        ('{"event":"http","t":0,"from":"client","method":"GET","path":"/","status":200}', True),
        ('{"event":"http","t":0,"from":"coordinator","method":"GET","path":"/","status":200}', False),
        ('{"event":"fault","t":0,"name":"drop"}', True),
        ('{"event":"fault","t":0}', False),
        ('{"event":"other","t":0}', False),
    ],
)
def test_schema_and_reader_are_of_one_mind(line: str, valid: bool) -> None:
    assert reads(line) is valid
    assert LINE.is_valid(parse(line)) is (valid or line == HEADER)


def test_written_recordings_are_valid() -> None:
    recording = read_lines(shipped("desktop"))
    for line in write_lines(Recording(recording.header, recording.events)):
        LINE.validate(json.loads(line))
