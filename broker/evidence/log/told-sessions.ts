/** What the site log tells of sessions, found by reading it from its first leaf to a checkpoint. */
import { TILE_WIDTH } from "../../../protocols/log/tile.ts";
import type { TileFiles } from "./tile-files.ts";

export interface ToldSession {
  readonly session: string;
  readonly openIndex: number;
  readonly asset: string;
  readonly person: string;
  closeIndex?: number;
  deletedIndex?: number;
}

export interface Entry {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** Entries in order. */
export async function* entriesOf(
  tiles: TileFiles,
  first: number,
  end: number,
): AsyncGenerator<Entry> {
  for (let index = Math.floor(first / TILE_WIDTH); index * TILE_WIDTH < end; index += 1) {
    const width = Math.min(TILE_WIDTH, end - index * TILE_WIDTH);
    for (const [at, bytes] of (await tiles.readEntries({ index, width })).entries()) {
      const found = index * TILE_WIDTH + at;
      if (found >= first) yield { index: found, bytes };
    }
  }
}

/** Entries about one session. */
export async function entriesAbout(
  tiles: TileFiles,
  size: number,
  session: string,
): Promise<readonly (Entry & { readonly event: LeafEvent })[]> {
  const found: (Entry & { readonly event: LeafEvent })[] = [];
  const word = Buffer.from(`"session":${JSON.stringify(session)}`);
  for await (const { index, bytes } of entriesOf(tiles, 0, size)) {
    if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(word) < 0) continue;
    const event = eventOf(bytes);
    if (event.session === session) found.push({ index, bytes, event });
  }
  return found;
}

export interface LeafEvent {
  readonly kind?: unknown;
  readonly atMs?: unknown;
  readonly name?: unknown;
  readonly session?: unknown;
  readonly asset?: unknown;
  readonly subject?: unknown;
}

export interface ToldRange {
  /** First leaf of the range, and the one before it: it shows that nothing was left out between. */
  readonly first: number;
  readonly end: number;
  readonly sessions: ReadonlyMap<string, ToldSession>;
}

/** @param sinceMs, untilMs by the broker's clock, which may have been set back: then more is taken */
export async function readTold(
  tiles: TileFiles,
  size: number,
  sinceMs: number,
  untilMs: number,
): Promise<ToldRange> {
  const sessions = new Map<string, ToldSession>();
  let first: number | undefined;
  let end = 0;
  for await (const { index, bytes } of entriesOf(tiles, 0, size)) {
    const event = eventOf(bytes);
    const atMs = typeof event.atMs === "number" ? event.atMs : 0;
    if (first === undefined && atMs >= sinceMs) first = index;
    if (atMs < untilMs) end = index + 1;
    note(sessions, index, event);
  }
  return {
    first: Math.max(0, (first ?? size) - 1),
    end: Math.min(size, end + 1),
    sessions,
  };
}

function note(sessions: Map<string, ToldSession>, openIndex: number, event: LeafEvent): void {
  const { kind, session } = event;
  if (typeof session !== "string") return;
  if (kind === "session.open" && !sessions.has(session)) {
    const [asset, person] = [idOf(event.asset), idOf(event.subject)];
    sessions.set(session, { session, openIndex, asset, person });
    return;
  }
  const told = sessions.get(session);
  if (!told) return;
  if (kind === "session.close" || kind === "session.aborted") told.closeIndex ??= openIndex;
  if (event.name === "recording:deleted") told.deletedIndex ??= openIndex;
}

function idOf(value: unknown): string {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  return typeof id === "string" ? id : "";
}

function eventOf(bytes: Uint8Array): LeafEvent {
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
  return typeof value === "object" && value !== null ? value : {};
}
