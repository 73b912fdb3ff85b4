/** An object store in memory, exactly as good or bad as a test wants it. */
import { createHash } from "node:crypto";
import {
  type BucketFeatures,
  type Locked,
  type ObjectLabels,
  type ObjectStore,
  type ObjectThere,
  type PartThere,
  type PartUpload,
  type ReadPlace,
  StoreTrouble,
} from "../../broker/evidence/objects/object-store.ts";

interface Kept {
  readonly bytes: Uint8Array;
  readonly version: string;
  lock: Locked | undefined;
  held: boolean;
}

export class MemoryObjectStore implements ObjectStore {
  /** All versions of each key, the newest last. */
  readonly objects = new Map<string, Kept[]>();
  readonly uploads = new Map<
    string,
    { key: string; labels: ObjectLabels; parts: Map<number, Uint8Array> }
  >();
  offers: BucketFeatures = { versions: true, lock: true };
  /** Bytes of parts that were sent, each time anew. */
  sentBytes = 0;
  private last = 0;
  /** Asked before each request; may throw. */
  before: (request: string, key: string) => void | Promise<void> = () => {};
  /** What it keeps of what it is sent: a store that lies keeps something else. */
  kept: (bytes: Uint8Array, key: string) => Uint8Array | undefined = (bytes) => bytes;

  async features(): Promise<BucketFeatures> {
    await this.before("features", "");
    return this.offers;
  }

  async look(key: string, version?: string): Promise<ObjectThere | undefined> {
    await this.before("look", key);
    const found = this.find(key, version);
    return found && { bytes: found.bytes.length, version: found.version };
  }

  async digest({ key, version }: ReadPlace): Promise<string> {
    await this.before("digest", key);
    return createHash("sha256").update(this.need(key, version).bytes).digest("hex");
  }

  async read({ key, version }: ReadPlace, offset: number, bytes: number): Promise<Uint8Array> {
    await this.before("read", key);
    return this.need(key, version).bytes.subarray(offset, offset + bytes);
  }

  async put(key: string, bytes: Uint8Array, labels: ObjectLabels): Promise<void> {
    await this.before("put", key);
    this.sentBytes += bytes.length;
    this.keep(key, bytes, labels);
  }

  async begin(key: string, labels: ObjectLabels): Promise<string> {
    await this.before("begin", key);
    const upload = `u-${++this.last}`;
    this.uploads.set(upload, { key, labels, parts: new Map() });
    return upload;
  }

  async part({ key, upload }: PartUpload, number: number, bytes: Uint8Array): Promise<string> {
    await this.before("part", key);
    this.sentBytes += bytes.length;
    this.needUpload(upload).parts.set(number, Uint8Array.from(bytes));
    return `tag-${number}`;
  }

  async parts({ key, upload }: PartUpload): Promise<readonly PartThere[] | undefined> {
    await this.before("parts", key);
    const found = this.uploads.get(upload);
    return (
      found &&
      [...found.parts].map(([number, { length }]) => ({
        number,
        tag: `tag-${number}`,
        bytes: length,
      }))
    );
  }

  async complete({ key, upload }: PartUpload, parts: readonly PartThere[]): Promise<void> {
    await this.before("complete", key);
    const begun = this.needUpload(upload);
    const pieces = parts.map(({ number }) => begun.parts.get(number) ?? new Uint8Array());
    this.keep(key, Buffer.concat(pieces), begun.labels);
    this.uploads.delete(upload);
  }

  async abandon(key: string): Promise<void> {
    await this.before("abandon", key);
    for (const [upload, begun] of this.uploads) if (begun.key === key) this.uploads.delete(upload);
  }

  async lockOf({ key, version }: ReadPlace): Promise<Locked | undefined> {
    await this.before("lockOf", key);
    return this.need(key, version).lock;
  }

  async lock({ key, version }: ReadPlace, locked: Locked): Promise<void> {
    await this.before("lock", key);
    this.need(key, version).lock = locked;
  }

  async hold({ key, version }: ReadPlace, on: boolean): Promise<void> {
    await this.before("hold", key);
    this.need(key, version).held = on;
  }

  async remove(key: string): Promise<void> {
    await this.before("remove", key);
    const all = this.objects.get(key) ?? [];
    if (all.some(({ lock, held }) => held || lock !== undefined)) {
      throw new StoreTrouble("forbidden by object lock", 403, "AccessDenied");
    }
    this.objects.delete(key);
  }

  close(): void {}

  /** Of the newest version. */
  bytesOf(key: string): Uint8Array | undefined {
    return this.objects.get(key)?.at(-1)?.bytes;
  }

  private keep(key: string, given: Uint8Array, { lock, held }: ObjectLabels): void {
    const bytes = this.kept(Uint8Array.from(given), key);
    if (bytes === undefined) return;
    const version = `v-${++this.last}`;
    this.objects.set(key, [...(this.objects.get(key) ?? []), { bytes, version, lock, held }]);
  }

  private find(key: string, version?: string): Kept | undefined {
    const all = this.objects.get(key) ?? [];
    return version === undefined ? all.at(-1) : all.find((one) => one.version === version);
  }

  private need(key: string, version?: string): Kept {
    const found = this.find(key, version);
    if (found) return found;
    throw new StoreTrouble("it answered 404 NoSuchKey", 404, "NoSuchKey");
  }

  private needUpload(upload: string) {
    const found = this.uploads.get(upload);
    if (found) return found;
    throw new StoreTrouble("it answered 404 NoSuchUpload", 404, "NoSuchUpload");
  }
}
