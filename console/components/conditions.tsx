/** What a session needs besides its rights, as a badge: which condition is not met, and why. */
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { conditionText as words } from "../text/conditions.ts";
import { StateBadge } from "./state-badge.tsx";

type Condition = LiveSessionView["conditions"][number];
type Conditions = readonly Condition[];

export function unmetOf(conditions: Conditions): Condition | undefined {
  return conditions.find(({ unmet }) => unmet !== null);
}

export function needsSupervisor(conditions: Conditions): boolean {
  return conditions.some(({ name }) => name === "supervisor");
}

export function waitsForSupervisor(conditions: Conditions): boolean {
  return conditions.some(({ name, unmet }) => name === "supervisor" && unmet !== null);
}

interface ConditionBadgeProps {
  readonly conditions: Conditions;
  /** In a column, where there is little room. */
  readonly short?: boolean;
}

/** The broker's own, where it has a standby: as `broker/standby` names it. */
export function wordsOf(name: string) {
  if (name === "supervisor") return words.supervisor;
  if (name.startsWith("finding ")) return words.finding;
  return name === "active" ? words.active : words.keySwitch;
}

/** Nothing while all are met. */
export function ConditionBadge({ conditions, short = false }: ConditionBadgeProps) {
  const first = unmetOf(conditions);
  if (!first?.unmet) return null;
  const told = wordsOf(first.name);
  const waits = short ? words.supervisor.none : words.supervisor.waits;
  const word = "off" in told ? told.off : waits;
  return <StateBadge tone="attention" word={word} title={first.unmet.reason} />;
}
