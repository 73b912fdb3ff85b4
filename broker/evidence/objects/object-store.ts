/** A bucket of an S3-compatible object store, as far as recordings need it. */

/** Bytes are what the store says; nothing of it is believed before it was read back. */
export interface ObjectThere {
  readonly bytes: number;
  /** Absent where the bucket keeps no versions. */
  readonly version: string | undefined;
}

export interface ObjectLabels {
  /** Stands in the object's metadata: for who looks with other tools. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly lock: Locked | undefined;
  readonly held: boolean;
}

/** Until then nobody deletes it, or nobody without a right of its own (GOVERNANCE). */
export interface Locked {
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  readonly untilMs: number;
}

export interface PartThere {
  readonly number: number;
  readonly tag: string;
  readonly bytes: number;
}

/** What a bucket offers. */
export interface BucketFeatures {
  readonly versions: boolean;
  /** Object Lock: retention and legal holds. */
  readonly lock: boolean;
}

/** All reject with `StoreTrouble`. */
export interface ObjectStore {
  /** Rejects where there is no such bucket, or no right to it. */
  features(): Promise<BucketFeatures>;
  look(key: string, version?: string): Promise<ObjectThere | undefined>;
  /** SHA-256 (hex) of all of it, as it comes; rejects where it is longer than `bytesMax`. */
  digest(place: ReadPlace, bytesMax: number): Promise<string>;
  /** Exactly so many bytes. */
  read(place: ReadPlace, offset: number, bytes: number): Promise<Uint8Array>;
  put(key: string, bytes: Uint8Array, labels: ObjectLabels): Promise<void>;
  /** Begins one in parts. */
  begin(key: string, labels: ObjectLabels): Promise<string>;
  part(upload: PartUpload, number: number, bytes: Uint8Array): Promise<string>;
  /** What the store has of it; undefined where it knows of no such upload. */
  parts(upload: PartUpload): Promise<readonly PartThere[] | undefined>;
  complete(upload: PartUpload, parts: readonly PartThere[]): Promise<void>;
  /** Whatever was begun for the key and not completed. */
  abandon(key: string): Promise<void>;
  lockOf(place: ReadPlace): Promise<Locked | undefined>;
  lock(place: ReadPlace, locked: Locked): Promise<void>;
  hold(place: ReadPlace, on: boolean): Promise<void>;
  /** All of its versions. Rejects while a lock or a hold is on one of them. */
  remove(key: string): Promise<void>;
  close(): void;
}

export interface ReadPlace {
  readonly key: string;
  readonly version: string | undefined;
}

export interface PartUpload {
  readonly key: string;
  readonly upload: string;
}

/** The store did not do it; the message is for a person. */
export class StoreTrouble extends Error {
  override readonly name = "StoreTrouble";
  /** Of the answer; 0 where there was none. */
  readonly status: number;
  /** Such as `NoSuchKey`. */
  readonly code: string;
  constructor(message: string, status: number, code: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
