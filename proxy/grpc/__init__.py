"""gRPC calls, as the exchanges that carry them: messages become JSON, and the code at the end a status.

Named after gRPC's own documents: "gRPC over HTTP2" (PROTOCOL-HTTP2.md) and "gRPC Web" (PROTOCOL-WEB.md).
Nothing here blocks, calls anybody, or raises, whatever the bytes.
"""

from __future__ import annotations

from proxy.grpc.calls import Call, Calls
from proxy.grpc.methods import Methods

__all__ = ["Call", "Calls", "Methods"]
