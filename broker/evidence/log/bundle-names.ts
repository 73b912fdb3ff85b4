/** What a bundle may be made of, and how much of it: whoever made it may be hostile. */
import type { BundlePlace } from "../../../protocols/log/bundle-files.ts";

/** It is no bundle; the message is for a person. */
export class BundleUnreadable extends Error {
  override readonly name = "BundleUnreadable";
}

/** A bundle that is open. */
export interface OpenBundle extends BundlePlace {
  /** A file as it is, for what reads recordings. */
  read(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A recording of a week has some ten thousand segments; names of so many take 150 MB of memory. */
export const NAMES_MAX = 200_000;
/** Descriptions, leaves and segments are read one at a time, each into memory. */
export const FILE_BYTES_MAX = 64 * 1024 * 1024;
/** An inventory names every file. */
const INVENTORY_BYTES_MAX = 128 * 1024 * 1024;
/** No segment is larger; a file that never ends must not be read for ever. */
export const SEGMENT_BYTES_MAX = 256 * 1024 * 1024;

const SESSION = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}";
/** Whole numbers that a double holds; none is written in two ways. */
const NUMBER = "(?:0|[1-9]\\d{0,15})";
const NAMES: readonly RegExp[] = [
  /^bundle\.json$/,
  /^log\/(?:checkpoint|earlier|range)$/,
  new RegExp(`^log/${NUMBER}\\.(?:json|tlog-proof)$`),
  new RegExp(`^log/entries/${NUMBER}\\.ndjson$`),
  new RegExp(`^recordings/${SESSION}/(?:manifest\\.json|index|close\\.json|progress)$`),
  new RegExp(`^recordings/${SESSION}/tombstone\\.json$`),
  new RegExp(`^recordings/${SESSION}/segments/${NUMBER}\\.seg$`),
  new RegExp(`^comments/${SESSION}\\.ndjson$`),
];
const FOLDERS: readonly RegExp[] = [
  /^(?:log|log\/entries|recordings|comments)$/,
  new RegExp(`^recordings/${SESSION}(?:/segments)?$`),
];

export function isBundleName(name: string): boolean {
  return NAMES.some((pattern) => pattern.test(name));
}

export function isBundleFolder(name: string): boolean {
  return FOLDERS.some((pattern) => pattern.test(name));
}

/** The most that a file of this name may have. */
export function bytesMaxOf(name: string): number {
  if (name === "bundle.json") return INVENTORY_BYTES_MAX;
  return isSegment(name) ? SEGMENT_BYTES_MAX : FILE_BYTES_MAX;
}

export function isSegment(name: string): boolean {
  return name.endsWith(".seg");
}
