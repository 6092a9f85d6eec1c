package poaevm

// What a contract of the followed ledger stores (EIP-1186). The client proves its router's commitments by the
// router's storage root; any other contract needs its account's proof first.

// ContractStorage is the storage of one contract in one block, as far as proofs show it.
type ContractStorage struct {
	root []byte
}

// CheckContract gives the storage of the contract at a 20-byte address in the block at height.
func CheckContract(
	client *ClientState, states ConsensusStates, height uint64, contract []byte, accountProof [][]byte, nowSeconds uint64,
) (ContractStorage, error) {
	if err := requireActive(client, states, nowSeconds); err != nil {
		return ContractStorage{}, err
	}
	if len(contract) != addressBytes {
		return ContractStorage{}, refuse(ProofPath, "a contract's address of %d bytes, expected %d", len(contract), addressBytes)
	}
	consensus := states.At(height)
	if consensus == nil {
		return ContractStorage{}, refuse(UnknownHeight, "the client does not know height %d; update it first", height)
	}
	root, err := verifyAccount(accountProof, consensus.StateRoot, contract)
	return ContractStorage{root: root}, err
}

// Word in a 32-byte slot; zeros if the nodes prove that nothing is stored there.
func (s ContractStorage) Word(slot []byte, nodes [][]byte) ([]byte, error) {
	if len(slot) != wordBytes {
		return nil, refuse(ProofPath, "a slot of %d bytes, expected %d", len(slot), wordBytes)
	}
	word, err := verifyStorage(nodes, s.root, slot)
	if word == nil {
		word = make([]byte, wordBytes)
	}
	return word, err
}
