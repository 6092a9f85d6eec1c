package network

import (
	"io"
	"os"
	"syscall"

	"github.com/spf13/cobra"
)

const stopWithStdin = "stop-with-stdin"

// AddStopWithStdin gives a command that runs until a signal the flag --stop-with-stdin: it also ends when its standard input
// does. Whoever holds the other end of the pipe cannot leave the command behind then, not even by being killed.
func AddStopWithStdin(cmd *cobra.Command) {
	cmd.Flags().Bool(stopWithStdin, false, "end when the standard input ends")
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		isWanted, err := cmd.Flags().GetBool(stopWithStdin)
		if err != nil {
			return err
		}
		if isWanted {
			go func() {
				_, _ = io.Copy(io.Discard, os.Stdin)
				_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
			}()
		}
		return run(cmd, args)
	}
}
