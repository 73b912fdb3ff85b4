/**
 * A folder of policies: `*.cedar`, and their tests in `*.tests.yaml`. Other files are not looked
 * at. Everything is read before anything counts.
 */
import { createHash } from "node:crypto";
import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PolicyFile } from "../../policy/policy-set.ts";
import { SET_LENGTH_MAX } from "../../policy/policy-text.ts";

/** A rule book is a handful of files. */
export const FILES_MAX = 64;
/** Tests are longer than the policies they test. */
const FOLDER_BYTES_MAX = 4 * SET_LENGTH_MAX;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** The files of a set, policies and tests, by name. */
export type PolicySources = readonly PolicyFile[];

export class PolicyFolderUnreadable extends Error {
  override readonly name = "PolicyFolderUnreadable";
}

export function isPolicyFile(name: string): boolean {
  return name.endsWith(".cedar");
}

/** Also what keeps a name that somebody sends from being a path. */
export function isSource(name: string): boolean {
  return NAME.test(name) && (isPolicyFile(name) || name.endsWith(".tests.yaml"));
}

/** @throws PolicyFolderUnreadable */
export function readPolicyFolder(folder: string): PolicySources {
  const names = entriesOf(folder)
    .filter((entry) => entry.isFile() && isSource(entry.name))
    .map((entry) => entry.name)
    .sort();
  if (names.length > FILES_MAX) {
    throw new PolicyFolderUnreadable(`${folder} holds more than ${FILES_MAX} policy files`);
  }
  const bytes = names.reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
  if (bytes > FOLDER_BYTES_MAX) {
    throw new PolicyFolderUnreadable(`${folder} holds more than ${FOLDER_BYTES_MAX} bytes`);
  }
  return names.map((name) => ({ name, text: textOf(join(folder, name)) }));
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw new PolicyFolderUnreadable(`${folder} cannot be read: ${codeOf(error)}`);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function textOf(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw new PolicyFolderUnreadable(`${path} cannot be read: ${codeOf(error)}`);
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return String(error);
  if (error.code === "ENOENT") return "it does not exist";
  if (error.code === "ENOTDIR") return "it is not a folder";
  if (error.code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "it is not UTF-8 text";
  return `the system says ${String(error.code)}`;
}

/** SHA-256 (hex) over names and texts, whatever order they came in. */
export function digestOf(sources: PolicySources): string {
  const hash = createHash("sha256");
  for (const { name, text } of sources.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${name}\0${Buffer.byteLength(text)}\0${text}`);
  }
  return hash.digest("hex");
}
