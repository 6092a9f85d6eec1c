// Command settlementd is a node of the slim settlement chain, with what sets up and runs a network of them on one machine.
package main

import (
	"os"

	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"

	"interledger.example/simapp/app"
)

func main() {
	if err := svrcmd.Execute(newRootCommand(), "", app.DefaultHome()); err != nil {
		os.Exit(1)
	}
}
