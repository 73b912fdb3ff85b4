/**
 * The log as the plain files of C2SP tlog-tiles. Full tiles never change; partial ones are
 * replaced by wider ones and removed once two checkpoints have passed them.
 */
import path from "node:path";
import { HASH_LENGTH, type NodeHash } from "../../../protocols/log/merkle.ts";
import {
  decodeEntries,
  entriesPath,
  nodesFromTiles,
  TILE_WIDTH,
  type Tile,
  tilePath,
} from "../../../protocols/log/tile.ts";
import { readWhole, type Volume, withFile } from "../volume.ts";
import { LEAF_BYTES_MAX } from "./limits.ts";
import { sha256 } from "./sha256.ts";

const TILE_BYTES_MAX = TILE_WIDTH * HASH_LENGTH;
const BUNDLE_BYTES_MAX = TILE_WIDTH * (LEAF_BYTES_MAX + 2);

/** Disks write several files in hardly more time than one; a thread of the pool stays for commits. */
const AT_ONCE = 3;

/** A file of the log, its path relative to the log's folder. */
export interface LogFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export class TileFiles {
  private readonly volume: Volume;
  private readonly folder: string;
  /** Folders that are known to be there, durably. */
  private readonly made = new Set<string>();

  constructor(volume: Volume, folder: string) {
    this.volume = volume;
    this.folder = folder;
  }

  /**
   * Durable once it resolves. Nothing counts before a checkpoint names it, so a crash in here
   * leaves files that the next attempt writes again, with the same bytes, and `.tmp` files that
   * it overwrites.
   */
  async write(files: readonly LogFile[]): Promise<void> {
    const folders = new Set(
      files.map(({ path: name }) => path.dirname(path.join(this.folder, name))),
    );
    for (const folder of folders) await this.makeFolder(folder);
    const left = files.values();
    const writeSome = async (): Promise<void> => {
      for (const file of left) await this.writeOne(file);
    };
    // All of them have ended before an attempt counts as failed: the next writes the same files.
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, writeSome));
    for (const one of ended) if (one.status === "rejected") throw one.reason;
    for (const folder of folders) await this.volume.syncFolder(folder);
  }

  private async writeOne({ path: name, bytes }: LogFile): Promise<void> {
    const file = path.join(this.folder, name);
    await withFile(this.volume, `${file}.tmp`, "write", async (opened) => {
      await opened.truncate(0);
      await opened.write(bytes, 0);
      await opened.sync();
    });
    await this.volume.rename(`${file}.tmp`, file);
  }

  /** Some of them may be gone already; folders that are empty then go too. */
  async remove(names: readonly string[]): Promise<void> {
    const folders = new Set<string>();
    for (const name of names) {
      await this.volume.remove(path.join(this.folder, name));
      folders.add(path.dirname(path.join(this.folder, name)));
    }
    for (const folder of folders) {
      if (!this.made.has(folder) || (await this.volume.list(folder)).length > 0) continue;
      this.made.delete(folder);
      await this.volume.removeFolder(folder);
    }
  }

  /** Paths of the partial tiles that are there of one tile. */
  async partials(name: (width: number) => string): Promise<readonly string[]> {
    const widths = await this.volume.list(path.dirname(path.join(this.folder, name(1))));
    return widths.filter(isWidth).map((width) => name(Number(width)));
  }

  /** At least `width` hashes. Throws if there is no such tile. */
  async readTile(tile: Tile): Promise<Uint8Array> {
    const bytes = await this.readWidest(
      tile,
      (width) => tilePath({ ...tile, width }),
      TILE_BYTES_MAX,
    );
    if (bytes.length < tile.width * HASH_LENGTH) throw new Error(`${tilePath(tile)} is too short`);
    return bytes;
  }

  /** `width` entries. Throws if there is no such bundle. */
  async readEntries(bundle: Omit<Tile, "level">): Promise<readonly Uint8Array[]> {
    const name = (width: number) => entriesPath({ ...bundle, width });
    const entries = decodeEntries(await this.readWidest(bundle, name, BUNDLE_BYTES_MAX));
    if (!entries || entries.length < bundle.width) {
      throw new Error(`${entriesPath(bundle)} is damaged`);
    }
    return entries.slice(0, bundle.width);
  }

  /** Answers what `compute` makes of the nodes of the tree of this size. It is called twice. */
  async withNodes<T>(size: number, compute: (node: NodeHash) => T): Promise<T> {
    const needed = new Map<string, Tile>();
    const note = (tile: Tile): Uint8Array => {
      needed.set(tilePath(tile), tile);
      return new Uint8Array(TILE_BYTES_MAX);
    };
    compute(nodesFromTiles(size, note, sha256));
    const tiles = new Map<string, Uint8Array>();
    for (const [name, tile] of needed) tiles.set(name, await this.readTile(tile));
    const held = (tile: Tile) => tiles.get(tilePath(tile)) ?? new Uint8Array(0);
    return compute(nodesFromTiles(size, held, sha256));
  }

  /** The tile of this width, else the full one, else the widest partial one: all begin alike. */
  private async readWidest(
    { width }: { readonly width: number },
    name: (width: number) => string,
    bytesMax: number,
  ): Promise<Uint8Array> {
    for (const one of [width, TILE_WIDTH]) {
      const file = path.join(this.folder, name(one));
      if (await this.volume.exists(file)) return readWhole(this.volume, file, bytesMax);
    }
    const partials = path.dirname(path.join(this.folder, name(1)));
    const widths = (await this.volume.list(partials)).filter(isWidth);
    const widest = Math.max(0, ...widths.map(Number));
    if (widest < width) throw new Error(`${name(width)} is missing`);
    return readWhole(this.volume, path.join(this.folder, name(widest)), bytesMax);
  }

  private async makeFolder(folder: string): Promise<void> {
    if (this.made.has(folder)) return;
    if (folder !== this.folder) await this.makeFolder(path.dirname(folder));
    await this.volume.makeFolder(folder);
    // Also if it was there: a crash may have come between making it and making its name durable.
    await this.volume.syncFolder(path.dirname(folder));
    this.made.add(folder);
  }
}

function isWidth(name: string): boolean {
  return /^[1-9]\d{0,2}$/.test(name) && Number(name) < TILE_WIDTH;
}
