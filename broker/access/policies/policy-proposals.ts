/**
 * Changes of policies that need a second administrator: one proposes files, another one signs
 * exactly them with a passkey, and only then do they count. Whoever works on the host goes on as
 * before (`sallyport policy rollback`, the files themselves): that is the way out for a site whose
 * second administrator is gone, and it is noted as an alarm.
 */
import { canonicalJson } from "../../../protocols/log/canonical-json.ts";
import type { Clock } from "../../clock.ts";
import type { SignedIn } from "../../identity/identity.ts";
import type { ActionContent, ActionToSign, SignedActions } from "../../identity/signed-actions.ts";
import {
  decideProposal,
  findProposal,
  insertProposal,
  listProposals,
} from "../../store/changes.ts";
import { newId } from "../../store/ids.ts";
import type { ChangeProposal, Person } from "../../store/model.ts";
import { findPerson } from "../../store/people.ts";
import { plainText } from "../../store/plain-text.ts";
import type { Store } from "../../store/store.ts";
import { AccessRefused } from "../access.ts";
import { type DecisionPoint, onceAsserted } from "../decision-point.ts";
import type { CheckedPolicies } from "./check-policies.ts";
import { digestOf, type PolicySources } from "./policy-folder.ts";
import type { Activation, PolicyStore } from "./policy-store.ts";

/** What nobody confirmed in a week was not wanted by two. */
export const PROPOSAL_MS = 7 * 24 * 3_600_000;
/** More at once is a quarrel, not work. */
const WAITING_MAX = 10;
const LIST_MAX = 50;
const REASON_MAX = 300;

export interface ProposalParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly policies: Pick<PolicyStore, "activate" | "examine" | "current">;
  readonly signedActions: SignedActions;
  readonly decisions: Pick<DecisionPoint, "may">;
  /** Whether a change in the console needs a second administrator at all. */
  readonly needed: boolean;
}

export type ProposalState = ChangeProposal["state"] | "expired" | "overtaken";

export type Proposed =
  | {
      readonly kind: "proposed";
      readonly proposal: ChangeProposal;
      readonly checked: CheckedPolicies;
    }
  | { readonly kind: "refused"; readonly checked: CheckedPolicies };

export class PolicyProposals {
  private readonly parts: ProposalParts;
  private doing: Promise<unknown> = Promise.resolve();

  constructor(parts: ProposalParts) {
    this.parts = parts;
  }

  get needed(): boolean {
    return this.parts.needed;
  }

  list(): Promise<readonly ChangeProposal[]> {
    return listProposals(this.parts.store.queries, LIST_MAX);
  }

  /** @throws AccessRefused not-found */
  async get(id: string): Promise<ChangeProposal> {
    const proposal = await findProposal(this.parts.store.queries, id);
    if (!proposal) throw missing();
    return proposal;
  }

  /** `overtaken`: other policies came into force since it was made. */
  stateOf({ state, expiresMs, basedOn }: ChangeProposal): ProposalState {
    if (state !== "waiting") return state;
    if (expiresMs <= this.parts.clock.wallMs()) return "expired";
    return basedOn === this.parts.policies.current().digest ? "waiting" : "overtaken";
  }

  /** Only what could come into force now can be proposed. @throws AccessRefused too-many */
  async propose(by: Person, files: PolicySources, note: string): Promise<Proposed> {
    const { store, clock, policies } = this.parts;
    const checked = await policies.examine(files);
    if (!checked.valid) return { kind: "refused", checked };
    const nowMs = clock.wallMs();
    const proposal: ChangeProposal = {
      ...{ id: newId(), kind: "policies", files, digest: digestOf(files) },
      ...{ basedOn: policies.current().digest, reason: plainText(note, REASON_MAX) },
      proposedBy: { id: by.id, name: by.name },
      ...{ proposedMs: nowMs, expiresMs: nowMs + PROPOSAL_MS },
      ...{ state: "waiting", stateMs: nowMs, decidedBy: null },
    };
    await store.act(async (queries, record) => {
      const waiting = (await listProposals(queries, LIST_MAX)).filter(
        (each) => this.stateOf(each) === "waiting",
      );
      if (waiting.length >= WAITING_MAX) {
        throw new AccessRefused("too-many", "too many changes wait already");
      }
      await insertProposal(queries, proposal);
      await record({
        kind: "policy:proposed",
        priority: "event",
        text: `${by.name} proposed a change of the policies (${proposal.digest.slice(0, 12)}); another administrator must confirm it: ${proposal.reason}`,
        subject: by.id,
      });
    });
    return { kind: "proposed", proposal, checked };
  }

  /** @throws AccessRefused not-found, not-allowed (one's own), not-waiting, changed */
  async confirmOptions(who: SignedIn, id: string): Promise<ActionToSign> {
    const proposal = await this.confirmable(who.person.id, id);
    return this.parts.signedActions.options(who, "change", contentOf(proposal));
  }

  /** One after the other: of two that confirm at once, one does. */
  confirm(
    who: SignedIn,
    id: string,
    answer: { readonly text: string; readonly response: unknown },
  ): Promise<Activation> {
    const next = this.doing.then(() => this.confirmNow(who, id, answer));
    this.doing = next.catch(() => {});
    return next;
  }

  /** By who proposed it, or as a refusal by another one who may change policies. */
  async withdraw(by: Person, id: string): Promise<void> {
    const { store, clock } = this.parts;
    await store.act(async (queries, record) => {
      const proposal = await findProposal(queries, id);
      if (!proposal) throw missing();
      const decision = { state: "withdrawn", by: by.id, atMs: clock.wallMs() } as const;
      if (!(await decideProposal(queries, id, { ...decision, actionId: null }))) throw notWaiting();
      const own = proposal.proposedBy.id === by.id;
      await record({
        kind: "policy:withdrawn",
        priority: "event",
        text: own
          ? `${by.name} took back a proposed change of the policies`
          : `${by.name} refused the change of the policies that ${proposal.proposedBy.name} proposed`,
        subject: by.id,
      });
    });
  }

  private async confirmNow(
    who: SignedIn,
    id: string,
    answer: { readonly text: string; readonly response: unknown },
  ): Promise<Activation> {
    const { store, policies, signedActions, clock } = this.parts;
    const { action, content } = await signedActions.prove(who, "change", answer);
    const proposal = await this.confirmable(who.person.id, id);
    if (canonicalJson(content) !== canonicalJson(contentOf(proposal))) {
      throw new AccessRefused("changed", "not what was signed for any more");
    }
    const { proposedBy, reason, files } = proposal;
    const name = `${proposedBy.name}, confirmed by ${who.person.name}`;
    // A crash between the two leaves a proposal that was overtaken by itself: nobody confirms it.
    const done = await policies.activate(files, { id: proposedBy.id, name }, reason);
    if (done.kind === "refused") return done;
    await store.act(async (queries, record) => {
      const decision = { state: "confirmed", by: who.person.id, atMs: clock.wallMs() } as const;
      await decideProposal(queries, id, { ...decision, actionId: action.id });
      await record({
        kind: "policy:confirmed",
        priority: "event",
        text: `${who.person.name} confirmed the change of the policies that ${proposedBy.name} proposed (${proposal.digest.slice(0, 12)})`,
        subject: who.person.id,
      });
    });
    return done;
  }

  private async confirmable(personId: string, id: string): Promise<ChangeProposal> {
    const { queries } = this.parts.store;
    const proposal = await this.get(id);
    const person = await findPerson(queries, personId);
    const proposer = await findPerson(queries, proposal.proposedBy.id);
    const mayChange = (whom: Person | undefined) =>
      whom !== undefined && this.parts.decisions.may(onceAsserted(whom), "policy:change");
    if (!mayChange(person)) throw missing();
    if (proposal.proposedBy.id === personId) {
      throw new AccessRefused("not-allowed", "one's own proposal");
    }
    const state = this.stateOf(proposal);
    if (state === "overtaken") throw new AccessRefused("changed", "other policies are in force");
    // Who may not change policies any more does not do it by an older proposal.
    if (state !== "waiting" || !mayChange(proposer)) throw notWaiting();
    return proposal;
  }
}

function contentOf({ id, digest, basedOn, reason, proposedBy }: ChangeProposal): ActionContent {
  return {
    ...{ act: "confirm", kind: "policies", proposal: id, digest, basedOn, reason },
    proposedBy: { ...proposedBy },
  };
}

function missing(): AccessRefused {
  return new AccessRefused("not-found", "no such proposal");
}

function notWaiting(): AccessRefused {
  return new AccessRefused("not-waiting", "the proposal does not wait any more");
}
