/**
 * The alarms of the site. Raising and returning count at once, in memory, and are written behind:
 * an alarm about a full disk must not wait for the disk. What a person does with an alarm is
 * written first, with its event, and counts then.
 */
import type { Clock } from "../clock.ts";
import {
  type Alarm,
  type AlarmAct,
  keepAlarm,
  lastAlarmId,
  listOpenAlarms,
  listPastAlarms,
  type PastPage,
  placeAlarms,
} from "../store/alarms.ts";
import { OrderedIds } from "../store/ids.ts";
import type { Person } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import type { Store } from "../store/store.ts";
import { ALARM_KINDS, type AlarmKind, type AlarmKindName, alarmKind } from "./alarm-kinds.ts";
import { type AlarmPlace, OF_THE_WHOLE } from "./alarm-place.ts";
import { found, over, returned, stateOf } from "./alarm-state.ts";
import { eventOf, priorityOf, type Said, titleOf, VERBS, wordOf } from "./alarm-words.ts";
import { AlarmWriter } from "./alarm-writer.ts";
import { Flutter } from "./flutter.ts";

export interface AlarmParts {
  readonly store: Pick<Store, "queries" | "act">;
  readonly clock: Clock;
  /** Something that a list of alarms shows has changed. */
  readonly changed: () => void;
  /** An alarm could not be written; it counts all the same. */
  readonly trouble: (error: unknown) => void;
}

export interface Occurrence {
  readonly text: string;
  readonly subject?: string | undefined;
  readonly session?: string | undefined;
  /** Of the whole where it is left out. */
  readonly place?: AlarmPlace | undefined;
}

/** Of one kind at a site at once: in a flood the twenty-first says nothing that others do not. */
const SOURCES_MAX = 20;
const TEXT_MAX = 400;
const REASON_MAX = 500;
/** After a start, so long until a part that failed has said whether it still does. */
const START_GRACE_MS = 90_000;
/** One working shift; an urgent one comes back while whoever shelved it is still there. */
const SHELVE_MAX_MS = 12 * 3_600_000;
const SHELVE_URGENT_MAX_MS = 3_600_000;
const SHELVE_MIN_MS = 60_000;
/** Read at once. */
const PAST_MAX = 200;

export class AlarmBook {
  private readonly parts: AlarmParts;
  private readonly ids: OrderedIds;
  private readonly flutter: Flutter;
  /** By kind and source. */
  private readonly open = new Map<string, Alarm>();
  /** What will happen to one: it returns, or comes back from its shelf. */
  private readonly returning = new Map<string, () => void>();
  private readonly shelves = new Map<string, () => void>();
  private readonly notInService = new Map<AlarmKindName, string>();
  private readonly writer: AlarmWriter;
  private closed = false;

  private constructor(parts: AlarmParts, lastId: string | undefined) {
    this.parts = parts;
    this.ids = new OrderedIds(lastId);
    this.flutter = new Flutter(parts.clock);
    this.writer = new AlarmWriter(parts, (key) => this.open.get(key));
  }

  static async open(parts: AlarmParts): Promise<AlarmBook> {
    const { queries } = parts.store;
    const book = new AlarmBook(parts, await lastAlarmId(queries));
    for (const alarm of await listOpenAlarms(queries)) book.resume(alarm);
    return book;
  }

  list(): readonly Alarm[] {
    return [...this.open.values()];
  }

  /** Those that are over, newest first. */
  past(page: Omit<PastPage, "limit"> = {}): Promise<readonly Alarm[]> {
    return listPastAlarms(this.parts.store.queries, { ...page, limit: PAST_MAX });
  }

  /** Each goes with its asset: once the plant file is read, and whenever another counts. */
  async place(placeOf: (asset: string) => AlarmPlace): Promise<void> {
    const { store, changed } = this.parts;
    const placed = await this.writer.inOrder(() =>
      store.act(async (queries) => {
        await placeAlarms(queries, (asset) => placeOf(asset).site);
        return new Map((await listOpenAlarms(queries)).map(({ id, asset }) => [id, asset]));
      }),
    );
    for (const [key, alarm] of this.open) {
      const asset = alarm.asset ?? placed.get(alarm.id) ?? null;
      if (asset !== null) this.open.set(key, { ...alarm, ...placeOf(asset) });
    }
    changed();
  }

  /** Out of service by design: what it is about is not used at this site. */
  takeOutOfService(kind: AlarmKindName, why: string): void {
    this.notInService.set(kind, why);
  }

  /** Why an alarm is out of service. */
  outOfService(kind: AlarmKindName): string | undefined {
    return this.notInService.get(kind);
  }

  isFluttering({ kind, source }: Alarm): boolean {
    return this.flutter.is(keyOf(kind, source));
  }

  /** Its condition is there. Never waits and never throws. */
  raise(kind: AlarmKindName, source: string, occurrence: Occurrence): void {
    if (this.closed || this.notInService.has(kind)) return;
    const { key, source: own, text, place } = this.roomFor(kind, source, occurrence);
    const nowMs = this.parts.clock.wallMs();
    const before = this.open.get(key);
    this.stopReturning(key);
    if (before === undefined || before.returnedMs !== null) this.flutter.raised(key);
    const { ringsAnew, returns, quietMs }: AlarmKind = ALARM_KINDS[kind];
    const alarm = before
      ? { ...found(before, text, nowMs, ringsAnew === true), ...(place.site !== null && place) }
      : this.begun(kind, own, { ...occurrence, text, place }, nowMs);
    const rings = before === undefined || stateOf(before) !== stateOf(alarm);
    const said = { name: "alarm:raised", text: `${wordOf(kind)} alarm: ${titleOf(kind)}. ${text}` };
    this.put(key, alarm, rings ? said : undefined);
    if (returns === "quiet") this.returnLater(key, this.flutter.quietMs(key, quietMs));
  }

  /** Its condition is gone. */
  clear(kind: AlarmKindName, source: string): void {
    const key = keyOf(kind, source);
    const alarm = this.open.get(key);
    if (!alarm || alarm.returnedMs !== null) return;
    const { returns, quietMs: normal }: AlarmKind = ALARM_KINDS[kind];
    if (returns === "quiet") {
      // Somebody settled it: there is nothing to wait for.
      this.stopReturning(key);
      this.comeBack(key);
      return;
    }
    if (this.returning.has(key)) return;
    const quietMs = this.flutter.quietMs(key, normal);
    if (quietMs === 0) this.comeBack(key);
    else this.returnLater(key, quietMs);
  }

  /** Exactly these conditions of a kind are there. */
  hold(kind: AlarmKindName, conditions: ReadonlyMap<string, Occurrence>): void {
    for (const [source, occurrence] of conditions) {
      const { key, text, place } = this.roomFor(kind, source, occurrence);
      const alarm = this.open.get(key);
      const same = alarm?.text === text && (place.site ?? alarm.site) === alarm.site;
      if (!same || alarm.returnedMs !== null || this.returning.has(key))
        this.raise(kind, source, occurrence);
    }
    for (const alarm of this.list()) {
      if (alarm.kind !== kind || conditions.has(alarm.source)) continue;
      if (alarm.source === moreAt(alarm) && isFlood(conditions, alarm)) continue;
      this.clear(kind, alarm.source);
    }
  }

  /**
   * Somebody has seen it. The condition stays what it is.
   * @returns undefined if there is no such alarm, or it was acknowledged already
   */
  async acknowledge(id: string, by: Person, reason: string): Promise<Alarm | undefined> {
    return this.act(id, by, reason, "alarm:acknowledged", (alarm, act) => {
      if (alarm.acknowledged !== null) return undefined;
      return { ...alarm, acknowledged: act };
    });
  }

  /**
   * Out of the way until then, at the latest for `shelveMaxMs`.
   * @returns undefined if there is no such alarm, or it is on a shelf already
   */
  async shelve(
    id: string,
    by: Person,
    { reason, forMs }: { readonly reason: string; readonly forMs: number },
  ): Promise<Alarm | undefined> {
    const shelved = await this.act(id, by, reason, "alarm:shelved", (alarm, act) => {
      if (alarm.shelved !== null) return undefined;
      const boundedMs = Math.max(SHELVE_MIN_MS, Math.min(forMs, shelveMaxMs(alarm)));
      return { ...alarm, shelved: { ...act, untilMs: act.atMs + boundedMs } };
    });
    if (shelved?.shelved) this.shelveUntil(shelved);
    return shelved;
  }

  /** Back from its shelf before its time. */
  async unshelve(id: string, by: Person, reason: string): Promise<Alarm | undefined> {
    return this.act(id, by, reason, "alarm:unshelved", (alarm) =>
      alarm.shelved === null ? undefined : { ...alarm, shelved: null },
    );
  }

  /** Resolves once everything said so far is written, or could not be. */
  async settle(): Promise<void> {
    await this.writer.settle();
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const stop of [...this.returning.values(), ...this.shelves.values()]) stop();
    await this.settle();
  }

  /** One of an earlier run. Its condition is unknown until a part says it again, or time goes by. */
  private resume(alarm: Alarm): void {
    const key = keyOf(alarm.kind, alarm.source);
    this.open.set(key, alarm);
    if (alarm.shelved) this.shelveUntil(alarm);
    if (alarm.returnedMs !== null) return;
    const kind = alarmKind(alarm.kind);
    const sinceMs = Math.max(0, this.parts.clock.wallMs() - alarm.lastMs);
    const leftMs = kind?.returns === "quiet" ? Math.max(0, kind.quietMs - sinceMs) : 0;
    this.returnLater(key, Math.max(leftMs, START_GRACE_MS));
  }

  /** In a flood of one kind all further ones are one. */
  private roomFor(kind: AlarmKindName, source: string, occurrence: Occurrence) {
    const { place = OF_THE_WHOLE } = occurrence;
    const text = plainText(occurrence.text, TEXT_MAX);
    const own = keyOf(kind, source);
    const here = this.list().filter((alarm) => alarm.kind === kind && alarm.site === place.site);
    if (here.length < SOURCES_MAX || this.open.has(own)) return { key: own, source, text, place };
    const more = plainText(
      `More than ${SOURCES_MAX} of these at once; the last: ${text}`,
      TEXT_MAX,
    );
    const many = moreAt(place);
    return { key: keyOf(kind, many), source: many, text: more, place };
  }

  private begun(
    kind: AlarmKindName,
    source: string,
    { text, subject, session, place = OF_THE_WHOLE }: Occurrence,
    nowMs: number,
  ): Alarm {
    return {
      id: this.ids.next(nowMs),
      ...{ kind, source, text, subject: subject ?? null, session: session ?? null },
      ...{ ...place, sinceMs: nowMs, lastMs: nowMs, count: 1, returnedMs: null },
      ...{ acknowledged: null, shelved: null, endedMs: null },
    };
  }

  private returnLater(key: string, afterMs: number): void {
    this.stopReturning(key);
    const stop = this.parts.clock.after(afterMs, () => this.comeBack(key));
    this.returning.set(key, stop);
  }

  private stopReturning(key: string): void {
    this.returning.get(key)?.();
    this.returning.delete(key);
  }

  private comeBack(key: string): void {
    this.stopReturning(key);
    const alarm = this.open.get(key);
    if (!alarm || alarm.returnedMs !== null) return;
    const text = `Returned to normal: ${titleOf(alarm.kind)}. ${alarm.text}`;
    const nowMs = this.parts.clock.wallMs();
    const back = returned(alarm, nowMs);
    const answered = alarmKind(alarm.kind)?.endsAnswered && back.shelved === null;
    const said = { name: "alarm:returned", text };
    this.put(key, answered ? { ...back, endedMs: nowMs } : back, said);
  }

  private shelveUntil({ id, kind, source, shelved }: Alarm): void {
    if (!shelved) return;
    const key = keyOf(kind, source);
    this.shelves.get(key)?.();
    const leftMs = Math.max(0, shelved.untilMs - this.parts.clock.wallMs());
    const stop = this.parts.clock.after(leftMs, () => {
      this.shelves.delete(key);
      const alarm = this.open.get(key);
      if (alarm?.id !== id || alarm.shelved === null) return;
      const nowMs = this.parts.clock.wallMs();
      const text = `The time on its shelf is over: ${titleOf(kind)}. ${alarm.text}`;
      this.put(key, over({ ...alarm, shelved: null }, nowMs), { name: "alarm:unshelved", text });
    });
    this.shelves.set(key, stop);
  }

  /** Counts at once; written behind, with its event if there is one. */
  private put(key: string, alarm: Alarm, said?: Said): void {
    this.keep(key, alarm);
    this.writer.write(key, alarm, said);
  }

  /** The database is back: what changed meanwhile is written now. */
  keepLate(): void {
    this.writer.writeLate();
  }

  private keep(key: string, alarm: Alarm): void {
    if (alarm.endedMs === null) this.open.set(key, alarm);
    else {
      this.open.delete(key);
      this.stopReturning(key);
      this.shelves.get(key)?.();
      this.shelves.delete(key);
    }
    this.parts.changed();
  }

  /** What a person does: on disk with its event first. */
  private async act(
    id: string,
    by: Person,
    given: string,
    name: string,
    change: (alarm: Alarm, act: AlarmAct) => Alarm | undefined,
  ): Promise<Alarm | undefined> {
    const reason = plainText(given, REASON_MAX);
    const act = { by: by.id, name: by.name, atMs: this.parts.clock.wallMs(), reason };
    const next = () => {
      const alarm = this.list().find((one) => one.id === id);
      const changed = alarm && change(alarm, act);
      return changed && over(changed, act.atMs);
    };
    return this.writer.inOrder(async () => {
      const alarm = next();
      if (!alarm) return undefined;
      const { kind } = alarm;
      await this.parts.store.act(async (queries, record) => {
        await keepAlarm(queries, alarm);
        const text = `${by.name} ${VERBS[name]} the alarm ${titleOf(kind)}: ${reason}`;
        await record(eventOf({ name, text }, by.id, alarm));
      });
      // Its condition may have come or gone meanwhile.
      const now = next();
      if (now) this.put(keyOf(now.kind, now.source), now);
      return now ?? alarm;
    });
  }
}

/** So long at most may this one be shelved. */
export function shelveMaxMs(alarm: Alarm): number {
  return priorityOf(alarm) === "urgent" ? SHELVE_URGENT_MAX_MS : SHELVE_MAX_MS;
}

/** What the twenty-first and all further ones of a kind at a site are about. */
export function moreAt({ site }: Pick<AlarmPlace, "site">): string {
  return site === "" ? "more" : `more at ${site ?? "?"}`;
}

/** Whether there are more at its site than have an alarm of their own. */
function isFlood(conditions: ReadonlyMap<string, Occurrence>, { site }: Alarm): boolean {
  const here = [...conditions.values()].filter(({ place = OF_THE_WHOLE }) => place.site === site);
  return here.length > SOURCES_MAX;
}

function keyOf(kind: string, source: string): string {
  return `${kind} ${source}`;
}
