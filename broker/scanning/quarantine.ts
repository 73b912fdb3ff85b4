/**
 * Files in which the scanner found something, for whoever looks into it: sealed as recordings are,
 * so that nobody and nothing opens one by accident. `age -d -i <data>/evidence.key FILE` does.
 */
import { mkdir, open, readdir, rename } from "node:fs/promises";
import path from "node:path";
import { Encrypter } from "age-encryption";

/** One each; more files than this are a campaign, and the first ones tell what it is. */
const FILES_MAX = 64;

export class Quarantine {
  private readonly folder: string;
  private readonly recipients: () => readonly string[];
  private writing: Promise<unknown> = Promise.resolve();

  /** @param recipients public `age1…` of those who may open them */
  constructor(folder: string, recipients: () => readonly string[]) {
    this.folder = folder;
    this.recipients = recipients;
  }

  /** @returns where it is; undefined where there is no room for more. One file a digest. */
  keep(digest: string, content: Uint8Array): Promise<string | undefined> {
    const next = this.writing.then(() => this.write(digest, content));
    this.writing = next.catch(() => undefined);
    return next;
  }

  private async write(digest: string, content: Uint8Array): Promise<string | undefined> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const name = `${digest}.age`;
    const file = path.join(this.folder, name);
    const known = await readdir(this.folder);
    if (known.includes(name)) return file;
    if (known.length >= FILES_MAX) return undefined;
    const encrypter = new Encrypter();
    for (const recipient of this.recipients()) encrypter.addRecipient(recipient);
    const sealed = await encrypter.encrypt(content);
    // Under another name first: a crash here leaves no half file in its place.
    const fresh = `${file}.new`;
    const opened = await open(fresh, "w", 0o600);
    try {
      await opened.writeFile(sealed);
      await opened.sync();
    } finally {
      await opened.close();
    }
    await rename(fresh, file);
    return file;
  }
}
