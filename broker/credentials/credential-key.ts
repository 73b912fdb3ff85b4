/**
 * The site's key over all credentials of assets: a file (made at the first start, 0600), or what a
 * command prints, so that it can come from a vault or a TPM and never lie on this disk.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { checkPrivateFile } from "../store/data-folder.ts";

const KEY_LENGTH = 32;
/** A vault answers within seconds; a start that hangs tells nobody anything. */
const COMMAND_MAX_MS = 10_000;

export class CredentialKeyRefused extends Error {
  override readonly name = "CredentialKeyRefused";
}

export interface CredentialKeyPlace {
  /** Where it is kept where no command is named. */
  readonly file: string;
  /** A program and its arguments, separated by spaces; prints the key as base64. */
  readonly command: string;
}

/** @throws CredentialKeyRefused; DataFolderRefused if others can read the file */
export function openCredentialKey({ file, command }: CredentialKeyPlace): Uint8Array {
  if (command !== "") return keyOf(printedBy(command), `the command "${command}"`);
  if (!existsSync(file)) makeKey(file);
  checkPrivateFile(file);
  return keyOf(readFileSync(file, "utf8"), file);
}

function printedBy(command: string): string {
  const [program = "", ...given] = command.split(/\s+/);
  try {
    return execFileSync(program, given, {
      ...{ encoding: "utf8", timeout: COMMAND_MAX_MS, maxBuffer: 4096 },
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    throw new CredentialKeyRefused(`the command "${command}" gave no key of the credentials`);
  }
}

function keyOf(text: string, from: string): Uint8Array {
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === KEY_LENGTH) return key;
  throw new CredentialKeyRefused(`${from} holds no key: it must be ${KEY_LENGTH} bytes as base64`);
}

/** Whole and durable before anything is sealed with it. */
function makeKey(file: string): void {
  const fresh = `${file}.new`;
  const opened = openSync(fresh, "w", 0o600);
  try {
    writeSync(opened, `${randomBytes(KEY_LENGTH).toString("base64")}\n`);
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
  renameSync(fresh, file);
}
