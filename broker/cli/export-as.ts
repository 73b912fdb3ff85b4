/** `sallyport export SESSION --as FORMAT`: one recording as other tools read it. */
import { createWriteStream } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Config } from "../config.ts";
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportRecorded,
  formatsOf,
} from "../evidence/export.ts";
import { BundleRefused } from "../evidence/log/write-bundle.ts";
import { noteExport } from "./note-on-host.ts";
import { pastAsked } from "./past-asked.ts";

export interface FormatAsked {
  readonly session: string | undefined;
  /** One of `EXPORT_FORMATS`. */
  readonly as: string;
  readonly out?: string | undefined;
}

const READ_BY: Readonly<Record<ExportFormat, string>> = {
  pcapng: "Open it in Wireshark.",
  csv: "A line for each operation; open it as UTF-8.",
  ndjson: "A JSON object a line for each operation.",
  cast: "Play it with asciinema: what was typed unseen is masked.",
  cast3: "Play it with asciinema 3: what was typed unseen is masked.",
  har: "Open it in the network panel of a browser's developer tools.",
};

/** @returns what to tell the person. @throws BundleRefused, PastAskedWrongly, PastUnreadable */
export async function exportAs(config: Config, { session, as, out }: FormatAsked): Promise<string> {
  const format = EXPORT_FORMATS.find((each) => each === as);
  if (format === undefined) {
    throw new BundleRefused(`--as is one of ${EXPORT_FORMATS.join(", ")}`);
  }
  if (session === undefined) throw new BundleRefused(`name the session to export as ${format}`);
  const [recording] = await pastAsked(config, { session: [session] });
  if (!recording) throw new BundleRefused(`there is no recording of ${session} that has ended`);
  const { protocol } = recording.header.endpoint;
  const known = formatsOf(protocol);
  if (!known.includes(format)) {
    const others = known.length === 0 ? "none of these" : known.join(", ");
    throw new BundleRefused(
      `${session} is a session of ${protocol}, which is exported as ${others}`,
    );
  }
  const file = path.resolve(out ?? `${session}.${format === "cast3" ? "cast" : format}`);
  await noteExport(config, session, session);
  const content = Readable.from(exportRecorded(recording, format));
  await pipeline(content, createWriteStream(file, { mode: 0o600 }));
  return `${file}\n\n${READ_BY[format]}\n`;
}
