/**
 * The sign-ins that count now. All are in memory, so that every request can ask; the store has
 * them for the next start. Ending one takes effect in the turn it is asked for, before the store
 * hears of it: if that then fails the caller learns it, and the browser is out all the same.
 *
 * A time has passed when either clock says so: one never steps, the other goes on while the
 * machine sleeps. Last-seen times reach the store at most once a minute each, so after a crash an
 * idle time may end up to a minute early.
 */
import type { Clock } from "../clock.ts";
import type { Person, ProviderProof, SignIn } from "../store/model.ts";
import { deleteSignIn, type KeptSignIn, listSignIns, updateLastSeen } from "../store/sign-ins.ts";
import type { Store } from "../store/store.ts";
import { StoreAway } from "../store/store-failed.ts";
import type { SignedIn, SignInEnd } from "./identity.ts";
import type { CheckedIdentityConfig } from "./identity-config.ts";
import { hashToken } from "./token.ts";

/** A machine that slept, or a clock that was set, is noticed within this time. */
const RECHECK_MS = 30_000;
const LAST_SEEN_EVERY_MS = 60_000;
/** Requests that were under way when a step-up gave the browser a new token. */
const OLD_TOKEN_GRACE_MS = 5_000;
/** Browsers in which one person is signed in at once; the one longest unseen ends first. */
export const SIGN_INS_MAX = 10;

/** The same moment on both clocks. */
interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

interface Entry {
  signIn: SignIn;
  tokenHash: string;
  /** On the monotonic clock. */
  seenMs: number;
  writtenMs: number;
  assertedMs: number;
  /** From when its longest time counts. */
  begunMs: number;
  /** The token before the last step-up, and the assertion it stands for. */
  old:
    | { readonly tokenHash: string; readonly asserted: Moment; readonly endsMs: number }
    | undefined;
}

export class SignInBook {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly config: CheckedIdentityConfig;
  private readonly byId = new Map<string, Entry>();
  private readonly byToken = new Map<string, Entry>();
  private readonly people = new Map<string, Person>();
  private readonly listeners = new Set<(signIn: SignIn, end: SignInEnd) => void>();
  private readonly assertedListeners = new Set<(signIn: SignIn) => void>();
  private stopTimer = () => {};

  private constructor(store: Store, clock: Clock, config: CheckedIdentityConfig) {
    this.store = store;
    this.clock = clock;
    this.config = config;
  }

  /**
   * @param people who may be signed in: the active ones
   * @param staysIn whether a sign-in of before the restart goes on to count
   */
  static async open(
    store: Store,
    clock: Clock,
    config: CheckedIdentityConfig,
    people: readonly Person[],
    staysIn: (signIn: SignIn, person: Person) => boolean = () => true,
  ): Promise<SignInBook> {
    const book = new SignInBook(store, clock, config);
    const active = new Map(people.map((person) => [person.id, person]));
    for (const kept of await listSignIns(store.queries)) {
      const person = active.get(kept.signIn.personId);
      if (person?.state === "active" && staysIn(kept.signIn, person)) book.add(kept, person);
      else await deleteSignIn(store.queries, kept.signIn.id);
    }
    await book.endOverdue();
    return book;
  }

  /** After the store has it. */
  add(kept: KeptSignIn, person: Person): SignedIn {
    const sinceMs = (wallMs: number) => this.sinceMs(wallMs);
    const entry: Entry = {
      signIn: kept.signIn,
      tokenHash: kept.tokenHash,
      seenMs: sinceMs(kept.signIn.lastSeenMs),
      writtenMs: sinceMs(kept.signIn.lastSeenMs),
      assertedMs: sinceMs(kept.signIn.assertedMs),
      begunMs: sinceMs(this.countsFrom(kept.signIn)),
      old: undefined,
    };
    this.byId.set(entry.signIn.id, entry);
    this.byToken.set(entry.tokenHash, entry);
    this.people.set(person.id, person);
    this.schedule();
    return this.view(entry, person, assertionOf(entry));
  }

  /** A step-up, or another proof of a workload: new token, fresh assertion. After the store has it. */
  rotate(kept: KeptSignIn): SignedIn | undefined {
    const entry = this.byId.get(kept.signIn.id);
    const person = entry && this.people.get(entry.signIn.personId);
    if (!entry || !person) return undefined;
    this.forgetOld(entry);
    entry.old = {
      tokenHash: entry.tokenHash,
      asserted: assertionOf(entry),
      endsMs: this.clock.monotonicMs() + OLD_TOKEN_GRACE_MS,
    };
    if (kept.signIn.absoluteEndsMs !== entry.signIn.absoluteEndsMs) {
      entry.begunMs = this.sinceMs(this.countsFrom(kept.signIn));
    }
    entry.signIn = kept.signIn;
    entry.tokenHash = kept.tokenHash;
    entry.assertedMs = this.clock.monotonicMs();
    entry.seenMs = entry.assertedMs;
    this.byToken.set(entry.tokenHash, entry);
    for (const listener of this.assertedListeners) listener(entry.signIn);
    this.schedule();
    return this.view(entry, person, assertionOf(entry));
  }

  byTokenText(token: string, seen: boolean): SignedIn | undefined {
    const tokenHash = hashToken(token);
    const entry = this.byToken.get(tokenHash);
    if (!entry || this.overdue(entry)) return undefined;
    const old = entry.old?.tokenHash === tokenHash ? entry.old : undefined;
    if (old && old.endsMs <= this.clock.monotonicMs()) {
      this.forgetOld(entry);
      return undefined;
    }
    const person = this.people.get(entry.signIn.personId);
    if (!person) return undefined;
    if (seen) this.note(entry);
    return this.view(entry, person, old?.asserted ?? assertionOf(entry));
  }

  get(id: string): SignedIn | undefined {
    const entry = this.byId.get(id);
    const person = entry && this.people.get(entry.signIn.personId);
    if (!entry || !person || this.overdue(entry)) return undefined;
    return this.view(entry, person, assertionOf(entry));
  }

  seen(id: string): void {
    const entry = this.byId.get(id);
    if (entry && !this.overdue(entry)) this.note(entry);
  }

  /** Newest first. */
  of(personId: string): readonly SignIn[] {
    return [...this.byId.values()]
      .filter((entry) => entry.signIn.personId === personId && !this.overdue(entry))
      .map((entry) => entry.signIn)
      .sort((a, b) => b.createdMs - a.createdMs);
  }

  /** Sign-ins of workloads that count now. */
  ofWorkloads(): readonly SignIn[] {
    return [...this.byId.values()]
      .filter((entry) => entry.signIn.workload && !this.overdue(entry))
      .map((entry) => entry.signIn);
  }

  /** Those begun through an identity provider, whose word is this. */
  ofProvider(matches: (proof: ProviderProof) => boolean): readonly SignIn[] {
    return [...this.byId.values()]
      .map(({ signIn }) => signIn)
      .filter(({ provider }) => provider && matches(provider));
  }

  /** The ones to end so that one more fits. */
  surplus(personId: string): readonly SignIn[] {
    const own = this.of(personId);
    const count = Math.max(0, own.length - SIGN_INS_MAX + 1);
    return own.toSorted((a, b) => a.lastSeenMs - b.lastSeenMs).slice(0, count);
  }

  /** Roles, name or state changed. */
  personChanged(person: Person): void {
    if (this.people.has(person.id)) this.people.set(person.id, person);
  }

  /** Out at once. Resolves when the store has forgotten it too. */
  async end(id: string, end: SignInEnd): Promise<void> {
    if (this.forget(id, end)) await deleteSignIn(this.store.queries, id);
  }

  /** Where the store has forgotten them already. */
  endKept(ids: readonly string[], end: SignInEnd): void {
    for (const id of ids) this.forget(id, end);
  }

  onEnded(listener: (signIn: SignIn, end: SignInEnd) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onAsserted(listener: (signIn: SignIn) => void): () => void {
    this.assertedListeners.add(listener);
    return () => this.assertedListeners.delete(listener);
  }

  async close(): Promise<void> {
    this.stopTimer();
    try {
      for (const { signIn } of this.byId.values()) {
        await updateLastSeen(this.store.queries, signIn.id, signIn.lastSeenMs);
      }
    } catch (error) {
      // Who was there a moment ago is idle a little sooner; that is no reason to stop otherwise.
      if (!(error instanceof StoreAway)) throw error;
    }
  }

  private view(entry: Entry, person: Person, asserted: Moment): SignedIn {
    return {
      person,
      signIn: entry.signIn,
      idleEndsMs: this.clock.wallMs() + this.idleLeftMs(entry),
      assertionAgeMs: this.passedMs(asserted),
    };
  }

  private note(entry: Entry): void {
    entry.seenMs = this.clock.monotonicMs();
    entry.signIn = { ...entry.signIn, lastSeenMs: this.clock.wallMs() };
    if (entry.seenMs - entry.writtenMs < LAST_SEEN_EVERY_MS) return;
    entry.writtenMs = entry.seenMs;
    // Losing one costs at most an early idle end after a restart; a broken store shows elsewhere.
    updateLastSeen(this.store.queries, entry.signIn.id, entry.signIn.lastSeenMs).catch(() => {});
  }

  private forget(id: string, end: SignInEnd): boolean {
    const entry = this.byId.get(id);
    if (!entry) return false;
    this.byId.delete(id);
    this.byToken.delete(entry.tokenHash);
    this.forgetOld(entry);
    for (const listener of this.listeners) listener(entry.signIn, end);
    return true;
  }

  private forgetOld(entry: Entry): void {
    if (entry.old) this.byToken.delete(entry.old.tokenHash);
    entry.old = undefined;
  }

  /** On the monotonic clock; a wall clock that was set back makes no old sign-in young: at least zero. */
  private sinceMs(wallMs: number): number {
    return this.clock.monotonicMs() - Math.max(0, this.clock.wallMs() - wallMs);
  }

  /**
   * By the wall clock: when its end was set. After a restart with a shorter limit that counts from the
   * last proof at the latest, and never lets it live longer than it was told.
   */
  private countsFrom({ absoluteEndsMs, assertedMs, machine }: SignIn): number {
    const setMs = absoluteEndsMs - this.config.absoluteMs;
    return machine ? setMs : Math.min(setMs, assertedMs);
  }

  /** By the clock that says more. */
  private passedMs({ monotonicMs, wallMs }: Moment): number {
    return Math.max(this.clock.monotonicMs() - monotonicMs, this.clock.wallMs() - wallMs);
  }

  /** A program that polls for days is not idle: its sign-in is short anyway. */
  private idleLeftMs(entry: Entry): number {
    const { seenMs, signIn } = entry;
    if (signIn.workload) return this.absoluteLeftMs(entry);
    const seen = { monotonicMs: seenMs, wallMs: signIn.lastSeenMs };
    return this.config.idleMs - this.passedMs(seen);
  }

  private absoluteLeftMs(entry: Entry): number {
    const { signIn, begunMs } = entry;
    // Counted from the last proof, which is when its end was set.
    if (signIn.workload) {
      const proved = assertionOf(entry);
      return signIn.absoluteEndsMs - signIn.assertedMs - this.passedMs(proved);
    }
    const begun = { monotonicMs: begunMs, wallMs: this.countsFrom(signIn) };
    return this.config.absoluteMs - this.passedMs(begun);
  }

  private leftMs(entry: Entry): number {
    return Math.min(this.idleLeftMs(entry), this.absoluteLeftMs(entry));
  }

  private overdue(entry: Entry): boolean {
    return this.leftMs(entry) <= 0;
  }

  /** One timer for all: at the earliest deadline it ends what is due and looks again. */
  private schedule(): void {
    this.stopTimer();
    this.stopTimer = () => {};
    if (this.byId.size === 0) return;
    let firstMs = RECHECK_MS;
    for (const entry of this.byId.values()) firstMs = Math.min(firstMs, this.leftMs(entry));
    const delayMs = Math.max(1, Math.ceil(firstMs));
    // The store may fail here; the row then ends at the next start, by the same times.
    this.stopTimer = this.clock.after(delayMs, () => void this.endOverdue().catch(() => {}));
  }

  private async endOverdue(): Promise<void> {
    const due = [...this.byId.values()].filter((entry) => this.overdue(entry));
    const ended = due.map((entry) => {
      const absolute = this.absoluteLeftMs(entry) <= 0;
      return this.end(entry.signIn.id, absolute ? ABSOLUTE : IDLE);
    });
    this.schedule();
    await Promise.all(ended);
  }
}

function assertionOf({ assertedMs, signIn }: Entry): Moment {
  return { monotonicMs: assertedMs, wallMs: signIn.assertedMs };
}

const IDLE: SignInEnd = { rule: "idle", reason: "Nothing was done in this browser for too long." };
const ABSOLUTE: SignInEnd = {
  rule: "absolute",
  reason: "A sign-in ends after this time, however busy, unless it was confirmed with the passkey.",
};
