/** What is wrong in a plant file, and where. All of it is reported at once, in the file's order. */
import type { LineCounter } from "yaml";
import { PROBLEMS_MAX } from "./plant-limits.ts";

export interface PlantProblem {
  /** From 1; 0 where the file as a whole is meant. */
  readonly line: number;
  readonly column: number;
  /** What is wrong and what to write instead. */
  readonly message: string;
  /** Where in the structure, for example `assets[0].endpoints[1].tags[3].min`. */
  readonly path: string;
}

/** One line for a terminal or a log: `plant.yaml:12:5 message (path)`. */
export function describeProblem(name: string, problem: PlantProblem): string {
  const place = problem.line > 0 ? `${name}:${problem.line}:${problem.column}` : name;
  return problem.path === ""
    ? `${place} ${problem.message}`
    : `${place} ${problem.message} (${problem.path})`;
}

interface Entry {
  readonly offset: number;
  readonly problem: PlantProblem;
}

interface Found {
  errors: Entry[];
  readonly warnings: Entry[];
  /** It is no YAML that is taken: what else seems wrong follows from that. */
  broken: boolean;
}

/**
 * Collects errors, which make a file invalid, and warnings, which do not. A file may be read in
 * pieces: each has a report of its own, whose offsets count from there, and all say the same.
 */
export class ProblemReport {
  private readonly lines: LineCounter;
  private readonly from: number;
  private readonly found: Found;

  constructor(
    lines: LineCounter,
    from = 0,
    found: Found = { errors: [], warnings: [], broken: false },
  ) {
    this.lines = lines;
    this.from = from;
    this.found = found;
  }

  /** @param offset from the beginning of the file */
  piece(offset: number): ProblemReport {
    return new ProblemReport(this.lines, offset, this.found);
  }

  error(offset: number, path: string, message: string): void {
    if (!this.found.broken) this.add(this.found.errors, offset, path, message);
  }

  /** The text cannot be read: only this counts. */
  breaks(offset: number, message: string): void {
    if (!this.found.broken) this.found.errors = [];
    this.found.broken = true;
    this.add(this.found.errors, offset, "", message);
  }

  warn(offset: number, path: string, message: string): void {
    this.add(this.found.warnings, offset, path, message);
  }

  get failed(): boolean {
    return this.found.errors.length > 0;
  }

  /** `12:5`, for a message that points to another place. */
  placeOf(offset: number): string {
    const { line, col } = this.lines.linePos(this.from + offset);
    return `${line}:${col}`;
  }

  listErrors(): readonly PlantProblem[] {
    return inOrder(this.found.errors);
  }

  listWarnings(): readonly PlantProblem[] {
    return inOrder(this.found.warnings);
  }

  private add(to: Entry[], offset: number, path: string, message: string): void {
    if (to.length >= PROBLEMS_MAX) return;
    const at = this.from + offset;
    const { line, col } = this.lines.linePos(at);
    to.push({ offset: at, problem: { line, column: col, message, path } });
  }
}

function inOrder(entries: readonly Entry[]): readonly PlantProblem[] {
  return [...entries].sort((a, b) => a.offset - b.offset).map((entry) => entry.problem);
}
