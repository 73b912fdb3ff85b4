/**
 * libmodbus' own unit-test client against its own unit-test server, with the broker between
 * them. Both are built from the examples that Debian ships; only the port is changed.
 */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { runProgram } from "../kit/child.ts";
import { startConduit } from "../kit/conduit-child.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const EXAMPLES = "/usr/share/doc/libmodbus-dev/examples";
const BUILT_IN_PORT = "1502";
/**
 * Checks before the client tests how the *server* spaces the bytes of one answer in time, which
 * nothing that reassembles frames can preserve. One of them, a time-out of 1 µs, the client
 * itself says can fail anywhere.
 */
const CHECKS_MIN = 84;
const NOT_FOR_A_BROKER = "1/2 Too small byte timeout (3ms < 5ms): ";

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

function listen(server: net.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * The server ends with its one connection, which the broker resets after the bad reply that the
 * client provokes. This stands for a device that is there again at once: each connection gets a
 * server of its own.
 */
async function device(program: string, serverPort: number): Promise<number> {
  let last: Promise<unknown> = Promise.resolve();
  const front = net.createServer((socket) => {
    last = last.then(() => serve(socket, program, serverPort));
  });
  onTestFinished(async () => {
    front.close();
    await last;
  });
  return listen(front);
}

async function serve(socket: net.Socket, program: string, port: number): Promise<void> {
  const server = spawn(program, ["tcp"], { stdio: "ignore" });
  const ended = new Promise((resolve) => server.once("close", resolve));
  socket.on("error", () => {});
  socket.pause();
  await untilListening(port);
  const behind = net.connect({ port, host: "127.0.0.1" });
  behind.on("error", () => {});
  socket.pipe(behind).pipe(socket);
  await new Promise((resolve) => socket.once("close", resolve));
  behind.destroy();
  server.kill("SIGKILL");
  await ended;
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
    const serverPort = await freePort();
    const program = await build(folder, "unit-test-server", serverPort);
    const port = await device(program, serverPort);
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
    const failedAt = output.indexOf("assertion error");
    expect(output.indexOf(NOT_FOR_A_BROKER), output.slice(-2000)).toBeGreaterThan(0);
    expect(failedAt === -1 || failedAt > output.indexOf(NOT_FOR_A_BROKER)).toBe(true);
    expect(passed).toBeGreaterThanOrEqual(CHECKS_MIN);
  },
  60_000,
);
