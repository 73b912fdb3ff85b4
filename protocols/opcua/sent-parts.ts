/** What was sent to the asset and waits for its answer, by the number towards the asset. */
import type { Exchange } from "./exchange.ts";
import type { Locating } from "./locator.ts";

/** A request of the client, or those of its items that were permitted together. */
export interface Part {
  readonly exchange: Exchange;
  readonly indexes: readonly number[];
  readonly changes: boolean;
  /** How often rights had changed when it was sent. */
  readonly rights: number;
}

/** What the broker asked for itself; `own` is heard by nobody. */
export type OwnPart = "own" | Locating;
export type SentPart = Part | OwnPart;

export function isOwn(part: SentPart): part is OwnPart {
  return part === "own" || "done" in part;
}

export class SentParts {
  private readonly parts = new Map<number, SentPart>();
  private names = 0;

  get size(): number {
    return this.parts.size;
  }

  /** Names of nodes are being given out: what one means is not known until the answer is there. */
  get isNaming(): boolean {
    return this.names > 0;
  }

  add(id: number, part: SentPart): void {
    this.parts.set(id, part);
    if (isNaming(part)) this.names += 1;
  }

  take(id: number): SentPart | undefined {
    const part = this.parts.get(id);
    this.parts.delete(id);
    if (part !== undefined && isNaming(part)) this.names -= 1;
    return part;
  }

  /** Takes all. */
  *drain(): Iterable<[number, SentPart]> {
    for (const [id, part] of this.parts) yield [id, part];
    this.clear();
  }

  clear(): void {
    this.parts.clear();
    this.names = 0;
  }
}

function isNaming(part: SentPart): boolean {
  return !isOwn(part) && part.exchange.plan.service.names;
}
