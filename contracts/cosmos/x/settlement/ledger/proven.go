package ledger

import (
	"fmt"
	"math/big"

	errorsmod "cosmossdk.io/errors"

	"interledger.example/cosmos/light-clients/poaevm"
	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// Facts that come without a packet, with proofs of what their contract stores of them. Only a contract that the operators have
// bound to the light client counts. A fact is this ledger's if its contract has sent it here. One that has not been answered
// yet could still be sent elsewhere, even after a timeout, and would be two liabilities: it counts only while its contract knows
// no other settlement ledger than this one.

const wayPulledProven = wire.Way_WAY_PULLED_PROVEN

// Storage is what one contract stores in one block, as far as proofs show it.
type Storage interface {
	// Word in a slot, zeros where nothing is stored.
	Word(slot []byte, nodes [][]byte) ([]byte, error)
}

// ContractLedgerClient is this ledger's light client of a contract ledger, at the time of this block.
type ContractLedgerClient struct {
	// ChainID is the EIP-155 id of the ledger that it follows.
	ChainID *big.Int
	// Counterparty is that ledger's client of this one; empty: none was registered.
	Counterparty string
	// Storage of a contract in a block. Its errors are those of poaevm.
	Storage func(height uint64, contract []byte, accountProof [][]byte) (Storage, error)
}

// Proving is where proven facts are recorded: by which ledger, in which block and transaction.
type Proving struct {
	// LedgerID is this ledger's chain id, by which contracts know it.
	LedgerID    string
	Height      uint64
	Transaction string
	// Client of an id, or an error that says why it cannot be used.
	Client func(clientID string) (ContractLedgerClient, error)
}

// shown is what proofs show of a fact, as far as it decides whether the fact may become a liability here.
type shown int

const (
	shownClaimable shown = iota
	shownEnded
	shownOtherLedger
)

// RecordProven answers every fact, in order, once the proofs of all of them hold. What a fact says is never an error.
func (b Book) RecordProven(request *wire.RecordFactsRequest, by Proving, nowSeconds uint64) ([]facts.Answer, error) {
	if err := CheckRecord(request); err != nil {
		return nil, err
	}
	proof := request.GetFactProof()
	if !b.isBound(proof.ClientId, proof.Contract) {
		return nil, errorsmod.Wrapf(ErrContractNotBound, "contract 0x%x behind client %s: its facts are not proven here; an operator "+
			"binds it with `relayer settlement bind-contract`", proof.Contract, proof.ClientId)
	}
	client, err := by.Client(proof.ClientId)
	if err != nil {
		return nil, errorsmod.Wrap(ErrClientNotUsable, err.Error())
	}
	reader := provenReader{proof: proof, client: client, ledgerID: by.LedgerID, ours: map[uint32]bool{}}
	if err := reader.read(); err != nil {
		return nil, refusedProof(proof, err)
	}
	origin := &wire.Origin{Origin: &wire.Origin_ProvenFacts{ProvenFacts: &wire.ProvenFacts{
		ChainId: client.ChainID.String(), Contract: proof.Contract, Issuer: proof.Issuer, ClientId: proof.ClientId,
		ProofHeight: proof.Height, Height: by.Height, Transaction: by.Transaction,
	}}}
	came := &issuance{
		chainID: client.ChainID, contract: facts.Address(proof.Contract), issuer: facts.Address(proof.Issuer), way: wayPulledProven,
	}
	answers := make([]facts.Answer, 0, len(proof.Facts))
	for i, each := range proof.Facts {
		fact := factOf(each.Fact)
		c := claim{book: b, issuance: came, fact: &fact, stated: reader.hashes[i], shown: reader.shown[i]}
		answers = append(answers, c.answer(origin, nowSeconds))
	}
	return answers, nil
}

func checkProven(proof *wire.FactProof) error {
	if proof.ClientId == "" || proof.Height == 0 {
		return errorsmod.Wrap(ErrInvalidCommand, "proven facts: expected the client's id and the height of a block")
	}
	if len(proof.Facts) < 1 || len(proof.Facts) > facts.MaximumSignedFacts {
		return errorsmod.Wrapf(ErrInvalidCommand, "proven facts: expected 1 to %d facts, not %d", facts.MaximumSignedFacts, len(proof.Facts))
	}
	last := uint32(0)
	for _, each := range proof.Ledgers {
		if each.Number <= last {
			return errorsmod.Wrap(ErrInvalidCommand, "proven facts: the ledgers have numbers from 1, each once and ascending")
		}
		last = each.Number
	}
	return nil
}

// refusedProof says by a code why a proof was refused, unless its error says so already.
func refusedProof(proof *wire.FactProof, err error) error {
	code := ErrBadProof
	switch poaevm.RefusalOf(err) {
	case poaevm.UnknownHeight:
		code = ErrHeightUnknown
	case poaevm.IsFrozen, poaevm.IsExpired:
		code = ErrClientNotUsable
	}
	return errorsmod.Wrapf(code, "block %d behind client %s: %s", proof.Height, proof.ClientId, err)
}

// provenReader reads the words of one request's slots.
type provenReader struct {
	proof    *wire.FactProof
	client   ContractLedgerClient
	ledgerID string
	storage  Storage
	// ours says whether each ledger that the request shows is this one.
	ours   map[uint32]bool
	count  *big.Int
	hashes []facts.Hash
	shown  []shown
}

func (r *provenReader) read() error {
	account, err := r.nodes(r.proof.Account)
	if err != nil {
		return err
	}
	if r.storage, err = r.client.Storage(r.proof.Height, r.proof.Contract, account); err != nil {
		return err
	}
	count, err := r.word(facts.LedgerCountSlot(), r.proof.LedgerCount)
	if err != nil {
		return err
	}
	r.count = new(big.Int).SetBytes(count[:])
	for _, each := range r.proof.Ledgers {
		if r.ours[each.Number], err = r.isThis(each); err != nil {
			return err
		}
	}
	for _, each := range r.proof.Facts {
		hash, err := r.word(facts.FactHashSlot(facts.Hash(each.Fact.FactId)), each.FactHash)
		if err != nil {
			return err
		}
		r.hashes = append(r.hashes, hash)
	}
	for _, each := range r.proof.Facts {
		what, err := r.standing(each)
		if err != nil {
			return err
		}
		r.shown = append(r.shown, what)
	}
	return nil
}

func (r *provenReader) standing(each *wire.FactPaths) (shown, error) {
	word, err := r.word(facts.RecordSlot(facts.Hash(each.Fact.FactId)), each.Record)
	if err != nil {
		return 0, err
	}
	record := facts.ReadRecord(word)
	if record.State.HasEnded() {
		return shownEnded, nil
	}
	if record.Ledger != 0 {
		if isOurs, err := r.isOurs(uint32(record.Ledger)); err != nil || !isOurs {
			return shownOtherLedger, err
		}
	}
	if record.State.IsAnswered() || r.count.Sign() == 0 {
		return shownClaimable, nil
	}
	if r.count.Cmp(big.NewInt(1)) != 0 {
		return shownOtherLedger, nil
	}
	if isOurs, err := r.isOurs(1); err != nil || !isOurs {
		return shownOtherLedger, err
	}
	return shownClaimable, nil
}

func (r *provenReader) isOurs(number uint32) (bool, error) {
	isOurs, isShown := r.ours[number]
	if !isShown {
		return false, fmt.Errorf("what the contract says of its ledger %d is not proven", number)
	}
	return isOurs, nil
}

// isThis compares the client that follows this ledger, and the id: a hub's client leads to ledgers behind it as well.
func (r *provenReader) isThis(ledger *wire.LedgerPaths) (bool, error) {
	client, err := r.word(facts.LedgerClientSlot(ledger.Number), ledger.Client)
	if err != nil {
		return false, err
	}
	if r.client.Counterparty == "" || client != facts.ClientHash(r.client.Counterparty) {
		return false, nil
	}
	for place, expected := range facts.LedgerIDSlots(ledger.Number, r.ledgerID) {
		if place >= len(ledger.LedgerId) {
			return false, fmt.Errorf("the id of the contract's ledger %d is proven in part only", ledger.Number)
		}
		word, err := r.word(expected.Slot, ledger.LedgerId[place])
		if err != nil || word != expected.Word {
			return false, err
		}
	}
	return true, nil
}

func (r *provenReader) word(slot facts.Hash, path *wire.TriePath) (facts.Hash, error) {
	nodes, err := r.nodes(path)
	if err != nil {
		return facts.Hash{}, err
	}
	word, err := r.storage.Word(slot[:], nodes)
	if err != nil {
		return facts.Hash{}, err
	}
	return facts.Hash(word), nil
}

func (r *provenReader) nodes(path *wire.TriePath) ([][]byte, error) {
	nodes := make([][]byte, 0, len(path.Nodes))
	for _, place := range path.Nodes {
		if uint64(place) >= uint64(len(r.proof.Nodes)) {
			return nil, fmt.Errorf("a path names a node that the request does not have")
		}
		nodes = append(nodes, r.proof.Nodes[place])
	}
	return nodes, nil
}
