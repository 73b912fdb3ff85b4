/** Words about signals of other systems. */
import type { DemandView, FindingKind, TransmitterView } from "../../broker/api/shapes/signals.ts";

export const signalsText = {
  title: "Signals and findings",
  summary:
    "What other systems say of people and devices, what is unusual about sessions here, and what came of it. Each has a sign by which all that belongs to it is found in Events and in recordings.",
  failed: "The signals could not be loaded",
  streams: {
    label: "Who is listened to",
    name: "From",
    state: "State",
    issuer: "Issuer",
    heard: "Last heard",
    verified: "Verified",
    taken: "Taken",
    refused: "Refused",
    problem: "Last trouble",
    never: "never",
    deliveries: { push: "sends to us", poll: "is asked" } satisfies Record<
      TransmitterView["delivery"],
      string
    >,
    states: { enabled: "On", paused: "Paused", disabled: "Ended" } satisfies Record<
      TransmitterView["status"],
      string
    >,
    failing: "Not reached",
  },
  demands: {
    title: "Asked of people now",
    label: "Asked of people now",
    person: "Person",
    asks: "What",
    reason: "Why",
    until: "Until",
    everywhere: "everywhere",
    kinds: {
      note: "nothing; policies hear of it",
      proof: "passkey again",
      supervisor: "somebody who watches",
      "view-only": "only looking",
    } satisfies Record<DemandView["asks"], string>,
    lift: "Lift",
    liftOf: (person: string, asks: string) => `Lift what is asked of ${person}: ${asks}`,
    liftTitle: (person: string) => `Ask no more of ${person}?`,
    liftBody: "From then on the policies alone say what they may. It is noted with your reason.",
    reasonLabel: "Why it is safe",
  },
  stories: {
    title: "What came of them",
    label: "Signals and findings, and what came of them",
    filter: "Filter signals and findings",
    at: "When",
    from: "From",
    said: "What was said or found",
    decision: "What was decided",
    effects: "What it did",
    sign: "Sign",
    findings: {
      "first-asset": "first time on an asset",
      "first-operation": "first operation",
      hour: "unusual hour",
      network: "another network",
      refusals: "refusals in a row",
      "change-rate": "many changes",
      value: "unusual value",
      "read-rate": "many readings",
      exceptions: "many errors of the asset",
    } satisfies Record<FindingKind, string>,
    ours: "found here",
    nothing: "nothing was open",
    took: (ms: number) => `done ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms after it came`,
    none: "No signal has come and nothing was unusual yet",
    noneYet: "Ask who runs the other side to send a verification event.",
  },
} as const;
