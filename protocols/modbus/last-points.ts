/**
 * The last value of every point that a tape tells, and nothing of how it came to be: a tenth of the
 * work of `ModbusHistory`, whose last points these are. A poll is answered thousands of times for
 * each time that somebody asks, so an answer is kept as it came and only the last one is read.
 */
import type { GuardEvent } from "../guard.ts";
import type { Judged, TapeRecord } from "../tape/record.ts";
import { numberOf } from "./exchange.ts";
import { frameTransaction, frameUnit, HEADER_LENGTH } from "./frame.ts";
import { FrameStream } from "./frame-stream.ts";
import type { PointValue } from "./history-row.ts";
import { isModbusOperation, type ModbusOperation, type Table } from "./operation.ts";
import { isException, replyFault } from "./reply.ts";
import { decodeReply } from "./reply-values.ts";
import type { Items } from "./request.ts";

/** Different requests whose last answer is not read yet: more than a workbench polls in turn. */
const UNREAD_MAX = 512;

/** Permitted and not answered. */
interface Asked {
  readonly decision: number;
  readonly items: Items;
}

/** The PDU of the last answer to a request. */
interface Answered {
  readonly items: Items;
  pdu: Uint8Array;
  wallMs: number;
  sequence: number;
  /** Its place among all answers. */
  order: number;
}

class ChannelAnswers {
  readonly asset: FrameStream;
  /** By number towards the asset. Bounded by the width of the number. */
  readonly sent = new Map<number, Asked>();

  constructor(aligned: boolean) {
    this.asset = new FrameStream(aligned);
  }
}

export class LastPoints {
  private readonly points = new Map<number, PointValue>();
  private readonly channels = new Map<number, ChannelAnswers>();
  /** By the one operation of a request, or by the list where there are several. */
  private readonly unread = new Map<ModbusOperation | Items, Answered>();
  private answered = 0;
  /** Polls that are judged alike may come with the very same value. */
  private lastJudged: readonly Judged[] = [];
  private lastPermitted: Items | undefined;

  /** @param points as they stood before the first record */
  constructor(points: readonly PointValue[] = []) {
    for (const point of points) this.set(point);
  }

  list(): readonly PointValue[] {
    this.read();
    return [...this.points.values()];
  }

  /** How many there are. */
  get size(): number {
    this.read();
    return this.points.size;
  }

  clear(): void {
    this.points.clear();
    this.unread.clear();
  }

  /** Records in the order of the tape. */
  push(record: TapeRecord): void {
    switch (record.kind) {
      case "channel":
        this.channels.set(record.channel, new ChannelAnswers(true));
        break;
      case "verdict":
        this.verdict(this.channel(record.channel), record.decision, record.items);
        break;
      case "bytes":
        if (record.from === "asset") this.answers(record, record.bytes);
        break;
      case "event":
        this.happened(this.channel(record.channel), record.event);
        break;
      case "end":
        for (const { sent } of this.channels.values()) sent.clear();
    }
  }

  private channel(number: number): ChannelAnswers {
    const known = this.channels.get(number);
    if (known) return known;
    const channel = new ChannelAnswers(false);
    this.channels.set(number, channel);
    return channel;
  }

  private verdict({ sent }: ChannelAnswers, decision: number, judged: readonly Judged[]): void {
    const known = this.lastJudged === judged ? this.lastPermitted : permittedOf(judged);
    this.lastJudged = judged;
    this.lastPermitted = known;
    if (known !== undefined) sent.set(numberOf(decision), { decision, items: known });
  }

  private happened({ sent }: ChannelAnswers, event: GuardEvent): void {
    if (event.kind === "end") sent.clear();
    if (event.kind === "timeout") sent.delete(event.request);
    if (event.kind !== "withheld") return;
    const number = numberOf(event.decision);
    if (sent.get(number)?.decision === event.decision) sent.delete(number);
  }

  private answers(record: TapeRecord & { readonly channel: number }, bytes: Uint8Array): void {
    const { sent, asset } = this.channel(record.channel);
    asset.push(bytes, (held, start, end) => this.answer(record, sent, held, start, end));
  }

  private answer(
    record: TapeRecord,
    sent: Map<number, Asked>,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const number = frameTransaction(bytes, start);
    const items = sent.get(number)?.items;
    if (items === undefined || items[0]?.unit !== frameUnit(bytes, start)) return;
    const pdu = start + HEADER_LENGTH;
    if (replyFault(items, bytes, pdu, end) !== undefined) return;
    sent.delete(number);
    if (isException(bytes, pdu)) return;
    const { wallMs, sequence } = record;
    const kept = this.kept(items, end - pdu);
    for (let at = pdu; at < end; at++) kept.pdu[at - pdu] = bytes[at] ?? 0;
    kept.wallMs = wallMs;
    kept.sequence = sequence;
    kept.order = ++this.answered;
  }

  /** Where the answer to these is kept: in the place of the one before. */
  private kept(items: Items, length: number): Answered {
    const [only] = items;
    const key = items.length === 1 && only !== undefined ? only : items;
    const known = this.unread.get(key);
    if (known?.pdu.length === length) return known;
    if (known === undefined && this.unread.size >= UNREAD_MAX) this.read();
    const kept = { items, pdu: new Uint8Array(length), wallMs: 0, sequence: 0, order: 0 };
    this.unread.set(key, kept);
    return kept;
  }

  /** The oldest first: what was told later counts. */
  private read(): void {
    const answers = [...this.unread.values()].sort((a, b) => a.order - b.order);
    this.unread.clear();
    for (const answer of answers) this.readOne(answer);
  }

  private readOne({ items, pdu, wallMs, sequence }: Answered): void {
    const reply = decodeReply(items, pdu, 0, pdu.length);
    if (reply.kind !== "answer") return;
    items.forEach((item, i) => {
      const isRead = item.action === "modbus:read";
      if (!isRead && item.action !== "modbus:write") return;
      const { unit, table, address } = item;
      const values = isRead ? (reply.values[i] ?? []) : item.values;
      const source = isRead ? "read" : "write";
      values.forEach((value, n) => {
        this.set({ unit, table, address: address + n, value, wallMs, sequence, source });
      });
    });
  }

  private set(point: PointValue): void {
    this.points.set(keyOf(point), point);
  }
}

/** Undefined unless all of it may go to the asset. */
function permittedOf(judged: readonly Judged[]): Items | undefined {
  const items: ModbusOperation[] = [];
  for (const { operation, answer } of judged) {
    if (answer.kind !== "permit" || !isModbusOperation(operation)) return undefined;
    items.push(operation);
  }
  return items;
}

const TABLES: readonly Table[] = [
  "coils",
  "discrete-inputs",
  "holding-registers",
  "input-registers",
];
const ADDRESSES = 65_536;

function keyOf({ unit, table, address }: PointValue): number {
  return (unit * TABLES.length + TABLES.indexOf(table)) * ADDRESSES + address;
}
