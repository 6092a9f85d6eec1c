package rules

import (
	"fmt"

	"interledger.example/cosmos/x/settlement/facts"
)

// A payload is sent on as it came, byte for byte. Everything that can become of it is an answer in the form in which the payload's
// own receiver would answer: for each fact a code, which says whether the fact may be sent again, and for each update of news
// likewise.

// ReadIncoming says where a payload of version fact-1 or status-1 goes. It refuses other bytes.
func ReadIncoming(version string, value []byte, inClient string, timeout uint64) (Incoming, error) {
	switch version {
	case facts.Version:
		data, err := facts.DecodePacketData(value)
		if err != nil {
			return Incoming{}, err
		}
		return Incoming{InClient: inClient, Timeout: timeout, Destination: data.Destination, Origin: data.ChainID.String()}, nil
	case facts.StatusVersion:
		news, err := facts.DecodeStatusPacket(value)
		if err != nil {
			return Incoming{}, err
		}
		return Incoming{InClient: inClient, Timeout: timeout, Destination: news.ChainID.String()}, nil
	default:
		return Incoming{}, fmt.Errorf("a payload of version %.80q: expected %s or %s", version, facts.Version, facts.StatusVersion)
	}
}

// AnswerAll is the acknowledgement that answers everything in a payload with one code. It names no ledger's log.
func AnswerAll(version string, value []byte, code facts.Code) ([]byte, error) {
	count, err := answersFor(version, value)
	if err != nil {
		return nil, err
	}
	if version == facts.Version {
		answers := make([]facts.Answer, count)
		for i := range answers {
			answers[i] = facts.Answer{Status: facts.Rejected, Code: code}
		}
		return facts.EncodeAnswers(answers), nil
	}
	news := make([]facts.StatusAnswer, count)
	for i := range news {
		news[i] = facts.Refused
		if code.IsReturned() {
			news[i] = facts.Returned
		}
	}
	return facts.EncodeStatusAnswers(news), nil
}

// FarAnswer is the far ledger's acknowledgement, unchanged if the sender can read it. The universal error, and everything else that
// is not one answer for each fact or update, is FarRefused for each.
func FarAnswer(version string, value, acknowledgement []byte) ([]byte, error) {
	count, err := answersFor(version, value)
	if err != nil {
		return nil, err
	}
	if version == facts.Version {
		if answers, err := facts.DecodeAnswers(acknowledgement); err == nil && len(answers) == count {
			return acknowledgement, nil
		}
	} else if answers, err := facts.DecodeStatusAnswers(acknowledgement); err == nil && len(answers) == count {
		return acknowledgement, nil
	}
	return AnswerAll(version, value, facts.FarRefused)
}

// answersFor is how many answers a payload gets.
func answersFor(version string, value []byte) (int, error) {
	if version == facts.Version {
		data, err := facts.DecodePacketData(value)
		if err != nil {
			return 0, err
		}
		return len(data.Facts), nil
	}
	news, err := facts.DecodeStatusPacket(value)
	if err != nil {
		return 0, err
	}
	return len(news.Updates), nil
}
