"""Events posted to a webhook: CloudEvents in JSON, signed, tried again where that can help.

Signed as Standard Webhooks 1.0 says: `webhook-signature` is `v1,` and the base64 of the HMAC-SHA256 of
`ID.TIMESTAMP.BODY`. A receiver that remembers `webhook-id` takes nothing twice.
"""

from __future__ import annotations

import asyncio
import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson

from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Sequence

TRIES = 4
TIMEOUT_S = 10.0
MOST_WAIT_S = 30.0
"""Of what a receiver asks for with `Retry-After`, at most this."""
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


def secret_from(text: str) -> bytes:
    """A secret as it is written: `whsec_` and base64, or the text itself.

    Raises:
        DefactoError: it is empty, or no base64.
    """
    text = text.strip()
    if not text:
        raise DefactoError("the webhook's secret is empty")
    if not text.startswith("whsec_"):
        return text.encode()
    try:
        return b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise DefactoError("the webhook's secret begins with whsec_, and is no base64 after it") from None


def signature(secret: bytes, id_: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = b".".join((id_.encode(), str(timestamp).encode(), body))
    return f"v1,{b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}"


async def post(
    url: str, events: Sequence[dict[str, Any]], secret: bytes | None, now: int, *, pause_s: float = 0.5
) -> dict[str, str]:
    """Post events one after the other.

    Args:
        url: where to.
        events: CloudEvents.
        secret: what they are signed with, None: not at all.
        now: the instant that is signed (Unix seconds).
        pause_s: before the second try; doubled before each further one.

    Returns:
        Why some did not arrive, by the event's id.
    """
    failed: dict[str, str] = {}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for event in events:
            body = orjson.dumps(event)
            headers = {
                "content-type": "application/cloudevents+json",
                "webhook-id": str(event["id"]),
                "webhook-timestamp": str(now),
            }
            if secret is not None:
                headers["webhook-signature"] = signature(secret, str(event["id"]), now, body)
            reason = await _tried(session, url, body, headers, pause_s)
            if reason:
                failed[str(event["id"])] = reason
    return failed


async def _tried(
    session: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str], pause_s: float
) -> str:
    """Why it did not arrive after all tries, `""` if it did."""
    for number in range(TRIES):
        wait = pause_s * 2**number
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                if answer.status < 300:
                    return ""
                reason = f"answered {answer.status}"
                if answer.status not in _AGAIN:
                    return reason
                asked = answer.headers.get("Retry-After", "")
                wait = min(float(asked), MOST_WAIT_S) if asked.isdecimal() else wait
        except aiohttp.InvalidURL:
            return "that is no URL"
        except TimeoutError:
            reason = f"no answer within {TIMEOUT_S:g} s"
        except (aiohttp.ClientError, OSError) as error:
            reason = str(error) or type(error).__name__
        if number + 1 < TRIES:
            await asyncio.sleep(wait)
    return f"{reason}, after {TRIES} tries"
