/**
 * Rights have changed: everything that subscriptions read is decided anew, at once, and what may
 * not be read any more is deleted at the asset.
 */
import type { Answer } from "../guard.ts";
import { encodeFrame } from "./frame.ts";
import { writeRequestHeader } from "./header.ts";
import type { SubscribeOperation } from "./operation.ts";
import { put32, written } from "./parts.ts";
import { ITEMS_MAX } from "./service.ts";
import type { Subscriptions } from "./subscriptions.ts";

const DELETE_MONITORED_ITEMS = 781;
/** The asset may answer a deletion whenever it likes; nobody waits for it. */
const TIMEOUT_HINT_MS = 10_000;

export interface Deletion {
  frame(requestId: number): Uint8Array;
}

export class Recheck {
  private readonly subscriptions: Subscriptions;
  private left: readonly SubscribeOperation[] = [];
  private asked: readonly SubscribeOperation[] = [];

  constructor(subscriptions: Subscriptions) {
    this.subscriptions = subscriptions;
  }

  begin(): void {
    this.left = this.subscriptions.operations();
  }

  /** What to decide next; empty when all is decided. */
  next(): readonly SubscribeOperation[] {
    this.asked = this.left.slice(0, ITEMS_MAX);
    this.left = this.left.slice(ITEMS_MAX);
    return this.asked;
  }

  /** What is held is not permitted: nobody is asked about a reading that goes on. */
  answered(answers: readonly Answer[]): readonly Deletion[] {
    const denied = new Set(this.asked.filter((_, at) => answers[at]?.kind !== "permit"));
    if (denied.size === 0) return [];
    const gone = [...this.subscriptions.forbid(denied)];
    return gone.flatMap(([subscription, items]) =>
      piecesOf(items).map((piece) => ({
        frame: (requestId: number) => deletion(requestId, subscription, piece),
      })),
    );
  }

  clear(): void {
    this.left = [];
    this.asked = [];
  }
}

const HEADER = { timestamp: 0n, requestHandle: 0, returnDiagnostics: 0 };

function deletion(requestId: number, subscription: number, items: readonly number[]): Uint8Array {
  const own = writeRequestHeader({ ...HEADER, timeoutHint: TIMEOUT_HINT_MS }, requestId);
  const numbers = [subscription, items.length, ...items].map(put32);
  const body = written([own, ...numbers].map((bytes) => ({ bytes })));
  return encodeFrame({ requestId, typeId: DELETE_MONITORED_ITEMS, body });
}

/** Servers bound the items of a request; this many all of them take. */
const DELETED_AT_ONCE = 100;

function piecesOf(items: readonly number[]): readonly (readonly number[])[] {
  const pieces: (readonly number[])[] = [];
  for (let at = 0; at < items.length; at += DELETED_AT_ONCE) {
    pieces.push(items.slice(at, at + DELETED_AT_ONCE));
  }
  return pieces;
}
