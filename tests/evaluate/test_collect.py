"""Many replies at once: none is lost, none is there twice, none is paid for twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kitae.core.claims import Claims
from kitae.core.dialogue import Message
from kitae.core.generation import Decoding, Generated
from kitae.core.journal import Journal
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.core.quantity import Money, parse_money
from kitae.core.records import Records
from kitae.engine.remote import Correspondent
from kitae.evaluate.collect import Ask, Collector
from kitae.evaluate.purse import BudgetReached, Purse
from kitae.gate.client import Gate, Rejected, Unanswered
from kitae.gate.policy import Endpoint

Server = Callable[..., AbstractContextManager[str]]
DECODING = Decoding(max_tokens=64)
GOOD = "Rating: [[7]]"


def row(reply: Generated, money: Money | None) -> dict[str, Any]:
    return {"generated": reply.model_dump(mode="json"), "money": money and money.model_dump(mode="json")}


def asks(count: int) -> list[Ask]:
    prompts = [(Message(role="user", content=f"回答{n}を採点してください。"),) for n in range(count)]
    return [Ask(f"key-{n}", prompt, DECODING, row) for n, prompt in enumerate(prompts)]


def collect(folder: Path, url: str, count: int, *, at_once: int) -> dict[str, str]:
    """What a run does: everything that is missing, through the gate."""
    endpoint = Endpoint(url=url, model="judge-1", may_receive=Label.PUBLIC, at_once=at_once)
    records = Records(folder)
    gate = Gate({"judge": endpoint}, records, wait=0.02)

    async def run() -> dict[str, str]:
        journal = Journal(records)
        with Claims(folder / ".claims") as claims:
            async with gate.door("judge", label=Label.PUBLIC, purpose="judge", journal=journal) as door:
                return await Collector(
                    kind="judgments",
                    journal=journal,
                    claims=claims,
                    purse=Purse(endpoint, None),
                    speak=Correspondent(door).ask,
                    at_once=at_once,
                    silence_tries=3,
                ).collect(asks(count))

    return asyncio.run(run())


def asked(log: Path) -> Counter[str]:
    """How often the server was asked each question, by the digest of its body."""
    return Counter(line.split(" ", 1)[0] for line in log.read_text(encoding="utf-8").splitlines())


def lines(folder: Path) -> list[dict[str, Any]]:
    """Every line of every segment, double ones too."""
    found = [
        line for file in folder.glob("judgments/*.jsonl") for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return [json.loads(line) for line in found]


def start(folder: Path, url: str, count: int, at_once: int) -> subprocess.Popen[bytes]:
    """A process that collects, from the moment on that the file `go` is there."""
    code = f"""
import importlib.util, sys, time
from pathlib import Path
spec = importlib.util.spec_from_file_location("collecting", {__file__!r})
module = importlib.util.module_from_spec(spec)
sys.modules["collecting"] = module
spec.loader.exec_module(module)
while not Path({str(folder / "go")!r}).exists():
    Path({str(folder)!r}, f"ready-{{__import__('os').getpid()}}").touch()
    time.sleep(0.01)
assert module.collect(Path({str(folder)!r}), {url!r}, {count}, at_once={at_once}) == {{}}
"""
    return subprocess.Popen([sys.executable, "-c", code])


def recorded(folder: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in folder.glob("judgments/*.jsonl"))


def test_after_sigkill_the_next_start_finishes_and_pays_for_nothing_twice(tmp_path: Path, judge_server: Server) -> None:
    count, at_once = 160, 8
    with judge_server("--latency", "0.1", "--log", str(tmp_path / "log")) as url:
        (tmp_path / "go").touch()
        with start(tmp_path, url, count, at_once) as killed:
            while recorded(tmp_path) < 50 and killed.poll() is None:
                time.sleep(0.01)
            os.kill(killed.pid, signal.SIGKILL)
        assert killed.returncode == -signal.SIGKILL
        kept = recorded(tmp_path)
        assert 50 <= kept < count
        before = {ask.key for ask in asks(count)} - {line["key"] for line in lines(tmp_path)}
        assert collect(tmp_path, url, count, at_once=at_once) == {}
    assert Counter(line["key"] for line in lines(tmp_path)) == dict.fromkeys((ask.key for ask in asks(count)), 1)
    assert len(before) == count - kept
    # Only what was under way when it was killed, at most one call a place, is asked for again.
    calls = asked(tmp_path / "log")
    assert len(calls) == count
    assert calls.total() - count <= at_once
    assert Records(tmp_path).damaged() == []


def test_two_writers_on_one_folder_share_the_work(tmp_path: Path, judge_server: Server) -> None:
    count = 200
    with (
        judge_server("--latency", "0.05", "--log", str(tmp_path / "log")) as url,
        start(tmp_path, url, count, 8) as one,
        start(tmp_path, url, count, 8) as two,
    ):
        while len(list(tmp_path.glob("ready-*"))) < 2:
            time.sleep(0.01)
        (tmp_path / "go").touch()
        assert (one.wait(), two.wait()) == (0, 0)
    assert Counter(line["key"] for line in lines(tmp_path)) == dict.fromkeys((ask.key for ask in asks(count)), 1)
    assert set(asked(tmp_path / "log").values()) == {1}
    shares = [file.read_bytes().count(b"\n") for file in tmp_path.glob("judgments/*.jsonl")]
    assert len(shares) == 2 and min(shares) >= 10


class Speaker:
    """Says what it is told to, call by call; the last of it again and again."""

    def __init__(self, *told: str | Exception, tokens: int = 10) -> None:
        self.told = list(told)
        self.tokens = tokens
        self.calls = 0

    async def ask(self, prompt: Sequence[Message], decoding: Decoding) -> Generated:
        self.calls += 1
        await asyncio.sleep(0)
        say = self.told.pop(0) if len(self.told) > 1 else self.told[0]
        if isinstance(say, Exception):
            raise say
        return Generated(text=say, finish="stop", prompt_tokens=self.tokens, tokens=self.tokens, seconds=0.0)


PRICED = Endpoint(
    url="https://llm.example/v1",
    model="m",
    may_receive=Label.PUBLIC,
    price_in=parse_money("$1"),
    price_out=parse_money("$10"),
)


def collected(
    folder: Path, speaker: Speaker, count: int, *, purse: Callable[[], Purse] = lambda: Purse(None, None), **more: Any
) -> dict[str, str]:
    async def run() -> dict[str, str]:
        with Claims(folder / ".claims") as claims:
            journal = Journal(Records(folder))
            collector = Collector("judgments", journal, claims, purse(), speaker.ask, at_once=4, **more)
            return await collector.collect(asks(count))

    return asyncio.run(run())


def test_what_is_known_is_not_asked_for_again_and_counts_as_done(tmp_path: Path) -> None:
    assert collected(tmp_path, Speaker(GOOD), 6) == {}
    again, done = Speaker(GOOD), list[int]()
    assert collected(tmp_path, again, 8, advance=done.append) == {}
    assert again.calls == 2
    assert done == [6, 1, 1]


def test_an_empty_reply_is_asked_for_again_and_at_last_taken_as_it_is(tmp_path: Path) -> None:
    speaker = Speaker("", GOOD)
    collected(tmp_path, speaker, 1, silence_tries=3)
    assert speaker.calls == 2
    mute = Speaker("")
    collected(tmp_path / "mute", mute, 1, silence_tries=3)
    assert mute.calls == 3
    assert [row["generated"]["text"] for row in Records(tmp_path / "mute").all("judgments")] == [""]


def test_what_failed_is_taken_up_again_after_the_rest(tmp_path: Path) -> None:
    speaker = Speaker(Unanswered("later"), GOOD)
    assert collected(tmp_path, speaker, 5) == {}
    assert len(lines(tmp_path)) == 5


def test_a_prompt_that_the_server_refuses_fails_alone(tmp_path: Path) -> None:
    class TooLong(Speaker):
        async def ask(self, prompt: Sequence[Message], decoding: Decoding) -> Generated:
            if "回答3を" in prompt[0].content:
                raise Rejected(400, "too long", where="x")
            return await super().ask(prompt, decoding)

    assert list(collected(tmp_path, TooLong(GOOD), 10)) == ["key-3"]
    assert len(lines(tmp_path)) == 9


@pytest.mark.parametrize("error", [Unanswered("nobody there"), Rejected(400, "no such model", where="x")])
def test_a_server_that_answers_nothing_is_given_up_early(tmp_path: Path, error: Mistake) -> None:
    speaker = Speaker(error)
    with pytest.raises(Mistake, match=error.what):
        collected(tmp_path, speaker, 1000)
    assert speaker.calls < 30


def test_a_wrong_key_ends_the_work_at_once_and_what_is_under_way_is_kept(tmp_path: Path) -> None:
    speaker = Speaker(GOOD, GOOD, Rejected(401, "no such key", where="x"), GOOD)
    with pytest.raises(Rejected, match="401"):
        collected(tmp_path, speaker, 1000)
    assert 2 <= len(lines(tmp_path)) <= 10


def test_a_budget_is_never_exceeded_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    """A call costs $0.00011 here and could cost at most about $0.0008."""

    def purse(budget: str) -> Callable[[], Purse]:
        spent = [parse_money(f"${line['row']['money']['amount']}") for line in lines(tmp_path)]
        return lambda: Purse(PRICED, parse_money(budget), spent)

    with pytest.raises(BudgetReached, match=r"\$0\.01 is reached") as caught:
        collected(tmp_path, Speaker(GOOD), 200, purse=purse("$0.01"))
    assert "larger budget" in caught.value.hint
    kept = lines(tmp_path)
    spent = sum(Decimal(line["row"]["money"]["amount"]) for line in kept)
    assert 0.009 < spent <= Decimal("0.01")
    # The next start counts what the first one spent.
    with pytest.raises(BudgetReached):
        collected(tmp_path, Speaker(GOOD), 200, purse=purse("$0.01"))
    assert len(lines(tmp_path)) == len(kept)
    more = Speaker(GOOD)
    assert collected(tmp_path, more, 200, purse=purse("$1")) == {}
    assert more.calls == 200 - len(kept)


def test_a_server_that_counts_no_tokens_is_taken_to_cost_the_most(tmp_path: Path) -> None:
    collected(tmp_path, Speaker(GOOD, tokens=0), 1, purse=lambda: Purse(PRICED, None))
    (line,) = lines(tmp_path)
    assert Decimal(line["row"]["money"]["amount"]) > Decimal("0.0001")


@pytest.mark.parametrize(
    ("endpoint", "budget", "wrong"),
    [
        (PRICED.model_copy(update={"price_in": None, "price_out": None}), "$1", "names no price"),
        (PRICED, "¥100", "JPY .* USD"),
    ],
)
def test_a_budget_that_nobody_can_keep_is_a_mistake(endpoint: Endpoint, budget: str, wrong: str) -> None:
    with pytest.raises(Mistake, match=wrong):
        Purse(endpoint, parse_money(budget))


def test_one_price_without_the_other_is_refused() -> None:
    with pytest.raises(ValueError, match="each other"):
        Endpoint(url="https://llm.example/v1", model="m", may_receive=Label.PUBLIC, price_in=parse_money("$1"))
