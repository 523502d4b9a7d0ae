"""Header fields that no contract of an operation speaks of."""

from __future__ import annotations

_IGNORED = frozenset(
    """
    host connection content-length content-type date server via user-agent cookie set-cookie
    transfer-encoding te trailer upgrade keep-alive proxy-connection expect accept accept-encoding
    accept-language origin referer dnt priority alt-svc traceparent tracestate x-request-id
    x-correlation-id x-b3-traceid x-b3-spanid x-b3-sampled forwarded x-forwarded-for x-forwarded-proto
    x-forwarded-host x-forwarded-port x-real-ip x-envoy-upstream-service-time cf-ray nel report-to
    upgrade-insecure-requests content-encoding age x-served-by x-timer x-cache strict-transport-security
    pragma content-security-policy x-content-type-options x-frame-options x-xss-protection
    referrer-policy permissions-policy access-control-allow-origin access-control-allow-headers
    access-control-allow-methods access-control-expose-headers
    """.split()  # noqa: SIM905  # a list of words reads better than a list of strings
)


def is_ignored(name: str) -> bool:
    """Whether a header field (lower case) concerns the transport, tracing, the browser's safety or the identity.

    Content type and accept have clauses of their own.
    """
    return name in _IGNORED or name.startswith((":", "sec-", "cf-"))
