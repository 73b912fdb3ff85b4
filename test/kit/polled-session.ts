/**
 * A live session that polls every tag of the simulated treatment PLC once a second: the real session
 * host, guard, matcher and connection to a PLC on loopback, recorder and site log; the browser's
 * leg is memory. Only the clock is not real: it goes on by a second once everything of the last one
 * is answered, so that a day passes in minutes. Every five minutes somebody writes a setpoint.
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { mintPermit } from "../../broker/access/permits.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { LogBook } from "../../broker/evidence/log/log-book.ts";
import { addLeaf } from "../../broker/evidence/log/progress-leaves.ts";
import type { ModbusEndpoint, Profile } from "../../broker/plant/model.ts";
import type { Cause } from "../../broker/sessions/session.ts";
import { createSessionHost } from "../../broker/sessions/session-host.ts";
import { writePoints } from "../../protocols/modbus/build.ts";
import { encodeRequest } from "../../protocols/modbus/encode.ts";
import type { ModbusOperation } from "../../protocols/modbus/operation.ts";
import type { SimulatedPlant } from "../../simulators/plant.ts";
import { testClaims } from "./claims.ts";
import { TEST_KEYS } from "./evidence-keys.ts";
import { MemoryLeg } from "./memory-leg.ts";
import { atOnce, readsOf } from "./polled-recording.ts";
import { TestClock } from "./test-clock.ts";

export interface PolledSession {
  /** Nobody else may use it meanwhile. Recordings come into `evidence`, the site log into `log`. */
  readonly directory: string;
  readonly session: string;
  readonly plant: SimulatedPlant;
  readonly endpoint: ModbusEndpoint;
  readonly profile: Profile;
  readonly seconds: number;
}

export interface PolledFigures {
  readonly answered: number;
  readonly written: number;
  /** Leaves of the site log, and its key. */
  readonly leaves: number;
  readonly key: string;
  readonly ended: Cause;
}

const WRITE_EVERY_S = 300;
const SETPOINT = "P101.SpeedSetpoint";
/** Tenths of a hertz, within what the example's profile permits. */
const SETPOINT_FIRST = 250;
const SETPOINTS = 100;
/** The site log fixes what was recorded. */
const FIXED_EVERY_S = 10;
const TRANSACTIONS = 65_536;
/** Of the header of a Modbus frame: its length field counts what is behind it. */
const LENGTH_AT = 4;
const HEAD_LENGTH = 6;

export async function pollSession(options: PolledSession): Promise<PolledFigures> {
  const { seconds, session, plant } = options;
  const clock = new TestClock();
  const site = await openSite(options.directory, clock);
  const live = await atOnce(clock, site.open(claimsOf(options, clock.wallMs())));
  const poller = new Poller(options.endpoint);
  await atOnce(clock, live.attach(poller.leg, "a browser"));
  live.ownerPresent(true);
  for (let second = 1; second <= seconds; second += 1) {
    await poller.poll();
    // A person at work: polling alone would not keep the session from ending as idle.
    if (second % WRITE_EVERY_S === 0) {
      live.activity();
      await atOnce(clock, poller.write(SETPOINT_FIRST + (second % SETPOINTS)));
    }
    plant.run(1);
    clock.advance(1000);
    if (second % FIXED_EVERY_S === 0) await atOnce(clock, site.fix());
  }
  live.end({ rule: "owner-ended", reason: "ended by its owner" });
  const ended = await atOnce(clock, live.closed);
  site.book.closeSession(session);
  await atOnce(clock, site.close());
  const log = site.book.siteLog;
  const { answered, written } = poller;
  return { answered, written, ended, leaves: log?.size ?? 0, key: log?.key ?? "" };
}

function claimsOf({ endpoint, plant, profile, session, seconds }: PolledSession, nowMs: number) {
  const here = { host: "127.0.0.1", port: plant.ports.treatment, allowLocal: true };
  const untilMs = nowMs + (seconds + 3_600) * 1000;
  return testClaims({ nowMs, session, untilMs, profile, endpoint: { ...endpoint, ...here } });
}

async function openSite(directory: string, clock: TestClock) {
  const evidenceFolder = path.join(directory, "evidence");
  mkdirSync(evidenceFolder, { recursive: true });
  const keys = generateKeyPairSync("ed25519");
  const shared = { build: "t", clock };
  const opened = { directory: evidenceFolder, keys: TEST_KEYS, ...shared };
  const evidence = await atOnce(clock, openEvidence(opened));
  const recordings = path.join(evidenceFolder, "recordings");
  const log = { directory: path.join(directory, "log"), recordings, name: "day", ...shared };
  const book = await atOnce(clock, LogBook.open(log));
  const host = createSessionHost({
    ...{ recorder: evidence.recorder, permitKey: keys.publicKey, ...shared },
    beforeOpen: (header) => book.openSession(header),
  });
  return {
    book,
    open: (claims: ReturnType<typeof testClaims>) => host.open(mintPermit(claims, keys.privateKey)),
    /** As the broker does every ten seconds; resolves once it is on disk. */
    fix: () => addLeaf({ book, evidence }),
    close: async () => {
      await host.shutdown();
      await book.close();
      await evidence.close();
    },
  };
}

class Poller {
  readonly leg = new MemoryLeg();
  answered = 0;
  written = 0;
  private readonly endpoint: ModbusEndpoint;
  private readonly reads: readonly ModbusOperation[];
  private transaction = 0;
  private missing = 0;
  private done: (() => void) | undefined;

  constructor(endpoint: ModbusEndpoint) {
    this.endpoint = endpoint;
    this.reads = readsOf(endpoint);
    this.leg.onWrite = (bytes) => this.heard(framesIn(bytes));
  }

  /** Resolves once the PLC has answered all of it. */
  poll(): Promise<void> {
    this.answered += this.reads.length;
    return this.ask(this.reads);
  }

  write(value: number): Promise<void> {
    const tag = this.endpoint.tags.find(({ name }) => name === SETPOINT);
    this.written += 1;
    return this.ask([
      writePoints(this.endpoint.units[0] ?? 1, "holding-registers", tag?.address ?? 0, [value]),
    ]);
  }

  private ask(operations: readonly ModbusOperation[]): Promise<void> {
    this.missing = operations.length;
    const answered = new Promise<void>((resolve) => {
      this.done = resolve;
    });
    for (const operation of operations) {
      this.transaction = (this.transaction + 1) % TRANSACTIONS;
      this.leg.feed(encodeRequest([operation], this.transaction));
    }
    return answered;
  }

  private heard(frames: number): void {
    queueMicrotask(() => this.leg.take());
    this.missing -= frames;
    if (this.missing === 0) this.done?.();
  }
}

/** Frames come whole; those of one turn come in one piece. */
function framesIn(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; count += 1) {
    at += HEAD_LENGTH + ((bytes[at + LENGTH_AT] ?? 0) << 8) + (bytes[at + LENGTH_AT + 1] ?? 0);
  }
  return count;
}
