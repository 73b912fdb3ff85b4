/**
 * A recording as a capture that Wireshark reads. Each channel gives two connections on the
 * protocol's port: what the client asked of the broker and was answered, and what the broker asked of
 * the asset. One direction of each is on the tape; the other comes from running the guard again
 * over the tape, which gives the very bytes that it gave then.
 *
 * Verdicts are comments of the packet that asked. After a gap, or from the middle of a tape, the
 * guard cannot be run on: from there the capture has what was taped.
 */
import type { Answer, Effect, Guard, Operation, Side } from "../guard.ts";
import { ByteWriter } from "./byte-writer.ts";
import { pcapngPacket, pcapngStart } from "./pcapng.ts";
import type { Header, Judged, TapeRecord } from "./record.ts";
import { type Station, SyntheticTcp } from "./synthetic-tcp.ts";

/** Who speaks on a connection: who began it, or who was called. */
export type End = "client" | "server";

/** What of a protocol stands in a capture. */
export interface Captured {
  /** Of the protocol's own servers. */
  readonly port: number;
  guard(): Guard;
  describe(operation: Operation): string;
  /** One connection's bytes as the protocol has them on a wire, where the guard sees others. */
  wire(): Wire;
}

export interface Wire {
  /** What both ends say before the first message. */
  readonly opening: readonly { readonly from: End; readonly bytes: Uint8Array }[];
  /** Messages that are whole now; what is not waits. */
  bytes(from: End, bytes: Uint8Array): readonly Uint8Array[];
}

/** For protocols whose guard sees what is on the wire. */
export const PLAIN_WIRE: Wire = { opening: [], bytes: (_, bytes) => [bytes] };

const PORT_FIRST = 49_152;
const PORTS = 65_536 - PORT_FIRST;
const [CLIENT, BROKER, ASSET] = [1, 2, 3] as const;
/** Of one packet: a tape without packets but full of events must not gather for ever. */
const COMMENTS_MAX = 100;

/** Names a decision whose send never left; see `TapeCapture`. */
export function withheldKey(channel: number, decision: number): string {
  return `${channel}/${decision}`;
}

export function captureStart(header: Header): Uint8Array {
  const { session, subject, asset, endpoint, build } = header;
  const comment =
    `Sallyport recording ${session}: ${subject.name} on ${asset.name}/${endpoint.id}. ` +
    "Addresses and TCP are synthetic; 192.0.2.1 is the client, .2 the broker, .3 the asset.";
  return pcapngStart(`Sallyport ${build}`, comment, "sallyport");
}

export class TapeCapture {
  private readonly of: Captured;
  private readonly withheld: ReadonlySet<string>;
  private readonly channels = new Map<number, ChannelCapture>();
  private readonly out = new ByteWriter(4096);

  /** @param withheld keys of the decisions that a later record says were withheld */
  constructor(of: Captured, withheld: ReadonlySet<string>) {
    this.of = of;
    this.withheld = withheld;
  }

  /** The packets that are complete with this record. */
  push(record: TapeRecord): Uint8Array {
    switch (record.kind) {
      case "channel":
        this.channel(record.channel).begin(record, this.out);
        break;
      case "bytes":
      case "verdict":
      case "event":
        this.channel(record.channel).push(record, this.out);
        break;
      case "gap":
        for (const one of this.channels.values()) one.gap(record.cause);
        break;
      case "end":
        for (const one of this.channels.values()) one.end(record, this.out);
    }
    return this.out.take();
  }

  /** What is left of a recording that has no end. */
  finish(): Uint8Array {
    for (const one of this.channels.values()) one.flush(this.out);
    return this.out.take();
  }

  private channel(number: number): ChannelCapture {
    const known = this.channels.get(number);
    if (known !== undefined) return known;
    const channel = new ChannelCapture(this.of, number, (decision) =>
      this.withheld.has(withheldKey(number, decision)),
    );
    this.channels.set(number, channel);
    return channel;
  }
}

interface Waiting {
  readonly wallMs: number;
  readonly frames: readonly Uint8Array[];
  readonly comments: string[];
}

type Send = Extract<Effect, { kind: "send" }>;

class ChannelCapture {
  private readonly of: Captured;
  private readonly isWithheld: (decision: number) => boolean;
  private readonly connections: { readonly [side in Side]: SyntheticTcp };
  private readonly wires: { readonly [side in Side]: Wire };
  /** Absent once it cannot be run on. */
  private guard: Guard | undefined;
  private begun = false;
  /** Packets that verdicts may still comment on. */
  private waiting: Waiting[] = [];
  private remarks: string[] = [];
  private readonly held = new Set<number>();
  /** Decisions that the guard asked for and has not settled; a tape may begin in the middle. */
  private readonly asked = new Set<number>();

  constructor(of: Captured, number: number, isWithheld: (decision: number) => boolean) {
    this.of = of;
    this.guard = of.guard();
    this.wires = { client: of.wire(), asset: of.wire() };
    this.isWithheld = isWithheld;
    const port = PORT_FIRST + (number % PORTS);
    const between = (client: number, server: number): SyntheticTcp =>
      new SyntheticTcp(station(client, port), station(server, of.port));
    this.connections = { client: between(CLIENT, BROKER), asset: between(BROKER, ASSET) };
  }

  begin(record: TapeRecord, out: ByteWriter): void {
    if (this.begun) return;
    this.begun = true;
    if (record.kind === "channel") {
      this.remarks.push(`channel ${record.channel} of the ${record.by}, from ${record.peer}`);
    }
    for (const side of ["client", "asset"] as const) {
      this.wait(record.wallMs, this.connections[side].open());
      for (const { from, bytes } of this.wires[side].opening) {
        this.wait(record.wallMs, this.connections[side].send(from, bytes));
      }
    }
    this.flush(out);
  }

  push(record: TapeRecord, out: ByteWriter): void {
    if (!this.begun) this.begin(record, out);
    if (record.kind === "verdict") {
      // What was held is settled long after it was asked: the comment is of what leaves now.
      if (this.held.delete(record.decision)) this.flush(out);
      this.verdict(record, record.decision, record.items);
      return;
    }
    this.flush(out);
    if (record.kind === "bytes") this.bytes(record, record.from, record.bytes);
    else if (record.kind === "event") {
      this.remark(`${record.event.kind}: ${record.cause}`);
      this.take(record, this.guard?.step({ kind: "event", event: record.event }) ?? []);
    }
  }

  gap(cause: string): void {
    this.remarks.push(`gap in the recording: ${cause}; only what was taped follows`);
    this.guard = undefined;
  }

  end(record: TapeRecord, out: ByteWriter): void {
    this.flush(out);
    if (record.kind === "end") this.remarks.push(`end: ${record.rule} ${record.reason}`);
    for (const side of ["client", "asset"] as const) {
      this.wait(record.wallMs, this.connections[side].close());
    }
    this.flush(out);
  }

  flush(out: ByteWriter): void {
    for (const { wallMs, frames, comments } of this.waiting) {
      frames.forEach((frame, i) => {
        pcapngPacket(out, { wallMs, frame, comments: i === 0 ? comments : [] });
      });
    }
    this.waiting = [];
  }

  private bytes(record: TapeRecord, from: Side, bytes: Uint8Array): void {
    // The client began the first connection, the broker the second.
    const end = from === "client" ? "client" : "server";
    this.say(record.wallMs, from, end, bytes);
    this.take(record, this.guard?.step({ kind: "bytes", from, bytes }) ?? []);
  }

  private verdict(record: TapeRecord, id: number, items: readonly Judged[]): void {
    for (const item of items) this.remark(commentOf(item, this.of));
    if (!this.asked.has(id)) this.guard = undefined;
    if (items.some(({ answer }) => answer.kind === "hold")) this.held.add(id);
    else this.asked.delete(id);
    const answers = items.map(({ answer }): Answer => answer);
    this.take(record, this.guard?.step({ kind: "answers", id, answers }) ?? []);
  }

  private take(record: TapeRecord, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "decide") this.asked.add(effect.id);
      else if (effect.kind === "send") this.send(record, effect);
      else if (effect.kind === "refused") this.remark(`refused by the guard: ${effect.reason}`);
      else if (effect.kind === "violation") this.remark(`violation: ${effect.reason}`);
    }
  }

  private send({ wallMs }: TapeRecord, { to, bytes, decision }: Send): void {
    if (to === "asset" && decision !== undefined && this.isWithheld(decision)) {
      this.remark("permitted, but taken back before it left");
      return;
    }
    this.say(wallMs, to, to === "client" ? "server" : "client", bytes);
  }

  private say(wallMs: number, side: Side, from: End, bytes: Uint8Array): void {
    for (const message of this.wires[side].bytes(from, bytes)) {
      this.wait(wallMs, this.connections[side].send(from, message));
    }
  }

  private remark(text: string): void {
    const comments = this.waiting[0]?.comments ?? this.remarks;
    if (comments.length < COMMENTS_MAX) comments.push(text);
  }

  private wait(wallMs: number, frames: readonly Uint8Array[]): void {
    if (frames.length === 0) return;
    this.waiting.push({ wallMs, frames, comments: this.remarks.slice(-COMMENTS_MAX) });
    this.remarks = [];
  }
}

function station(host: number, port: number): Station {
  return { host, port };
}

function commentOf({ operation, answer, rule, reason }: Judged, { describe }: Captured): string {
  const what = describe(operation);
  const refusal = answer.kind === "deny" ? ` (${answer.refusal})` : "";
  return `${answer.kind}${refusal} because ${rule}${reason === "" ? "" : `: ${reason}`} — ${what}`;
}
