/**
 * The policies in force: the files in `policies` of the data folder, every version of them in
 * `policy-history`, and the set that decides.
 *
 * A set counts once its version is durable in the history; the folder follows. A mark names a
 * version whose files are still being written, so that a crash in between ends with the folder
 * of that version and not with half of it. Files that a person edits on the host count when they
 * are valid as a whole; until then the set in force stays.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../clock.ts";
import type { SubjectInput } from "../../policy/access-input.ts";
import { describePolicyProblem, type PolicySet } from "../../policy/policy-set.ts";
import type { NewSiteEvent } from "../../store/site-events.ts";
import { checkAside } from "./check-aside.ts";
import { type CheckedPolicies, parseSources, setOf } from "./check-policies.ts";
import {
  digestOf,
  PolicyFolderUnreadable,
  type PolicySources,
  readPolicyFolder,
} from "./policy-folder.ts";
import {
  type NewVersion,
  PolicyHistory,
  type PolicyVersion,
  writeDurably,
} from "./policy-history.ts";

/** How late an edit of the files is seen; it counts when it is still the same the next time. */
export const LOOK_MS = 2_000;

export interface PolicyStoreParts {
  readonly dataFolder: string;
  /** Where the set of the first start is copied from. */
  readonly defaults: string;
  readonly clock: Clock;
  readonly site: string;
  /** Active administrators, one of whom must stay able to change policies. */
  administrators(): Promise<readonly SubjectInput[]>;
  note(event: NewSiteEvent): void;
}

export interface PolicyAuthor {
  /** Null for who acts on the host. */
  readonly id: string | null;
  readonly name: string;
}

/** Where the decisions come from. */
export interface PolicyInForce {
  current(): PolicySet;
  /** Called in the turn in which the new set counts. Returns a function that unsubscribes. */
  onChanged(listener: (set: PolicySet) => void): () => void;
}

/** Nothing here can decide, and there is no older set: a start must not go on. */
export class PoliciesUnusable extends Error {
  override readonly name = "PoliciesUnusable";
}

export type Activation =
  | { readonly kind: "active"; readonly version: PolicyVersion; readonly checked: CheckedPolicies }
  | { readonly kind: "refused"; readonly checked: CheckedPolicies };

export class PolicyStore implements PolicyInForce {
  private readonly parts: PolicyStoreParts;
  private readonly folder: string;
  private readonly mark: string;
  private readonly past: PolicyHistory;
  private set: PolicySet;
  private trouble: string | undefined;
  /** Of an edit that has been seen once. */
  private seenDigest = "";
  private refusedDigest = "";
  private readonly listeners = new Set<(set: PolicySet) => void>();
  private readonly problemListeners = new Set<(problem: string | undefined) => void>();
  private doing: Promise<unknown> = Promise.resolve();
  private stopLook = () => {};
  private closed = false;

  private constructor(parts: PolicyStoreParts, past: PolicyHistory, set: PolicySet) {
    this.parts = parts;
    this.past = past;
    this.set = set;
    this.folder = folderOf(parts.dataFolder);
    this.mark = markOf(parts.dataFolder);
  }

  /** @throws PoliciesUnusable */
  static async open(parts: PolicyStoreParts): Promise<PolicyStore> {
    const past = PolicyHistory.open(historyOf(parts.dataFolder));
    if (past.last === undefined) begin(parts, past);
    else finishWriting(parts.dataFolder, past);
    const { set, problem } = newestUsable(past);
    const store = new PolicyStore(parts, past, set);
    if (problem !== undefined) store.report(problem);
    await store.check();
    store.lookLater();
    return store;
  }

  current(): PolicySet {
    return this.set;
  }

  version(): PolicyVersion {
    const version = this.past.versions().findLast(({ digest }) => digest === this.set.digest);
    if (!version) throw new Error("the set in force is not in its history");
    return version;
  }

  /** Where a rollback goes. */
  before(): PolicyVersion | undefined {
    return this.past.before(this.set.digest);
  }

  /** Oldest first. */
  versions(): readonly PolicyVersion[] {
    return this.past.versions();
  }

  /** @throws if there is no such version */
  sources(sequence: number): PolicySources {
    return this.past.sources(sequence);
  }

  /** One line, while the files on disk are not the set in force. */
  problem(): string | undefined {
    return this.trouble;
  }

  onChanged(listener: (set: PolicySet) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Called with each new problem, and with undefined when it is gone. */
  onProblem(listener: (problem: string | undefined) => void): () => void {
    this.problemListeners.add(listener);
    return () => this.problemListeners.delete(listener);
  }

  /** What would stand in the way of these files. Nothing changes. */
  async examine(sources: PolicySources): Promise<CheckedPolicies> {
    const { site, clock } = this.parts;
    const administrators = await this.parts.administrators();
    return checkAside(sources, { administrators, site }, clock);
  }

  /** Puts the files in force if they pass everything. */
  activate(sources: PolicySources, by: PolicyAuthor, note: string): Promise<Activation> {
    return this.inTurn(() => this.tryActivate(sources, { by: by.id, byName: by.name, note }));
  }

  /** @param to the version to go back to; the one before the set in force if it is left out */
  rollback(by: PolicyAuthor, to?: number): Promise<Activation> {
    return this.inTurn(() => {
      const target = to ?? this.before()?.sequence;
      if (target === undefined) throw new Error("there is no earlier version of the policies");
      const note = `back to version ${target}`;
      return this.tryActivate(this.past.sources(target), { by: by.id, byName: by.name, note });
    });
  }

  /** Looks at the files now and takes them over if they are others. */
  check(): Promise<void> {
    return this.inTurn(() => this.takeOver(true));
  }

  close(): void {
    this.closed = true;
    this.stopLook();
  }

  /** One thing after the other: a version is checked against the set that it follows. */
  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const next = this.doing.then(act, act);
    this.doing = next.catch(() => {});
    return next;
  }

  private async tryActivate(
    sources: PolicySources,
    version: Omit<NewVersion, "atMs">,
  ): Promise<Activation> {
    const checked = await this.examine(sources);
    if (!checked.valid) return { kind: "refused", checked };
    return { kind: "active", version: this.adopt(sources, version), checked };
  }

  /** From here on there is no await: the history, the folder and the decisions change together. */
  private adopt(sources: PolicySources, given: Omit<NewVersion, "atMs">): PolicyVersion {
    const set = setOf(sources);
    writeDurably(this.mark, String((this.past.last?.sequence ?? 0) + 1));
    const version = this.past.add(sources, { ...given, atMs: this.parts.clock.wallMs() });
    this.set = set;
    this.report(undefined);
    this.noteChange(version);
    this.writeFolder(sources);
    this.tell(set);
    return version;
  }

  /** Everybody hears of it, even if hearing of it failed for another. */
  private tell(set: PolicySet): void {
    const faults: unknown[] = [];
    for (const listener of [...this.listeners]) {
      try {
        listener(set);
      } catch (fault) {
        faults.push(fault);
      }
    }
    if (faults.length > 0) throw new AggregateError(faults, "not everybody took the new policies");
  }

  /** The set counts already; files that cannot be written are written at a later look. */
  private writeFolder(sources: PolicySources): void {
    try {
      writeSources(this.folder, sources);
      rmSync(this.mark, { force: true });
    } catch (error) {
      this.report(`the files could not be written: ${messageOf(error)}`);
    }
  }

  private noteChange({ sequence, digest, byName, by, note }: PolicyVersion): void {
    this.parts.note({
      kind: "policy:changed",
      priority: by === null ? "alarm" : "event",
      text: `${byName} put version ${sequence} of the policies in force (${digest.slice(0, 12)}): ${note}`,
      ...(by !== null && { subject: by }),
    });
  }

  private lookLater(): void {
    if (this.closed) return;
    this.stopLook = this.parts.clock.after(LOOK_MS, () => {
      void this.inTurn(() => this.look())
        .catch((error: unknown) => this.report(`the files were not taken: ${messageOf(error)}`))
        .finally(() => this.lookLater());
    });
  }

  private async look(): Promise<void> {
    if (this.closed) return;
    if (existsSync(this.mark)) this.writeFolder(this.past.sources(this.version().sequence));
    else await this.takeOver(false);
  }

  /** @param now do not wait for another look that finds the same */
  private async takeOver(now: boolean): Promise<void> {
    const sources = this.read();
    if (!sources) return;
    const digest = digestOf(sources);
    const settled = now || digest === this.seenDigest;
    this.seenDigest = digest;
    if (digest === this.set.digest) this.report(undefined);
    else if (settled && digest !== this.refusedDigest) await this.tryFiles(sources, digest);
  }

  private async tryFiles(sources: PolicySources, digest: string): Promise<void> {
    const earlier = this.past.versions().findLast((version) => version.digest === digest);
    const note = earlier
      ? `the files on the host are those of version ${earlier.sequence} again`
      : "the files were changed on the host";
    const done = await this.tryActivate(sources, { by: null, byName: "The host", note });
    this.refusedDigest = done.kind === "refused" ? digest : "";
    if (done.kind === "active") return;
    const [first] = [...done.checked.problems, ...done.checked.failures];
    if (first) this.report(describePolicyProblem(first));
  }

  private read(): PolicySources | undefined {
    try {
      const sources = readPolicyFolder(this.folder);
      if (sources.length > 0) return sources;
      this.report("the folder holds no policies any more");
    } catch (error) {
      if (!(error instanceof PolicyFolderUnreadable)) throw error;
      this.report(error.message);
    }
    return undefined;
  }

  private report(problem: string | undefined): void {
    if (problem === this.trouble) return;
    this.trouble = problem;
    for (const listener of [...this.problemListeners]) listener(problem);
    if (problem === undefined) return;
    const text = `The policy files are not in force, the older set stays: ${problem}`;
    this.parts.note({ kind: "policy:invalid", priority: "alarm", text });
  }
}

export function folderOf(dataFolder: string): string {
  return join(dataFolder, "policies");
}

export function historyOf(dataFolder: string): string {
  return join(dataFolder, "policy-history");
}

function markOf(dataFolder: string): string {
  return join(historyOf(dataFolder), "writing");
}

/** The first start: what lies in the folder already, or the set that Sallyport comes with. */
function begin({ dataFolder, defaults, clock, note }: PolicyStoreParts, past: PolicyHistory): void {
  const sources = readPolicyFolder(defaults);
  past.add(sources, {
    ...{ atMs: clock.wallMs(), by: null, byName: "Sallyport" },
    note: "the policies it comes with",
  });
  const folder = folderOf(dataFolder);
  const own = existsSync(folder) ? readPolicyFolder(folder) : [];
  if (own.length === 0) writeSources(folder, sources);
  note({
    kind: "policy:changed",
    priority: "event",
    text: "The policies that Sallyport comes with are in force",
  });
}

/** A crash left the mark: the version counts, its files may be half written. */
function finishWriting(dataFolder: string, past: PolicyHistory): void {
  const mark = markOf(dataFolder);
  if (!existsSync(mark)) return;
  const sequence = Number(readFileSync(mark, "utf8"));
  // Without its version the crash came first: the folder was not touched.
  if (past.last?.sequence === sequence) {
    writeSources(folderOf(dataFolder), past.sources(sequence));
  }
  rmSync(mark, { force: true });
}

/** Of the versions that counted, the newest that is whole and that this Sallyport understands. */
function newestUsable(past: PolicyHistory): { set: PolicySet; problem: string | undefined } {
  let problem: string | undefined;
  for (const { sequence } of past.versions().toReversed()) {
    const read = readVersion(past, sequence);
    if (typeof read !== "string") return { set: read, problem };
    problem ??= read;
  }
  throw new PoliciesUnusable(`no version of the policies can be used: ${problem}`);
}

function readVersion(past: PolicyHistory, sequence: number): PolicySet | string {
  try {
    const parsed = parseSources(past.sources(sequence));
    if (parsed.kind === "set") return parsed.set;
    const [first] = parsed.problems;
    return first ? describePolicyProblem(first) : "it holds no policies";
  } catch (error) {
    return messageOf(error);
  }
}

/** Other files in the folder stay; policies and tests that are not in the set go. */
export function writeSources(folder: string, sources: PolicySources): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const before = readPolicyFolder(folder);
  for (const { name, text } of sources) {
    if (before.some((file) => file.name === name && file.text === text)) continue;
    writeDurably(join(folder, name), text);
  }
  for (const { name } of before) {
    if (!sources.some((file) => file.name === name)) rmSync(join(folder, name));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
