package network

import (
	"encoding/json"
	"time"

	sdkmath "cosmossdk.io/math"

	cmttypes "github.com/cometbft/cometbft/types"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	settlementtypes "interledger.example/cosmos/x/settlement/types"
	"interledger.example/simapp/app"
)

const (
	// coinsPerAccount is what each account starts with, beside what a validator has staked.
	coinsPerAccount = 1_000_000_000_000
	// powerPerValidator is far above one, so that sets of other powers can be made by staking more.
	powerPerValidator = 1000
	// maximumBlockBytes leaves room for batches of packets with proofs.
	maximumBlockBytes = 8 << 20
)

// newGenesis has the validators bonded from the start, so that no genesis transactions are needed.
func newGenesis(template *app.App, settings Settings, nodes []*node, operator sdk.AccAddress) (*genutiltypes.AppGenesis, error) {
	cdc := template.AppCodec()
	state := template.DefaultGenesis()
	staking, err := newStaking(nodes)
	if err != nil {
		return nil, err
	}
	accounts := []sdk.AccAddress{operator}
	for _, each := range nodes {
		accounts = append(accounts, each.account)
	}
	for _, text := range settings.Funded {
		account, err := sdk.AccAddressFromBech32(text)
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, account)
	}
	auth, bank := newAccounts(accounts, len(nodes))
	governance := govv1.DefaultGenesisState()
	expedited := settings.VotingPeriod / 2
	governance.Params.VotingPeriod = &settings.VotingPeriod
	governance.Params.ExpeditedVotingPeriod = &expedited
	settlement := &settlementtypes.GenesisState{Operators: append([]string{operator.String()}, settings.Operators...)}
	if _, err := settlementtypes.DecodeOperators(template.AccountKeeper.AddressCodec(), settlement.Operators); err != nil {
		return nil, err
	}

	state[stakingtypes.ModuleName] = cdc.MustMarshalJSON(staking)
	state[authtypes.ModuleName] = cdc.MustMarshalJSON(auth)
	state[banktypes.ModuleName] = cdc.MustMarshalJSON(bank)
	state[govtypes.ModuleName] = cdc.MustMarshalJSON(governance)
	state[settlementtypes.ModuleName] = cdc.MustMarshalJSON(settlement)
	raw, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return nil, err
	}
	genesis := genutiltypes.NewAppGenesisWithVersion(settings.ChainID, raw)
	genesis.GenesisTime = time.Now().UTC()
	params := cmttypes.DefaultConsensusParams()
	params.Validator.PubKeyTypes = []string{cmttypes.ABCIPubKeyTypeSecp256k1}
	params.Block.MaxBytes = maximumBlockBytes
	genesis.Consensus = &genutiltypes.ConsensusGenesis{Params: params}
	return genesis, genesis.ValidateAndComplete()
}

func newStaking(nodes []*node) (*stakingtypes.GenesisState, error) {
	staking := stakingtypes.DefaultGenesisState()
	staking.Params.BondDenom = app.Denomination
	for _, each := range nodes {
		key, err := cryptocodec.FromCmtPubKeyInterface(each.key.PubKey())
		if err != nil {
			return nil, err
		}
		packed, err := codectypes.NewAnyWithValue(key)
		if err != nil {
			return nil, err
		}
		operator := sdk.ValAddress(each.account).String()
		staking.Validators = append(staking.Validators, stakingtypes.Validator{
			OperatorAddress:   operator,
			ConsensusPubkey:   packed,
			Status:            stakingtypes.Bonded,
			Tokens:            stakePerValidator(),
			DelegatorShares:   sdkmath.LegacyNewDecFromInt(stakePerValidator()),
			Description:       stakingtypes.Description{Moniker: each.config.Moniker},
			Commission:        stakingtypes.NewCommission(sdkmath.LegacyZeroDec(), sdkmath.LegacyZeroDec(), sdkmath.LegacyZeroDec()),
			MinSelfDelegation: sdkmath.OneInt(),
		})
		staking.Delegations = append(staking.Delegations, stakingtypes.NewDelegation(
			each.account.String(), operator, sdkmath.LegacyNewDecFromInt(stakePerValidator()),
		))
	}
	return staking, nil
}

func newAccounts(addresses []sdk.AccAddress, validators int) (*authtypes.GenesisState, *banktypes.GenesisState) {
	var accounts authtypes.GenesisAccounts
	pool := authtypes.NewModuleAddress(stakingtypes.BondedPoolName)
	balances := []banktypes.Balance{{
		Address: pool.String(),
		Coins:   sdk.NewCoins(sdk.NewCoin(app.Denomination, stakePerValidator().MulRaw(int64(validators)))),
	}}
	for i, address := range addresses {
		accounts = append(accounts, authtypes.NewBaseAccount(address, nil, uint64(i), 0))
		balances = append(balances, banktypes.Balance{
			Address: address.String(), Coins: sdk.NewCoins(sdk.NewInt64Coin(app.Denomination, coinsPerAccount)),
		})
	}
	bank := banktypes.DefaultGenesisState()
	bank.Balances = banktypes.SanitizeGenesisBalances(balances)
	return authtypes.NewGenesisState(authtypes.DefaultParams(), accounts), bank
}

func stakePerValidator() sdkmath.Int {
	return sdk.TokensFromConsensusPower(powerPerValidator, sdk.DefaultPowerReduction)
}
