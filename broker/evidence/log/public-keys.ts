/** What stays of the keys of logs: `keys/<n>.pub`, 32 bytes in base64 and a line feed. */
import path from "node:path";
import { fromBase64, toBase64 } from "../../../protocols/log/base64.ts";
import { sameHash } from "../../../protocols/log/merkle.ts";
import { readWhole, type Volume, writeWhole } from "../volume.ts";
import { LogRefused } from "./resume.ts";

const KEY_LENGTH = 32;
const FILE_BYTES_MAX = 1024;

/** Undefined where none was kept yet. */
export async function publicKeyOf(
  volume: Volume,
  directory: string,
  number: number,
): Promise<Uint8Array | undefined> {
  const file = fileOf(directory, number);
  if (!(await volume.exists(file))) return undefined;
  const text = new TextDecoder().decode(await readWhole(volume, file, FILE_BYTES_MAX));
  const key = fromBase64(text.trim());
  return key?.length === KEY_LENGTH ? key : undefined;
}

/** @throws LogRefused if another was kept: a log has one key */
export async function keepPublicKey(
  volume: Volume,
  directory: string,
  number: number,
  publicKey: Uint8Array,
): Promise<void> {
  const known = await publicKeyOf(volume, directory, number);
  if (known && !sameHash(known, publicKey)) {
    throw new LogRefused(`log ${number} of the site has another key than before`);
  }
  if (known) return;
  await writeWhole(volume, fileOf(directory, number), Buffer.from(`${toBase64(publicKey)}\n`));
}

function fileOf(directory: string, number: number): string {
  return path.join(directory, "keys", `${number}.pub`);
}
