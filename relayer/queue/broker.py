"""NATS JetStream behind the consumer's ports: the only module that knows the broker's client library."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.client import JetStreamContext

from relayer.logs import Log
from relayer.queue.consumer import Delivery
from relayer.queue.errors import BrokerUnavailable
from relayer.queue.events import MAXIMUM_MESSAGE_BYTES, Message
from relayer.queue.names import Names

MESSAGE_ID = "Nats-Msg-Id"
"""Header: a second message with the same one is not stored within the stream's window."""

_log = Log(__name__)
_ACK_WAIT_SECONDS = 30.0
_ANSWER_SECONDS = 7 * 86_400
_DUPLICATE_SECONDS = 120.0
_LARGEST_STREAM = 256 * 1024**2
_PULL_SECONDS = 0.5
_AT_ONCE = 500
_LETTER_BYTES = 8192
"""More than a dead letter has beside its message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPlace:
    """Where the broker is and how to get in. `tls`: how its certificate is checked; None: a plain connection."""

    servers: tuple[str, ...]
    token: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    timeout_seconds: float = 10.0


class _Client(Client):
    """Tells an address of TLS nothing without TLS. The library begins TLS only if the other side asks for it, and whoever
    is in between does not."""

    def _connect_command(self) -> bytes:
        server = self._current_server
        if server is not None and server.uri.scheme == "tls" and not self._server_info.get("tls_required"):
            raise nats.errors.SecureConnWantedError
        command: bytes = super()._connect_command()
        return command


@asynccontextmanager
async def connected(place: BrokerPlace, names: Names) -> AsyncIterator[Broker]:
    """With its streams, which are made if they are missing. Raises BrokerUnavailable."""
    client = _Client()
    try:
        await asyncio.wait_for(_connect(client, place), place.timeout_seconds)
        broker = Broker(client=client, names=names, timeout_seconds=place.timeout_seconds)
        await broker.prepare()
    except (nats.errors.Error, OSError, TimeoutError) as error:
        why = _words(client.last_error or error)
        await _closed(client)
        raise BrokerUnavailable(
            f"the broker at {', '.join(place.servers)} cannot be used ({why}); start it, correct the address and "
            "the token, or give it room for three streams"
        ) from error
    try:
        yield broker
    finally:
        await _closed(client)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Messages that wait, that consumers work on or have given back, answers that are kept, and dead letters."""

    waiting: int
    taken: int
    answers: int
    dead_letters: int
    last_dead_letter: int
    """Number of the newest one that there ever was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A connection. Publishing returns once the broker has stored the message on its disk."""

    client: Client
    names: Names
    timeout_seconds: float

    @property
    def jetstream(self) -> JetStreamContext:
        """For what has no verb here. Raises what the library raises."""
        return self.client.jetstream(timeout=self.timeout_seconds)

    async def prepare(self) -> None:
        """The three streams. Those that are there stay as they are, so that an operator may size them."""
        stream = self.jetstream
        for config in _streams(self.names, self.client.max_payload - _LETTER_BYTES):
            assert config.name is not None
            try:
                await stream.stream_info(config.name)
            except nats.js.errors.NotFoundError:
                await stream.add_stream(config)

    async def publish(self, subject: str, message: Message, *, message_id: str = "") -> None:
        """Raises BrokerUnavailable."""
        headers = dict(message.headers) | ({MESSAGE_ID: message_id} if message_id else {})
        with _trouble(f"publishing to {subject}"):
            await self.jetstream.publish(subject, message.body, headers=headers)

    async def answer(self, subject: str, message: Message, message_id: str) -> None:
        """See Outlet.answer. What waits at an inbox is no stream."""
        if subject.startswith("_INBOX."):
            with _trouble(f"publishing to {subject}"):
                await self.client.publish(subject, message.body, headers=dict(message.headers))
        else:
            await self.publish(subject, message, message_id=message_id)

    async def bury(self, delivery: Delivery, *, code: str, reason: str) -> None:
        """See Outlet.bury."""
        headers = {name: value for name, value in delivery.message.headers.items() if not name.startswith("nats-")}
        told = {
            "dead-letter-code": code,
            "dead-letter-reason": _one_line(reason),
            "dead-letter-subject": delivery.subject,
            "dead-letter-attempts": str(delivery.attempts),
        }
        place = delivery.place if isinstance(delivery, JetStreamDelivery) else ""
        letter = Message(headers=headers | told, body=delivery.message.body)
        await self.publish(self.names.dead_letters, letter, message_id=place)

    async def puller(self) -> Callable[[int], Awaitable[Sequence[Delivery]]]:
        """Takes messages for a consumer that shares them with all others. Raises BrokerUnavailable."""
        config = ConsumerConfig(ack_wait=_ACK_WAIT_SECONDS, max_ack_pending=10_000, max_deliver=-1)
        with _trouble("making the consumer"):
            subscription = await self.jetstream.pull_subscribe(
                self.names.facts, durable=self.names.consumer, stream=self.names.facts_stream, config=config
            )

        async def pull(most: int) -> Sequence[Delivery]:
            try:
                taken = await subscription.fetch(most, timeout=_PULL_SECONDS)
            except TimeoutError:
                # The library's own, or the plain one if nothing came at all.
                return ()
            except (nats.errors.Error, OSError) as error:
                raise BrokerUnavailable(f"taking messages: {_words(error)}") from error
            return [JetStreamDelivery(each, self.timeout_seconds) for each in taken]

        return pull

    async def depth(self) -> Depth:
        """How far the queue is. Raises BrokerUnavailable."""
        stream = self.jetstream
        with _trouble("looking at the streams"):
            facts = (await stream.stream_info(self.names.facts_stream)).state
            answers = (await stream.stream_info(self.names.answers_stream)).state
            letters = (await stream.stream_info(self.names.dead_letters_stream)).state
            try:
                consumer = await stream.consumer_info(self.names.facts_stream, self.names.consumer)
                waiting, taken = consumer.num_pending or 0, consumer.num_ack_pending or 0
            except nats.js.errors.NotFoundError:
                waiting, taken = facts.messages, 0
        return Depth(
            waiting=waiting,
            taken=taken,
            answers=answers.messages,
            dead_letters=letters.messages,
            last_dead_letter=letters.last_seq,
        )

    async def kept_answers(self) -> AsyncIterator[Message]:
        """Every answer that the broker keeps now, oldest first; none is taken away. Raises BrokerUnavailable."""
        with _trouble("reading answers"):
            last = (await self.jetstream.stream_info(self.names.answers_stream)).state
            if last.messages == 0:
                return
            config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL, inactive_threshold=60.0)
            subscription = await self.jetstream.pull_subscribe(
                self.names.answers, stream=self.names.answers_stream, config=config
            )
        read_to = 0
        while read_to < last.last_seq:
            try:
                taken = await subscription.fetch(_AT_ONCE, timeout=self.timeout_seconds)
            except TimeoutError:
                # What was left has become too old meanwhile.
                break
            except (nats.errors.Error, OSError) as error:
                raise BrokerUnavailable(f"reading answers: {_words(error)}") from error
            for each in taken:
                read_to = each.metadata.sequence.stream
                yield Message(headers=lower(each.headers or {}), body=each.data)
        with suppress(nats.errors.Error, OSError):
            await subscription.unsubscribe()

    async def tell_identity(self, identity: bytes) -> None:
        """Answers producers that ask which ledger to sign for, until the connection ends."""

        async def tell(question: Msg) -> None:
            if question.reply:
                await question.respond(identity)

        with _trouble("listening"):
            await self.client.subscribe(self.names.identity, queue=self.names.consumer, cb=tell)
            # Who asks from now on is answered: the broker knows of it.
            await self.client.flush()


class JetStreamDelivery:
    """See Delivery."""

    def __init__(self, taken: Msg, timeout_seconds: float) -> None:
        self._taken = taken
        self._timeout_seconds = timeout_seconds

    @property
    def message(self) -> Message:
        """What was published."""
        return Message(headers=lower(self._taken.headers or {}), body=self._taken.data)

    @property
    def subject(self) -> str:
        """Where it was published."""
        return self._taken.subject

    @property
    def attempts(self) -> int:
        """How often it was delivered."""
        return self._taken.metadata.num_delivered or 1

    @property
    def place(self) -> str:
        """Names the message among all of its stream."""
        found = self._taken.metadata
        return f"{found.stream}/{found.timestamp.timestamp()}/{found.sequence.stream}"

    async def acknowledge(self) -> None:
        """See Delivery."""
        with _trouble("acknowledging"):
            await self._taken.ack_sync(timeout=self._timeout_seconds)

    async def give_back(self, delay_seconds: float) -> None:
        """See Delivery."""
        with _trouble("giving a message back"):
            await self._taken.nak(delay=delay_seconds)

    async def still_working(self) -> None:
        """See Delivery. A broker that does not hear it delivers again, which does no harm."""
        with suppress(nats.errors.Error, OSError):
            await self._taken.in_progress()


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """Names of headers are compared without their case."""
    return {name.lower(): value for name, value in headers.items()}


def _streams(names: Names, largest: int) -> Iterator[StreamConfig]:
    """`largest`: what the server takes as one message and still has room for what a dead letter says of it.

    A full stream refuses what is new, so that a producer notices and nothing that was promised is dropped."""
    yield StreamConfig(
        name=names.facts_stream,
        subjects=[names.facts],
        retention=RetentionPolicy.WORK_QUEUE,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_bytes=_LARGEST_STREAM,
        max_msg_size=min(MAXIMUM_MESSAGE_BYTES, largest),
        duplicate_window=_DUPLICATE_SECONDS,
    )
    yield StreamConfig(
        name=names.answers_stream,
        subjects=[names.answers],
        storage=StorageType.FILE,
        max_age=_ANSWER_SECONDS,
        max_bytes=_LARGEST_STREAM,
        duplicate_window=_DUPLICATE_SECONDS,
    )
    yield StreamConfig(
        name=names.dead_letters_stream,
        subjects=[names.dead_letters],
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_bytes=_LARGEST_STREAM,
        duplicate_window=_DUPLICATE_SECONDS,
    )


async def _connect(client: Client, place: BrokerPlace) -> None:
    async def lost() -> None:
        if not client.is_closed:
            _log.warning("broker_lost", servers=", ".join(place.servers))

    async def back() -> None:
        _log.info("broker_back", servers=", ".join(place.servers))

    async def noted(error: Exception) -> None:
        _log.debug("broker_error", error=_words(error))

    await client.connect(
        servers=list(place.servers),
        token=place.token,
        tls=place.tls,
        name="interledger-settlement",
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        disconnected_cb=lost,
        reconnected_cb=back,
        error_cb=noted,
    )


async def _closed(client: Client) -> None:
    with suppress(nats.errors.Error, OSError, TimeoutError):
        await client.close()


@contextmanager
def _trouble(what: str) -> Iterator[None]:
    try:
        yield
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"{what}: the broker does not take it ({_words(error)})") from error


def _words(error: BaseException) -> str:
    return _one_line(str(error)) or type(error).__name__


def _one_line(text: str) -> str:
    """Fit for a header."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:1000]
