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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

import pytest

import kitae.sample
from kitae.core.generation import Decoding, Generated, Identity
from kitae.core.label import Label
from kitae.evaluate.judging.asked import Answer
from kitae.evaluate.judging.protocol import own_protocol
from kitae.evaluate.judging.request import judged, requests_for
from kitae.evaluate.own.items import Prompt
from kitae.evaluate.own.shelf import own_suite
from kitae.report.examined import boards
from kitae.report.page import view, write
from kitae.suites import Asked

Text = Callable[[str, str, int], str]
"""Of a model, a question and a turn."""
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
        found = self("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
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


MODELS = ("model/long-name-of-a-model@1a2b3c4d", "b", "c", "d", "e")


def rated(models: Sequence[str], prompts: Sequence[Prompt], text: Text, words: Text) -> str:
    """What `kitae view` writes of these models' answers to a suite under one judge."""
    protocol, said, rows = own_protocol("kitae-ja-single"), dict[str, Answer](), []
    suite = Asked("s", prompts, Label.PUBLIC)
    for model in models:
        identity = Identity(model=model, engine="f" if model == "e" else "e", number_format="n")
        answers = [
            Answer(model=model, identity=identity, decoding=Decoding(), question=each.id, version=each.version,
                   turns=tuple(text(model, each.id, turn) for turn in range(len(each.turns))))
            for each in prompts
        ]  # fmt: skip
        said |= {each.key: each for each in answers}
        for request in requests_for(suite, answers, protocol, judge="j"):
            told = words(model, request.about.question, request.about.turn - 1)
            reply = Generated(text=told, finish="stop", prompt_tokens=1, tokens=1, seconds=1)
            rows.append(judged(request, reply, protocol))
    return view("例", "ja", boards([suite], said, rows))


@pytest.fixture(scope="module")
def view_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five models, three questions. The judge says 8 of the first, nothing of `b`, 3 of `c`; `d` loses on one."""
    prompts = (
        Prompt(id="w1", question="w1", category="writing", turns=("案内文を書いて" * 9,)),
        Prompt(id="s1", question="s1", category="stem", turns=("浮力とは",)),
        Prompt(id="h1", question="h1", category="humanities", turns=("俳句とは", "例を一つ")),
    )
    scores = {MODELS[0]: "[[8]]", "b": "分かりません", "c": "[[3]]", "e": "[[2]]"}
    page = rated(
        MODELS,
        prompts,
        lambda model, question, turn: f"{model}の{question}への答え{turn}。" * 30,
        lambda model, question, turn: scores.get(model, "[[9]]" if question == "s1" else "[[4]]"),
    )
    file = tmp_path_factory.mktemp("view") / "view.html"
    file.write_text(page, encoding="utf-8")
    return file


def opened(browser: Browser, file: Path, width: int = 1280, **more: Any) -> None:
    """With its first board shown."""
    browser.open(file, width=width, **more)
    until = time.monotonic() + browser.seconds
    while not browser.evaluate("document.querySelectorAll('.question').length"):
        assert time.monotonic() < until, "the board never came"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_view_fits_every_window_and_loads_nothing(
    browser: Browser, view_file: Path, width: int, language: str
) -> None:
    opened(browser, view_file, width)
    browser.evaluate(f"document.querySelector('#words-{language}').click()")
    browser.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert browser.evaluate("new Promise((done) => setTimeout(done, 50))") is None
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(f"({WIDER})({width})") == []
    assert browser.requests() == [view_file.as_uri()]
    assert browser.complaints() == []


def choose(browser: Browser, **chosen: str) -> list[str]:
    """Ids of the questions that are shown then."""
    for name, value in chosen.items():
        browser.evaluate(f"document.querySelector('.filters').elements['{name}'].value = '{value}'")
    browser.evaluate("document.querySelector('.filters').dispatchEvent(new Event('change', {bubbles: true}))")
    shown: list[str] = browser.evaluate(
        "[...document.querySelectorAll('.question .about')].map((each) => each.querySelector('span').textContent)"
    )
    assert browser.evaluate("+document.querySelector('.filters output').textContent") == len(shown)
    return shown


def test_the_view_shows_the_questions_that_are_asked_for(browser: Browser, view_file: Path) -> None:
    opened(browser, view_file)
    first, d, c, b = "0", "1", "2", "4"  # the best first; `e` is the fourth, `b` has no score
    assert choose(browser, own=d, other=first, which="worse") == ["w1", "h1"]  # 4 and not 8
    assert choose(browser, own=d, other=first, which="better") == ["s1"]
    assert choose(browser, own=first, other=d, which="worse") == ["s1"]
    assert choose(browser, own=b, other=first, which="worse") == []  # a failure is no regression …
    assert choose(browser, own=b, which="failed") == ["w1", "s1", "h1"]  # … and shown for itself
    assert choose(browser, own=c, which="low") == ["w1", "s1", "h1"]
    assert choose(browser, own=d, which="low", category="writing") == ["w1"]
    assert choose(browser, which="", category="stem") == ["s1"]


def test_answers_stand_beside_each_other_with_the_words_of_the_judge(browser: Browser, view_file: Path) -> None:
    opened(browser, view_file)
    browser.evaluate("[...document.querySelectorAll('.question')].at(-1).open = true")
    browser.evaluate("new Promise((done) => setTimeout(done, 50))")
    names = "[...document.querySelectorAll('.turn .who .name')].map((each) => each.textContent)"
    assert browser.evaluate(names) == [MODELS[0], "d", "c"] * 2
    answer = browser.evaluate("document.querySelector('.turn .answer .text').textContent")
    assert answer == f"{MODELS[0]}のh1への答え0。" * 30
    assert browser.evaluate("document.querySelector('.turn .words-of .text').textContent") == "[[8]]"


DRAWN = "[...document.querySelectorAll('.radar .row')].map((each) => getComputedStyle(each).display !== 'none')"


def test_four_models_are_shown_at_once_and_no_fifth(browser: Browser, view_file: Path) -> None:
    opened(browser, view_file)
    boxes = "[...document.querySelectorAll('input[name=line]')]"
    assert browser.evaluate(DRAWN) == [True, True, True, False, False]
    browser.evaluate(f"{boxes}[3].click()")
    assert browser.evaluate(DRAWN) == [True, True, True, True, False]
    assert browser.evaluate(f"{boxes}.map((each) => each.disabled)") == [False] * 4 + [True]
    browser.evaluate(f"{boxes}[0].click()")
    assert browser.evaluate(DRAWN) == [False, True, True, True, False]
    assert browser.evaluate(f"{boxes}.map((each) => each.disabled)") == [False] * 5


def test_a_difference_says_where_the_engines_are_not_the_same(browser: Browser, view_file: Path) -> None:
    opened(browser, view_file)
    unlike = "document.querySelector('.unlike').hidden"
    choose(browser, own="1", other="0")
    assert browser.evaluate("document.querySelector('.difference').innerText").startswith(f"d − {MODELS[0]}: −2.75")
    assert browser.evaluate(unlike) is True
    choose(browser, own="1", other="3")
    assert browser.evaluate(unlike) is False


def test_the_view_can_be_worked_with_the_keyboard(browser: Browser, view_file: Path) -> None:
    opened(browser, view_file)
    reached = []
    for _ in range(14):
        browser("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.append(browser.evaluate("document.activeElement.name || document.activeElement.tagName"))
    assert [each for each in reached if each == "line"] == ["line"] * 5
    assert {"own", "other", "which", "category", "SUMMARY"} <= set(reached)


def test_on_paper_the_radar_has_its_table(browser: Browser, view_file: Path) -> None:
    opened(browser, view_file)
    table = "document.querySelector('.by-category details').open"
    assert browser.evaluate(table) is False
    browser("Page.printToPDF")
    assert browser.evaluate(table) is True
    browser("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate("document.querySelector('.filters').checkVisibility()") is False
    browser("Emulation.setEmulatedMedia", media="")


def test_without_a_script_the_view_still_ranks_its_models(browser: Browser, view_file: Path) -> None:
    browser.open(view_file, width=1280, script=False)
    seen = "[...document.querySelectorAll('{}')].filter((each) => each.checkVisibility()).length"
    assert browser.evaluate(seen.format(".board tbody tr")) == 5
    assert browser.evaluate(DRAWN) == [True, True, True, False, False]
    assert browser.evaluate(seen.format(".filters, .choose input, .script")) == 0
    assert browser.evaluate(seen.format("noscript .note")) == 1


WHAT_IS_DONE = {
    "loading": "1",
    "regressions": "form.which.value = 'worse'; changed()",
    "another model": "form.own.value = 12; changed()",
    "a question": "document.querySelector('.question').open = true",
}
DO = """new Promise((done) => {{
  const form = document.querySelector('.filters').elements;
  const changed = () => form.own.form.dispatchEvent(new Event('change'));
  {};
  requestAnimationFrame(() => setTimeout(done));
}})"""


def busy(browser: Browser) -> float:
    """Milliseconds of computing that the page's thread has taken, whatever else the machine does."""
    metrics = {each["name"]: each["value"] for each in browser("Performance.getMetrics")["metrics"]}
    return 1000 * float(metrics["TaskDuration"])


@pytest.mark.slow
def test_twenty_models_of_160_answers_stay_fast(browser: Browser, tmp_path: Path) -> None:
    """Answers and judgments as long as real ones: 850 and 300 characters on average."""
    forge, random = own_suite("forge-ja"), Random(7)
    documents = sorted(Path(kitae.sample.__file__).parent.rglob("*.md"))
    source = "".join(each.read_text(encoding="utf-8") for each in documents)

    def piece(shortest: int, longest: int) -> str:
        start = random.randrange(len(source) - longest)
        return source[start : start + random.randint(shortest, longest)]

    page = rated(
        [f"model-{number}" for number in range(20)],
        forge.prompts,
        lambda model, question, turn: piece(300, 1400),
        lambda model, question, turn: f"{piece(200, 400)}\n評価: [[{random.randint(1, 10)}]]",
    )
    file = tmp_path / "view.html"
    file.write_text(page, encoding="utf-8")
    browser("Performance.enable", timeDomain="threadTicks")
    before, took = busy(browser), dict[str, float]()
    opened(browser, file)
    for what, act in WHAT_IS_DONE.items():
        browser.evaluate(DO.format(act))
        took[what], before = busy(browser) - before, busy(browser)
    painted = browser.evaluate("performance.getEntriesByType('paint').at(-1).startTime")
    size, nodes = len(page.encode()) / 1e6, browser.evaluate("document.querySelectorAll('*').length")
    told = ", ".join(f"{what} {round(each)} ms" for what, each in took.items())
    print(f"{size:.1f} MB, {nodes} elements, painted after {painted:.0f} ms on the clock; computing: {told}")
    # What takes time is how much is drawn at once; the times themselves are for whoever runs this with `-s`.
    assert size < 15 and nodes < 6000
