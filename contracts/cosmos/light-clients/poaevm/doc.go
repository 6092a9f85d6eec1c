// Package poaevm is the light client "poa-evm" of ibc-go: it follows a permissioned EVM ledger by sealed headers and
// Merkle-Patricia proofs. What vouches for a header is the seal engine's business; everything below the block hash is
// proven. The package never overwrites a height, never goes on after contradicting headers, and nothing but evidence
// freezes a client.
//
// client.go is the file to read first: the rules, as functions over a client state and its stored consensus states.
// light_client_module.go fits them to exported.LightClientModule (ICS-2). Other implementations of the same client give
// the same verdict on the same bytes; the case files under tests/cases/poa_evm hold all of them to it.
package poaevm
