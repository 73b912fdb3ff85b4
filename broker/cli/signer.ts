/**
 * `sallyport signer`: holds the site log's key in a process and under a user of its own, and signs
 * checkpoints for the broker of this machine over a socket.
 */
import { mkdirSync, readFileSync } from "node:fs";
import type { Server } from "node:net";
import path from "node:path";
import { FileKeys } from "../evidence/log/file-keys.ts";
import { NoteSigner } from "../evidence/log/note-signer.ts";
import { Pkcs11Keys } from "../evidence/log/pkcs11-keys.ts";
import type { LogKeys } from "../evidence/log/signer.ts";
import { listenAsSigner } from "../evidence/log/signer-server.ts";
import { lockFolder } from "../folder-lock.ts";
import { checkPrivateFile, prepareDataFolder } from "../store/data-folder.ts";

export interface SignerSettings {
  readonly name: string;
  readonly socket: string;
  readonly data: string;
  readonly group?: string;
  readonly pkcs11Module?: string;
  readonly token?: string;
  readonly pinFile?: string;
}

export interface RunningSigner {
  close(): Promise<void>;
}

export class SignerRefused extends Error {
  override readonly name = "SignerRefused";
}

/** @throws SignerRefused */
export async function startSigner(settings: SignerSettings): Promise<RunningSigner> {
  const { name, socket } = settings;
  if (!/^[^\s+]{1,200}$/.test(name)) {
    throw new SignerRefused("--name has no spaces and no +, for example sallyport.example/north");
  }
  mkdirSync(path.resolve(settings.data), { recursive: true, mode: 0o700 });
  const directory = prepareDataFolder(settings.data);
  const unlock = lockFolder(path.join(directory, "lock"));
  let server: Server;
  try {
    const signer = new NoteSigner({ directory, name, keys: keysOf(settings, directory) });
    const group = settings.group === undefined ? undefined : groupId(settings.group);
    server = await listenAsSigner(signer, path.resolve(socket), group);
  } catch (error) {
    unlock();
    throw error;
  }
  return {
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      unlock();
    },
  };
}

function keysOf({ pkcs11Module, token, pinFile }: SignerSettings, directory: string): LogKeys {
  if (pkcs11Module === undefined) {
    const folder = path.join(directory, "keys");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new FileKeys(folder);
  }
  if (token === undefined || pinFile === undefined) {
    throw new SignerRefused("a token needs --token and --pin-file too");
  }
  checkPrivateFile(pinFile);
  const pin = readFileSync(pinFile, "utf8").trim();
  return new Pkcs11Keys({ module: pkcs11Module, label: token, pin });
}

/** Node.js does not resolve names of groups. */
function groupId(name: string): number {
  if (/^\d{1,9}$/.test(name)) return Number(name);
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${name}:`));
  const id = Number(line?.split(":")[2]);
  if (line === undefined || !Number.isInteger(id)) {
    throw new SignerRefused(`there is no group ${name} on this machine`);
  }
  return id;
}
