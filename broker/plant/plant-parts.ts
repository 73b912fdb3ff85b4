/**
 * A plant on its way between threads: in parts, since whoever takes ten thousand assets in one
 * message stands still for half a second.
 */
import type { Asset, Plant } from "./model.ts";

/** Some milliseconds to take, of assets with many points too. */
const ASSETS_AT_ONCE = 100;

/** All but the assets. */
export type PlantHead = Omit<Plant, "assets">;

export function headOf({ assets: _, ...head }: Plant): PlantHead {
  return head;
}

export function* assetParts({ assets }: Pick<Plant, "assets">): Iterable<readonly Asset[]> {
  for (let at = 0; at < assets.length; at += ASSETS_AT_ONCE) {
    yield assets.slice(at, at + ASSETS_AT_ONCE);
  }
}

/**
 * What says the same as in a plant that is there already is the very same object: it takes no
 * memory twice, and whoever compares the two sees at once that nothing is other.
 */
export class SharedAssets {
  private readonly known: ReadonlyMap<string, Asset>;

  constructor(like: Pick<Plant, "assets"> | undefined) {
    this.known = new Map(like?.assets.map((asset) => [asset.id, asset]));
  }

  of(assets: readonly Asset[]): readonly Asset[] {
    return assets.map((asset) => {
      const known = this.known.get(asset.id);
      // Of one reader: the same keys in the same order.
      return known && JSON.stringify(known) === JSON.stringify(asset) ? known : asset;
    });
  }
}

/** Without what is the very same object in both, which of a large plant is nearly all. */
export function others<T>(
  before: readonly T[],
  after: readonly T[],
): readonly [before: readonly T[], after: readonly T[]] {
  const [old, fresh] = [new Set(before), new Set(after)];
  return [before.filter((each) => !fresh.has(each)), after.filter((each) => !old.has(each))];
}
