/** The history of one channel: which verdict each reply belongs to. */
import type { RefusalKind } from "../guard.ts";
import type { Judged, TapeRecord } from "../tape/record.ts";
import { EXCEPTION, exceptionForRefusal } from "./exception.ts";
import { numberOf } from "./exchange.ts";
import { frameTransaction, frameUnit, HEADER_LENGTH } from "./frame.ts";
import { FrameStream } from "./frame-stream.ts";
import type { HistoryRow, MalformedRow, PointValue } from "./history-row.ts";
import { Malformed } from "./malformed.ts";
import { isModbusOperation, type ModbusOperation } from "./operation.ts";
import { decodeReply, type Reply } from "./reply-values.ts";
import { decodeRequest } from "./request.ts";
import { byteAt } from "./words.ts";

export interface Collected {
  readonly rows: HistoryRow[];
  readonly points: PointValue[];
  readonly malformed: MalformedRow[];
}

/** One request: the rows of its items, and when it was let through. */
interface Asked {
  readonly decision: number;
  readonly items: readonly ModbusOperation[];
  readonly permittedMs: number;
  rows: readonly HistoryRow[];
}

type Change = Partial<Pick<HistoryRow, "outcome" | "exception" | "latencyMs" | "identity">>;

export class ChannelHistory {
  private readonly number: number;
  private readonly by: "subject" | "broker";
  private readonly client: FrameStream;
  private readonly asset: FrameStream;
  /** Permitted and not answered, by number towards the asset. Bounded by the width of the number. */
  private readonly sent = new Map<number, Asked>();
  /** First rows of what is held, by decision. Bounded by the guard's parking. */
  private readonly held = new Map<number, readonly HistoryRow[]>();
  /** Lost at the end of the channel; the withheld ones among them are named right after it. */
  private readonly lost = new Map<number, Asked>();

  /** @param aligned whether its first byte is the first byte that we are given */
  constructor(number: number, by: "subject" | "broker", aligned: boolean) {
    this.number = number;
    this.by = by;
    this.client = new FrameStream(aligned);
    this.asset = new FrameStream(aligned);
  }

  push(record: TapeRecord, to: Collected): void {
    if (record.kind === "verdict") this.verdict(record, record.decision, record.items, to);
    else if (record.kind === "bytes") this.bytes(record, record.from, record.bytes, to);
    else if (record.kind === "end") this.end(to);
    else if (record.kind === "event") {
      const { event } = record;
      if (event.kind === "timeout") this.giveUp(event.request, to);
      if (event.kind === "withheld") this.withheld(event.decision, to);
      if (event.kind === "end") this.end(to);
    }
  }

  private verdict(
    record: TapeRecord,
    decision: number,
    judged: readonly Judged[],
    to: Collected,
  ): void {
    const items = judged.map(({ operation }) => operation).filter(isModbusOperation);
    if (items.length !== judged.length) return;
    const verdict = verdictOf(judged);
    const before = this.held.get(decision);
    const rows = judged.map((one, i) => this.row(record, decision, i, one, verdict, before?.[i]));
    if (verdict.kind === "hold") this.held.set(decision, rows);
    else this.held.delete(decision);
    if (verdict.kind === "permit") {
      const permittedMs = record.monotonicMs;
      this.sent.set(numberOf(decision), { decision, items, permittedMs, rows });
    }
    to.rows.push(...rows);
  }

  private row(
    record: TapeRecord,
    decision: number,
    item: number,
    { operation, answer, rule, reason }: Judged,
    verdict: Verdict,
    before: HistoryRow | undefined,
  ): HistoryRow {
    return {
      id: `${this.number}/${decision}/${item}`,
      sequence: before?.sequence ?? record.sequence,
      wallMs: before?.wallMs ?? record.wallMs,
      channel: this.number,
      by: this.by,
      operation: operation as ModbusOperation,
      verdict: answer.kind,
      rule,
      reason,
      outcome: OUTCOMES[verdict.kind],
      ...(verdict.kind === "deny" ? { exception: exceptionForRefusal(verdict.refusal) } : {}),
    };
  }

  private bytes(record: TapeRecord, from: "client" | "asset", bytes: Uint8Array, to: Collected) {
    if (from === "asset") {
      this.asset.push(bytes, (held, start, end) => this.reply(record, held, start, end, to));
    } else {
      this.client.push(bytes, (held, start, end) => this.request(record, held, start, end, to));
    }
  }

  /** Requests are told by their verdicts; only those that never got one are told here. */
  private request(
    { sequence, wallMs }: TapeRecord,
    bytes: Uint8Array,
    start: number,
    end: number,
    { malformed }: Collected,
  ): void {
    const pdu = start + HEADER_LENGTH;
    const unit = frameUnit(bytes, start);
    const items = decodeRequest(unit, bytes, pdu, end);
    if (!(items instanceof Malformed)) return;
    const { reason, exception } = items;
    const code = byteAt(bytes, pdu);
    const channel = this.number;
    malformed.push({ sequence, wallMs, channel, unit, function: code, reason, exception });
  }

  private reply(
    record: TapeRecord,
    bytes: Uint8Array,
    start: number,
    end: number,
    to: Collected,
  ): void {
    const number = frameTransaction(bytes, start);
    const asked = this.sent.get(number);
    if (asked === undefined || asked.items[0]?.unit !== frameUnit(bytes, start)) return;
    const reply = decodeReply(asked.items, bytes, start + HEADER_LENGTH, end);
    if (reply.kind === "mismatch") return;
    this.sent.delete(number);
    const latencyMs = record.monotonicMs - asked.permittedMs;
    if (reply.kind === "exception") {
      this.change(asked, { outcome: "exception", exception: reply.code, latencyMs }, to);
    } else {
      this.answered(record, asked, reply, latencyMs, to);
    }
  }

  private answered(
    record: TapeRecord,
    { items, rows }: Asked,
    { values, identity }: Extract<Reply, { kind: "answer" }>,
    latencyMs: number,
    to: Collected,
  ): void {
    rows.forEach((row, i) => {
      const told = values[i] ?? [];
      const more = identity === undefined ? {} : { identity };
      to.rows.push({ ...row, outcome: "answered", values: told, latencyMs, ...more });
    });
    items.forEach((item, i) => {
      if (item.action === "modbus:read") pointsOf(item, values[i] ?? [], "read", record, to);
      if (item.action === "modbus:write") pointsOf(item, item.values, "write", record, to);
    });
  }

  private giveUp(number: number, to: Collected): void {
    const asked = this.sent.get(number);
    this.sent.delete(number);
    if (asked) this.change(asked, { outcome: "lost", exception: EXCEPTION.gatewayTarget }, to);
  }

  private withheld(decision: number, to: Collected): void {
    const number = numberOf(decision);
    const asked = this.sent.get(number) ?? this.lost.get(number);
    if (asked?.decision !== decision) return;
    this.sent.delete(number);
    this.lost.delete(number);
    this.change(asked, { outcome: "withheld", exception: EXCEPTION.busy }, to);
  }

  private end(to: Collected): void {
    for (const [number, asked] of this.sent) {
      this.change(asked, { outcome: "lost" }, to);
      this.lost.set(number, asked);
    }
    this.sent.clear();
  }

  private change(asked: Asked, change: Change, to: Collected): void {
    to.rows.push(...asked.rows.map((row) => ({ ...row, ...change })));
  }
}

type Verdict =
  | { readonly kind: "permit" | "hold" }
  | { readonly kind: "deny"; readonly refusal: RefusalKind };

const OUTCOMES = { permit: "pending", hold: "held", deny: "refused" } as const;

/** A device carries a request out as one, so the strictest answer to an item is that to all. */
function verdictOf(judged: readonly Judged[]): Verdict {
  let verdict: Verdict = { kind: "permit" };
  for (const { answer } of judged) {
    if (answer.kind === "deny") return answer;
    if (answer.kind === "hold") verdict = answer;
  }
  return verdict;
}

function pointsOf(
  { unit, table, address }: Extract<ModbusOperation, { action: "modbus:read" | "modbus:write" }>,
  values: readonly number[],
  source: "read" | "write",
  { wallMs, sequence }: TapeRecord,
  { points }: Collected,
): void {
  values.forEach((value, i) => {
    points.push({ unit, table, address: address + i, value, wallMs, sequence, source });
  });
}
