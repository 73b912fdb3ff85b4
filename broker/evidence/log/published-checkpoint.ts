/** The signed note that says how far a log has come. */
import path from "node:path";
import { formatCheckpoint } from "../../../protocols/log/checkpoint.ts";
import { GrowingTree } from "../../../protocols/log/growing-tree.ts";
import { ED25519, formatNote, type NoteKey, noteKey } from "../../../protocols/log/note.ts";
import { type Volume, writeWhole } from "../volume.ts";
import { sha256 } from "./sha256.ts";
import type { LogSigner, ProveFrom } from "./signer.ts";

export interface PublishedCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
  /** Text of the signed note, cosignatures included as they come. */
  readonly note: string;
}

interface NewLog {
  readonly volume: Volume;
  readonly folder: string;
  readonly origin: string;
  readonly signer: LogSigner;
}

/** The checkpoint of the empty tree comes first: a log without one, but with leaves, is damaged. */
export async function beginLog({ volume, folder, origin, signer }: NewLog): Promise<void> {
  const key = noteKey(origin, ED25519, signer.publicKey, sha256);
  const empty = new GrowingTree(sha256);
  const { note } = await signCheckpoint(key, signer, 0, empty.root());
  await writeWhole(volume, path.join(folder, "checkpoint"), Buffer.from(note));
}

export async function signCheckpoint(
  key: NoteKey,
  signer: LogSigner,
  size: number,
  root: Uint8Array,
  proveFrom: ProveFrom = async () => [],
): Promise<PublishedCheckpoint> {
  const text = formatCheckpoint({ origin: key.name, size, root, extensions: [] });
  const bytes = await signer.sign(new TextEncoder().encode(text), proveFrom);
  const note = formatNote({ text, signatures: [{ name: key.name, keyId: key.id, bytes }] });
  return { size, root, note };
}
