/** One way of printing for all benches: a table for people, and last one JSON line for machines. */
import { readFileSync } from "node:fs";
import os from "node:os";

export interface Goal {
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface BenchResult {
  readonly bench: string;
  readonly ratios: Readonly<Record<string, number>>;
  readonly goals: Readonly<Record<string, Goal>>;
  /** Circumstances that a reader must know: limits used, peer's version. */
  readonly notes: Readonly<Record<string, string | number>>;
}

export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  for (const row of all) {
    const cells = row.map((cell, at) => {
      const width = widths[at] ?? 0;
      return at === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    process.stdout.write(`${cells.join("  ")}\n`);
  }
}

/** A bench never fails a run: it says whether each goal was met. */
export function printResult({ bench, ratios, goals, notes }: BenchResult): void {
  const met = Object.entries(goals).every(([name, goal]) => isMet(ratios[name], goal));
  const machine = `${os.cpus()[0]?.model ?? "unknown"} x${os.cpus().length}, Linux ${os.release()}, Node ${process.version}`;
  const rounded = Object.fromEntries(
    Object.entries(ratios).map(([name, value]) => [name, Number(value.toPrecision(4))]),
  );
  process.stdout.write(
    `${JSON.stringify({ bench, ratios: rounded, goals, met, machine, notes })}\n`,
  );
}

function isMet(value: number | undefined, { atLeast, atMost }: Goal): boolean {
  if (value === undefined || Number.isNaN(value)) return false;
  return (
    value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY)
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}

/** @param part 0.99 for what all but the slowest hundredth took */
export function percentile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** Kernel ticks a second, as /proc counts them on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time that a process and its threads have used, in milliseconds. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** The same of a process and of those that it has started and that still run. */
export function cpuWithChildrenMs(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ");
  return children.filter(Boolean).reduce((sum, child) => sum + cpuMs(Number(child)), cpuMs(pid));
}

/** Resident memory of a process in KiB. */
export function residentKib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN);
}
