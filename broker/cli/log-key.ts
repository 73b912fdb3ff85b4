/** `sallyport log key`, `rotate` and `replace`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import { parseCheckpoint } from "../../protocols/log/checkpoint.ts";
import { ED25519, formatKey, noteKey, parseNote } from "../../protocols/log/note.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { diskVolume } from "../evidence/disk-volume.ts";
import { publicKeyOf } from "../evidence/log/public-keys.ts";
import { sha256 } from "../evidence/log/sha256.ts";
import { SiteLog, type SiteLogOptions } from "../evidence/log/site-log.ts";
import { siteLogFolder, siteLogKeys, siteLogMemory } from "../site-log-place.ts";
import { openSiteStore } from "../site-store.ts";
import { readVersion } from "../version.ts";

export class NoSiteLog extends Error {
  override readonly name = "NoSiteLog";
}

/** Keys of all logs of the site, as lines of a policy, the one in force last. */
export async function logKeyText(config: Config): Promise<string> {
  const directory = siteLogFolder(config);
  let text = "";
  for (const number of numbersIn(directory)) {
    const file = path.join(directory, String(number), "checkpoint");
    const note = existsSync(file) ? parseNote(readFileSync(file)) : undefined;
    const checkpoint = note && parseCheckpoint(note.text);
    // One that is damaged was replaced by the next.
    if (!checkpoint) continue;
    // What stays of a key; a log of before it was kept has its key still.
    const kept = await publicKeyOf(diskVolume, directory, number);
    const publicKey = kept ?? (await siteLogKeys(config).open(number)).publicKey;
    text += `log ${formatKey(noteKey(checkpoint.origin, ED25519, publicKey, sha256))}\n`;
  }
  if (text !== "") return text;
  // Its folder is made before whoever signs for it has answered.
  throw new NoSiteLog(
    numbersIn(directory).length === 0
      ? "there is no site log yet: start the broker once"
      : "the site log could not begin yet: the broker's log and its page Health say why",
  );
}

/** @returns the key of the new log, as policies write it */
export function rotateLogKey(config: Config): Promise<string> {
  return withSiteLog(config, async (options) => {
    const log = await SiteLog.open({ ...options, rotate: true });
    await log.close();
    return log.key;
  });
}

/** For a log that is refused, once somebody has found out why. @returns the key of the new log */
export function replaceLog(config: Config, reason: string): Promise<string> {
  const by = `${userInfo().username} on this machine`;
  return withSiteLog(config, (options) => SiteLog.replace(options, { reason, by }));
}

/** The store keeps a broker that runs out, and remembers the log's last checkpoint. */
async function withSiteLog<T>(
  config: Config,
  work: (options: SiteLogOptions) => Promise<T>,
): Promise<T> {
  const store = await openSiteStore(config);
  try {
    const memory = siteLogMemory(store);
    const remembered = parseNote(Buffer.from((await memory.read()) ?? ""));
    const name = remembered && parseCheckpoint(remembered.text)?.origin.replace(/\/log\/\d+$/, "");
    if (!name) throw new NoSiteLog("there is no site log yet: start the broker once");
    const directory = siteLogFolder(config);
    const keys = siteLogKeys(config);
    return await work({ directory, name, build: readVersion(), clock: systemClock, memory, keys });
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
