/**
 * Figures by month for those who steer: do people get in, how long do they wait for access, how
 * fast does it end, what still stands, what nobody looked at. Counted, never estimated.
 */
import {
  countEvents,
  lookedInto,
  type RequestFigures,
  requestsMade,
  type SessionEvent,
  sessionEvents,
} from "../store/figures.ts";
import type { Store } from "../store/store.ts";
import type { StandingRight } from "./access-review.ts";
import { BROKER_SUBJECT } from "./permit.ts";
import { type Month, monthsUntil } from "./wall-time.ts";

export const MONTHS = 12;

/** Of a list of times; null where there are none. Milliseconds. */
export interface Spread {
  readonly median: number | null;
  readonly most: number | null;
}

export interface MonthFigures {
  readonly month: string;
  readonly signIns: { readonly begun: number; readonly refused: number };
  readonly requests: {
    readonly made: number;
    readonly agreed: number;
    readonly refused: number;
    /** Taken back, or nobody answered in time. */
    readonly lapsed: number;
    /** From asking to the answer. */
    readonly decided: Spread;
    /** From asking to the first session under what was granted. */
    readonly used: Spread;
  };
  readonly sessions: { readonly opened: number; readonly cut: number; readonly cutAfter: Spread };
  readonly refusals: number;
  readonly breakGlass: number;
  readonly recordings: { readonly ended: number; readonly unreviewed: number };
}

export interface NowFigures {
  readonly rights: number;
  /** Without an end. */
  readonly standing: number;
  readonly unused: number;
}

/** What is counted of a recording. */
export interface RecordingFigures {
  readonly session: string;
  readonly endedMs: number;
  readonly subject: string;
  readonly state: string;
}

/** How a session ends that nobody took away. */
const OWN_ENDS: ReadonlySet<string> = new Set([
  ...["owner-ended", "client-closed", "asset-closed", "idle", "lease", "grant-end", "absolute"],
  ...["shutdown", "fault", "violation", "recorder"],
]);

/** Of a site, with its store at hand. */
export type FiguresByMonth = (
  recordings: readonly RecordingFigures[],
  when: { readonly nowMs: number; readonly timeZone: string },
) => Promise<readonly MonthFigures[]>;

export async function figuresByMonth(
  store: Store,
  recordings: readonly RecordingFigures[],
  { nowMs, timeZone }: { readonly nowMs: number; readonly timeZone: string },
): Promise<readonly MonthFigures[]> {
  const looked = await lookedInto(store.queries);
  const figures: MonthFigures[] = [];
  for (const month of monthsUntil(nowMs, timeZone, MONTHS)) {
    const here = recordings.filter(({ endedMs }) => within(month, endedMs));
    const unreviewed = here.filter(({ session, subject }) => {
      return ![...(looked.get(session) ?? [])].some((person) => person !== subject);
    });
    const ended = { ended: here.length, unreviewed: unreviewed.length };
    figures.push({ ...(await ofMonth(store, month, nowMs)), recordings: ended });
  }
  return figures;
}

async function ofMonth(
  { queries }: Store,
  month: Month,
  nowMs: number,
): Promise<Omit<MonthFigures, "recordings">> {
  const events = await countEvents(queries, month);
  // Its own sessions the broker opens for key switches and readings: nobody steers by those.
  const opened = (await sessionEvents(queries, "session:opened", month)).filter(
    ({ about }) => about.holder !== BROKER_SUBJECT.id,
  );
  const ended = await sessionEvents(queries, "session:ended", month);
  // What was asked for on the last day is opened in the next month.
  const later = { fromMs: month.fromMs, untilMs: month.untilMs + LATER_MS };
  const used = firstUses(await sessionEvents(queries, "session:opened", later));
  const cut = ended.filter(({ about }) => about.rule !== undefined && !OWN_ENDS.has(about.rule));
  const count = (...kinds: readonly string[]) =>
    kinds.reduce((sum, kind) => sum + (events.get(kind) ?? 0), 0);
  return {
    month: month.name,
    signIns: {
      begun: count("sign-in:begun"),
      refused: count("sign-in:refused", "sign-in:limited"),
    },
    requests: requestFigures(await requestsMade(queries, month), used, nowMs),
    sessions: {
      opened: opened.length,
      cut: cut.length,
      cutAfter: spread(cut.flatMap(({ about }) => (about.cutMs ? [Number(about.cutMs)] : []))),
    },
    refusals: count("operation:refused"),
    breakGlass: count("break-glass:opened"),
  };
}

const LATER_MS = 31 * 24 * 3_600_000;

function firstUses(opened: readonly SessionEvent[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const { atMs, about } of opened) {
    if (about.grant !== undefined && !first.has(about.grant)) first.set(about.grant, atMs);
  }
  return first;
}

function requestFigures(
  made: readonly RequestFigures[],
  used: ReadonlyMap<string, number>,
  nowMs: number,
): MonthFigures["requests"] {
  const agreed = made.filter(({ state }) => state === "approved");
  const refused = made.filter(({ state }) => state === "refused");
  const lapsed = made.filter(
    ({ state, expiresMs }) => state === "withdrawn" || (state === "waiting" && expiresMs <= nowMs),
  );
  const waits = [...agreed, ...refused].map(({ createdMs, stateMs }) => stateMs - createdMs);
  const uses = agreed.flatMap(({ createdMs, grants }) => {
    const times = grants.flatMap((grant) => used.get(grant) ?? []);
    return times.length > 0 ? [Math.min(...times) - createdMs] : [];
  });
  return {
    ...{ made: made.length, agreed: agreed.length, refused: refused.length },
    ...{ lapsed: lapsed.length, decided: spread(waits), used: spread(uses) },
  };
}

export function figuresNow(rights: readonly StandingRight[]): NowFigures {
  return {
    rights: rights.length,
    standing: rights.filter(({ grant }) => grant.untilMs === null).length,
    unused: rights.filter(({ unused }) => unused).length,
  };
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: sorted[Math.floor((sorted.length - 1) / 2)] ?? null,
    most: sorted.at(-1) ?? null,
  };
}

function within({ fromMs, untilMs }: Month, atMs: number): boolean {
  return atMs >= fromMs && atMs < untilMs;
}
