/** One recording of a bundle: every byte of it against what the log says of its session. */
import { treeRoot } from "../tape/tree.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import type { BundleFiles } from "./bundle-files.ts";
import type { ProvedLeaf } from "./bundle-leaves.ts";
import { BundleRefused, type JsonObject, jsonOf, objectOf } from "./bundle-refused.ts";
import { canonicalJson } from "./canonical-json.ts";
import { GrowingTree } from "./growing-tree.ts";
import { bytesOfHex, hexOf } from "./hex.ts";
import { leafHash, type Sha256 } from "./merkle.ts";
import { leadsTo, PROGRESS_KIND, type ProgressLine, parseProgress } from "./progress.ts";

/** What the log says of a session, once it is proved. */
export interface ProvedSession {
  readonly session: string;
  readonly openIndex: number;
  readonly open: JsonObject;
  /** Absent while it has not ended in the log. */
  readonly closeIndex: number | undefined;
  readonly close: JsonObject | undefined;
  /**
   * `whole`: every byte is here. `deleted`: by policy, as the log says at `deletedIndex`.
   * `nothing`: it ended with nothing recorded. `open`: it had not ended when the log was signed.
   */
  readonly recording: "whole" | "deleted" | "nothing" | "open";
  readonly deletedIndex: number | undefined;
  readonly segments: number;
  /** Leaves that fixed it while it was being recorded. */
  readonly progress: number;
}

/** What the log tells of one session. */
export interface SessionLeaves {
  readonly open: ProvedLeaf;
  readonly close: ProvedLeaf | undefined;
  /** After a crash it may be said twice. */
  readonly deleted: readonly ProvedLeaf[];
}

const DESCRIPTIONS = ["manifest.json", "index", "close.json", "progress"] as const;

export async function proveSession(
  files: BundleFiles,
  session: string,
  { open, close, deleted }: SessionLeaves,
  progressLeaves: ReadonlyMap<number, JsonObject>,
  sha256: Sha256,
): Promise<ProvedSession> {
  const facts = {
    ...{ session, openIndex: open.index, open: open.event, closeIndex: close?.index },
    ...{ close: close?.event, deletedIndex: deleted[0]?.index, segments: 0, progress: 0 },
  };
  const folder = `recordings/${session}/`;
  const isEmpty = close?.event.kind === "session.aborted" && close.event.files === undefined;
  if (close === undefined || isEmpty) {
    mustHaveNone(files, session);
    return { ...facts, recording: isEmpty ? "nothing" : "open" };
  }
  const recording = new BundledRecording(files, session, close.event, sha256);
  if (files.has(`${folder}tombstone.json`)) {
    if (deleted.length === 0)
      throw new BundleRefused(`the log does not say that ${session} was deleted`);
    await recording.checkRemains(open.event);
    mustBeTold(files.said(`${folder}tombstone.json`), session, deleted);
    return { ...facts, recording: "deleted" };
  }
  if (!files.has(`${folder}close.json`)) {
    throw new BundleRefused(
      `session ${session} was opened (log entry ${open.index}), and neither its recording nor its tombstone is here`,
    );
  }
  const segments = await recording.check(open.event);
  const lines = await recording.progress();
  for (const line of lines) checkProgress(line, session, open, close, progressLeaves, sha256);
  return { ...facts, recording: "whole", segments, progress: lines.length };
}

/** What the log says nothing of cannot be proved: it must not lie beside what is. */
function mustHaveNone(files: BundleFiles, session: string): void {
  if (files.of(session).length === 0) return;
  throw new BundleRefused(
    `files of a recording of ${session} are here, and the log does not say what was in it`,
  );
}

/** Logs of earlier builds do not have the digest of the tombstone. */
function mustBeTold(
  tombstone: string | undefined,
  session: string,
  deleted: readonly ProvedLeaf[],
): void {
  const digests = deleted.flatMap(({ event: { text } }) =>
    typeof text === "string" ? (/SHA-256 ([0-9a-f]{64})/.exec(text)?.[1] ?? []) : [],
  );
  if (digests.length === 0 || (tombstone !== undefined && digests.includes(tombstone))) return;
  throw new BundleRefused(`the tombstone of ${session} is not the one that the log tells of`);
}

function checkProgress(
  line: ProgressLine,
  session: string,
  open: ProvedLeaf,
  close: ProvedLeaf,
  leaves: ReadonlyMap<number, JsonObject>,
  sha256: Sha256,
): void {
  const leaf = leaves.get(line.index);
  const fits =
    leaf?.kind === PROGRESS_KIND &&
    leaf.sessions === line.of &&
    line.member.session === session &&
    line.index > open.index &&
    line.index < close.index;
  if (fits && typeof leaf.root === "string" && leadsTo(line, leaf.root, sha256)) return;
  throw new BundleRefused(`log entry ${line.index} does not hold the progress of ${session}`);
}

class BundledRecording {
  private readonly files: BundleFiles;
  private readonly session: string;
  private readonly folder: string;
  private readonly close: JsonObject;
  private readonly sha256: Sha256;
  private hashes: readonly Uint8Array[] = [];

  constructor(files: BundleFiles, session: string, close: JsonObject, sha256: Sha256) {
    this.files = files;
    this.session = session;
    this.folder = `recordings/${session}/`;
    this.close = close;
    this.sha256 = sha256;
  }

  /** Answers how many segments there are. */
  async check(open: JsonObject): Promise<number> {
    const expected = objectOf(this.close.files) ?? {};
    for (const name of DESCRIPTIONS) {
      if (this.files.said(this.folder + name) === expected[name]) continue;
      throw new BundleRefused(`${this.folder}${name} is not the one that was closed`);
    }
    if (this.files.has(`${this.folder}close.json`)) {
      await this.files.check(`${this.folder}close.json`);
    }
    await this.checkHeader(open);
    const numbers = await this.readIndex();
    for (const number of numbers) await this.files.check(this.segment(number));
    const described = DESCRIPTIONS.filter((name) => this.files.has(this.folder + name)).length;
    if (this.files.of(this.session).length !== numbers.length + described) {
      throw new BundleRefused("there are files that the recording does not have");
    }
    return numbers.length;
  }

  /** Of a recording that was deleted: the manifest, the close and the tombstone. */
  async checkRemains(open: JsonObject): Promise<void> {
    const expected = objectOf(this.close.files) ?? {};
    for (const name of ["manifest.json", "close.json"]) {
      if (this.files.said(this.folder + name) !== expected[name]) {
        throw new BundleRefused(`${this.folder}${name} is not the one that was closed`);
      }
      if (this.files.has(this.folder + name)) await this.files.check(this.folder + name);
    }
    await this.checkHeader(open);
    const text = await this.files.text(`${this.folder}tombstone.json`);
    const tombstone = objectOf(jsonOf(text));
    const fits = tombstone?.session === this.session && tombstone.root === this.close.root;
    if (!fits) throw new BundleRefused(`the tombstone of ${this.session} is of another recording`);
    if (this.files.of(this.session).length > 3)
      throw new BundleRefused(`${this.session} was deleted, and more of it is here`);
  }

  /** What the log kept while it was being recorded. */
  async progress(): Promise<readonly ProgressLine[]> {
    if (!this.files.has(`${this.folder}progress`)) return [];
    const text = await this.files.text(`${this.folder}progress`);
    const lines = text.split("\n").slice(0, -1).map(parseProgress);
    if (!text.endsWith("\n")) throw new BundleRefused(`${this.folder}progress is cut short`);
    const tree = new GrowingTree(this.sha256);
    let known = { segments: -1, root: "", bytes: 0 };
    return lines.map((line) => {
      if (!line) throw new BundleRefused(`${this.folder}progress cannot be read`);
      const { segments, root, bytes } = line.member;
      if (segments > known.segments) {
        for (const hash of this.hashes.slice(tree.size, segments)) {
          tree.push(leafHash(hash, this.sha256));
        }
        known = { segments, root: hexOf(tree.root()), bytes: 0 };
      }
      const isBehind = segments < known.segments || bytes < known.bytes;
      if (root !== known.root || isBehind || segments > this.hashes.length) {
        throw new BundleRefused(
          `the segments are not those that log entry ${line.index} saw while they were recorded`,
        );
      }
      known = { ...known, bytes };
      return line;
    });
  }

  private async checkHeader(open: JsonObject): Promise<void> {
    const name = `${this.folder}manifest.json`;
    // A recording of which nothing was written has no manifest, and its close says so.
    if (!this.files.has(name)) return;
    const header = objectOf(jsonOf(await this.files.text(name)))?.header;
    const said = header === undefined ? "" : encodeUtf8(canonicalJson(header));
    if (said === "" || hexOf(this.sha256(said)) !== open.header) {
      throw new BundleRefused("the manifest is of another session");
    }
  }

  /** Numbers of the segments, in order, each as the index has it, and the root as the close has it. */
  private async readIndex(): Promise<readonly number[]> {
    const name = `${this.folder}index`;
    const text = this.files.has(name) ? await this.files.text(name) : "";
    const lines = text.split("\n").filter((line) => line !== "");
    const segments = lines.map((line) => this.segmentOf(line));
    this.hashes = segments.map(({ sha256 }) => bytesOfHex(sha256));
    const root = hexOf(treeRoot(this.hashes, this.sha256));
    if (segments.length !== this.close.segments || root !== this.close.root) {
      throw new BundleRefused("the segments are not those that were closed");
    }
    return segments.map(({ number }) => number);
  }

  private segmentOf(line: string): { readonly number: number; readonly sha256: string } {
    const value = objectOf(jsonOf(line));
    const { number, sha256 } = value ?? {};
    if (typeof number !== "number" || typeof sha256 !== "string") {
      throw new BundleRefused("the index of the recording cannot be read");
    }
    if (this.files.said(this.segment(number)) !== sha256) {
      throw new BundleRefused(`segment ${number} is missing or is not as it was sealed`);
    }
    return { number, sha256 };
  }

  private segment(number: number): string {
    return `${this.folder}segments/${number}.seg`;
  }
}
