/** Keys of logs in a folder: `<n>.pem`, 0600. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { diskVolume } from "../disk-volume.ts";
import { type LogKeys, type LogSigner, openFileSigner } from "./signer.ts";

export class FileKeys implements LogKeys {
  private readonly folder: string;

  /** @param folder that is there */
  constructor(folder: string) {
    this.folder = folder;
  }

  async open(number: number): Promise<LogSigner> {
    const signer = openFileSigner(this.fileOf(number));
    // The key's name is durable before anything is signed with it.
    await diskVolume.syncFolder(this.folder);
    return signer;
  }

  async has(number: number): Promise<boolean> {
    return existsSync(this.fileOf(number));
  }

  /** Overwritten before it is removed: some disks keep what is only unlinked. */
  async destroy(number: number): Promise<void> {
    const name = this.fileOf(number);
    if (!existsSync(name)) return;
    const file = openSync(name, "r+");
    try {
      writeSync(file, randomBytes(statSync(name).size), 0);
      fsyncSync(file);
      ftruncateSync(file, 0);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    rmSync(name);
    await diskVolume.syncFolder(this.folder);
  }

  private fileOf(number: number): string {
    return path.join(this.folder, `${number}.pem`);
  }
}
