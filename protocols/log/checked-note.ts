/** A checkpoint as somebody with a policy sees it: whose log it is of, and who has cosigned it when. */
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import type { Sha256 } from "./merkle.ts";
import { isSignedBy, type Note, parseNote, signatureTime, type VerifyEd25519 } from "./note.ts";
import { type LogPolicy, quorumReached } from "./policy.ts";

export interface Primitives {
  readonly sha256: Sha256;
  readonly verify: VerifyEd25519;
}

export interface Cosigned {
  readonly witness: string;
  /** Seconds since the epoch. */
  readonly time: number;
}

export interface CheckedNote {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
  readonly cosigned: readonly Cosigned[];
  readonly quorum: boolean;
}

/** Why not, in words, unless one of the policy's logs has signed it. Other signatures mean nothing. */
export function checkNote(
  bytes: Uint8Array,
  policy: LogPolicy,
  { verify }: Primitives,
): CheckedNote | string {
  const note = parseNote(bytes);
  const checkpoint = note && parseCheckpoint(note.text);
  if (!note || !checkpoint) return "it is not a signed checkpoint";
  const key = policy.logs.find(({ name }) => name === checkpoint.origin);
  if (!key) return `it is of the log ${checkpoint.origin}, which the policy does not name`;
  if (!isSignedBy(note, key, verify)) return "the log's key has not signed it";
  const cosigned = cosignatures(note, policy, verify);
  const names = new Set(cosigned.map(({ witness }) => witness));
  return { checkpoint, note, cosigned, quorum: quorumReached(policy, names) };
}

export function cosignatures(note: Note, policy: LogPolicy, verify: VerifyEd25519): Cosigned[] {
  return policy.witnesses.flatMap(({ name, key }) => {
    const time = signatureTime(note, key, verify);
    return time === undefined ? [] : [{ witness: name, time }];
  });
}
