/**
 * Lockdown: a person, an asset, a zone or the whole site is shut. A lock counts in the turn in
 * which it is set, before the store or any policy has heard of it; it is written behind that, and
 * read again at the next start. Lifting is the other way round: first on disk, then in force.
 *
 * A site's lock is lifted by two different people, or by a lone one on the host
 * (`lift-on-host.ts`). Whether who comes now has the right to lock or to lift at all is asked
 * before, at the door.
 */
import type { Clock } from "../clock.ts";
import { indexOf } from "../plant/plant-index.ts";
import { newId } from "../store/ids.ts";
import { agreeToLift, insertLock, liftLock, listLocksInForce } from "../store/locks.ts";
import type { Lock, LockKind, Person } from "../store/model.ts";
import { findPerson } from "../store/people.ts";
import { plainText } from "../store/plain-text.ts";
import type { RecordEvent, Store } from "../store/store.ts";
import { StoreAway } from "../store/store-failed.ts";
import { AccessRefused, type LeaseCause, type PlantInForce } from "./access.ts";
import { type Asker, type DecisionPoint, onceAsserted } from "./decision-point.ts";

export interface NewLock {
  readonly kind: LockKind;
  /** Id of the person, asset, zone or site. */
  readonly target: string;
  readonly reason: string;
}

export interface Locked {
  readonly lock: Lock;
  /** False where the store had not written it yet: it counts, but a restart might forget it. */
  readonly kept: boolean;
}

/** A store that does not answer within this time does not hold up the answer to who locked. */
const KEEP_WAIT_MS = 2_000;
/** More locks at once than a site has things to lock are a mistake of a program. */
const LOCKS_MAX = 1_000;
const REASON_MAX = 300;

export interface LocksParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly plant: PlantInForce;
  readonly decisions: Pick<DecisionPoint, "mayOver">;
}

export class Locks {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly plant: PlantInForce;
  private readonly decisions: Pick<DecisionPoint, "mayOver">;
  private readonly inForce = new Map<string, Lock>();
  private readonly listeners = new Set<() => void>();
  /** In force, and not in the store yet because it was out of reach. */
  private readonly unkept = new Map<string, Person>();

  private constructor(parts: LocksParts) {
    const { store } = parts;
    this.store = store;
    this.clock = parts.clock;
    this.plant = parts.plant;
    this.decisions = parts.decisions;
    store.onAway((away) => {
      if (!away) this.keepLate();
    });
  }

  static async open(parts: LocksParts): Promise<Locks> {
    const locks = new Locks(parts);
    for (const lock of await listLocksInForce(parts.store.queries))
      locks.inForce.set(lock.id, lock);
    return locks;
  }

  /** In force, and forgotten if this process ended now. */
  get unkeptCount(): number {
    return this.unkept.size;
  }

  list(): readonly Lock[] {
    return [...this.inForce.values()];
  }

  /** What shuts this person or asset; undefined while nothing does. A lookup in memory. */
  over(personId: string, assetId: string): Lock | undefined {
    return this.list().find((lock) =>
      lock.kind === "person" ? lock.target === personId : this.covers(lock, assetId),
    );
  }

  /** Whether the lock shuts this asset, whoever comes. */
  covers({ kind, target }: Lock, assetId: string): boolean {
    if (kind === "site") return this.isAtSite(target, assetId);
    if (kind === "asset") return target === assetId;
    const { assets, zonesAround } = indexOf(this.plant.current());
    const around = () => zonesAround(assets.get(assetId)?.zone ?? "");
    return kind === "zone" && around().some(({ id }) => id === target);
  }

  /** One that a plant file has no more is over all: a lock never opens by an edit. */
  private isAtSite(target: string, assetId: string): boolean {
    const plant = this.plant.current();
    if (!plant.sites.some(({ id }) => id === target)) return true;
    return indexOf(plant).siteOfAsset(assetId).id === target;
  }

  /** Of a site by its id: locked, itself or with the whole. */
  isSiteLocked(id: string): boolean {
    const { sites } = this.plant.current();
    return this.list().some(
      ({ kind, target }) =>
        kind === "site" && (target === id || !sites.some((each) => each.id === target)),
    );
  }

  /** The same as the cause of a session's end. */
  causeOver(personId: string, assetId: string): LeaseCause | undefined {
    const lock = this.over(personId, assetId);
    return lock && { rule: "lockdown", reason: sentence(lock), by: lock.lockedBy };
  }

  /**
   * Counts when this returns its promise. Locked already: the lock that is there.
   * @param who as they came: a policy that asks how must not keep them from stopping
   * @throws AccessRefused not-found, input-invalid, too-many, not-allowed
   */
  async lock(by: Person, wanted: NewLock, who: Asker = onceAsserted(by)): Promise<Locked> {
    const reason = plainText(wanted.reason, REASON_MAX);
    this.check(wanted, reason);
    const { kind, target } = wanted;
    if (!this.decisions.mayOver(who, "lock:set", wanted)) {
      throw new AccessRefused("not-allowed", "locks only at their own site");
    }
    const there = this.list().find((lock) => lock.kind === kind && lock.target === target);
    if (there) return { lock: there, kept: true };
    const lock: Lock = {
      ...{ id: newId(), kind, target, targetName: this.nameOf(kind, target), reason },
      ...{ lockedBy: by.id, lockedByName: by.name, lockedMs: this.clock.wallMs() },
      ...{ liftBy: null, liftByName: null },
    };
    this.inForce.set(lock.id, lock);
    this.tell();
    return this.kept(by, lock);
  }

  /**
   * @param actionId the signed act
   * @returns `agreed` where a second person has to agree before it is lifted
   * @throws AccessRefused not-found, not-allowed
   */
  async lift(by: Person, lockId: string, actionId: string): Promise<"lifted" | "agreed"> {
    const lock = this.mayLift(by, lockId);
    if (lock.kind === "site" && !(await this.isAgreedTo(lock))) {
      return this.agree(by, lock, actionId);
    }
    await this.store.act(async (queries, record) => {
      const done = await liftLock(queries, lockId, this.actBy(by, actionId));
      if (!done) throw gone();
      const first = lock.liftByName === null ? "" : ` after ${lock.liftByName}`;
      await record(event("lock:lifted", lock, `${by.name} lifted${first} ${words(lock)}`));
    });
    this.inForce.delete(lockId);
    this.tell();
    return "lifted";
  }

  /** In the turn in which the store says that they were lifted on the host. */
  liftedOnHost(locks: readonly Lock[]): void {
    for (const { id } of locks) this.inForce.delete(id);
    this.tell();
  }

  /** @throws AccessRefused not-found, not-allowed */
  mayLift(by: Person, lockId: string): Lock {
    const lock = this.inForce.get(lockId);
    if (!lock) throw gone();
    const refusal = this.liftRefusal(by, lock);
    if (refusal) throw new AccessRefused("not-allowed", refusal);
    return lock;
  }

  liftRefusal(by: Person, lock: Lock): string | undefined {
    const own = this.list().some(({ kind, target }) => kind === "person" && target === by.id);
    if (own) return "locked themselves";
    if (!this.decisions.mayOver(onceAsserted(by), "lock:lift", lock)) return "another site";
    return lock.liftBy === by.id ? "agreed already" : undefined;
  }

  onChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Who may not lift it any more does not do it by having agreed before. */
  private async isAgreedTo(lock: Lock): Promise<boolean> {
    const { liftBy } = lock;
    const first = liftBy === null ? undefined : await findPerson(this.store.queries, liftBy);
    return first !== undefined && this.decisions.mayOver(onceAsserted(first), "lock:lift", lock);
  }

  private async agree(by: Person, lock: Lock, actionId: string): Promise<"agreed"> {
    await this.store.act(async (queries, record) => {
      const done = await agreeToLift(queries, lock.id, lock.liftBy, this.actBy(by, actionId));
      if (!done) throw gone();
      const text = `${by.name} agreed to lift ${words(lock)}; a second person must agree too`;
      await record(event("lock:lift-agreed", lock, text));
    });
    const now = this.inForce.get(lock.id);
    if (now) this.inForce.set(lock.id, { ...now, liftBy: by.id, liftByName: by.name });
    this.tell();
    return "agreed";
  }

  private check({ kind, target }: NewLock, reason: string): void {
    if (reason === "") throw new AccessRefused("input-invalid", "A lock needs a reason.");
    if (this.inForce.size >= LOCKS_MAX) throw new AccessRefused("too-many", "too many locks");
    if (kind !== "person" && this.nameOf(kind, target) === "") {
      throw new AccessRefused("not-found", `no such ${kind}`);
    }
  }

  /** People are not looked up before the lock counts: the store may be slow. */
  private nameOf(kind: LockKind, target: string): string {
    const plant = this.plant.current();
    const { zones, assets, siteOf } = indexOf(plant);
    if (kind === "site") return siteOf(target)?.name ?? "";
    if (kind === "zone") return zones.get(target)?.name ?? "";
    return (kind === "asset" && assets.get(target)?.name) || "";
  }

  private async kept(by: Person, lock: Lock): Promise<Locked> {
    const writing = this.store.act((queries, record) => this.write(queries, record, by, lock));
    const late = new Promise<undefined>((resolve) => {
      const stop = this.clock.after(KEEP_WAIT_MS, () => resolve(undefined));
      writing.then(stop, stop);
    });
    writing.catch(() => {});
    try {
      const written = await Promise.race([writing, late]);
      return { lock: written ?? lock, kept: written !== undefined };
    } catch (error) {
      if (error instanceof AccessRefused) throw error;
      if (error instanceof StoreAway) this.unkept.set(lock.id, by);
      // It stays locked, and who locked hears that a restart may forget it.
      return { lock, kept: false };
    }
  }

  private keepLate(): void {
    for (const [id, by] of this.unkept) {
      this.unkept.delete(id);
      const lock = this.inForce.get(id);
      if (lock) this.kept(by, lock).catch(() => {});
    }
  }

  private async write(
    queries: Parameters<typeof insertLock>[0],
    record: RecordEvent,
    by: Person,
    lock: Lock,
  ): Promise<Lock> {
    const named = await this.named(queries, lock);
    await insertLock(queries, named);
    const text = `${by.name} locked ${words(named)}: ${named.reason}`;
    await record({ ...event("lock:set", named, text), priority: "alarm" });
    this.inForce.set(named.id, named);
    return named;
  }

  private async named(queries: Parameters<typeof insertLock>[0], lock: Lock): Promise<Lock> {
    if (lock.kind !== "person") return lock;
    const person = await findPerson(queries, lock.target);
    if (person) return { ...lock, targetName: person.name };
    this.inForce.delete(lock.id);
    this.tell();
    throw new AccessRefused("not-found", "no such person");
  }

  private actBy(by: Person, actionId: string) {
    return { by: by.id, atMs: this.clock.wallMs(), actionId };
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

function words({ kind, target, targetName }: Lock): string {
  const name = targetName || target;
  return kind === "person" ? name : `the ${kind} ${name}`;
}

function sentence(lock: Lock): string {
  const { kind, lockedByName, reason } = lock;
  const what = kind === "person" ? "you" : words(lock);
  return `${lockedByName} locked ${what}: ${reason}`;
}

function event(kind: string, lock: Lock, text: string) {
  const subject = lock.kind === "person" ? { subject: lock.target } : {};
  const about = { lock: lock.id, ...(lock.kind === "asset" && { asset: lock.target }) };
  return { kind, priority: "event" as const, text, about, ...subject };
}

function gone(): AccessRefused {
  return new AccessRefused("not-found", "no such lock in force");
}
