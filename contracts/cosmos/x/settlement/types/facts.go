package types

import (
	sdk "github.com/cosmos/cosmos-sdk/types"

	"interledger.example/cosmos/x/settlement/ledger"
)

var _ sdk.HasValidateBasic = (*MsgRecordFacts)(nil)

// ValidateBasic refuses what no state of the chain would take, before it costs anything.
func (m *MsgRecordFacts) ValidateBasic() error { return ledger.CheckRecord(m.Request) }
