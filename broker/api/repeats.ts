/**
 * A creation that is asked for again under the same `Idempotency-Key` is not done again: who did
 * not hear the answer gets it once more. Keys are of one person and one route, and are forgotten
 * after a while, when nobody repeats any more.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import { ApiRefused } from "./problem.ts";

/** A command repeats within seconds, a script within minutes. */
const KEPT_MS = 10 * 60_000;
/** Of one person; the oldest goes first. Answers are some kilobytes. */
const KEPT_MAX = 200;
/** Of all: so that a thousand people and programs are no load either; the oldest goes first. */
const KEPT_OF_ALL_MAX = 2_000;
const KEY = /^[\w-]{8,100}$/;

interface Kept {
  readonly body: string;
  readonly answer: Promise<unknown>;
  readonly endsMs: number;
}

/** The oldest first. */
type KeptOfOne = Map<string, Kept>;

export class Repeats {
  private readonly clock: Clock;
  private readonly kept = new Map<string, KeptOfOne>();
  private size = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /**
   * @param given the header as it came
   * @throws ApiRefused invalid-request, idempotency-mismatch; what `work` throws, which then counts for nothing
   */
  once(
    { person, route }: { readonly person: string; readonly route: string },
    given: string | undefined,
    body: unknown,
    work: () => unknown,
  ): Promise<unknown> {
    if (given === undefined) return Promise.resolve().then(work);
    if (!KEY.test(given)) throw malformed();
    this.forgetOld();
    const key = `${route} ${given}`;
    const digest = createHash("sha256")
      .update(JSON.stringify(body) ?? "")
      .digest("base64");
    const known = this.kept.get(person)?.get(key);
    if (known && known.body !== digest) throw mismatch();
    if (known) return known.answer;
    const answer = Promise.resolve().then(work);
    const kept = { body: digest, answer, endsMs: this.clock.monotonicMs() + KEPT_MS };
    this.keep(person, key, kept);
    answer.catch(() => this.forget(person, key, kept));
    return answer;
  }

  private keep(person: string, key: string, kept: Kept): void {
    const own: KeptOfOne = this.kept.get(person) ?? new Map();
    if (own.size >= KEPT_MAX) this.forgetOldest(person);
    else if (this.size >= KEPT_OF_ALL_MAX) this.forgetOldest(this.fullest());
    this.kept.set(person, own.set(key, kept));
    this.size += 1;
  }

  private forgetOld(): void {
    const nowMs = this.clock.monotonicMs();
    for (const [person, own] of this.kept) {
      for (const [key, kept] of own) {
        if (kept.endsMs > nowMs) break;
        this.forget(person, key, kept);
      }
    }
  }

  /** Whoever has most loses first: nobody is pushed out by another. */
  private fullest(): string {
    let [most, size] = ["", 0];
    for (const [person, own] of this.kept) if (own.size > size) [most, size] = [person, own.size];
    return most;
  }

  private forgetOldest(person: string): void {
    const [oldest] = this.kept.get(person) ?? [];
    if (oldest) this.forget(person, ...oldest);
  }

  private forget(person: string, key: string, kept: Kept): void {
    const own = this.kept.get(person);
    if (own?.get(key) !== kept) return;
    own.delete(key);
    this.size -= 1;
    if (own.size === 0) this.kept.delete(person);
  }
}

function malformed(): ApiRefused {
  const message = "An Idempotency-Key has 8 to 100 letters, digits, hyphens or underscores.";
  return new ApiRefused(400, "invalid-request", message);
}

function mismatch(): ApiRefused {
  const message = "This Idempotency-Key was used for something else: take a new one.";
  return new ApiRefused(409, "idempotency-mismatch", message);
}
