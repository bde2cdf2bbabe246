"""Files that a user names: read whole, or not at all."""

from pathlib import Path

import pytest
from dispatch_conformance.reading import read_file
from dispatch_protocol.errors import UsageError

ENDLESS = Path("/dev/zero")


def test_a_file_is_read_up_to_its_bound_and_not_beyond(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"four")

    assert read_file(file, 4) == b"four"
    with pytest.raises(UsageError, match="is longer than 3 bytes"):
        read_file(file, 3)


@pytest.mark.skipif(not ENDLESS.exists(), reason="there is no file without an end")
def test_a_file_without_a_size_is_held_to_the_bound_as_well() -> None:
    with pytest.raises(UsageError, match="is longer than 1000 bytes"):
        read_file(ENDLESS, 1_000)


def test_what_cannot_be_read_is_misuse(tmp_path: Path) -> None:
    for file, why in ((tmp_path, "Is a directory"), (tmp_path / "none", "No such file")):
        with pytest.raises(UsageError, match=f"cannot be read: {why}"):
            read_file(file, 1)
