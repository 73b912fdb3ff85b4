/**
 * A recording of a web panel as HTTP Archive (HAR 1.2): every request with its answer, for the
 * developer tools of browsers and for other tools. Written as it is read; no recording of ours is
 * kept whole. What the broker decided stands beside each in `_sallyport`.
 */
import type { Header, TapeRecord } from "../../../protocols/tape/record.ts";
import { fieldsOf, HarChannel, type HarExchange } from "./har-channel.ts";
import { harEntry, urlOf } from "./har-entry.ts";

/** Documents; beyond that, requests belong to none. */
const PAGES_MAX = 10_000;

interface HarPage {
  readonly startedDateTime: string;
  readonly id: string;
  readonly title: string;
  readonly pageTimings: object;
}

class Har {
  private readonly header: Header;
  private readonly channels = new Map<number, HarChannel>();
  private readonly pages: HarPage[] = [];
  private entries = 0;
  private lastMs: number;

  constructor(header: Header) {
    this.header = header;
    this.lastMs = header.startedMs;
  }

  start(): string {
    const { subject, asset, session, build } = this.header;
    const log = {
      version: "1.2",
      creator: { name: "Sallyport", version: build },
      comment: `${subject.name} on ${asset.name}, session ${session}`,
    };
    return `{"log":${JSON.stringify(log).slice(0, -1)},"entries":[`;
  }

  push(record: TapeRecord): string {
    this.lastMs = record.wallMs;
    if (record.kind === "channel") this.channels.set(record.channel, new HarChannel());
    if (!("channel" in record)) return "";
    return this.write(this.channels.get(record.channel)?.push(record) ?? []);
  }

  finish(): string {
    const left = [...this.channels.values()].flatMap((each) => each.finish(this.lastMs));
    return `${this.write(left)}\n],"pages":${JSON.stringify(this.pages)}}}\n`;
  }

  private write(ended: readonly HarExchange[]): string {
    return ended
      .map((exchange) => {
        const page = this.pageOf(exchange);
        const comma = this.entries++ === 0 ? "" : ",";
        return `${comma}\n${JSON.stringify(harEntry(exchange, page))}`;
      })
      .join("");
  }

  /** A browser says which request opens a document. */
  private pageOf(exchange: HarExchange): string | undefined {
    const { fields } = exchange.head;
    const opens = fieldsOf(fields, "sec-fetch-dest") === "document";
    if (opens && this.pages.length < PAGES_MAX) {
      this.pages.push({
        startedDateTime: new Date(exchange.startedMs).toISOString(),
        id: `page_${this.pages.length + 1}`,
        title: urlOf(exchange),
        pageTimings: {},
      });
    }
    return this.pages.at(-1)?.id;
  }
}

/** The whole file, in parts. */
export async function* harOf(
  header: Header,
  records: AsyncIterable<readonly TapeRecord[]>,
): AsyncGenerator<string> {
  const writer = new Har(header);
  yield writer.start();
  for await (const each of records) {
    for (const record of each) {
      const text = writer.push(record);
      if (text !== "") yield text;
    }
  }
  yield writer.finish();
}
