/**
 * Every set of policies that ever counted here, one file each, never changed and never deleted:
 * a decision on a tape names the digest of its set, and the set is found by it years later.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { digestOf, type PolicySources } from "./policy-folder.ts";

export interface PolicyVersion {
  /** From 1. The highest is the one in force. */
  readonly sequence: number;
  /** SHA-256 (hex) of all files. */
  readonly digest: string;
  readonly atMs: number;
  /** Id of the person, where one is known. */
  readonly by: string | null;
  /** Name of the person, or where it came from. */
  readonly byName: string;
  /** Why, in the words of who did it. */
  readonly note: string;
}

export type NewVersion = Omit<PolicyVersion, "sequence" | "digest">;

const NAME = /^(\d{6,})\.json$/;

export class PolicyHistory {
  private readonly folder: string;
  private readonly all: PolicyVersion[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder if it is not there. */
  static open(folder: string): PolicyHistory {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const history = new PolicyHistory(folder);
    for (const name of readdirSync(folder).sort()) {
      if (NAME.test(name)) history.all.push(versionOf(history.content(name)));
    }
    history.all.sort((a, b) => a.sequence - b.sequence);
    return history;
  }

  /** Oldest first. */
  versions(): readonly PolicyVersion[] {
    return [...this.all];
  }

  get last(): PolicyVersion | undefined {
    return this.all.at(-1);
  }

  /** The newest version whose files are others than those of this digest. */
  before(digest: string): PolicyVersion | undefined {
    return this.all.findLast((version) => version.digest !== digest);
  }

  /** @throws if the file is gone or not what was written */
  sources(sequence: number): PolicySources {
    const { digest, sources } = this.content(nameOf(sequence));
    if (digestOf(sources) === digest) return sources;
    throw new Error(`version ${sequence} of the policies was altered on disk`);
  }

  /** On disk when it returns. */
  add(sources: PolicySources, version: NewVersion): PolicyVersion {
    const sequence = (this.last?.sequence ?? 0) + 1;
    const added = { sequence, digest: digestOf(sources), ...version };
    const path = join(this.folder, nameOf(sequence));
    writeDurably(path, `${JSON.stringify({ ...added, sources })}\n`);
    this.all.push(added);
    return added;
  }

  private content(name: string): PolicyVersion & { readonly sources: PolicySources } {
    return JSON.parse(readFileSync(join(this.folder, name), "utf8"));
  }
}

function versionOf(content: PolicyVersion): PolicyVersion {
  const { sequence, digest, atMs, by, byName, note } = content;
  return { sequence, digest, atMs, by, byName, note };
}

function nameOf(sequence: number): string {
  return `${String(sequence).padStart(6, "0")}.json`;
}

/** Under another name first: a crash here leaves the old file or the new one, never half of one. */
export function writeDurably(path: string, text: string): void {
  const fresh = `${path}.new`;
  const file = openSync(fresh, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
}
