/** Who is told that a list has changed: only those whose rights fill it. */
import type { Asker, Decisions } from "../../access/decision-point.ts";
import type { Right } from "../../policy/rights.ts";
import type { SiteEvent } from "../../store/model.ts";
import type { FromBroker } from "../shapes/live.ts";

export type Topic = Parameters<FromBroker["changed"]>[0];

const READERS: Readonly<Record<Topic, readonly Right[]>> = {
  plant: ["plant:view"],
  sessions: ["session:list", "session:open"],
  // Who holds a grant sees it on the plant page.
  grants: ["grant:manage", "session:open"],
  // Who may decide is said by rules of the plant, not by rights.
  requests: ["session:open", "session:end"],
  // One's own roles and name are on every page.
  people: [],
  recordings: ["recording:own", "recording:all", "recording:break-glass"],
  events: ["events:view"],
  holds: ["hold:answer"],
  // Who asked waits for the answer too.
  consents: ["session:consent", "session:open"],
  alarms: ["events:view"],
  "break-glass": ["break-glass:open", "break-glass:review", "events:view"],
  // What shuts the site, an asset or oneself is shown on every page.
  locks: [],
};

export function mayHear(me: Asker, topic: Topic, decisions: Decisions): boolean {
  const rights = READERS[topic];
  return rights.length === 0 || rights.some((right) => decisions.may(me, right));
}

/** The list, besides the events, that an event of this kind (`area:what`) changes. */
export function topicOf(event: SiteEvent): Topic | undefined {
  const [area = ""] = event.kind.split(":");
  return BY_AREA.get(area);
}

const BY_AREA: ReadonlyMap<string, Topic> = new Map<string, Topic>([
  ["plant", "plant"],
  ["session", "sessions"],
  ["response", "sessions"],
  ["grant", "grants"],
  ["request", "requests"],
  ["person", "people"],
  ["passkey", "people"],
  ["recovery", "people"],
  ["enrolment", "people"],
  ["recording", "recordings"],
  ["break-glass", "break-glass"],
  // The list of policies is fetched with that of the people.
  ["policy", "people"],
]);
