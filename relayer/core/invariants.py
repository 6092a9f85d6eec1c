"""The named invariants, as predicates: cheap ones guard every step at run time, tests check all of them.

Each returns nothing and raises InvariantBroken with what it found.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from relayer.core import states as st
from relayer.core.channels import Route
from relayer.core.effects import Effect, SubmitAcknowledgement, SubmitReceive, SubmitTimeout
from relayer.core.events import HeadFinalised
from relayer.core.ids import LedgerId
from relayer.core.lifecycle import wanted
from relayer.core.states import CLOSED, State
from relayer.errors import InvariantBroken


class Packets(Protocol):
    """What the predicates read of the machine."""

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every configured route."""
        ...

    def packets(self) -> Iterable[State]:
        """Every open packet."""
        ...

    def wanted(self) -> Iterable[Effect]:
        """Every pending effect."""
        ...

    def open_packets(self, route: Route) -> int:
        """The number of open packets that the machine counts for the route."""
        ...

    def head(self, ledger: LedgerId) -> HeadFinalised | None:
        """The newest head that the ledger reported."""
        ...


def check_transition(before: State, after: State) -> None:
    """Every step keeps the packet's key, and a final state stays final: it can only become Contradicted, or be opened by the
    packet's commitment. Only what was passed over may be taken in otherwise."""
    if before.key != after.key:
        raise InvariantBroken(f"packet {before.key}: a step changed its key to {after.key}")
    may_become = st.Contradicted | st.Committed
    if type(before) in CLOSED and not isinstance(before, st.PassedOver) and not isinstance(after, may_become):
        raise InvariantBroken(f"packet {before.key}: it was {type(before).__name__} and became {type(after).__name__}")
    if isinstance(before, st.Contradicted):
        raise InvariantBroken(f"packet {before.key}: a contradiction was forgotten")
    if isinstance(after, st.Unseen):
        raise InvariantBroken(f"packet {before.key}: it was forgotten")


def an_open_packet_has_not_ended(machine: Packets) -> None:
    """Ended packets leave the open set."""
    for state in machine.packets():
        if type(state) in CLOSED or isinstance(state, st.Unseen):
            raise InvariantBroken(f"packet {state.key}: kept open though it is {type(state).__name__}")


def open_packets_are_counted(machine: Packets) -> None:
    """The count per route, which bounds memory, is the number of packets."""
    counted = dict.fromkeys(machine.routes, 0)
    for state in machine.packets():
        counted[state.route] += 1
    for route in machine.routes:
        if counted[route] != machine.open_packets(route):
            raise InvariantBroken(f"channel {route.channel}: {counted[route]} open, {machine.open_packets(route)} counted")


def every_effect_has_its_fact(machine: Packets) -> None:
    """Every pending effect follows from a ledger's fact, and every effect that follows is pending."""
    effects = list(machine.wanted())
    expected = [effect for state in machine.packets() if (effect := wanted(state)) is not None]
    if effects != expected:
        raise InvariantBroken(f"{len(effects)} effects are pending, {len(expected)} follow from the facts")
    states = {state.key: state for state in machine.packets()}
    reasons = {SubmitReceive: st.Committed, SubmitTimeout: st.Expired, SubmitAcknowledgement: st.Answered}
    for effect in effects:
        if not isinstance(states[effect.key], reasons[type(effect)]):
            raise InvariantBroken(f"packet {effect.key}: {type(effect).__name__} without its fact")


def effects_go_to_the_right_ledger(machine: Packets) -> None:
    """Receive goes to the destination with a proof of the source; the others go back."""
    routes = {state.key: state.route for state in machine.packets()}
    for effect in machine.wanted():
        route = routes[effect.key]
        expected = (route.source, route.destination)
        if isinstance(effect, SubmitReceive):
            expected = (route.destination, route.source)
        if (effect.submit_to, effect.prove_on) != expected:
            raise InvariantBroken(f"packet {effect.key}: {type(effect).__name__} goes to {effect.submit_to}")


def no_expiry_is_overlooked(machine: Packets) -> None:
    """No undelivered packet's timeout is at or before the time that its destination reported."""
    for state in machine.packets():
        held = state.held if isinstance(state, st.Quarantined) else state
        head = machine.head(state.route.destination)
        if isinstance(held, st.Committed) and head is not None and head.timestamp >= held.packet.timeout_timestamp:
            raise InvariantBroken(f"packet {state.key}: {state.route.destination} is past its timeout")


INVARIANTS = (
    an_open_packet_has_not_ended,
    open_packets_are_counted,
    every_effect_has_its_fact,
    effects_go_to_the_right_ledger,
    no_expiry_is_overlooked,
)
"""All predicates over a machine."""
