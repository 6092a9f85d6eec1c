// Package ledger decides who owes whom: commands and facts against the stored state, into entries of an append-only log.
// The rules, their order, the codes and every hashed byte are those of the other settlement ledgers; the case files under
// tests/cases, in settlement, clearing and news, hold all of them to it. Nothing here knows transactions, signers, blocks or
// IBC; time comes with the command. A caller that gets an error must drop everything that was written.
//
// rules.go is the file to read first: when a fact becomes a liability. clearing.go begins what happens to liabilities then:
// payments, disputes and netting cycles, whose certificates the package netting checks without a solver.
package ledger
