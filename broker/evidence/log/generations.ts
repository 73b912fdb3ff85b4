/** The logs of a site, one behind the other: a change of key closes one and begins the next. */
import path from "node:path";
import { type JsonValue, parseCanonicalJson } from "../../../protocols/log/canonical-json.ts";
import { parseCheckpoint } from "../../../protocols/log/checkpoint.ts";
import { rootOf, sameHash } from "../../../protocols/log/merkle.ts";
import { ED25519, formatKey, noteKey, parseNote } from "../../../protocols/log/note.ts";
import { TILE_WIDTH } from "../../../protocols/log/tile.ts";
import { diskVolume } from "../disk-volume.ts";
import { readWhole, type Volume } from "../volume.ts";
import { FileKeys } from "./file-keys.ts";
import { GrowingLog, type GrowingLogParts } from "./growing-log.ts";
import { type LogEvent, leafOf } from "./leaf.ts";
import { LOG_LIMITS, NOTE_BYTES_MAX } from "./limits.ts";
import { keepPublicKey } from "./public-keys.ts";
import { LogRefused } from "./resume.ts";
import { sha256 } from "./sha256.ts";
import type { LogKeys, LogSigner } from "./signer.ts";
import type { SiteLogOptions } from "./site-log.ts";

export interface Generation {
  readonly number: number;
  readonly folder: string;
  readonly log: GrowingLog;
}

type Listeners = Pick<GrowingLogParts, "onState" | "onSigner" | "onCheckpoint">;

/** Opens the newest log of the site, or its first one. @throws LogRefused */
export async function openNewest(
  options: SiteLogOptions,
  listeners: Listeners,
): Promise<Generation> {
  const volume = options.volume ?? diskVolume;
  const numbers = await generationsIn(volume, options.directory);
  const note = await options.memory?.read();
  if (numbers.length === 0 && note !== undefined) {
    throw new LogRefused(`the site log is gone: there was one in ${options.directory}`);
  }
  const place = { options, volume, listeners, keys: keysOf(options) };
  const newest = await openGeneration(place, numbers.at(-1) ?? 1);
  return orRelease(newest.log, async () => {
    if (note !== undefined) await mustNotGoBack(place, newest, note);
    const last = await lastLeaf(newest.log);
    if (options.rotate !== true && last?.kind !== "log.rotated") return newest;
    return changeKey(place, newest, last);
  });
}

/**
 * Begins a new log beside one that is refused, and says so in its first leaf: who decided it and
 * what was remembered and found of the old one. Nothing of the old one is changed.
 */
export async function replaceNewest(
  options: SiteLogOptions,
  why: { readonly reason: string; readonly by: string },
): Promise<Generation> {
  const volume = options.volume ?? diskVolume;
  const remembered = (await options.memory?.read()) ?? null;
  const numbers = await generationsIn(volume, options.directory);
  const old = Number(/\/log\/(\d{1,6})\n/.exec(remembered ?? "")?.[1] ?? 0);
  const number = Math.max(old, ...numbers) + 1;
  const listeners = { onState: () => {}, onSigner: () => {}, onCheckpoint: () => {} };
  const place = { options, volume, listeners, keys: keysOf(options) };
  const generation = await openGeneration(place, number, async () => {
    const found = await readNote(place, number - 1).catch(() => null);
    const key = await keyText(place, number);
    return { kind: "log.replaced", ...why, key, remembered, found, build: options.build };
  });
  await options.memory?.write(generation.log.checkpoint.note);
  return generation;
}

/** Numbers of the logs in a site log's directory, oldest first. */
export async function generationsIn(volume: Volume, directory: string): Promise<readonly number[]> {
  const names = await volume.list(directory);
  const numbers = names.filter((name) => /^[1-9]\d{0,5}$/.test(name)).map(Number);
  return numbers.sort((a, b) => a - b);
}

interface Place {
  readonly options: SiteLogOptions;
  readonly volume: Volume;
  readonly listeners: Listeners;
  readonly keys: LogKeys;
}

function keysOf({ keys, directory }: SiteLogOptions): LogKeys {
  return keys ?? new FileKeys(path.join(directory, "keys"));
}

function folderOf({ options }: Place, number: number): string {
  return path.join(options.directory, String(number));
}

function originOf({ options }: Place, number: number): string {
  return `${options.name}/log/${number}`;
}

/** What stays of a key is written down before anything is signed with it. */
async function signerOf({ options, volume, keys }: Place, number: number): Promise<LogSigner> {
  const signer = await keys.open(number);
  await keepPublicKey(volume, options.directory, number, signer.publicKey);
  return signer;
}

async function keyText(place: Place, number: number): Promise<string> {
  const { publicKey } = await signerOf(place, number);
  return formatKey(noteKey(originOf(place, number), ED25519, publicKey, sha256));
}

async function openGeneration(
  place: Place,
  number: number,
  first: () => Promise<LogEvent> = () => firstLeaf(place, number),
): Promise<Generation> {
  const { options, volume, listeners } = place;
  const { clock } = options;
  const folder = folderOf(place, number);
  const signer = await signerOf(place, number);
  const log = await GrowingLog.open({
    ...{ volume, folder, signer, clock, ...listeners },
    origin: originOf(place, number),
    limits: { ...LOG_LIMITS, ...options.limits },
    gapLeaf: ({ sinceMs, cause }) =>
      leafOf({ kind: "log.gap", fromMs: sinceMs, cause: cause.slice(0, 500) }, clock.wallMs()),
  });
  // A crash before the first leaf is durable: the next opening writes it.
  return orRelease(log, async () => {
    if (log.size === 0) {
      await put(place, log, await first());
      await log.publish();
    }
    return { number, folder, log };
  });
}

/** A log that could not be opened to the end must not go on trying beside the next attempt. */
export async function orRelease<T>(log: GrowingLog, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await log.release();
    throw error;
  }
}

async function firstLeaf(place: Place, number: number): Promise<LogEvent> {
  const key = await keyText(place, number);
  if (number === 1) return { kind: "log.opened", key, build: place.options.build };
  const checkpoint = await readNote(place, number - 1);
  return { kind: "log.continued", key, build: place.options.build, previous: checkpoint };
}

async function readNote(place: Place, number: number): Promise<string> {
  const file = path.join(folderOf(place, number), "checkpoint");
  if (!(await place.volume.exists(file))) {
    throw new LogRefused(
      `log ${number} of the site is gone, and log ${number + 1} goes on from it`,
    );
  }
  return new TextDecoder().decode(await readWhole(place.volume, file, NOTE_BYTES_MAX));
}

/** Closes the old log with the new key's name, then begins the new one with the old one's end. */
async function changeKey(
  place: Place,
  { number, log }: Generation,
  last: LogEvent | undefined,
): Promise<Generation> {
  const next = { origin: originOf(place, number + 1), key: await keyText(place, number + 1) };
  if (last?.kind !== "log.rotated") {
    // A crash behind this leaf: opening finds it last, and goes on from here.
    await put(place, log, { kind: "log.rotated", ...next });
    await log.publish();
  } else if (last.key !== next.key) {
    throw new LogRefused(`log ${number} of the site names another key as its successor's`);
  }
  await log.close();
  return openGeneration(place, number + 1);
}

function put(place: Place, log: GrowingLog, event: LogEvent): Promise<number> {
  return log.append(leafOf(event, place.options.clock.wallMs()));
}

/** Everything durable is in tiles right after opening. */
async function lastLeaf(log: GrowingLog): Promise<LogEvent | undefined> {
  const at = log.checkpoint.size - 1;
  const bundle = { index: Math.floor(at / TILE_WIDTH), width: (at % TILE_WIDTH) + 1 };
  const entry = (await log.tiles.readEntries(bundle)).at(-1);
  const value = entry && parseCanonicalJson(new TextDecoder().decode(entry));
  return isEvent(value) ? value : undefined;
}

function isEvent(value: JsonValue | undefined): value is LogEvent {
  return typeof value === "object" && value !== null && "kind" in value;
}

/** @param note the checkpoint that was remembered outside of the log. @throws LogRefused */
async function mustNotGoBack(place: Place, newest: Generation, note: string): Promise<void> {
  const parsed = parseNote(Buffer.from(note));
  const remembered = parsed && parseCheckpoint(parsed.text);
  if (!remembered) throw new LogRefused("the remembered checkpoint of the site log is damaged");
  const { log, number } = newest;
  const { size, root, origin } = remembered;
  if (origin !== log.origin) {
    const earlier = Array.from({ length: number - 1 }, (_, at) => originOf(place, at + 1));
    if (earlier.includes(origin)) return;
    throw new LogRefused(`the site log is ${log.origin}, the one remembered was ${origin}`);
  }
  if (size > log.checkpoint.size) {
    throw new LogRefused(
      `the site log went back: it has ${log.checkpoint.size} leaves and had ${size}`,
    );
  }
  const now = await log.tiles.withNodes(log.checkpoint.size, (node) => rootOf(size, node, sha256));
  if (sameHash(now, root)) return;
  throw new LogRefused(
    `the site log was rewritten: its first ${size} leaves are others than before`,
  );
}
