/**
 * What lists are narrowed by, of every closed recording: one file, so that the first page after a
 * start need not read each folder. It is derived: the folders say which recordings there are, what
 * is missing is read from them, and a line that is damaged counts as missing.
 *
 *     sallyport catalogue 1
 *     9f86d081884c7d65 {"session":"…","startedMs":…,…}
 *
 * Each line begins with the first 16 digits of the SHA-256 of what follows. The last line of a
 * recording counts.
 */
import { hash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import type { RecordingHead } from "./recordings.ts";
import { readWhole, type Volume, withFile, writeWhole } from "./volume.ts";

const HEADER = "sallyport catalogue 1\n";
const SUM_DIGITS = 16;
/** About 600 bytes each in memory; a site with more reads the rest anew for each page. */
const HEADS_MAX = 200_000;
/** Of the file: as many long lines, and as many again that others took the place of. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;
/** Lines that are read in one turn: about 10 ms. */
const LINES_A_TURN = 1_000;
/** Lines that count no more are left in the file until they are this many, and half of it. */
const STALE_LINES_MAX = 1_000;

const whole = z.number().int().nonnegative();
const headSchema: z.ZodType<RecordingHead> = z.strictObject({
  session: z.string().min(1),
  startedMs: whole,
  endedMs: whole,
  state: z.enum(["sealed", "gap", "aborted"]),
  subject: z.string(),
  subjectName: z.string(),
  asset: z.string(),
  assetName: z.string(),
  zone: z.string(),
  endpoint: z.string(),
  profile: z.string(),
  cause: z.string(),
  grant: z.string(),
  breakGlass: z.boolean(),
  visit: z.string().exactOptional(),
});

export class Catalogue {
  private readonly volume: Volume;
  private readonly file: string;
  private readonly heads = new Map<string, RecordingHead>();
  private readonly names = new Map<string, string>();
  private loading: Promise<void> | undefined;
  /** Bytes of the file that are known to be good; undefined: it is to be written anew. */
  private length: number | undefined;
  private unsaved: RecordingHead[] = [];
  private saving: Promise<void> = Promise.resolve();

  constructor(volume: Volume, file: string) {
    this.volume = volume;
    this.file = file;
  }

  /** Once; never fails: what cannot be read is missing. */
  load(): Promise<void> {
    this.loading ??= this.read();
    return this.loading;
  }

  get(session: string): RecordingHead | undefined {
    return this.heads.get(session);
  }

  /** Of a recording that is closed; on disk after `save`. */
  keep(head: RecordingHead): void {
    if (this.heads.size >= HEADS_MAX && !this.heads.has(head.session)) return;
    this.heads.set(head.session, this.shared(head));
    this.unsaved.push(head);
  }

  forget(session: string): void {
    this.heads.delete(session);
  }

  /** Writes what is new. A volume that does not take it costs the next start its time, no more. */
  save(): Promise<void> {
    this.saving = this.saving.then(() => this.write());
    return this.saving;
  }

  private async write(): Promise<void> {
    const news = this.unsaved;
    if (this.loading === undefined) return;
    if (news.length === 0 && this.length !== undefined) return;
    this.unsaved = [];
    try {
      if (this.length === undefined) await this.writeAnew();
      else await this.append(news, this.length);
    } catch {
      this.length = undefined;
    }
  }

  private async append(news: readonly RecordingHead[], length: number): Promise<void> {
    const bytes = new TextEncoder().encode(news.map(lineOf).join(""));
    await withFile(this.volume, this.file, "write", (file) => file.write(bytes, length));
    this.length = length + bytes.length;
  }

  private async writeAnew(): Promise<void> {
    const text = HEADER + [...this.heads.values()].map(lineOf).join("");
    const bytes = new TextEncoder().encode(text);
    await writeWhole(this.volume, this.file, bytes);
    this.length = bytes.length;
  }

  private async read(): Promise<void> {
    try {
      if (!(await this.volume.exists(this.file))) return;
      const bytes = await readWhole(this.volume, this.file, FILE_BYTES_MAX);
      await this.take(bytes);
    } catch {
      this.length = undefined;
    }
  }

  private async take(bytes: Uint8Array): Promise<void> {
    const lines = new TextDecoder().decode(bytes).split("\n");
    if (`${lines[0]}\n` !== HEADER) return;
    let bad = lines.at(-1) === "" ? 0 : 1;
    for (let at = 1; at < lines.length - 1; at += 1) {
      const head = headOf(lines[at] ?? "");
      if (head === undefined) bad += 1;
      else if (this.heads.size < HEADS_MAX) this.heads.set(head.session, this.shared(head));
      if (at % LINES_A_TURN === 0) await nextTurn();
    }
    const stale = lines.length - 2 - this.heads.size;
    const crowded = stale > STALE_LINES_MAX && stale > this.heads.size;
    this.length = bad > 0 || crowded ? undefined : bytes.length;
  }

  /** The same few people, assets and profiles stand in all of them. */
  private shared(head: RecordingHead): RecordingHead {
    const same = (text: string) => this.names.get(text) ?? this.named(text);
    return {
      ...head,
      ...{ subject: same(head.subject), subjectName: same(head.subjectName) },
      ...{ asset: same(head.asset), assetName: same(head.assetName), zone: same(head.zone) },
      ...{ endpoint: same(head.endpoint), profile: same(head.profile), cause: same(head.cause) },
    };
  }

  private named(text: string): string {
    if (this.names.size < NAMES_MAX) this.names.set(text, text);
    return text;
  }
}

/** More different words than people, assets and causes of a large site. */
const NAMES_MAX = 20_000;

function lineOf(head: RecordingHead): string {
  const text = JSON.stringify(head);
  return `${sumOf(text)} ${text}\n`;
}

function headOf(line: string): RecordingHead | undefined {
  const text = line.slice(SUM_DIGITS + 1);
  if (line.slice(0, SUM_DIGITS) !== sumOf(text)) return undefined;
  return headSchema.safeParse(JSON.parse(text)).data;
}

function sumOf(text: string): string {
  return hash("sha256", text).slice(0, SUM_DIGITS);
}
