package keeper

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/ledger"
)

// Netting tells whoever will propose a cycle what it would be about now.
func (q Queries) Netting(
	ctx context.Context, request *settlementv1.GetNettingRequest,
) (*settlementv1.GetNettingResponse, error) {
	mode := ledger.ModeCycle
	if request.GetMode() != settlementv1.NettingMode_NETTING_MODE_UNSPECIFIED {
		modes, err := toModes([]settlementv1.NettingMode{request.Mode})
		if err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		mode = modes[0]
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
	response := &settlementv1.GetNettingResponse{Liabilities: found.Liabilities, RunningCycleId: found.RunningCycleID}
	for _, debt := range found.Debts {
		response.Debts = append(response.Debts, fromDebt(debt.Debtor[:], debt.Creditor[:], debt.Amount))
	}
	for _, party := range found.Consenting {
		response.Consenting = append(response.Consenting, party[:])
	}
	return response, nil
}

// Statement of one party in one unit and period.
func (q Queries) Statement(ctx context.Context, request *settlementv1.GetStatementRequest) (*settlementv1.Statement, error) {
	party, err := toQueriedHash(request.GetPartyId())
	if err != nil {
		return nil, err
	}
	unit := ledger.Unit{Currency: request.Currency, Exponent: request.Exponent}
	statement := q.keeper.book(ctx).Statement(party, unit, request.SinceSeconds, request.UntilSeconds)
	response := &settlementv1.Statement{
		Of: request, Payable: fromTotals(&statement.Payable), Receivable: fromTotals(&statement.Receivable),
	}
	for _, line := range statement.Lines {
		response.Lines = append(response.Lines, &settlementv1.StatementLine{
			Sequence:     line.Sequence,
			AtSeconds:    line.AtSeconds,
			Side:         sides[line.Side],
			Kind:         lineKinds[line.Kind],
			Counterparty: line.Counterparty[:],
			FactId:       line.FactID[:],
			Amount:       line.Amount.String(),
		})
	}
	return response, nil
}

func fromTotals(totals *ledger.StatementTotals) *settlementv1.StatementTotals {
	return &settlementv1.StatementTotals{
		Opening:  totals.Opening.String(),
		Facts:    totals.Facts.String(),
		Novated:  totals.Novated.String(),
		Netted:   totals.Netted.String(),
		Paid:     totals.Paid.String(),
		Credited: totals.Credited.String(),
	}
}

var sides = map[ledger.Side]settlementv1.StatementSide{
	ledger.SidePayable:    settlementv1.StatementSide_STATEMENT_SIDE_PAYABLE,
	ledger.SideReceivable: settlementv1.StatementSide_STATEMENT_SIDE_RECEIVABLE,
}

var lineKinds = map[ledger.LineKind]settlementv1.StatementLineKind{
	ledger.LineFact:     settlementv1.StatementLineKind_STATEMENT_LINE_KIND_FACT,
	ledger.LineNovated:  settlementv1.StatementLineKind_STATEMENT_LINE_KIND_NOVATED,
	ledger.LineNetted:   settlementv1.StatementLineKind_STATEMENT_LINE_KIND_NETTED,
	ledger.LinePaid:     settlementv1.StatementLineKind_STATEMENT_LINE_KIND_PAID,
	ledger.LineReturned: settlementv1.StatementLineKind_STATEMENT_LINE_KIND_RETURNED,
	ledger.LineCredited: settlementv1.StatementLineKind_STATEMENT_LINE_KIND_CREDITED,
}
