/** `sallyport log key` and `sallyport log rotate`. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseCheckpoint } from "../../protocols/log/checkpoint.ts";
import { ED25519, formatKey, noteKey, parseNote } from "../../protocols/log/note.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { sha256 } from "../evidence/log/sha256.ts";
import { openFileSigner } from "../evidence/log/signer.ts";
import { SiteLog } from "../evidence/log/site-log.ts";
import { siteLogFolder, siteLogMemory } from "../site-log-place.ts";
import { openStore } from "../store/store.ts";
import { readVersion } from "../version.ts";

export class NoSiteLog extends Error {
  override readonly name = "NoSiteLog";
}

/** Keys of all logs of the site, as lines of a policy, the one in force last. */
export function logKeyText(config: Config): string {
  const directory = siteLogFolder(config);
  const lines = numbersIn(directory).map((number) => {
    const note = parseNote(readFileSync(path.join(directory, String(number), "checkpoint")));
    const checkpoint = note && parseCheckpoint(note.text);
    if (!checkpoint) throw new NoSiteLog(`the checkpoint of log ${number} cannot be read`);
    const { publicKey } = openFileSigner(path.join(directory, "keys", `${number}.pem`));
    return `log ${formatKey(noteKey(checkpoint.origin, ED25519, publicKey, sha256))}\n`;
  });
  if (lines.length === 0) throw new NoSiteLog("there is no site log yet: start the broker once");
  return lines.join("");
}

/** @returns the key of the new log, as policies write it */
export async function rotateLogKey(config: Config): Promise<string> {
  const directory = siteLogFolder(config);
  const newest = numbersIn(directory).at(-1);
  if (newest === undefined) throw new NoSiteLog("there is no site log yet: start the broker once");
  const note = parseNote(readFileSync(path.join(directory, String(newest), "checkpoint")));
  const name = note && parseCheckpoint(note.text)?.origin.replace(/\/log\/\d+$/, "");
  if (!name) throw new NoSiteLog(`the checkpoint of log ${newest} cannot be read`);
  // The store keeps a broker that runs out, and remembers the log's last checkpoint.
  const store = await openStore({ path: path.join(config.dataFolder, "sallyport.db") });
  try {
    const log = await SiteLog.open({
      ...{ directory, name, build: readVersion(), clock: systemClock, rotate: true },
      memory: siteLogMemory(store),
    });
    await log.close();
    return log.key;
  } finally {
    await store.close();
  }
}

function numbersIn(directory: string): readonly number[] {
  try {
    const names = readdirSync(directory).filter((name) => /^[1-9]\d{0,5}$/.test(name));
    return names.map(Number).sort((a, b) => a - b);
  } catch {
    return [];
  }
}
