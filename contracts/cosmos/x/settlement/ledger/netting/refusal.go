package netting

import "fmt"

// Code is a stable reason of a refusal.
type Code int

// What netting refuses.
const (
	TooMany Code = iota + 1
	AmountOverflow
	CertificateMalformed
	CertificateOfOtherDebts
	RemainderOutOfRange
	PositionChanged
	PotentialOutOfRange
	NotOptimal
	ConsentMissing
)

// Refused is an input or a result that breaks a rule.
type Refused struct {
	Code   Code
	Detail string
}

func (r *Refused) Error() string { return r.Detail }

func refuse(code Code, format string, arguments ...any) *Refused {
	return &Refused{Code: code, Detail: fmt.Sprintf(format, arguments...)}
}
