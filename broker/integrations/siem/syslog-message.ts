/**
 * RFC 5424 messages with the framing of RFC 5425 (octet counting, clause 4.3):
 * `312 <110>1 2026-01-05T08:00:00.000Z plant.example sallyport - session:opened [sallyport@32473 id="…"] {…}`
 */
import type { FeedItem } from "../../store/integration-feed.ts";
import { plainText } from "../../store/plain-text.ts";

/** RFC 5424 6.2.1: 13 is "log audit". */
const FACILITY = 13;
const ALERT = 1;
const NOTICE = 5;
const INFORMATIONAL = 6;
/** RFC 5612: the number that stands for a product without one of its own. */
const ENTERPRISE = 32_473;
/** RFC 5424 6.2: the lengths of the header's fields. */
const HOST_MAX = 255;
const MESSAGE_ID_MAX = 32;
/** What rsyslog takes by default, and the most that RFC 5425 4.3.1 asks receivers to. */
export const MESSAGE_BYTES_MAX = 8_192;
const PARAMETER_MAX = 200;

/** @param content what stands behind the header, one line */
export function syslogMessage(item: FeedItem, host: string, content: string): string {
  const head = [
    `<${FACILITY * 8 + severityOf(item)}>1`,
    new Date(item.atMs).toISOString(),
    printable(host, HOST_MAX),
    "sallyport",
    "-",
    printable(item.kind, MESSAGE_ID_MAX),
    structuredData(item),
  ].join(" ");
  return capped(`${head} ${content}`);
}

/** With its length in octets before it: a message may hold anything, the next one is still found. */
export function framed(message: string): string {
  return `${Buffer.byteLength(message)} ${message}`;
}

function severityOf({ priority, kind }: FeedItem): number {
  if (priority === "alarm") return ALERT;
  return kind === "operation:denied" ? NOTICE : INFORMATIONAL;
}

function structuredData({ id, position, session, person, about }: FeedItem): string {
  const fields: readonly (readonly [string, string | null | undefined])[] = [
    ["id", id],
    ["sequence", String(position)],
    ["person", person?.id],
    ["session", session],
    ["asset", about.asset],
    ["grant", about.grant],
    ["request", about.request],
  ];
  const parts = fields.flatMap(([name, value]) =>
    value ? [`${name}="${parameterText(value)}"`] : [],
  );
  return `[sallyport@${ENTERPRISE} ${parts.join(" ")}]`;
}

/** RFC 5424 6.3.3: these three are escaped, and nothing else is. */
function parameterText(text: string): string {
  return plainText(text, PARAMETER_MAX).replaceAll(/["\\\]]/g, "\\$&");
}

/** PRINTUSASCII without spaces, or the nil value. */
function printable(text: string, lengthMax: number): string {
  return text.replaceAll(/[^\x21-\x7e]/g, "").slice(0, lengthMax) || "-";
}

/** Cut between characters; what is cut off can be looked up by the id, which stands before it. */
function capped(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= MESSAGE_BYTES_MAX) return message;
  let end = MESSAGE_BYTES_MAX;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
