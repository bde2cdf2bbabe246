"""Key files come into being once: folders, permissions, races, full disks, places where none can be."""

import errno
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dispatch_protocol.errors import KeyFileError
from dispatch_protocol.keys import (
    Identity,
    load,
    load_or_create,
    permissions_fault,
    serialize,
)

SEED = bytes(range(100, 132))
IDENTITY = Identity.from_seed(SEED)


@pytest.fixture(params=["links", "no links"])
def _file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The creation of key files with hard links, and as on a file system that has none."""

    def refuse(source: str, target: str) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), source, None, target)

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


@pytest.fixture
def _no_umask() -> Iterator[None]:
    """An umask that takes nothing away: what is private must be so by its own mode."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# creation


@pytest.mark.usefixtures("_file_system", "_no_umask")
def test_creation_with_its_folders_for_the_owner_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = tmp_path / "data" / "keys" / "worker-key.json"
    identity, created = load_or_create(path)
    assert created
    assert load_or_create(path) == (identity, False)
    assert path.read_text() == serialize(identity)
    assert [mode(step) for step in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]
    assert mode(tmp_path) == 0o755
    assert os.listdir(path.parent) == [path.name]
    assert path.stat().st_nlink == 1
    assert permissions_fault(path) is None


def test_creation_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    identity, created = load_or_create("key.json")
    assert created
    assert load(tmp_path / "key.json") == identity
    assert load_or_create("new/../key2.json")[1]
    assert load_or_create("./data/worker-key.json")[1]


def test_creation_through_links_to_folders(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    identity, created = load_or_create(tmp_path / "link" / "sub" / "key.json")
    assert created
    assert load(tmp_path / "real" / "sub" / "key.json") == identity


@pytest.mark.usefixtures("_file_system")
def test_who_comes_second_loads_the_key_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process puts its file in place after this one has looked, and before it writes."""
    path = tmp_path / "worker-key.json"
    look = os.path.lexists

    def look_too_early(name: str) -> bool:
        there = look(name)
        path.write_text(serialize(IDENTITY))
        return there

    monkeypatch.setattr(os.path, "lexists", look_too_early)
    assert load_or_create(path) == (IDENTITY, False)
    assert path.read_text() == serialize(IDENTITY)
    assert os.listdir(tmp_path) == [path.name]


def empty_file(path: Path) -> None:
    path.touch()


def dangling_link(path: Path) -> None:
    path.symlink_to("elsewhere.json")


@pytest.mark.usefixtures("_file_system")
@pytest.mark.parametrize(
    ("appear", "fault"),
    [(empty_file, "is empty"), (dangling_link, "it is a symbolic link to a file that is not")],
)
def test_what_appears_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, appear: Callable[[Path], None], fault: str
) -> None:
    path = tmp_path / "worker-key.json"
    generate = Identity.generate

    def meanwhile() -> Identity:
        appear(path)
        return generate()

    monkeypatch.setattr(Identity, "generate", meanwhile)
    with pytest.raises(KeyFileError, match=fault):
        load_or_create(path)
    assert os.listdir(tmp_path) == [path.name]
    assert path.lstat().st_size == (len("elsewhere.json") if path.is_symlink() else 0)


RACER = """
import os, sys
from dispatch_protocol.keys import load_or_create

if sys.argv[1] == "no links":
    def refuse(*names):
        raise PermissionError(1, "Operation not permitted")
    os.link = refuse
for line in iter(sys.stdin.readline, ""):
    identity, created = load_or_create(line.rstrip())
    print(identity.pubkey_hex, int(created), flush=True)
"""


@pytest.mark.parametrize("file_system", ["links", "no links"])
def test_processes_that_start_at_once_share_one_key(tmp_path: Path, file_system: str) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, file_system],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    try:
        for number in range(25):
            path = tmp_path / f"folder-{number}" / "data" / "worker-key.json"
            answers = race(racers, path)
            assert {pubkey for pubkey, _created in answers} == {load(path).pubkey_hex}
            assert sorted(created for _pubkey, created in answers) == ["0", "0", "0", "1"]
            assert os.listdir(path.parent) == [path.name]
    finally:
        for racer in racers:
            racer.communicate(timeout=30)
    assert [racer.returncode for racer in racers] == [0] * 4


def race(racers: "list[subprocess.Popen[str]]", path: Path) -> list[list[str]]:
    """Sends all of them the path, then collects their answers: public key, whether created."""
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write(f"{path}\n")
        racer.stdin.flush()
    return [racer.stdout.readline().split() for racer in racers if racer.stdout is not None]


@pytest.mark.usefixtures("_file_system")
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="cannot be created: No space left on device"):
        load_or_create(tmp_path / "worker-key.json")
    assert os.listdir(tmp_path) == []


# places where no file is, or none can be


def test_a_missing_file_is_not_made_by_load(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"' cannot be read: No such file or directory \(clause W-KEY-7\)"):
        load(tmp_path / "data" / "key.json")
    assert os.listdir(tmp_path) == []


@pytest.mark.usefixtures("_file_system")
def test_a_dangling_link_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "worker-key.json"
    path.symlink_to("elsewhere.json")
    for opening in (load, load_or_create):
        with pytest.raises(KeyFileError, match="it is a symbolic link to a file that is not there"):
            opening(path)
    assert os.listdir(tmp_path) == [path.name]


def test_a_link_to_a_key_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text(serialize(IDENTITY))
    path = tmp_path / "worker-key.json"
    path.symlink_to("real.json")
    assert load_or_create(path) == (IDENTITY, False)


def no_folder(path: Path) -> None:
    path.mkdir()


def no_pipe(path: Path) -> None:
    os.mkfifo(path)


def no_loop(path: Path) -> None:
    path.symlink_to(path.name)


def no_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("obstacle", [no_folder, no_pipe, no_loop, no_device])
def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path, obstacle: Callable[[Path], None]) -> None:
    path = tmp_path / "worker-key.json"
    obstacle(path)
    with pytest.raises(KeyFileError, match=r"clause W-KEY-7\)\. Check the path"):
        load_or_create(path)


def test_an_unreadable_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "worker-key.json"
    path.write_text(serialize(IDENTITY))

    def refuse(*_arguments: object, **_more: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(KeyFileError, match="cannot be read: Permission denied"):
        load_or_create(path)


@pytest.mark.parametrize(
    "name",
    [
        "file/key.json",
        "link/key.json",
        "x" * 300,
        "/".join(["x" * 250] * 17),
        "nul\0key.json",
        "",
        "\ud800/\0",
    ],
    ids=[
        "in a file",
        "in a dangling folder",
        "long name",
        "long path",
        "NUL",
        "the folder itself",
        "surrogate",
    ],
)
def test_a_path_where_nothing_can_be_made(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(KeyFileError) as caught:
        load_or_create(tmp_path / name)
    assert re.search(
        r"' (cannot be created: .+|is no regular file|cannot be read: .+) \(clause", str(caught.value)
    )


def test_a_path_is_shown_escaped(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError) as caught:
        load(tmp_path / "key\x1b[2J\n.json")
    assert str(caught.value).isprintable()
