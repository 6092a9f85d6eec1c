// Package network sets up and runs all nodes of a settlement chain on one machine: a folder per node, secp256k1 validator
// keys that an EVM contract can check, one genesis. It is for development; the keys lie unencrypted in the folders.
package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	cmtcfg "github.com/cometbft/cometbft/config"
	cmtsecp256k1 "github.com/cometbft/cometbft/crypto/secp256k1"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"interledger.example/simapp/app"
)

// Settings of a new chain.
type Settings struct {
	Home       string
	ChainID    string
	Validators int
	BlockTime  time.Duration
	// BasePort is the first of the ports in use: node i takes ten from BasePort + 10 i (peer, RPC, gRPC).
	BasePort     int
	GasPrices    string
	VotingPeriod time.Duration
	// Operators and Funded are addresses beside the ones that are made here.
	Operators []string
	Funded    []string
}

const (
	maximumValidators = 20
	minimumBlockTime  = 100 * time.Millisecond
	portsPerNode      = 10
	rpcOffset         = 1
	grpcOffset        = 2
	folderMode        = 0o700

	// OperatorKey is the name of the account that may register parties; its key lies in the first node's folder.
	OperatorKey = "operator"
	// ValidatorKey is the name of the account behind each node's stake.
	ValidatorKey = "validator"
)

// node is one validator that is being set up.
type node struct {
	home    string
	config  *cmtcfg.Config
	nodeID  string
	key     cmtsecp256k1.PrivKey
	account sdk.AccAddress
}

// InitCommand makes the folders of a new chain.
func InitCommand(template *app.App) *cobra.Command {
	var settings Settings
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make the folders of a new chain; prints what is where",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			made, err := Init(template, settings)
			if err != nil {
				return err
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(made)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&settings.Home, "network-home", "", "folder for the chain; must not hold one yet")
	flags.StringVar(&settings.ChainID, "network-chain-id", "settlement-1", "chain id, with a revision at its end")
	flags.IntVar(&settings.Validators, "validators", 1, "number of nodes, each with the same power")
	flags.DurationVar(&settings.BlockTime, "block-time", 500*time.Millisecond, "pause between blocks")
	flags.IntVar(&settings.BasePort, "base-port", 26600, "first port; each node takes three of its ten: peer, RPC, gRPC")
	flags.StringVar(&settings.GasPrices, "gas-prices", "0"+app.Denomination, "least price that the nodes take")
	flags.DurationVar(&settings.VotingPeriod, "voting-period", 10*time.Second, "how long a proposal can be voted on")
	flags.StringSliceVar(&settings.Operators, "operator", nil, "further account that may register parties")
	flags.StringSliceVar(&settings.Funded, "fund", nil, "further account that gets coins")
	return cmd
}

// Made says where everything is.
type Made struct {
	ChainID   string   `json:"chain_id"`
	Home      string   `json:"home"`
	Nodes     []string `json:"nodes"`
	RPC       []string `json:"rpc"`
	GRPC      []string `json:"grpc"`
	Operator  string   `json:"operator"`
	Authority string   `json:"authority"`
}

// Init writes keys, configuration and genesis of every node. It refuses a folder that holds a chain.
func Init(template *app.App, settings Settings) (*Made, error) {
	if err := settings.check(); err != nil {
		return nil, err
	}
	made := &Made{ChainID: settings.ChainID, Home: settings.Home, Authority: app.Authority()}
	nodes := make([]*node, 0, settings.Validators)
	for i := range settings.Validators {
		each, err := newNode(template, settings, i)
		if err != nil {
			return nil, fmt.Errorf("node %d: %w", i, err)
		}
		nodes = append(nodes, each)
		made.Nodes = append(made.Nodes, each.home)
		made.RPC = append(made.RPC, fmt.Sprintf("http://127.0.0.1:%d", settings.port(i, rpcOffset)))
		made.GRPC = append(made.GRPC, fmt.Sprintf("127.0.0.1:%d", settings.port(i, grpcOffset)))
	}
	operator, err := newAccount(template, nodes[0].home, OperatorKey)
	if err != nil {
		return nil, err
	}
	made.Operator = operator.String()
	genesis, err := newGenesis(template, settings, nodes, operator)
	if err != nil {
		return nil, err
	}
	for i, each := range nodes {
		each.config.P2P.PersistentPeers = strings.Join(peersOf(settings, nodes, i), ",")
		cmtcfg.WriteConfigFile(filepath.Join(each.home, "config", "config.toml"), each.config)
		if err := genesis.SaveAs(each.config.GenesisFile()); err != nil {
			return nil, err
		}
	}
	return made, nil
}

func (s Settings) port(index, offset int) int { return s.BasePort + portsPerNode*index + offset }

func (s Settings) check() error {
	if s.Home == "" {
		return errors.New("--network-home is missing")
	}
	if _, err := os.Stat(nodeHome(s.Home, 0)); err == nil {
		return fmt.Errorf("%s holds a chain already; run it, or remove the folder first", s.Home)
	}
	if s.Validators < 1 || s.Validators > maximumValidators {
		return fmt.Errorf("%d validators; expected 1 to %d", s.Validators, maximumValidators)
	}
	if s.BlockTime < minimumBlockTime {
		return fmt.Errorf("block time %s; expected at least %s", s.BlockTime, minimumBlockTime)
	}
	if s.VotingPeriod < 2*time.Second {
		return fmt.Errorf("voting period %s; expected at least 2s", s.VotingPeriod)
	}
	return nil
}

func nodeHome(home string, index int) string {
	return filepath.Join(home, fmt.Sprintf("node%d", index))
}

// newNode writes the keys before anything else: the SDK's own init would make an ed25519 key where there is none.
func newNode(template *app.App, settings Settings, index int) (*node, error) {
	home := nodeHome(settings.Home, index)
	for _, folder := range []string{"config", "data"} {
		if err := os.MkdirAll(filepath.Join(home, folder), folderMode); err != nil {
			return nil, err
		}
	}
	cfg := nodeConfig(settings, index)
	cfg.SetRoot(home)
	key := cmtsecp256k1.GenPrivKey()
	privval.NewFilePV(key, cfg.PrivValidatorKeyFile(), cfg.PrivValidatorStateFile()).Save()
	nodeKey, err := p2p.LoadOrGenNodeKey(cfg.NodeKeyFile())
	if err != nil {
		return nil, err
	}
	account, err := newAccount(template, home, ValidatorKey)
	if err != nil {
		return nil, err
	}
	writeAppConfig(settings, home, index)
	return &node{home: home, config: cfg, nodeID: string(nodeKey.ID()), key: key, account: account}, nil
}

// nodeConfig binds everything to this machine and lets the chain run at the wanted pace.
func nodeConfig(settings Settings, index int) *cmtcfg.Config {
	cfg := cmtcfg.DefaultConfig()
	cfg.Moniker = fmt.Sprintf("node%d", index)
	cfg.RPC.ListenAddress = fmt.Sprintf("tcp://127.0.0.1:%d", settings.port(index, rpcOffset))
	cfg.RPC.PprofListenAddress = ""
	cfg.P2P.ListenAddress = fmt.Sprintf("tcp://127.0.0.1:%d", settings.port(index, 0))
	cfg.P2P.AllowDuplicateIP = true
	cfg.P2P.AddrBookStrict = false
	cfg.Consensus.TimeoutCommit = settings.BlockTime
	cfg.Consensus.TimeoutPropose = time.Second
	cfg.Consensus.TimeoutProposeDelta = 200 * time.Millisecond
	cfg.Consensus.TimeoutPrevote = 500 * time.Millisecond
	cfg.Consensus.TimeoutPrecommit = 500 * time.Millisecond
	cfg.Mempool.MaxTxBytes = 4 << 20
	return cfg
}

// queryGasLimit bounds what one query reads: a node answers queries and makes blocks under one lock.
const queryGasLimit = 300_000_000

func writeAppConfig(settings Settings, home string, index int) {
	cfg := serverconfig.DefaultConfig()
	cfg.MinGasPrices = settings.GasPrices
	cfg.QueryGasLimit = queryGasLimit
	cfg.API.Enable = false
	cfg.GRPC.Enable = true
	cfg.GRPC.Address = fmt.Sprintf("127.0.0.1:%d", settings.port(index, grpcOffset))
	cfg.GRPCWeb.Enable = false
	serverconfig.SetConfigTemplate(serverconfig.DefaultConfigTemplate)
	serverconfig.WriteConfigFile(filepath.Join(home, "config", "app.toml"), cfg)
}

// newAccount makes a key in a folder's unencrypted keyring.
func newAccount(template *app.App, home, name string) (sdk.AccAddress, error) {
	ring, err := keyring.New(app.Name, keyring.BackendTest, home, nil, template.AppCodec())
	if err != nil {
		return nil, err
	}
	record, _, err := ring.NewMnemonic(name, keyring.English, sdk.FullFundraiserPath, keyring.DefaultBIP39Passphrase, hd.Secp256k1)
	if err != nil {
		return nil, err
	}
	return record.GetAddress()
}

func peersOf(settings Settings, nodes []*node, index int) []string {
	var peers []string
	for i, each := range nodes {
		if i != index {
			peers = append(peers, fmt.Sprintf("%s@127.0.0.1:%d", each.nodeID, settings.port(i, 0)))
		}
	}
	return peers
}
