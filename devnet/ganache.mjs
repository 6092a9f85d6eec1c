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

// Ganache's miner leaves a transaction lying that arrives while another one's block is made, until the next one comes: with
// several senders some wait for many seconds, and the last one for ever. So whatever makes blocks is done one after the other.
const MAKES_BLOCKS = new Set([
  "eth_sendRawTransaction", "eth_sendTransaction", "evm_mine", "evm_revert", "evm_snapshot", "miner_start", "miner_stop",
]);
const LONGEST_TURN_MS = 5_000; // A transaction whose nonce is too high is answered when its time comes; nobody waits for that.
const LOOK_MS = 1_000;
const direct = server.provider._requestRaw.bind(server.provider);
let isMining = true;
let last = Promise.resolve();
server.provider._requestRaw = (payload) => {
  if (!MAKES_BLOCKS.has(payload.method)) return direct(payload);
  if (payload.method.startsWith("miner_")) isMining = payload.method === "miner_start";
  const turn = last.then(() => direct(payload));
  last = turn.then(({ value }) => ended(value)).catch(() => {});
  return turn;
};

function ended(value) {
  let timer;
  const late = new Promise((resolve) => { timer = setTimeout(resolve, LONGEST_TURN_MS); });
  return Promise.race([value, late]).finally(() => clearTimeout(timer));
}

// What its miner left lying all the same (a turn that took too long, a sender that died) is mined by a look from time to time.
let lay = new Set();
const looking = setInterval(async () => {
  const { value } = await direct({ jsonrpc: "2.0", method: "txpool_content", params: [] });
  const { pending } = await value;
  const lies = new Set(Object.values(pending).flatMap((byNonce) => Object.values(byNonce).map(({ hash }) => String(hash))));
  const isStuck = [...lies].some((hash) => lay.has(hash));
  lay = lies;
  if (isStuck && isMining) await (await direct({ jsonrpc: "2.0", method: "evm_mine", params: [] })).value;
}, LOOK_MS);
looking.unref();

const stop = () => server.close().then(() => process.exit(0), () => process.exit(1));
process.stdin.on("end", stop).on("error", stop).resume();
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

await server.listen(options.port, "127.0.0.1");
process.stdout.write(JSON.stringify({ port: server.address().port }) + "\n");
