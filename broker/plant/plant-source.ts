/**
 * The plant file in force. An edit is taken over when it is valid as a whole; otherwise the plant
 * stays as it is and the problem is reported, until a valid file comes.
 *
 * The folder is watched, since editors and configuration mounts replace the file by renaming; a
 * slow look at the file itself covers what a watch misses (network file systems, lost events).
 *
 * A site may ask for a second administrator: then a valid edit waits until it is confirmed, and
 * the plant that was confirmed last is in force, whatever the file says at a start.
 */
import { createHash } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Clock } from "../clock.ts";
import type { ConfirmedPlant } from "./confirmed-plant.ts";
import type { Plant } from "./model.ts";
import type { ParsedPlant } from "./parse-plant.ts";
import { comparePlants, type PlantChange } from "./plant-change.ts";
import { type FileStamp, isSameStamp, parseAside, readPlantText, stampOf } from "./plant-file.ts";
import { describeProblem, type PlantProblem } from "./plant-problem.ts";
import { PlantFileChanged, replacePlantFile } from "./plant-writer.ts";

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
  /** Given: a change of the file counts only once it is confirmed, also over a restart. */
  readonly confirmed?: ConfirmedPlant;
}

/** A changed file that is valid and waits to be confirmed. */
export interface HeldPlant {
  readonly plant: Plant;
  readonly text: string;
  readonly warnings: readonly PlantProblem[];
  readonly sinceMs: number;
}

/** What the file says, valid or not, as it was read last. */
export interface PlantOnDisk {
  readonly text: string;
  /** SHA-256 (hex) of the text. */
  readonly digest: string;
}

/** Another text for the plant file. */
export interface PlantReplacement {
  readonly text: string;
  /** What the text says; whoever made this parsed exactly it. */
  readonly plant: Plant;
  readonly warnings: readonly PlantProblem[];
  /** Digests of what the file said, and of the plant in force, when the change was looked at. */
  readonly onDisk: string;
  readonly inForce: string;
  /** Called when nothing stands in the way any more, before the file is touched. */
  begin(): Promise<void>;
}

/** What somebody confirmed is not what waits. */
export class NotHeld extends Error {
  override readonly name = "NotHeld";
}

type HeldListener = (held: HeldPlant | undefined) => void;
type ChangeListener = (plant: Plant, change: PlantChange) => void;
type ProblemListener = (problem: string | undefined) => void;

/** A text and what it says. */
interface Reading {
  readonly text: string;
  readonly parsed: ParsedPlant;
  readonly stamp: FileStamp | undefined;
}

export class PlantSource {
  private readonly path: string;
  private readonly clock: Clock;
  private readonly confirmed: ConfirmedPlant | undefined;
  private plant: Plant;
  private text: string;
  private waiting: HeldPlant | undefined;
  private readonly heldListeners = new Set<HeldListener>();
  private trouble: string | undefined;
  private hints: readonly PlantProblem[];
  private seen: FileStamp | undefined;
  private disk: PlantOnDisk | undefined;
  /** What was read last and is a plant, in force or not: the same text is not read twice. */
  private last: Pick<Reading, "text" | "parsed">;
  private readonly changeListeners = new Set<ChangeListener>();
  private readonly problemListeners = new Set<ProblemListener>();
  private watcher: FSWatcher | undefined;
  private cancelSettle: (() => void) | undefined;
  private cancelLook: (() => void) | undefined;
  private checking: Promise<void> = Promise.resolve();
  private closed = false;

  private constructor(options: PlantSourceOptions, first: Reading, plant: Plant) {
    this.path = options.path;
    this.clock = options.clock;
    this.confirmed = options.confirmed;
    this.plant = plant;
    this.text = first.text;
    this.hints = first.parsed.kind === "plant" ? first.parsed.warnings : [];
    this.seen = first.stamp;
    this.disk = diskOf(first);
    this.last = first;
    this.watchFolder();
    this.lookLater();
  }

  /** Throws `PlantFileInvalid` where the file cannot be used. */
  static async open(options: PlantSourceOptions): Promise<PlantSource> {
    const kept = await options.confirmed?.text();
    if (kept !== undefined) return PlantSource.openKept(options, kept);
    const first = await readPlant(options);
    if (first?.parsed.kind !== "plant") {
      const problems = first?.parsed.kind === "invalid" ? first.parsed.problems : [STILL_WRITTEN];
      throw new PlantFileInvalid(options.path, problems);
    }
    await options.confirmed?.keep(first.text);
    return new PlantSource(options, first, first.parsed.plant);
  }

  /** The file may say something else by now: that waits. */
  private static async openKept(options: PlantSourceOptions, text: string): Promise<PlantSource> {
    const { clock, confirmed, path } = options;
    const parsed = await parseAside(text, path, clock);
    if (parsed.kind !== "plant") {
      throw new PlantFileInvalid(confirmed?.path ?? path, parsed.problems);
    }
    const source = new PlantSource(options, { text, parsed, stamp: undefined }, parsed.plant);
    await source.check();
    return source;
  }

  /** The plant in force. */
  current(): Plant {
    return this.plant;
  }

  /** Text of the plant in force. */
  currentText(): string {
    return this.text;
  }

  /** What a text means, where that is known without reading it. */
  readAlready(text: string): ParsedPlant | undefined {
    if (text === this.last.text && this.last.parsed.kind === "plant") return this.last.parsed;
    if (text !== this.text) return undefined;
    return { kind: "plant", plant: this.plant, warnings: this.hints };
  }

  /** What the file says, while it waits to be confirmed. */
  held(): HeldPlant | undefined {
    return this.waiting;
  }

  /** Called when another change waits, and with undefined when none does any more. */
  onHeld(listener: HeldListener): () => void {
    this.heldListeners.add(listener);
    return () => this.heldListeners.delete(listener);
  }

  /**
   * Puts what waits in force; resolves once it counts, and would after a crash.
   * @throws NotHeld if it is not the one of this digest
   */
  confirm(digest: string): Promise<void> {
    const act = async (): Promise<void> => {
      const held = this.waiting;
      if (held?.plant.digest !== digest) throw new NotHeld("the file has changed meanwhile");
      await this.confirmed?.keep(held.text);
      this.hold(undefined);
      this.adopt(held.plant, held.warnings, held.text);
    };
    const next = this.checking.then(act, act);
    this.checking = next.catch(() => {});
    return next;
  }

  /** Undefined while the file cannot be read. */
  onDisk(): PlantOnDisk | undefined {
    return this.disk;
  }

  /**
   * Writes the file and puts it in force in the same turn, or lets it wait to be confirmed where
   * the site asks for that. An edit on the host since it was looked at is never written over.
   * @throws PlantFileChanged, PlantFileReadOnly, and what `begin` throws
   */
  replace(change: PlantReplacement): Promise<"in-force" | "held"> {
    const act = async () => this.replaceNow(change);
    const next = this.checking.then(act, act);
    this.checking = next.then(
      () => {},
      () => {},
    );
    return next;
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

  private async replaceNow(change: PlantReplacement): Promise<"in-force" | "held"> {
    const { text, plant, warnings } = change;
    await this.readAgain();
    const unchanged = this.disk?.digest === change.onDisk && this.plant.digest === change.inForce;
    if (this.closed || !unchanged) throw new PlantFileChanged("the plant file is another one");
    await change.begin();
    await replacePlantFile(this.path, text, this.seen);
    // The next look finds the new file, and what it says already in force or waiting.
    this.disk = { text, digest: plant.digest };
    this.last = { text, parsed: { kind: "plant", plant, warnings } };
    if (this.confirmed && plant.digest !== this.plant.digest) {
      this.report(undefined);
      this.hold({ plant, warnings, text, sinceMs: this.clock.wallMs() });
      return "held";
    }
    this.hold(undefined);
    this.adopt(plant, warnings, text);
    return "in-force";
  }

  private async readAgain(): Promise<void> {
    const reading = await readPlant({ path: this.path, clock: this.clock }, this);
    if (this.closed) return;
    if (reading === undefined) {
      this.checkLater();
      return;
    }
    this.seen = reading.stamp;
    this.disk = diskOf(reading);
    if (reading.parsed.kind === "plant") this.last = reading;
    if (reading.parsed.kind !== "plant") {
      this.hold(undefined);
      this.report(summary(this.path, reading.parsed.problems));
      return;
    }
    const { plant, warnings } = reading.parsed;
    if (this.confirmed && plant.digest !== this.plant.digest) {
      this.report(undefined);
      const sinceMs = this.clock.wallMs();
      this.hold({ plant, warnings, text: reading.text, sinceMs });
      return;
    }
    this.hold(undefined);
    this.adopt(plant, warnings, reading.text);
  }

  private hold(held: HeldPlant | undefined): void {
    if (held?.plant.digest === this.waiting?.plant.digest) return;
    this.waiting = held;
    for (const listener of [...this.heldListeners]) listener(held);
  }

  private adopt(plant: Plant, warnings: readonly PlantProblem[], text: string): void {
    this.report(undefined);
    if (plant.digest === this.plant.digest) return;
    const change = comparePlants(this.plant, plant);
    this.plant = plant;
    this.text = text;
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

function diskOf({ text, parsed, stamp }: Reading): PlantOnDisk | undefined {
  if (stamp === undefined) return undefined;
  const digest = parsed.kind === "plant" ? parsed.plant.digest : digestOf(text);
  return { text, digest };
}

/** Undefined while someone writes it. */
async function readPlant(
  { path, clock }: PlantSourceOptions,
  known?: Pick<PlantSource, "readAlready" | "current">,
): Promise<Reading | undefined> {
  const read = await readPlantText(path);
  if (read.kind === "moving") return undefined;
  if (read.kind === "text") {
    const { text, stamp } = read;
    const parsed =
      known?.readAlready(text) ?? (await parseAside(text, path, clock, known?.current()));
    return { text, parsed, stamp };
  }
  const problem = { line: 0, column: 0, path: "", message: `cannot be read: ${read.reason}` };
  return { text: "", parsed: { kind: "invalid", problems: [problem] }, stamp: undefined };
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
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
