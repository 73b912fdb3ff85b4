/**
 * A SKETCH, kept as a test of the guard contract: input without replies, a message of the asset
 * that is decided too (clipboard out), and releases: whatever ends, no key stays pressed. The
 * real RFB guard replaces it; it starts after the handshake and leaves pictures out.
 * RFC 6143, 7.5 and 7.6.
 */
import { copyBytes } from "../copy-bytes.ts";
import type { Answer, Effect, Guard, Input, Operation, Side } from "../guard.ts";
import { type Cut, INCOMPLETE, Inbox } from "../inbox.ts";

export interface RfbKey extends Operation {
  readonly action: "rfb:key";
  readonly class: "operate";
  readonly keysym: number;
}

export interface RfbClipboard extends Operation {
  readonly action: "rfb:clipboard";
  readonly class: "transfer";
  readonly direction: "in" | "out";
  readonly length: number;
}

export type RfbOperation = RfbKey | RfbClipboard;

const KEY_EVENT = 4;
const CLIENT_CUT_TEXT = 6;
const BELL = 2;
const SERVER_CUT_TEXT = 3;
const TEXT_HEAD = 8;
/** Text only, and not much of it. */
const TEXT_MAX = 1024;
const KEYS_MAX = 64;

interface Message {
  readonly from: Side;
  readonly bytes: Uint8Array;
  readonly operation: RfbOperation;
}

export class RfbSketch implements Guard {
  readonly releasesAtEnd = true;
  private readonly inboxes = { client: new Inbox(65_536), asset: new Inbox(65_536) };
  /** Keys that the asset believes are down, with the decision that pressed them. */
  private readonly pressed = new Map<number, number>();
  private undecided: Message | undefined;
  private decisions = 0;
  private ended = false;

  step(input: Input): readonly Effect[] {
    const effects: Effect[] = [];
    if (this.ended) return effects;
    if (input.kind === "bytes") this.receive(input.from, input.bytes, effects);
    else if (input.kind === "answers") this.answered(input.id, input.answers, effects);
    else this.happened(input.event, effects);
    this.advance(effects);
    return effects;
  }

  backlog(from: Side): number {
    return this.inboxes[from].length;
  }

  private receive(from: Side, bytes: Uint8Array, effects: Effect[]): void {
    if (!this.inboxes[from].push(bytes)) this.violate(from, "too many bytes", effects);
  }

  private happened(event: Extract<Input, { kind: "event" }>["event"], effects: Effect[]): void {
    if (event.kind === "capabilities" && !event.capabilities.has("operate")) {
      this.releaseAll(effects);
    }
    // Never left: the asset does not know of it, so there is nothing to let go of.
    if (event.kind === "withheld") this.forget(event.decision);
    if (event.kind === "end") this.end(effects);
  }

  private advance(effects: Effect[]): void {
    const moved = (from: Side) => this.takeFrom(from, effects);
    while (!this.ended && this.undecided === undefined && (moved("client") || moved("asset")));
  }

  private takeFrom(from: Side, effects: Effect[]): boolean {
    const cut = this.inboxes[from].take((bytes) => cutMessage(from, bytes));
    if (cut.kind === "malformed") this.violate(from, cut.reason, effects);
    if (cut.kind !== "frame") return false;
    const { bytes, operation } = cut.frame;
    if (bytes[0] === BELL) effects.push({ kind: "send", to: "client", bytes });
    else if (operation.action === "rfb:key" && bytes[1] === 0) this.up(operation.keysym, effects);
    else this.ask(cut.frame, effects);
    return true;
  }

  private ask(message: Message, effects: Effect[]): void {
    this.undecided = message;
    const id = ++this.decisions;
    effects.push({ kind: "decide", id, request: id, lane: "input", items: [message.operation] });
  }

  /** RFB has no answer to a refusal: what is not permitted is dropped. A held key would be pressed too late. */
  private answered(id: number, [answer]: readonly Answer[], effects: Effect[]): void {
    const message = this.undecided;
    if (!message || id !== this.decisions) return;
    this.undecided = undefined;
    const { from, bytes, operation } = message;
    if (answer?.kind !== "permit") return;
    if (operation.action === "rfb:key") {
      if (this.pressed.size >= KEYS_MAX && !this.pressed.has(operation.keysym)) return;
      this.pressed.set(operation.keysym, id);
    }
    const to = from === "client" ? "asset" : "client";
    effects.push({ kind: "send", to, bytes, decision: id });
  }

  /** Letting go is never denied, and only what is down can be let go of. */
  private up(keysym: number, effects: Effect[]): void {
    if (!this.pressed.delete(keysym)) return;
    effects.push({ kind: "send", to: "asset", bytes: encodeKey(keysym, false), release: true });
  }

  private releaseAll(effects: Effect[]): void {
    for (const keysym of [...this.pressed.keys()]) this.up(keysym, effects);
  }

  private forget(decision: number): void {
    for (const [keysym, by] of this.pressed) if (by === decision) this.pressed.delete(keysym);
  }

  private violate(from: Side, reason: string, effects: Effect[]): void {
    this.end(effects);
    effects.push({ kind: "violation", from, reason });
  }

  private end(effects: Effect[]): void {
    this.releaseAll(effects);
    this.ended = true;
    this.inboxes.client.clear();
    this.inboxes.asset.clear();
  }
}

export function encodeKey(keysym: number, down: boolean): Uint8Array {
  const bytes = new Uint8Array(8);
  bytes[0] = KEY_EVENT;
  bytes[1] = down ? 1 : 0;
  new DataView(bytes.buffer).setUint32(4, keysym);
  return bytes;
}

function cutMessage(from: Side, bytes: Uint8Array): Cut<Message> {
  const [type] = bytes;
  if (type === undefined) return INCOMPLETE;
  if (from === "client" && type === KEY_EVENT) return cutKey(bytes);
  if (from === "client" && type === CLIENT_CUT_TEXT) return cutText(from, bytes);
  if (from === "asset" && type === SERVER_CUT_TEXT) return cutText(from, bytes);
  if (from === "asset" && type === BELL) {
    return frameOf(from, bytes, 1, { action: "rfb:key", class: "operate", keysym: 0 });
  }
  return { kind: "malformed", reason: `message type ${type} is not let through` };
}

function cutKey(bytes: Uint8Array): Cut<Message> {
  if (bytes.length < 8) return INCOMPLETE;
  const keysym = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
  const operation: RfbKey = { action: "rfb:key", class: "operate", keysym };
  const down = bytes[1] !== 0;
  const frame = { from: "client" as const, bytes: encodeKey(keysym, down), operation };
  return { kind: "frame", length: 8, frame };
}

function cutText(from: Side, bytes: Uint8Array): Cut<Message> {
  if (bytes.length < TEXT_HEAD) return INCOMPLETE;
  // Negative where clients mean the extended clipboard: far over the limit as unsigned.
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
  if (length > TEXT_MAX) return { kind: "malformed", reason: "the clipboard text is too long" };
  if (bytes.length < TEXT_HEAD + length) return INCOMPLETE;
  const direction = from === "client" ? "in" : "out";
  const operation: RfbClipboard = { action: "rfb:clipboard", class: "transfer", direction, length };
  return frameOf(from, bytes, TEXT_HEAD + length, operation);
}

function frameOf(
  from: Side,
  bytes: Uint8Array,
  length: number,
  operation: RfbOperation,
): Cut<Message> {
  return { kind: "frame", length, frame: { from, bytes: copyBytes(bytes, 0, length), operation } };
}
