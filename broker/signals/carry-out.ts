/**
 * From a signal to what it does: whom it means here, what is decided about it, and the effect on
 * sign-ins, live sessions and devices. What takes something away is done before anything is on
 * disk, so that it bites at once; doing it again does nothing more.
 */
import type { Demands } from "../access/demands.ts";
import type { Clock } from "../clock.ts";
import type { Devices } from "../identity/devices.ts";
import type { SignIns } from "../identity/identity.ts";
import type { ThroughProvider } from "../identity/through-provider.ts";
import type { LiveSession } from "../sessions/session.ts";
import type { Demand, DemandKind } from "../store/demands.ts";
import type { Device, PostureFacts } from "../store/device.ts";
import type { Person } from "../store/model.ts";
import type { Queries } from "../store/schema.ts";
import type { SignalEffect } from "../store/signals.ts";
import type { SignalEvent } from "./event-types.ts";
import { SeenEffects } from "./seen-effects.ts";
import type { SecurityEvent } from "./set.ts";
import type { SignalSubject } from "./subject.ts";
import { type Effect, effectOfRisk, type Transmitter } from "./transmitter.ts";

export interface CarryOutParts {
  readonly clock: Clock;
  readonly people: { list(): Promise<readonly Person[]> };
  /** Whose account at an identity provider this is. */
  readonly through: Pick<ThroughProvider, "owner">;
  readonly signIns: Pick<SignIns, "endAll">;
  readonly devices: Pick<Devices, "list" | "managedAs" | "report">;
  readonly demands: Demands;
  readonly sessions: { list(): readonly LiveSession[] };
}

/** What is about to be written down, in one transaction with the signal itself. */
export interface Done {
  readonly person: Person | undefined;
  readonly about: string;
  readonly decision: string;
  readonly effects: readonly SignalEffect[];
  keep(queries: Queries): Promise<void>;
  /** What gives something back: in force only now. */
  committed(): void;
}

export type Acted = { readonly kind: "done"; readonly done: Done } | { readonly kind: "unknown" };

/** Nobody lifts it and no transmitter says that it is over. */
const VIEW_ONLY_MS = 7 * 86_400_000;
/** Longer than a sign-in can last: every later one began with the passkey. */
const PROOF_MS = 24 * 3_600_000;

interface Story {
  readonly transmitter: Transmitter;
  readonly set: SecurityEvent;
  readonly id: string;
}

export async function carryOut(parts: CarryOutParts, story: Story): Promise<Acted> {
  const { event, subject } = story.set;
  if (event.type === "other")
    return { kind: "done", done: nothing("it is of a kind unknown here") };
  if (!subject) return { kind: "unknown" };
  if (event.type === "device-compliance-change") {
    return deviceChanged(parts, story, event.compliant, subject);
  }
  const session = liveSession(parts, subject);
  const person = await personOf(parts, subject, session);
  if (!person) return { kind: "unknown" };
  const acting = new Acting(parts, story, person);
  // A session of ours that it names: that one, and not all of the person's.
  if (event.type === "session-revoked" && session) return acting.endOne(session);
  return acting.act(event, effectOf(event, story.transmitter));
}

function effectOf(event: SignalEvent, { effects }: Transmitter): Effect {
  if (event.type === "risk-level-change") return effectOfRisk(effects, event.level);
  if (event.type === "session-revoked" || event.type === "credential-change") {
    return effects[event.type];
  }
  return "note";
}

async function personOf(
  { people, through }: CarryOutParts,
  { email, account }: SignalSubject,
  session: LiveSession | undefined,
): Promise<Person | undefined> {
  const owner = account && (await through.owner(account));
  const ids = [session?.claims.subject.id, owner?.id].filter((id) => id !== undefined);
  // Some name people by their address there, linked or not.
  const unlinked = !owner && account?.subject.includes("@") ? account.subject : undefined;
  const address = email ?? unlinked?.toLowerCase();
  if (address === undefined && ids.length === 0) return undefined;
  const all = await people.list();
  // Where one names the session of somebody, and the other somebody else, neither is believed.
  return all.find(
    (each) =>
      ids.every((id) => each.id === id) &&
      (address === undefined || each.email.toLowerCase() === address),
  );
}

function liveSession({ sessions }: CarryOutParts, { session }: SignalSubject) {
  return sessions.list().find(({ claims }) => claims.session === session);
}

class Acting {
  private readonly parts: CarryOutParts;
  private readonly story: Story;
  private readonly person: Person;

  constructor(parts: CarryOutParts, story: Story, person: Person) {
    this.parts = parts;
    this.story = story;
    this.person = person;
  }

  endOne(live: LiveSession): Acted {
    const seen = new SeenEffects([live]);
    live.end({ rule: "signal", reason: this.reason });
    return this.done("the session that it names ends", seen.stop());
  }

  async act(event: SignalEvent, effect: Effect): Promise<Acted> {
    const seen = new SeenEffects(this.own());
    const lifted = event.type === "risk-level-change" ? this.risks() : [];
    const demand = this.demandOf(event, effect);
    if (demand) this.parts.demands.put(demand);
    const ended = effect === "end" ? await this.endAll() : 0;
    const signIns = ended > 0 ? [{ session: null, text: counted(ended) }] : [];
    const effects = [...signIns, ...seen.stop()];
    const noted = lifted.length > 0 ? "what it asked before is asked no more" : "it is noted";
    const decision = effect === "note" && !demand ? noted : DECIDED[effect];
    return this.done(decision, effects, demand, lifted);
  }

  private get reason(): string {
    const { transmitter, set, id } = this.story;
    return `${transmitter.name} ${said(set.event)} (signal ${shortId(id)}).`;
  }

  private endAll(): Promise<number> {
    return this.parts.signIns.endAll(this.person.id, { rule: "signal", reason: this.reason });
  }

  private own(): readonly LiveSession[] {
    const { sessions } = this.parts;
    return sessions.list().filter(({ claims }) => claims.subject.id === this.person.id);
  }

  /** What an earlier level of risk asked for, which the newer level takes the place of. */
  private risks(): readonly Demand[] {
    const { demands } = this.parts;
    const from = riskSource(this.story.transmitter);
    return demands
      .list()
      .filter((each) => each.source === from && each.personId === this.person.id);
  }

  private demandOf(event: SignalEvent, effect: Effect): Demand | undefined {
    const { clock } = this.parts;
    const atMs = clock.wallMs();
    const level = event.type === "risk-level-change" ? LEVELS[event.level] : 0;
    const isRisk = event.type === "risk-level-change";
    if (effect === "note" && level === 0) return undefined;
    if (effect === "end" && !isRisk) return undefined;
    const kind: DemandKind = effect === "end" ? "note" : effect;
    return {
      ...{ personId: this.person.id, asset: null, kind, level, atMs, story: this.story.id },
      source: isRisk ? riskSource(this.story.transmitter) : `signal ${this.story.transmitter.name}`,
      reason: `${this.reason} ${TO_DO[kind]}`.trim(),
      untilMs: atMs + (kind === "proof" && !isRisk ? PROOF_MS : VIEW_ONLY_MS),
    };
  }

  private done(
    decision: string,
    effects: readonly SignalEffect[],
    demand?: Demand,
    lifted: readonly Demand[] = [],
  ): Acted {
    const { demands } = this.parts;
    const over = lifted.filter((each) => each.kind !== demand?.kind);
    const done: Done = {
      ...{ person: this.person, about: this.person.name, decision, effects },
      keep: async (queries) => {
        await demands.forget(queries, over);
        if (demand) await demands.keep(queries, demand);
      },
      committed: () => demands.drop(over),
    };
    return { kind: "done", done };
  }
}

/** What the person can do about it. */
const TO_DO: Readonly<Record<DemandKind, string>> = {
  proof: "Prove with your passkey that it is you.",
  supervisor: "Changes pass while somebody who may supervise watches.",
  "view-only": "Only looking is left until an administrator lifts it.",
  note: "",
};

const LEVELS = { LOW: 0, MEDIUM: 2, HIGH: 3 } as const;

const DECIDED: Readonly<Record<Effect, string>> = {
  end: "all sign-ins end, and the sessions with them",
  "view-only": "only looking is left",
  supervisor: "changes pass while somebody watches",
  proof: "the passkey is asked for again",
  note: "nothing more is asked; policies hear of it",
};

function riskSource({ name }: Transmitter): string {
  return `signal ${name} risk`;
}

function counted(signIns: number): string {
  return signIns === 1 ? "1 sign-in ended" : `${signIns} sign-ins ended`;
}

/** After the name of who said it. */
export function said(event: SignalEvent): string {
  switch (event.type) {
    case "session-revoked":
      return "says that the sessions are revoked";
    case "session-established":
      return "says that a session was established";
    case "credential-change":
      return `says that a credential changed: ${event.what}`;
    case "risk-level-change":
      return `says that the risk is ${event.level.toLowerCase()}`;
    case "device-compliance-change":
      return `says that the device is ${event.compliant ? "compliant" : "not compliant"}`;
    default:
      return "said something else";
  }
}

/** Enough to find all that belongs together in the events and the site log. */
export function shortId(id: string): string {
  return id.slice(-8);
}

function nothing(decision: string): Done {
  return {
    ...{ person: undefined, about: "", decision, effects: [] },
    keep: async () => {},
    committed: () => {},
  };
}

async function deviceChanged(
  parts: CarryOutParts,
  { transmitter, id }: Story,
  compliant: boolean,
  subject: SignalSubject,
): Promise<Acted> {
  const found = devicesOf(parts, subject);
  if (found.length === 0) return { kind: "unknown" };
  const { clock, devices, sessions } = parts;
  const seen = new SeenEffects(sessions.list());
  const verdict = compliant ? "compliant" : "not-compliant";
  const { name: source } = transmitter;
  const report = { facts: NO_FACTS, observedMs: clock.wallMs(), source, verdict } as const;
  for (const device of found) await devices.report(device, report);
  const effects = seen.stop();
  const about = found.map(({ name }) => name).join(", ");
  const decision = `policies hear that it is ${verdict} (signal ${shortId(id)})`;
  return { kind: "done", done: { ...nothing(decision), about, effects } };
}

function devicesOf({ devices }: CarryOutParts, subject: SignalSubject): readonly Device[] {
  const found = subject.devices.flatMap((id) => [
    ...devices.list().filter((device) => device.id === id && device.revokedMs === null),
    ...devices.managedAs(id),
  ]);
  return [...new Set(found)];
}

const NO_FACTS: PostureFacts = {
  os: { name: "unknown", version: "" },
  ...{ diskEncryption: "unknown", screenLock: "unknown", endpointProtection: "unknown" },
};
