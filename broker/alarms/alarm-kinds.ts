import { DEVICE_ALARM_KINDS } from "./device-alarm-kinds.ts";
import { GATEWAY_ALARM_KINDS } from "./gateway-alarm-kinds.ts";
import { IDENTITY_ALARM_KINDS } from "./identity-alarm-kinds.ts";
import { INTEGRATION_ALARM_KINDS } from "./integration-alarm-kinds.ts";
import { OBJECT_ALARM_KINDS } from "./object-alarm-kinds.ts";
import { PEOPLE_ALARM_KINDS } from "./people-alarm-kinds.ts";
import { PROCESS_ALARM_KINDS } from "./process-alarm-kinds.ts";
import { RISK_ALARM_KINDS } from "./risk-alarm-kinds.ts";
import { SCANNING_ALARM_KINDS } from "./scanning-alarm-kinds.ts";
import { UPKEEP_ALARM_KINDS } from "./upkeep-alarm-kinds.ts";
import { WORKLOAD_ALARM_KINDS } from "./workload-alarm-kinds.ts";

/**
 * Every alarm there is, in the manner of ISA-18.2: what needs a person, how urgently, what happens
 * if nobody comes, and what to do. What is not here is an event in a list. Priorities:
 *
 * - `urgent`: evidence or a protection is being lost now. Come within minutes.
 * - `high`: somebody's work stands still, or a protection is weaker than it should be. Within the hour.
 * - `low`: nothing is lost yet. Look today.
 */
export const PRIORITIES = ["urgent", "high", "low"] as const;
export type AlarmPriority = (typeof PRIORITIES)[number];

export interface AlarmKind {
  readonly priority: AlarmPriority;
  readonly title: string;
  /** What happens if nobody comes. */
  readonly consequence: string;
  /** What to do: the runbook in a sentence or two. */
  readonly action: string;
  /**
   * How it returns to normal. `condition`: a part says that it is well again. `quiet`: it happened,
   * and has not happened again for `quietMs`. Never by being acknowledged.
   */
  readonly returns: "condition" | "quiet";
  /** For this long the condition must stay away: a value that flutters does not ring each time. */
  readonly quietMs: number;
  /** Its condition ends by what a person does, so that nobody has to acknowledge it besides. */
  readonly endsAnswered?: true;
  /** Rings anew each time, also if the one before was acknowledged. */
  readonly ringsAnew?: true;
  /** Site events that raise it, and those that say that its condition is gone. */
  readonly raisedBy?: readonly string[];
  readonly clearedBy?: readonly string[];
  /** What tells two of them apart; absent: there is at most one. */
  readonly source?: "session" | "subject" | "integration" | "endpoint";
  /** Only events that the broker itself marks as needing a person. */
  readonly onlyMarked?: true;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A part that works again must go on doing so. */
const STEADY_MS = 5 * SECOND;

export const ALARM_KINDS = {
  "recorder-failed": {
    priority: "urgent",
    title: "Nothing can be recorded",
    consequence:
      "Sessions are frozen: nothing that changes a plant passes, and no session can be opened.",
    action:
      "Open Health for the cause. Usually the volume of the recordings is full, read-only or gone: free space or mount it again. Recording goes on by itself.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "site-log-failed": {
    priority: "urgent",
    title: "The site log cannot be written",
    consequence: "No session can be opened; what happens meanwhile waits in memory.",
    action:
      "Open Audit for the cause. If the log was refused, find out why before anything else; sallyport log replace begins a new one beside it.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "site-log-forked": {
    priority: "urgent",
    title: "A witness has seen another history",
    consequence:
      "The log here is not the one that was witnessed: it went back, was copied, or was changed.",
    action:
      "Keep the data folder as it is. Compare the checkpoint on Audit with the witness's, and find out what was restored or changed.",
    returns: "condition",
    quietMs: STEADY_MS,
    raisedBy: ["site-log:forked"],
  },
  "store-failed": {
    priority: "urgent",
    title: "The database cannot be used",
    consequence: "Nobody can sign in, no session can begin, and no change of rights is kept.",
    action:
      "See the broker's log for the cause. A PostgreSQL server is used again by itself once it answers; otherwise restart the broker.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "volume-full": {
    priority: "urgent",
    title: "The volume of the recordings is full",
    consequence: "No session can be opened; below the reserve live sessions are frozen.",
    action: "Free space on the volume or enlarge it. Never delete recordings by hand.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "break-glass-used": {
    priority: "urgent",
    title: "Break-glass access was used",
    consequence: "Somebody works without the usual agreement of a second person.",
    action: "Watch the session on Live and ask the person. End it if it is not an emergency.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["break-glass:opened"],
    source: "subject",
  },
  "volume-high": {
    priority: "high",
    title: "The volume of the recordings is nearly full",
    consequence: "At 95 % no session can be opened any more.",
    action: "Free space on the volume or enlarge it, or shorten the retention.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "witness-behind": {
    priority: "high",
    title: "The witnesses are behind",
    consequence:
      "Until they have caught up, a change of the log on this host could go unnoticed by others.",
    action: "Check that the witnesses run and that the broker reaches them. Sessions go on.",
    returns: "condition",
    quietMs: STEADY_MS,
    raisedBy: ["witness:behind"],
    clearedBy: ["witness:caught-up"],
  },
  "hold-waiting": {
    priority: "high",
    title: "An operation waits for a second person",
    consequence: "The person at work stands still; unanswered, the operation is refused.",
    action: "Open Live, look at the value now and the value asked for, and permit or refuse.",
    returns: "condition",
    endsAnswered: true,
    quietMs: 0,
  },
  lockdown: {
    priority: "high",
    title: "A lock is in force",
    consequence: "Whom or what it shuts cannot be reached until it is lifted.",
    action: "When the reason has gone, lift the lock. A site's lock takes two people.",
    returns: "condition",
    endsAnswered: true,
    quietMs: 0,
  },
  "break-glass-unreviewed": {
    priority: "high",
    title: "Break-glass access was not reviewed",
    consequence: "Nobody has looked yet at what was done without agreement.",
    action: "Watch the recording, then write the review on the page Break-glass.",
    returns: "condition",
    endsAnswered: true,
    quietMs: 0,
  },
  "policy-error": {
    priority: "high",
    title: "A policy could not be evaluated",
    consequence: "What it should have decided was denied.",
    action: "Open Policy; the policy named in the alarm meets a value that it does not expect.",
    returns: "quiet",
    quietMs: 10 * MINUTE,
    raisedBy: ["policy:failed"],
  },
  "policy-invalid": {
    priority: "high",
    title: "The policy files are not in force",
    consequence: "The older set still decides: a right taken away in the files is still held.",
    action: "Mend the files on the host, or save the right version on the page Policy.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "plant-invalid": {
    priority: "high",
    title: "The plant file is not valid",
    consequence: "The older plant is still in force: assets and rights of the edit do not count.",
    action:
      "Health names the line. Mend the file; it is read again when it is saved. sallyport plant check FILE checks it first.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "passkey-counter": {
    priority: "high",
    title: "A passkey counted backwards",
    consequence: "The authenticator may have been copied; the attempt was refused.",
    action: "Ask its owner. If they cannot explain it, disable the person and recover them.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["passkey:counter"],
    source: "subject",
  },
  "sign-in-stolen": {
    priority: "high",
    title: "A sign-in of a command was copied",
    consequence:
      "Its token was shown with another machine's key; it was refused and has been ended.",
    action:
      "Look at the machine named: somebody read the files of that account. Disable the person until it is clear who.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["sign-in:stolen"],
    source: "subject",
  },
  ...DEVICE_ALARM_KINDS,
  ...IDENTITY_ALARM_KINDS,
  ...GATEWAY_ALARM_KINDS,
  ...WORKLOAD_ALARM_KINDS,
  ...SCANNING_ALARM_KINDS,
  ...PROCESS_ALARM_KINDS,
  ...RISK_ALARM_KINDS,
  ...PEOPLE_ALARM_KINDS,
  ...UPKEEP_ALARM_KINDS,
  "tool-not-started": {
    priority: "high",
    title: "A tool asked for a session that nobody started",
    consequence: "Somebody who can reach the door of the broker tries to be let in by your people.",
    action:
      "Ask the person named whether they started the tool. If not, close off the address in front of the broker and tell everybody to refuse what they did not start.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["native:refused", "native:mismatched", "sign-in:denied", "sign-in:mismatched"],
    source: "subject",
  },
  "host-act": {
    priority: "high",
    title: "Somebody acted on the host",
    consequence: "Rights were changed past the console, by whoever can log in to the machine.",
    action: "Ask who did it and why. If nobody knows, lock the site and look at the host.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    onlyMarked: true,
    raisedBy: [
      "recovery:on-host",
      "policy:changed",
      "plant:unconfirmed",
      "lock:lifted-on-host",
      "person:unlocked-on-host",
      "credential:set",
      "credential:removed",
      "asset:trusted",
      "asset:trust-withdrawn",
      "store:moved",
    ],
  },
  "clock-stepped": {
    priority: "high",
    title: "The clock was set",
    consequence: "Times in recordings before and after do not compare; grants may begin or end.",
    action: "Check the time service of this machine. The step stands in the site log.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["clock:stepped"],
  },
  "certificate-ending": {
    priority: "high",
    title: "The console's certificate needs somebody",
    consequence: "Once it has ended browsers refuse the console and every passkey.",
    action:
      "Health names the trouble. Put a new certificate and its key into the files of SALLYPORT_TLS_CERTIFICATE and SALLYPORT_TLS_KEY: they count within seconds.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "session-fault": {
    priority: "high",
    title: "A session ended by a fault",
    consequence: "A recording may lack its end, or a connection could not be served.",
    action: "Open the recording; its state says what is missing. See the broker's log.",
    returns: "quiet",
    quietMs: 10 * MINUTE,
    raisedBy: ["session:fault"],
    source: "session",
  },
  ...INTEGRATION_ALARM_KINDS,
  ...OBJECT_ALARM_KINDS,
  "integrations-invalid": {
    priority: "high",
    title: "The integrations file is not valid",
    consequence: "What was configured before is still in force; the edit does not count.",
    action: "Mend the file; it is read again when it is saved.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "key-switch-unknown": {
    priority: "high",
    title: "A key switch cannot be read",
    consequence: "It counts as off: what it covers cannot be reached from outside.",
    action: "Check the endpoint that the switch is read at, and its tag in the plant file.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "volume-filling": {
    priority: "low",
    title: "The volume of the recordings fills",
    consequence: "It will be full some day: at 95 % no session can be opened.",
    action: "Plan for more space, or a shorter retention.",
    returns: "condition",
    quietMs: STEADY_MS,
  },
  "operation-refused": {
    priority: "low",
    title: "Operations are refused on a live session",
    consequence: "The person tries what their grant does not permit; the plant heard nothing.",
    action: "Watch the session on Live. Give the right they need, or end it.",
    returns: "quiet",
    quietMs: MINUTE,
    raisedBy: ["operation:refused"],
    source: "session",
  },
  "protocol-violation": {
    priority: "low",
    title: "A session ended by a violation",
    consequence: "One side sent what the protocol does not allow: a fault or an attack.",
    action: "Open the recording at its end; it shows who sent what.",
    returns: "quiet",
    quietMs: 10 * MINUTE,
    onlyMarked: true,
    raisedBy: ["session:ended"],
    source: "session",
  },
  "recording-incomplete": {
    priority: "low",
    title: "A recording was closed after a crash",
    consequence: "It holds all that reached the asset, and not its own end.",
    action: "Find out why the broker stopped. The recording's state says what is missing.",
    returns: "quiet",
    quietMs: 10 * MINUTE,
    raisedBy: ["recording:recovered"],
  },
  "recording-quota": {
    priority: "low",
    title: "A session was ended by its quota",
    consequence: "The recording is whole and the person was cut off.",
    action: "If the work needs more, raise the limit of a recording and restart the broker.",
    returns: "quiet",
    quietMs: 10 * MINUTE,
    source: "session",
  },
  "retention-failing": {
    priority: "low",
    title: "Recordings that are due are not deleted",
    consequence: "They are kept longer than promised, and use space.",
    action: "See the broker's log for the cause; it is tried again.",
    returns: "quiet",
    quietMs: 2 * HOUR,
    raisedBy: ["recording:not-deleted"],
  },
  "sign-in-attack": {
    priority: "low",
    title: "Many sign-ins were refused",
    consequence: "Somebody tries passkeys or floods the door; they wait now.",
    action: "Events names the addresses. Close them off in front of the broker.",
    returns: "quiet",
    quietMs: 15 * MINUTE,
    onlyMarked: true,
    raisedBy: ["sign-in:limited", "sign-in:refused"],
  },
  "rare-act": {
    priority: "low",
    title: "Somebody used an unusual power",
    consequence: "A recovery or a grant to oneself goes past the usual second look.",
    action: "Ask the person named whether it was them, and why.",
    returns: "quiet",
    quietMs: 15 * MINUTE,
    ringsAnew: true,
    onlyMarked: true,
    raisedBy: [
      "recovery:requested",
      "recovery:approved",
      "passkey:removed",
      "passkey:enrolled",
      "passkey:rp-id-changed",
      "grant:created",
    ],
    source: "subject",
  },
} as const satisfies Readonly<Record<string, AlarmKind>>;

export type AlarmKindName = keyof typeof ALARM_KINDS;

export const ALARM_KIND_NAMES = Object.keys(ALARM_KINDS) as readonly AlarmKindName[];

/** Undefined for a kind that an older or newer release knew. */
export function alarmKind(name: string): AlarmKind | undefined {
  return Object.hasOwn(ALARM_KINDS, name) ? ALARM_KINDS[name as AlarmKindName] : undefined;
}
