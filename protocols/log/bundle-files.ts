/**
 * The files of a bundle, each as its inventory says and read once: what is hashed is what is
 * used, so that a folder that changes meanwhile deceives nobody.
 */
import { BundleRefused, type JsonObject, objectOf, textOf } from "./bundle-refused.ts";
import { canonicalJson, type JsonValue, parseCanonicalJson } from "./canonical-json.ts";
import { hexOf } from "./hex.ts";
import type { Sha256 } from "./merkle.ts";

export const BUNDLE_FORMAT = 2;
export const INVENTORY = "bundle.json";

/** Where a bundle lies. Names are those that a bundle may have, none of them twice. */
export interface BundlePlace {
  /** Of every file, `bundle.json` included. */
  readonly names: readonly string[];
  /** A file that is small enough to be read whole. */
  read(name: string): Promise<Uint8Array>;
  /** SHA-256 in hex of a file of any length. */
  digest(name: string): Promise<string>;
}

/** Whom the sessions of a range are of; the range itself is what the log's leaves say. */
export interface BundleScope {
  readonly asset?: string;
  readonly person?: string;
}

export class BundleFiles {
  readonly sessions: readonly string[];
  /** Absent in a bundle of one recording. */
  readonly scope: BundleScope | undefined;
  private readonly place: BundlePlace;
  private readonly sha256: Sha256;
  private readonly files: JsonObject;
  /** Names of the files below `recordings/<session>/`, by session. */
  private readonly bySession = new Map<string, string[]>();

  private constructor(place: BundlePlace, sha256: Sha256, inventory: Inventory) {
    this.place = place;
    this.sha256 = sha256;
    this.files = inventory.files;
    this.sessions = inventory.sessions;
    this.scope = inventory.scope;
    for (const name of this.named(/^recordings\//)) {
      const session = name.split("/")[1] ?? "";
      const names = this.bySession.get(session);
      if (names) names.push(name);
      else this.bySession.set(session, [name]);
    }
  }

  /** Those of which there are files of a recording. */
  get recorded(): readonly string[] {
    return [...this.bySession.keys()];
  }

  /** Files of one recording. */
  of(session: string): readonly string[] {
    return this.bySession.get(session) ?? [];
  }

  /** Exactly the files of the inventory are there; what is in them is looked at when they are read. */
  static async open(place: BundlePlace, sha256: Sha256): Promise<BundleFiles> {
    if (!place.names.includes(INVENTORY)) throw new BundleRefused("there is no bundle.json in it");
    const inventory = readInventory(textOf(await place.read(INVENTORY), INVENTORY));
    const there = new Set(place.names);
    there.delete(INVENTORY);
    for (const name of there) {
      if (inventory.files[name] === undefined) {
        throw new BundleRefused(`${name} is not in the inventory`);
      }
    }
    const missing = Object.keys(inventory.files).find((name) => !there.has(name));
    if (missing !== undefined) throw new BundleRefused(`${missing} is missing`);
    return new BundleFiles(place, sha256, inventory);
  }

  has(name: string): boolean {
    return this.files[name] !== undefined;
  }

  /** SHA-256 in hex, as the inventory says; undefined if there is no such file. */
  said(name: string): string | undefined {
    const digest = this.files[name];
    return typeof digest === "string" ? digest : undefined;
  }

  named(pattern: RegExp): readonly string[] {
    return Object.keys(this.files).filter((name) => pattern.test(name));
  }

  async read(name: string): Promise<Uint8Array> {
    if (!this.has(name)) throw new BundleRefused(`${name} is missing`);
    const bytes = await this.place.read(name);
    this.mustBe(name, hexOf(this.sha256(bytes)));
    return bytes;
  }

  async text(name: string): Promise<string> {
    return textOf(await this.read(name), name);
  }

  /** That the file is as the inventory says. */
  async check(name: string): Promise<void> {
    this.mustBe(name, await this.place.digest(name));
  }

  private mustBe(name: string, digest: string): void {
    if (this.files[name] !== digest)
      throw new BundleRefused(`${name} is not as the inventory says`);
  }
}

interface Inventory {
  readonly files: JsonObject;
  readonly sessions: readonly string[];
  readonly scope: BundleScope | undefined;
}

export function inventoryText(
  files: ReadonlyMap<string, string>,
  sessions: readonly string[],
  scope: BundleScope | undefined,
): string {
  return canonicalJson({
    files: Object.fromEntries(files),
    format: BUNDLE_FORMAT,
    sessions,
    ...(scope === undefined ? {} : { scope: { ...scope } }),
  } as JsonValue);
}

function readInventory(text: string): Inventory {
  const value = objectOf(parseCanonicalJson(text));
  const files = objectOf(value?.files);
  const sessions = value?.sessions;
  if (!value || !files || value.format !== BUNDLE_FORMAT || !isTextList(sessions)) {
    throw new BundleRefused("bundle.json is not the inventory of a bundle that can be read here");
  }
  const scope = value.scope === undefined ? undefined : readScope(objectOf(value.scope));
  const digests = new Map(Object.entries(files).map(([name, digest]) => [name, String(digest)]));
  if (inventoryText(digests, sessions, scope) !== text) {
    throw new BundleRefused("bundle.json says more than an inventory does");
  }
  if (new Set(sessions).size !== sessions.length) {
    throw new BundleRefused("bundle.json names a session twice");
  }
  return { files, sessions, scope };
}

function readScope(value: JsonObject | undefined): BundleScope {
  const { asset, person } = value ?? {};
  return {
    ...(typeof asset === "string" ? { asset } : {}),
    ...(typeof person === "string" ? { person } : {}),
  };
}

function isTextList(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
