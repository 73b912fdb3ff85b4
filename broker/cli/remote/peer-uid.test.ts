import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { endianness } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isOwnProgram, TELLS_PEERS, uidOf } from "./peer-uid.ts";

const loopback = (host: number) => (endianness() === "LE" ? `0${host}00007F` : `7F00000${host}`);
const [ONE, TWO] = [loopback(1), loopback(2)];
const MAPPED = `0000000000000000FFFF0000${ONE}`;
const REST = "00000000:00000000 00:00000000 00000000";
const TITLE = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
const PEER = { address: "127.0.0.1", port: 0xc350 };
const OWN = { address: "127.0.0.1", port: 0x1f90 };

function table(...lines: readonly string[]): string {
  return TITLE + lines.map((line, n) => `   ${n}: ${line}\n`).join("");
}

test("the peer's end of the connection says whose it is, not ours", () => {
  const shown = table(
    `${ONE}:1F90 00000000:0000 0A ${REST}  1000        0 1`,
    `${ONE}:1F90 ${ONE}:C350 01 ${REST}  1000        0 2`,
    `${ONE}:C350 ${ONE}:1F90 01 ${REST}  1234        0 3`,
  );
  expect(uidOf(PEER, OWN, [shown])).toBe(1234);
  expect(uidOf({ ...PEER, port: 0xc351 }, OWN, [shown])).toBeUndefined();
  expect(uidOf(PEER, { ...OWN, port: 0x1f91 }, ["", "nonsense\n: :", "\n 0: : : 01 a b c"])).toBe(
    undefined,
  );
});

test("a program that has said its last, and still hears, is known", () => {
  for (const state of ["04", "05"]) {
    const line = (uid: number, file: number) =>
      table(`${ONE}:C350 ${ONE}:1F90 ${state} ${REST}  ${uid}        0 ${file} 1 0`);
    expect(uidOf(PEER, OWN, [line(1234, 3)])).toBe(1234);
    expect(uidOf(PEER, OWN, [line(0, 0)])).toBeUndefined();
  }
});

test("a program that speaks IPv6 is found as well", () => {
  const shown = table(`${MAPPED}:C350 ${MAPPED}:1F90 01 ${REST}  1234        0 3`);
  expect(uidOf(PEER, OWN, ["", shown])).toBe(1234);
});

test("neither what is over nor what goes elsewhere by the same ports vouches for anybody", () => {
  const over = `${ONE}:C350 ${ONE}:1F90 06 ${REST}     0        0 0`;
  const left = `${ONE}:C350 ${ONE}:1F90 05 ${REST}     0        0 0`;
  const elsewhere = `${TWO}:C350 ${ONE}:1F90 01 ${REST}     0        0 4`;
  const own = `${ONE}:C350 ${TWO}:1F90 01 ${REST}     0        0 5`;
  const stranger = `${ONE}:C350 ${ONE}:1F90 01 ${REST}  1234        0 3`;
  expect(uidOf(PEER, OWN, [table(over, left, elsewhere, own)])).toBeUndefined();
  expect(uidOf(PEER, OWN, [table(over, left, elsewhere, own, stranger)])).toBe(1234);
});

let server: Server;
beforeEach(async () => {
  server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => void server.close());

function port(): number {
  return (server.address() as AddressInfo).port;
}

test.skipIf(!TELLS_PEERS)("a program of this account is let in", async () => {
  const client = connect(port(), "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  expect(isOwnProgram(accepted)).toBe(true);
  client.destroy();
  accepted.destroy();
});

/** An account that every system has, and that is nobody's. */
const NOBODY = 65_534;

test.skipIf(!TELLS_PEERS || process.getuid?.() !== 0)(
  "a program of another account that sends and goes at once is not taken for the system's (as root)",
  async () => {
    // It is gone before the connection is looked at: nothing of this process runs meanwhile.
    const sent = `exec 3<>/dev/tcp/127.0.0.1/${port()}; echo open >&3`;
    execFileSync("bash", ["-c", sent], { uid: NOBODY, timeout: 20_000, cwd: "/", stdio: "ignore" });
    const [accepted] = (await once(server, "connection")) as [Socket];
    expect(isOwnProgram(accepted)).toBe(false);
    accepted.destroy();
  },
);
