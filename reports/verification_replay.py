"""Recorded requests sent to a live build, and its answers held against guarantees, clause by clause.

A build may hold other data than the one that was recorded. So an answer 404 where there was a success says
that the thing is gone, not that a guarantee is broken, unless most of an operation's are; and one that
refuses the caller, or has no room for it, says nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from time import monotonic_ns, time_ns
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from contract.operation import parse
from contract.place import Places
from contract.statuses import word_of
from contract.verification.checks import SAFE, is_single, uncovered
from contract.verification.evaluation import Evaluation, Finding, Verdict
from contract.verification.guarantees import is_of_producer
from reports.verification import Verification
from store.errors import DefactoError
from store.records import Body, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from contract.verification.guarantees import Guarantee
    from reports.verification_requests import Choice, Request
    from store.records import Exchange

MAX_BODY = 8 << 20
"""Bytes of an answer that are kept; a longer one is taken as cut, and says nothing of its inside."""

_GONE = frozenset({404, 410})
_EXCUSED = {
    401: "refused: give credentials with --header",
    403: "refused: give credentials with --header",
    429: "refused: too many requests, see --rate",
    502: "the build was not reachable behind its gateway",
    503: "the build was overloaded",
    504: "the build was not reachable behind its gateway",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A live build, and how it may be treated. Times in seconds; `rate` is requests a second.

    `url` holds no credentials, as it is shown. `ca` is a file of authorities to trust, not the system's;
    `insecure` trusts whoever answers.
    """

    url: str
    rate: float
    concurrency: int
    timeout_s: float
    ca: Path | None = None
    insecure: bool = False


@dataclass(slots=True)
class _Answers:
    """What came back: excused answers by reason, and those about things that are gone, by operation."""

    evaluation: Evaluation
    answered: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    gone: dict[tuple[str, str], list[tuple[Places, Request]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(self, request: Request, answer: Exchange) -> None:
        """Evaluate one answer, or note why it is not."""
        self.answered += answer.status is not None
        recorded = request.recorded
        places = Places(answer, request.operation)
        if recorded.status is None or not 200 <= recorded.status < 300:
            self._observe(places, request, None)
            return
        operation = (recorded.producer, request.operation)
        self.asked[operation] += 1
        if answer.status in _GONE:
            self.gone[operation].append((places, request))
        elif answer.status in _EXCUSED:
            self.left_out[_EXCUSED[answer.status]] += 1
        else:
            self._observe(places, request, word_of(recorded.status))

    def finish(self) -> None:
        """Where most things of an operation are gone, it is the operation that is."""
        for operation, found in self.gone.items():
            mostly = 2 * len(found) > self.asked[operation]
            for places, request in found:
                if mostly:
                    self._observe(places, request, word_of(request.recorded.status or 0))
                else:
                    self.left_out["what was asked for is gone from this build"] += 1

    def _observe(self, places: Places, request: Request, expected: str | None) -> None:
        self.evaluation.observe(places, consumer=request.consumer, example=request.shown, expected=expected)


def verify_target(
    target: Target,
    guarantees: Sequence[Guarantee],
    choice: Choice,
    *,
    unsafe: bool,
    progress: Callable[[int], None],
) -> Verification:
    """Send the chosen requests and evaluate what comes back.

    Args:
        target: the build.
        guarantees: of all producers that the requests are of.
        choice: the requests.
        unsafe: whether operations were tried that may change something.
        progress: called with the number of answers.

    Raises:
        DefactoError: nobody answers there at all, or its certificate is not trusted.
    """
    tried = [one for one in guarantees if not _untried(one, unsafe=unsafe)]
    answers = _Answers(Evaluation(tried))
    asyncio.run(_send(target, choice.requests, answers, progress))
    answers.finish()
    found = {id(one.guarantee): one for one in answers.evaluation.findings()}
    return Verification(
        generated_at=time_ns(),
        subject=f"{len(choice.requests):,} recorded requests replayed against {target.url}",
        observed=answers.answered,
        findings=[
            found[id(one)]
            if id(one) in found
            else Finding(guarantee=one, verdict=Verdict.NOT_APPLICABLE, why=_untried(one, unsafe=unsafe))
            for one in guarantees
        ],
        left_out=Counter(choice.left_out) + answers.left_out,
        live=True,
    )


def _untried(guarantee: Guarantee, *, unsafe: bool) -> str:
    """Why a replay cannot show whether a guarantee is kept, `""` if it can."""
    clause = guarantee.clause
    operation = parse(clause.operation)
    if not is_single(clause) or not is_of_producer(clause) or operation.is_event:
        return uncovered(clause)
    return "" if unsafe or operation.verb in SAFE else uncovered(clause)


async def _send(
    target: Target, requests: Sequence[Request], answers: _Answers, progress: Callable[[int], None]
) -> None:
    """Send all requests, none sooner than the rate allows and no more at a time than may be."""
    room = asyncio.Semaphore(target.concurrency)
    timeout = aiohttp.ClientTimeout(total=target.timeout_s)
    connector = aiohttp.TCPConnector(ssl=_trust(target), limit=target.concurrency)
    loop = asyncio.get_running_loop()
    started = loop.time()
    done = 0

    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:

        async def one(number: int, request: Request) -> None:
            nonlocal done
            async with room:
                await asyncio.sleep(started + number / target.rate - loop.time())
                answers.take(request, await _ask(session, target, request))
            done += 1
            progress(done)

        for first in requests[:1]:
            await _reach(session, target, first)
        try:
            async with asyncio.TaskGroup() as group:
                for number, request in enumerate(requests):
                    group.create_task(one(number, request))
        except* DefactoError as failed:
            raise failed.exceptions[0] from None


async def _reach(session: aiohttp.ClientSession, target: Target, request: Request) -> None:
    """Raises DefactoError if nobody listens there: then nothing is broken, and nothing verified."""
    del request
    try:
        async with session.options(URL(target.url)):
            pass
    except (aiohttp.ClientConnectorError, ssl.SSLError, TimeoutError) as error:
        raise DefactoError(
            f"nobody answers at {target.url}: {str(error) or 'it takes too long'}",
            "Start the build first; for a private authority give --ca FILE.",
        ) from error
    except aiohttp.ClientError:
        pass  # it listens


async def _ask(session: aiohttp.ClientSession, target: Target, request: Request) -> Exchange:
    """The recorded exchange with the answer that came now; without a status where none came."""
    recorded = request.recorded
    path = f"{recorded.path}{'?' if recorded.query else ''}{recorded.query}"
    body = recorded.request_body.content if recorded.request_body else None
    begun = monotonic_ns()
    try:
        async with session.request(
            recorded.method,
            URL(target.url.rstrip("/") + path, encoded=True),
            headers=request.headers,
            data=body,
            allow_redirects=False,
        ) as answer:
            content = await answer.content.read(MAX_BODY)
            while len(content) < MAX_BODY and (more := await answer.content.read(MAX_BODY - len(content))):
                content += more
            cut = not answer.content.at_eof()
            return replace(
                recorded,
                status=answer.status,
                response_headers=tuple((name.lower(), value) for name, value in answer.headers.items()),
                response_body=Body(
                    content=content,
                    size=len(content),
                    wire_size=len(content),
                    media_type=_media_type(answer),
                    truncated=cut,
                ),
                duration_ns=monotonic_ns() - begun,
                outcome=Outcome.COMPLETE,
            )
    except (aiohttp.ClientError, TimeoutError):
        return replace(
            recorded,
            status=None,
            response_headers=(),
            response_body=None,
            duration_ns=None,
            outcome=Outcome.ERROR,
        )


def _media_type(answer: aiohttp.ClientResponse) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _trust(target: Target) -> ssl.SSLContext | bool:
    if target.insecure:
        return False
    if target.ca is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(target.ca))
    except (OSError, ssl.SSLError) as error:
        raise DefactoError(f"cannot read the authorities in {target.ca}: {error}") from error
