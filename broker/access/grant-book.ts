/**
 * All grants: standing ones of the plant file and those that administrators make in the console.
 * The latter are in memory as far as they can still matter, so that asking costs nothing and a
 * revocation counts in the turn it is asked for.
 */

import type { Clock } from "../clock.ts";
import type { PlantGrant } from "../plant/model.ts";
import { indexOf, siteOfEndpoint } from "../plant/plant-index.ts";
import type { Site } from "../plant/zone-model.ts";
import { listBreakGlassIds } from "../store/break-glass.ts";
import { insertGrant, listGrants, listOpenGrants, revokeGrant } from "../store/grants.ts";
import type { ConsoleGrant, GrantAgreement, Person, WeeklyWindow } from "../store/model.ts";
import { findPerson, listPeople } from "../store/people.ts";
import type { Store } from "../store/store.ts";
import { AccessRefused, type Grant, type PlantInForce } from "./access.ts";
import { windowAt } from "./weekly-window.ts";

/** Rows an administrator's list shows; older ended grants are in the events. */
const LIST_MAX = 2_000;
const ROLE_SUBJECT = "role:";

export class GrantBook {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly plant: PlantInForce;
  /** Not revoked in the store and, at the last look, not ended. */
  private readonly open = new Map<string, ConsoleGrant>();
  /** Of those, the ones that count no more although the store has not heard of it yet. */
  private readonly withdrawn = new Set<string>();
  /** Those that were opened by breaking the glass, ended ones too. */
  private readonly breakGlass = new Set<string>();

  private constructor(store: Store, clock: Clock, plant: PlantInForce) {
    this.store = store;
    this.clock = clock;
    this.plant = plant;
  }

  static async open(store: Store, clock: Clock, plant: PlantInForce): Promise<GrantBook> {
    const book = new GrantBook(store, clock, plant);
    for (const grant of await listOpenGrants(store.queries, clock.wallMs())) {
      book.open.set(grant.id, grant);
    }
    for (const id of await listBreakGlassIds(store.queries)) book.breakGlass.add(id);
    return book;
  }

  /** Live and coming, in no order. */
  of(person: Person): readonly Grant[] {
    const standing = this.plant
      .current()
      .grants.filter((grant) => concerns(grant, person))
      .map((grant) => this.standing(grant));
    const made = [...this.open.values()]
      .filter(({ id, personId }) => personId === person.id && !this.withdrawn.has(id))
      .map((grant) => this.made(grant, person.name, ""));
    return [...standing, ...made].filter(counts);
  }

  /** The grant as it is now for this person, if it still concerns them at all. */
  find(id: string, person: Person): Grant | undefined {
    const grant = this.standingOf(id, person) ?? this.madeOf(id, person);
    return grant && counts(grant) ? grant : undefined;
  }

  /** For administrators: every one, the newest first, standing ones before. */
  async list(): Promise<readonly Grant[]> {
    const people = await listPeople(this.store.queries);
    const nameOf = (id: string) => people.find((person) => person.id === id)?.name ?? id;
    const standing = this.plant.current().grants.map((grant) => {
      const holder = people.find(({ email }) => email === grant.subject.toLowerCase());
      return this.standing(grant, holder);
    });
    const made = await listGrants(this.store.queries, LIST_MAX);
    return [
      ...standing,
      ...made.map((grant) => this.made(grant, nameOf(grant.personId), nameOf(grant.createdBy))),
    ];
  }

  /** Within one transaction with the check that the person may hold it. */
  async add(grant: ConsoleGrant, by: Person): Promise<Grant> {
    const holder = await this.store.act(async (queries, record) => {
      const person = await findPerson(queries, grant.personId);
      if (!person) throw new AccessRefused("not-found", "no such person");
      if (person.state === "disabled") {
        throw new AccessRefused("input-invalid", "This person is disabled.");
      }
      await insertGrant(queries, grant);
      const own = person.id === by.id;
      await record({
        kind: "grant:created",
        priority: own ? "alarm" : "event",
        text: `${by.name} granted ${own ? "themselves" : person.name} ${grant.profile} on ${grant.endpoint} from ${time(grant.fromMs)} until ${time(grant.untilMs)}: ${grant.reason}`,
        subject: person.id,
        about: { grant: grant.id, endpoint: grant.endpoint, profile: grant.profile },
      });
      return person;
    });
    this.forgetEnded();
    this.open.set(grant.id, grant);
    return this.made(grant, holder.name, by.name);
  }

  /** In the turn in which the store has them: made on approval of a request. */
  keep(grants: readonly ConsoleGrant[]): void {
    this.forgetEnded();
    for (const grant of grants) this.open.set(grant.id, grant);
  }

  /** In the turn in which the store has it. */
  keepBreakGlass(grant: ConsoleGrant): void {
    this.breakGlass.add(grant.id);
    this.keep([grant]);
  }

  /** Whether it was opened without approvers, now or at any time. */
  isBreakGlass(id: string): boolean {
    return this.breakGlass.has(id);
  }

  /** Whether the person holds such a grant there that still counts. */
  hasBreakGlass(personId: string, endpoint: string): boolean {
    return [...this.open.values()].some(
      (grant) =>
        grant.personId === personId &&
        grant.endpoint === endpoint &&
        this.breakGlass.has(grant.id) &&
        this.openGrant(grant.id) !== undefined,
    );
  }

  /** In the turn in which the store says that they are revoked. */
  drop(ids: readonly string[]): void {
    for (const id of ids) this.forget(id);
  }

  /** In the turn in which the store has it. */
  endMoved(id: string, untilMs: number): void {
    const grant = this.open.get(id);
    if (grant) this.open.set(id, { ...grant, untilMs });
  }

  /** Whether anything that came of the request still counts or will. */
  hasOpen(requestId: string): boolean {
    const nowMs = this.clock.wallMs();
    return [...this.open.values()].some(
      (grant) =>
        grant.requestId === requestId && grant.untilMs > nowMs && !this.withdrawn.has(grant.id),
    );
  }

  /** One made in the console or on a request that is neither revoked nor over. */
  openGrant(id: string): ConsoleGrant | undefined {
    const grant = this.withdrawn.has(id) ? undefined : this.open.get(id);
    return grant && grant.untilMs > this.clock.wallMs() ? grant : undefined;
  }

  /**
   * Counts in this turn, before the store has it. Should the store fail, who asked is told; the
   * grant stays out of force until the next start, and revoking may be tried again.
   * @throws AccessRefused not-found
   */
  withdraw(id: string): void {
    if (!this.open.has(id)) throw new AccessRefused("not-found", "no such grant of the console");
    this.withdrawn.add(id);
  }

  /** @throws AccessRefused not-found (revoked meanwhile) */
  async keepRevoked(id: string, by: Person): Promise<void> {
    await this.store.act(async (queries, record) => {
      if (!(await revokeGrant(queries, id, { by: by.id, atMs: this.clock.wallMs() }))) {
        throw new AccessRefused("not-found", "the grant was revoked meanwhile");
      }
      const { personId, endpoint, profile } = this.open.get(id) ?? {};
      await record({
        kind: "grant:revoked",
        priority: "event",
        text: `${by.name} revoked a grant of ${profile} on ${endpoint} (${id})`,
        ...(personId !== undefined && { subject: personId }),
        about: { grant: id, ...(endpoint && { endpoint }), ...(profile && { profile }) },
      });
    });
    this.forget(id);
  }

  private standingOf(id: string, person: Person): Grant | undefined {
    const grant = indexOf(this.plant.current()).grants.get(id);
    return grant && concerns(grant, person) ? this.standing(grant) : undefined;
  }

  private madeOf(id: string, person: Person): Grant | undefined {
    const grant = this.withdrawn.has(id) ? undefined : this.open.get(id);
    return grant?.personId === person.id ? this.made(grant, person.name, "") : undefined;
  }

  private standing(grant: PlantGrant, holder?: Person): Grant {
    const fromMs = grant.fromMs ?? null;
    const untilMs = grant.untilMs ?? null;
    return {
      id: grant.id,
      source: "plant-file",
      personId: holder?.id ?? null,
      subject: holder?.name ?? grant.subject,
      ...{ endpoint: grant.endpoint, site: this.siteOf(grant).id },
      profile: grant.profile,
      fromMs,
      untilMs,
      weekly: null,
      needs: grant.needs ?? {},
      ...NOBODY_AGREED,
      sessionsMax: null,
      ...this.times({ endpoint: grant.endpoint, fromMs, untilMs, weekly: null, revokedMs: null }),
      createdBy: "plant file",
      createdMs: 0,
      reason: "",
    };
  }

  private made(grant: ConsoleGrant, holder: string, maker: string): Grant {
    return {
      id: grant.id,
      source: this.sourceOf(grant),
      personId: grant.personId,
      subject: holder,
      ...{ endpoint: grant.endpoint, site: this.siteOf(grant).id },
      profile: grant.profile,
      fromMs: grant.fromMs,
      untilMs: grant.untilMs,
      weekly: grant.weekly,
      needs: needsAsked(grant),
      ...(grant.agreement ?? NOBODY_AGREED),
      sessionsMax: grant.sessionsMax,
      ...this.times(grant),
      createdBy: maker,
      createdMs: grant.createdMs,
      reason: grant.reason,
    };
  }

  private sourceOf({ id, requestId }: ConsoleGrant): Grant["source"] {
    if (this.breakGlass.has(id)) return "break-glass";
    return requestId === null ? "console" : "request";
  }

  private times(
    grant: Window & {
      readonly weekly: readonly WeeklyWindow[] | null;
      readonly revokedMs: number | null;
    },
  ): Pick<Grant, "state" | "opensMs" | "closesMs"> {
    const { fromMs, untilMs, weekly } = grant;
    const nowMs = this.clock.wallMs();
    const whole = { opensMs: fromMs, closesMs: untilMs };
    if (grant.revokedMs !== null) return { ...whole, state: "revoked" };
    if (untilMs !== null && nowMs >= untilMs) return { ...whole, state: "ended" };
    const { opensMs, closesMs } = weekly ? this.window(weekly, grant) : whole;
    const gone = untilMs !== null && opensMs !== null && opensMs >= untilMs;
    if (gone) return { ...whole, state: "ended" };
    const coming = opensMs !== null && nowMs < opensMs;
    return { opensMs, closesMs, state: coming ? "coming" : "live" };
  }

  /** The weekly window that is open or comes next, within the grant. */
  private window(weekly: readonly WeeklyWindow[], { endpoint, fromMs, untilMs }: Window) {
    const { timeZone } = this.siteOf({ endpoint });
    const earliestMs = Math.max(this.clock.wallMs(), fromMs ?? 0);
    const span = windowAt(weekly, timeZone, earliestMs);
    if (!span) return { opensMs: untilMs, closesMs: untilMs };
    return {
      opensMs: Math.max(span.fromMs, fromMs ?? 0),
      closesMs: Math.min(span.untilMs, untilMs ?? Number.POSITIVE_INFINITY),
    };
  }

  private siteOf({ endpoint }: Pick<Grant, "endpoint">): Site {
    return siteOfEndpoint(this.plant.current(), endpoint);
  }

  private forgetEnded(): void {
    const nowMs = this.clock.wallMs();
    for (const [id, grant] of this.open) if (grant.untilMs <= nowMs) this.forget(id);
  }

  private forget(id: string): void {
    this.open.delete(id);
    this.withdrawn.delete(id);
  }
}

/** On the wall of the endpoint's site. */
interface Window {
  readonly endpoint: string;
  readonly fromMs: number | null;
  readonly untilMs: number | null;
}

/** Standing grants and those that one administrator made. */
const NOBODY_AGREED: GrantAgreement = { approvers: [], ticket: "" };

/** Approvers ask for a supervisor; what becomes of a session left alone the plant file says. */
function needsAsked({ needs = [] }: ConsoleGrant): Grant["needs"] {
  return {
    ...(needs.includes("supervisor") && { supervisor: "wait" as const }),
    ...(needs.includes("consent") && { consent: true as const }),
  };
}

function counts({ state }: Grant): boolean {
  return state === "live" || state === "coming";
}

function concerns(grant: PlantGrant, person: Person): boolean {
  if (!grant.subject.startsWith(ROLE_SUBJECT)) return grant.subject.toLowerCase() === person.email;
  const role = grant.subject.slice(ROLE_SUBJECT.length);
  return person.roles.some((held) => held === role);
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
