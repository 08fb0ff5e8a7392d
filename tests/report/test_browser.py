"""The page as a browser shows it: headless Chromium over its debugging pipe, without driver, port or package."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from kitae.core.generation import Decoding, Generated, Identity
from kitae.core.label import Label
from kitae.evaluate.judging.asked import Answer
from kitae.evaluate.judging.protocol import own_protocol
from kitae.evaluate.judging.request import judged, requests_for
from kitae.evaluate.own.items import Prompt
from kitae.naming import Asked
from kitae.report.examined import boards
from kitae.report.page import view, write

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine: apt-get install chromium fonts-noto-cjk"),
]
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Browser:
    """One page of a browser. Use with `with`: the process and its profile are gone afterwards."""

    def __init__(self, *, seconds: float = 60.0) -> None:
        self.seconds = seconds
        self._next = 0
        self._left = b""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._profile = tempfile.mkdtemp(prefix="kitae-browser-")
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Chromium reads commands from descriptor 3 and writes answers to 4.
        redirect = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        command = ["bash", "-c", redirect, "-", CHROMIUM, *_OPTIONS, f"--user-data-dir={self._profile}", "about:blank"]
        self._process = subprocess.Popen(
            command, pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._session = ""
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self(f"{domain}.enable")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self._profile, ignore_errors=True)

    def __call__(self, method: str, **params: Any) -> dict[str, Any]:
        """Sends a command and waits for its answer; events that come in between are kept."""
        self._next += 1
        message: dict[str, Any] = {"id": self._next, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + self.seconds
        while True:
            answer = self._receive(until)
            if answer.get("id") == self._next:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def open(self, file: Path, *, width: int, dark: bool = False, script: bool = True) -> None:
        """Shows a file in a window of this width, and waits until it is laid out."""
        self.resize(width)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self("Emulation.setEmulatedMedia", features=[scheme])
        self("Emulation.setScriptExecutionDisabled", value=not script)
        self.events.clear()
        self("Page.navigate", url=file.as_uri())
        until = time.monotonic() + self.seconds
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._receive(until))

    def resize(self, width: int, height: int = 900) -> None:
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; its own policy does not reach here."""
        found = self("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(json.dumps(found["exceptionDetails"]))
        return found["result"].get("value")

    def requests(self) -> list[str]:
        """Addresses that the page asked for."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """Errors of scripts and what the page's policy refused."""
        told = [event["params"]["entry"]["text"] for event in self.events if event.get("method") == "Log.entryAdded"]
        thrown = [event for event in self.events if event.get("method") == "Runtime.exceptionThrown"]
        return told + [json.dumps(each["params"]) for each in thrown]

    def picture(self, file: Path, *, clip: dict[str, float] | None = None) -> None:
        """The whole page as PNG."""
        more = {"clip": clip | {"scale": 1}} if clip else {}
        data = self("Page.captureScreenshot", captureBeyondViewport=True, **more)["data"]
        file.write_bytes(base64.b64decode(data))

    def _receive(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            found = os.read(self._in, 1 << 20) if ready else b""
            if not found:
                raise TimeoutError("the browser does not answer")
            self._left += found
        line, _, self._left = self._left.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as started:
        yield started


@pytest.fixture(scope="module")
def file(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("page") / "report.html", finished.story())


WIDER = """(width) =>
[...document.querySelectorAll("main *, header *, footer *")]
  .filter((each) => !each.closest(".scroll") && each.getBoundingClientRect().right > width + 1)
  .map((each) => each.outerHTML.slice(0, 80))
"""


@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_nothing_is_wider_than_the_window(browser: Browser, file: Path, width: int, language: str) -> None:
    browser.open(file, width=width)
    browser.evaluate(f"document.querySelector('#words-{language}').click()")
    browser.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(f"({WIDER})({width})") == []


def test_something_wider_would_be_found(browser: Browser, file: Path) -> None:
    browser.open(file, width=390)
    browser.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p><b>' + 'x'.repeat(99))")
    browser.evaluate("document.querySelector('main > p b').style.whiteSpace = 'nowrap'")
    assert browser.evaluate(f"({WIDER})(390)") != []


def test_it_asks_for_nothing_and_breaks_no_rule_of_its_policy(browser: Browser, file: Path) -> None:
    browser.open(file, width=1280)
    assert browser.requests() == [file.as_uri()]
    assert browser.complaints() == []
    assert browser.evaluate("document.querySelector('.filters').hidden") is False  # its own script was allowed to run


def test_a_script_that_is_not_ours_does_not_run(browser: Browser, file: Path, tmp_path: Path) -> None:
    planted = tmp_path / "planted.html"
    html = file.read_text(encoding="utf-8").replace("</main>", "<script>document.title = 'taken'</script></main>")
    planted.write_text(html, encoding="utf-8")
    browser.open(planted, width=1280)
    assert browser.evaluate("document.title") != "taken"
    assert any("Content Security Policy" in each for each in browser.complaints())


def test_filters_show_what_fits(browser: Browser, file: Path) -> None:
    browser.open(file, width=1280)

    def shown(**chosen: str) -> list[str]:
        for name, value in chosen.items():
            browser.evaluate(f"document.querySelector('.filters').elements['{name}'].value = '{value}'")
        browser.evaluate("document.querySelector('.filters').dispatchEvent(new Event('change', {bubbles: true}))")
        visible = "[...document.querySelectorAll('.question')].filter((each) => each.checkVisibility())"
        ids: list[str] = browser.evaluate(f"{visible}.map((each) => each.querySelector('.about span').textContent)")
        assert browser.evaluate("+document.querySelector('.filters output').textContent") == len(ids)
        return ids

    assert shown() == ["u1", "u2", "u3", "u4", "k1", "k2"]
    assert shown(suite="company.known") == ["k1", "k2"]
    assert shown(answerable="no") == ["k2"]
    assert shown(suite="", verdict="better") == ["u3", "u4", "k2"]
    assert shown(answerable="", verdict="changed") == ["u1", "u3", "u4", "k2"]
    assert shown(verdict="wrong") == []
    assert shown(row="1") == ["u1", "u3", "u4", "k2"]  # what base.retrieval has wrong


def test_without_a_script_every_answer_is_there(browser: Browser, file: Path) -> None:
    browser.open(file, width=1280, script=False)
    visible = "[...document.querySelectorAll('.question > .answer')].filter((each) => each.checkVisibility()).length"
    assert browser.evaluate(visible) == 18
    assert browser.evaluate("document.querySelector('.filters').checkVisibility()") is False


def test_one_language_is_seen_at_a_time(browser: Browser, file: Path) -> None:
    browser.open(file, width=1280)
    count = "[...document.querySelectorAll('.{}')].filter((each) => each.checkVisibility()).length"
    assert browser.evaluate(count.format("en")) == 0
    assert browser.evaluate(count.format("ja")) > 100
    browser.evaluate("document.querySelector('#words-en').click()")
    assert browser.evaluate(count.format("ja")) == 0
    assert browser.evaluate("document.documentElement.lang") == "en"


def test_the_dark_theme_is_dark(browser: Browser, file: Path) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    browser.open(file, width=1280, dark=True)
    assert browser.evaluate(ground) == "rgb(20, 23, 27)"
    browser.open(file, width=1280)
    assert browser.evaluate(ground) == "rgb(251, 250, 247)"


@pytest.fixture(scope="module")
def view_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `kitae view` writes, with ratings of 8, none and 3 for three models."""
    prompts = (
        Prompt(id="w1", question="w1", category="writing", turns=("案内文を書いて" * 9,)),
        Prompt(id="m1", question="m1", category="stem", turns=("浮力とは",)),
    )
    identity, rows = Identity(model="m", engine="e", number_format="n"), []
    said: dict[str, Answer] = {}
    for model, words in (("model/long-name-of-a-model@1a2b3c4d", "[[8]]"), ("b", "分かりません"), ("c", "[[3]]")):
        answers = [
            Answer(model=model, identity=identity.model_copy(update={"model": model}), decoding=Decoding(),
                   question=each.id, version=each.version, turns=("答え" * 200,))
            for each in prompts
        ]  # fmt: skip
        protocol = own_protocol("kitae-ja-single")
        said |= {each.key: each for each in answers}
        for request in requests_for(Asked("s", prompts, Label.PUBLIC), answers, protocol, judge="j"):
            reply = Generated(text=words, finish="stop", prompt_tokens=1, tokens=1, seconds=1)
            rows.append(judged(request, reply, protocol))
    page = view("例", "ja", boards(rows, said, {("s", each.id): each.turns for each in prompts}))
    file = tmp_path_factory.mktemp("view") / "view.html"
    file.write_text(page, encoding="utf-8")
    return file


@pytest.mark.parametrize("width", [390, 1280])
def test_the_view_fits_every_window_and_loads_nothing(browser: Browser, view_file: Path, width: int) -> None:
    browser.open(view_file, width=width)
    browser.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(f"({WIDER})({width})") == []
    assert browser.requests() == [view_file.as_uri()]
    assert browser.complaints() == []


def test_the_view_shows_the_questions_that_are_asked_for(browser: Browser, view_file: Path) -> None:
    browser.open(view_file, width=1280)

    def shown(name: str, value: str) -> int:
        browser.evaluate(f"document.querySelector('.filters').elements['{name}'].value = '{value}'")
        browser.evaluate("document.querySelector('.filters').dispatchEvent(new Event('change', {bubbles: true}))")
        return int(browser.evaluate("+document.querySelector('.filters output').textContent"))

    assert shown("which", "failed") == 2
    assert shown("which", "apart") == 2
    assert shown("which", "low") == 2
    assert shown("category", "stem") == 1
    assert shown("which", "") == 1
