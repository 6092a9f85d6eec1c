package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

const (
	pollInterval = 50 * time.Millisecond
	stopTimeout  = 20 * time.Second
	readyHeight  = 2
)

// Status is printed, one line of JSON each: once when every node answers and makes blocks.
type Status struct {
	IsReady bool     `json:"ready"`
	Height  int64    `json:"height"`
	Home    string   `json:"home"`
	RPC     []string `json:"rpc"`
	PIDs    []int    `json:"pids"`
}

// RunCommand runs every node of a chain until it is stopped.
func RunCommand() *cobra.Command {
	var home string
	var readyTimeout time.Duration
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run every node until a signal; prints a line of JSON when the chain is ready",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return Run(ctx, home, readyTimeout, func(status Status) error {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(status)
			})
		},
	}
	cmd.Flags().StringVar(&home, "network-home", "", "folder that init has made")
	cmd.Flags().DurationVar(&readyTimeout, "ready-timeout", time.Minute, "how long the chain may take until it makes blocks")
	return cmd
}

// Run starts every node as a process of its own, with its log beside its folder, and stops them when ctx ends. A node
// that ends by itself is left alone, as on a real network; only when all have ended is it an error.
func Run(ctx context.Context, home string, readyTimeout time.Duration, report func(Status) error) error {
	homes := nodeHomes(home)
	if len(homes) == 0 {
		return fmt.Errorf("%q holds no chain; make one with network init", home)
	}
	status := Status{Home: home}
	ended := make(chan error, len(homes))
	var processes []*exec.Cmd
	defer func() { stopAll(processes) }()
	for _, each := range homes {
		rpc, err := rpcAddress(each)
		if err != nil {
			return err
		}
		process, err := start(each)
		if err != nil {
			return err
		}
		processes = append(processes, process)
		status.RPC = append(status.RPC, rpc)
		status.PIDs = append(status.PIDs, process.Process.Pid)
		go func() {
			ended <- fmt.Errorf("%s: %w", each, errors.Join(errors.New("the node has ended"), process.Wait()))
		}()
	}
	readyCtx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	height, err := waitReady(readyCtx, status.RPC, ended)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	status.IsReady, status.Height = true, height
	if err := report(status); err != nil {
		return err
	}
	return waitEnd(ctx, len(processes), ended)
}

// nodeHomes lists the folders that Init has made.
func nodeHomes(home string) []string {
	var homes []string
	for home != "" {
		next := nodeHome(home, len(homes))
		if info, err := os.Stat(next); err != nil || !info.IsDir() {
			break
		}
		homes = append(homes, next)
	}
	return homes
}

func waitEnd(ctx context.Context, running int, ended <-chan error) error {
	var all error
	for running > 0 {
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			all = errors.Join(all, err)
			running--
		}
	}
	return all
}

func start(home string) (*exec.Cmd, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	output, err := os.OpenFile(home+".log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	process := exec.Command(binary, "start", "--home", home, "--log_no_color")
	process.Stdout, process.Stderr = output, output
	return process, process.Start()
}

// stopAll asks first and kills what does not listen. Run's goroutines wait for the processes.
func stopAll(processes []*exec.Cmd) {
	for _, process := range processes {
		_ = process.Process.Signal(syscall.SIGTERM)
	}
	deadline := time.Now().Add(stopTimeout)
	for _, process := range processes {
		for process.Process.Signal(syscall.Signal(0)) == nil && time.Now().Before(deadline) {
			time.Sleep(pollInterval)
		}
		_ = process.Process.Kill()
	}
}

var listenAddress = regexp.MustCompile(`(?m)^\[rpc\]\n(?:[^\[]*\n)?laddr = "tcp://([^"]+)"`)

// rpcAddress reads where a node listens from its configuration.
func rpcAddress(home string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(home, "config", "config.toml"))
	if err != nil {
		return "", err
	}
	found := listenAddress.FindSubmatch(raw)
	if found == nil {
		return "", fmt.Errorf("%s: config.toml names no RPC address", home)
	}
	return "http://" + string(found[1]), nil
}

// waitReady waits until every node answers and has made a block since it did, at a height that has a proof under it.
func waitReady(ctx context.Context, rpc []string, ended <-chan error) (int64, error) {
	var last error
	first := int64(-1)
	for {
		height, err := leastHeight(ctx, rpc)
		if err == nil && first < 0 {
			first = height
		}
		if err == nil && height > first && height >= readyHeight {
			return height, nil
		}
		last = errors.Join(fmt.Errorf("at height %d", height), err)
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("the chain did not start: %w", last)
		case err := <-ended:
			return 0, err
		case <-time.After(pollInterval):
		}
	}
}

func leastHeight(ctx context.Context, rpc []string) (int64, error) {
	var least int64
	for i, address := range rpc {
		height, err := heightOf(ctx, address)
		if err != nil {
			return 0, err
		}
		if i == 0 || height < least {
			least = height
		}
	}
	return least, nil
}

func heightOf(ctx context.Context, address string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(address, "/")+"/status", nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var answer struct {
		Result struct {
			SyncInfo struct {
				Height     string `json:"latest_block_height"`
				IsCatching bool   `json:"catching_up"`
			} `json:"sync_info"`
		} `json:"result"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return 0, err
	}
	if answer.Result.SyncInfo.IsCatching {
		return 0, fmt.Errorf("%s is catching up", address)
	}
	return strconv.ParseInt(answer.Result.SyncInfo.Height, 10, 64)
}
