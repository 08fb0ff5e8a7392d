from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from kitae.core.dialogue import Message
from kitae.core.generation import Decoding
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.core.records import Records
from kitae.engine.remote import Remote
from kitae.gate.client import LEDGER, Gate
from kitae.gate.policy import Endpoint, Place, check_place

ENDPOINT = Endpoint(
    url="https://llm.example/v1", model="m-2026-08-01", key="env:KITAE_TEST_KEY", may_receive=Label.INTERNAL
)

ANSWER = {
    "choices": [{"message": {"content": "三日です。"}, "finish_reason": "stop"}],
    "usage": {"completion_tokens": 4},
}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITAE_TEST_KEY", "sesame")


def gate(folder: Path, answer: Callable[[httpx.Request], httpx.Response]) -> Gate:
    return Gate({"judge": ENDPOINT}, Records(folder), transport=httpx.MockTransport(answer), wait=0)


def outcomes(folder: Path) -> list[str]:
    return [row["outcome"] for row in Records(folder).all(LEDGER)]


def never(request: httpx.Request) -> httpx.Response:
    raise AssertionError("something was sent")


def test_nothing_goes_to_an_endpoint_that_is_not_declared(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="no endpoint") as caught:
        gate(tmp_path, never).post("jugde", "/x", {}, label=Label.PUBLIC, purpose="judge")
    assert "judge" in caught.value.hint


def test_a_label_that_is_too_high_stops_the_call_and_is_in_the_ledger(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="confidential"):
        gate(tmp_path, never).post("judge", "/x", {}, label=Label.CONFIDENTIAL, purpose="judge")
    assert outcomes(tmp_path) == ["refused by policy"]


def test_no_ledger_no_call(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the records should be")
    with pytest.raises(OSError, match="file"):
        gate(blocked, never).post("judge", "/x", {}, label=Label.PUBLIC, purpose="judge")


def test_every_try_is_in_the_ledger_without_the_text(tmp_path: Path) -> None:
    answers = iter([httpx.Response(503), httpx.Response(200, json=ANSWER)])
    gate(tmp_path, lambda request: next(answers)).post(
        "judge", "/x", {"t": "秘密"}, label=Label.PUBLIC, purpose="judge"
    )
    assert sorted(outcomes(tmp_path)) == ["200", "503", "sent", "sent"]
    assert all("秘密" not in file.read_text() for file in tmp_path.rglob("*.jsonl"))


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    moved = httpx.Response(307, headers={"location": "https://elsewhere.example/"})
    with pytest.raises(Mistake, match="307"):
        gate(tmp_path, lambda request: moved).post("judge", "/x", {}, label=Label.PUBLIC, purpose="judge")


def test_a_model_behind_an_endpoint_answers_with_the_key_and_the_dated_model(tmp_path: Path) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=ANSWER)

    remote = Remote(gate(tmp_path, answer), "judge", Label.INTERNAL)
    (generated,) = remote.generate([[Message(role="user", content="何日？")]], Decoding())
    assert (generated.text, generated.finish, generated.tokens) == ("三日です。", "stop", 4)
    assert seen[0].headers["authorization"] == "Bearer sesame"
    assert b'"model":"m-2026-08-01"' in seen[0].content
    assert remote.identity.model == "endpoint:judge:m-2026-08-01"


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": [{"message": {"content": None}}]}])
def test_an_answer_without_text_is_a_mistake(tmp_path: Path, body: dict[str, object]) -> None:
    remote = Remote(gate(tmp_path, lambda request: httpx.Response(200, json=body)), "judge", Label.PUBLIC)
    with pytest.raises(Mistake, match="without text"):
        remote.generate([[Message(role="user", content="?")]], Decoding())


def test_a_key_that_is_not_set_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KITAE_TEST_KEY")
    with pytest.raises(Mistake, match="KITAE_TEST_KEY"):
        gate(tmp_path, never).post("judge", "/x", {}, label=Label.PUBLIC, purpose="judge")


def test_a_key_in_the_file_is_refused() -> None:
    with pytest.raises(ValueError, match="environment variable"):
        Endpoint(url="https://llm.example/v1", model="m", key="sk-123", may_receive=Label.PUBLIC)


def test_a_place_holds_only_what_it_may(tmp_path: Path) -> None:
    node = Place(name="rented", may_hold=Label.INTERNAL)
    check_place(node, Label.INTERNAL)
    with pytest.raises(Mistake, match="rented"):
        check_place(node, Label.RESTRICTED)
