/**
 * A change of the plant file that needs an administrator besides who edited it on the host: one
 * signs exactly the new file with a passkey, and only then does it count. A site that cannot wait
 * for anybody restarts with the setting off, which is noted as an alarm.
 */
import { canonicalJson } from "../../protocols/log/canonical-json.ts";
import type { SignedIn } from "../identity/identity.ts";
import type { ActionContent, ActionToSign, SignedActions } from "../identity/signed-actions.ts";
import type { PlantHistory } from "../plant/plant-history.ts";
import { type HeldPlant, NotHeld, type PlantSource } from "../plant/plant-source.ts";
import type { Person } from "../store/model.ts";
import { findPerson } from "../store/people.ts";
import type { Store } from "../store/store.ts";
import { AccessRefused } from "./access.ts";
import { type DecisionPoint, onceAsserted } from "./decision-point.ts";

export interface PlantConfirmationParts {
  readonly store: Store;
  readonly source: Pick<PlantSource, "current" | "currentText" | "held" | "confirm">;
  readonly signedActions: SignedActions;
  readonly decisions: Pick<DecisionPoint, "may">;
  /** Whether a change needs it at all. */
  readonly needed: boolean;
  /** Who wrote what waits from the console: somebody else confirms it. */
  readonly history?: Pick<PlantHistory, "announced" | "announce">;
}

export interface PlantChangeHeld {
  readonly held: HeldPlant;
  /** Text and digest of the plant in force. */
  readonly before: string;
  readonly basedOn: string;
}

export class PlantConfirmation {
  private readonly parts: PlantConfirmationParts;

  constructor(parts: PlantConfirmationParts) {
    this.parts = parts;
  }

  get needed(): boolean {
    return this.parts.needed;
  }

  held(): PlantChangeHeld | undefined {
    const { source } = this.parts;
    const held = source.held();
    if (!held) return undefined;
    return { held, before: source.currentText(), basedOn: source.current().digest };
  }

  /** @throws AccessRefused not-found, changed */
  async options(who: SignedIn, digest: string): Promise<ActionToSign> {
    return this.parts.signedActions.options(who, "change", await this.content(who, digest));
  }

  /** @throws AccessRefused not-found, changed (the file is another one by now) */
  async confirm(
    who: SignedIn,
    answer: { readonly text: string; readonly response: unknown },
  ): Promise<void> {
    const { store, source, signedActions, history } = this.parts;
    const { content } = await signedActions.prove(who, "change", answer);
    const held = source.held();
    const digest = held?.plant.digest ?? "";
    if (canonicalJson(content) !== canonicalJson(await this.content(who, digest))) throw changed();
    const proposed = history?.announced();
    const {
      by = null,
      byName = "The host",
      note = "the file was changed on the host",
    } = proposed?.digest === digest ? proposed : {};
    await history?.announce({
      digest,
      by,
      byName: `${byName}, confirmed by ${who.person.name}`,
      note,
    });
    await source.confirm(digest).catch((error: unknown) => {
      throw error instanceof NotHeld ? changed() : error;
    });
    await store.log.record({
      kind: "plant:confirmed",
      priority: "event",
      text: `${who.person.name} confirmed the change of the plant file (${digest.slice(0, 12)})`,
      subject: who.person.id,
    });
  }

  private async content(who: SignedIn, digest: string): Promise<ActionContent> {
    const { source, history, store, decisions } = this.parts;
    const mayChange = (whom: Person) => decisions.may(onceAsserted(whom), "plant:change");
    if (!mayChange(who.person)) throw missing();
    const held = source.held();
    if (!held) throw missing();
    if (held.plant.digest !== digest) throw changed();
    const announced = history?.announced();
    if (announced?.digest === digest && announced.by !== null) {
      if (announced.by === who.person.id)
        throw new AccessRefused("not-allowed", "one's own change");
      // Who may not change the plant any more does not do it by an older proposal.
      const proposer = await findPerson(store.queries, announced.by);
      if (!proposer || !mayChange(proposer)) {
        throw new AccessRefused("not-waiting", "who proposed it may not change the plant any more");
      }
    }
    const basedOn = source.current().digest;
    return { act: "confirm", kind: "plant", digest, basedOn };
  }
}

function missing(): AccessRefused {
  return new AccessRefused("not-found", "no change of the plant file waits");
}

function changed(): AccessRefused {
  return new AccessRefused("changed", "the plant file is another one by now");
}
