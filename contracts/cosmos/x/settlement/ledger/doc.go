// Package ledger decides who owes whom: commands and facts against the stored state, into entries of an append-only log.
// The rules, their order, the codes and every hashed byte are those of the other settlement ledgers; the case files under
// tests/cases hold all of them to it. Nothing here knows transactions, signers, blocks or IBC; time comes with the command. A
// caller that gets an error must drop everything that was written.
//
// decide.go is the file to read first: every command goes through Execute, and every entry of the log through apply. The rules
// and effects of one concept are in one file: parties.go, facts.go, liabilities.go, payments.go, disputes.go, cycles.go,
// deadlines.go. The shapes of commands, entries and records are the generated messages of wire/settlementv1; the package
// canonical gives them their bytes, and the package netting checks certificates of cycles without a solver.
package ledger
