"""The light client `poa-evm`: EVM headers vouched for by authorities or seals, Merkle-Patricia proofs."""
