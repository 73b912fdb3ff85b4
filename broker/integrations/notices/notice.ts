/**
 * What a person is told elsewhere: that something waits or has happened, and where in the console
 * to look. Never values, reasons or secrets: who reads a channel is not known here. Approving is
 * done in the console, with a passkey.
 */
import type { FeedItem } from "../../store/integration-feed.ts";
import { plainText } from "../../store/plain-text.ts";
import type { Topic } from "../model.ts";

export interface Notice {
  /** Of the event; the same however often it is sent. */
  readonly id: string;
  readonly topic: Topic;
  readonly kind: string;
  readonly atMs: number;
  readonly urgent: boolean;
  /** One line; may hold names that people chose. */
  readonly title: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly link: string;
  readonly linkText: string;
}

export interface NoticeSite {
  /** Where the console is. */
  readonly origin: string;
  readonly siteName: string;
}

/** What "send a test" sends. */
export const TEST_KIND = "integration:test";

interface Wording {
  readonly topic: Topic;
  readonly title: (who: string, where: string) => string;
  readonly page: string;
  readonly linkText: string;
  /** It is about one request: the page leads there. */
  readonly isRequest?: true;
}

const look = { page: "/events", linkText: "Look at the events" };
const review = { page: "/access", linkText: "Review the request", isRequest: true } as const;

const WORDINGS: ReadonlyMap<string, Wording> = new Map<string, Wording>([
  [
    "request:made",
    { topic: "request", title: (who, at) => `A request for ${who}${at} waits`, ...review },
  ],
  [
    "request:agreed",
    {
      topic: "request",
      title: (who, at) => `The request for ${who}${at} waits for somebody else too`,
      ...review,
    },
  ],
  ["request:approved", decided("approved")],
  ["request:refused", decided("refused")],
  [
    "hold:waiting",
    {
      topic: "hold",
      title: (who, at) => `An operation of ${who}${at} waits for a second person`,
      page: "/live",
      linkText: "Look at it and answer",
    },
  ],
  [
    "response:asked",
    {
      topic: "hold",
      title: (who, at) => `Something unusual stopped the work of ${who}${at}: somebody must answer`,
      page: "/live",
      linkText: "Look at it and answer",
    },
  ],
  [
    "grant:ending",
    {
      topic: "grant-ending",
      title: (who, at) => `The time of ${who}${at} is about to end`,
      page: "/access",
      linkText: "Ask for more time",
    },
  ],
  [
    "person:invited",
    {
      topic: "invitation",
      title: (who) => `${who} has been invited`,
      page: "/sign-in",
      linkText: "Open the console",
    },
  ],
  [
    TEST_KIND,
    {
      topic: "alarm",
      title: () => "A test: notices reach you",
      page: "/",
      linkText: "Open the console",
    },
  ],
  ["break-glass:opened", breakGlass("has used break-glass")],
  ["break-glass:ended", breakGlass("no longer holds break-glass access")],
  ["break-glass:reviewed", breakGlass("had a use of break-glass reviewed")],
  ["lock:set", locked("was set")],
  ["lock:lift-agreed", locked("is to be lifted: a second person must agree")],
  ["lock:lifted", locked("was lifted")],
  ["lock:lifted-on-host", locked("was lifted on the host")],
  ["recorder:failed", recorder("Nothing can be recorded: writes are frozen")],
  ["recorder:ready", recorder("Recording works again")],
  ["site-log:failed", recorder("The site log cannot be written: no session can begin")],
  ["site-log:ready", recorder("The site log is written again")],
  ["evidence:filling", recorder("The volume of the recordings fills up")],
]);

export function topicOf(kind: string): Topic | undefined {
  return WORDINGS.get(kind)?.topic;
}

/** Undefined where nobody is told of this. Alarms without words of their own are told by their kind. */
export function noticeOf(item: FeedItem, site: NoticeSite): Notice | undefined {
  const wording = WORDINGS.get(item.kind) ?? (item.priority === "alarm" ? alarm(item) : undefined);
  if (!wording) return undefined;
  const { topic, title, linkText } = wording;
  const who = plainText(item.person?.name || "somebody", NAME_MAX);
  const place = item.about.assetName ?? item.about.endpoint ?? item.about.asset;
  const where = place === undefined ? "" : ` on ${plainText(place, NAME_MAX)}`;
  return {
    ...{ id: item.id, topic, kind: item.kind, atMs: item.atMs },
    urgent: item.priority === "alarm",
    title: title(who, where),
    facts: factsOf(item, site),
    ...{ link: `${site.origin}${pageOf(wording, item)}`, linkText },
  };
}

function pageOf({ page, isRequest }: Wording, { about: { request } }: FeedItem): string {
  return isRequest && request !== undefined
    ? `${page}?${new URLSearchParams({ request: String(request) })}`
    : page;
}

const NAME_MAX = 80;

function factsOf({ about, atMs }: FeedItem, { siteName }: NoticeSite): Notice["facts"] {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Site", siteName],
    ["Where", about.assetName ?? about.endpoint ?? about.asset],
    ["Profile", about.profile],
    ["Until", about.untilMs === undefined ? undefined : timeText(Number(about.untilMs))],
    ["When", timeText(atMs)],
  ];
  return facts.flatMap(([label, value]) =>
    value === undefined || value === "" ? [] : [[label, plainText(value, NAME_MAX)] as const],
  );
}

/** UTC: who reads it may be anywhere. */
function timeText(ms: number): string {
  return Number.isFinite(ms)
    ? `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`
    : "";
}

function alarm({ kind }: FeedItem): Wording {
  const words = kind.replace(":", ": ").replaceAll("-", " ");
  return { topic: "alarm", title: (_who, at) => `Alarm${at}: ${words}`, ...look };
}

function decided(how: string): Wording {
  return {
    topic: "decision",
    title: (who, at) => `The request for ${who}${at} was ${how}`,
    page: "/access",
    linkText: "See what you may do",
  };
}

function breakGlass(what: string): Wording {
  return { topic: "break-glass", title: (who, at) => `${who} ${what}${at}`, ...look };
}

function locked(what: string): Wording {
  return {
    topic: "lock",
    title: (_who, at) => `A lock${at} ${what}`,
    page: "/",
    linkText: "Look at the plant",
  };
}

function recorder(title: string): Wording {
  return { topic: "recorder", title: () => title, page: "/health", linkText: "Look at the health" };
}
