/**
 * Partial tiles of checkpoints gone by. Those of the last but one stay too: somebody may be
 * reading along. Older ones are removed, since a wider tile begins with what they held.
 */
import { edgeTilesOf } from "../../../protocols/log/growing-tree.ts";
import { entriesPath, TILE_WIDTH, tilePath } from "../../../protocols/log/tile.ts";
import type { TileFiles } from "./tile-files.ts";

export class PassedPartials {
  private readonly tiles: TileFiles;
  private last: readonly string[] = [];
  private lastButOne: readonly string[] = [];

  constructor(tiles: TileFiles) {
    this.tiles = tiles;
  }

  /** What earlier runs left beside the checkpoint's own. */
  async find(size: number): Promise<void> {
    const found: string[] = [];
    for (const { level, index } of edgeTilesOf(size)) {
      found.push(...(await this.tiles.partials((width) => tilePath({ level, index, width }))));
    }
    const index = Math.floor(size / TILE_WIDTH);
    found.push(...(await this.tiles.partials((width) => entriesPath({ index, width }))));
    this.last = found;
  }

  /** @param paths the partial tiles of the checkpoint that has just come into force */
  async after(paths: readonly string[]): Promise<void> {
    const kept = new Set([...paths, ...this.last]);
    const passed = this.lastButOne.filter((name) => !kept.has(name));
    this.lastButOne = this.last;
    this.last = paths;
    await this.tiles.remove(passed);
  }
}
