"""Header fields that no contract of an operation speaks of."""

from __future__ import annotations

_IGNORED = frozenset(
    """
    authorization proxy-authorization host connection content-length content-type date server via
    user-agent cookie set-cookie transfer-encoding te trailer upgrade keep-alive proxy-connection expect
    accept accept-encoding accept-language origin referer dnt priority alt-svc traceparent tracestate
    x-request-id x-correlation-id x-b3-traceid x-b3-spanid x-b3-sampled forwarded x-forwarded-for
    x-forwarded-proto x-forwarded-host x-forwarded-port x-real-ip x-envoy-upstream-service-time cf-ray
    nel report-to upgrade-insecure-requests content-encoding age x-served-by x-timer x-cache
    strict-transport-security pragma content-security-policy x-content-type-options x-frame-options
    x-xss-protection referrer-policy permissions-policy access-control-allow-origin
    access-control-allow-headers access-control-allow-methods access-control-expose-headers
    """.split()  # noqa: SIM905  # a list of words reads better than a list of strings
)


def is_ignored(name: str) -> bool:
    """Whether a header field (lower case) concerns transport, tracing, the browser or the identity.

    Content type, accept and authentication have clauses of their own; as header parameters OpenAPI ignores
    them, too (3.1, Parameter Object).
    """
    return name in _IGNORED or name.startswith((":", "sec-", "cf-", "grpc-"))
