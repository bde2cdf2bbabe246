"""Tiny broken workers: `command(folder, name)` writes one as a program and says how to start it."""

import sys
from pathlib import Path
from typing import Final

_REGISTER: Final = """
import json, os, signal, subprocess, sys, time
from websockets.sync.client import connect
KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
def send(socket, **members):
    socket.send(json.dumps(members, separators=(",", ":")))
def open_():
    url = os.environ["COORDINATOR_URL"].replace("http", "ws")
    return connect(url, proxy=None, compression=None, max_size=None)
def register(socket):
    send(socket, type="register", provider_pubkey=KEY, provider_type="SEEKER", capabilities=["TASK"])
    return json.loads(socket.recv())
"""

_ECHO: Final = """
def serve(socket, output=lambda payload: payload):
    for frame in socket:
        message = json.loads(frame)
        if isinstance(message, dict) and message.get("type") == "job_assign":
            send(socket, type="job_complete", job_id=message["job_id"],
                 output=output(message["payload"]), output_hash="0" * 64)
"""

SOURCES: Final = {
    "echo": "with open_() as socket:\n    register(socket)\n    serve(socket)\n",
    "summarize_short": (
        "def output(payload):\n"
        "    text = payload.get('input') or ''\n"
        "    return {'summary': text[:150], 'word_count': len(text.split())}\n"
        "with open_() as socket:\n    register(socket)\n    serve(socket, output)\n"
    ),
    "crashes": "sys.exit('no such setting: FOO')\n",
    "sleeps": "time.sleep(120)\n",
    "connects_and_ends": "open_()\n",
    "registers_and_ends": "with open_() as socket:\n    register(socket)\nsys.exit(3)\n",
    "says_hello": "with open_() as socket:\n    socket.send('hello')\n    time.sleep(60)\n",
    "registers_late": (
        "with open_() as socket:\n    time.sleep(10.5)\n    register(socket)\n    serve(socket)\n"
    ),
    "a_million_frames": (
        "with open_() as socket:\n    register(socket)\n"
        "    for number in range(1_000_000):\n        send(socket, type='chatter', number=number)\n"
    ),
    "registers_without_end": "with open_() as socket:\n    while True:\n        register(socket)\n",
    "breeds_orphans": (
        "os.write(2, bytes(range(256)) * 100)\n"
        "with open_() as socket:\n    register(socket)\n"
        "    for _ in range(50):\n"
        "        if os.fork() == 0:\n            os.setsid()\n"
        "            if os.fork() == 0:\n"
        "                os.closerange(0, 100)\n                time.sleep(120)\n"
        "            os._exit(0)\n        os.wait()\n"
        "    serve(socket)\n"
    ),
    "a_hundred_megabytes": (
        "with open_() as socket:\n    register(socket)\n"
        "    socket.send('x' * 100_000_000)\n    serve(socket)\n"
    ),
    "fifty_connections": (
        "sockets = [open_() for _ in range(50)]\n"
        "for socket in sockets:\n    register(socket)\n"
        "serve(sockets[-1])\n"
    ),
    "a_gigabyte": (
        "for _ in range(1000):\n    print('x' * 1_000_000)\n"
        "with open_() as socket:\n    register(socket)\n    serve(socket)\n"
    ),
    "ignores_sigterm": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "with open_() as socket:\n    register(socket)\n    serve(socket)\ntime.sleep(120)\n"
    ),
    "leaves_children": (
        "if os.fork() == 0:\n    os.setsid()\n    subprocess.Popen(['sleep', '120'])\n    time.sleep(120)\n"
        "with open_() as socket:\n    register(socket)\n    serve(socket)\n"
    ),
    **{
        f"makes_{kind}": (
            "path = os.environ['WORKER_KEY_PATH']\nos.path.lexists(path) and os.remove(path)\n"
            f"os.path.lexists(path) or {how}\n"
            "with open_() as socket:\n    register(socket)\n    serve(socket)\n"
        )
        for kind, how in {
            "a_fifo": "os.mkfifo(path)",
            "a_folder": "os.mkdir(path)",
            "an_endless_file": "os.symlink('/dev/zero', path)",
        }.items()
    },
    "hostile_texts": (
        "os.write(1, '\\x1b[31mred\\x1b[0m \\u202egnp.exe\\n'.encode('utf-8'))\n"
        "def output(payload):\n    return {'\\x1b[2J[bold red]\\u202e': '\\x9b31m</script>\\x07'}\n"
        "with open_() as socket:\n    register(socket)\n    serve(socket, output)\n"
    ),
}
"""What each worker does once it can; all of them are broken."""


def command(folder: Path, name: str) -> str:
    """The command line of a worker."""
    script = folder / f"{name}.py"
    script.write_text(_REGISTER + _ECHO + SOURCES[name], encoding="utf-8")
    return f"{sys.executable} {script}"
