package keeper

import (
	"context"
	"math/big"

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
	var liability *ledger.Liability
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
	return fromLiability(liability), nil
}

// Liabilities in the order of their sequences.
func (q Queries) Liabilities(
	ctx context.Context, request *settlementv1.ListLiabilitiesRequest,
) (*settlementv1.ListLiabilitiesResponse, error) {
	response := &settlementv1.ListLiabilitiesResponse{}
	for _, liability := range q.keeper.book(ctx).Liabilities(request.GetAfterSequence(), listed(request.GetLimit())) {
		response.Liabilities = append(response.Liabilities, fromLiability(&liability))
	}
	return response, nil
}

// Parties in the order of their ids.
func (q Queries) Parties(ctx context.Context, _ *settlementv1.ListPartiesRequest) (*settlementv1.ListPartiesResponse, error) {
	response := &settlementv1.ListPartiesResponse{}
	for _, party := range q.keeper.book(ctx).Parties() {
		response.Parties = append(response.Parties, &settlementv1.Party{
			PartyId: party.PartyID[:], OcpiId: party.OCPIID, Name: party.Name, Lei: party.LEI, VatId: party.VATID,
		})
	}
	return response, nil
}

// Agreements in force.
func (q Queries) Agreements(ctx context.Context, _ *types.QueryAgreementsRequest) (*types.QueryAgreementsResponse, error) {
	response := &types.QueryAgreementsResponse{}
	for _, agreement := range q.keeper.book(ctx).Agreements() {
		wire := &settlementv1.Agreement{
			AgreementId: agreement.AgreementID, Creditor: agreement.Creditor[:], Debtor: agreement.Debtor[:],
			NettingModes: fromModes(agreement.NettingModes),
		}
		for _, terms := range agreement.Currencies {
			wire.Currencies = append(wire.Currencies, &settlementv1.CurrencyLimit{
				Currency: terms.Currency, Exponent: terms.Exponent, OpenLimit: fromLimit(terms.OpenLimit),
			})
		}
		response.Agreements = append(response.Agreements, wire)
	}
	return response, nil
}

// Positions sums up what each party owes and is owed per currency.
func (q Queries) Positions(ctx context.Context, _ *settlementv1.ListPositionsRequest) (*settlementv1.ListPositionsResponse, error) {
	book := q.keeper.book(ctx)
	response := &settlementv1.ListPositionsResponse{}
	for _, total := range totals(book.Positions()) {
		response.Positions = append(response.Positions, &settlementv1.Position{
			PartyId:    total.party[:],
			OcpiId:     book.OCPIID(total.party),
			Currency:   total.currency,
			Exponent:   total.exponent,
			Payable:    total.payable.String(),
			Receivable: total.receivable.String(),
		})
	}
	return response, nil
}

// Head of the log and the cut-off.
func (q Queries) Head(ctx context.Context, _ *types.QueryHeadRequest) (*types.QueryHeadResponse, error) {
	book := q.keeper.book(ctx)
	head := book.Head()
	return &types.QueryHeadResponse{Sequence: head.Sequence, HeadHash: head.Hash[:], CutOffSeconds: book.CutOffSeconds()}, nil
}

// LogEntry in its canonical form.
func (q Queries) LogEntry(ctx context.Context, request *types.QueryLogEntryRequest) (*types.QueryLogEntryResponse, error) {
	event := q.keeper.book(ctx).Entry(request.GetSequence())
	if event == nil {
		return nil, status.Errorf(codes.NotFound, "the log has no entry %d", request.GetSequence())
	}
	return &types.QueryLogEntryResponse{Event: event}, nil
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
	return &types.QueryTrustedClientsResponse{ClientIds: q.keeper.trustedClients(ctx)}, nil
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

func fromLimit(limit *big.Int) string {
	if limit == nil {
		return ""
	}
	return limit.String()
}

func fromLiability(liability *ledger.Liability) *settlementv1.Liability {
	fact, origin := &liability.Fact, &liability.Origin
	contract, issuer := origin.Contract[:], origin.Issuer[:]
	if fact.Kind == 0 {
		// A debt that a hub cycle made has no fact, so nobody issued it.
		contract, issuer = nil, nil
	}
	return &settlementv1.Liability{
		LiabilityId: liability.LiabilityID[:],
		Sequence:    liability.Head.Sequence,
		FactId:      fact.FactID[:],
		FactHash:    liability.FactHash[:],
		Creditor:    fact.Creditor[:],
		Debtor:      fact.Debtor[:],
		Currency:    string(fact.Currency[:]),
		Exponent:    uint32(fact.Exponent),
		Amount:      liability.Amount.String(),
		Open:        liability.Open.String(),
		Netted:      liability.Netted.String(),
		Paid:        liability.Paid.String(),
		Credited:    liability.Credited.String(),
		Held:        liability.Held.String(),
		Kind:        uint32(fact.Kind),
		DueDate:     fact.DueDate,
		Origin: &settlementv1.Origin{
			ChainId:        origin.ChainID.String(),
			Contract:       contract,
			Issuer:         issuer,
			ClientId:       origin.ClientID,
			PacketSequence: origin.PacketSequence,
			Height:         origin.Height,
			Transaction:    origin.Transaction,
		},
		HeadHash:   liability.Head.Hash[:],
		ServiceEnd: fact.ServiceEnd,
	}
}
