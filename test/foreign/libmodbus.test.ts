/**
 * libmodbus' own unit-test client against its own unit-test server, with the broker between
 * them. Both are built from the examples that Debian ships; only the port is changed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { runProgram, startChild } from "../kit/child.ts";
import { startConduit } from "../kit/conduit-child.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const EXAMPLES = "/usr/share/doc/libmodbus-dev/examples";
const BUILT_IN_PORT = "1502";
/**
 * The checks that a broker can pass: after these the client tests how the *server* cuts its
 * answer into bytes in time, which nothing that reassembles frames can preserve.
 */
const CHECKS_MIN = 85;

async function build(folder: string, name: string, port: number): Promise<string> {
  const source = path.join(folder, `${name}.c`);
  const program = path.join(folder, name);
  const text = readFileSync(path.join(EXAMPLES, `${name}.c`), "utf8");
  writeFileSync(source, text.replaceAll(BUILT_IN_PORT, String(port)));
  const arguments_ = ["-I/usr/include/modbus", `-I${EXAMPLES}`, source, "-o", program, "-lmodbus"];
  const compiled = await runProgram("gcc", arguments_, { withinMs: 60_000 });
  if (compiled.code !== 0) throw new Error(compiled.output);
  return program;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** The server takes one connection only, so it must not be asked by connecting. */
async function untilListening(port: number): Promise<void> {
  const entry = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;
  for (let tries = 0; tries < 100; tries += 1) {
    if (readFileSync("/proc/net/tcp", "latin1").includes(entry)) return;
    await sleep(50);
  }
  throw new Error("the unit-test server does not listen");
}

testWith(["gcc", `${EXAMPLES}/unit-test-client.c`, "/usr/include/modbus/modbus.h"])(
  "libmodbus' unit-test client passes against its server through the broker",
  async () => {
    const folder = temporaryFolder();
    const port = await freePort();
    const server = await startChild(
      "stdbuf",
      ["-o0", await build(folder, "unit-test-server", port), "tcp"],
      { ready: /^/ },
    );
    onTestFinished(async () => {
      await server.stop("SIGKILL");
    });
    await untilListening(port);
    const conduit = await startConduit({
      plant: writeOpenPlant(folder, { port, units: [0, 17, 18, 255], responseTimeout: "1s" }),
      profile: "everything",
      recordings: path.join(folder, "recordings"),
    });
    onTestFinished(async () => {
      await conduit.stop();
    });
    const client = await build(folder, "unit-test-client", conduit.port);
    const { output } = await runProgram("stdbuf", ["-o0", client, "tcp"], { withinMs: 30_000 });
    const passed = output.match(/(^|: )OK$/gm)?.length ?? 0;
    expect(passed, output.slice(-2000)).toBeGreaterThanOrEqual(CHECKS_MIN);
  },
  60_000,
);
