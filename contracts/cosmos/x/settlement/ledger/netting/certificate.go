package netting

import (
	"bytes"
	"encoding/binary"
	"math/big"
)

// A certificate says what remains of each debt and gives each party an integer potential. By linear programming duality
// (complementary slackness) the potentials prove, debt by debt, that nothing more can be cleared.

const (
	certificateDomain = "interledger.netting.certificate.v1"
	hashBytes         = 32
	potentialBytes    = 8
	headBytes         = len(certificateDomain) + hashBytes + 2*columnsBytes
)

// Certificate is unchecked until Check has passed.
type Certificate struct {
	DebtsHash  [hashBytes]byte
	Remainder  []*big.Int
	Potentials []uint64
}

// DecodeCertificate reads domain, debts hash (32), number of parties (4) and of debts (4), potentials (8 each), remainder (16
// each), and nothing else. Its memory is bounded by the length of data.
func DecodeCertificate(data []byte) (*Certificate, error) {
	if len(data) < headBytes || !bytes.HasPrefix(data, []byte(certificateDomain)) {
		return nil, refuse(CertificateMalformed, "certificate: not one of version 1")
	}
	counts := data[headBytes-2*columnsBytes:]
	parties, debts := uint64(binary.BigEndian.Uint32(counts)), uint64(binary.BigEndian.Uint32(counts[columnsBytes:]))
	if parties > MaximumParties || debts > MaximumDebts {
		return nil, refuse(CertificateMalformed, "certificate: %d parties and %d debts are more than a cycle may have", parties, debts)
	}
	rest := data[headBytes:]
	if expected := potentialBytes*parties + amountBytes*debts; uint64(len(rest)) != expected {
		return nil, refuse(CertificateMalformed, "certificate: %d bytes behind its head, expected %d for %d parties and %d debts",
			len(rest), expected, parties, debts)
	}
	certificate := &Certificate{
		DebtsHash:  [hashBytes]byte(data[len(certificateDomain):]),
		Potentials: make([]uint64, parties),
		Remainder:  make([]*big.Int, debts),
	}
	for i := range certificate.Potentials {
		certificate.Potentials[i], rest = binary.BigEndian.Uint64(rest), rest[potentialBytes:]
	}
	for i := range certificate.Remainder {
		certificate.Remainder[i], rest = new(big.Int).SetBytes(rest[:amountBytes]), rest[amountBytes:]
	}
	return certificate, nil
}

// Check accepts a certificate, or gives the first rule that it breaks: it is about these debts and has their shape; nothing
// remains above its debt; every net position is what it was; the potentials are in canonical form, the smallest 0; and with
// the reduced cost 1 + potential of the debtor - potential of the creditor, a debt that was reduced has one >= 0 and a debt
// that remains has one <= 0.
func Check(network *Network, certificate *Certificate) error {
	if certificate.DebtsHash != network.Digest() {
		return refuse(CertificateOfOtherDebts, "certificate: made for other debts, perhaps before one was held or added; solve again")
	}
	if len(certificate.Remainder) != len(network.Debts) || len(certificate.Potentials) != len(network.Parties) {
		return refuse(CertificateMalformed, "certificate: it needs one remainder for each debt and one potential for each party")
	}
	if err := checkRemainder(network, certificate.Remainder); err != nil {
		return err
	}
	if err := checkPotentials(certificate.Potentials); err != nil {
		return err
	}
	for i := range network.Debts {
		debt, rest := &network.Debts[i], certificate.Remainder[i]
		cost := 1 + int64(certificate.Potentials[debt.Debtor]) - int64(certificate.Potentials[debt.Creditor])
		if (cost < 0 && rest.Cmp(debt.Amount) < 0) || (cost > 0 && rest.Sign() > 0) {
			return refuse(NotOptimal, "debt %s: reduced cost %d with %s left; refuse this result", network.name(debt), cost, rest)
		}
	}
	return nil
}

func checkRemainder(network *Network, remainder []*big.Int) error {
	for i, rest := range remainder {
		if debt := &network.Debts[i]; rest.Cmp(debt.Amount) > 0 {
			return refuse(RemainderOutOfRange, "debt %s: %s left of %s; refuse this result", network.name(debt), rest, debt.Amount)
		}
	}
	before, after := network.positions(network.Amounts()), network.positions(remainder)
	for i := range before {
		if before[i].Cmp(after[i]) != 0 {
			return refuse(PositionChanged, "party %x: net position was %s and would be %s", network.Parties[i], before[i], after[i])
		}
	}
	return nil
}

func checkPotentials(potentials []uint64) error {
	smallest := uint64(0)
	for i, potential := range potentials {
		if i == 0 || potential < smallest {
			smallest = potential
		}
		if potential > maximumPotential {
			return refuse(PotentialOutOfRange, "certificate: a potential passes %d", uint64(maximumPotential))
		}
	}
	if smallest != 0 {
		return refuse(PotentialOutOfRange, "certificate: the smallest potential must be 0, it is %d", smallest)
	}
	return nil
}
