/**
 * `sallyport export SESSION` over the network: a bundle, or the recording as other tools read it. A
 * download that breaks off goes on where it was, in the same command or in a later one: the broker
 * is shown the SHA-256 of what has come, and gives the rest of just that.
 */
import { existsSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Asked, BrokerClient } from "./broker-client.ts";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import { type Flags, jsonLine, type Output } from "./output.ts";
import { PartFile } from "./part-file.ts";

type Format = Asked<"GET /api/recordings/{id}/export">["query"]["format"];

export interface ExportOver extends Flags {
  readonly session: string;
  /** Absent: the bundle that `sallyport verify` proves. */
  readonly as?: Format | undefined;
  readonly out?: string | undefined;
}

export async function exportOver(
  client: BrokerClient,
  { session, as, out, json }: ExportOver,
  output: Output,
): Promise<void> {
  const extension = as === "cast3" ? "cast" : (as ?? "zip");
  const file = path.resolve(out ?? `${fileNameOf(session)}.${extension}`);
  const { confirmed, ...taken } = await download(client, { session, as }, file);
  if (json) output.write(jsonLine({ kind: "exported", session, file, ...taken, confirmed }));
  else if (as !== undefined) output.write(`${file}\n`);
  else output.write(`${file}\n\nCheck it with: sallyport verify ${file} --policy FILE\n`);
}

export interface Taken {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
  /** Whether the broker's word on the whole came with it; something between may have kept it. */
  readonly confirmed: boolean;
}

/** Each waits twice as long as the one before. */
const TRIES_MAX = 5;
const RETRY_FIRST_MS = 1_000;
/** The end of a bundle is the log's, which goes on: it may be another one than before. */
const END_BYTES = 4 * 2 ** 20;

/**
 * Whole under its name, or not at all. Never over another file.
 * @throws CommandFailed
 */
export async function download(
  client: BrokerClient,
  wanted: Pick<ExportOver, "session" | "as">,
  file: string,
  retryFirstMs = RETRY_FIRST_MS,
): Promise<Taken> {
  refuseOther(file);
  const part = opened(file);
  try {
    const told = await takeAll(client, wanted, part, retryFirstMs);
    const sha256 = part.digestOf(part.length);
    if (told !== undefined && told !== sha256) {
      part.clear();
      const text = "what has come is not what the broker has sent: take it again";
      throw new CommandFailed(EXIT.failed, text, "begins-otherwise");
    }
    refuseOther(file);
    const bytes = part.length;
    part.finish();
    return { bytes, sha256, confirmed: told !== undefined };
  } catch (error) {
    part.leave();
    throw error;
  }
}

/** @returns the broker's SHA-256 of all of it, where it arrived */
async function takeAll(
  client: BrokerClient,
  wanted: Pick<ExportOver, "session" | "as">,
  part: PartFile,
  retryFirstMs: number,
): Promise<string | undefined> {
  for (let tried = 1; ; tried += 1) {
    const before = part.length;
    try {
      const incoming = await begun(client, wanted, part);
      await pipeline(incoming.content, part.writeFrom(incoming.from));
      return digestIn(incoming.content);
    } catch (error) {
      if (error instanceof CommandFailed && error.exitCode !== EXIT.unreachable) throw error;
      // What never came this far is away; what broke off on its way comes back.
      const isWorthIt = tried < TRIES_MAX && (tried > 1 || part.length > before);
      if (!isWorthIt || isOfDisk(error)) throw brokenOff(client, part, error);
      await pause(retryFirstMs * 2 ** (tried - 1));
    }
  }
}

/** From the end of what has come, or from before it, or from the beginning: where it still fits. */
async function begun(
  client: BrokerClient,
  { session, as }: Pick<ExportOver, "session" | "as">,
  part: PartFile,
): Promise<{ readonly content: IncomingMessage; readonly from: number }> {
  const params = { id: session };
  const kept = part.length;
  const places = new Set([kept, Math.max(0, kept - END_BYTES), 0]);
  for (const from of places) {
    const rest = from > 0 && { from, digest: part.digestOf(from) };
    try {
      const content = as
        ? await client.download("GET /api/recordings/{id}/export", {
            ...{ params, query: { format: as, ...rest } },
          })
        : await client.download("GET /api/recordings/{id}/bundle", { params, query: { ...rest } });
      return { content, from };
    } catch (error) {
      const isOther = error instanceof CommandFailed && error.code === "begins-otherwise";
      if (!isOther || from === 0) throw error;
    }
  }
  throw new Error("the last of these places is the beginning");
}

/** RFC 9530. In hex. */
function digestIn({ trailers }: IncomingMessage): string | undefined {
  const [, digest] = /^sha-256=:([A-Za-z0-9+/]{43}=):$/.exec(trailers["repr-digest"] ?? "") ?? [];
  return digest === undefined ? undefined : Buffer.from(digest, "base64").toString("hex");
}

function opened(file: string): PartFile {
  try {
    return PartFile.open(file);
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    throw unwritten(error);
  }
}

function refuseOther(file: string): void {
  if (!existsSync(file)) return;
  throw new CommandFailed(EXIT.usage, `${file} is there already: name a new one with --out`);
}

function brokenOff({ address }: BrokerClient, part: PartFile, error: unknown): CommandFailed {
  if (isOfDisk(error)) return unwritten(error);
  const { length, name } = part;
  if (error instanceof CommandFailed && length === 0) return error;
  const { code = "", message = "" } = error as NodeJS.ErrnoException;
  const why = error instanceof CommandFailed ? message : code || message;
  const kept =
    length > 0 ? `; ${name} keeps them, the same command goes on` : "; nothing of it was kept";
  const text = `the download from ${address.origin} broke off after ${length} bytes (${why})${kept}`;
  return new CommandFailed(EXIT.unreachable, text, "lost");
}

function unwritten(error: unknown): CommandFailed {
  const { message } = error as Error;
  return new CommandFailed(EXIT.failed, `it cannot be written: ${message}`);
}

function isOfDisk(error: unknown): boolean {
  return DISK.has((error as NodeJS.ErrnoException).code ?? "");
}

const DISK: ReadonlySet<string> = new Set([
  "ENOSPC",
  "EACCES",
  "ENOENT",
  "EROFS",
  "EIO",
  "ENOTDIR",
]);

/** The broker knows no such session otherwise; as a file name it must be harmless first. */
function fileNameOf(session: string): string {
  if (/^[\w-]{1,100}$/.test(session)) return session;
  throw new CommandFailed(EXIT.usage, `"${session}" is not the id of a session`);
}
