/**
 * Values for the report of what a session changed: those of the tags that the plant file marks
 * `report`, read before the subject's first operation, where a person is asked, and after what
 * was last changed. Each reading is a channel of the broker's own on the tape, named for what it
 * is; what could not be read is missing there, and nothing waits longer than is said here.
 */
import { registerCount } from "../../protocols/modbus/values.ts";
import { REPORT_PEERS, type ReportMoment } from "../../protocols/tape/report-moment.ts";
import type { Clock } from "../clock.ts";
import type { Endpoint, Tag } from "../plant/model.ts";
import type { PointRange, RegisterRange } from "../policy/decision.ts";

/** The subject's first operation waits so long for the first reading, then goes on without it. */
export const BEFORE_WAIT_MAX_MS = 1_000;
/** A session that its owner ends waits so long for the last reading. */
export const AFTER_WAIT_MAX_MS = 1_000;
/** After a change the plant is given this time to follow it. */
export const AFTER_QUIET_MS = 1_000;
/** Between two readings, however often something is changed: a fragile device has other work. */
export const READING_EVERY_MS = 5_000;
/** Most registers, or bits, of one request. */
const POINTS_PER_READ = 120;

/** Reads on a channel of its own; false if there is no connection to read over. Calls back once. */
export type ReadForReport = (
  peer: string,
  ranges: readonly PointRange[],
  done: () => void,
) => boolean;

export class Survey {
  private readonly clock: Clock;
  private readonly ranges: readonly PointRange[];
  private readonly read: ReadForReport;
  private begun = false;
  private reading = false;
  private lastMs = Number.NEGATIVE_INFINITY;
  private stopTimer: (() => void) | undefined;
  private over = false;

  constructor(clock: Clock, endpoint: Endpoint, read: ReadForReport) {
    this.clock = clock;
    this.ranges = [...reportRanges(endpoint.tags), ...reportNodes(endpoint)];
    this.read = read;
  }

  /** Before the subject's first operation. Undefined where there is nothing to wait for. */
  before(): Promise<void> | undefined {
    if (this.begun || this.ranges.length === 0) return undefined;
    this.begun = true;
    return this.bounded("before", BEFORE_WAIT_MAX_MS);
  }

  /** A person is asked about an operation. */
  held(): void {
    if (this.isDue()) void this.take("hold");
  }

  /** A change was answered; several in a row are one reading after the last. */
  changed(): void {
    if (this.over || this.ranges.length === 0) return;
    this.stopTimer?.();
    const dueMs = this.lastMs + READING_EVERY_MS - this.clock.monotonicMs();
    this.stopTimer = this.clock.after(Math.max(AFTER_QUIET_MS, dueMs), () => {
      this.stopTimer = undefined;
      void this.take("after");
    });
  }

  /** Before its owner ends the session; whatever happens, it resolves soon. */
  async after(): Promise<void> {
    if (this.over || !this.begun) return;
    this.stopTimer?.();
    await this.bounded("after", AFTER_WAIT_MAX_MS);
  }

  stop(): void {
    this.over = true;
    this.stopTimer?.();
  }

  private isDue(): boolean {
    return this.ranges.length > 0 && this.clock.monotonicMs() - this.lastMs >= READING_EVERY_MS;
  }

  private bounded(moment: ReportMoment, waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.clock.after(waitMs, resolve);
      void this.take(moment).then(() => {
        stop();
        resolve();
      });
    });
  }

  private take(moment: ReportMoment): Promise<void> {
    if (this.over || this.reading) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.reading = false;
        resolve();
      };
      this.reading = this.read(REPORT_PEERS[moment], this.ranges, done);
      if (this.reading) this.lastMs = this.clock.monotonicMs();
      else resolve();
    });
  }
}

function reportNodes(endpoint: Endpoint): readonly PointRange[] {
  if (endpoint.protocol !== "opcua") return [];
  return endpoint.nodes.filter(({ report }) => report).map(({ node }) => ({ node }));
}

/** Tags side by side are read together. */
export function reportRanges(tags: readonly Tag[]): readonly RegisterRange[] {
  const wanted = tags
    .filter(({ report }) => report)
    .sort((a, b) => a.unitId - b.unitId || a.table.localeCompare(b.table) || a.address - b.address);
  const ranges: RegisterRange[] = [];
  for (const tag of wanted) {
    const { unitId: unit, table, address } = tag;
    const end = address + registerCount(tag.type);
    const last = ranges.at(-1);
    const isNext = last?.unit === unit && last.table === table;
    if (last && isNext && address <= last.address + last.count) {
      const count = Math.max(last.count, end - last.address);
      if (count <= POINTS_PER_READ) {
        ranges[ranges.length - 1] = { ...last, count };
        continue;
      }
    }
    ranges.push({ unit, table, address, count: end - address });
  }
  return ranges;
}
