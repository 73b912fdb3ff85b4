/** `sallyport export SESSION` over the network: a bundle, or the recording as other tools read it. */
import { randomUUID } from "node:crypto";
import { createWriteStream, existsSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type { Asked, BrokerClient } from "./broker-client.ts";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import { type Flags, jsonLine, type Output } from "./output.ts";

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
  const bytes = await download(client, { session, as }, file);
  if (json) output.write(jsonLine({ kind: "exported", session, file, bytes }));
  else if (as !== undefined) output.write(`${file}\n`);
  else output.write(`${file}\n\nCheck it with: sallyport verify ${file} --policy FILE\n`);
}

/**
 * Whole under its name, or not at all. Never over another file.
 * @returns its length @throws CommandFailed
 */
export async function download(
  client: BrokerClient,
  { session, as }: Pick<ExportOver, "session" | "as">,
  file: string,
): Promise<number> {
  refuseOther(file);
  const params = { id: session };
  const content = as
    ? await client.download("GET /api/recordings/{id}/export", { params, query: { format: as } })
    : await client.download("GET /api/recordings/{id}/bundle", { params });
  const part = `${file}.${randomUUID()}.part`;
  const writing = createWriteStream(part, { flags: "wx", mode: 0o600 });
  try {
    await pipeline(content, writing);
    refuseOther(file);
    renameSync(part, file);
    return writing.bytesWritten;
  } catch (error) {
    rmSync(part, { force: true });
    if (error instanceof CommandFailed) throw error;
    throw brokenOff(client, writing.bytesWritten, error);
  }
}

function refuseOther(file: string): void {
  if (!existsSync(file)) return;
  throw new CommandFailed(EXIT.usage, `${file} is there already: name a new one with --out`);
}

function brokenOff({ address }: BrokerClient, bytes: number, error: unknown): CommandFailed {
  const { code = "", message = "" } = error as NodeJS.ErrnoException;
  if (DISK.has(code)) return new CommandFailed(EXIT.failed, `it cannot be written: ${message}`);
  const text = `the download from ${address.origin} broke off after ${bytes} bytes (${code || message}); nothing of it was kept`;
  return new CommandFailed(EXIT.unreachable, text, "lost");
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
