/**
 * How fast a page may talk to the broker: a page that says more than it may is cut off
 * (`broker/api/live/message-rate.ts`), and a fast screen must not make ours do so. What has to wait
 * grows together meanwhile, so that fewer messages say as much. Nothing waits at a person's pace.
 */
import type { LiveSocket } from "./live.ts";

/** Of 500 that the broker allows: what is not paced is seldom. */
const PER_SECOND = 300;
/** Of 1,000, after a pause. */
const AT_ONCE = 300;

/** Says one message, of all that has come together. */
export type Say = () => void;

export class Pace {
  private readonly nowMs: () => number;
  private left = AT_ONCE;
  private filledMs: number;
  /** In the order in which they came. */
  private readonly waiting = new Set<Say>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs;
    this.filledMs = nowMs();
  }

  /** At once, or in its turn; asked for again before, it is said once. */
  ask(say: Say): void {
    if (this.waiting.size === 0 && this.take()) say();
    else this.wait(say);
  }

  /** It has nothing to say any more. */
  forget(say: Say): void {
    this.waiting.delete(say);
  }

  private wait(say: Say): void {
    this.waiting.add(say);
    this.timer ??= setTimeout(() => this.turn(), 1_000 / PER_SECOND);
  }

  private turn(): void {
    this.timer = undefined;
    for (const say of this.waiting) {
      if (!this.take()) break;
      this.waiting.delete(say);
      say();
    }
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => this.turn(), 1_000 / PER_SECOND);
  }

  private take(): boolean {
    const nowMs = this.nowMs();
    const grown = ((nowMs - this.filledMs) / 1_000) * PER_SECOND;
    this.left = Math.min(AT_ONCE, this.left + grown);
    this.filledMs = nowMs;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}

const paces = new WeakMap<LiveSocket, Pace>();

/** Of this connection: all that speaks over it shares what it may. */
export function paceOf(socket: LiveSocket): Pace {
  const known = paces.get(socket);
  if (known) return known;
  const made = new Pace();
  paces.set(socket, made);
  return made;
}
