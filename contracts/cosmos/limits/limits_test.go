// Package limits_test measures what each decoder of bytes that others chose allocates and how long it computes, on the worst
// inputs known at its limit of size. The bounds are those of docs/limits.md, several times what was measured.
package limits_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/big"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"interledger.example/cosmos/light-clients/poaevm"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/ledger/netting"
)

const (
	mebibyte         = 1 << 20
	headerBytes      = 32_768
	messageBytes     = headerBytes + 65*1_028 + 256*68 + 64
	packetBytes      = 33_152
	payloadBytes     = 262_144
	certificateBytes = 34 + 40 + 8*131_072 + 16*1_048_576
)

type decoder struct {
	name     string
	limit    int
	decode   func(raw []byte) error
	inputs   [][]byte
	seconds  float64
	mebibyte uint64
}

// field of protobuf with that content.
func field(number byte, content []byte) []byte {
	return append(binary.AppendUvarint([]byte{number<<3 | 2}, uint64(len(content))), content...)
}

// repeated is as many items as fit.
func repeated(item []byte, limit int) []byte { return bytes.Repeat(item, limit/len(item)) }

// deep messages in messages.
func deep(limit int) []byte {
	raw := []byte{}
	for range 90 {
		raw = field(1, raw)
	}
	return repeated(raw, limit)
}

// lists in lists, or a list of empty texts, in RLP.
func lists(limit int, nested bool) []byte {
	header := func(size int) []byte {
		if size < 56 {
			return []byte{0xc0 + byte(size)}
		}
		length := binary.BigEndian.AppendUint32(nil, uint32(size))
		length = bytes.TrimLeft(length, "\x00")
		return append([]byte{0xf7 + byte(len(length))}, length...)
	}
	if !nested {
		content := bytes.Repeat([]byte{0x80}, limit-4)
		return append(header(len(content)), content...)
	}
	raw := []byte{}
	for len(raw) < 4_000 {
		raw = append(header(len(raw)), raw...)
	}
	return raw
}

// words of 32 bytes, then bytes of that value.
func words(limit int, fill byte, numbers ...uint64) []byte {
	var raw []byte
	for _, number := range numbers {
		raw = append(raw, make([]byte, 24)...)
		raw = binary.BigEndian.AppendUint64(raw, number)
	}
	return append(raw, bytes.Repeat([]byte{fill}, limit-len(raw))...)
}

func certificate() []byte {
	raw := append([]byte("interledger.netting.certificate.v1"), make([]byte, 32)...)
	raw = binary.BigEndian.AppendUint32(raw, 131_072)
	raw = binary.BigEndian.AppendUint32(raw, 1_048_576)
	return append(raw, bytes.Repeat([]byte{0x7f}, certificateBytes-len(raw))...)
}

// manyFacts is as many as a packet holds.
func manyFacts() []byte {
	data := &facts.PacketData{ChainID: big.NewInt(1), Destination: strings.Repeat("x", 64)}
	for range 64 {
		data.Facts = append(data.Facts, facts.Fact{Net: big.NewInt(1), Tax: big.NewInt(1)})
	}
	return facts.EncodePacketData(data)
}

// manyNews is as many as a packet holds.
func manyNews() []byte {
	data := &facts.StatusPacketData{ChainID: big.NewInt(1)}
	for range 64 {
		data.Updates = append(data.Updates, facts.StatusUpdate{Status: facts.Disputed, Sequence: 1, Open: big.NewInt(1)})
	}
	return facts.EncodeStatusPacket(data)
}

func only[T any](decode func([]byte) (T, error)) func([]byte) error {
	return func(raw []byte) error {
		_, err := decode(raw)
		return err
	}
}

func decoders() []decoder {
	signatures := repeated(field(3, bytes.Repeat([]byte{1}, 65)), 256*68)
	nodes := repeated(field(2, bytes.Repeat([]byte{1}, 1_000)), 64*1_024)
	return []decoder{
		{"RLP header of an EVM block", headerBytes, only(poaevm.DecodeEVMHeader),
			[][]byte{lists(headerBytes, false), lists(headerBytes, true)}, 1, 32},
		{"sealed header", messageBytes, only(poaevm.DecodeHeader), [][]byte{
			repeated(field(2, nil), messageBytes), repeated(field(3, nil), messageBytes), deep(messageBytes),
			append(append(field(1, bytes.Repeat([]byte{1}, headerBytes-8)), nodes...), signatures...),
		}, 1, 32},
		{"evidence of misbehaviour", 2 * messageBytes, only(poaevm.DecodeMisbehaviour), [][]byte{
			append(field(1, repeated(field(2, nil), messageBytes-8)), field(2, repeated(field(2, nil), messageBytes-8))...),
			deep(2 * messageBytes),
		}, 1, 64},
		{"client state", 16_384, only(poaevm.DecodeClientState),
			[][]byte{repeated(field(4, nil), 16_384), repeated(field(4, make([]byte, 20)), 16_384), deep(16_384)}, 1, 8},
		{"facts of a packet", packetBytes, only(facts.DecodePacketData), [][]byte{
			manyFacts(), words(packetBytes, 0xff, 32, 1, 0, 96, packetBytes/32-6), words(packetBytes, 0, 32, 64, 64),
		}, 1, 16},
		{"news of liabilities", payloadBytes, only(facts.DecodeStatusPacket),
			[][]byte{manyNews(), words(payloadBytes, 0, 32, 1, 0, 96, 64), words(payloadBytes, 0xff, 32, 1, 0, 96, 64)}, 1, 16},
		{"answers to news", payloadBytes, only(facts.DecodeStatusAnswers),
			[][]byte{words(payloadBytes, 0xff, 32, 64), words(payloadBytes, 0, 32, payloadBytes/32-2)}, 1, 16},
		{"settlement command, 1 MiB", mebibyte, only(ledger.DecodeCommand),
			[][]byte{repeated(field(1, nil), mebibyte), deep(mebibyte), repeated(field(13, repeated(field(1, nil), 126)), mebibyte)}, 5, 256},
		{"netting certificate", certificateBytes, only(netting.DecodeCertificate), [][]byte{certificate()}, 5, 256},
	}
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func TestADecoderKeepsItsBoundsAtItsLimit(t *testing.T) {
	for _, each := range decoders() {
		t.Run(each.name, func(t *testing.T) {
			for number, raw := range each.inputs {
				require.LessOrEqual(t, len(raw), each.limit, "input %d", number)
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				started := cpuSeconds()
				err := each.decode(raw)
				seconds := cpuSeconds() - started
				runtime.ReadMemStats(&after)
				allocated := after.TotalAlloc - before.TotalAlloc
				t.Logf("input %d: %d bytes, %.1f MiB allocated, %.3f s: %.80v", number, len(raw), float64(allocated)/mebibyte, seconds, err)
				require.LessOrEqual(t, allocated, each.mebibyte*mebibyte)
				require.LessOrEqual(t, seconds, each.seconds)
			}
		})
	}
}

func TestMoreThanTheLimitIsRefusedBeforeItIsRead(t *testing.T) {
	for _, each := range decoders() {
		if strings.HasPrefix(each.name, "settlement command") {
			continue // bounded by the transaction that carries it
		}
		raw := make([]byte, 4*each.limit)
		require.Error(t, each.decode(raw), each.name)
		require.LessOrEqual(t, testing.AllocsPerRun(1, func() { _ = each.decode(raw) }), 100.0, each.name)
	}
}

func TestThePageHasTheBoundsThatAreHeld(t *testing.T) {
	// Go remembers results by this, because the file lies outside of the module: see devnet/run_go_tests.py.
	_ = os.Getenv("INTERLEDGER_SHARED_FILES")
	page, err := os.ReadFile("../../../docs/limits.md")
	require.NoError(t, err)
	for _, each := range decoders() {
		require.Contains(t, string(page), row(each))
	}
}

func row(each decoder) string {
	return fmt.Sprintf("| %s | %s | %g | %d |\n", each.name, thousands(each.limit), each.seconds, each.mebibyte)
}

// thousands with commas, as the page writes numbers.
func thousands(number int) string {
	text := fmt.Sprint(number)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
