"""What things are called: consumers by their aliases, operations by the path templates of the moment."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Self

from inference import graphql
from inference.events import exchange_of
from inference.methods import method_of
from inference.paths import PathModel
from inference.serial import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inference.paths import Operations
    from store.records import Exchange, Identity, KnownConsumer, Message
    from store.store import Store


class Names:
    """The names in force for a store.

    Args:
        known: the consumers that the configuration names; the first with a matching identity wins.
        operations: the operations of each producer.
    """

    def __init__(self, known: Iterable[KnownConsumer], operations: Mapping[str, Operations]) -> None:
        self.known = tuple(known)
        self.operations = operations
        self._consumers: dict[str, str] = {}

    @classmethod
    def of(cls, store: Store, declared: Mapping[str, Iterable[str]] | None = None) -> Self:
        """The names of a store; `declared` are operation keys by producer, which go before inferred ones."""
        declared = declared or {}
        operations = {
            summary.producer: PathModel.from_state(decode(summary)).operations(
                declared.get(summary.producer, ())
            )
            for summary in store.summaries(families={"paths"})
        }
        for producer in store.producers():
            if producer not in operations:
                operations[producer] = PathModel().operations(declared.get(producer, ()))
        return cls(store.consumers(), operations)

    def consumer(self, identity: Identity) -> str:
        """The consumer that an identity belongs to."""
        return self.consumer_of(identity.key)

    def consumer_of(self, key: str) -> str:
        """The consumer that an identity key belongs to: a known one's name, else the key's value."""
        name = self._consumers.get(key)
        if name is None:
            name = self._consumers[key] = self._find(key)
        return name

    def _find(self, key: str) -> str:
        consumer = self.known_as(key)
        return consumer.name if consumer else key.partition(":")[2]

    def known_as(self, key: str) -> KnownConsumer | None:
        """The known consumer that an identity key belongs to."""
        for consumer in self.known:
            if any(fnmatchcase(key, pattern) for pattern in consumer.identities):
                return consumer
        return None

    def operation(self, exchange: Exchange) -> str:
        """The operation key of an exchange."""
        if exchange.method == "CONNECT":
            return f"CONNECT {exchange.path}"
        method = method_of(exchange, graphql.asked(exchange))
        return self.operations[exchange.producer].of(method, exchange.path)

    def operation_of(self, message: Message) -> str:
        """The operation key of a message."""
        return self.operation(exchange_of(message))
