"""Nothing phones home, and a worker could not even if it wanted to."""

import socket
import subprocess
import sys

import pytest

from adapters.assembly.workers import worker_environment

CONFINED = """
import socket, sys
from adapters.worker import confine
import os
outside = os.readlink("/proc/self/ns/net")
confine()
inside = os.readlink("/proc/thread-self/ns/net")
print("shut" if inside != outside else "open")
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=2)
    print("reached")
except OSError:
    print("unreachable")
"""


def test_onnx_runtime_is_told_to_report_nothing_before_it_is_loaded() -> None:
    code = (
        "import os; os.environ.pop('ORT_DISABLE_TELEMETRY', None); import adapters.face.session;"
        " print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "1"
    assert worker_environment()["ORT_DISABLE_TELEMETRY"] == "1"


def test_a_confined_worker_reaches_no_address_of_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        command = [sys.executable, "-P", "-c", CONFINED, port]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    if said[0] == "open":
        pytest.skip("this kernel grants no network namespace to this user")
    assert said[1] == "unreachable"
