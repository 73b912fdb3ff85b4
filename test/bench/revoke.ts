/**
 * Cutting: 1,000 live sessions with traffic, each with a connection of its own at both ends, end
 * by one cause. How long until both ends of each are closed, and whether a byte passed after the
 * call that ended it had returned. Both far ends are another process, as they are in a plant.
 */
import { fork } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, Socket } from "node:net";
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
import { printResult, printTable } from "./report.ts";
import type { FromEnds, ToEnds } from "./revoke-ends.ts";
import { otherNode } from "./revoke-other-node.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SESSIONS = Number(process.env.SALLYPORT_BENCH_SESSIONS ?? 1_000);
const TRAFFIC_MS = 1_000;
const CLOSED_WITHIN_MS = 10_000;

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
  const other = await otherNode();
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
      ...(other && { otherNodeP50Ms: other.thereP50Ms - other.hereP50Ms }),
    },
    goals: {
      ...{ bytesAfterReturn: { atMost: 0 }, p99Ms: { atMost: 100 } },
      ...(other && { otherNodeP50Ms: { atMost: 10 } }),
    },
    notes: {
      ...{ sessions: SESSIONS, rounds: ROUNDS, requests: worst((round) => round.requests) },
      ...(other
        ? { cutAtItsNodeP50Ms: Number(other.hereP50Ms.toFixed(2)) }
        : { otherNode: "not measured: no PostgreSQL here" }),
    },
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
  readonly ends: Ends;
  readonly requests: () => Promise<number>;
  close(): void;
}

async function openSite(
  host: SessionHost,
  key: Parameters<typeof mintPermit>[1],
  meter: Meter,
): Promise<Site> {
  const ends = new Ends();
  const { port: devicePort } = await ends.hear("device");
  const limits = { ...TEST_LIMITS, connectionsMax: SESSIONS, requestsPerSecond: 1_000_000 };
  const endpoint = testEndpoint({ port: devicePort, connection: "dedicated", limits });
  const listener = createServer({ noDelay: true, pauseOnConnect: true });
  const port = await listening(listener);
  meter.start(port, devicePort);
  const open = async (n: number): Promise<void> => {
    const connection = once(listener, "connection");
    const opened = ends.hear("opened");
    ends.tell({ kind: "open", port });
    const [accepted] = (await connection) as [Socket];
    const claims = testClaims({ nowMs: systemClock.wallMs(), session: `s-${n}`, endpoint });
    const session = await host.open(mintPermit(claims, key));
    await session.attach(acceptedLeg(accepted), "bench");
    await opened;
  };
  for (let n = 0; n < SESSIONS; n += 1) await open(n);
  return {
    ends,
    requests: async () => {
      const answer = ends.hear("requests");
      ends.tell({ kind: "count" });
      return (await answer).count;
    },
    close: () => {
      ends.tell({ kind: "close" });
      listener.close();
    },
  };
}

/** The process of clients and device. */
class Ends {
  private readonly child = fork(path.join(import.meta.dirname, "revoke-ends.ts"));

  tell(message: ToEnds): void {
    if (this.child.connected) this.child.send(message);
  }

  /** The next message of this kind. */
  hear<K extends FromEnds["kind"]>(kind: K): Promise<Extract<FromEnds, { kind: K }>> {
    return new Promise((resolve) => {
      const listen = (message: FromEnds): void => {
        if (message.kind !== kind) return;
        this.child.off("message", listen);
        resolve(message as Extract<FromEnds, { kind: K }>);
      };
      this.child.on("message", listen);
    });
  }
}

async function cut(host: SessionHost, site: Site, meter: Meter): Promise<Round> {
  const requests = await site.requests();
  const closed = site.ends.hear("closed");
  const cause = { rule: "lockdown", reason: "bench" };
  const startMs = nowMs();
  for (const session of host.list()) session.end(cause);
  const calledMs = nowMs() - startMs;
  meter.returned();
  const late = pause(CLOSED_WITHIN_MS, undefined, { ref: false }).then(() => {
    throw new Error("not all sessions were closed in time");
  });
  const { atMs } = await Promise.race([closed, late]);
  const sorted = atMs.map((each) => each - startMs).sort((a, b) => a - b);
  const part = (of: number) => sorted[Math.floor((sorted.length - 1) * of)] ?? Number.NaN;
  const { bytesAfterReturn } = meter;
  return { p50Ms: part(0.5), p99Ms: part(0.99), calledMs, bytesAfterReturn, requests };
}

/** A time that the other process shares. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
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
