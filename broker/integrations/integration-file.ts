/**
 * The integrations file in force. An edit counts when it is valid as a whole; until then the
 * older one stays, and the problem is told.
 */
import { basename, dirname } from "node:path";
import type { Clock } from "../clock.ts";
import { type FileStamp, isSameStamp, readPlantText } from "../plant/plant-file.ts";
import { type ParsedIntegrations, parseIntegrations } from "./parse-integrations.ts";

/** How late an edit counts. */
const LOOK_MS = 2_000;

/** A file that is valid as a whole. */
export type ReadIntegrations = Extract<ParsedIntegrations, { readonly kind: "integrations" }>;

export interface IntegrationFileParts {
  readonly path: string;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  onChanged(read: ReadIntegrations): void;
  /** Undefined: it is gone. */
  onProblem(problem: string | undefined): void;
}

export class IntegrationFile {
  private readonly parts: IntegrationFileParts;
  private seen: FileStamp | undefined;
  private problem: string | undefined;
  private cancel: () => void = () => {};
  private closed = false;

  private constructor(parts: IntegrationFileParts) {
    this.parts = parts;
  }

  /** Never keeps the broker from starting: what cannot be read is a problem, and nothing goes out. */
  static async open(parts: IntegrationFileParts): Promise<IntegrationFile> {
    const file = new IntegrationFile(parts);
    await file.look();
    file.lookLater();
    return file;
  }

  async look(): Promise<void> {
    const { path, environment } = this.parts;
    const read = await readPlantText(path);
    if (this.closed || read.kind === "moving") return;
    if (read.kind === "unreadable") {
      this.seen = undefined;
      this.report(`${path} cannot be read: ${read.reason}`);
      return;
    }
    if (this.seen && isSameStamp(this.seen, read.stamp)) return;
    const parsed = parse(read.text, path, environment);
    // An invalid one is read again: perhaps a file that it names is put right.
    this.seen = parsed.kind === "invalid" ? undefined : read.stamp;
    if (parsed.kind === "invalid") {
      this.report(parsed.problems.slice(0, 3).join("; "));
      return;
    }
    this.report(undefined);
    this.parts.onChanged(parsed);
  }

  close(): void {
    this.closed = true;
    this.cancel();
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

function parse(
  text: string,
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): ParsedIntegrations {
  return parseIntegrations(text, basename(path), { folder: dirname(path), environment });
}

/** For the command line: the same reading, once. */
export async function readIntegrations(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ParsedIntegrations> {
  const read = await readPlantText(path);
  if (read.kind === "text") return parse(read.text, path, environment);
  const reason = read.kind === "moving" ? "it is being written; try again" : read.reason;
  return { kind: "invalid", problems: [`${path} cannot be read: ${reason}`] };
}
