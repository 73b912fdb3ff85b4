/**
 * The file of workloads in force. An edit counts when it is valid as a whole; until then the older
 * one stays, and the problem is told. What is taken away counts too: a bundle whose file is gone
 * trusts nobody, and with the file itself gone no workload is known.
 */
import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Clock } from "../clock.ts";
import { readPlantText } from "../plant/plant-file.ts";
import { NO_WORKLOADS, type WorkloadConfig } from "./model.ts";
import { type ParsedWorkloads, parseWorkloads } from "./parse-workloads.ts";

/** How late an edit counts. */
const LOOK_MS = 2_000;
/** Looks in a row: what replaces a file may take it away for a moment. */
const GONE_LOOKS = 2;

export interface WorkloadFileParts {
  readonly path: string;
  readonly clock: Clock;
  onChanged(config: WorkloadConfig): void;
  /** Undefined: it is gone. */
  onProblem(problem: string | undefined): void;
}

export class WorkloadFile {
  private readonly parts: WorkloadFileParts;
  private files: readonly string[] = [];
  private seen = "";
  private gone = 0;
  private problem: string | undefined;
  private cancel: () => void = () => {};
  private closed = false;

  private constructor(parts: WorkloadFileParts) {
    this.parts = parts;
  }

  /** Never keeps the broker from starting: what cannot be read is a problem, and nobody is known. */
  static async open(parts: WorkloadFileParts): Promise<WorkloadFile> {
    const file = new WorkloadFile(parts);
    await file.look();
    file.lookLater();
    return file;
  }

  async look(): Promise<void> {
    const stamp = [this.parts.path, ...this.files].map(stampOf).join(" ");
    if (stamp === this.seen) return;
    // Something that was there is not: once more, before it means that it was taken away.
    const isGone = stamp.includes("none") && this.seen !== "";
    this.gone = isGone ? this.gone + 1 : 0;
    if (isGone && this.gone < GONE_LOOKS) return;
    const read = await readPlantText(this.parts.path);
    if (this.closed || read.kind === "moving") return;
    if (read.kind === "unreadable") {
      this.seen = stamp;
      this.files = [];
      this.parts.onChanged(NO_WORKLOADS);
      this.report(`${this.parts.path} cannot be read: ${read.reason}`);
      return;
    }
    this.take(stamp, parse(read.text, this.parts.path));
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  private take(stamp: string, parsed: ParsedWorkloads): void {
    if (parsed.kind === "invalid") {
      // Read again: perhaps a file that it names is put right.
      this.seen = "";
      this.report(parsed.problems.slice(0, 3).join("; "));
      return;
    }
    const { files } = parsed.config;
    // The files that it names may be others than were looked at: then look once more.
    this.seen = files.join() === this.files.join() ? stamp : "";
    this.files = files;
    this.report(undefined);
    this.parts.onChanged(parsed.config);
  }

  private lookLater(): void {
    if (this.closed) return;
    this.cancel = this.parts.clock.after(LOOK_MS, () => {
      void this.look().finally(() => this.lookLater());
    });
  }

  private report(problem: string | undefined): void {
    if (problem === this.problem) return;
    this.problem = problem;
    this.parts.onProblem(problem);
  }
}

function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}` : "none";
}

function parse(text: string, path: string): ParsedWorkloads {
  return parseWorkloads(text, basename(path), dirname(path));
}

/** For the command line: the same reading, once. */
export async function readWorkloads(path: string): Promise<ParsedWorkloads> {
  const read = await readPlantText(path);
  if (read.kind === "text") return parse(read.text, path);
  const reason = read.kind === "moving" ? "it is being written; try again" : read.reason;
  return { kind: "invalid", problems: [`${path} cannot be read: ${reason}`] };
}
