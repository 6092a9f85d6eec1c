// A Ganache that mines each transaction at once, tells its port on standard output, and ends when its standard input
// closes: so it cannot outlive whoever started it, even one killed with SIGKILL.
import ganache from "ganache";

const options = JSON.parse(process.argv[2]);
const server = ganache.server({
  wallet: { mnemonic: options.mnemonic, totalAccounts: options.accounts, defaultBalance: options.balance },
  chain: { chainId: options.chainId, networkId: options.chainId, hardfork: "shanghai" },
  miner: { blockTime: 0, instamine: "eager", blockGasLimit: options.blockGasLimit, callGasLimit: options.blockGasLimit },
  database: options.folder ? { dbPath: options.folder } : {},
  logging: { quiet: true },
});

const stop = () => server.close().then(() => process.exit(0), () => process.exit(1));
process.stdin.on("end", stop).on("error", stop).resume();
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

await server.listen(options.port, "127.0.0.1");
process.stdout.write(JSON.stringify({ port: server.address().port }) + "\n");
