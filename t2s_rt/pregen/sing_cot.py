"""Sing-CoT: a language model thinks a song through, from the whole over sections to phrases and cues.

Section follows section, because each is told what came before; the phrases of a section are planned
concurrently, while the next sections are being read. An answer that does not hold is sent back with what
is wrong with it, twice at most; then another planner takes that phrase alone. So whatever the model or
its server does, every phrase gets a plan.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from t2s_rt.errors import PlanError
from t2s_rt.pregen.answers import Answer, AnswerCache, key_of
from t2s_rt.pregen.descriptors import describe
from t2s_rt.pregen.llm import KEY_HINT, CallError, Failure, Greeting, LlmClient, Reply, Server
from t2s_rt.pregen.phrase import Phrase, PhrasedSong
from t2s_rt.pregen.plan import PhrasePlan, PlanReport, header_of, window
from t2s_rt.pregen.prompt import (
    LINES_AT_ONCE,
    PROMPT_VERSION,
    Context,
    Example,
    Message,
    Request,
    phrase_request,
    repair_request,
    section_request,
    song_request,
)
from t2s_rt.pregen.reading import LineReading, SectionReading, SongReading
from t2s_rt.pregen.units import units_of
from t2s_rt.pregen.validate import (
    Checked,
    Problem,
    ProblemKind,
    read_phrase,
    read_section,
    read_song,
)
from t2s_rt.subtitles.cue import SubtitleTrack, cue_order

REPAIR_ROUNDS: Final = 2
EXAMPLES: Final = 3
"""Similar lines that a phrase's question shows, where the context has room."""
MOST_TROUBLES: Final = 20
"""Different sentences kept for the report."""

T = TypeVar("T")


class PhrasePlanner(Protocol):
    """What takes over where the model fails."""

    def plan_phrase(self, song: PhrasedSong, index: int, seed: int) -> PhrasePlan:
        """The plan of one phrase."""
        ...


ExampleSource = Callable[[Phrase, int], Sequence[Example]]
"""Gives up to so many lines performed before that resemble a phrase, most similar first."""


@dataclass(slots=True)
class _Tally:
    """What a run counts."""

    asked: int = 0
    roomless: set[int] = field(default_factory=set)
    """Phrases that no question was asked about, because another one takes all their time."""
    attempts: int = 0
    valid_first: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    troubles: dict[str, None] = field(default_factory=dict)

    def note(self, sentence: str) -> None:
        """Keep a sentence for the report, each once."""
        if len(self.troubles) < MOST_TROUBLES:
            self.troubles.setdefault(sentence)


class SingCoT:
    """A planner that asks a language model.

    Args:
        server: Where it is and how it is asked.
        fallback: Plans the phrases that the model cannot.
        examples: Finds similar lines; None shows none.
        cache: Folder of answers that are not asked for again, None keeps none.
        progress: Told how many of how many phrases are done.
    """

    def __init__(
        self,
        server: Server,
        fallback: PhrasePlanner,
        *,
        examples: ExampleSource | None = None,
        cache: Path | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._server = server
        self._fallback = fallback
        self._examples = examples
        self._cache = AnswerCache(cache)
        self._progress = progress
        self._model = server.model
        self._report = PlanReport()

    @property
    def name(self) -> str:
        """What the header says wrote it; a nameless model is known after the first `plan`."""
        return f"llm:{' '.join(self._model.split())}"

    @property
    def prompt_version(self) -> str:
        """Of the prompts."""
        return PROMPT_VERSION

    @property
    def report(self) -> PlanReport:
        """How the last `plan` went."""
        return self._report

    def plan(self, song: PhrasedSong, seed: int) -> SubtitleTrack:
        """The whole song's cues. Runs an event loop of its own until all phrases are planned.

        Interrupted, it leaves what was answered so far in the cache.

        Raises:
            PlanError: No server, wrong key, or no such model.
        """
        begun_s = time.perf_counter()
        tally = _Tally()
        # a fallback that cannot plan at all says so now, not after minutes of asking
        self._fallback.plan_phrase(song, song.phrases[0].index, seed)
        examples = self._similar(song)  # before the loop: comparing texts is computing
        planned = asyncio.run(self._ask_all(song, examples, seed, tally))
        unplanned = [phrase.index for phrase in song.phrases if phrase.index not in planned]
        for index in unplanned:
            planned[index] = self._fallback.plan_phrase(song, index, seed)
        self._report = PlanReport(
            phrases=len(song.phrases),
            fallbacks=tuple(index for index in unplanned if index not in tally.roomless),
            attempts=tally.attempts,
            valid_first=tally.valid_first,
            prompt_tokens=tally.prompt_tokens,
            completion_tokens=tally.completion_tokens,
            seconds=time.perf_counter() - begun_s,
            troubles=tuple(tally.troubles),
            asked=tally.asked,
            cached=tally.cached,
        )
        cues = sorted((cue for plan in planned.values() for cue in plan.cues), key=cue_order)
        return SubtitleTrack(tuple(cues), header_of(song, self, seed))

    def _similar(self, song: PhrasedSong) -> dict[int, Sequence[Example]]:
        if self._examples is None:
            return {}
        return {phrase.index: self._examples(phrase, EXAMPLES) for phrase in song.phrases}

    async def _ask_all(
        self, song: PhrasedSong, examples: Mapping[int, Sequence[Example]], seed: int, tally: _Tally
    ) -> dict[int, PhrasePlan]:
        """The plans of all phrases that the model could plan, by index."""
        async with LlmClient(self._server, seed) as client:
            greeting = await client.greet()
            self._model = greeting.model
            if greeting.trouble:
                tally.note(greeting.trouble)
            model = _Model(client, greeting, self._server, self._cache, seed, tally)
            run = _Run(song, model, examples, self._progress)
            planned = await run.plan()
            tally.roomless |= run.roomless
            return planned


class _Run:
    """One song on its way through the three steps."""

    def __init__(
        self,
        song: PhrasedSong,
        model: _Model,
        examples: Mapping[int, Sequence[Example]],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._song = song
        self._model = model
        self._examples = examples
        self._progress = progress
        self._plans: dict[int, PhrasePlan] = {}
        self._done = 0
        self.roomless: set[int] = set()

    async def plan(self) -> dict[int, PhrasePlan]:
        """All phrases that could be planned."""
        reading = await self._read_song()
        before = ""
        async with asyncio.TaskGroup() as phrases:
            for index in range(len(self._song.sections)):
                for lines in self._parts(index):
                    section = await self._read_section(index, lines, reading, before)
                    before = section.summary if section else before
                    for place, phrase in enumerate(lines):
                        line = section.lines[place] if section else None
                        context = self._context(phrase, reading, section, line)
                        phrases.create_task(self._plan_phrase(phrase, context))
        return self._plans

    def _parts(self, section: int) -> list[list[Phrase]]:
        """A section's lines, a few at a time."""
        lines = [self._song.phrases[index] for index in self._song.sections[section].phrases]
        return [lines[i : i + LINES_AT_ONCE] for i in range(0, len(lines), LINES_AT_ONCE)]

    async def _read_song(self) -> SongReading | None:
        characters = 6000
        asked = song_request(self._song, characters)
        while not self._model.holds(asked) and characters > 500:
            characters //= 2
            asked = song_request(self._song, characters)
        sections = asked.schema["properties"]["sections"]["maxItems"]
        return await self._model.ask(asked, lambda reply: read_song(reply, sections), "song")

    async def _read_section(
        self, section: int, lines: list[Phrase], reading: SongReading | None, before: str
    ) -> SectionReading | None:
        asked = section_request(self._song, section, lines, reading, before)
        place = f"lines {lines[0].index + 1} to {lines[-1].index + 1}"
        return await self._model.ask(asked, lambda reply: read_section(reply, len(lines)), place)

    def _context(
        self,
        phrase: Phrase,
        reading: SongReading | None,
        section: SectionReading | None,
        line: LineReading | None,
    ) -> Context:
        phrases, index = self._song.phrases, phrase.index
        return Context(
            song=reading,
            section_name=self._song.sections[phrase.section].name,
            section=section,
            line=line,
            before=phrases[index - 1].text if index else "",
            after=phrases[index + 1].text if index + 1 < len(phrases) else "",
        )

    async def _plan_phrase(self, phrase: Phrase, context: Context) -> None:
        units = units_of(phrase, window(self._song, phrase.index))
        if not units:
            self.roomless.add(phrase.index)
        else:
            sound = describe(phrase.descriptors)
            examples = list(self._examples.get(phrase.index, ()))
            asked = phrase_request(phrase, units, sound, context, examples)
            while examples and not self._model.holds(asked):
                examples.pop()
                asked = phrase_request(phrase, units, sound, context, examples)
            plan = await self._model.ask(
                asked, lambda reply: read_phrase(reply, phrase.index, units), f"line {phrase.index + 1}"
            )
            if plan is not None:
                self._plans[phrase.index] = plan
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, len(self._song.phrases))


class _Model:
    """The model behind cache, validation and repair."""

    def __init__(
        self,
        client: LlmClient,
        greeting: Greeting,
        server: Server,
        cache: AnswerCache,
        seed: int,
        tally: _Tally,
    ) -> None:
        self._client = client
        self._context_tokens = greeting.context_tokens
        self._cache = cache
        self._seed = seed
        self._tally = tally
        self._constant: dict[str, Any] = {
            "prompt_version": PROMPT_VERSION,
            "model": greeting.model,
            "identity": greeting.identity,
            "temperature": server.temperature,
            "top_p": server.top_p,
        }

    def holds(self, request: Request) -> bool:
        """Whether question and answer fit into the model's context, as far as can be told."""
        if self._context_tokens is None:
            return True
        return tokens_about(request.messages) + request.max_tokens <= self._context_tokens

    async def ask(self, request: Request, read: Callable[[str], Checked[T]], place: str) -> T | None:
        """The valid answer to a question, after repair if need be; None where there is none.

        Args:
            request: The question.
            read: Reads and checks an answer.
            place: What of the song it is about, for the report.
        """
        counts = request.name == "phrase"
        self._tally.asked += counts
        key = key_of(self._constant | _parts(request, self._seed))
        kept = self._cache.get(key)
        if kept is not None and (value := read(kept.content).value) is not None:
            self._tally.cached += counts
            self._tally.valid_first += counts and kept.attempts == 1
            self._tally.attempts += counts * kept.attempts
            return value
        return await self._ask_until_valid(request, read, place, key)

    async def _ask_until_valid(
        self, first: Request, read: Callable[[str], Checked[T]], place: str, key: str
    ) -> T | None:
        request, counts = first, first.name == "phrase"
        problems: tuple[Problem, ...] = ()
        for attempt in range(1 + REPAIR_ROUNDS):
            try:
                reply = await self._client.complete(request, _sampling_seed(first, self._seed, attempt))
            except CallError as failure:
                if failure.failure is Failure.FORBIDDEN and first.name == "song":
                    raise PlanError(f"The key is refused: {failure.problem}", KEY_HINT) from failure
                self._tally.note(failure.problem)
                return None
            self._count(reply, attempts=counts)
            checked = read(reply.content)
            if checked.value is not None:
                self._tally.valid_first += counts and attempt == 0
                self._cache.put(key, Answer(reply.content, attempt + 1))
                return checked.value
            problems = _explained(reply, checked.problems)
            request = repair_request(first, reply.content, [problem.sentence for problem in problems])
        kinds = ", ".join(dict.fromkeys(str(problem.kind) for problem in problems))
        self._tally.note(f"{place}: no valid answer after {REPAIR_ROUNDS} repairs ({kinds}).")
        return None

    def _count(self, reply: Reply, *, attempts: bool) -> None:
        self._tally.attempts += attempts
        self._tally.prompt_tokens += reply.prompt_tokens
        self._tally.completion_tokens += reply.completion_tokens


def _explained(reply: Reply, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The problems; where the token limit cut the answer off, that is the only one."""
    if not reply.cut_off:
        return problems
    sentence = "It was too long and was cut off. Keep plans, reasons and notes to a few words."
    return (Problem(ProblemKind.CUT_OFF, sentence),)


def _parts(request: Request, seed: int) -> dict[str, Any]:
    """What an answer depends on beside the model."""
    return {
        "name": request.name,
        "messages": [[message.role, message.content] for message in request.messages],
        "schema": request.schema,
        "max_tokens": request.max_tokens,
        "seed": seed,
    }


def _sampling_seed(request: Request, seed: int, attempt: int) -> int:
    """A seed of its own for each question and attempt, whatever the order in which they are asked."""
    told = f"{seed} {attempt} {request.messages[-1].content}"
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:4], "big") >> 1


def tokens_about(messages: Sequence[Message]) -> int:
    """About how many tokens messages take, rather too many: other scripts cost small models more."""
    text = "".join(message.content for message in messages)
    ascii_count = sum(character.isascii() for character in text)
    return round(ascii_count / 3.2 + 1.6 * (len(text) - ascii_count)) + 8 * len(messages)


def rates(report: PlanReport) -> tuple[float, float]:
    """Subtitle validation success rate: shares of valid first answers, and of valid ones after repair.

    Over the phrases that a model was asked about; 0 where it was asked about none.
    """
    if not report.asked:
        return 0.0, 0.0
    repaired = report.asked - len(report.fallbacks)
    return report.valid_first / report.asked, repaired / report.asked
