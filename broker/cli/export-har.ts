/** `sallyport export SESSION --har`: the pages of one session on a web panel, for other tools. */
import { createWriteStream } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Config } from "../config.ts";
import { harOf } from "../evidence/har/har.ts";
import { BundleRefused } from "../evidence/log/write-bundle.ts";
import { noteExport } from "./note-on-host.ts";
import { pastAsked } from "./past-asked.ts";

export interface HarAsked {
  readonly session: string | undefined;
  readonly out?: string | undefined;
}

/** @returns what to tell the person. @throws BundleRefused, PastAskedWrongly, PastUnreadable */
export async function exportHar(config: Config, { session, out }: HarAsked): Promise<string> {
  if (session === undefined) throw new BundleRefused("name the session whose pages to export");
  const [recording] = await pastAsked(config, { session: [session] });
  if (!recording) throw new BundleRefused(`there is no recording of ${session} that has ended`);
  const { protocol } = recording.header.endpoint;
  if (protocol !== "web") {
    throw new BundleRefused(`${session} is a session of ${protocol}: only web panels have pages`);
  }
  const file = path.resolve(out ?? `${session}.har`);
  await noteExport(config, session, session);
  const content = Readable.from(harOf(recording.header, recording.records()));
  await pipeline(content, createWriteStream(file, { mode: 0o600 }));
  return `${file}\n\nOpen it in the network panel of a browser's developer tools.\n`;
}
