/**
 * Reads the logs of a site from their files, as anybody could who has them: entries, proofs,
 * checkpoints, of the log in force and of those before it. It checks nothing: who looks does.
 */
import path from "node:path";
import { parseCanonicalJson } from "../../../protocols/log/canonical-json.ts";
import { parseCheckpoint } from "../../../protocols/log/checkpoint.ts";
import {
  consistencyProof,
  HASH_LENGTH,
  inclusionProof,
  type NodeHash,
  rootOf,
} from "../../../protocols/log/merkle.ts";
import { parseNote } from "../../../protocols/log/note.ts";
import { nodesFromTiles, TILE_WIDTH, type Tile, tilePath } from "../../../protocols/log/tile.ts";
import { generationsIn } from "../log/generations.ts";
import { NOTE_BYTES_MAX } from "../log/limits.ts";
import { sha256 } from "../log/sha256.ts";
import { TileFiles } from "../log/tile-files.ts";
import { readWhole, type Volume } from "../volume.ts";

/** One log of the site: there is another after each change of key. */
export interface LogHead {
  readonly number: number;
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** The signed checkpoint, with its cosignatures. */
  readonly note: string;
}

export interface ReadEntry {
  readonly log: number;
  readonly index: number;
  /** Undefined with the reason where the files do not give it. */
  readonly bytes: Uint8Array | undefined;
  readonly proof: readonly Uint8Array[];
  readonly problem: string | undefined;
}

export class LogReader {
  private readonly volume: Volume;
  private readonly directory: string;

  /** @param directory of the site log */
  constructor(volume: Volume, directory: string) {
    this.volume = volume;
    this.directory = directory;
  }

  /** Oldest first; one whose checkpoint cannot be read is left out. */
  async heads(): Promise<readonly LogHead[]> {
    const heads: LogHead[] = [];
    for (const number of await generationsIn(this.volume, this.directory)) {
      const head = await this.head(number);
      if (head) heads.push(head);
    }
    return heads;
  }

  async head(number: number): Promise<LogHead | undefined> {
    const file = path.join(this.folder(number), "checkpoint");
    if (!(await this.volume.exists(file))) return undefined;
    const bytes = await readWhole(this.volume, file, NOTE_BYTES_MAX);
    const parsed = parseNote(bytes);
    const checkpoint = parsed && parseCheckpoint(parsed.text);
    if (!checkpoint) return undefined;
    const { origin, size, root } = checkpoint;
    return { number, origin, size, root, note: new TextDecoder().decode(bytes) };
  }

  /** The log's public key, as its own first leaf names it. */
  async keyOf(number: number): Promise<string | undefined> {
    const [first] = await this.bundle(number, 0, 1).catch(() => []);
    const leaf = first && parseCanonicalJson(new TextDecoder().decode(first));
    if (typeof leaf !== "object" || leaf === null || !("key" in leaf)) return undefined;
    return typeof leaf.key === "string" ? leaf.key : undefined;
  }

  /** Entries of one bundle. @param width 1–256 */
  bundle(log: number, index: number, width: number): Promise<readonly Uint8Array[]> {
    return this.tiles(log).readEntries({ index, width });
  }

  /** These leaves with their proofs in the tree of the head's size, in the order asked for. */
  async entries({ number, size }: LogHead, indexes: readonly number[]): Promise<ReadEntry[]> {
    const tiles = this.tiles(number);
    const bundles = new Map<number, Promise<readonly Uint8Array[]>>();
    const held: Held = { tiles: new Map(), nodes: new Map() };
    const read: ReadEntry[] = [];
    for (const index of indexes) {
      const at = Math.floor(index / TILE_WIDTH);
      const width = Math.min(TILE_WIDTH, size - at * TILE_WIDTH);
      const bundle = bundles.get(at) ?? tiles.readEntries({ index: at, width });
      bundles.set(at, bundle);
      read.push(await entryOf(number, index, bundle, proofOf(tiles, held, index, size)));
    }
    return read;
  }

  /** @throws where tiles are missing */
  consistency(log: number, first: number, second: number): Promise<readonly Uint8Array[]> {
    return this.tiles(log).withNodes(second, (node) =>
      consistencyProof(first, second, node, sha256),
    );
  }

  /** Root of the first leaves, as the tiles of a larger tree give it. */
  rootAt({ number, size }: LogHead, first: number): Promise<Uint8Array> {
    return this.tiles(number).withNodes(size, (node) => rootOf(first, node, sha256));
  }

  private folder(log: number): string {
    return path.join(this.directory, String(log));
  }

  private tiles(log: number): TileFiles {
    return new TileFiles(this.volume, this.folder(log));
  }
}

async function entryOf(
  log: number,
  index: number,
  bundle: Promise<readonly Uint8Array[]>,
  proof: Promise<readonly Uint8Array[]>,
): Promise<ReadEntry> {
  const [entries, hashes] = await Promise.allSettled([bundle, proof]);
  const failed = [entries, hashes].find((one) => one.status === "rejected");
  return {
    ...{ log, index },
    bytes: entries.status === "fulfilled" ? entries.value[index % TILE_WIDTH] : undefined,
    proof: hashes.status === "fulfilled" ? hashes.value : [],
    problem: failed && messageOf(failed.reason),
  };
}

/** What the proofs of one page share is read and hashed once. */
interface Held {
  readonly tiles: Map<string, Uint8Array>;
  /** By level and index. */
  readonly nodes: Map<string, Uint8Array>;
}

const NO_HASH = new Uint8Array(HASH_LENGTH);

async function proofOf(
  tiles: TileFiles,
  held: Held,
  index: number,
  size: number,
): Promise<readonly Uint8Array[]> {
  const needed = new Map<string, Tile>();
  const note = (tile: Tile) => {
    needed.set(tilePath(tile), tile);
    return new Uint8Array(TILE_WIDTH * HASH_LENGTH);
  };
  // Only asks which tiles it takes: nothing is worth hashing yet.
  const unhashed = () => NO_HASH;
  inclusionProof(index, size, nodesFromTiles(size, note, unhashed), unhashed);
  for (const [name, tile] of needed) {
    if (!held.tiles.has(name)) held.tiles.set(name, await tiles.readTile(tile));
  }
  const known = (tile: Tile) => held.tiles.get(tilePath(tile)) ?? new Uint8Array(0);
  const compute = nodesFromTiles(size, known, sha256);
  const node: NodeHash = (level, at) => {
    const name = `${level} ${at}`;
    const hash = held.nodes.get(name) ?? compute(level, at);
    held.nodes.set(name, hash);
    return hash;
  };
  return inclusionProof(index, size, node, sha256);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
