/**
 * The plant file in force. An edit is taken over when it is valid as a whole; otherwise the plant
 * stays as it is and the problem is reported, until a valid file comes.
 *
 * The folder is watched, since editors and configuration mounts replace the file by renaming; a
 * slow look at the file itself covers what a watch misses (network file systems, lost events).
 */
import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Clock } from "../clock.ts";
import type { Plant } from "./model.ts";
import type { ParsedPlant } from "./parse-plant.ts";
import { comparePlants, type PlantChange } from "./plant-change.ts";
import { type FileStamp, isSameStamp, parseAside, readPlantText, stampOf } from "./plant-file.ts";
import { describeProblem, type PlantProblem } from "./plant-problem.ts";

/** Editors write in several steps; a file that is cut off may still be valid. */
export const SETTLE_MS = 300;
/** How late an edit counts where no watch reports it. */
export const LOOK_MS = 5_000;

/** The file cannot be used, and there is no older plant to keep. */
export class PlantFileInvalid extends Error {
  override readonly name = "PlantFileInvalid";
  readonly problems: readonly PlantProblem[];
  constructor(path: string, problems: readonly PlantProblem[]) {
    super(summary(path, problems));
    this.problems = problems;
  }
}

export interface PlantSourceOptions {
  readonly path: string;
  readonly clock: Clock;
}

type ChangeListener = (plant: Plant, change: PlantChange) => void;
type ProblemListener = (problem: string | undefined) => void;

interface Reading {
  readonly parsed: ParsedPlant;
  readonly stamp: FileStamp | undefined;
}

export class PlantSource {
  private readonly path: string;
  private readonly clock: Clock;
  private plant: Plant;
  private trouble: string | undefined;
  private hints: readonly PlantProblem[];
  private seen: FileStamp | undefined;
  private readonly changeListeners = new Set<ChangeListener>();
  private readonly problemListeners = new Set<ProblemListener>();
  private watcher: FSWatcher | undefined;
  private cancelSettle: (() => void) | undefined;
  private cancelLook: (() => void) | undefined;
  private checking: Promise<void> = Promise.resolve();
  private closed = false;

  private constructor({ path, clock }: PlantSourceOptions, first: Reading, plant: Plant) {
    this.path = path;
    this.clock = clock;
    this.plant = plant;
    this.hints = first.parsed.kind === "plant" ? first.parsed.warnings : [];
    this.seen = first.stamp;
    this.watchFolder();
    this.lookLater();
  }

  /** Throws `PlantFileInvalid` where the file cannot be used. */
  static async open(options: PlantSourceOptions): Promise<PlantSource> {
    const first = await readPlant(options);
    if (first?.parsed.kind !== "plant") {
      const problems = first?.parsed.kind === "invalid" ? first.parsed.problems : [STILL_WRITTEN];
      throw new PlantFileInvalid(options.path, problems);
    }
    return new PlantSource(options, first, first.parsed.plant);
  }

  /** The plant in force. */
  current(): Plant {
    return this.plant;
  }

  /** One line with the place, while the file on disk is not the plant in force. */
  problem(): string | undefined {
    return this.trouble;
  }

  /** What in the plant in force is allowed but probably not meant. */
  warnings(): readonly PlantProblem[] {
    return this.hints;
  }

  /** Called in the turn in which the new plant counts. Returns a function that unsubscribes. */
  onChanged(listener: ChangeListener): () => void {
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  /** Called with each new problem, and with undefined when it is gone. */
  onProblem(listener: ProblemListener): () => void {
    this.problemListeners.add(listener);
    return () => this.problemListeners.delete(listener);
  }

  /** Reads the file now. Resolves when what it says counts, or its problem is known. */
  check(): Promise<void> {
    const read = (): Promise<void> => this.readAgain();
    this.checking = this.checking.then(read, read);
    return this.checking;
  }

  /** Stops watching; what is being read no longer counts. */
  close(): void {
    this.closed = true;
    this.watcher?.close();
    this.cancelSettle?.();
    this.cancelLook?.();
  }

  private async readAgain(): Promise<void> {
    const reading = await readPlant({ path: this.path, clock: this.clock });
    if (this.closed) return;
    if (reading === undefined) {
      this.checkLater();
      return;
    }
    this.seen = reading.stamp;
    if (reading.parsed.kind === "plant") this.adopt(reading.parsed.plant, reading.parsed.warnings);
    else this.report(summary(this.path, reading.parsed.problems));
  }

  private adopt(plant: Plant, warnings: readonly PlantProblem[]): void {
    this.report(undefined);
    if (plant.digest === this.plant.digest) return;
    const change = comparePlants(this.plant, plant);
    this.plant = plant;
    this.hints = warnings;
    for (const listener of [...this.changeListeners]) listener(plant, change);
  }

  private report(problem: string | undefined): void {
    if (problem === this.trouble) return;
    this.trouble = problem;
    for (const listener of [...this.problemListeners]) listener(problem);
  }

  private watchFolder(): void {
    try {
      this.watcher = watch(dirname(this.path), { persistent: false }, () => this.checkLater());
      this.watcher.on("error", () => this.watcher?.close());
    } catch {
      // No watch on this file system: the slow look finds the edit.
      this.watcher = undefined;
    }
  }

  /** Waits until the folder has been quiet: every event starts the wait anew. */
  private checkLater(): void {
    if (this.closed) return;
    this.cancelSettle?.();
    this.cancelSettle = this.clock.after(SETTLE_MS, () => void this.look());
  }

  private lookLater(): void {
    if (this.closed) return;
    this.cancelLook = this.clock.after(LOOK_MS, () => {
      void this.look().then(() => this.lookLater());
    });
  }

  /** Reads the file if it is another one than was read last. */
  private async look(): Promise<void> {
    const stamp = await stat(this.path).then(stampOf, () => undefined);
    if (!this.closed && !isSameStamp(stamp, this.seen)) await this.check();
  }
}

const STILL_WRITTEN: PlantProblem = {
  line: 0,
  column: 0,
  path: "",
  message: "it is being written; try again",
};

/** Undefined while someone writes it. */
async function readPlant({ path, clock }: PlantSourceOptions): Promise<Reading | undefined> {
  const read = await readPlantText(path);
  if (read.kind === "moving") return undefined;
  if (read.kind === "text") {
    return { parsed: await parseAside(read.text, path, clock), stamp: read.stamp };
  }
  const problem = { line: 0, column: 0, path: "", message: `cannot be read: ${read.reason}` };
  return { parsed: { kind: "invalid", problems: [problem] }, stamp: undefined };
}

/** One line: the first problem with its place, and how many more there are. */
function summary(path: string, problems: readonly PlantProblem[]): string {
  const [first] = problems;
  const name = basename(path);
  if (first === undefined) return `${name} cannot be used`;
  const more = problems.length - 1;
  const line = describeProblem(name, first);
  return more > 0 ? `${line} – and ${more} more ${more === 1 ? "problem" : "problems"}` : line;
}
