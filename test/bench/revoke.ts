/**
 * Cutting: 1,000 live sessions with traffic, each with a connection of its own at both ends, end
 * by one cause. How long until both ends of each are closed, and whether a byte passed after the
 * call that ended it had returned.
 */
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { mintPermit } from "../../broker/access/permits.ts";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { writeDirectly } from "../../broker/legs/socket-output.ts";
import { acceptedLeg } from "../../broker/legs/tcp-leg.ts";
import type { SessionHost } from "../../broker/sessions/session.ts";
import { createSessionHost } from "../../broker/sessions/session-host.ts";
import { TEST_LIMITS, testClaims, testEndpoint } from "../kit/claims.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { fromHex } from "../kit/hex.ts";
import { printResult, printTable } from "./report.ts";

const ROUNDS = Number(process.env.SALLYPORT_BENCH_ROUNDS ?? 5);
const SESSIONS = Number(process.env.SALLYPORT_BENCH_SESSIONS ?? 1_000);
/** Each client reads again this long after its answer, as a workbench polls. */
const THINK_MS = 100;
const TRAFFIC_MS = 1_000;
const CLOSED_WITHIN_MS = 10_000;

const READ = fromHex("0001 0000 0006 01 03 0064 0001");
/** After the transaction of its request. */
const REPLY = fromHex("0000 0005 01 03 02 0000");

interface Round {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Until the last call that ends a session had returned. */
  readonly calledMs: number;
  readonly bytesAfterReturn: number;
  readonly requests: number;
}

export async function run(): Promise<void> {
  const rounds: Round[] = [];
  for (let n = 0; n < ROUNDS; n += 1) rounds.push(await oneRound());
  const worst = (of: (round: Round) => number) => Math.max(...rounds.map(of));
  printTable(
    ["round", "p50 ms", "p99 ms", "all called ms", "bytes after return"],
    rounds.map((round, n) => [
      String(n + 1),
      round.p50Ms.toFixed(1),
      round.p99Ms.toFixed(1),
      round.calledMs.toFixed(1),
      String(round.bytesAfterReturn),
    ]),
  );
  printResult({
    bench: "revoke",
    ratios: {
      bytesAfterReturn: worst((round) => round.bytesAfterReturn),
      p50Ms: worst((round) => round.p50Ms),
      p99Ms: worst((round) => round.p99Ms),
    },
    goals: { bytesAfterReturn: { atMost: 0 }, p99Ms: { atMost: 100 } },
    notes: { sessions: SESSIONS, rounds: ROUNDS, requests: worst((round) => round.requests) },
  });
}

async function oneRound(): Promise<Round> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sallyport-bench-"));
  const keys = generateKeyPairSync("ed25519");
  const evidence = await openEvidence({
    ...{ directory: folder, keys: TEST_KEYS, build: "bench", clock: systemClock },
  });
  const host = createSessionHost({
    ...{ recorder: evidence.recorder, permitKey: keys.publicKey },
    ...{ clock: systemClock, build: "bench" },
  });
  const meter = new Meter();
  const site = await openSite(host, keys.privateKey, meter);
  try {
    await pause(TRAFFIC_MS);
    return await cut(host, site, meter);
  } finally {
    meter.stop();
    site.close();
    await host.shutdown();
    await evidence.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Site {
  /** When both ends of each session were closed. */
  readonly closedMs: readonly Promise<number>[];
  readonly requests: () => number;
  close(): void;
}

async function openSite(
  host: SessionHost,
  key: Parameters<typeof mintPermit>[1],
  meter: Meter,
): Promise<Site> {
  let requests = 0;
  const device = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (request) => {
      requests += 1;
      socket.write(Uint8Array.of(request[0] ?? 0, request[1] ?? 0, ...REPLY));
    });
  });
  const devicePort = await listening(device);
  const limits = { ...TEST_LIMITS, connectionsMax: SESSIONS, requestsPerSecond: 1_000_000 };
  const endpoint = testEndpoint({ port: devicePort, connection: "dedicated", limits });
  const assetEnds: Promise<number>[] = [];
  device.on("connection", (socket) => assetEnds.push(closed(socket)));
  const listener = createServer({ noDelay: true, pauseOnConnect: true });
  const port = await listening(listener);
  meter.start(port, devicePort);
  const clients: Socket[] = [];
  const clientEnds: Promise<number>[] = [];
  const open = async (n: number): Promise<void> => {
    const client = connect({ port, host: "127.0.0.1", noDelay: true });
    const [accepted] = (await once(listener, "connection")) as [Socket];
    const claims = testClaims({ nowMs: systemClock.wallMs(), session: `s-${n}`, endpoint });
    const session = await host.open(mintPermit(claims, key));
    await session.attach(acceptedLeg(accepted), "bench");
    clients.push(client);
    poll(client);
    clientEnds.push(closed(client));
  };
  for (let n = 0; n < SESSIONS; n += 1) await open(n);
  return {
    closedMs: clientEnds.map(async (end, n) => Math.max(await end, (await assetEnds[n]) ?? 0)),
    requests: () => requests,
    close: () => {
      for (const client of clients) client.destroy();
      listener.close();
      device.close();
    },
  };
}

/** When it was, however it ended. */
function closed(socket: Socket): Promise<number> {
  return new Promise((resolve) => socket.on("close", () => resolve(performance.now())));
}

/** One request after another, with a pause, as long as the connection lives. */
function poll(client: Socket): void {
  client.on("error", () => {});
  client.on("data", () => {
    setTimeout(() => client.writable && client.write(READ), THINK_MS);
  });
  client.write(READ);
}

async function cut(host: SessionHost, site: Site, meter: Meter): Promise<Round> {
  const requests = site.requests();
  const cause = { rule: "lockdown", reason: "bench" };
  const startMs = performance.now();
  for (const session of host.list()) session.end(cause);
  const calledMs = performance.now() - startMs;
  meter.returned();
  const all = Promise.all(site.closedMs);
  const late = pause(CLOSED_WITHIN_MS).then(() => {
    throw new Error("not all sessions were closed in time");
  });
  const times = (await Promise.race([all, late])).map((atMs) => atMs - startMs);
  const sorted = times.sort((a, b) => a - b);
  const part = (of: number) => sorted[Math.floor((sorted.length - 1) * of)] ?? Number.NaN;
  const { bytesAfterReturn } = meter;
  return { p50Ms: part(0.5), p99Ms: part(0.99), calledMs, bytesAfterReturn, requests };
}

/** Counts what the broker writes to its own ends of connections once everything was cut. */
class Meter {
  bytesAfterReturn = 0;
  private cut = false;
  private readonly write = Socket.prototype.write;

  start(listenPort: number, devicePort: number): void {
    // Through the stream's own `write`, where it can be seen.
    writeDirectly(false);
    const meter = this;
    const { write } = this;
    Socket.prototype.write = function counted(this: Socket, ...given: Parameters<typeof write>) {
      const ours = this.localPort === listenPort || this.remotePort === devicePort;
      if (meter.cut && ours) meter.bytesAfterReturn += (given[0] as Uint8Array).length;
      return write.apply(this, given);
    } as typeof write;
  }

  returned(): void {
    this.cut = true;
  }

  stop(): void {
    Socket.prototype.write = this.write;
  }
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
