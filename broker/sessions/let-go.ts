/**
 * The broker's own hand on a screen whose session was killed, by kill -9 or by a power cut, while
 * something was held down: nobody was left to let go of it. As soon as its recording is closed the
 * broker connects again, sends the releases that the recording calls for and nothing else, and goes.
 * A press is never sent: where the button is not down any more, it would be a click.
 *
 * What a screen makes of it is the screen's own: TigerVNC lets go of the button, x11vnc and others
 * that keep what is down for each viewer by itself do not. So people are told in any case, to look.
 */
import type { KeyObject } from "node:crypto";
import type { LeftDown } from "../../protocols/rfb/left-down.ts";
import { buttonName } from "../../protocols/rfb/operation.ts";
import type { Header } from "../../protocols/tape/record.ts";
import type { LeaseCause } from "../access/access.ts";
import { letGoClaims } from "../access/let-go-claims.ts";
import { mintPermit } from "../access/permits.ts";
import { findEndpoint } from "../access/reach.ts";
import type { Clock } from "../clock.ts";
import type { Recordings } from "../evidence/recordings.ts";
import type { Leg, LegSink } from "../legs/leg.ts";
import type { Asset, Endpoint, Plant } from "../plant/model.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import { leftDownOf } from "./left-down.ts";
import { type LiveSession, type SessionHost, SessionRefused } from "./session.ts";

/** What was left longer ago somebody has seen since, and may hold again himself. */
const LEFT_AGO_MAX_MS = 3_600_000;
/** A screen, or a gateway, that came up with the broker takes a minute or two; then a person looks. */
const TRIES_MAX = 8;
const AGAIN_FIRST_MS = 2_000;

export interface LetGoParts {
  readonly clock: Clock;
  readonly permitKey: KeyObject;
  readonly plant: { current(): Plant };
  readonly recordings: Pick<Recordings, "get" | "segment">;
  readonly sessions: Pick<SessionHost, "open"> & {
    list(): readonly Pick<LiveSession, "claims">[];
  };
  /** Why nothing of the asset may be dialled now. */
  lockOver(assetId: string): LeaseCause | undefined;
  note(event: NewSiteEvent): void;
}

interface Place {
  readonly asset: Asset;
  readonly endpoint: Endpoint;
}

const GONE = { rule: "let-go", reason: "the broker let go of what was held down" };

export class LetGo {
  private readonly parts: LetGoParts;
  private stopped = false;
  private readonly waits = new Set<() => void>();

  constructor(parts: LetGoParts) {
    this.parts = parts;
  }

  /** The recording of this session is closed. Resolves once there is no more to do; never rejects. */
  async after(session: string): Promise<void> {
    try {
      const left = await leftDownOf(this.parts.recordings, session);
      if (left.kind === "unknown") {
        const why = `what was held down cannot be told (${left.reason})`;
        this.note(left.header, `The session was killed, and ${why}: look at the screen`);
      }
      if (left.kind !== "down") return;
      for (const down of left.down) await this.letGo(left.header, left.endedMs, down);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const text = `A session was killed, and its recording does not say what it held down: ${why}`;
      this.parts.note({ kind: "screen:left-down", priority: "alarm", text, session });
    }
  }

  stop(): void {
    this.stopped = true;
    for (const stop of this.waits) stop();
  }

  private async letGo(header: Header, endedMs: number, down: LeftDown): Promise<void> {
    const left = `The session of ${header.subject.name} was killed while ${words(down)} held down`;
    if (this.parts.clock.wallMs() - endedMs > LEFT_AGO_MAX_MS) {
      return this.note(header, `${left}, more than an hour ago: look at the screen`);
    }
    let why = "";
    for (let tried = 0; tried < TRIES_MAX && !this.stopped; tried += 1) {
      if (tried > 0) await this.pause(AGAIN_FIRST_MS * 2 ** (tried - 1));
      if (this.stopped) return;
      const failed = await this.tryOnce(header, down);
      const told = "the broker told the screen to let go";
      if (failed === undefined) {
        return this.note(header, `${left}: ${told}. Some screens do not hear it: look at it`);
      }
      why = failed;
    }
    this.note(header, `${left}, and the broker could not let go: ${why}. Look at the screen`);
  }

  /** Why it could not be told; undefined once it was. */
  private async tryOnce(header: Header, down: LeftDown): Promise<string | undefined> {
    const { asset, endpoint } = header;
    const name = `${asset.id}/${endpoint.id}`;
    const place = findEndpoint(this.parts.plant.current(), name);
    if (place?.endpoint.protocol !== "vnc") return `${name} is not a screen of the plant file now`;
    const lock = this.parts.lockOver(asset.id);
    if (lock) return lock.reason;
    if (this.isInUse(name)) return "somebody works at it, whose own button it would let go of";
    try {
      return await this.tell(place, down);
    } catch (error) {
      if (error instanceof SessionRefused) return error.message;
      throw error;
    }
  }

  private async tell(place: Place, down: LeftDown): Promise<string | undefined> {
    const { plant, clock, permitKey, sessions } = this.parts;
    const claims = letGoClaims(plant.current(), place, down, clock.wallMs());
    const session = await sessions.open(mintPermit(claims, permitKey));
    const hand = new EmptyHand();
    try {
      const { ended } = await session.attach(hand, "broker");
      const { reason } = await ended;
      return hand.isHeard ? undefined : reason;
    } finally {
      session.end(GONE);
    }
  }

  private isInUse(name: string): boolean {
    return this.parts.sessions
      .list()
      .some(({ claims: { asset, endpoint } }) => `${asset.id}/${endpoint.id}` === name);
  }

  private pause(forMs: number): Promise<void> {
    return new Promise((resolve) => {
      const over = () => {
        stop();
        this.waits.delete(over);
        resolve();
      };
      const stop = this.parts.clock.after(forMs, over);
      this.waits.add(over);
    });
  }

  private note({ session, asset, endpoint }: Header, text: string): void {
    const at = `${asset.name} (${asset.id}/${endpoint.id})`;
    this.parts.note({
      ...{ kind: "screen:left-down", priority: "alarm", session },
      text: `${at}: ${text}.`,
      about: { asset: asset.id, endpoint: `${asset.id}/${endpoint.id}` },
    });
  }
}

/** A viewer that says hello, and goes once the screen has answered: then its guard lets go. */
class EmptyHand implements Leg {
  readonly queued = 0;
  isHeard = false;
  private sink: LegSink | undefined;

  start(sink: LegSink): void {
    this.sink = sink;
    sink.bytes(Uint8Array.of(1));
  }

  write(): void {
    if (this.isHeard) return;
    this.isHeard = true;
    queueMicrotask(() => this.sink?.closed(GONE.reason));
  }

  pause(): void {}
  resume(): void {}

  close(): void {
    this.sink = undefined;
  }
}

function words({ mask, keys }: LeftDown): string {
  const buttons = Array.from({ length: 8 }, (_, bit) => bit).filter((bit) => mask & (1 << bit));
  const named = buttons.map((bit) => `the ${buttonName(bit)} button`);
  // Which keys they were is nobody's business who may not play the recording.
  if (keys.length > 0) named.push(keys.length === 1 ? "a key" : `${keys.length} keys`);
  return `${named.join(" and ")} ${named.length === 1 && keys.length < 2 ? "was" : "were"}`;
}
