/**
 * A SKETCH, kept as a test of the guard contract: channels inside one connection, one decision
 * that lets many sends through, refusals that leave the connection alive. The real SSH guard
 * replaces it. The leg has ended the SSH transport; what the guard sees are its events:
 *
 *     length u16, kind u8, channel u32, text or data
 *
 * RFC 4254, 5 and 6.
 */
import { copyBytes } from "../copy-bytes.ts";
import type { Effect, Guard, Input, Operation, Side } from "../guard.ts";
import { type Cut, INCOMPLETE, Inbox } from "../inbox.ts";

export interface SshOpen extends Operation {
  readonly action: "ssh:open";
  readonly class: "configure";
  /** `session`, `direct-tcpip` … */
  readonly channelType: string;
}

export interface SshExec extends Operation {
  readonly action: "ssh:exec";
  readonly class: "configure";
  readonly command: string;
}

export type SshOperation = SshOpen | SshExec;

export const KIND = {
  open: 1,
  exec: 2,
  data: 3,
  close: 4,
  opened: 11,
  openFailed: 12,
  success: 13,
  failure: 14,
} as const;

const HEAD = 7;
const LENGTH_MAX = 4096;
const CHANNELS_MAX = 32;
/** RFC 4254, 5.1: SSH_OPEN_ADMINISTRATIVELY_PROHIBITED. */
const PROHIBITED = Uint8Array.of(1);

/** `asking`: an exec waits for its decision, so the asset knows nothing of it yet. */
type State = "opening" | "open" | "asking" | "starting" | "running";

interface Channel {
  state: State;
  /** What lets its data through: the exec once there is one, the opening before. */
  decision: number;
}

interface Message {
  readonly kind: number;
  readonly channel: number;
  readonly body: Uint8Array;
}

interface Pending {
  readonly id: number;
  readonly message: Message;
}

export class SshSketch implements Guard {
  private readonly inboxes = { client: new Inbox(65_536), asset: new Inbox(65_536) };
  private readonly channels = new Map<number, Channel>();
  private undecided: Pending | undefined;
  private readonly held = new Map<number, Pending>();
  private decisions = 0;
  private ended = false;

  step(input: Input): readonly Effect[] {
    const effects: Effect[] = [];
    if (this.ended) return effects;
    if (input.kind === "bytes") this.receive(input.from, input.bytes, effects);
    else if (input.kind === "answers") {
      const [answer] = input.answers;
      if (answer) this.answered(input.id, answer.kind, effects);
    } else if (input.event.kind === "end") this.end();
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
    const cut = this.inboxes[from].take(cutMessage);
    if (cut.kind === "malformed") this.violate(from, cut.reason, effects);
    if (cut.kind !== "frame") return false;
    if (from === "client") this.fromClient(cut.frame, effects);
    else this.fromAsset(cut.frame, effects);
    return true;
  }

  private fromClient(message: Message, effects: Effect[]): void {
    const { kind, channel: number, body } = message;
    const channel = this.channels.get(number);
    if (kind === KIND.open && !channel && this.channels.size < CHANNELS_MAX) {
      this.channels.set(number, { state: "opening", decision: 0 });
      const channelType = textOf(body);
      this.ask(message, { action: "ssh:open", class: "configure", channelType }, effects);
    } else if (kind === KIND.exec && channel?.state === "open") {
      channel.state = "asking";
      const command = textOf(body);
      this.ask(message, { action: "ssh:exec", class: "configure", command }, effects);
    } else if (kind === KIND.data && channel?.state === "running") {
      this.send("asset", message, effects, channel.decision);
    } else if (kind === KIND.close && channel?.state === "running") {
      this.channels.delete(number);
      this.send("asset", message, effects, channel.decision);
    } else {
      this.violate("client", `message ${kind} has no place here`, effects);
    }
  }

  private ask(message: Message, operation: SshOperation, effects: Effect[]): void {
    const id = ++this.decisions;
    this.undecided = { id, message };
    const lane = `channel/${message.channel}`;
    effects.push({ kind: "decide", id, request: message.channel, lane, items: [operation] });
  }

  /** A refused channel or exec is answered in SSH's own way, and everything else goes on. */
  private answered(id: number, verdict: "permit" | "deny" | "hold", effects: Effect[]): void {
    const pending = this.undecided?.id === id ? this.undecided : this.held.get(id);
    if (!pending) return;
    if (pending === this.undecided) this.undecided = undefined;
    this.held.delete(id);
    const { message } = pending;
    const channel = this.channels.get(message.channel);
    if (!channel) return;
    if (verdict === "hold") {
      this.held.set(id, pending);
    } else if (verdict === "permit") {
      channel.decision = id;
      if (message.kind === KIND.exec) channel.state = "starting";
      this.send("asset", message, effects, id);
    } else if (message.kind === KIND.open) {
      this.channels.delete(message.channel);
      this.send("client", { ...message, kind: KIND.openFailed, body: PROHIBITED }, effects);
    } else {
      channel.state = "open";
      this.send("client", { ...message, kind: KIND.failure, body: new Uint8Array(0) }, effects);
    }
  }

  private fromAsset(message: Message, effects: Effect[]): void {
    const channel = this.channels.get(message.channel);
    const next =
      channel && channel.decision > 0 ? nextState(channel.state, message.kind) : undefined;
    if (!channel || next === undefined) {
      this.violate("asset", `message ${message.kind} answers nothing`, effects);
      return;
    }
    if (message.kind === KIND.success) this.outcome(channel.decision, effects);
    if (next === "closed") this.channels.delete(message.channel);
    else channel.state = next;
    this.send("client", message, effects);
  }

  private outcome(decision: number, effects: Effect[]): void {
    effects.push({ kind: "outcome", decision, outcome: { kind: "done" } });
  }

  private send(to: Side, { kind, channel, body }: Message, effects: Effect[], decision?: number) {
    const bytes = encode(kind, channel, body);
    effects.push({ kind: "send", to, bytes, ...(decision === undefined ? {} : { decision }) });
  }

  private violate(from: Side, reason: string, effects: Effect[]): void {
    this.end();
    effects.push({ kind: "violation", from, reason });
  }

  private end(): void {
    this.ended = true;
    this.channels.clear();
    this.held.clear();
    this.inboxes.client.clear();
    this.inboxes.asset.clear();
  }
}

/** What a message of the asset makes of a channel; undefined where it has no place. */
function nextState(state: State, kind: number): State | "closed" | undefined {
  if (state === "opening" && kind === KIND.opened) return "open";
  if (state === "opening" && kind === KIND.openFailed) return "closed";
  if (state === "starting" && kind === KIND.success) return "running";
  if (state === "starting" && kind === KIND.failure) return "open";
  if (state === "running" && kind === KIND.data) return "running";
  return state === "running" && kind === KIND.close ? "closed" : undefined;
}

export function encode(kind: number, channel: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length);
  view.setUint8(2, kind);
  view.setUint32(3, channel);
  bytes.set(body, HEAD);
  return bytes;
}

function textOf(body: Uint8Array): string {
  return String.fromCharCode(...body);
}

function cutMessage(bytes: Uint8Array): Cut<Message> {
  if (bytes.length < 2) return INCOMPLETE;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint16(0);
  if (length < HEAD || length > LENGTH_MAX) {
    return { kind: "malformed", reason: `a message of ${length} bytes` };
  }
  if (bytes.length < length) return INCOMPLETE;
  const body = copyBytes(bytes, HEAD, length);
  return {
    kind: "frame",
    length,
    frame: { kind: view.getUint8(2), channel: view.getUint32(3), body },
  };
}
