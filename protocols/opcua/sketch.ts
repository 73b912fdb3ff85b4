/**
 * A SKETCH, kept as a test of the guard contract: requests of many items, answered one by one,
 * and requests that stay open while others pass. The real OPC UA guard replaces it (and keeps
 * writes back behind a held one, as `modbus/parked.ts` does). The message layout here is not OPC
 * UA binary but the least that shows the shape:
 *
 *     length u16, service u8, handle u32, items (node u32, and a value u32 for a write)
 *     a response: the same head, then one status u32 and value u32 per item
 */
import type { Answer, Effect, Guard, Input, Operation, Side } from "../guard.ts";
import { type Cut, INCOMPLETE, Inbox } from "../inbox.ts";

export interface OpcUaRead extends Operation {
  readonly action: "opcua:read";
  readonly class: "observe";
  readonly node: number;
}

export interface OpcUaWrite extends Operation {
  readonly action: "opcua:write";
  readonly class: "operate";
  readonly node: number;
  readonly value: number;
}

/** Stays open at the asset until a subscription has news: its own lane, so that no hold meets it. */
export interface OpcUaPublish extends Operation {
  readonly action: "opcua:publish";
  readonly class: "observe";
}

export type OpcUaOperation = OpcUaRead | OpcUaWrite | OpcUaPublish;

export const SERVICE = { read: 1, write: 2, publish: 3 } as const;
export const BAD_USER_ACCESS_DENIED = 0x801f_0000;
export const BAD_TIMEOUT = 0x800a_0000;

const HEAD = 7;
const LENGTH_MAX = 4096;
const OPEN_MAX = 64;

interface Request {
  readonly service: number;
  readonly handle: number;
  readonly items: readonly OpcUaOperation[];
  readonly decision: number;
  /** For each item, whether the asset is asked; the others are answered here. */
  asked: readonly boolean[];
}

interface Message {
  readonly service: number;
  readonly handle: number;
  readonly words: readonly number[];
}

export class OpcUaSketch implements Guard {
  private readonly inboxes = { client: new Inbox(65_536), asset: new Inbox(65_536) };
  /** Sent to the asset or held, by decision id, which is the handle towards the asset. */
  private readonly open = new Map<number, Request>();
  private undecided: Request | undefined;
  private decisions = 0;
  private ended = false;

  step(input: Input): readonly Effect[] {
    const effects: Effect[] = [];
    if (this.ended) return effects;
    if (input.kind === "bytes") this.receive(input.from, input.bytes, effects);
    else if (input.kind === "answers") this.answered(input.id, input.answers, effects);
    else if (input.event.kind === "end") this.end();
    else if (input.event.kind === "timeout") this.giveUp(input.event.request, effects);
    else if (input.event.kind === "withheld") this.giveUp(input.event.decision, effects);
    this.advance(effects);
    return effects;
  }

  backlog(from: Side): number {
    return this.inboxes[from].length;
  }

  private receive(from: Side, bytes: Uint8Array, effects: Effect[]): void {
    if (!this.inboxes[from].push(bytes)) this.violate(from, "too many bytes", effects);
  }

  private advance(effects: Effect[]): void {
    const moved = (from: Side) => this.takeFrom(from, effects);
    while (!this.ended && this.undecided === undefined && (moved("client") || moved("asset")));
  }

  private takeFrom(from: Side, effects: Effect[]): boolean {
    if (from === "client" && this.open.size >= OPEN_MAX) return false;
    const cut = this.inboxes[from].take(cutMessage);
    if (cut.kind === "malformed") this.violate(from, cut.reason, effects);
    if (cut.kind !== "frame") return false;
    if (from === "client") this.request(cut.frame, effects);
    else this.response(cut.frame, effects);
    return true;
  }

  private request({ service, handle, words }: Message, effects: Effect[]): void {
    const items = itemsOf(service, words);
    if (items === undefined) {
      this.violate("client", "an unknown service or a wrong length", effects);
      return;
    }
    const decision = ++this.decisions;
    this.undecided = { service, handle, items, decision, asked: [] };
    const lane = service === SERVICE.publish ? "publish" : "session";
    effects.push({ kind: "decide", id: decision, request: handle, lane, items });
  }

  private answered(id: number, answers: readonly Answer[], effects: Effect[]): void {
    const request = this.undecided?.decision === id ? this.undecided : this.open.get(id);
    if (!request || request.asked.length > 0) return;
    if (request === this.undecided) this.undecided = undefined;
    this.open.set(id, request);
    if (answers.some(({ kind }) => kind === "hold")) return;
    request.asked = answers.map(({ kind }) => kind === "permit");
    const permitted = request.items.filter((_, i) => request.asked[i]);
    if (permitted.length === 0) {
      this.giveUp(id, effects, BAD_USER_ACCESS_DENIED);
    } else {
      const bytes = encode(request.service, id, permitted.flatMap(wordsOf));
      effects.push({ kind: "send", to: "asset", bytes, decision: id });
    }
  }

  /** Results keep their index: what was refused here stands where it was asked for. */
  private response({ service, handle, words }: Message, effects: Effect[]): void {
    const request = this.open.get(handle);
    const wanted = request?.asked.filter((asked) => asked).length;
    if (
      !request ||
      request.service !== service ||
      wanted === 0 ||
      words.length !== 2 * (wanted ?? 0)
    ) {
      this.violate("asset", "a response that no request waits for", effects);
      return;
    }
    let at = 0;
    const results = request.asked.flatMap((asked) => {
      if (!asked) return [BAD_USER_ACCESS_DENIED, 0];
      at += 2;
      return [words[at - 2] ?? 0, words[at - 1] ?? 0];
    });
    this.open.delete(handle);
    if (service === SERVICE.write) {
      effects.push({ kind: "outcome", decision: handle, outcome: { kind: "done" } });
    }
    effects.push({ kind: "send", to: "client", bytes: encode(service, request.handle, results) });
  }

  /** Answers every item of a request here. */
  private giveUp(id: number, effects: Effect[], status = BAD_TIMEOUT): void {
    const request = this.open.get(id);
    if (!request || request.asked.length === 0) return;
    this.open.delete(id);
    const results = request.items.flatMap(() => [status, 0]);
    const bytes = encode(request.service, request.handle, results);
    effects.push({ kind: "send", to: "client", bytes });
  }

  private violate(from: Side, reason: string, effects: Effect[]): void {
    this.end();
    effects.push({ kind: "violation", from, reason });
  }

  private end(): void {
    this.ended = true;
    this.open.clear();
    this.inboxes.client.clear();
    this.inboxes.asset.clear();
  }
}

function itemsOf(service: number, words: readonly number[]): OpcUaOperation[] | undefined {
  if (service === SERVICE.publish) {
    return words.length === 0 ? [{ action: "opcua:publish", class: "observe" }] : undefined;
  }
  if (words.length === 0) return undefined;
  if (service === SERVICE.read) {
    return words.map((node) => ({ action: "opcua:read", class: "observe", node, key: node }));
  }
  if (service !== SERVICE.write || words.length % 2 !== 0) return undefined;
  return Array.from({ length: words.length / 2 }, (_, i) => ({
    action: "opcua:write",
    class: "operate",
    node: words[2 * i] ?? 0,
    value: words[2 * i + 1] ?? 0,
  }));
}

function wordsOf(item: OpcUaOperation): number[] {
  if (item.action === "opcua:publish") return [];
  return item.action === "opcua:read" ? [item.node] : [item.node, item.value];
}

export function encode(service: number, handle: number, words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(HEAD + 4 * words.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length);
  view.setUint8(2, service);
  view.setUint32(3, handle);
  words.forEach((word, i) => {
    view.setUint32(HEAD + 4 * i, word);
  });
  return bytes;
}

function cutMessage(bytes: Uint8Array): Cut<Message> {
  if (bytes.length < 2) return INCOMPLETE;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint16(0);
  if (length < HEAD || length > LENGTH_MAX || (length - HEAD) % 4 !== 0) {
    return { kind: "malformed", reason: `a message of ${length} bytes` };
  }
  if (bytes.length < length) return INCOMPLETE;
  const words = Array.from({ length: (length - HEAD) / 4 }, (_, i) => view.getUint32(HEAD + 4 * i));
  return {
    kind: "frame",
    length,
    frame: { service: view.getUint8(2), handle: view.getUint32(3), words },
  };
}
