// Command broker runs a NATS server with JetStream for a development network, and ends with its standard input.
//
// It is the server as its authors publish it; only the options are fixed here. The first line of standard output is the port.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// Above what consumers take, so that it is they who refuse a message and say why.
	maximumPayload = 8 << 20
	startsWithin   = 2 * time.Minute
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "broker:", err)
		os.Exit(1)
	}
}

func run() error {
	folder := flag.String("folder", "", "where streams are kept")
	port := flag.Int("port", server.RANDOM_PORT, "a loopback port; -1: any free one")
	token := flag.String("token-file", "", "a file with the token that clients need; none: no token is needed")
	flag.Parse()
	if *folder == "" {
		return fmt.Errorf("name the folder that streams are kept in: -folder PATH")
	}
	options := &server.Options{
		Host:       "127.0.0.1",
		Port:       *port,
		JetStream:  true,
		StoreDir:   *folder,
		MaxPayload: maximumPayload,
		NoSigs:     true,
	}
	if *token != "" {
		secret, err := os.ReadFile(*token)
		if err != nil {
			return err
		}
		options.Authorization = string(secret)
	}
	broker, err := server.NewServer(options)
	if err != nil {
		return err
	}
	broker.Start()
	if !broker.ReadyForConnections(startsWithin) {
		return fmt.Errorf("it does not listen after %s", startsWithin)
	}
	fmt.Println(broker.Addr().String())
	// A process that is killed closes its end, so a broker never outlives who started it.
	_, _ = io.Copy(io.Discard, os.Stdin)
	broker.Shutdown()
	broker.WaitForShutdown()
	return nil
}
