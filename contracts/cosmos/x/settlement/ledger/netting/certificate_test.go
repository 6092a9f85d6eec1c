package netting

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

type certificateCase struct {
	Debts        [][3]string `json:"debts"`
	Digest       string      `json:"digest"`
	Bilateral    []string    `json:"bilateral"`
	Hub          [][3]string `json:"hub"`
	Certificates [][2]string `json:"certificates"`
	// Published is there for the demo's network alone: what is still owed, and the number of debts.
	Published map[string][2]any `json:"published"`
}

// names of the codes in the case file.
var names = map[Code]string{
	CertificateMalformed:    "CERTIFICATE_MALFORMED",
	CertificateOfOtherDebts: "CERTIFICATE_OF_OTHER_DEBTS",
	RemainderOutOfRange:     "REMAINDER_OUT_OF_RANGE",
	PositionChanged:         "POSITION_CHANGED",
	PotentialOutOfRange:     "POTENTIAL_OUT_OF_RANGE",
	NotOptimal:              "NOT_OPTIMAL",
}

func loadCertificates(t *testing.T) []certificateCase {
	t.Helper()
	// Go remembers results by this, because the file lies outside of the module: see devnet/run_go_tests.py.
	_ = os.Getenv("INTERLEDGER_SHARED_FILES")
	raw, err := os.ReadFile("../../../../../../tests/cases/settlement/certificates.json")
	require.NoError(t, err)
	var cases []certificateCase
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.NotEmpty(t, cases)
	return cases
}

func TestSharedCertificatesGetTheSameVerdicts(t *testing.T) {
	for _, each := range loadCertificates(t) {
		network := networkOf(t, each.Debts)
		digest := network.Digest()
		require.Equal(t, each.Digest, hex.EncodeToString(digest[:]))
		for _, row := range each.Certificates {
			verdict := verdictOn(t, network, row[0])
			require.Equal(t, row[1], verdict)
		}
		require.Empty(t, each.Certificates[0][1])
	}
}

func TestSharedNetworksAreSetOffTheSame(t *testing.T) {
	everyone := func(Party) bool { return true }
	for _, each := range loadCertificates(t) {
		network := networkOf(t, each.Debts)
		for i, rest := range Bilateral(network) {
			require.Equal(t, each.Bilateral[i], rest.String())
		}
		payments, err := Hub(network, everyone)
		require.NoError(t, err)
		require.Equal(t, rowsOf(t, each.Hub), payments)
		for _, absent := range network.Parties {
			_, err := Hub(network, func(party Party) bool { return party != absent })
			requireRefused(t, ConsentMissing, err)
		}
	}
}

func TestThePublishedFiguresCome(t *testing.T) {
	cases := loadCertificates(t)
	demo := cases[len(cases)-1]
	network := networkOf(t, demo.Debts)
	certificate := certificateOf(t, demo.Certificates[0][0])
	require.NoError(t, Check(network, certificate))
	payments, err := Hub(network, func(Party) bool { return true })
	require.NoError(t, err)
	var paid []*big.Int
	for _, payment := range payments {
		paid = append(paid, payment.Amount)
	}
	for mode, owed := range map[string][]*big.Int{
		"gross": network.Amounts(), "bilateral": Bilateral(network), "cycle": certificate.Remainder, "hub": paid,
	} {
		sum, count := new(big.Int), 0
		for _, amount := range owed {
			sum.Add(sum, amount)
			count += amount.Sign()
		}
		require.Equal(t, demo.Published[mode], [2]any{sum.String(), float64(count)}, mode)
	}
}

func TestEveryChangeOfOneArcIsRefused(t *testing.T) {
	for _, each := range loadCertificates(t) {
		network := networkOf(t, each.Debts)
		for i := range network.Debts {
			for _, change := range []int64{-1, 1} {
				certificate := certificateOf(t, each.Certificates[0][0])
				certificate.Remainder[i].Add(certificate.Remainder[i], big.NewInt(change))
				if certificate.Remainder[i].Sign() >= 0 {
					require.Error(t, Check(network, certificate))
				}
			}
		}
	}
}

func TestPotentialsDoNotProveAnotherRemainder(t *testing.T) {
	for _, each := range loadCertificates(t) {
		network := networkOf(t, each.Debts)
		certificate := certificateOf(t, each.Certificates[0][0])
		untouched := network.Amounts()
		isOptimal := true
		for i := range untouched {
			isOptimal = isOptimal && untouched[i].Cmp(certificate.Remainder[i]) == 0
		}
		if !isOptimal {
			certificate.Remainder = untouched
			requireRefused(t, NotOptimal, Check(network, certificate))
		}
	}
}

func TestACertificateWithAnyByteMissingOrAddedIsMalformed(t *testing.T) {
	for _, each := range loadCertificates(t)[:3] {
		raw, err := hex.DecodeString(each.Certificates[0][0])
		require.NoError(t, err)
		for length := range raw {
			_, err := DecodeCertificate(raw[:length])
			requireRefused(t, CertificateMalformed, err)
		}
		_, err = DecodeCertificate(append(raw, 0))
		requireRefused(t, CertificateMalformed, err)
	}
}

func TestCountsThatPromiseMoreThanThereIsTakeNoMemory(t *testing.T) {
	raw := append([]byte(certificateDomain), make([]byte, hashBytes)...)
	for _, counts := range [][]byte{
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0, 2, 0, 1, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0x10, 0, 1},
		{0, 2, 0, 0, 0, 0x10, 0, 0},
	} {
		_, err := DecodeCertificate(append(append([]byte{}, raw...), counts...))
		requireRefused(t, CertificateMalformed, err)
	}
}

func TestOnlyPartiesWithADebtOrAClaimAreInTheNetwork(t *testing.T) {
	network, err := NewNetwork("EUR", 2, []Row{
		{Debtor: Party{3}, Creditor: Party{7}, Amount: big.NewInt(1)}, {Debtor: Party{5}, Creditor: Party{3}, Amount: big.NewInt(1)},
	})
	require.NoError(t, err)
	require.Equal(t, []Party{{3}, {5}, {7}}, network.Parties)
	for number := range byte(9) {
		require.Equal(t, number == 3 || number == 5 || number == 7, network.Has(Party{number}))
	}
}

func TestFewerPaymentsOfTheSameSumAreWorthAHub(t *testing.T) {
	var rows []Row
	for _, debtor := range []Party{{1}, {2}} {
		for _, creditor := range []Party{{3}, {4}} {
			rows = append(rows, Row{Debtor: debtor, Creditor: creditor, Amount: big.NewInt(1)})
		}
	}
	network, err := NewNetwork("EUR", 2, rows)
	require.NoError(t, err)
	payments, err := Hub(network, func(Party) bool { return true })
	require.NoError(t, err)
	two := big.NewInt(2)
	require.Equal(t, []Row{{Debtor: Party{1}, Creditor: Party{3}, Amount: two}, {Debtor: Party{2}, Creditor: Party{4}, Amount: two}}, payments)
}

func TestSumsThatPass128BitsAreRefused(t *testing.T) {
	most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), amountBits), big.NewInt(1))
	rows := []Row{{Debtor: Party{1}, Creditor: Party{2}, Amount: most}}
	_, err := NewNetwork("EUR", 2, rows)
	require.NoError(t, err)
	_, err = NewNetwork("EUR", 2, append(rows, Row{Debtor: Party{2}, Creditor: Party{1}, Amount: big.NewInt(1)}))
	requireRefused(t, AmountOverflow, err)
}

func TestMoreThanACycleMayHaveIsRefused(t *testing.T) {
	rows := make([]Row, 0, MaximumDebts+1)
	for place := range uint32(MaximumDebts + 1) {
		debtor, creditor := place>>11, 1<<16|place&(1<<11-1)
		rows = append(rows, Row{
			Debtor:   Party{byte(debtor >> 16), byte(debtor >> 8), byte(debtor)},
			Creditor: Party{byte(creditor >> 16), byte(creditor >> 8), byte(creditor)},
			Amount:   big.NewInt(1),
		})
	}
	_, err := NewNetwork("EUR", 2, rows)
	requireRefused(t, TooMany, err)
	_, err = NewNetwork("EUR", 2, rows[:MaximumDebts])
	require.NoError(t, err)
}

func verdictOn(t *testing.T, network *Network, text string) string {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	certificate, err := DecodeCertificate(raw)
	if err == nil {
		err = Check(network, certificate)
	}
	var refused *Refused
	if !errors.As(err, &refused) {
		require.NoError(t, err)
		return ""
	}
	require.NotEmpty(t, refused.Error())
	return names[refused.Code]
}

func certificateOf(t *testing.T, text string) *Certificate {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	certificate, err := DecodeCertificate(raw)
	require.NoError(t, err)
	return certificate
}

func networkOf(t *testing.T, debts [][3]string) *Network {
	t.Helper()
	rows := rowsOf(t, debts)
	network, err := NewNetwork("EUR", 2, rows)
	require.NoError(t, err)
	require.Equal(t, rows, network.Rows())
	return network
}

func rowsOf(t *testing.T, debts [][3]string) []Row {
	t.Helper()
	var rows []Row
	for _, debt := range debts {
		var parties [2]Party
		for i := range parties {
			raw, err := hex.DecodeString(debt[i])
			require.NoError(t, err)
			parties[i] = Party(raw)
		}
		amount, ok := new(big.Int).SetString(debt[2], 10)
		require.True(t, ok)
		rows = append(rows, Row{Debtor: parties[0], Creditor: parties[1], Amount: amount})
	}
	return rows
}

func requireRefused(t *testing.T, code Code, err error) {
	t.Helper()
	var refused *Refused
	require.ErrorAs(t, err, &refused)
	require.Equal(t, code, refused.Code, refused.Detail)
}
