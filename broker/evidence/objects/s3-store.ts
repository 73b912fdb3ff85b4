/**
 * The object store, spoken to with the S3 client of its inventors and over our own road: that one
 * decides where a request goes, how long it may take and how much is read of an answer. The client
 * signs (SigV4), writes and reads S3's XML, and nothing else: it neither tries again nor looks for
 * credentials, regions or endpoints by itself.
 */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type * as S3 from "@aws-sdk/client-s3";
import type { ObjectReply, ObjectRequest } from "../../legs/object-road.ts";
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
} from "./object-store.ts";
import { requestHandler } from "./s3-requests.ts";

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3Place {
  /** `https://HOST[:PORT]`, without the bucket. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly style: "path" | "virtual-host";
  /** Asked once a minute: who changes them need not restart the broker. */
  credentials(): Promise<S3Credentials>;
  ask(request: ObjectRequest, signal?: AbortSignal): Promise<ObjectReply>;
  close(): void;
}

const CREDENTIALS_MS = 60_000;
/** A part at 50 KB a second. */
const SEND_WITHIN_MS = 6 * 60_000;
/** Somebody waits for it; it is at most a segment. */
const READ_WITHIN_MS = 30_000;
/** All of a recording of 4 GiB at 1 MB a second. */
const DIGEST_WITHIN_MS = 75 * 60_000;
/** S3's own limit is 10,000; ours is of a recording (`upload.ts`). */
const PART_PAGES_MAX = 20;
/** One that is still there after so many tries is tried again with the recording. */
const ABANDON_LOOKS_MAX = 4;
/** Versions of one key: each but the first comes from a copy that was not as it was sent. */
const VERSIONS_MAX = 1_000;

/** @returns the store; the client is loaded by who uses one alone: it takes 30 MB */
export async function openS3Store(place: S3Place): Promise<ObjectStore> {
  const s3 = await import("@aws-sdk/client-s3");
  const client = new s3.S3Client({
    endpoint: place.endpoint,
    region: place.region,
    forcePathStyle: place.style === "path",
    credentials: async () => ({
      ...(await place.credentials()),
      expiration: new Date(Date.now() + CREDENTIALS_MS),
    }),
    requestHandler: requestHandler(place),
    maxAttempts: 1,
    // Checksums are ours: one of each part goes along, and all of it is read back.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // Nothing of this machine's environment or home folder has a say.
    ...{ useFipsEndpoint: false, useDualstackEndpoint: false, useArnRegion: false },
    ...{ disableMultiregionAccessPoints: true, disableS3ExpressSessionAuth: true },
    ...{ followRegionRedirects: false, defaultsMode: "standard", expectContinueHeader: false },
  });
  return new S3Store(s3, client, place);
}

type Client = InstanceType<typeof S3.S3Client>;

class S3Store implements ObjectStore {
  private readonly s3: typeof S3;
  private readonly client: Client;
  private readonly place: S3Place;

  constructor(s3: typeof S3, client: Client, place: S3Place) {
    this.s3 = s3;
    this.client = client;
    this.place = place;
  }

  async features(): Promise<BucketFeatures> {
    const { GetBucketVersioningCommand, GetObjectLockConfigurationCommand } = this.s3;
    const at = { Bucket: this.place.bucket };
    const versioning = await this.asked(READ_WITHIN_MS, (options) =>
      this.client.send(new GetBucketVersioningCommand(at), options),
    );
    const lock = await this.asked(READ_WITHIN_MS, (options) =>
      this.client.send(new GetObjectLockConfigurationCommand(at), options),
    ).catch(unless(400, 404, 405, 501));
    return {
      versions: versioning.Status === "Enabled",
      lock: lock?.ObjectLockConfiguration?.ObjectLockEnabled === "Enabled",
    };
  }

  async look(key: string, version?: string): Promise<ObjectThere | undefined> {
    const there = await this.asked(READ_WITHIN_MS, (options) =>
      this.client.send(new this.s3.HeadObjectCommand(this.at(key, version)), options),
    ).catch(unless(404));
    if (there === undefined) return undefined;
    return { bytes: there.ContentLength ?? 0, version: versionOf(there.VersionId) };
  }

  async digest({ key, version }: ReadPlace, bytesMax: number): Promise<string> {
    return this.asked(DIGEST_WITHIN_MS, async (options) => {
      const command = new this.s3.GetObjectCommand(this.at(key, version));
      const { Body } = await this.client.send(command, options);
      const hash = createHash("sha256");
      for await (const piece of bounded(Body as Readable, bytesMax)) hash.update(piece);
      return hash.digest("hex");
    });
  }

  async read({ key, version }: ReadPlace, offset: number, bytes: number): Promise<Uint8Array> {
    if (bytes === 0) return new Uint8Array();
    return this.asked(READ_WITHIN_MS, async (options) => {
      const Range = `bytes=${offset}-${offset + bytes - 1}`;
      const command = new this.s3.GetObjectCommand({ ...this.at(key, version), Range });
      const { Body } = await this.client.send(command, options);
      const pieces: Uint8Array[] = [];
      for await (const piece of bounded(Body as Readable, bytes)) pieces.push(piece);
      const whole = Buffer.concat(pieces);
      if (whole.length === bytes) return whole;
      throw new Error(`it gave ${whole.length} bytes in the place of ${bytes}`);
    });
  }

  async put(key: string, bytes: Uint8Array, labels: ObjectLabels): Promise<void> {
    const command = new this.s3.PutObjectCommand({
      ...{ Bucket: this.place.bucket, Key: key, Body: bytes, ContentLength: bytes.length },
      ...(await sums(bytes)),
      ...labelled(labels),
    });
    await this.asked(SEND_WITHIN_MS, (options) => this.client.send(command, options));
  }

  async begin(key: string, labels: ObjectLabels): Promise<string> {
    const command = new this.s3.CreateMultipartUploadCommand({
      ...{ Bucket: this.place.bucket, Key: key, ChecksumAlgorithm: "SHA256" },
      ...labelled(labels),
    });
    const begun = await this.asked(READ_WITHIN_MS, (options) => this.client.send(command, options));
    if (begun.UploadId) return begun.UploadId;
    throw new StoreTrouble("the store gave the upload no name", 200, "NoUploadId");
  }

  async part({ key, upload }: PartUpload, number: number, bytes: Uint8Array): Promise<string> {
    const command = new this.s3.UploadPartCommand({
      ...{ Bucket: this.place.bucket, Key: key, UploadId: upload, PartNumber: number },
      ...{ Body: bytes, ContentLength: bytes.length, ...(await sums(bytes)) },
    });
    const sent = await this.asked(SEND_WITHIN_MS, (options) => this.client.send(command, options));
    if (sent.ETag) return sent.ETag;
    throw new StoreTrouble("the store gave a part no tag", 200, "NoETag");
  }

  async parts({ key, upload }: PartUpload): Promise<readonly PartThere[] | undefined> {
    const found: PartThere[] = [];
    let after: string | undefined;
    for (let page = 0; page < PART_PAGES_MAX; page += 1) {
      const command = new this.s3.ListPartsCommand({
        ...{ Bucket: this.place.bucket, Key: key, UploadId: upload },
        ...(after !== undefined && { PartNumberMarker: after }),
      });
      const listed = await this.asked(READ_WITHIN_MS, (options) =>
        this.client.send(command, options),
      ).catch(unless(404));
      if (listed === undefined) return undefined;
      for (const { PartNumber, ETag, Size } of listed.Parts ?? []) {
        if (PartNumber && ETag) found.push({ number: PartNumber, tag: ETag, bytes: Size ?? 0 });
      }
      if (listed.IsTruncated !== true || !listed.NextPartNumberMarker) return found;
      after = listed.NextPartNumberMarker;
    }
    return found;
  }

  async complete({ key, upload }: PartUpload, parts: readonly PartThere[]): Promise<void> {
    const command = new this.s3.CompleteMultipartUploadCommand({
      ...{ Bucket: this.place.bucket, Key: key, UploadId: upload },
      MultipartUpload: {
        Parts: parts.map(({ number, tag }) => ({ PartNumber: number, ETag: tag })),
      },
    });
    await this.asked(SEND_WITHIN_MS, (options) => this.client.send(command, options));
  }

  async abandon(key: string): Promise<void> {
    for (let look = 0; look < ABANDON_LOOKS_MAX; look += 1) {
      const uploads = await this.uploadsOf(key);
      if (uploads.length === 0) return;
      for (const upload of uploads) await this.abort({ key, upload });
    }
    throw new StoreTrouble("it keeps an upload that was given up", 200, "UploadKept");
  }

  /** An answer that does not name what was asked for is none: nobody would look a second time. */
  private async uploadsOf(key: string): Promise<readonly string[]> {
    const Bucket = this.place.bucket;
    const command = new this.s3.ListMultipartUploadsCommand({ Bucket, Prefix: key });
    const said = await this.asked(READ_WITHIN_MS, (options) => this.client.send(command, options));
    const uploads = said.Uploads ?? [];
    if (said.Bucket !== Bucket || !uploads.every(({ Key }) => Key?.startsWith(key))) {
      throw new StoreTrouble("it did not say which uploads it has", 200, "NotSaid");
    }
    return uploads.flatMap(({ Key, UploadId }) => (Key === key && UploadId ? [UploadId] : []));
  }

  private async abort({ key, upload }: PartUpload): Promise<void> {
    const what = { Bucket: this.place.bucket, Key: key, UploadId: upload };
    const command = new this.s3.AbortMultipartUploadCommand(what);
    await this.asked(READ_WITHIN_MS, (options) => this.client.send(command, options)).catch(
      unless(404),
    );
  }

  async lockOf({ key, version }: ReadPlace): Promise<Locked | undefined> {
    const found = await this.asked(READ_WITHIN_MS, (options) =>
      this.client.send(new this.s3.GetObjectRetentionCommand(this.at(key, version)), options),
    ).catch(unless(400, 404, 405, 501));
    const { Mode, RetainUntilDate } = found?.Retention ?? {};
    if (!Mode || !RetainUntilDate) return undefined;
    return { mode: Mode, untilMs: RetainUntilDate.getTime() };
  }

  async lock({ key, version }: ReadPlace, { mode, untilMs }: Locked): Promise<void> {
    const command = new this.s3.PutObjectRetentionCommand({
      ...this.at(key, version),
      Retention: { Mode: mode, RetainUntilDate: new Date(untilMs) },
      ChecksumAlgorithm: "SHA256",
    });
    await this.asked(READ_WITHIN_MS, (options) => this.client.send(command, options));
  }

  async hold({ key, version }: ReadPlace, on: boolean): Promise<void> {
    const command = new this.s3.PutObjectLegalHoldCommand({
      ...this.at(key, version),
      LegalHold: { Status: on ? "ON" : "OFF" },
      ChecksumAlgorithm: "SHA256",
    });
    await this.asked(READ_WITHIN_MS, (options) => this.client.send(command, options));
  }

  async remove(key: string): Promise<void> {
    const versions = await this.versionsOf(key);
    for (const version of versions) {
      await this.asked(READ_WITHIN_MS, (options) =>
        this.client.send(new this.s3.DeleteObjectCommand(this.at(key, version)), options),
      ).catch(unless(404));
    }
  }

  close(): void {
    this.client.destroy();
    this.place.close();
  }

  /** Undefined stands for the only one, of a bucket that keeps none. */
  private async versionsOf(key: string): Promise<readonly (string | undefined)[]> {
    const command = new this.s3.ListObjectVersionsCommand({
      ...{ Bucket: this.place.bucket, Prefix: key, MaxKeys: VERSIONS_MAX },
    });
    const listed = await this.asked(READ_WITHIN_MS, (options) =>
      this.client.send(command, options),
    ).catch(unless(400, 405, 501));
    const all = [...(listed?.Versions ?? []), ...(listed?.DeleteMarkers ?? [])];
    const mine = all.filter(({ Key }) => Key === key).map(({ VersionId }) => versionOf(VersionId));
    return listed === undefined ? [undefined] : mine;
  }

  private at(key: string, version: string | undefined) {
    return {
      ...{ Bucket: this.place.bucket, Key: key },
      ...(version !== undefined && { VersionId: version }),
    };
  }

  private async asked<T>(
    withinMs: number,
    send: (options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    try {
      return await send({ abortSignal: AbortSignal.timeout(withinMs) });
    } catch (error) {
      throw troubleOf(this.s3, error, withinMs);
    }
  }
}

/** S3 checks them where it knows them: SHA-256 is also what the signature is over. */
async function sums(bytes: Uint8Array) {
  return {
    ChecksumSHA256: createHash("sha256").update(bytes).digest("base64"),
    ContentMD5: createHash("md5").update(bytes).digest("base64"),
  };
}

function labelled({ metadata, lock, held }: ObjectLabels) {
  return {
    Metadata: { ...metadata },
    ContentType: "application/x-tar",
    ...(lock && {
      ObjectLockMode: lock.mode,
      ObjectLockRetainUntilDate: new Date(lock.untilMs),
    }),
    ...(held && { ObjectLockLegalHoldStatus: "ON" as const }),
  };
}

/** "null" is the name of the version of what was there before versions were kept. */
function versionOf(name: string | undefined): string | undefined {
  return name === undefined || name === "" ? undefined : name;
}

async function* bounded(body: Readable, bytesMax: number): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > bytesMax) {
      body.destroy();
      throw new Error("it gives more bytes than there are");
    }
    yield piece;
  }
}

/** Undefined where the store answers one of these; it rejects with everything else. */
function unless(...statuses: readonly number[]) {
  return (error: unknown): undefined => {
    if (error instanceof StoreTrouble && statuses.includes(error.status)) return undefined;
    throw error;
  };
}

/** Of what a stranger says, for a person who looks for the cause. */
const SAID_MAX = 160;

function troubleOf(s3: typeof S3, error: unknown, withinMs: number): StoreTrouble {
  if (error instanceof StoreTrouble) return error;
  const { name = "", message = "" } = error instanceof Error ? error : {};
  if (error instanceof s3.S3ServiceException) {
    const status = error.$metadata.httpStatusCode ?? 0;
    const said = plain(message === "" || message === name ? name : `${name}: ${message}`);
    return new StoreTrouble(`it answered ${status} ${said}`.trim(), status, plain(name));
  }
  if (name === "AbortError" || name === "TimeoutError") {
    return new StoreTrouble(`it took longer than ${withinMs / 1_000} s`, 0, "late");
  }
  return new StoreTrouble(plain(message) || "it cannot be reached", 0, plain(name));
}

function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").slice(0, SAID_MAX);
}
