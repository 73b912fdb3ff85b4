/**
 * The records of a recording as rows of the index: each operation once it is settled, reads
 * folded (`polls.ts`), and what else happened. Fed all records in order.
 *
 * It can stop where a segment ends and go on there in another run: what is open then is named in
 * its `carry`, and the segments that still say something about it are fed once more.
 */

import { ModbusHistory } from "../../../protocols/modbus/history.ts";
import type { HistoryRow } from "../../../protocols/modbus/history-row.ts";
import { isQuiet } from "../../../protocols/opcua/history.ts";
import { isOpcUaOperation } from "../../../protocols/opcua/operation.ts";
import { awaitsPerson, type Header, type TapeRecord } from "../../../protocols/tape/record.ts";
import { GenericHistory } from "./generic-history.ts";
import {
  happeningRow,
  malformedRow,
  operationRow,
  pollKey,
  type RowSources,
  type Settled,
  type ToldText,
  textRow,
} from "./make-row.ts";
import { NodeRows } from "./node-rows.ts";
import { type OpenFold, Polls } from "./polls.ts";
import type { IndexedRow } from "./row.ts";
import { TerminalTexts } from "./terminal-texts.ts";
import { TouchedPoints } from "./touched-points.ts";

export interface Carry {
  /** First segment that still has to be fed; what is settled of it is passed over. */
  readonly segmentFrom: number;
  /** First segment of which nothing is in the index. */
  readonly segmentNext: number;
  /** Operations begun before `segmentNext` and not settled. */
  readonly open: readonly string[];
  /** Channels that the broker opened for itself. */
  readonly brokersChannels: readonly number[];
  readonly folds: readonly OpenFold[];
  /** Channels with a terminal, where the protocol has any. */
  readonly terminals?: readonly number[];
}

export const NOTHING_CARRIED: Carry = {
  segmentFrom: 0,
  segmentNext: 0,
  open: [],
  brokersChannels: [],
  folds: [],
};

interface Open {
  row: Settled;
  wasHeld: boolean;
  readonly segment: number;
}

export class TapeRows {
  private readonly header: Header;
  private readonly sources: RowSources;
  private readonly polls: Polls;
  private readonly modbus: ModbusHistory | undefined;
  private readonly generic: GenericHistory | undefined;
  private readonly terminals: TerminalTexts | undefined;
  private readonly open = new Map<string, Open>();
  private readonly brokersChannels = new Set<number>();
  /** While segments are fed again: what is to be taken of them. */
  private readonly awaited: Set<string>;
  private readonly segmentNext: number;
  private rows: IndexedRow[] = [];
  /** Lost with the end of a channel; the end may yet say that it was withheld. */
  private readonly lost = new Map<string, number>();
  private segment = 0;
  private atMs: number;

  constructor(header: Header, carry: Carry = NOTHING_CARRIED) {
    this.header = header;
    this.sources = { points: new TouchedPoints(header.tags), nodes: new NodeRows(header.tags) };
    this.polls = new Polls(header.startedMs, carry.folds);
    this.awaited = new Set(carry.open);
    this.segmentNext = carry.segmentNext;
    this.atMs = header.startedMs;
    const isModbus = header.endpoint.protocol === "modbus";
    this.modbus = isModbus ? new ModbusHistory() : undefined;
    this.generic = isModbus ? undefined : new GenericHistory(header.endpoint.protocol === "opcua");
    const isSsh = header.endpoint.protocol === "ssh";
    this.terminals = isSsh ? new TerminalTexts(carry.terminals) : undefined;
    for (const channel of carry.brokersChannels) this.beginBrokersChannel(channel);
  }

  /** How many rows are ready to be taken. */
  get ready(): number {
    return this.rows.length;
  }

  /** Of the record fed last. */
  get lastMs(): number {
    return this.atMs;
  }

  begin(segment: number): void {
    this.segment = segment;
  }

  push(record: TapeRecord): void {
    this.atMs = record.wallMs;
    if (record.kind === "channel" && record.by === "broker") {
      this.brokersChannels.add(record.channel);
    }
    if (this.modbus !== undefined) {
      const { rows, malformed } = this.modbus.push(record);
      for (const row of rows) this.take(settledOf(row));
      if (!this.isAgain) for (const row of malformed) this.rows.push(malformedRow(row));
    } else {
      for (const row of this.generic?.push(record) ?? []) this.takeOther(row);
    }
    for (const told of this.terminals?.push(record) ?? []) this.tell(told);
    const happening = this.isAgain ? undefined : happeningRow(record, this.header);
    if (happening !== undefined) this.rows.push(happening);
  }

  /** A text that the history of a protocol read from the records fed last. */
  tell(told: ToldText): void {
    const row = this.isAgain ? undefined : textRow(told);
    if (row !== undefined) this.rows.push(row);
  }

  /** The rows that are final by now. What is still open comes later. */
  takeReady(): readonly IndexedRow[] {
    this.rows.push(...this.polls.expire(this.atMs));
    for (const told of this.terminals?.flush() ?? []) this.tell(told);
    this.lost.clear();
    const rows = this.rows;
    this.rows = [];
    return rows;
  }

  /** What is not final, as it stands. */
  unsettled(): readonly IndexedRow[] {
    const open = [...this.open.values()].map(({ row, wasHeld }) => this.rowOf(row, wasHeld));
    return [...this.rows, ...open, ...this.polls.open().map(({ row }) => row)];
  }

  /** At the end of `segment`, after `takeReady`. */
  carry(segment: number): Carry {
    const begun = [...this.open.values()].map((one) => one.segment);
    return {
      segmentFrom: Math.min(segment + 1, ...begun),
      segmentNext: segment + 1,
      open: [...this.open.keys()],
      brokersChannels: [...this.brokersChannels],
      folds: this.polls.open(),
      ...(this.terminals && { terminals: this.terminals.running }),
    };
  }

  /** Nothing more will come: everything is final as it stands. */
  finish(): readonly IndexedRow[] {
    for (const { row, wasHeld } of this.open.values()) this.put(row, wasHeld);
    this.open.clear();
    this.rows.push(...this.polls.finish());
    return this.takeReady();
  }

  private get isAgain(): boolean {
    return this.segment < this.segmentNext;
  }

  private takeOther(row: Settled): void {
    const { operation, verdict } = row;
    if (!isOpcUaOperation(operation) || !isQuiet(operation, verdict)) this.take(row);
  }

  private take(row: Settled): void {
    const known = this.open.get(row.id);
    if (this.isAgain && known === undefined && !this.awaited.has(row.id)) return;
    const isAsked = row.outcome === "held" && awaitsPerson(row);
    const wasHeld = known?.wasHeld === true || isAsked;
    if (row.outcome === "pending" || row.outcome === "held") {
      this.open.set(row.id, { row, wasHeld, segment: known?.segment ?? this.segment });
      return;
    }
    this.open.delete(row.id);
    this.put(row, wasHeld);
  }

  private put(row: Settled, wasHeld: boolean): void {
    const indexed = this.rowOf(row, wasHeld);
    const key = pollKey(row, wasHeld);
    if (key !== undefined) {
      this.rows.push(...this.polls.push(key, indexed));
      return;
    }
    const lostAt = this.lost.get(row.id);
    if (lostAt !== undefined) this.rows[lostAt] = indexed;
    else this.rows.push(indexed);
    if (row.outcome === "lost") this.lost.set(row.id, this.rows.length - 1);
  }

  private rowOf(row: Settled, wasHeld: boolean): IndexedRow {
    return operationRow(row, wasHeld, this.sources);
  }

  private beginBrokersChannel(channel: number): void {
    this.brokersChannels.add(channel);
    this.modbus?.push({
      ...{ kind: "channel", channel, protocol: "modbus", by: "broker", peer: "" },
      ...{ sequence: 0, wallMs: 0, monotonicMs: 0 },
    });
  }
}

function settledOf(row: HistoryRow): Settled {
  const { id, sequence, wallMs, by, operation, verdict, rule, reason, outcome, values } = row;
  const item = Number(id.slice(id.lastIndexOf("/") + 1));
  return {
    ...{ id, sequence, item, wallMs, by, operation, verdict, rule, reason, outcome },
    values: values ?? [],
    exception: row.exception ?? 0,
  };
}
