"""What each command prints with --json and what the HTTP service answers, by name. `relayer schema` publishes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relayer.views.agent import AgentRow, AgentStatus, CorrectionView, ExplainedEvent, PullView
from relayer.views.channels import FirstHeaderView
from relayer.views.checks import CheckedThing, ReconciliationView, RehearsalView, VerifiedLedger
from relayer.views.devnet import DemoView, DevnetView
from relayer.views.evidence import RefusedEvidence, VerifiedEvidence
from relayer.views.facts import DeliveredFact, FactView, SentFacts
from relayer.views.failure import FailureView, ReportView
from relayer.views.hub import ForwardView, RouteView
from relayer.views.measurements import JobFigures, NettingFigures, StartFigures
from relayer.views.netting import CycleView, NettingView
from relayer.views.packets import PacketStory, PacketView, ReplayView
from relayer.views.push import ClaimView, PushStatusView
from relayer.views.queue import DeadLetterView, QueueView, ShownDeadLetter
from relayer.views.relaying import Health, RelayerReport, Status
from relayer.views.settlement import (
    AgreementView,
    AppliedView,
    BoundContract,
    DisputeView,
    ImportedNotification,
    IssuerView,
    LiabilityView,
    OrderView,
    PaymentView,
    PositionView,
    RevokedAccount,
    WaitingNewsView,
)
from relayer.views.statement import StatementView
from relayer.views.values import Hex
from relayer.views.ways import WaysDemoView, WaysFigures

OUTPUTS: dict[str, Any] = {
    "agent check": tuple[CheckedThing, ...],
    "agent correct": tuple[CorrectionView, ...],
    "agent explain": ExplainedEvent,
    "agent list": tuple[AgentRow, ...],
    "agent pull": PullView,
    "bench": Mapping[str, JobFigures],
    "bench netting": NettingFigures,
    "bench start": StartFigures,
    "bench ways": WaysFigures,
    "channel headers": tuple[FirstHeaderView, ...],
    "check": tuple[CheckedThing, ...],
    "demo": DemoView,
    "demo --ways": WaysDemoView,
    "devnet up": DevnetView,
    "devnet status": DevnetView,
    "error": FailureView,
    "explain": PacketStory,
    "facts deliver": tuple[DeliveredFact, ...],
    "facts prove": tuple[DeliveredFact, ...],
    "facts mint": tuple[Hex, ...],
    "facts sign": tuple[Hex, ...],
    "facts send": tuple[SentFacts, ...],
    "facts show": tuple[FactView, ...],
    "hub forwards": tuple[ForwardView, ...],
    "hub routes": tuple[RouteView, ...],
    "ledger verify": VerifiedLedger,
    "packets": tuple[PacketView, ...],
    "push show": ClaimView,
    "push status": PushStatusView,
    "reconcile": ReconciliationView,
    "replay": ReplayView,
    "queue dead-letters list": tuple[DeadLetterView, ...],
    "queue dead-letters show": ShownDeadLetter,
    "queue status": QueueView,
    "settlement agreements": tuple[AgreementView, ...],
    "settlement apply": tuple[AppliedView, ...],
    "settlement cycles": tuple[CycleView, ...],
    "settlement disputes": tuple[DisputeView, ...],
    "settlement import": ImportedNotification,
    "settlement issuers": tuple[IssuerView, ...],
    "settlement liabilities": tuple[LiabilityView, ...],
    "settlement mandate": IssuerView | None,
    "settlement net": NettingView,
    "settlement news": tuple[WaitingNewsView, ...],
    "settlement pay": tuple[OrderView, ...],
    "settlement payments": tuple[PaymentView, ...],
    "settlement positions": tuple[PositionView, ...],
    "settlement remove-issuer": IssuerView,
    "settlement revoke-account": RevokedAccount,
    "settlement bind-contract": BoundContract,
    "settlement statement": StatementView,
    "start --dry-run": RehearsalView,
    "status": Status,
    "verify": VerifiedEvidence | RefusedEvidence,
    "agent init": ReportView,
    "agent retry": ReportView,
    "authority init": ReportView,
    "authority recover": ReportView,
    "authority sign-rotation": ReportView,
    "channel deploy": ReportView,
    "channel open": ReportView,
    "channel plan-rotation": ReportView,
    "channel recover": ReportView,
    "channel rotate-authorities": ReportView,
    "devnet down": ReportView,
    "export": ReportView,
    "init": ReportView,
    "hub remove-route": ReportView,
    "hub route": ReportView,
    "ledger confirm-time": ReportView,
    "ledger init": ReportView,
    "ledger rotate": ReportView,
    "push reissue": ReportView,
    "push retry": ReportView,
    "queue dead-letters drive": ReportView,
    "queue dead-letters drop": ReportView,
    "release": ReportView,
    "settlement abort": ReportView,
    "settlement commit": ReportView,
    "settlement consent": ReportView,
    "settlement dispute": ReportView,
    "settlement export": ReportView,
    "settlement limits": ReportView,
    "settlement record": ReportView,
    "settlement resend": ReportView,
    "settlement release": ReportView,
    "settlement verify": ReportView,
    "settlement write-off": ReportView,
    "trust": ReportView,
    "GET /status of an agent": AgentStatus,
    "POST /pull": PullView,
    "GET /healthz": Health,
    "GET /status": RelayerReport,
}
