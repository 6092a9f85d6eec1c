"""Routes and open forwards of a hub, as `relayer hub` shows them."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.forwarding.model import Forward, RouteUse


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """One route. `origin_client`: for packets through this client alone, "": for facts through any. A route that was removed
    while forwards are open has no client and no numbers but `open_forwards`."""

    destination: str
    origin_client: str
    client_id: str
    quota: int
    origin_quota: int
    margin_seconds: int
    open_forwards: int

    @classmethod
    def of(cls, use: RouteUse) -> RouteView:
        """From the hub's record."""
        route = use.route
        return cls(
            destination=route.destination,
            origin_client=route.origin_client,
            client_id=route.client_id,
            quota=route.quota,
            origin_quota=route.origin_quota,
            margin_seconds=route.margin_seconds,
            open_forwards=use.open_forwards,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardView:
    """A packet that was sent on and has no answer yet: its client and sequence on both sides, and both timeouts."""

    in_client: str
    in_sequence: int
    out_client: str
    out_sequence: int
    destination: str
    in_timeout: int
    out_timeout: int

    @classmethod
    def of(cls, forward: Forward) -> ForwardView:
        """From the hub's record."""
        return cls(
            in_client=forward.in_client,
            in_sequence=forward.in_sequence,
            out_client=forward.out_client,
            out_sequence=forward.out_sequence,
            destination=forward.destination,
            in_timeout=forward.in_timeout,
            out_timeout=forward.out_timeout,
        )
