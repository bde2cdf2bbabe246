"""Workers that never come to be tested, each in its own way: `command(folder, name)` writes one."""

import sys
from pathlib import Path
from typing import Final

_HEAD: Final = """
import base64, json, os, socket, ssl, sys, time, urllib.error, urllib.parse, urllib.request
from websockets.sync.client import connect
KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
URL = os.environ["COORDINATOR_URL"]
PLACE = urllib.parse.urlsplit(URL).hostname, urllib.parse.urlsplit(URL).port
def open_(url=URL, **more):
    return connect(url.replace("http", "ws"), proxy=None, compression=None, **more)
def register(link, **more):
    own = dict(type="register", provider_pubkey=KEY, provider_type="SEEKER", capabilities=["TASK"])
    link.send(json.dumps(own | more))
def handshake(*headers):
    lines = ["GET / HTTP/1.1", "Host: h", "Upgrade: websocket", "Connection: Upgrade", *headers, "", ""]
    raw = socket.create_connection(PLACE)
    raw.sendall("\\r\\n".join(lines).encode())
    return raw
NONCE = "Sec-WebSocket-Key: " + base64.b64encode(bytes(16)).decode()
"""

SOURCES: Final = {
    "ends": "print('bye \\x1b[31m')\nsys.exit(7)\n",
    "crashes": "{}['no such key']\n",
    "killed": "os.kill(os.getpid(), 11)\n",
    "usage": "print('Usage: worker --coordinator URL', file=sys.stderr)\nsys.exit(2)\n",
    "variable": "os.environ['WALLET_SEED_PATH']\n",
    "sleeps": "time.sleep(60)\n",
    "elsewhere": (
        "try:\n    open_('http://127.0.0.1:19')\n"
        "except OSError as error:\n    sys.exit(f'127.0.0.1:19: {error}')\n"
    ),
    "default_port": "open_(f'http://127.0.0.1:{sys.argv[1]}', open_timeout=60)\n",
    "other_variable": (
        "url = os.environ.get('BACKEND_URL')\nopen_(url, open_timeout=60) if url else time.sleep(60)\n"
    ),
    "printed_variable": (
        "url = os.environ.get('MY_HUB_ADDRESS') or sys.exit('MY_HUB_ADDRESS is not set')\n"
        "open_(url, open_timeout=60)\n"
    ),
    "tls": "ssl.create_default_context().wrap_socket(socket.create_connection(PLACE), server_hostname='h')\n",
    "http_only": (
        "while True:\n    try:\n        urllib.request.urlopen(URL + '/v1/jobs')\n"
        "    except urllib.error.HTTPError:\n        time.sleep(0.1)\n"
    ),
    "other_protocol": "socket.create_connection(PLACE).sendall(b'\\x10\\x0cMQTT')\ntime.sleep(60)\n",
    "says_nothing": "raw = socket.create_connection(PLACE)\ntime.sleep(60)\n",
    "no_nonce": "raw = handshake('Sec-WebSocket-Version: 13')\ntime.sleep(60)\n",
    "old_version": "raw = handshake(NONCE, 'Sec-WebSocket-Version: 8')\ntime.sleep(60)\n",
    "subprotocol": (
        "link = open_(subprotocols=['dispatch.v2'])\n"
        "if link.subprotocol is None:\n    link.close(1002)\n    sys.exit(4)\n"
    ),
    "connects_and_leaves": "open_()\n",
    "waits": "link = open_()\nlink.recv()\n",
    "hello": 'link = open_()\nlink.send(\'{"type":"hello\\x07"}\')\ntime.sleep(60)\n',
    "not_json": "link = open_()\nlink.send('REGISTER ' + KEY)\ntime.sleep(60)\n",
    "binary": "link = open_()\nlink.send(json.dumps({'type': 'register'}).encode())\ntime.sleep(60)\n",
    "bad_key": "link = open_()\nregister(link, provider_pubkey='0x12')\nlink.recv()\ntime.sleep(60)\n",
    "other_shape": (
        "link = open_()\nlink.send(json.dumps({'type': 'register', 'data': {'pubkey': KEY}}))\nlink.recv()\n"
    ),
    "slow_start": "time.sleep(2.5)\nlink = open_()\nregister(link)\nlink.recv()\ntime.sleep(60)\n",
    "slow_register": "link = open_()\ntime.sleep(2.5)\nregister(link)\nlink.recv()\ntime.sleep(60)\n",
    "leaves": "link = open_()\nregister(link)\nlink.recv()\nlink.close()\nsys.exit(5)\n",
    "no_answer": "link = open_()\nregister(link)\nlink.recv()\ntime.sleep(60)\n",
    "healthy": (
        "link = open_()\nregister(link)\n"
        "for frame in link:\n    job = json.loads(frame)\n    if job['type'] == 'job_assign':\n"
        "        link.send(json.dumps({'type': 'job_reject', 'job_id': job['job_id'], 'reason': 'x'}))\n"
    ),
}
"""What each worker does, once it could."""


def command(folder: Path, name: str, *arguments: str) -> str:
    """The command line of a worker."""
    script = folder / f"{name}.py"
    script.write_text(_HEAD + SOURCES[name], encoding="utf-8")
    return " ".join([sys.executable, str(script), *arguments])
