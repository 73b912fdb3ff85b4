/** What was permitted in past sessions, whoever was asked about it, and the rules that did it. */

import { awaitsPerson, type Judged } from "../../../protocols/tape/record.ts";
import type { Seen } from "../../policy/learn/learned.ts";
import type { PastRecording } from "./past-recordings.ts";

export interface SeenInAll {
  readonly seen: readonly Seen[];
  readonly rules: ReadonlySet<string>;
}

/** Operations kept; what is polled is one of a kind, so that a day of it takes no more than a minute. */
const SEEN_MAX = 1_000_000;

export class TooMuchSeen extends Error {
  override readonly name = "TooMuchSeen";
}

/** @throws TooMuchSeen; PastUnreadable */
export async function seenIn(past: readonly PastRecording[]): Promise<SeenInAll> {
  const seen: Seen[] = [];
  const rules = new Set<string>();
  const looked = new Set<string>();
  for (const recording of past) {
    const brokers = new Set<number>();
    const asked = new Set<string>();
    for await (const records of recording.records()) {
      for (const record of records) {
        if (record.kind === "channel" && record.by === "broker") brokers.add(record.channel);
        if (record.kind !== "verdict" || brokers.has(record.channel)) continue;
        const key = `${record.channel}/${record.decision}`;
        if (record.items.some(asksPerson)) asked.add(key);
        const held = asked.has(key) ? ({ held: true } as const) : {};
        if (!record.items.some(isHeld)) asked.delete(key);
        for (const { operation, answer, rule } of record.items) {
          if (answer.kind !== "permit") continue;
          rules.add(rule);
          if (operation.class === "observe") {
            // What only looks has no rate: once is enough.
            const text = JSON.stringify(operation);
            if (looked.has(text)) continue;
            looked.add(text);
          }
          if (seen.length >= SEEN_MAX) throw new TooMuchSeen(`more than ${SEEN_MAX} operations`);
          seen.push({ operation, atMs: record.wallMs, ...held });
        }
      }
    }
  }
  return { seen, rules };
}

function isHeld({ answer }: Judged): boolean {
  return answer.kind === "hold";
}

function asksPerson(item: Judged): boolean {
  return isHeld(item) && awaitsPerson(item);
}
