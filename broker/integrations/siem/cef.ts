/**
 * ArcSight's Common Event Format, version 0:
 * `CEF:0|Sallyport|Sallyport|0.1.0|session:opened|Session opened|1|rt=… externalId=… msg=…`
 */
import { isIP } from "node:net";
import type { FeedItem } from "../../store/integration-feed.ts";
import { plainText } from "../../store/plain-text.ts";
import { classify } from "./ocsf-classes.ts";

/** By the severity of OCSF: unknown, informational, low, medium, high. */
const SEVERITY = [0, 1, 3, 6, 9] as const;
const VALUE_MAX = 500;

export function cefLine(item: FeedItem, version: string): string {
  const { severityId, status } = classify(item);
  const head = ["CEF:0", "Sallyport", "Sallyport", version, item.kind, titleOf(item.kind)];
  const header = [...head, String(SEVERITY[severityId])].map((part, at) =>
    at === 0 ? part : headerText(part),
  );
  const fields = [...extensions(item), ...(status ? [["outcome", status.toLowerCase()]] : [])];
  const extension = fields.map(([key, value]) => `${key}=${extensionText(value ?? "")}`).join(" ");
  return `${header.join("|")}|${extension}`;
}

function extensions({ about, ...item }: FeedItem): (readonly string[])[] {
  const { person, session } = item;
  const place = about.host === undefined ? "" : isIP(about.host) === 4 ? "dst" : "dhost";
  const fields: (readonly [string, string | undefined | null])[] = [
    ["rt", String(item.atMs)],
    ["externalId", item.id],
    ["suid", person?.id],
    ["suser", person?.name],
    ["src", isIP(about.address ?? "") === 4 ? about.address : undefined],
    ["c6a2", isIP(about.address ?? "") === 6 ? about.address : undefined],
    [place, about.host],
    ["dpt", about.port],
    ["app", about.protocol],
    ["act", about.action],
    ["reason", about.rule],
    ...labelled(1, "session", session),
    ...labelled(2, "asset", about.asset),
    ...labelled(3, "grant", about.grant),
    ...labelled(4, "request", about.request),
    ["msg", item.text],
  ];
  return fields.flatMap(([key, value]) => (key === "" || !value ? [] : [[key, value]]));
}

function labelled(number: number, label: string, value: string | null | undefined) {
  return value
    ? ([
        [`cs${number}Label`, label],
        [`cs${number}`, value],
      ] as const)
    : [];
}

/** `session:opened` reads `Session opened`. */
export function titleOf(kind: string): string {
  const words = kind.replace(":", " ").replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function headerText(text: string): string {
  return plainText(text, VALUE_MAX).replaceAll("\\", "\\\\").replaceAll("|", "\\|");
}

function extensionText(text: string): string {
  return plainText(text, VALUE_MAX).replaceAll("\\", "\\\\").replaceAll("=", "\\=");
}
