/** What a person does with the files of an asset: looks, fetches, brings, renames, removes. */

import {
  encodeOpen,
  encodeRead,
  encodeTwo,
  encodeWrite,
} from "../../../protocols/ssh/sftp/encode.ts";
import type { NameEntry, SftpReply } from "../../../protocols/ssh/sftp/packet.ts";
import { PACKET } from "../../../protocols/ssh/sftp/packet.ts";
import { filesText as words } from "../../text/files.ts";
import { FileRefused, type SftpClient } from "./sftp-client.ts";

export interface FileEntry {
  /** For the asset; undefined where it is no text, or could name something elsewhere. */
  readonly name: string | undefined;
  /** For people: what has no shape is shown. */
  readonly shown: string;
  readonly kind: "file" | "folder" | "other";
  readonly size: number;
  readonly modifiedMs: number | undefined;
}

/** Told while a file is on its way. */
export interface Progress {
  readonly signal: AbortSignal;
  bytes(done: number): void;
}

/** Draft 02, 6.3. */
const OPEN_FLAGS = { read: 1, write: 2, create: 8, truncate: 16 } as const;
/** POSIX file types in the permissions. */
const TYPE_MASK = 0o170000;
const TYPE = { folder: 0o040000, file: 0o100000 } as const;
/** Every server takes this much. */
const CHUNK_BYTES = 32_768;
/** On their way at once: reads fill a slow line, writes stay below what waits before the guard. */
const READS_AT_ONCE = 6;
const WRITES_AT_ONCE = 4;
/** A folder with more is not looked through by hand. */
const ENTRIES_MAX = 10_000;
/** A page holds what it fetched until it is saved. */
const FETCH_BYTES_MAX = 1_073_741_824;

export async function listFolder(client: SftpClient, path: string): Promise<readonly FileEntry[]> {
  const handle = handleOf(await client.askNamed(PACKET.opendir, bytesOf(path)));
  try {
    const entries: FileEntry[] = [];
    while (entries.length < ENTRIES_MAX) {
      const answer = await client.askNamed(PACKET.readdir, handle);
      if (answer.kind !== "name" || answer.entries.length === 0) break;
      entries.push(...answer.entries.map(entryOf));
    }
    return entries.filter(({ shown }) => shown !== "." && shown !== "..").sort(inOrder);
  } finally {
    await client.closeHandle(handle);
  }
}

export async function fetchFile(
  client: SftpClient,
  path: string,
  progress: Progress,
): Promise<Blob> {
  const handle = handleOf(
    await client.ask((id) => encodeOpen(id, bytesOf(path), OPEN_FLAGS.read, {})),
  );
  try {
    const parts = await readAll(client, handle, progress);
    return new Blob(parts, { type: "application/octet-stream" });
  } finally {
    await client.closeHandle(handle);
  }
}

/** In order, some reads ahead. A server may give less than it was asked for: that is read again. */
async function readAll(client: SftpClient, handle: Uint8Array, { signal, bytes }: Progress) {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let done = 0;
  const read = (offset: number) => client.ask((id) => encodeRead(id, handle, offset, CHUNK_BYTES));
  let ahead = readsFrom(0, read);
  for (;;) {
    signal.throwIfAborted();
    const [next, ...rest] = ahead;
    const answer = await next;
    if (answer?.kind !== "data" || answer.data.length === 0) {
      await Promise.allSettled(rest);
      return parts;
    }
    parts.push(new Uint8Array(answer.data));
    done += answer.data.length;
    bytes(done);
    if (done > FETCH_BYTES_MAX) throw new FileRefused(words.tooLarge);
    if (answer.data.length < CHUNK_BYTES) {
      await Promise.allSettled(rest);
      ahead = readsFrom(done, read);
    } else {
      const last = read(done + rest.length * CHUNK_BYTES);
      last.catch(() => undefined);
      ahead = [...rest, last];
    }
  }
}

function readsFrom(from: number, read: (offset: number) => Promise<Reply>): Promise<Reply>[] {
  return Array.from({ length: READS_AT_ONCE }, (_, n) => {
    const reading = read(from + n * CHUNK_BYTES);
    // Whoever comes to it hears; one further on may never be looked at.
    reading.catch(() => undefined);
    return reading;
  });
}

type Reply = Exclude<SftpReply, { kind: "version" }>;

/** Over what is there under this name. Stopped or refused midway, the part that was written stays. */
export async function bringFile(
  client: SftpClient,
  path: string,
  content: Blob,
  { signal, bytes }: Progress,
): Promise<void> {
  const flags = OPEN_FLAGS.write | OPEN_FLAGS.create | OPEN_FLAGS.truncate;
  const handle = handleOf(await client.ask((id) => encodeOpen(id, bytesOf(path), flags, {})));
  try {
    let done = 0;
    const write = async (offset: number) => {
      const part = new Uint8Array(await content.slice(offset, offset + CHUNK_BYTES).arrayBuffer());
      await client.ask((id) => encodeWrite(id, handle, offset, part));
      done += part.length;
      bytes(done);
    };
    for (let offset = 0; offset < content.size; offset += WRITES_AT_ONCE * CHUNK_BYTES) {
      signal.throwIfAborted();
      const offsets = Array.from({ length: WRITES_AT_ONCE }, (_, n) => offset + n * CHUNK_BYTES);
      await Promise.all(offsets.filter((at) => at < content.size).map(write));
    }
  } finally {
    await client.closeHandle(handle);
  }
}

export async function removeFile(client: SftpClient, path: string): Promise<void> {
  await client.askNamed(PACKET.remove, bytesOf(path));
}

export async function renameFile(client: SftpClient, path: string, target: string): Promise<void> {
  await client.ask((id) => encodeTwo(PACKET.rename, id, bytesOf(path), bytesOf(target)));
}

export function pathIn(folder: string, name: string): string {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

/** What an asset calls a file must not lead a browser or a person's computer astray. */
export function safeName(name: string): string {
  const plain = name
    .replace(/[\p{Cc}\p{Cf}/\\:*?"<>|]/gu, "_")
    .replace(/^[.\s]+|(?<![.\s])[.\s]+$/g, "_");
  return plain.slice(0, 200) || "file";
}

function handleOf(answer: Reply): Uint8Array {
  if (answer.kind !== "handle") throw new FileRefused(words.outOfStep);
  return answer.handle;
}

function entryOf({ name, attributes }: NameEntry): FileEntry {
  const text = textOf(name);
  const type = (attributes.permissions ?? 0) & TYPE_MASK;
  const { times, size = 0 } = attributes;
  return {
    name: text === undefined || /[/\0]/.test(text) ? undefined : text,
    shown: plainName(text ?? String.fromCharCode(...name)),
    kind: type === TYPE.folder ? "folder" : type === TYPE.file || type === 0 ? "file" : "other",
    size,
    // Devices without a clock say the beginning of time.
    modifiedMs: times && times.modified > 0 ? times.modified * 1_000 : undefined,
  };
}

/** Control characters, and those that turn the line about, are shown as a sign. */
export function plainName(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}]/gu, "␦");
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function bytesOf(path: string): Uint8Array {
  return new TextEncoder().encode(path);
}

/** Folders first, then by name as people count. */
function inOrder(one: FileEntry, other: FileEntry): number {
  if (one.kind !== other.kind) return one.kind === "folder" ? -1 : other.kind === "folder" ? 1 : 0;
  return one.shown.localeCompare(other.shown, undefined, { numeric: true });
}
