"""Redaction: credentials in traffic become keyed tokens before anything is queued, written or logged."""

from proxy.redaction.bodies import MediaType, RedactedBody
from proxy.redaction.redactor import Redaction, Redactor

__all__ = ["MediaType", "RedactedBody", "Redaction", "Redactor"]
