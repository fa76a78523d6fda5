"""The built page in a real Chromium, against the real server."""

from __future__ import annotations

import base64
import math
import struct
import threading
import time
import wave
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from engine.outputs.base import OutputState, OutputStatus
from engine.server.protocol import SourceState, Status
from engine.song_clock import SongClock, SongState
from t2s_rt.errors import ConfigError

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(120)]

pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")

from tests.viewer.theatre import Visit, visit  # noqa: E402 - needs playwright

READY = "window.t2s && t2s.ready && t2s.state === 'connected' && t2s.stats.received_frames > 3"


def assert_quiet(here: Visit, port: int) -> None:
    """No error on the console, no request to another host."""
    assert here.errors == []
    hosts = {urlsplit(url).netloc for url in here.requests if not url.startswith(("data:", "blob:"))}
    assert hosts == {f"127.0.0.1:{port}"}


def test_the_mouths_vertices_follow_the_frames(browser, open_theatre):
    theatre = open_theatre()
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        here.waits_for("t2s.mouthOpening() < 3")
        theatre.scene.weights = {"jawOpen": 0.7, "mouthLowerDownLeft": 0.3, "mouthLowerDownRight": 0.3}
        here.waits_for("t2s.mouthOpening() > 12")
        theatre.scene.weights = {"jawOpen": 0.6, "mouthClose": 0.6}
        here.waits_for("t2s.mouthOpening() < 4")
        theatre.scene.weights = {}
        here.waits_for("t2s.mouthOpening() < 3")
        assert_quiet(here, theatre.port)


def script(move: str) -> dict[str, object]:
    """Two lines of a song; one cue from second 2 to second 6."""

    def line(start_s: float, *words: str) -> dict[str, object]:
        times = [start_s + 0.5 * i for i in range(len(words) + 1)]
        syllables = [
            {"text": word, "start_s": a, "end_s": b, "ends_word": True}
            for word, a, b in zip(words, times, times[1:], strict=False)
        ]
        return {"start_s": start_s, "end_s": times[-1], "syllables": syllables}

    cue = {"start_s": 2, "end_s": 6, "region": "brows", "move": move, "intensity": 0.7, "text": ""}
    return {
        "title": "A song",
        "lines": [line(2, "the", "light"), line(5, "comes", "back")],
        "cues": [cue],
    }


def test_the_words_fill_as_they_are_sung_and_an_edit_of_the_subtitles_is_shown(browser, open_theatre):
    theatre = open_theatre()
    theatre.show_script(script("raise"))
    theatre.scene.song_s = 2.25
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        here.waits_for("document.querySelector('#line').textContent === 'the light '")
        filled = (
            "[...document.querySelectorAll('#line span')].map((s) => s.style.getPropertyValue('--sung'))"
        )
        here.waits_for(f"{filled}.join() === '50.0%,0.0%'")
        assert here.page.inner_text("#next-line").strip() == "comes back"
        drawn = "document.querySelector('#lanes').toDataURL()"
        before = here.page.evaluate(drawn)
        theatre.show_script(script("furrow"))
        here.page.wait_for_function(f"(before) => {drawn} !== before", arg=before, timeout=10_000)
        theatre.scene.song_s = 5.9
        here.waits_for("document.querySelector('#line').textContent === 'comes back '")
        theatre.scene.song_s = -1.0
        here.waits_for("document.querySelector('#line').textContent === ''")
        assert_quiet(here, theatre.port)


def test_without_a_known_song_nothing_lies_over_the_picture(browser, open_theatre):
    theatre = open_theatre()
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        assert not here.page.is_visible("#prompter")


def test_the_panel_tells_what_is_heard_and_by_whom(browser, open_theatre):
    theatre = open_theatre(Status("a test", SourceState.RUNNING, "a puppet", ("Mind the gap.",)))
    theatre.scene.f0_hz = 440.0
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        here.waits_for("document.querySelector('#note').textContent === 'A4 +0 ¢'")
        here.waits_for("document.querySelector('#level').textContent === '-20 dBFS'")
        here.waits_for("document.querySelector('#latency').textContent.includes('behind voice')")
        text = here.page.inner_text("aside")
        for expected in ("Connected.", "t2s-rt test", "a test · running", "a puppet", "Mind the gap."):
            assert expected in text
        assert here.page.locator(".meter").count() == 22
        assert here.page.locator(".meter.signed").count() == 8
        assert not here.page.is_visible("#listen")
        assert not here.page.is_visible("#sing")
        assert_quiet(here, theatre.port)


def test_the_page_comes_back_after_the_engine_restarts(browser, open_theatre):
    theatre = open_theatre()
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        theatre.shut()
        here.waits_for("t2s.state !== 'connected'")
        here.waits_for("document.querySelector('#notice').textContent.includes('Trying again')")
        theatre.scene.weights = {"jawOpen": 0.7}
        theatre.open()
        here.waits_for(READY)
        here.waits_for("t2s.mouthOpening() > 12")
        assert not here.page.is_visible("#notice")


def test_the_overlay_is_the_head_on_nothing(browser, open_theatre):
    theatre = open_theatre()
    with visit(browser, theatre.url("overlay=1")) as here:
        here.waits_for(READY)
        here.waits_for("t2s.stats.picture_fps > 0")
        here.page.wait_for_timeout(500)
        assert not here.page.is_visible("aside")
        image = base64.b64encode(here.page.screenshot(omit_background=True)).decode()
        alpha = here.page.evaluate(
            """async (png) => {
              const picture = new Image();
              picture.src = `data:image/png;base64,${png}`;
              await picture.decode();
              const [width, height] = [picture.width, picture.height];
              const context = new OffscreenCanvas(width, height).getContext("2d");
              context.drawImage(picture, 0, 0);
              const at = (x, y) => context.getImageData(x, y, 1, 1).data[3];
              return {
                corners: [at(0, 0), at(width - 1, 0), at(2, height / 2), at(width - 3, height / 2)],
                middle: at(width / 2, height / 2),
              };
            }""",
            image,
        )
        assert alpha == {"corners": [0, 0, 0, 0], "middle": 255}
        assert_quiet(here, theatre.port)


def test_without_the_panel_the_head_has_the_whole_page(browser, open_theatre):
    theatre = open_theatre()
    with visit(browser, theatre.url("panel=0")) as here:
        here.waits_for(READY)
        assert not here.page.is_visible("aside")
        assert here.page.locator("#stage").bounding_box() == {
            "x": 0,
            "y": 0,
            "width": 640,
            "height": 360,
        }


def test_a_missing_token_is_told_and_a_right_one_works(browser, open_theatre):
    theatre = open_theatre(token="sesame")
    with visit(browser, theatre.url()) as here:
        here.waits_for("document.querySelector('#notice').textContent.includes('token')")
    with visit(browser, theatre.url("token=sesame")) as here:
        here.waits_for(READY)
        assert_quiet(here, theatre.port)


def write_song(path: Path, seconds: float) -> Path:
    """A quiet tone."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        tone = (round(3000 * math.sin(k / 4)) for k in range(round(8000 * seconds)))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in tone))
    return path


def test_the_page_plays_a_song_and_tells_the_engine_where_it_is(browser, open_theatre, tmp_path):
    clock = SongClock(lambda _pts_samples: -1.0)
    theatre = open_theatre(transport_sink=clock)

    def song_s() -> float:
        return clock.song_s(0, time.perf_counter_ns())

    def audio_s() -> float:
        return float(here.page.input_value("#seek"))

    def waits_for_state(state: SongState) -> None:
        here.waits_for(f"t2s.songState === '{state}'")
        assert clock.state(time.perf_counter_ns()) is state

    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        assert here.page.is_visible("#player")
        assert here.page.is_disabled("#play")
        here.page.set_input_files("#song-file", write_song(tmp_path / "song.wav", 30.0))
        here.waits_for("!document.querySelector('#play').disabled")
        assert here.page.text_content("#song-name") == "song.wav"
        here.page.click("#play")
        waits_for_state(SongState.PLAYING)
        here.waits_for("Number(document.querySelector('#seek').value) > 1")
        assert song_s() == pytest.approx(audio_s(), abs=0.5)  # the slider moves four times a second
        here.page.click("#play")
        waits_for_state(SongState.PAUSED)
        assert song_s() == pytest.approx(audio_s(), abs=0.02)
        here.page.fill("#seek", "20")
        here.page.wait_for_timeout(500)
        assert song_s() == pytest.approx(20.0, abs=0.02)
        here.page.click("#play")
        waits_for_state(SongState.PLAYING)
        here.page.fill("#seek", "29.5")
        waits_for_state(SongState.STOPPED)
        assert song_s() < 0
        assert_quiet(here, theatre.port)


def test_the_page_plays_the_song_that_the_engine_serves(browser, open_theatre, tmp_path):
    clock = SongClock(lambda _pts_samples: -1.0)
    song = write_song(tmp_path / "song.wav", 20.0)
    theatre = open_theatre(transport_sink=clock, song=song)
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        assert here.page.text_content("#song-name") == "song.wav"
        assert not here.page.is_visible("#listen")
        here.page.click("#play")
        here.waits_for("t2s.songState === 'playing'")
        here.waits_for("Number(document.querySelector('#seek').value) > 0.5")
        assert clock.song_s(0, time.perf_counter_ns()) > 0.4
        assert_quiet(here, theatre.port)


def test_a_recording_that_is_none_is_told(browser, open_theatre, tmp_path):
    theatre = open_theatre(transport_sink=SongClock(lambda _pts_samples: -1.0))
    (tmp_path / "song.mp3").write_bytes(b"no music")
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        here.page.set_input_files("#song-file", tmp_path / "song.mp3")
        here.waits_for("document.querySelector('#problem').textContent.includes('cannot be played')")
        assert here.page.is_disabled("#play")


def test_a_page_that_is_closed_takes_its_song_with_it(browser, open_theatre, tmp_path):
    clock = SongClock(lambda _pts_samples: -1.0)
    theatre = open_theatre(transport_sink=clock)
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        here.page.set_input_files("#song-file", write_song(tmp_path / "song.wav", 30.0))
        here.waits_for("!document.querySelector('#play').disabled")
        here.page.click("#play")
        here.waits_for("t2s.songState === 'playing'")
        here.page.goto("about:blank")
        deadline_s = time.perf_counter() + 10
        while clock.state(time.perf_counter_ns()) is not SongState.STOPPED:
            assert time.perf_counter() < deadline_s
            time.sleep(0.05)


def test_without_the_engines_leave_there_is_no_player(browser, open_theatre):
    theatre = open_theatre()
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        assert not here.page.is_visible("#player")


def test_the_song_plays_in_step_and_pauses_with_the_face(browser, open_theatre, tmp_path):
    theatre = open_theatre(song=write_song(tmp_path / "song.wav", 60))
    theatre.scene.song_s = 20.0
    theatre.scene.song_runs = True
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        here.page.click("#listen")
        here.waits_for("t2s.stats.drift_ms !== null && Math.abs(t2s.stats.drift_ms) < 200")
        here.waits_for("document.querySelector('#listen').textContent === 'Stop listening'")
        theatre.scene.song_s = 2.0  # a loop
        here.waits_for("t2s.stats.drift_ms !== null && Math.abs(t2s.stats.drift_ms) < 200")
        theatre.scene.song_runs = False
        here.waits_for("t2s.stats.drift_ms === null")
        theatre.scene.song_runs = True
        here.waits_for("t2s.stats.drift_ms !== null")
        here.page.click("#listen")
        here.waits_for("t2s.stats.drift_ms === null")
        assert_quiet(here, theatre.port)


class Recorder:
    """Takes what a client sings."""

    def __init__(self) -> None:
        self.format: tuple[int, int, str] | None = None
        self.data = bytearray()
        self.enough = threading.Event()
        self.ended = threading.Event()

    def start(self, rate_hz: int, channels: int, sample_format: str) -> None:
        self.format = (rate_hz, channels, sample_format)

    def write(self, data: bytes) -> None:
        self.data += data
        if len(self.data) > 2 * 48_000:
            self.enough.set()

    def stop(self) -> None:
        self.ended.set()


def test_a_singer_in_the_browser_is_heard(browser, open_theatre):
    recorder = Recorder()
    status = Status("a client's microphone", SourceState.WAITING, "a puppet")
    theatre = open_theatre(status, audio_sink=recorder)
    with visit(browser, theatre.url(), permissions=("microphone",)) as here:
        here.waits_for(READY)
        here.page.click("#sing")
        assert recorder.enough.wait(30)
        assert recorder.format is not None
        assert recorder.format[1:] == (1, "s16")
        assert recorder.format[0] in (44_100, 48_000)
        samples = struct.unpack(f"<{len(recorder.data) // 2}h", bytes(recorder.data))
        assert max(samples) > 1000  # Chromium's pretended microphone beeps
        here.page.click("#sing")
        assert recorder.ended.wait(10)
        assert_quiet(here, theatre.port)


def test_a_lost_microphone_is_said_and_the_face_goes_on(browser, open_theatre):
    theatre = open_theatre(Status("mic", SourceState.LOST, "a puppet", ("The microphone is gone.",)))
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        assert here.page.inner_text("#source") == "mic · lost"
        assert "The microphone is gone." in here.page.inner_text("#warnings")
        assert not here.page.is_visible("#sing")
        assert_quiet(here, theatre.port)


class Desk:
    """Two outputs as a run has them; one of them cannot be switched on."""

    def __init__(self) -> None:
        self.on = {"vmc": True, "phone": False}

    def statuses(self) -> tuple[OutputStatus, ...]:
        def row(name: str, detail: str) -> OutputStatus:
            if not self.on[name]:
                return OutputStatus(name, OutputState.OFF, "Switched off.", None, 0.0, 0, 0, 0)
            return OutputStatus(name, OutputState.RUNNING, detail, None, 60.0, 1, 0, 0)

        return row("vmc", "Sends to 127.0.0.1:39539."), row("phone", "")

    async def switch(self, name: str, *, on: bool) -> None:
        if name == "phone":
            raise ConfigError("UDP port 49983 is taken.", "Stop the program that uses it.")
        self.on[name] = on


def test_outputs_are_listed_and_switched_while_the_face_goes_on(browser, open_theatre):
    desk = Desk()
    theatre = open_theatre(output_desk=desk)
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        shown = "[...document.querySelectorAll('#output-rows .output')].map((row) => row.dataset.state)"
        here.waits_for(f"{shown}.join() === 'running,off'")
        assert here.page.inner_text("#output-rows .output >> nth=0").split("\n") == [
            "vmc",
            "60 /s",
            "Sends to 127.0.0.1:39539.",
        ]
        here.page.get_by_role("switch", name="vmc").click()
        here.waits_for(f"{shown}.join() === 'off,off'")
        assert desk.on["vmc"] is False
        here.page.get_by_role("switch", name="vmc").click()
        here.waits_for(f"{shown}.join() === 'running,off'")
        here.page.get_by_role("switch", name="phone").click()
        here.waits_for("document.querySelector('#problem').textContent.includes('49983 is taken')")
        here.waits_for("!document.querySelectorAll('#output-rows input')[1].checked")  # it says so again
        here.waits_for("t2s.stats.received_frames > 60")
        assert_quiet(here, theatre.port)


def test_a_page_without_outputs_shows_no_list(browser, open_theatre):
    theatre = open_theatre()
    with visit(browser, theatre.url()) as here:
        here.waits_for(READY)
        assert here.page.is_hidden("#outputs")
