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
/** Of all; the oldest goes first. Answers are some kilobytes. */
const KEPT_MAX = 1_000;
const KEY = /^[\w-]{8,100}$/;

interface Kept {
  readonly body: string;
  readonly answer: Promise<unknown>;
  readonly endsMs: number;
}

export class Repeats {
  private readonly clock: Clock;
  private readonly kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /**
   * @param of person and route @param given the header as it came
   * @throws ApiRefused invalid-request, idempotency-mismatch; what `work` throws, which then counts for nothing
   */
  once(
    of: string,
    given: string | undefined,
    body: unknown,
    work: () => unknown,
  ): Promise<unknown> {
    if (given === undefined) return Promise.resolve().then(work);
    if (!KEY.test(given)) throw malformed();
    this.forgetOld();
    const key = `${of} ${given}`;
    const digest = createHash("sha256")
      .update(JSON.stringify(body) ?? "")
      .digest("base64");
    const known = this.kept.get(key);
    if (known && known.body !== digest) throw mismatch();
    if (known) return known.answer;
    const answer = Promise.resolve().then(work);
    this.kept.set(key, { body: digest, answer, endsMs: this.clock.monotonicMs() + KEPT_MS });
    answer.catch(() => this.kept.delete(key));
    return answer;
  }

  private forgetOld(): void {
    const nowMs = this.clock.monotonicMs();
    for (const [key, { endsMs }] of this.kept) {
      if (endsMs > nowMs && this.kept.size < KEPT_MAX) break;
      this.kept.delete(key);
    }
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
