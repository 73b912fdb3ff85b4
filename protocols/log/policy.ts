/**
 * C2SP tlog-policy: which logs and witnesses somebody trusts, and how many witnesses it takes.
 *
 *     log sallyport.example/north/log/1+1a2b3c4d+AYq…
 *     witness auditor auditor.example/w1+5e6f7a8b+BDk… https://witness.auditor.example/
 *     witness insurer insurer.example/w+0c1d2e3f+BGx…
 *     group both all auditor insurer
 *     quorum both
 */

import { type Sha256, sameHash } from "./merkle.ts";
import { COSIGNATURE_V1, ED25519, type NoteKey, parseKey } from "./note.ts";

export interface PolicyWitness {
  readonly name: string;
  readonly key: NoteKey;
  readonly url: string | undefined;
}

interface Group {
  readonly name: string;
  readonly members: readonly string[];
  /** So many of the members. */
  readonly least: number;
}

export interface LogPolicy {
  readonly logs: readonly NoteKey[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly Group[];
  /** Name of a witness or group, or `none`. */
  readonly quorum: string;
}

export type ParsedPolicy =
  | { readonly kind: "policy"; readonly policy: LogPolicy }
  | { readonly kind: "malformed"; readonly line: number; readonly reason: string };

/** No policy that a person reviews is longer. */
const LINES_MAX = 1_000;
const NONE = "none";

class Draft {
  readonly logs: NoteKey[] = [];
  readonly witnesses: PolicyWitness[] = [];
  readonly groups: Group[] = [];
  readonly used = new Set<string>();
  quorum: string | undefined;

  knows(name: string): boolean {
    return [...this.witnesses, ...this.groups].some((one) => one.name === name);
  }

  hasKey(key: NoteKey, keys: readonly NoteKey[]): boolean {
    return keys.some((other) => sameHash(other.publicKey, key.publicKey));
  }
}

export function parsePolicy(text: string, sha256: Sha256): ParsedPolicy {
  const draft = new Draft();
  const lines = text.split("\n");
  if (lines.length > LINES_MAX) return malformed(LINES_MAX, "the file is too long");
  for (const [at, line] of lines.entries()) {
    const words = line.split(/[ \t]+/).filter((word) => word !== "");
    if (words[0] === undefined || words[0].startsWith("#")) continue;
    const reason = readLine(draft, words, sha256);
    if (reason !== undefined) return malformed(at + 1, reason);
  }
  const { logs, witnesses, groups, quorum } = draft;
  if (quorum === undefined) return malformed(lines.length, NO_QUORUM);
  return { kind: "policy", policy: { logs, witnesses, groups, quorum } };
}

const NO_QUORUM = 'there is no quorum line ("quorum none" where no witness is asked for)';

/** Why the line cannot be understood. */
function readLine(draft: Draft, words: readonly string[], sha256: Sha256): string | undefined {
  const [what, ...rest] = words;
  if (what === "log") return readLog(draft, rest, sha256);
  if (what === "witness") return readWitness(draft, rest, sha256);
  if (what === "group") return readGroup(draft, rest);
  if (what === "quorum") return readQuorum(draft, rest);
  return "a line must begin with log, witness, group or quorum";
}

function readLog(draft: Draft, rest: readonly string[], sha256: Sha256): string | undefined {
  const key = parseKey(rest[0] ?? "", sha256);
  if (rest.length > 2 || key?.algorithm !== ED25519) return "write: log KEY [URL]";
  if (draft.hasKey(key, draft.logs)) return "this key stands here twice";
  draft.logs.push(key);
  return undefined;
}

function readWitness(draft: Draft, rest: readonly string[], sha256: Sha256): string | undefined {
  const [name, keyText, url] = rest;
  const key = parseKey(keyText ?? "", sha256);
  if (name === undefined || rest.length > 3 || key?.algorithm !== COSIGNATURE_V1) {
    return "write: witness NAME KEY [URL], with a key for cosignatures";
  }
  if (name === NONE || draft.knows(name)) return `the name ${name} is taken`;
  const keys = draft.witnesses.map((witness) => witness.key);
  if (draft.hasKey(key, keys)) return "this key stands here twice";
  draft.witnesses.push({ name, key, url });
  return undefined;
}

function readGroup(draft: Draft, rest: readonly string[]): string | undefined {
  const [name, count, ...members] = rest;
  if (name === undefined || count === undefined || members.length === 0) {
    return "write: group NAME all|any|COUNT MEMBER…";
  }
  if (name === NONE || draft.knows(name)) return `the name ${name} is taken`;
  for (const member of members) {
    if (!draft.knows(member)) return `${member} is not known above this line`;
    if (draft.used.has(member)) return `${member} is in a group already`;
    draft.used.add(member);
  }
  const least = count === "all" ? members.length : count === "any" ? 1 : Number(count);
  const fits = count === "all" || count === "any" || /^[1-9]\d{0,3}$/.test(count);
  if (!fits || least > members.length) return "a group needs all, any or 1 to all of its members";
  draft.groups.push({ name, members, least });
  return undefined;
}

function readQuorum(draft: Draft, rest: readonly string[]): string | undefined {
  const [name] = rest;
  if (name === undefined || rest.length > 1) return "write: quorum NAME, or quorum none";
  if (draft.quorum !== undefined) return "there is a second quorum line";
  if (name !== NONE && !draft.knows(name)) return `${name} is not known above this line`;
  draft.quorum = name;
  return undefined;
}

/** @param cosigned names of the witnesses that have cosigned */
export function quorumReached(policy: LogPolicy, cosigned: ReadonlySet<string>): boolean {
  return policy.quorum === NONE || witnessed(policy, policy.quorum, cosigned);
}

/** Groups name only what stands above them, so this ends. */
function witnessed(policy: LogPolicy, name: string, cosigned: ReadonlySet<string>): boolean {
  const group = policy.groups.find((one) => one.name === name);
  if (!group) return cosigned.has(name);
  const members = group.members.filter((member) => witnessed(policy, member, cosigned));
  return members.length >= group.least;
}

function malformed(line: number, reason: string): ParsedPolicy {
  return { kind: "malformed", line, reason };
}
