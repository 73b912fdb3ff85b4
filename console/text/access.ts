/** Words of the page Access: what one holds, what one asked for, what waits for one's yes. */
import type { RequestView, WeeklyWindowView } from "../../broker/api/shapes/requests.ts";

const state: Record<RequestView["state"], string> = {
  waiting: "Waiting",
  approved: "Approved",
  refused: "Refused",
  withdrawn: "Taken back",
  expired: "Expired",
};

const day: Record<WeeklyWindowView["day"], string> = {
  mon: "Mondays",
  tue: "Tuesdays",
  wed: "Wednesdays",
  thu: "Thursdays",
  fri: "Fridays",
  sat: "Saturdays",
  sun: "Sundays",
};

/** Somebody else's, told to who agrees. */
function account({ name, employer, disabled }: RequestView["alike"][number]): string {
  return `${name} (${disabled ? `${employer}, disabled` : employer})`;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const accessText = {
  title: "Access",
  failed: "Your access could not be loaded",
  request: "Request access",
  breakGlass: "Break-glass…",
  summary: (grants: number | undefined, waiting: number) =>
    [
      ...(grants === undefined ? [] : [grants === 1 ? "1 grant" : `${grants} grants`]),
      ...(waiting === 0 ? [] : [waiting === 1 ? "1 waits for you" : `${waiting} wait for you`]),
    ].join(" · "),
  waits: {
    title: "Waits for you",
    over: "The request that you were told of does not wait for you any more. What became of those that are yours to know stands below.",
    asks: (name: string, employer: string) => (employer === "" ? name : `${name} (${employer})`),
    forWhom: (by: string) => `asked by ${by}`,
    alike: (people: RequestView["alike"]) =>
      `This may be ${people.map(account).join(" or ")}. Ask who this is before you agree: a second account brings back who was sent away.`,
    moreTime: "More time in a session",
    approve: "Approve",
    approveNamed: (name: string) => `Approve the request of ${name}`,
    refuse: "Refuse",
    refuseNamed: (name: string) => `Refuse the request of ${name}`,
    refuseTitle: (name: string) => `Refuse the request of ${name}?`,
    refuseReason: "Why",
    refuseExplain: "Your passkey signs the refusal. The person reads your reason.",
    failed: "Nothing was decided",
    altered: "What came to be signed is not what the broker showed. Load the page again.",
    signs: "Your passkey signs exactly this.",
    until: "expires",
    given: (given: number, needed: number) =>
      needed > 1 ? `${given} of ${needed} people have agreed` : "",
  },
  grants: {
    title: "My grants",
    emptyTitle: "You hold no grant now",
    empty: "Ask for the time you need; somebody responsible for the zone agrees to it.",
    emptyVendor:
      "Your account sleeps until somebody gives you a time. Ask the person who invited you, or request one here.",
    waitingTitle: (count: number) =>
      count === 1
        ? "Your request waits until somebody agrees"
        : `${count} requests of yours wait until somebody agrees`,
    waiting: "What you may reach appears here by itself then. You need do nothing meanwhile.",
    toRequests: "Show what was asked",
    filter: "Filter grants",
    open: "Open",
    openNamed: (asset: string) => `Open ${asset}`,
    left: "left",
    begins: "begins",
    noEnd: "no end",
    standing: "standing",
    giveBack: "Give back",
    more: "More time",
  },
  requests: {
    title: "Requests",
    empty: "Nothing was asked for yet.",
    state,
    by: (name: string) => `by ${name}`,
    because: "because",
    withdraw: "Take back",
    withdrawNamed: (what: string) => `Take back the request for ${what}`,
    withdrawTitle: "Take this request back?",
    withdrawWaiting: "Nobody can approve it any more.",
    withdrawApproved: "The grants that came of it end at once, and so do sessions under them.",
    earlier: "Show earlier ones",
  },
  terms: {
    where: "Where",
    what: "May do",
    when: "When",
    why: "Reason",
    ticket: "Ticket",
    needs: "Needs",
  },
  length: (ms: number) => {
    if (ms % DAY_MS === 0) return ms === DAY_MS ? "1 day" : `${ms / DAY_MS} days`;
    if (ms % HOUR_MS === 0) return ms === HOUR_MS ? "1 hour" : `${ms / HOUR_MS} hours`;
    return `${Math.round(ms / 60_000)} minutes`;
  },
  forDuration: (length: string) => `${length} from approval`,
  moreDuration: (length: string) => `${length} more`,
  until: "until",
  from: "from",
  now: "now",
  weekly: (windows: readonly WeeklyWindowView[]) =>
    windows.map((each) => `${day[each.day]} ${each.from}–${each.until}`).join(", "),
  forZone: (zone: string) => `for zone ${zone}`,
  siteTime: "site time",
  timeOf: (sites: readonly string[]) => `time of ${sites.join(", ")}`,
  sessionsMax: (count: number) => (count === 1 ? "one session at a time" : `${count} sessions`),
  approver: (named: string) =>
    named.startsWith("role:") ? `any ${named.slice("role:".length)}` : named,
  needs: (by: readonly string[], needed: number) =>
    needed > 1 ? `${needed} of: ${by.join(", ")}` : by.join(" or "),
  day,
} as const;

export const requestFormText = {
  title: "Request access",
  where: "Where",
  andWhere: "And where",
  another: "Add another endpoint",
  leaveOut: (place: number) => `Leave out endpoint ${place}`,
  endpointTwice: "This one is chosen already.",
  sessionsMax: "Sessions at a time",
  sessionsMaxAdvice: "Fewer are agreed to more easily.",
  sessionsMaxes: [
    { value: "", label: "no limit" },
    ...[1, 2, 3, 5, 10].map((count) => ({ value: String(count), label: String(count) })),
  ],
  of: {
    oneself: {
      profile: "What you need to do",
      profileMissing: "Choose what you need to do.",
      reasonAdvice: "What is wrong, what you will do. Whoever agrees reads it.",
    },
    other: {
      profile: "What they need to do",
      profileMissing: "Choose what they need to do.",
      reasonAdvice: "What is wrong, what they will do. Whoever agrees reads it.",
    },
  },
  choose: "Choose…",
  kind: "When",
  kinds: { duration: "For a time", window: "From … until", weekly: "Every week" },
  lengths: [
    { ms: 3_600_000, label: "1 hour" },
    { ms: 2 * 3_600_000, label: "2 hours" },
    { ms: 4 * 3_600_000, label: "4 hours" },
    { ms: 8 * 3_600_000, label: "8 hours" },
    { ms: 24 * 3_600_000, label: "1 day" },
    { ms: 7 * 24 * 3_600_000, label: "1 week" },
  ],
  lengthAdvice: "The clock starts when it is approved.",
  from: "From",
  until: "Until",
  zone: "Times are in your own time zone.",
  weekDay: "Day",
  weekFrom: "From (site time)",
  weekUntil: "Until (site time)",
  weekEnd: "Comes back until",
  reason: "Reason",
  reasonLengthMax: 300,
  ticket: "Ticket",
  ticketAdvice: "Work order, if there is one.",
  ticketLengthMax: 60,
  approvers: (who: string) => `Agreed by ${who}.`,
  submit: "Send request",
  cancel: "Cancel",
  failed: "Nothing was asked for",
  endpointMissing: "Choose where.",
  reasonMissing: "Give a reason.",
  timeMissing: "Give a date and a time.",
  untilPast: "The end must lie ahead, and after the beginning.",
  sent: "Request sent",
} as const;

export const moreTimeText = {
  short: "More time",
  ask: "Ask for more time",
  askedShort: "Asked",
  asked: "More time was asked for",
  title: "Ask for more time",
  length: "How much more",
  lengths: [
    { ms: 15 * 60_000, label: "15 minutes" },
    { ms: 30 * 60_000, label: "30 minutes" },
    { ms: 3_600_000, label: "1 hour" },
    { ms: 2 * 3_600_000, label: "2 hours" },
    { ms: 4 * 3_600_000, label: "4 hours" },
  ],
  reason: "Reason",
  explain: "Your session goes on meanwhile. When somebody agrees, its end moves at once.",
  submit: "Ask",
} as const;
