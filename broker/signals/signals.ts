/**
 * Takes the signals of other systems (RFC 8935): who sends is known by what it shows before
 * anything is read, no more are looked at than its rate, each is verified, and counts once. What
 * it takes away is taken in the turn in which it is decided; it is acknowledged only once that,
 * and the signal itself, are durable. A crash in between means that it is sent again, which does
 * nothing more.
 *
 * One signal, its decision and its effects are one story: an event of the site that names it, and
 * the same sign in the reason of every session that it cut.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { JWK } from "jose";
import type { Clock } from "../clock.ts";
import type { Secret } from "../integrations/model.ts";
import { newId } from "../store/ids.ts";
import { plainText } from "../store/plain-text.ts";
import {
  hasSignal,
  insertSignal,
  type KeptSignal,
  type KeptStream,
  listSignals,
  listStreams,
  pruneSignals,
  writeStream,
} from "../store/signals.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import type { Store } from "../store/store.ts";
import { RemoteKeys } from "../workloads/remote-keys.ts";
import { parseKeySet } from "../workloads/trust-bundle.ts";
import { type CarryOutParts, carryOut, said, shortId } from "./carry-out.ts";
import { readSet, type SecurityEvent, type SetFault } from "./set.ts";
import { SignalRate } from "./signal-rate.ts";
import type { Transmitter } from "./transmitter.ts";

export interface SignalsParts extends CarryOutParts {
  readonly clock: Clock;
  readonly store: Store;
  /** The broker's own address: what tokens name that are meant for it. */
  readonly audience: string;
  /** By the dialer of integrations. */
  fetchKeys(transmitter: Transmitter, url: string): Promise<string>;
  note(event: NewSiteEvent): void;
}

export type Taken =
  /** Durable; the same again is taken too, and does nothing. */
  | { readonly kind: "taken" }
  /** Sending the same again is no use. */
  | { readonly kind: "refused"; readonly fault: SetFault; readonly why: string }
  | { readonly kind: "later"; readonly seconds: number };

export interface TransmitterStanding {
  readonly transmitter: Transmitter;
  readonly stream: KeptStream;
  readonly taken: number;
  readonly refused: number;
  readonly lastRefusal: string | null;
  /** Why it cannot be asked, or its keys be had. */
  readonly problem: string | null;
}

/** Verified and waiting to be carried out, one after the other. */
const WAITING_MAX = 256;
const LATER_S = 5;
/** The same refusal is told once in this time, with how many there were. */
const TELL_EVERY_MS = 60_000;
/** For people to look at, however old. */
const SHOWN_MAX = 200;
const PRUNE_EVERY_MS = 60_000;
/** A clock that was set back within a run must not make room for a second time. */
const SPARE_MS = 3_600_000;

const FRESH: KeptStream = { status: "enabled", reason: "", heardMs: null, verifiedMs: null };

interface Known {
  readonly transmitter: Transmitter;
  readonly rate: SignalRate;
  readonly keys: RemoteKeys | undefined;
  stream: KeptStream;
  taken: number;
  refused: number;
  lastRefusal: string | null;
  problem: string | null;
  toldMs: number;
  untold: number;
}

export class Signals {
  private readonly parts: SignalsParts;
  private known = new Map<string, Known>();
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private cancelPrune = () => {};
  private closed = false;

  constructor(parts: SignalsParts) {
    this.parts = parts;
    this.pruneLater();
  }

  /** From now on these. What was heard of one before goes on to count. */
  async configure(transmitters: readonly Transmitter[]): Promise<void> {
    const kept = await listStreams(this.parts.store.queries);
    const before = this.known;
    this.known = new Map(
      transmitters.map((transmitter) => {
        const { name } = transmitter;
        const old = before.get(name);
        const same = old && JSON.stringify(old.transmitter) === JSON.stringify(transmitter);
        return [name, same ? old : this.fresh(transmitter, kept.get(name) ?? FRESH)];
      }),
    );
    const { demands } = this.parts;
    demands.assess("signals", this.known.size > 0);
    // Who is not listened to any more cannot say that it is over.
    const gone = demands.list().filter(({ source }) => this.isGone(source));
    await demands.forget(this.parts.store.queries, gone);
    demands.drop(gone);
  }

  get transmitters(): readonly Transmitter[] {
    return [...this.known.values()].map(({ transmitter }) => transmitter);
  }

  list(): readonly TransmitterStanding[] {
    return [...this.known.values()].map((each) => {
      const { transmitter, stream, taken, refused, lastRefusal } = each;
      const problem = each.problem ?? each.keys?.problem ?? null;
      return { transmitter, stream, taken, refused, lastRefusal, problem };
    });
  }

  /** Newest first. */
  stories(): Promise<readonly KeptSignal[]> {
    return listSignals(this.parts.store.queries, SHOWN_MAX);
  }

  /** @param authorization as the request carried it: it says who sends, and nothing else does */
  async push(token: string, authorization: string | undefined): Promise<Taken> {
    const known = this.byAuthorization(authorization);
    if (!known) return { kind: "refused", fault: "authentication_failed", why: "not known here" };
    return this.take(known, token);
  }

  /** What was fetched from a transmitter that is asked. */
  async polled(name: string, token: string): Promise<Taken> {
    const known = this.known.get(name);
    return known ? this.take(known, token) : { kind: "later", seconds: LATER_S };
  }

  /** Asking it went wrong; undefined: it went well. */
  pollState(name: string, problem: string | undefined): void {
    const known = this.known.get(name);
    if (known) known.problem = problem ?? null;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancelPrune();
    await this.turn;
  }

  private fresh(transmitter: Transmitter, stream: KeptStream): Known {
    const { clock, fetchKeys } = this.parts;
    const { keys } = transmitter;
    const load = (url: string) => fetchKeys(transmitter, url);
    return {
      ...{ transmitter, stream, rate: new SignalRate(clock, transmitter.rate) },
      keys: keys.from === "url" ? new RemoteKeys(keys.url, { clock, load }) : undefined,
      ...{ taken: 0, refused: 0, lastRefusal: null, problem: null },
      ...{ toldMs: Number.NEGATIVE_INFINITY, untold: 0 },
    };
  }

  private isGone(source: string): boolean {
    const [kind, name = ""] = source.split(" ");
    return kind === "signal" && !this.known.has(name);
  }

  /** All are compared, so that the time it takes says nothing. */
  private byAuthorization(given: string | undefined): Known | undefined {
    if (given === undefined) return undefined;
    const digest = sha256(given);
    let found: Known | undefined;
    for (const known of this.known.values()) {
      const { delivery } = known.transmitter;
      if (delivery.kind !== "push") continue;
      const expected = readOr(delivery.authorization);
      if (expected !== undefined && timingSafeEqual(digest, sha256(expected))) found = known;
    }
    return found;
  }

  private async take(known: Known, token: string): Promise<Taken> {
    const { transmitter, rate } = known;
    if (this.closed || this.waiting >= WAITING_MAX) return { kind: "later", seconds: LATER_S };
    if (!rate.take()) {
      this.tellRefused(known, "they come faster than its rate");
      return { kind: "later", seconds: LATER_S };
    }
    this.waiting += 1;
    try {
      const { clock, audience } = this.parts;
      const atMs = clock.wallMs();
      const beganMs = clock.monotonicMs();
      const keysOf = (_: Transmitter, kid: string | undefined) => keysFor(known, kid);
      const read = await readSet(token, transmitter, { clock, audience, keysOf });
      if (read.kind === "refused") return this.refuse(known, read.fault, read.why);
      return await this.inTurn(() => this.once(known, read.set, { atMs, beganMs }));
    } catch (error) {
      // Our fault, or its keys are away: it sends again.
      known.problem = error instanceof Error ? error.message : String(error);
      this.tellRefused(known, `it cannot be looked at now: ${known.problem}`);
      return { kind: "later", seconds: LATER_S };
    } finally {
      this.waiting -= 1;
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.turn.then(work);
    this.turn = next.catch(() => {});
    return next;
  }

  private async once(known: Known, set: SecurityEvent, came: Came): Promise<Taken> {
    const { name } = known.transmitter;
    const jtiHash = sha256(set.jti).toString("base64url");
    const { queries } = this.parts.store;
    if (await hasSignal(queries, name, jtiHash)) return { kind: "taken" };
    const { event } = set;
    if (event.type === "verification" || event.type === "stream-updated") {
      await this.aboutStream(known, set, jtiHash, came);
      return { kind: "taken" };
    }
    const id = newId();
    const acted = await carryOut(this.parts, { transmitter: known.transmitter, set, id });
    if (acted.kind === "unknown" && known.transmitter.unknownSubjects === "refuse") {
      return this.refuse(known, "invalid_request", "it is about nobody and nothing known here");
    }
    const done = acted.kind === "done" ? acted.done : IGNORED;
    const tookMs = this.parts.clock.monotonicMs() - came.beganMs;
    const text = `${name} ${said(event)}${done.about && `, about ${done.about}`} (signal ${shortId(id)}): ${done.decision}${worded(done.effects)}`;
    const stream = { ...known.stream, heardMs: came.atMs };
    await this.parts.store.act(async (within, record) => {
      await insertSignal(within, {
        ...{ id, transmitter: name, jtiHash, receivedMs: came.atMs, type: event.type },
        ...{ personId: done.person?.id ?? null, about: plainText(done.about, SHOWN_MAX) },
        ...{ decision: done.decision, effects: done.effects, tookMs },
      });
      await done.keep(within);
      await writeStream(within, name, stream);
      await record({
        ...{ kind: "signal:taken", priority: "event", text },
        ...(done.person && { subject: done.person.id }),
        about: { signal: id, integration: name },
      });
    });
    done.committed();
    known.stream = stream;
    known.taken += 1;
    known.problem = null;
    return { kind: "taken" };
  }

  /** The stream itself: that it works, or that its transmitter has paused or ended it. */
  private async aboutStream(
    known: Known,
    { event }: SecurityEvent,
    jtiHash: string,
    { atMs, beganMs }: Came,
  ): Promise<void> {
    const { name } = known.transmitter;
    const { store, clock } = this.parts;
    const updated = event.type === "stream-updated" ? event : undefined;
    const stream: KeptStream = {
      ...known.stream,
      heardMs: atMs,
      ...(updated
        ? { status: updated.status, reason: plainText(updated.reason, SHOWN_MAX) }
        : { verifiedMs: atMs }),
    };
    const decision = updated ? `the stream is ${updated.status}` : "the stream works";
    const id = newId();
    await store.act(async (queries, record) => {
      await insertSignal(queries, {
        ...{ id, transmitter: name, jtiHash, receivedMs: atMs, type: event.type, personId: null },
        ...{ about: "", decision, effects: [], tookMs: clock.monotonicMs() - beganMs },
      });
      await writeStream(queries, name, stream);
      await record({
        kind: updated && updated.status !== "enabled" ? "signal:stream-stopped" : "signal:stream",
        priority: updated && updated.status !== "enabled" ? "alarm" : "event",
        text: `${name}: ${decision}${updated?.reason ? ` (${stream.reason})` : ""}`,
        about: { signal: id, integration: name },
      });
    });
    known.stream = stream;
  }

  private refuse(known: Known, fault: SetFault, why: string): Taken {
    this.tellRefused(known, why);
    return { kind: "refused", fault, why };
  }

  private tellRefused(known: Known, why: string): void {
    known.refused += 1;
    known.untold += 1;
    known.lastRefusal = why;
    const nowMs = this.parts.clock.monotonicMs();
    if (known.toldMs + TELL_EVERY_MS > nowMs) return;
    const { untold } = known;
    known.toldMs = nowMs;
    known.untold = 0;
    const { name } = known.transmitter;
    const count = untold === 1 ? "A signal" : `${untold} signals`;
    this.parts.note({
      kind: "signal:refused",
      priority: "alarm",
      text: `${count} of ${name} refused, last because ${why}`,
      about: { integration: name },
    });
  }

  private pruneLater(): void {
    if (this.closed) return;
    this.cancelPrune = this.parts.clock.after(PRUNE_EVERY_MS, () => {
      // A store that fails says so itself.
      void this.prune()
        .catch(() => {})
        .finally(() => this.pruneLater());
    });
  }

  private async prune(): Promise<void> {
    const { clock, store } = this.parts;
    for (const { name, ageMaxMs } of this.transmitters) {
      const beforeMs = clock.wallMs() - ageMaxMs - SPARE_MS;
      await pruneSignals(store.queries, name, { beforeMs, keep: SHOWN_MAX });
    }
  }
}

interface Came {
  readonly atMs: number;
  /** On the clock that never steps. */
  readonly beganMs: number;
}

const IGNORED = {
  ...{ person: undefined, about: "", decision: "it is about nobody here", effects: [] },
  keep: async () => {},
  committed: () => {},
};

async function keysFor(known: Known, kid: string | undefined): Promise<readonly JWK[]> {
  const { keys } = known.transmitter;
  if (keys.from === "file") return parseKeySet(keys.file.read());
  const found = (await known.keys?.forToken(kid)) ?? [];
  if (found.length === 0) throw new Error("the keys of its issuer cannot be had");
  return found;
}

/** One whose secret is gone is not known by anything; the others still are. */
function readOr(secret: Secret): string | undefined {
  try {
    return secret.read();
  } catch {
    return undefined;
  }
}

function worded(effects: readonly { readonly text: string }[]): string {
  if (effects.length === 0) return "";
  return `; ${effects.map(({ text }) => text).join("; ")}`;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
