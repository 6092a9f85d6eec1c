package facts

import (
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ethereum/go-ethereum/crypto"
)

func hashed(text string) Hash { return crypto.Keccak256Hash([]byte(text)) }

func signedExample() *Signed {
	return &Signed{
		Way: "pushed", ChainID: big.NewInt(1337), Contract: SystemContract("booking"), System: "booking", Rules: hashed("rules"),
		FactHashes: []Hash{hashed("first"), hashed("second")}, ObjectIDs: []string{"booking 1", ""},
	}
}

// What eth_account made of the example with the key keccak256("issuer").
const (
	exampleDigest    = "916634a8845965788837c5eca1db5dce0f84e8dca344ea3568826f1ce67bbb22"
	exampleIssuer    = "7ce2157fa69f6fd9a31f9e973b45c191ab43001d"
	exampleSignature = "a38d38c7c7f8fe553147c6b1dced89bccccd3f1a4a9cb45b80828428aad33abf" +
		"4b35841a523279a0f4bdb43abed130c2b60ea052c86fff1aadae227af44ee4231c"
)

func exampleLedger() []byte { return LedgerIdentity(hashed("first block"), "settlement-1") }

func unhexed(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	return raw
}

func TestADigestIsThatOfAnotherImplementation(t *testing.T) {
	digest := SigningDigest(exampleLedger(), signedExample())
	require.Equal(t, exampleDigest, hex.EncodeToString(digest[:]))
	issuer, err := RecoverIssuer(digest, unhexed(t, exampleSignature))
	require.NoError(t, err)
	require.Equal(t, exampleIssuer, hex.EncodeToString(issuer[:]))
}

func TestADigestBindsTheLedgerAndEveryField(t *testing.T) {
	seen := map[Hash]string{SigningDigest(exampleLedger(), signedExample()): "the example"}
	note := func(name string, digest Hash) {
		require.NotContains(t, seen, digest, name)
		seen[digest] = name
	}
	for name, change := range map[string]func(*Signed){
		"way":        func(s *Signed) { s.Way = "pulled" },
		"chain id":   func(s *Signed) { s.ChainID = big.NewInt(1) },
		"contract":   func(s *Signed) { s.Contract[0] ^= 1 },
		"system":     func(s *Signed) { s.System = "" },
		"rules":      func(s *Signed) { s.Rules = Hash{} },
		"fewer":      func(s *Signed) { s.FactHashes = s.FactHashes[:1] },
		"order":      func(s *Signed) { s.FactHashes[0], s.FactHashes[1] = s.FactHashes[1], s.FactHashes[0] },
		"object ids": func(s *Signed) { s.ObjectIDs[0], s.ObjectIDs[1] = s.ObjectIDs[1], s.ObjectIDs[0] },
		"no ids":     func(s *Signed) { s.ObjectIDs = nil },
	} {
		changed := signedExample()
		change(changed)
		note(name, SigningDigest(exampleLedger(), changed))
	}
	note("another first block", SigningDigest(LedgerIdentity(hashed("other"), "settlement-1"), signedExample()))
	note("another chain id", SigningDigest(LedgerIdentity(hashed("first block"), "settlement-2"), signedExample()))
}

func TestOnlyOneFormOfASignatureIsTaken(t *testing.T) {
	digest := SigningDigest(exampleLedger(), signedExample())
	good := unhexed(t, exampleSignature)
	order := crypto.S256().Params().N
	for name, change := range map[string]func(raw []byte) []byte{
		"nothing":     func([]byte) []byte { return nil },
		"64 bytes":    func(raw []byte) []byte { return raw[:64] },
		"66 bytes":    func(raw []byte) []byte { return append(raw, 0) },
		"v 0":         func(raw []byte) []byte { raw[64] = 0; return raw },
		"v 29":        func(raw []byte) []byte { raw[64] = 29; return raw },
		"zero r":      func(raw []byte) []byte { clear(raw[:32]); return raw },
		"zero s":      func(raw []byte) []byte { clear(raw[32:64]); return raw },
		"r too large": func(raw []byte) []byte { order.FillBytes(raw[:32]); return raw },
		"high s": func(raw []byte) []byte {
			s := new(big.Int).SetBytes(raw[32:64])
			s.Sub(order, s).FillBytes(raw[32:64])
			raw[64] = 27 + 28 - raw[64]
			return raw
		},
	} {
		_, err := RecoverIssuer(digest, change(append([]byte{}, good...)))
		require.Error(t, err, name)
	}
	twin := append([]byte{}, good...)
	twin[64] = 27 + 28 - twin[64]
	other, err := RecoverIssuer(digest, twin)
	require.True(t, err != nil || hex.EncodeToString(other[:]) != exampleIssuer)
}
