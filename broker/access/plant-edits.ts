/**
 * Changes of the plant file from the console and by `sallyport apply`. A text becomes a plan: it is
 * checked, compared with the plant in force and kept for a quarter of an hour. Its person signs
 * exactly that plan with a passkey; only then is the file written, if it is still what the plan
 * was made from. Where the site asks for a second administrator, the written file waits for one.
 */
import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { canonicalJson } from "../../protocols/log/canonical-json.ts";
import type { Clock } from "../clock.ts";
import type { SignedIn } from "../identity/identity.ts";
import type { ActionContent, ActionToSign, SignedActions } from "../identity/signed-actions.ts";
import { type PlantWords, plantWords } from "../plant/change-words.ts";
import type { ImportedPlant, PlantImport } from "../plant/import/import-plant.ts";
import type { Plant } from "../plant/model.ts";
import type { ParsedPlant } from "../plant/parse-plant.ts";
import { comparePlants, type PlantChange } from "../plant/plant-change.ts";
import type { PlantHistory } from "../plant/plant-history.ts";
import type { PlantProblem } from "../plant/plant-problem.ts";
import type { HeldPlant, PlantSource } from "../plant/plant-source.ts";
import { PlantFileChanged } from "../plant/plant-writer.ts";
import type { ReadingQueue } from "../plant/reading-queue.ts";
import type { Person } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import type { Store } from "../store/store.ts";
import { AccessRefused } from "./access.ts";
import { type DecisionPoint, onceAsserted } from "./decision-point.ts";

/** Long enough to read a difference and to fetch the passkey. */
export const PLAN_MS = 15 * 60_000;
/** Of all people; each holds a text of up to 4 MiB and what it says. */
const PLANS_MAX = 12;
/** Of one person: the oldest goes. */
const PLANS_EACH_MAX = 3;
const REASON_MAX = 300;

export interface PlantEditParts {
  readonly store: Pick<Store, "log">;
  readonly clock: Clock;
  readonly source: PlantSource;
  readonly history: PlantHistory;
  readonly reading: ReadingQueue;
  readonly signedActions: SignedActions;
  readonly decisions: Pick<DecisionPoint, "may">;
}

/** `done`: in force. `held`: in the file, waiting for another administrator. */
export type PlanState = "open" | "done" | "held";

export interface PlantPlan {
  readonly id: string;
  readonly by: string;
  /** Asked for by a command, which waits to hear what became of it. */
  readonly byCommand: boolean;
  readonly text: string;
  /** Undefined where it is not valid. */
  readonly plant: Plant | undefined;
  readonly problems: readonly PlantProblem[];
  readonly warnings: readonly PlantProblem[];
  /** Text in force when it was made. */
  readonly before: string;
  readonly inForce: string;
  readonly onDisk: string;
  readonly words: PlantWords;
  readonly change: PlantChange | undefined;
  readonly expiresMs: number;
  state: PlanState;
}

type Answer = { readonly text: string; readonly response: unknown };

export class PlantEdits {
  private readonly parts: PlantEditParts;
  private readonly plans = new Map<string, PlantPlan>();

  constructor(parts: PlantEditParts) {
    this.parts = parts;
  }

  /** Only what is wrong with a text. @throws AccessRefused too-many */
  async check(text: string): Promise<ParsedPlant> {
    const { reading, source } = this.parts;
    const known = source.readAlready(text);
    const read = known ?? reading.read(text, source.current());
    if (!read) throw new AccessRefused("too-many", "others have texts checked now");
    return read;
  }

  /** Rows of a sheet into a text; nothing changes. @throws AccessRefused too-many */
  import(asked: PlantImport): Promise<ImportedPlant> {
    const made = this.parts.reading.import(asked);
    if (!made) throw new AccessRefused("too-many", "others have texts checked now");
    return made;
  }

  /**
   * Nothing changes yet. A text that is not valid makes a plan that nobody can sign.
   * @throws AccessRefused too-many; not-waiting where another change waits to be confirmed
   */
  async plan(by: Person, text: string, byCommand: boolean): Promise<PlantPlan> {
    const { source, clock } = this.parts;
    await source.check();
    if (source.held()) throw new AccessRefused("not-waiting", "another change waits");
    const parsed = await this.check(text);
    const before = source.current();
    const plant = parsed.kind === "plant" ? parsed.plant : undefined;
    const now = {
      ...{ before: source.currentText(), inForce: before.digest },
      onDisk: source.onDisk()?.digest ?? "",
    };
    // Of a large plant each takes its while: what else waits comes between.
    await setImmediate();
    const words = plant ? plantWords(before, plant) : { changes: [], more: 0 };
    await setImmediate();
    const plan: PlantPlan = {
      ...{ id: randomUUID(), by: by.id, byCommand, text, plant, state: "open" },
      problems: parsed.kind === "plant" ? [] : parsed.problems,
      warnings: parsed.kind === "plant" ? parsed.warnings : [],
      ...{ ...now, words },
      change: plant && comparePlants(before, plant),
      expiresMs: clock.wallMs() + PLAN_MS,
    };
    this.keep(plan);
    return plan;
  }

  /** One's own alone. @throws AccessRefused not-found */
  get(id: string, personId: string): PlantPlan {
    this.forgetOld();
    const plan = this.plans.get(id);
    if (plan?.by !== personId) throw missing();
    return plan;
  }

  cancel(id: string, personId: string): void {
    this.get(id, personId);
    this.plans.delete(id);
  }

  /** @throws AccessRefused not-found, not-waiting, changed */
  async options(who: SignedIn, id: string, reason: string): Promise<ActionToSign> {
    const plan = this.signable(who.person, id);
    const content = contentOf(plan, plainText(reason, REASON_MAX));
    return this.parts.signedActions.options(who, "change", content);
  }

  /**
   * @throws AccessRefused not-found, not-waiting, changed; PlantFileReadOnly; what the system says
   * where the file cannot be written: then the plant is as it was
   */
  async apply(who: SignedIn, id: string, answer: Answer): Promise<PlantPlan> {
    const { source, signedActions } = this.parts;
    const { content } = await signedActions.prove(who, "change", answer);
    const plan = this.signable(who.person, id);
    const note = typeof content.reason === "string" ? content.reason : "";
    if (canonicalJson(content) !== canonicalJson(contentOf(plan, note))) throw changed();
    const { text, plant, warnings, onDisk, inForce } = plan;
    if (!plant) throw notWaiting();
    const author = { digest: plant.digest, by: who.person.id, byName: who.person.name, note };
    const state = await this.written(plant.digest, () =>
      source.replace({
        ...{ text, plant, warnings, onDisk, inForce },
        begin: () => this.parts.history.announce(author),
      }),
    );
    // Who hears that it is done finds its version. A file that was only mended makes none.
    await this.parts.history.settled();
    if (state === "in-force") await this.parts.history.forget(plant.digest);
    plan.state = state === "held" ? "held" : "done";
    await this.note(
      state === "held" ? "plant:proposed" : "plant:edited",
      state === "held"
        ? `${who.person.name} proposed a change of the plant file (${plant.digest.slice(0, 12)}); another administrator must confirm it: ${note}`
        : `${who.person.name} changed the plant file (${plant.digest.slice(0, 12)}): ${note}`,
      who.person,
    );
    return plan;
  }

  /** Who proposed what waits; undefined where it was written on the host. */
  proposer(
    held: HeldPlant,
  ): { readonly id: string; readonly name: string; readonly note: string } | undefined {
    const announced = this.parts.history.announced();
    if (announced?.digest !== held.plant.digest || announced.by === null) return undefined;
    return { id: announced.by, name: announced.byName, note: announced.note };
  }

  /**
   * Writes the plant in force back into the file: by who proposed the change that waits there, or
   * as a refusal by another who may change the plant.
   * @throws AccessRefused not-found, changed; PlantFileReadOnly
   */
  async withdraw(by: Person, digest: string): Promise<void> {
    const { source } = this.parts;
    const held = source.held();
    if (!held) throw missing();
    if (held.plant.digest !== digest) throw changed();
    const proposer = this.proposer(held);
    const text = source.currentText();
    const plant = source.current();
    await this.written(digest, () =>
      source.replace({
        ...{ text, plant, warnings: source.warnings(), onDisk: digest, inForce: plant.digest },
        begin: async () => {},
      }),
    );
    const own = proposer?.id === by.id;
    const whose = proposer ? `that ${proposer.name} proposed` : "that was made on the host";
    await this.note(
      "plant:withdrawn",
      own
        ? `${by.name} took back a proposed change of the plant file`
        : `${by.name} refused the change of the plant file ${whose}`,
      by,
    );
  }

  private async written<T>(digest: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (this.parts.source.onDisk()?.digest !== digest) await this.parts.history.forget(digest);
      throw error instanceof PlantFileChanged ? changed() : error;
    }
  }

  private signable(person: Person, id: string): PlantPlan {
    const { decisions, source } = this.parts;
    if (!decisions.may(onceAsserted(person), "plant:change")) throw missing();
    const plan = this.get(id, person.id);
    if (plan.state !== "open" || !plan.plant) throw notWaiting();
    if (plan.plant.digest === plan.inForce && plan.onDisk === plan.inForce) throw notWaiting();
    if (source.held() || source.current().digest !== plan.inForce) throw changed();
    return plan;
  }

  private keep(plan: PlantPlan): void {
    this.forgetOld();
    const own = [...this.plans.values()].filter(({ by }) => by === plan.by);
    for (const { id } of own.slice(0, Math.max(0, own.length - PLANS_EACH_MAX + 1))) {
      this.plans.delete(id);
    }
    if (this.plans.size >= PLANS_MAX) {
      throw new AccessRefused("too-many", "too many changes are planned");
    }
    this.plans.set(plan.id, plan);
  }

  private forgetOld(): void {
    const nowMs = this.parts.clock.wallMs();
    for (const [id, { expiresMs }] of this.plans) if (expiresMs <= nowMs) this.plans.delete(id);
  }

  private async note(kind: string, text: string, { id }: Person): Promise<void> {
    await this.parts.store.log.record({ kind, priority: "event", text, subject: id });
  }
}

/** What is signed: exactly this text, in the place of exactly that one. */
function contentOf({ id, plant, inForce, onDisk }: PlantPlan, reason: string): ActionContent {
  const digest = plant?.digest ?? "";
  return { act: "change", kind: "plant", plan: id, digest, inForce, onDisk, reason };
}

function missing(): AccessRefused {
  return new AccessRefused("not-found", "no such plan");
}

function notWaiting(): AccessRefused {
  return new AccessRefused("not-waiting", "there is nothing to sign any more");
}

function changed(): AccessRefused {
  return new AccessRefused("changed", "the plant file is another one by now");
}
