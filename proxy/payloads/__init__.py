"""What a message's payload says, whatever it is written in: JSON text, its type and its schema.

Formats need their libraries only where such a payload comes (the extra `events`). Nothing here blocks, and
no bytes make it raise: what cannot be decoded stays as it is and a flaw says why.

| flaw | means |
| --- | --- |
| `schema-pending` | the schema registry is being asked; the next payload with this schema is decoded |
| `schema-unknown` | neither the folder nor the registry has the schema that the payload names |
| `schema-unavailable` | the registry did not answer, or not with a schema; asked again after a minute |
| `no-descriptor` | protobuf whose registry gives source text only: field numbers stand for names |
| `no-decoder` | the library for this format is not installed |
| `undecodable` | not what media type, framing or schema say, or the schema sets no bound |
| `too-deep`, `too-large` | more nested, or longer as JSON text, than is decoded |
| `duplicate-keys` | a map has keys that are the same text in JSON |
"""

from __future__ import annotations

from proxy.payloads.payloads import Payloads, Read
from proxy.payloads.schemas import Schemas

__all__ = ["Payloads", "Read", "Schemas"]
