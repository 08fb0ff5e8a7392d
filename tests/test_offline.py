"""No telemetry, no call home: the commands run where there is no network, and the kernel counts who tries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (
    ["--help"],
    ["run", "--dry-run"],
    ["run"],
    ["status"],
    ["show", "corpus/main"],
    ["lineage", "model/tuned"],
    ["compare"],
    ["plan"],
    ["plan", "backtest"],
    ["report"],
    ["verify"],
    ["gc", "--dry-run"],
    ["ask", "休暇は何日前までに届け出ますか"],
)
IMPORTS = "kitae.road, kitae.engine.local, kitae.engine.ct2, kitae.train.fit, kitae.knowledge.search, kitae.report.page"

# A socket that asks for a route where there is none is counted by the kernel, whatever language the library is
# written in; a name look-up asks for a route to its name server.
COUNT = "awk '/^Ip:/{n++; if(n==2) print $13}' /proc/net/snmp; awk '/Ip6OutNoRoutes/{print $2}' /proc/net/snmp6"


def without_network(script: str, folder: Path) -> tuple[int, str]:
    """Runs a shell script in a network namespace of its own; tells how often something asked for a route."""
    command = ["unshare", "--user", "--map-root-user", "--net", "sh", "-ec", f"{script}\n{COUNT}"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]
    *output, ip4, ip6 = result.stdout.split("\n")[:-1]
    return int(ip4) + int(ip6), "\n".join(output)


@pytest.fixture(scope="module", autouse=True)
def namespaces() -> None:
    """Skips where the system gives no user namespaces; a CI without them would prove nothing."""
    probe = subprocess.run(["unshare", "--user", "--map-root-user", "--net", "true"], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"no network namespace to be had: {probe.stderr.strip()}")


@pytest.mark.parametrize(
    "attempt",
    ["socket.create_connection(('192.0.2.1', 80), 1)", "socket.getaddrinfo('telemetry.example', 443)"],
)
def test_an_attempt_would_be_counted(attempt: str, tmp_path: Path) -> None:
    code = f"import socket\ntry: {attempt}\nexcept OSError: pass"
    attempts, _ = without_network(f'{sys.executable} -c "{code}"', tmp_path)
    assert attempts > 0


def test_no_command_tries_to_reach_anything(tiny_project: Path) -> None:
    lines = [" ".join([sys.executable, "-m", "kitae", "-C", str(tiny_project), *command]) for command in COMMANDS]
    attempts, output = without_network("\n".join(lines), tiny_project)
    assert "report.html" in output
    assert attempts == 0


def test_no_import_tries_to_reach_anything(tmp_path: Path) -> None:
    attempts, _ = without_network(f'{sys.executable} -c "import {IMPORTS}"', tmp_path)
    assert attempts == 0
