// Runs anvil, tells its port on standard output as JSON, and ends it when standard input closes: so it cannot outlive
// whoever started it, even one killed with SIGKILL.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const machine = process.arch === "x64" ? "amd64" : process.arch;
const system = process.platform === "win32" ? "win32" : process.platform;
const suffix = system === "win32" ? ".exe" : "";
const binary = createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${system}-${machine}/bin/anvil${suffix}`);
const anvil = spawn(binary, process.argv.slice(2), { stdio: ["ignore", "pipe", "inherit"] });

const stop = () => anvil.kill("SIGKILL");
anvil.on("exit", (code) => process.exit(code ?? 0)).on("error", () => process.exit(1));
process.stdin.on("end", stop).on("error", stop).resume();
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
process.on("exit", stop);

createInterface({ input: anvil.stdout }).on("line", (line) => {
  const listening = /^Listening on 127\.0\.0\.1:(\d+)$/.exec(line);
  if (listening) process.stdout.write(JSON.stringify({ port: Number(listening[1]) }) + "\n");
});
