/**
 * Sessions on memory legs, a test clock and the real recorder in a temporary folder, for tests
 * that decide what happens when. They share the locks and rates of one endpoint.
 */

import { generateKeyPairSync } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { mintPermit, type VerifiedClaims, verifyPermit } from "../../broker/access/permits.ts";
import { type Evidence, openEvidence } from "../../broker/evidence/evidence.ts";
import { compileProfile } from "../../broker/policy/compile-profile.ts";
import { BoundedRateLedger } from "../../broker/policy/rate-ledger.ts";
import { Session } from "../../broker/sessions/live-session.ts";
import { PointLocks } from "../../broker/sessions/point-locks.ts";
import type { SessionEvent } from "../../broker/sessions/session.ts";
import type { SessionHooks } from "../../broker/sessions/session-hooks.ts";
import { tapeHeader } from "../../broker/sessions/tape-header.ts";
import { copyBytes } from "../../protocols/copy-bytes.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { type TestClaimsOptions, testClaims } from "./claims.ts";
import { TEST_KEYS } from "./evidence-keys.ts";
import { MemoryLeg } from "./memory-leg.ts";
import { rerun } from "./rerun.ts";
import { StagedVolume } from "./staged-volume.ts";
import { temporaryFolder } from "./temporary.ts";
import { TestClock } from "./test-clock.ts";

const keys = generateKeyPairSync("ed25519");

/** A disk that does not answer within this time of ours is a failed test. */
const WAIT_MAX_MS = 10_000;

export interface KitSessionOptions extends Omit<TestClaimsOptions, "nowMs"> {
  readonly hooks?: SessionHooks;
  /** Given each leg of the asset as it is made, before anything is sent on it. */
  readonly onAsset?: (leg: MemoryLeg) => void;
}

export class SessionKit {
  readonly clock: TestClock;
  readonly volume: StagedVolume;
  readonly evidence: Evidence;
  private readonly locks = new PointLocks();
  private readonly ledger = new BoundedRateLedger();
  private count = 0;
  private readonly sessions: KitSession[] = [];

  private constructor(evidence: Evidence, volume: StagedVolume, clock: TestClock) {
    this.evidence = evidence;
    this.volume = volume;
    this.clock = clock;
  }

  static async start(clock = new TestClock()): Promise<SessionKit> {
    const volume = new StagedVolume();
    const directory = temporaryFolder();
    const evidence = await openEvidence({
      directory,
      keys: TEST_KEYS,
      build: "test",
      clock,
      volume,
    });
    const kit = new SessionKit(evidence, volume, clock);
    onTestFinished(async () => {
      volume.failure = undefined;
      volume.release();
      await evidence.close();
      kit.mustRerun();
    });
    return kit;
  }

  async open(options: KitSessionOptions = {}): Promise<KitSession> {
    const session = options.session ?? `session-${++this.count}`;
    const { hooks, onAsset } = options;
    return this.openWith(this.verified({ ...options, session }), hooks, onAsset);
  }

  /** Under a permit that was minted elsewhere. */
  async openWith(
    claims: VerifiedClaims,
    hooks: SessionHooks = {},
    onAsset: KitSessionOptions["onAsset"] = () => {},
  ): Promise<KitSession> {
    const { clock, locks, ledger, evidence } = this;
    const tape = await evidence.recorder.open(tapeHeader(claims, "test", clock.wallMs()));
    const { profile, endpoint, subject } = claims;
    const matcher = compileProfile({ profile, endpoint, subject: subject.id, ledger });
    const assets: MemoryLeg[] = [];
    const connect = () => ({
      leg: () => {
        const leg = new MemoryLeg();
        assets.push(leg);
        onAsset(leg);
        return leg;
      },
    });
    const over = () => {};
    const live = new Session({ claims, tape, matcher, locks, connect, clock, hooks, over });
    evidence.recorder.onState((state) => live.recorderIs(state));
    const session = await KitSession.attach(this, live, assets);
    this.sessions.push(session);
    return session;
  }

  /** Whatever a test did to a session, a new guard does the same from its tape. */
  mustRerun(): void {
    for (const { tape, live } of this.sessions) {
      const { difference } = rerun(tape);
      if (!difference) continue;
      throw new Error(`${live.claims.session}, record ${difference.sequence}: ${difference.what}`);
    }
  }

  /** Runs turns of the event loop until it holds. */
  async until(holds: () => boolean, what = "it"): Promise<void> {
    const lastMs = performance.now() + WAIT_MAX_MS;
    while (!holds() && performance.now() < lastMs) await turn();
    if (!holds()) throw new Error(`${what} did not happen`);
  }

  /** The tape as an auditor reads it, after the session has ended. */
  async recorded(session: string): Promise<readonly TapeRecord[]> {
    const records: TapeRecord[] = [];
    for (let number = 0; ; number++) {
      const bytes = await this.evidence.recordings.segment(session, number);
      if (!bytes) return records;
      const read = readSegment(bytes);
      if (read.kind === "malformed") throw new Error(read.reason);
      records.push(...read.records);
    }
  }

  private verified(options: KitSessionOptions): VerifiedClaims {
    const nowMs = this.clock.wallMs();
    const permit = mintPermit(testClaims({ ...options, nowMs }), keys.privateKey);
    const result = verifyPermit(permit, keys.publicKey, nowMs);
    if (result.kind !== "valid") throw new Error(`the permit is ${result.kind}`);
    return result.claims;
  }
}

/** A session with one client attached. */
export class KitSession {
  readonly live: Session;
  readonly client: MemoryLeg;
  readonly events: SessionEvent[] = [];
  /** The tape as it was appended, byte arrays copied. */
  readonly tape: TapeRecord[] = [];
  private readonly kit: SessionKit;
  private readonly assets: MemoryLeg[];

  private constructor(kit: SessionKit, live: Session, assets: MemoryLeg[], client: MemoryLeg) {
    this.kit = kit;
    this.live = live;
    this.assets = assets;
    this.client = client;
    live.listen((event) => this.events.push(event));
    live.tape.follow((record) => {
      this.tape.push(
        record.kind === "bytes" ? { ...record, bytes: copyBytes(record.bytes) } : record,
      );
    });
  }

  static async attach(kit: SessionKit, live: Session, assets: MemoryLeg[]): Promise<KitSession> {
    const client = new MemoryLeg();
    const session = new KitSession(kit, live, assets, client);
    await live.attach(client, "test");
    return session;
  }

  /** The asset's end of the client's channel. */
  get asset(): MemoryLeg {
    return this.legAt(0);
  }

  /** The asset's end of the second channel that was opened. */
  get second(): MemoryLeg {
    return this.legAt(1);
  }

  /** The asset's end of the channel of probes; it exists once a probe was sent. */
  get probed(): MemoryLeg {
    return this.legAt(1);
  }

  get hasProbed(): boolean {
    return (this.assets[1]?.written.length ?? 0) > 0;
  }

  /** Waits until the asset has been sent this many frames. */
  sent(count: number): Promise<void> {
    return this.kit.until(() => this.asset.written.length >= count, `${count} sends`);
  }

  answered(count: number): Promise<void> {
    return this.kit.until(() => this.client.written.length >= count, `${count} answers`);
  }

  ofKind<K extends TapeRecord["kind"]>(kind: K): Extract<TapeRecord, { kind: K }>[] {
    return this.tape.filter((each): each is Extract<TapeRecord, { kind: K }> => each.kind === kind);
  }

  get legCount(): number {
    return this.assets.length;
  }

  /** The asset's ends of all channels, in the order in which they were opened. */
  legAt(index: number): MemoryLeg {
    const leg = this.assets[index];
    if (!leg) throw new Error(`no leg ${index} of the asset`);
    return leg;
  }
}
