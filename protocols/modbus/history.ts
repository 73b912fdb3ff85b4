/**
 * Turns the records of a tape into rows and trends, one record at a time: live view, player,
 * search and exports all read history through this.
 *
 * It pairs verdicts with replies by the number that the guard uses towards the asset (the
 * decision id), so it can start at any record: replies whose request lies before it are skipped.
 */
import type { TapeRecord } from "../tape/record.ts";
import { ChannelHistory } from "./history-channel.ts";
import type { HistoryRow, HistoryStep, MalformedRow, PointValue } from "./history-row.ts";

const NOTHING: HistoryStep = { rows: [], points: [], malformed: [] };

export class ModbusHistory {
  private readonly channels = new Map<number, ChannelHistory>();

  /** Records in the order of the tape; kinds that tell nothing about Modbus are let pass. */
  push(record: TapeRecord): HistoryStep {
    switch (record.kind) {
      case "channel":
        this.channels.set(record.channel, new ChannelHistory(record.channel, record.by, true));
        return NOTHING;
      case "bytes":
      case "verdict":
      case "event":
        return this.collect(record, [this.channel(record.channel)]);
      case "end":
        return this.collect(record, [...this.channels.values()]);
      default:
        return NOTHING;
    }
  }

  /** A channel that began before the first record we were given. */
  private channel(number: number): ChannelHistory {
    const known = this.channels.get(number);
    if (known) return known;
    const channel = new ChannelHistory(number, "subject", false);
    this.channels.set(number, channel);
    return channel;
  }

  private collect(record: TapeRecord, channels: readonly ChannelHistory[]): HistoryStep {
    const rows: HistoryRow[] = [];
    const points: PointValue[] = [];
    const malformed: MalformedRow[] = [];
    for (const channel of channels) channel.push(record, { rows, points, malformed });
    return { rows, points, malformed };
  }
}
