/** The broker's own host key: made once, kept, so that clients know the broker again. */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import ssh2 from "ssh2";
import { checkPrivateFile } from "../store/data-folder.ts";

export interface SshHostKey {
  /** Ed25519, in OpenSSH's form. */
  readonly privateKey: string;
  /** As a line of `known_hosts` has it, without the host. */
  readonly publicKey: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

/** @throws DataFolderRefused if others than its owner can read it */
export function loadSshHostKey(file: string): SshHostKey {
  if (!existsSync(file)) makeKey(file);
  checkPrivateFile(file);
  const privateKey = readFileSync(file, "utf8");
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw new Error(`${file} holds no host key: ${parsed.message}`);
  const blob = parsed.getPublicSSH();
  const digest = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
  const publicKey = `${parsed.type} ${blob.toString("base64")}`;
  return { privateKey, publicKey, fingerprint: `SHA256:${digest}` };
}

/** One in some 250 keys that ssh2 makes cannot be read, by itself or anybody: never ten in a row. */
const TRIES_MAX = 10;

/** Ed25519, in OpenSSH's form, that can be read. */
export function newKey(): string {
  for (let tries = 1; ; tries += 1) {
    const { private: text } = ssh2.utils.generateKeyPairSync("ed25519");
    const parsed = ssh2.utils.parseKey(text);
    if (!(parsed instanceof Error)) return text;
    if (tries === TRIES_MAX) throw new Error(`no host key could be made: ${parsed.message}`);
  }
}

/** Under another name first: a crash here leaves no half key in its place. */
function makeKey(file: string): void {
  const text = newKey();
  const fresh = `${file}.new`;
  const opened = openSync(fresh, "w", 0o600);
  try {
    writeSync(opened, text);
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
  renameSync(fresh, file);
}
