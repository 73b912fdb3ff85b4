/**
 * What must hold besides a grant while a session lives: a supervisor who watches, a key switch of
 * the plant that is on. Whatever changes, the session hears of it in the same turn: it stands
 * still, goes on by itself, or ends.
 */
import type { Clock } from "../clock.ts";
import type { SessionNeeds } from "../plant/model.ts";
import { indexOf } from "../plant/plant-index.ts";
import type { Person } from "../store/model.ts";
import type { ControlledSession, Grant, LeaseCause, PlantInForce } from "./access.ts";
import { type DecisionPoint, onceAsserted } from "./decision-point.ts";
import type { KeySwitches } from "./key-switches.ts";
import type { Presence } from "./presence.ts";
import { findEndpoint } from "./reach.ts";

/** A supervisor who left by accident has this long to be back before it counts as left alone. */
export const SUPERVISOR_GRACE_MS = 60_000;

export const SUPERVISOR_RULE = "supervisor-absent";
const SUPERVISOR = "supervisor";

export interface StandingParts<W> {
  readonly clock: Clock;
  readonly plant: PlantInForce;
  readonly decisions: Pick<DecisionPoint, "may" | "asset">;
  readonly presence: Pick<Presence, "watching">;
  readonly keySwitches: Pick<KeySwitches, "over">;
  end(standing: W, cause: LeaseCause): void;
  /** Nobody came within the grace: somebody else should hear of it. */
  alone(standing: W): void;
}

/** A live session, as far as its conditions are concerned; `Watched` satisfies it. */
export interface Standing<S extends ControlledSession> {
  readonly rest: { readonly sessionId: string; readonly grant: Grant };
  readonly person: Person;
  readonly session: S | undefined;
  readonly over: LeaseCause | undefined;
}

interface State {
  /** Somebody watched it at some time. */
  attended: boolean;
  stopGrace: (() => void) | undefined;
  /** Key switches that it was told are off. */
  readonly off: Set<string>;
}

export class StandingConditions<S extends ControlledSession, W extends Standing<S>> {
  private readonly parts: StandingParts<W>;
  private readonly states = new Map<W, State>();

  constructor(parts: StandingParts<W>) {
    this.parts = parts;
  }

  /** Compares what must hold with what holds, and tells the session. */
  apply(standing: W): void {
    if (standing.over || !standing.session) return;
    const state = this.states.get(standing) ?? {
      attended: false,
      stopGrace: undefined,
      off: new Set(),
    };
    this.states.set(standing, state);
    this.applySupervisor(standing, standing.session, state);
    this.applyKeySwitches(standing, standing.session, state);
  }

  forget(standing: W): void {
    this.states.get(standing)?.stopGrace?.();
    this.states.delete(standing);
  }

  /** Whether somebody else who may supervise watches the session now. */
  isSupervised({ rest, person }: W): boolean {
    const { presence, decisions } = this.parts;
    const asset = this.assetOf(rest.grant);
    return presence
      .watching(rest.sessionId)
      .some(
        (other) =>
          other.id !== person.id &&
          decisions.may(onceAsserted(other), "session:watch", asset && decisions.asset(asset)),
      );
  }

  close(): void {
    for (const standing of this.states.keys()) this.forget(standing);
  }

  private applySupervisor(standing: W, session: S, state: State): void {
    const { supervisor } = needsOf(this.parts.plant.current(), standing.rest.grant);
    if (supervisor === undefined && !state.attended && !state.stopGrace) return;
    if (supervisor === undefined || this.isSupervised(standing)) {
      state.attended = true;
      state.stopGrace?.();
      state.stopGrace = undefined;
      session.meet(SUPERVISOR, supervisor === undefined ? NEEDS_NONE : WATCHED);
      return;
    }
    session.lapse(SUPERVISOR, state.attended ? LEFT : NOBODY);
    state.stopGrace ??= this.parts.clock.after(SUPERVISOR_GRACE_MS, () =>
      this.graceOver(standing, state),
    );
  }

  /** Before anybody has come nobody has left: then it only waits. */
  private graceOver(standing: W, state: State): void {
    if (standing.over || state.stopGrace === undefined) return;
    const { supervisor } = needsOf(this.parts.plant.current(), standing.rest.grant);
    if (supervisor === "end" && state.attended) this.parts.end(standing, ALONE);
    else this.parts.alone(standing);
  }

  private applyKeySwitches(standing: W, session: S, state: State): void {
    const asset = this.assetOf(standing.rest.grant);
    const over = asset ? this.parts.keySwitches.over(asset.id) : [];
    for (const { keySwitch, cause } of over) {
      const name = `key-switch ${keySwitch.id}`;
      if (cause && keySwitch.whenOff === "end") {
        this.parts.end(standing, cause);
        return;
      }
      if (!cause) session.meet(name, { rule: "key-switch", reason: `${keySwitch.name} is on.` });
      else session.lapse(name, cause);
      if (cause && keySwitch.whenOn === "wait" && !state.off.has(name)) session.freeze(cause);
      if (cause) state.off.add(name);
      else state.off.delete(name);
    }
    for (const name of [...state.off]) {
      if (over.some(({ keySwitch }) => `key-switch ${keySwitch.id}` === name)) continue;
      state.off.delete(name);
      session.meet(name, { rule: "key-switch", reason: "The key switch is no more." });
    }
  }

  private assetOf({ endpoint }: Grant) {
    return findEndpoint(this.parts.plant.current(), endpoint)?.asset;
  }
}

/**
 * What a session under the grant needs: by the grant itself, and by the rules of the plant for
 * its zone and profile; of several the strictest. Break-glass is for when nobody else is there.
 */
export function needsOf(
  plant: ReturnType<PlantInForce["current"]>,
  { endpoint, profile, source, needs }: Grant,
): SessionNeeds {
  if (source === "break-glass") return {};
  const zone = findEndpoint(plant, endpoint)?.asset.zone ?? "";
  const zones = indexOf(plant)
    .zonesAround(zone)
    .map(({ id }) => id);
  const rules = plant.conditions.filter(
    (rule) =>
      (rule.zone === undefined || zones.includes(rule.zone)) &&
      (rule.profile === undefined || rule.profile === profile),
  );
  return strictest([needs ?? {}, ...rules.map((rule) => rule.needs)]);
}

export function strictest(all: readonly SessionNeeds[]): SessionNeeds {
  const supervisors = all.flatMap(({ supervisor }) => supervisor ?? []);
  return {
    ...(supervisors.length > 0 && { supervisor: supervisors.includes("end") ? "end" : "wait" }),
    ...(all.some(({ consent }) => consent) && { consent: true }),
  };
}

const NOBODY: LeaseCause = {
  rule: SUPERVISOR_RULE,
  reason: "A supervisor must watch this session, and nobody does yet.",
};
const LEFT: LeaseCause = {
  rule: SUPERVISOR_RULE,
  reason: "The supervisor left. Changes pass again once somebody who may supervise watches.",
};
const ALONE: LeaseCause = {
  rule: SUPERVISOR_RULE,
  reason: `No supervisor watched for ${SUPERVISOR_GRACE_MS / 1_000} seconds.`,
};
const WATCHED: LeaseCause = { rule: "supervisor-present", reason: "A supervisor watches." };
const NEEDS_NONE: LeaseCause = {
  rule: "plant-changed",
  reason: "The plant file asks for no supervisor any more.",
};
