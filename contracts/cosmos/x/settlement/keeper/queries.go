package keeper

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

// Queries serves the gRPC queries.
type Queries struct {
	keeper Keeper
}

var _ types.QueryServer = Queries{}

// NewQueries reads from the keeper's store.
func NewQueries(keeper Keeper) Queries { return Queries{keeper: keeper} }

// Liability by its own id or by fact id.
func (q Queries) Liability(ctx context.Context, request *settlementv1.GetLiabilityRequest) (*settlementv1.Liability, error) {
	var liability *settlementv1.Liability
	switch by := request.GetKey().(type) {
	case *settlementv1.GetLiabilityRequest_LiabilityId:
		liabilityID, err := toQueriedHash(by.LiabilityId)
		if err != nil {
			return nil, err
		}
		liability = q.keeper.book(ctx).Liability(liabilityID)
	case *settlementv1.GetLiabilityRequest_FactId:
		factID, err := toQueriedHash(by.FactId)
		if err != nil {
			return nil, err
		}
		liability = q.keeper.book(ctx).LiabilityOfFact(factID)
	default:
		return nil, status.Error(codes.InvalidArgument, "name a liability id or a fact id")
	}
	if liability == nil {
		return nil, status.Error(codes.NotFound, "no such liability is recorded")
	}
	return liability, nil
}

// Liabilities in the order of their sequences.
func (q Queries) Liabilities(
	ctx context.Context, request *settlementv1.ListLiabilitiesRequest,
) (*settlementv1.ListLiabilitiesResponse, error) {
	liabilities := q.keeper.book(ctx).Liabilities(request.GetAfterSequence(), listed(request.GetLimit()))
	return &settlementv1.ListLiabilitiesResponse{Liabilities: liabilities}, nil
}

// Parties in the order of their ids.
func (q Queries) Parties(ctx context.Context, _ *settlementv1.ListPartiesRequest) (*settlementv1.ListPartiesResponse, error) {
	return &settlementv1.ListPartiesResponse{Parties: q.keeper.book(ctx).Parties()}, nil
}

// Agreements in force, in the order of their ids.
func (q Queries) Agreements(
	ctx context.Context, _ *settlementv1.ListAgreementsRequest,
) (*settlementv1.ListAgreementsResponse, error) {
	return &settlementv1.ListAgreementsResponse{Agreements: q.keeper.book(ctx).Agreements()}, nil
}

// Issuers, mandates and contracts whose facts may be proven, those that have ended among them.
func (q Queries) Issuers(ctx context.Context, _ *settlementv1.ListIssuersRequest) (*settlementv1.ListIssuersResponse, error) {
	book := q.keeper.book(ctx)
	return &settlementv1.ListIssuersResponse{Issuers: book.Issuers(), Mandates: book.Mandates(), Contracts: book.Contracts()}, nil
}

// Consent that a party last gave or withdrew.
func (q Queries) Consent(ctx context.Context, request *settlementv1.GetConsentRequest) (*settlementv1.ConsentInForce, error) {
	party, err := toQueriedHash(request.GetPartyId())
	if err != nil {
		return nil, err
	}
	consent := q.keeper.book(ctx).Consent(party)
	if consent == nil {
		return nil, status.Error(codes.NotFound, "the party has said nothing about novation")
	}
	return consent, nil
}

// Positions sums up what each party owes and is owed per currency.
func (q Queries) Positions(ctx context.Context, _ *settlementv1.ListPositionsRequest) (*settlementv1.ListPositionsResponse, error) {
	return &settlementv1.ListPositionsResponse{Positions: q.keeper.book(ctx).Positions()}, nil
}

// Payment by its id.
func (q Queries) Payment(ctx context.Context, request *settlementv1.GetPaymentRequest) (*settlementv1.Payment, error) {
	payment := q.keeper.book(ctx).Payment(request.GetPaymentId())
	if payment == nil {
		return nil, status.Error(codes.NotFound, "there is no payment with this id")
	}
	return payment, nil
}

// Payments in the order of their ids.
func (q Queries) Payments(
	ctx context.Context, request *settlementv1.ListPaymentsRequest,
) (*settlementv1.ListPaymentsResponse, error) {
	payments := q.keeper.book(ctx).Payments(request.GetAfterId(), listed(request.GetLimit()))
	return &settlementv1.ListPaymentsResponse{Payments: payments}, nil
}

// Disputes in the order of their ids.
func (q Queries) Disputes(
	ctx context.Context, request *settlementv1.ListDisputesRequest,
) (*settlementv1.ListDisputesResponse, error) {
	disputes := q.keeper.book(ctx).Disputes(request.GetAfterId(), listed(request.GetLimit()))
	return &settlementv1.ListDisputesResponse{Disputes: disputes}, nil
}

// Cycle with its proof, debts and shares.
func (q Queries) Cycle(ctx context.Context, request *settlementv1.GetCycleRequest) (*settlementv1.Cycle, error) {
	cycle := q.keeper.book(ctx).Cycle(request.GetCycleId())
	if cycle == nil {
		return nil, status.Error(codes.NotFound, "there is no cycle with this id")
	}
	return cycle, nil
}

// Cycles in the order of their ids, without proofs, debts and shares.
func (q Queries) Cycles(ctx context.Context, request *settlementv1.ListCyclesRequest) (*settlementv1.ListCyclesResponse, error) {
	cycles := q.keeper.book(ctx).Cycles(request.GetAfterId(), listed(request.GetLimit()))
	for _, cycle := range cycles {
		plan := cycle.Plan
		plan.Parties, plan.Debts, plan.Proof, plan.Shares, plan.Novated = nil, nil, nil, nil, nil
	}
	return &settlementv1.ListCyclesResponse{Cycles: cycles}, nil
}

// Netting is what a cycle with this scope would be about now.
func (q Queries) Netting(
	ctx context.Context, request *settlementv1.GetNettingRequest,
) (*settlementv1.GetNettingResponse, error) {
	mode := request.GetMode()
	if mode == settlementv1.NettingMode_NETTING_MODE_UNSPECIFIED {
		mode = settlementv1.NettingMode_NETTING_MODE_CYCLE
	}
	if settlementv1.NettingMode_name[int32(mode)] == "" {
		return nil, status.Errorf(codes.InvalidArgument, "netting mode %d is not one of this version", mode)
	}
	found, err := q.keeper.book(ctx).Netting(ledger.Scope{
		Unit:             ledger.Unit{Currency: request.GetCurrency(), Exponent: request.GetExponent()},
		CutOffSeconds:    request.GetCutOffSeconds(),
		ValueDateSeconds: request.GetValueDateSeconds(),
		Mode:             mode,
	})
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return found, nil
}

// Statement of one party in one unit and period.
func (q Queries) Statement(ctx context.Context, request *settlementv1.GetStatementRequest) (*settlementv1.Statement, error) {
	party, err := toQueriedHash(request.GetPartyId())
	if err != nil {
		return nil, err
	}
	unit := ledger.Unit{Currency: request.Currency, Exponent: request.Exponent}
	period := ledger.Period{SinceSeconds: request.SinceSeconds, UntilSeconds: request.UntilSeconds}
	return q.keeper.book(ctx).Statement(party, unit, period), nil
}

// WaitingNews of liabilities that no contract ledger has taken yet.
func (q Queries) WaitingNews(
	ctx context.Context, request *settlementv1.ListWaitingNewsRequest,
) (*settlementv1.ListWaitingNewsResponse, error) {
	news := q.keeper.waitingNews(ctx, request.GetAfterClientId(), request.GetAfterFactId(), listed(request.GetLimit()))
	return &settlementv1.ListWaitingNewsResponse{News: news}, nil
}

// NewsAnswer is what the contract ledger made of a packet of news.
func (q Queries) NewsAnswer(ctx context.Context, request *types.QueryNewsAnswerRequest) (*types.QueryNewsAnswerResponse, error) {
	answer := q.keeper.answer(ctx, request.GetClientId(), request.GetPacketSequence())
	if answer == nil {
		return nil, status.Error(codes.NotFound, "that packet of news has no answer yet")
	}
	return &types.QueryNewsAnswerResponse{Acknowledgement: answer}, nil
}

// Head of the log and the cut-off.
func (q Queries) Head(ctx context.Context, _ *types.QueryHeadRequest) (*types.QueryHeadResponse, error) {
	book := q.keeper.book(ctx)
	return &types.QueryHeadResponse{Head: book.Head().Message(), CutOffSeconds: book.CutOffSeconds()}, nil
}

// LogEntry in its canonical form.
func (q Queries) LogEntry(ctx context.Context, request *types.QueryLogEntryRequest) (*types.QueryLogEntryResponse, error) {
	entry := q.keeper.book(ctx).Entry(request.GetSequence())
	if entry == nil {
		return nil, status.Errorf(codes.NotFound, "the log has no entry %d", request.GetSequence())
	}
	return &types.QueryLogEntryResponse{Entry: entry}, nil
}

// Identity is what an issuer's signature binds, so that it counts on this chain alone.
func (q Queries) Identity(ctx context.Context, _ *settlementv1.GetIdentityRequest) (*settlementv1.GetIdentityResponse, error) {
	identity, err := q.keeper.identity(ctx)
	if err != nil {
		return nil, status.Error(codes.NotFound, err.Error())
	}
	return &settlementv1.GetIdentityResponse{Identity: identity}, nil
}

// Operators as addresses of the chain.
func (q Queries) Operators(ctx context.Context, _ *types.QueryOperatorsRequest) (*types.QueryOperatorsResponse, error) {
	operators, err := q.keeper.operatorTexts(ctx)
	if err != nil {
		return nil, err
	}
	return &types.QueryOperatorsResponse{Operators: operators}, nil
}

// BoundAccounts in the order of their bytes.
func (q Queries) BoundAccounts(
	ctx context.Context, request *types.QueryBoundAccountsRequest,
) (*types.QueryBoundAccountsResponse, error) {
	var after []byte
	if request.GetAfterAccount() != "" {
		account, err := q.keeper.account("after account", request.AfterAccount)
		if err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		after = account
	}
	bindings, err := q.keeper.bindings(ctx, after, listed(request.GetLimit()))
	if err != nil {
		return nil, err
	}
	return &types.QueryBoundAccountsResponse{Bindings: bindings}, nil
}

// TrustedClients in their order.
func (q Queries) TrustedClients(
	ctx context.Context, _ *types.QueryTrustedClientsRequest,
) (*types.QueryTrustedClientsResponse, error) {
	return &types.QueryTrustedClientsResponse{Clients: q.keeper.trustedClients(ctx)}, nil
}

// BoundPort of a client; this application's own for one that is bound to none.
func (q Queries) BoundPort(ctx context.Context, request *types.QueryBoundPortRequest) (*types.QueryBoundPortResponse, error) {
	clientID := request.GetClientId()
	isBound := q.keeper.store(ctx).Has(portKey(clientID))
	return &types.QueryBoundPortResponse{Port: q.keeper.PortOf(ctx, clientID), IsBound: isBound}, nil
}

// listed is how many a list may have: what was asked for, or all that is allowed.
func listed(asked uint32) int {
	if asked == 0 || asked > maximumListed {
		return maximumListed
	}
	return int(asked)
}

func toQueriedHash(raw []byte) (facts.Hash, error) {
	hash, err := toHash("id", raw)
	if err != nil {
		return hash, status.Error(codes.InvalidArgument, err.Error())
	}
	return hash, nil
}
