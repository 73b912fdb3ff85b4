/**
 * What requests mean. Those that a client repeats to the byte, day and night, are decoded once;
 * each of their items is decided anew each time.
 */
import type { Reader } from "./reader.ts";
import type { Memory, Plan, Service } from "./service.ts";

/** Groups that a tool polls in turn. */
const KEPT_MAX = 8;
/** One of some thousand nodes. */
const LENGTH_MAX = 65_536;

interface Kept {
  readonly service: Service;
  readonly body: Uint8Array;
  /** Where the parameters begin, behind a header that differs each time. */
  readonly start: number;
  readonly plan: Plan;
}

export class Plans {
  private readonly memory: Memory;
  private kept: Kept[] = [];

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /** @param body must not change any more; `r` stands behind its header */
  of(service: Service, body: Uint8Array, r: Reader): Plan | number {
    if (!service.polled || r.fault !== undefined) return service.plan(r, this.memory);
    const start = r.at;
    for (const each of this.kept) {
      if (each.service === service && isSame(each, body, start)) return each.plan;
    }
    const plan = service.plan(r, this.memory);
    // Not before all is known of where its nodes lie.
    if (typeof plan !== "number" && !this.memory.places?.isWanting)
      this.keep({ service, body, start, plan });
    return plan;
  }

  /** Names mean something else from now on. */
  clear(): void {
    this.kept = [];
  }

  private keep(kept: Kept): void {
    if (kept.body.length > LENGTH_MAX) return;
    if (this.kept.length >= KEPT_MAX) this.kept.shift();
    this.kept.push(kept);
  }
}

function isSame(kept: Kept, body: Uint8Array, start: number): boolean {
  if (kept.start !== start || kept.body.length !== body.length) return false;
  for (let at = start; at < body.length; at++) if (kept.body[at] !== body[at]) return false;
  return true;
}
