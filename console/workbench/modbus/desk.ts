/**
 * The Modbus workbench without a screen: what is read when, what was written, what was refused,
 * and where each is shown. The components only draw it.
 */

import type { TagView } from "../../../broker/api/shapes/plant.ts";
import { readPoints, writePoints } from "../../../protocols/modbus/build.ts";
import type { Table, WriteOperation } from "../../../protocols/modbus/operation.ts";
import { workbenchText } from "../../text/workbench.ts";
import type { Clock } from "../clock.ts";
import type { Desk, Way } from "../use-session.ts";
import { type Answer, Line } from "./line.ts";
import { type Decision, OperationLog } from "./operation-log.ts";
import { type PlannedRead, planReads, widthOf } from "./plan-reads.ts";
import { Poller } from "./poller.ts";
import { Refusals } from "./refusals.ts";
import { TagBoard } from "./tag-board.ts";
import { exactText, tagValue } from "./tag-value.ts";
import { TrendBuffer } from "./trend-buffer.ts";

export interface DeskDeps {
  readonly clock: Clock;
  readonly tags: readonly TagView[];
  readonly pollMinMs: number;
  /** Calls back before the next picture. */
  frame(call: () => void): void;
}

/** What a reading or a writing by hand came to; `words` are for the person. */
export interface Report {
  readonly answer: Answer;
  readonly words: string;
}

export const POLL_FIRST_MS = 1_000;

/** Missed readings in a row that a line of a trend bridges: one late answer breaks none. */
const UNBROKEN_PERIODS = 3;
/** At the fastest rates a slow network is no gap either. */
const UNBROKEN_MIN_MS = 5_000;

export class ModbusDesk implements Desk {
  readonly board: TagBoard;
  readonly trends = new TrendBuffer();
  readonly log = new OperationLog();
  readonly refusals = new Refusals();
  readonly poller: Poller;
  private readonly line: Line;
  private readonly tags: ReadonlyMap<string, TagView>;
  private readonly clock: Clock;
  private way: Way | undefined;
  private wanted: readonly string[] = [];
  /** Tags whose shared read was refused, and those refused alone: not asked again by polling. */
  private readonly apart = new Set<string>();
  private readonly silent = new Set<string>();
  /** Told after each cycle, for the rate shown. */
  onCycle: (cycle: { tookMs: number; periodMs: number }) => void = () => {};

  constructor(deps: DeskDeps) {
    this.clock = deps.clock;
    this.tags = new Map(deps.tags.map((tag) => [tag.name, tag]));
    this.board = new TagBoard((call) => deps.frame(call));
    this.line = new Line({
      clock: deps.clock,
      send: (bytes) => this.way?.send(bytes),
      onBroken: () => this.way?.renew(),
    });
    this.poller = new Poller(
      {
        clock: deps.clock,
        read: (read) => this.poll(read),
        onCycle: (cycle) => this.onCycle(cycle),
      },
      { chosenMs: POLL_FIRST_MS, minMs: deps.pollMinMs },
    );
  }

  connect(way: Way): void {
    this.way = way;
  }

  attached(): void {
    this.line.attached();
    this.askAllAgain();
    void this.poller.once();
  }

  away(): void {
    this.line.away();
    const why = workbenchText.outcome({ kind: "lost", reason: "away" });
    for (const name of this.wanted) {
      if (this.board.get(name).quality !== "none") this.lose(name, "stale", why);
    }
  }

  bytes(bytes: Uint8Array, shown: () => void): void {
    this.line.received(bytes);
    this.board.whenShown(shown);
  }

  decision(decision: Decision): void {
    this.line.decided(decision);
  }

  /** The tags that somebody sees: only these are polled. */
  want(tags: readonly string[]): void {
    this.wanted = tags;
    this.replan();
  }

  /** Reads what is seen once, also what was refused before. */
  async readOnce(): Promise<void> {
    this.askAllAgain();
    await this.poller.once();
  }

  /** The present value of one tag, read for a person who waits for it. */
  async readTag(tag: TagView): Promise<Report> {
    const report = await this.readRaw(
      tag.unitId,
      tag.table,
      tag.address,
      widthOf(tag.type, tag.table),
      tag.name,
    );
    if (report.answer.kind === "done") this.keep(tag, report.answer.values);
    return report;
  }

  async readRaw(
    unit: number,
    table: Table,
    address: number,
    count: number,
    name?: string,
  ): Promise<Report> {
    const operation = readPoints(unit, table, address, count);
    const what = workbenchText.log.read(name, table, address, count);
    const id = this.log.add(this.entry("read", what));
    return this.reported(id, await this.line.ask({ operation, urgent: true }));
  }

  /** Writes and reads back; what was read back is on the board. */
  async writeTag(
    tag: TagView,
    values: readonly number[],
    onDecision?: (decision: Decision) => void,
  ): Promise<Report> {
    const table = writableTable(tag.table);
    if (table === undefined) throw new Error(`${tag.name} is in a table that cannot be written`);
    this.refusals.clear(tag.name);
    const operation = writePoints(tag.unitId, table, tag.address, values);
    const value = tagValue(tag, values);
    const what = workbenchText.log.writeTag(
      tag.name,
      value === undefined ? values.join(" ") : exactText(tag, value),
    );
    const report = await this.write(operation, what, onDecision);
    if (report.answer.kind !== "done") {
      this.refusals.put(tag.name, { answer: report.answer, words: report.words, atMs: this.now() });
    }
    await this.readTag(tag);
    return report;
  }

  writeRaw(
    unit: number,
    table: WriteOperation["table"],
    address: number,
    values: readonly number[],
    onDecision?: (decision: Decision) => void,
  ): Promise<Report> {
    const what = workbenchText.log.write(table, address, values);
    return this.write(writePoints(unit, table, address, values), what, onDecision);
  }

  private async write(
    operation: WriteOperation,
    what: string,
    onDecision: ((decision: Decision) => void) | undefined,
  ): Promise<Report> {
    const id = this.log.add(this.entry("write", what));
    const told = (decision: Decision) => {
      const { verdict, rule, reason } = decision;
      this.log.change(id, { verdict, rule, reason });
      onDecision?.(decision);
    };
    return this.reported(id, await this.line.ask({ operation, urgent: true, onDecision: told }));
  }

  private reported(id: number, answer: Answer): Report {
    const words = workbenchText.outcome(answer);
    const decision = answer.kind === "lost" ? undefined : answer.decision;
    this.log.change(id, {
      outcome: words,
      failed: answer.kind !== "done",
      verdict: answer.kind === "denied" ? "deny" : "permit",
      ...(decision ? { rule: decision.rule, reason: decision.reason } : {}),
    });
    return { answer, words };
  }

  private async poll(read: PlannedRead): Promise<void> {
    if (!this.line.isOpen) return;
    const operation = readPoints(read.unit, read.table, read.address, read.count);
    const answer = await this.line.ask({ operation });
    if (answer.kind === "done") this.spread(read, answer.values);
    else if (answer.kind === "lost") this.failed(read, "lost", workbenchText.outcome(answer));
    else if (read.points.length > 1) await this.divide(read);
    else this.refused(read, answer);
  }

  private spread(read: PlannedRead, values: readonly number[]): void {
    for (const name of read.points) {
      const tag = this.tags.get(name);
      if (tag === undefined) continue;
      const from = tag.address - read.address;
      this.keep(tag, values.slice(from, from + widthOf(tag.type, tag.table)));
    }
  }

  private keep(tag: TagView, registers: readonly number[]): void {
    const atMs = this.now();
    const value = tagValue(tag, registers);
    this.board.put(tag.name, { quality: "good", value, registers, atMs, why: "" });
    const drawn = value !== undefined && Number.isFinite(value) ? value : null;
    this.trends.push(tag.name, atMs, drawn, this.unbrokenMs());
  }

  /** What is read by hand alone is drawn from one reading to the next, however long that was. */
  private unbrokenMs(): number {
    if (!this.poller.running) return Number.POSITIVE_INFINITY;
    return Math.max(UNBROKEN_MIN_MS, UNBROKEN_PERIODS * this.poller.periodMs);
  }

  /** One forbidden or missing register must not blind its neighbours: each is read alone from now on. */
  private async divide(read: PlannedRead): Promise<void> {
    for (const name of read.points) this.apart.add(name);
    this.replan();
    const alone = planReads(this.points(read.points), this.apart);
    for (const one of alone) await this.poll(one);
  }

  private refused(read: PlannedRead, answer: Answer): void {
    for (const name of read.points) this.silent.add(name);
    this.replan();
    this.failed(read, "refused", workbenchText.outcome(answer));
    this.log.add({
      ...this.entry(
        "read",
        workbenchText.log.read(read.points[0], read.table, read.address, read.count),
      ),
      verdict: answer.kind === "denied" ? "deny" : "permit",
      rule: answer.kind === "denied" ? answer.decision.rule : "",
      reason: answer.kind === "denied" ? answer.decision.reason : "",
      outcome: workbenchText.outcome(answer),
      failed: true,
    });
  }

  private failed(read: PlannedRead, quality: "refused" | "lost", why: string): void {
    for (const name of read.points) this.lose(name, quality, why);
  }

  private lose(name: string, quality: "refused" | "lost" | "stale", why: string): void {
    this.board.fail(name, quality, why);
    this.trends.push(name, this.now(), null);
  }

  private askAllAgain(): void {
    this.apart.clear();
    this.silent.clear();
    this.replan();
  }

  private replan(): void {
    const asked = this.wanted.filter((name) => !this.silent.has(name));
    this.poller.setPlan(planReads(this.points(asked), this.apart));
  }

  private points(names: readonly string[]): TagView[] {
    return names.flatMap((name) => this.tags.get(name) ?? []);
  }

  private entry(kind: "read" | "write", what: string) {
    return {
      atMs: this.now(),
      kind,
      what,
      verdict: "asked" as const,
      rule: "",
      reason: "",
      outcome: "",
      failed: false,
    };
  }

  private now(): number {
    return this.clock.wallMs();
  }
}

export function writableTable(table: Table): WriteOperation["table"] | undefined {
  return table === "coils" || table === "holding-registers" ? table : undefined;
}
