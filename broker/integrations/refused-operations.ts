/**
 * Each refused operation goes out, not only the summary that people see; a client that floods is
 * bounded, and what was left out is counted in the next one that goes.
 */
import type { Clock } from "../clock.ts";
import type { FeedRecord } from "../store/integration-feed.ts";

/** Of one session: a burst, then a steady rate. */
const BURST = 50;
const PER_SECOND = 5;

/** What this needs of a session's event and of its claims. */
export interface RefusedOperation {
  readonly action: string;
  readonly rule: string;
  readonly reason: string;
  readonly refusal?: string;
}

export interface RefusalHead extends Pick<FeedRecord, "session" | "subject" | "about"> {
  readonly name: string;
}

export class RefusedOperations {
  private readonly clock: Clock;
  private readonly append: (record: FeedRecord) => boolean;
  private readonly head: RefusalHead;
  private tokens = BURST;
  private filledMs: number;
  private suppressed = 0;

  constructor(head: RefusalHead, clock: Clock, append: (record: FeedRecord) => boolean) {
    this.head = head;
    this.clock = clock;
    this.append = append;
    this.filledMs = clock.monotonicMs();
  }

  refused({ action, rule, reason, refusal }: RefusedOperation): void {
    this.fill();
    if (this.tokens < 1) {
      this.suppressed += 1;
      return;
    }
    this.tokens -= 1;
    const { name: who, about } = this.head;
    const name = about.assetName ?? about.asset ?? "an asset";
    this.tell(`${action} of ${who} on ${name} refused by ${rule}: ${reason}`, {
      ...{ action, rule },
      ...(refusal === undefined ? {} : { refusal }),
    });
  }

  /** The session is over. */
  ended(): void {
    if (this.suppressed === 0) return;
    this.tell(`The last refused operations of ${this.head.name}`, {});
  }

  private tell(text: string, about: RefusalHead["about"]): void {
    const left = this.suppressed === 0 ? "" : ` (${this.suppressed} more before it were not sent)`;
    const { session, subject } = this.head;
    const isTaken = this.append({
      ...{ session, subject },
      atMs: this.clock.wallMs(),
      kind: "operation:denied",
      text: `${text}${left}`,
      about: { ...this.head.about, ...about },
    });
    this.suppressed = isTaken ? 0 : this.suppressed + 1;
  }

  private fill(): void {
    const nowMs = this.clock.monotonicMs();
    this.tokens = Math.min(BURST, this.tokens + ((nowMs - this.filledMs) * PER_SECOND) / 1_000);
    this.filledMs = nowMs;
  }
}
