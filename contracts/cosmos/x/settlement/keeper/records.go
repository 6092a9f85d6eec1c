package keeper

import (
	"context"
	"math/big"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

// Queries of what happens to debts that stand, in the messages of every settlement ledger.

// Payment by its id.
func (q Queries) Payment(ctx context.Context, request *settlementv1.GetPaymentRequest) (*settlementv1.Payment, error) {
	payment := q.keeper.book(ctx).Payment(request.GetPaymentId())
	if payment == nil {
		return nil, status.Error(codes.NotFound, "no such payment stands on this ledger")
	}
	return fromPayment(payment), nil
}

// Payments in the order of their ids.
func (q Queries) Payments(
	ctx context.Context, request *settlementv1.ListPaymentsRequest,
) (*settlementv1.ListPaymentsResponse, error) {
	response := &settlementv1.ListPaymentsResponse{}
	for _, payment := range q.keeper.book(ctx).Payments(request.GetAfterId(), listed(request.GetLimit())) {
		response.Payments = append(response.Payments, fromPayment(&payment))
	}
	return response, nil
}

// Disputes in the order of their ids.
func (q Queries) Disputes(
	ctx context.Context, request *settlementv1.ListDisputesRequest,
) (*settlementv1.ListDisputesResponse, error) {
	response := &settlementv1.ListDisputesResponse{}
	for _, dispute := range q.keeper.book(ctx).Disputes(request.GetAfterId(), listed(request.GetLimit())) {
		claim := &dispute.Claim
		response.Disputes = append(response.Disputes, &settlementv1.Dispute{
			Claim: &settlementv1.OpenDispute{
				DisputeId:       claim.DisputeID,
				FactId:          claim.FactID,
				Amount:          claim.Share.Amount.String(),
				Reason:          claim.Reason,
				DeadlineSeconds: claim.DeadlineSeconds,
			},
			Liability: claim.Share.Liability,
			State:     disputeStates[dispute.State],
			Credited:  dispute.Credited.String(),
			Sequence:  dispute.Sequence,
		})
	}
	return response, nil
}

// Cycle with its proof, debts and shares.
func (q Queries) Cycle(ctx context.Context, request *settlementv1.GetCycleRequest) (*settlementv1.Cycle, error) {
	cycle := q.keeper.book(ctx).Cycle(request.GetCycleId())
	if cycle == nil {
		return nil, status.Error(codes.NotFound, "no such cycle stands on this ledger")
	}
	wire, plan := cycleSummary(cycle), &cycle.Plan
	wire.Proposal.Proof = plan.Proof
	wire.Shares = fromShares(plan.Shares)
	for _, novated := range plan.Novated {
		wire.Novated = append(wire.Novated, fromDebt(novated.Debtor[:], novated.Creditor[:], novated.Amount))
	}
	for _, row := range plan.Debts {
		wire.Debts = append(wire.Debts, fromDebt(plan.Parties[row.Debtor], plan.Parties[row.Creditor], row.Amount))
	}
	return wire, nil
}

// Cycles in the order of their ids, without proofs, debts and shares.
func (q Queries) Cycles(ctx context.Context, request *settlementv1.ListCyclesRequest) (*settlementv1.ListCyclesResponse, error) {
	response := &settlementv1.ListCyclesResponse{}
	for _, cycle := range q.keeper.book(ctx).Cycles(request.GetAfterId(), listed(request.GetLimit())) {
		response.Cycles = append(response.Cycles, cycleSummary(&cycle))
	}
	return response, nil
}

// NewsAnswer is what the contract ledger made of a packet of news.
func (q Queries) NewsAnswer(ctx context.Context, request *types.QueryNewsAnswerRequest) (*types.QueryNewsAnswerResponse, error) {
	answer := q.keeper.answer(ctx, request.GetClientId(), request.GetPacketSequence())
	if answer == nil {
		return nil, status.Error(codes.NotFound, "that packet of news has no answer yet")
	}
	return &types.QueryNewsAnswerResponse{Acknowledgement: answer}, nil
}

func fromPayment(payment *ledger.Payment) *settlementv1.Payment {
	order := &payment.Order
	wire := &settlementv1.Payment{
		Order: &settlementv1.InstructPayment{
			PaymentId:        order.PaymentID,
			Debtor:           order.Debtor,
			Creditor:         order.Creditor,
			Currency:         order.Currency,
			Exponent:         order.Exponent,
			Amount:           order.Amount.String(),
			CycleId:          order.CycleID,
			ExpiresAtSeconds: order.ExpiresAtSeconds,
		},
		Shares:   fromShares(order.Shares),
		State:    paymentStates[payment.State],
		Recorder: payment.Recorder,
		Sequence: payment.Sequence,
	}
	if evidence := payment.Evidence; evidence != nil {
		wire.Evidence = &settlementv1.Evidence{
			Kind:      evidenceKinds[evidence.Kind],
			Reference: evidence.Reference,
			Amount:    evidence.Amount.String(),
			Currency:  evidence.Currency,
		}
	}
	return wire
}

func cycleSummary(cycle *ledger.Cycle) *settlementv1.Cycle {
	plan := &cycle.Plan
	return &settlementv1.Cycle{
		Proposal: &settlementv1.ProposeCycle{
			CycleId:          plan.CycleID,
			Mode:             fromModes([]ledger.NettingMode{plan.Mode})[0],
			Currency:         plan.Currency,
			Exponent:         plan.Exponent,
			CutOffSeconds:    plan.CutOffSeconds,
			ValueDateSeconds: plan.ValueDateSeconds,
			ExpiresAtSeconds: plan.ExpiresAtSeconds,
			DebtsHash:        plan.DebtsHash,
		},
		State:     cycleStates[cycle.State],
		Gross:     plan.Gross.String(),
		Remaining: plan.Remaining.String(),
		Proposer:  cycle.Proposer,
		Verifier:  cycle.Verifier,
		Sequence:  cycle.Sequence,
	}
}

func fromShares(shares []ledger.Share) []*settlementv1.Share {
	var wire []*settlementv1.Share
	for _, share := range shares {
		wire = append(wire, &settlementv1.Share{Liability: share.Liability, Amount: share.Amount.String()})
	}
	return wire
}

func fromDebt(debtor, creditor []byte, amount *big.Int) *settlementv1.Debt {
	return &settlementv1.Debt{Debtor: debtor, Creditor: creditor, Amount: amount.String()}
}

var paymentStates = map[ledger.PaymentState]settlementv1.PaymentState{
	ledger.PaymentInstructed: settlementv1.PaymentState_PAYMENT_STATE_INSTRUCTED,
	ledger.PaymentPending:    settlementv1.PaymentState_PAYMENT_STATE_PENDING,
	ledger.PaymentFinal:      settlementv1.PaymentState_PAYMENT_STATE_FINAL,
	ledger.PaymentReturned:   settlementv1.PaymentState_PAYMENT_STATE_RETURNED,
	ledger.PaymentExpired:    settlementv1.PaymentState_PAYMENT_STATE_EXPIRED,
}

var disputeStates = map[ledger.DisputeState]settlementv1.DisputeState{
	ledger.DisputeOpen:         settlementv1.DisputeState_DISPUTE_STATE_OPEN,
	ledger.DisputeReleased:     settlementv1.DisputeState_DISPUTE_STATE_RELEASED,
	ledger.DisputeUpheld:       settlementv1.DisputeState_DISPUTE_STATE_UPHELD,
	ledger.DisputePartlyUpheld: settlementv1.DisputeState_DISPUTE_STATE_PARTLY_UPHELD,
	ledger.DisputeLapsed:       settlementv1.DisputeState_DISPUTE_STATE_LAPSED,
}

var cycleStates = map[ledger.CycleState]settlementv1.CycleState{
	ledger.CycleProposed:  settlementv1.CycleState_CYCLE_STATE_PROPOSED,
	ledger.CycleVerified:  settlementv1.CycleState_CYCLE_STATE_VERIFIED,
	ledger.CycleCommitted: settlementv1.CycleState_CYCLE_STATE_COMMITTED,
	ledger.CycleAborted:   settlementv1.CycleState_CYCLE_STATE_ABORTED,
	ledger.CycleExpired:   settlementv1.CycleState_CYCLE_STATE_EXPIRED,
}

var evidenceKinds = map[ledger.EvidenceKind]settlementv1.EvidenceKind{
	ledger.BankStatementEntry: settlementv1.EvidenceKind_EVIDENCE_KIND_BANK_STATEMENT_ENTRY,
	ledger.Transaction:        settlementv1.EvidenceKind_EVIDENCE_KIND_TRANSACTION,
}
