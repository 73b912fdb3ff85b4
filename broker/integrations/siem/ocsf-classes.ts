/** Which class and activity of OCSF 1.4.0 each kind of event becomes. */
import type { FeedItem } from "../../store/integration-feed.ts";

export const CLASSES = {
  2004: { name: "Detection Finding", category: "Findings", categoryUid: 2 },
  3001: { name: "Account Change", category: "Identity & Access Management", categoryUid: 3 },
  3002: { name: "Authentication", category: "Identity & Access Management", categoryUid: 3 },
  3004: { name: "Entity Management", category: "Identity & Access Management", categoryUid: 3 },
  3005: {
    name: "User Access Management",
    category: "Identity & Access Management",
    categoryUid: 3,
  },
  4001: { name: "Network Activity", category: "Network Activity", categoryUid: 4 },
} as const;

export type ClassUid = keyof typeof CLASSES;

export interface Classified {
  readonly classUid: ClassUid;
  readonly activityId: number;
  /** 1 informational, 2 low, 3 medium, 4 high */
  readonly severityId: 1 | 2 | 3 | 4;
  readonly status?: "Success" | "Failure";
  /** What an Entity Management event is about. */
  readonly entity: string;
}

const OTHER = 99;

const ACTIVITIES: Readonly<Record<ClassUid, Readonly<Record<number, string>>>> = {
  2004: { 1: "Create", 2: "Update", 3: "Close" },
  3001: {
    1: "Create",
    2: "Enable",
    5: "Disable",
    10: "MFA Factor Enable",
    11: "MFA Factor Disable",
  },
  3002: { 1: "Logon", 2: "Logoff" },
  3004: { 1: "Create", 2: "Read", 3: "Update", 4: "Delete" },
  3005: { 1: "Assign Privileges", 2: "Revoke Privileges" },
  4001: { 1: "Open", 2: "Close", 5: "Refuse" },
};

export function activityName(classUid: ClassUid, activityId: number): string {
  return ACTIVITIES[classUid][activityId] ?? "Other";
}

type Entry = readonly [classUid: ClassUid, activityId: number, status?: Classified["status"]];

const KINDS: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  ["sign-in:begun", [3002, 1, "Success"]],
  ["sign-in:refused", [3002, 1, "Failure"]],
  ["workload:refused", [3002, 1, "Failure"]],
  ["sign-in:limited", [3002, 1, "Failure"]],
  ["sign-in:ended", [3002, 2, "Success"]],
  ["sign-in:stepped-up", [3002, OTHER, "Success"]],
  ["person:invited", [3001, 1, "Success"]],
  ["person:enabled", [3001, 2, "Success"]],
  ["person:disabled", [3001, 5, "Success"]],
  ["passkey:enrolled", [3001, 10, "Success"]],
  ["passkey:added", [3001, 10, "Success"]],
  ["passkey:removed", [3001, 11, "Success"]],
  ["grant:created", [3005, 1, "Success"]],
  ["grant:revoked", [3005, 2, "Success"]],
  ["request:approved", [3005, 1, "Success"]],
  ["break-glass:opened", [3005, 1, "Success"]],
  ["break-glass:ended", [3005, 2, "Success"]],
  ["request:made", [3004, 1]],
  ["lock:set", [3004, 1]],
  ["lock:lifted", [3004, 4]],
  ["policy:changed", [3004, 3]],
  ["plant:changed", [3004, 3]],
  ["recording:viewed", [3004, 2]],
  ["recording:exported", [3004, 2]],
  ["recording:read-on-host", [3004, 2]],
  ["recording:deleted", [3004, 4]],
  ["session:opened", [4001, 1, "Success"]],
  ["session:ended", [4001, 2]],
  ["operation:denied", [4001, 5, "Failure"]],
]);

/** Everything else of these areas. */
const AREAS: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  ["sign-in", [3002, OTHER]],
  ["person", [3001, OTHER]],
  ["passkey", [3001, OTHER]],
  ["recovery", [3001, OTHER]],
  ["enrolment", [3001, OTHER]],
  ["session", [4001, OTHER]],
]);

/** Every kind there is or will be has a place: what needs a person is a finding. */
export function classify({ kind, priority, about }: FeedItem): Classified {
  const [area = ""] = kind.split(":");
  const known = KINDS.get(kind) ?? (priority === "alarm" ? undefined : AREAS.get(area));
  const [given, activityId, status] = known ?? fallback(priority);
  // A connection without an asset says nothing to who reads it.
  const isPlaceless = given === 4001 && about.asset === undefined;
  const [classUid, activity] = isPlaceless ? [3004 as const, OTHER] : [given, activityId];
  const severityId = severityOf(priority, status, kind);
  return { classUid, activityId: activity, severityId, entity: area, ...(status && { status }) };
}

function fallback(priority: FeedItem["priority"]): Entry {
  return priority === "alarm" ? [2004, 1] : [3004, OTHER];
}

function severityOf(
  priority: FeedItem["priority"],
  status: Classified["status"],
  kind: string,
): Classified["severityId"] {
  if (priority === "alarm") return 4;
  if (status === "Failure") return 3;
  return kind.startsWith("break-glass:") || kind.startsWith("lock:") ? 3 : 1;
}
