/**
 * Files that wait for the scanner: asked about with their content, answered with what it said.
 * Every doubt is a denial, and each wait is bounded by the scanner's own.
 */

import type { FileOperation } from "../../protocols/ssh/operation.ts";
import type { Judged } from "../../protocols/tape/record.ts";
import type { Scanner, ScanResult } from "../legs/clamd.ts";
import type { ChannelLoop } from "./channel-loop.ts";
import { denied, PERMIT } from "./desk.ts";
import type { Decide } from "./held-writes.ts";

/** Of one session at a time: each keeps its content in memory. */
const WAITING_MAX = 4;
/** Channels of one session that keep files until they are whole: each may keep 32 MiB. */
const KEEPING_MAX = 4;

/** What was found in a file that somebody wanted to send. */
export interface MalwareFound {
  readonly path: string;
  /** SHA-256, in hex. */
  readonly digest: string;
  /** As the scanner calls it. */
  readonly name: string;
  /** Absent where a gateway kept it. */
  readonly content?: Uint8Array;
  /** Where a gateway kept it; null where it could not. */
  readonly kept?: string | null;
}

export interface ScansParts {
  readonly scanner: Scanner | undefined;
  /** Writes the final answers down and feeds them. */
  settle(channel: ChannelLoop, decide: Decide, items: readonly Judged[]): void;
  found(malware: MalwareFound): void;
  away(reason: string): void;
}

export class Scans {
  private readonly parts: ScansParts;
  private readonly waiting = new Set<Decide>();
  private readonly keeping = new Set<ChannelLoop>();

  constructor(parts: ScansParts) {
    this.parts = parts;
  }

  get size(): number {
    return this.waiting.size;
  }

  /** Whether one more channel may keep files, until it ends. */
  mayKeep(channel: ChannelLoop): boolean {
    if (this.keeping.size >= KEEPING_MAX && !this.keeping.has(channel)) return false;
    this.keeping.add(channel);
    return true;
  }

  /** Follows a `hold` that stands on the tape. */
  start(channel: ChannelLoop, decide: Decide, items: readonly Judged[]): void {
    const { scanner } = this.parts;
    const { content } = decide;
    const full = this.waiting.size >= WAITING_MAX;
    this.waiting.add(decide);
    // Never in the turn in which it was asked.
    const result: Promise<ScanResult> =
      scanner === undefined || content === undefined
        ? Promise.resolve({ kind: "away", reason: "none is configured" })
        : full
          ? Promise.resolve({ kind: "away", reason: "too many files are being scanned" })
          : scanner.scan(content);
    void result.then((said) => {
      if (!this.waiting.delete(decide)) return;
      this.tell(decide, said);
      this.parts.settle(channel, decide, answersFor(items, said));
    });
  }

  /** Without a channel: those of all. */
  drop(channel?: ChannelLoop): void {
    if (channel) this.keeping.delete(channel);
    else {
      this.keeping.clear();
      this.waiting.clear();
    }
  }

  private tell({ items, content }: Decide, said: ScanResult): void {
    if (said.kind === "away") this.parts.away(said.reason);
    if (said.kind !== "found" || content === undefined) return;
    const [file] = items as readonly FileOperation[];
    const { path = "", digest = "" } = file ?? {};
    this.parts.found({ path, digest, name: said.name, content });
  }
}

function answersFor(items: readonly Judged[], said: ScanResult): readonly Judged[] {
  return items.map((item) => answerFor(item, said));
}

function answerFor(item: Judged, said: ScanResult): Judged {
  const { operation, rule } = item;
  if (said.kind === "clean") {
    return { ...item, answer: PERMIT, reason: "it was scanned, and nothing was found" };
  }
  return said.kind === "found"
    ? denied(operation, rule, "value", `malware was found in it: ${said.name}`)
    : denied(operation, rule, "unavailable", `it could not be scanned: ${said.reason}`);
}
