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

/** Collects errors, which make a file invalid, and warnings, which do not. */
export class ProblemReport {
  private readonly errors: Entry[] = [];
  private readonly warnings: Entry[] = [];
  private readonly lines: LineCounter;

  constructor(lines: LineCounter) {
    this.lines = lines;
  }

  error(offset: number, path: string, message: string): void {
    this.add(this.errors, offset, path, message);
  }

  warn(offset: number, path: string, message: string): void {
    this.add(this.warnings, offset, path, message);
  }

  get failed(): boolean {
    return this.errors.length > 0;
  }

  /** `12:5`, for a message that points to another place. */
  placeOf(offset: number): string {
    const { line, col } = this.lines.linePos(offset);
    return `${line}:${col}`;
  }

  listErrors(): readonly PlantProblem[] {
    return inOrder(this.errors);
  }

  listWarnings(): readonly PlantProblem[] {
    return inOrder(this.warnings);
  }

  private add(to: Entry[], offset: number, path: string, message: string): void {
    if (to.length >= PROBLEMS_MAX) return;
    const { line, col } = this.lines.linePos(offset);
    to.push({ offset, problem: { line, column: col, message, path } });
  }
}

function inOrder(entries: readonly Entry[]): readonly PlantProblem[] {
  return [...entries].sort((a, b) => a.offset - b.offset).map((entry) => entry.problem);
}
