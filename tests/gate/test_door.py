"""Many calls at once through the gate, each with the guarantees of one."""

from __future__ import annotations

import ast
import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

import kitae
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.core.records import Records
from kitae.gate.client import LEDGER, TRIES_OF_MANY, Gate, Rejected, Unanswered
from kitae.gate.policy import Endpoint

ENDPOINT = Endpoint(url="https://llm.example/v1", model="m-2026-08-01", may_receive=Label.INTERNAL, at_once=4)
Answer = Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


def gate(folder: Path, answer: Answer, endpoint: Endpoint = ENDPOINT) -> Gate:
    return Gate({"judge": endpoint}, Records(folder), async_transport=httpx.MockTransport(answer), wait=0)


def post(gate: Gate, *bodies: dict[str, Any], label: Label = Label.PUBLIC) -> list[Any]:
    """Sends all of them at once."""

    async def send() -> list[Any]:
        async with gate.door("judge", label=label, purpose="judge") as door:
            return list(await asyncio.gather(*(door.post("/x", body, lambda told: told["n"]) for body in bodies)))

    return asyncio.run(send())


def outcomes(folder: Path) -> list[str]:
    return [row["outcome"] for row in Records(folder).all(LEDGER)]


async def never(request: httpx.Request) -> httpx.Response:
    raise AssertionError("something was sent")


def in_turn(*answers: httpx.Response | Exception) -> Answer:
    left = iter(answers)

    async def answer(request: httpx.Request) -> httpx.Response:
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return found

    return answer


GOOD = {"n": 1}


def test_a_label_that_is_too_high_opens_no_door_and_is_in_the_ledger(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="confidential"):
        post(gate(tmp_path, never), {}, label=Label.CONFIDENTIAL)
    assert outcomes(tmp_path) == ["refused by policy"]


def test_a_door_to_nowhere_or_without_a_key_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Mistake, match="no endpoint"):
        post(Gate({}, Records(tmp_path)), {})
    monkeypatch.delenv("KITAE_TEST_KEY", raising=False)
    with pytest.raises(Mistake, match="KITAE_TEST_KEY"):
        post(gate(tmp_path, never, ENDPOINT.model_copy(update={"key": "env:KITAE_TEST_KEY"})), {})


def test_the_ledger_has_a_row_before_anything_goes(tmp_path: Path) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        assert "sent" in outcomes(tmp_path)
        return httpx.Response(200, json=GOOD)

    assert post(gate(tmp_path, answer), {"t": "秘密"}) == [1]
    assert sorted(outcomes(tmp_path)) == ["200", "sent"]
    assert all("秘密" not in file.read_text() for file in tmp_path.rglob("*.jsonl"))


def test_no_ledger_no_call(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the records should be")
    with pytest.raises(OSError, match="file"):
        post(gate(blocked, never), {})


def test_the_ledger_tells_the_same_of_many_calls_as_of_one(tmp_path: Path) -> None:
    def told(folder: Path) -> list[dict[str, Any]]:
        rows = list(Records(folder).all(LEDGER))
        return sorted(({**row, "time": ""} for row in rows), key=lambda row: str(row["outcome"]))

    one = Gate(
        {"judge": ENDPOINT},
        Records(tmp_path / "one"),
        transport=httpx.MockTransport(lambda request: httpx.Response(200, json=GOOD)),
    )
    one.post("judge", "/x", {"t": "質問"}, label=Label.PUBLIC, purpose="judge")
    post(gate(tmp_path / "many", in_turn(httpx.Response(200, json=GOOD))), {"t": "質問"})
    assert told(tmp_path / "one") == told(tmp_path / "many")


@pytest.mark.parametrize(
    "fault",
    [
        httpx.Response(500),
        httpx.Response(503),
        httpx.Response(429, headers={"retry-after": "0"}),
        httpx.Response(200, content=b'{"n": '),
        httpx.Response(200, content=b"[1]"),
        httpx.Response(200, json={"error": "later"}),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("broken off"),
        httpx.ReadError("reset"),
    ],
    ids=lambda fault: getattr(fault, "status_code", type(fault).__name__),
)
def test_a_fault_is_got_over(tmp_path: Path, fault: httpx.Response | Exception) -> None:
    def read(told: dict[str, Any]) -> int:
        if "n" not in told:
            raise ValueError
        return int(told["n"])

    async def send() -> int:
        answer = in_turn(fault, httpx.Response(200, json=GOOD))
        async with gate(tmp_path, answer).door("judge", label=Label.PUBLIC, purpose="judge") as door:
            return await door.post("/x", {}, read)

    assert asyncio.run(send()) == 1
    assert outcomes(tmp_path).count("sent") == 2


def test_a_server_that_never_answers_well_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(Unanswered, match=rf"{TRIES_OF_MANY} times \(503\)"):
        post(gate(tmp_path, in_turn(*[httpx.Response(503)] * TRIES_OF_MANY)), {})


def test_what_the_server_refuses_is_not_tried_again(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="401") as caught:
        post(gate(tmp_path, in_turn(httpx.Response(401, text="no such key"))), {})
    assert caught.value.status == 401
    assert outcomes(tmp_path).count("sent") == 1


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="307"):
        post(gate(tmp_path, in_turn(httpx.Response(307, headers={"location": "https://elsewhere.example/"}))), {})


def test_a_call_that_trickles_is_cut_off_at_its_time_limit(tmp_path: Path) -> None:
    """Each byte comes in time; the whole does not."""
    tries = 0

    class Trickle(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            while True:
                await asyncio.sleep(0.01)
                yield b" "

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal tries
        tries += 1
        return httpx.Response(200, stream=Trickle()) if tries == 1 else httpx.Response(200, json=GOOD)

    assert post(gate(tmp_path, answer, ENDPOINT.model_copy(update={"timeout": 0.1})), {}) == [1]
    assert "TimeoutError" in outcomes(tmp_path)


def test_no_more_calls_are_under_way_than_may_be(tmp_path: Path) -> None:
    now, most = 0, 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.005)
        now -= 1
        return httpx.Response(200, json=GOOD)

    assert len(post(gate(tmp_path, answer), *({"k": k} for k in range(40)))) == 40
    assert most == ENDPOINT.at_once


def test_nothing_goes_while_the_server_wants_to_be_left_alone(tmp_path: Path) -> None:
    came: list[float] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        came.append(time.monotonic())
        if len(came) == 1:
            return httpx.Response(429, headers={"retry-after": "1"})
        return httpx.Response(200, json=GOOD)

    one_at_a_time = ENDPOINT.model_copy(update={"at_once": 1})
    post(gate(tmp_path, answer, one_at_a_time), *({"k": k} for k in range(3)))
    assert all(later - came[0] >= 1 for later in came[1:])


def test_a_server_that_wants_to_be_left_alone_for_long_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(Unanswered, match="60 minutes"):
        post(gate(tmp_path, in_turn(httpx.Response(429, headers={"retry-after": "3600"}))), {})


def test_only_the_gate_speaks_to_a_network() -> None:
    root = Path(kitae.__file__).parent
    clients = {"httpx", "requests", "urllib3", "aiohttp", "socket", "http.client", "urllib.request"}
    found = {
        (str(file.relative_to(root)), name)
        for file in root.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name in clients
    }
    # The records name their writer by the host, which asks no network. The processes of one training hold a connection
    # that carries one byte, to notice a death; torch carries their weights beside it.
    assert found == {("gate/client.py", "httpx"), ("core/records.py", "socket"), ("train/watch.py", "socket")}
