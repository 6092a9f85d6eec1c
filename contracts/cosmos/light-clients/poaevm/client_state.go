package poaevm

import (
	"math"
	"strconv"
	"time"

	"github.com/cosmos/ibc-go/v11/modules/core/exported"
)

// ModuleName is the client type: client ids are "poa-evm-0" and so on.
const ModuleName = "poa-evm"

var (
	_ exported.ClientState    = (*ClientState)(nil)
	_ exported.ConsensusState = (*ConsensusState)(nil)
	_ exported.ClientMessage  = (*Header)(nil)
	_ exported.ClientMessage  = (*Misbehaviour)(nil)
	_ exported.ClientMessage  = (*AuthorityRotation)(nil)
)

// ClientType is ICS-2's name of this kind of client.
func (*ClientState) ClientType() string { return ModuleName }

// Validate refuses a state that no client may have.
func (c *ClientState) Validate() error {
	engine := c.GetAuthority()
	if engine == nil {
		return refuse(BadParameters, "the client state names no seal engine that is known here")
	}
	if err := engine.validate(); err != nil {
		return err
	}
	switch {
	case c.ChainId == 0:
		return refuse(BadParameters, "chain id 0 is no EIP-155 chain id")
	case len(c.Router) != addressBytes || isZero(c.Router):
		return refuse(BadParameters, "the router is not an address of 20 bytes")
	case len(c.CommitmentsSlot) != wordBytes:
		return refuse(BadParameters, "the commitments slot is not 32 bytes long")
	case c.TrustingPeriodSeconds == 0:
		return refuse(BadParameters, "the trusting period must be at least one second")
	case c.LatestHeight == 0:
		return refuse(BadParameters, "a client starts at height 1 or later")
	case c.Generation == math.MaxUint64:
		return refuse(BadParameters, "generation %d can have no successor", c.Generation)
	case len(c.Retired) > maximumRetiredAuthorities:
		return refuse(BadParameters, "more than %d retired sets of authorities", maximumRetiredAuthorities)
	}
	for _, each := range c.Retired {
		if each == nil || len(each.SetHash) != hashBytes || each.LastHeight == 0 {
			return refuse(BadParameters, "a retired set of authorities has no hash of 32 bytes or no last height")
		}
	}
	return nil
}

// sealEngine is the engine of this client, bound to what its seals are bound to.
func (c *ClientState) sealEngine(identity Identity) (SealEngine, error) {
	switch engine := c.Engine.(type) {
	case *ClientState_Authority:
		return authoritySeals{engine: engine.Authority, chainID: c.ChainId, identity: identity}, nil
	default:
		return nil, refuse(BadParameters, "the client state names no seal engine that is known here")
	}
}

// isPast says whether a block of that time is too old to be trusted. Neither sum may overflow.
func (c *ClientState) isPast(timestampSeconds, nowSeconds uint64) bool {
	return c.TrustingPeriodSeconds <= nowSeconds && timestampSeconds <= nowSeconds-c.TrustingPeriodSeconds
}

// isFuture says whether a block of that time is further ahead than the clocks may differ.
func (c *ClientState) isFuture(timestampSeconds, nowSeconds uint64) bool {
	return timestampSeconds > nowSeconds && timestampSeconds-nowSeconds > c.MaxClockDriftSeconds
}

// ClientType is ICS-2's name of this kind of client.
func (*ConsensusState) ClientType() string { return ModuleName }

// GetTimestamp gives nanoseconds, as ICS-2 wants them; what does not fit in 64 bits is the end of time.
func (c *ConsensusState) GetTimestamp() uint64 {
	if c.TimestampSeconds > math.MaxUint64/uint64(time.Second) {
		return math.MaxUint64
	}
	return c.TimestampSeconds * uint64(time.Second)
}

// ValidateBasic refuses a state that no block has.
func (c *ConsensusState) ValidateBasic() error {
	if c.TimestampSeconds == 0 {
		return refuse(BadParameters, "the consensus state has no timestamp")
	}
	for _, each := range [][]byte{c.BlockHash, c.StateRoot, c.StorageRoot} {
		if len(each) != hashBytes {
			return refuse(BadParameters, "a hash of the consensus state is not 32 bytes long")
		}
	}
	return nil
}

// ClientType is ICS-2's name of this kind of client.
func (*Header) ClientType() string { return ModuleName }

// ValidateBasic looks at sizes only: what the RLP says is checked against the client.
func (h *Header) ValidateBasic() error {
	if len(h.HeaderRlp) > maximumEVMHeaderBytes || len(h.Seals) > maximumAuthorities {
		return refuse(Limit, "a header of %d bytes with %d seals", len(h.HeaderRlp), len(h.Seals))
	}
	return checkSizes(h.AccountProof)
}

// ClientType is ICS-2's name of this kind of client.
func (*Misbehaviour) ClientType() string { return ModuleName }

// ValidateBasic demands two headers.
func (m *Misbehaviour) ValidateBasic() error {
	if m.Header_1 == nil || m.Header_2 == nil {
		return refuse(Malformed, "evidence of misbehaviour needs two headers")
	}
	return nil
}

// ClientType is ICS-2's name of this kind of client.
func (*AuthorityRotation) ClientType() string { return ModuleName }

// ValidateBasic demands successors.
func (r *AuthorityRotation) ValidateBasic() error {
	if r.Authorities == nil {
		return refuse(Malformed, "a rotation names no successors")
	}
	return nil
}

// FollowedChainID is the EIP-155 id of the ledger behind the client, in decimal.
func (c *ClientState) FollowedChainID() string { return strconv.FormatUint(c.ChainId, 10) }
