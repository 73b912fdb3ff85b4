/** What a backup's site log says of closed recordings, against the files that it holds. */
import path from "node:path";
import { diskVolume } from "../evidence/disk-volume.ts";
import { checkLog } from "../evidence/log/check-log.ts";
import { generationsIn } from "../evidence/log/generations.ts";
import { publicKeyOf } from "../evidence/log/public-keys.ts";
import { type BackupManifest, BackupRefused, EVIDENCE } from "./backup-manifest.ts";

export interface RecordingsFound {
  /** Closed, as the log has them. */
  readonly closed: number;
  /** Closed by the log, and neither here nor deleted by the site's own rule. */
  readonly missing: readonly string[];
}

interface Closing {
  readonly kind?: unknown;
  readonly session?: unknown;
  /** Of a site event. */
  readonly name?: unknown;
  readonly files?: Readonly<Record<string, unknown>>;
}

/** @throws BackupRefused where a description is another one than the log was told */
export async function checkRecordings(
  folder: string,
  manifest: BackupManifest,
): Promise<RecordingsFound> {
  const told = await closings(path.join(folder, "site-log"));
  if (!manifest.recordings) return { closed: told.size, missing: [] };
  const digests = new Map(manifest.files.map(({ name, sha256 }) => [name, sha256]));
  const missing: string[] = [];
  for (const [session, files] of told) {
    const at = `${EVIDENCE}/recordings/${session}`;
    if (digests.has(`${at}/tombstone.json`)) continue;
    if (!digests.has(`${at}/close.json`)) missing.push(session);
    else {
      const changed = Object.entries(files).find(
        ([name, digest]) => digests.get(`${at}/${name}`) !== digest,
      );
      if (changed) throw new BackupRefused(`${at}/${changed[0]} is not what the site log says`);
    }
  }
  return { closed: told.size - missing.length, missing };
}

/** The last word of the log on each closed recording that was not deleted. */
async function closings(
  directory: string,
): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
  const told = new Map<string, Readonly<Record<string, unknown>>>();
  for (const number of await generationsIn(diskVolume, directory)) {
    const publicKey = await publicKeyOf(diskVolume, directory, number);
    if (!publicKey) throw new BackupRefused(`the public key of log ${number} is missing`);
    const log = path.join(directory, String(number));
    const checked = await checkLog(diskVolume, log, publicKey, (entry) => {
      const { kind, session, files, name } = parsed(entry);
      if (typeof session !== "string") return;
      if (kind === "session.close" || kind === "session.aborted") told.set(session, files ?? {});
      if (name === "recording:deleted") told.delete(session);
    });
    if (checked.kind === "damaged") throw new BackupRefused(`log ${number}: ${checked.reason}`);
  }
  return told;
}

function parsed(entry: Uint8Array): Closing {
  return JSON.parse(new TextDecoder().decode(entry)) as Closing;
}
