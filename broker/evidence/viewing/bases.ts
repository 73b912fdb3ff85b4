/** What a session rested on: how its grant came about, and the acts that people signed for it. */
import { type GrantBasis, grantBasis } from "../../store/grant-basis.ts";
import type { SignedAction } from "../../store/model.ts";
import { findPerson } from "../../store/people.ts";
import { findSignedAction } from "../../store/signed-actions.ts";
import type { Store } from "../../store/store.ts";

export class Bases {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  /** Undefined for grants of the plant file. */
  ofGrant(grant: string): Promise<GrantBasis | undefined> {
    return grantBasis(this.store.queries, grant);
  }

  /** Undefined unless it was signed for this session, or for the request of its grant. */
  async act(
    id: string,
    session: string,
    grant: string,
  ): Promise<(SignedAction & { readonly name: string }) | undefined> {
    const { queries } = this.store;
    const act = await findSignedAction(queries, id);
    if (act === undefined || !(await this.belongs(act, session, grant))) return undefined;
    const person = await findPerson(queries, act.personId);
    return { ...act, name: person?.name ?? "" };
  }

  private async belongs(act: SignedAction, session: string, grant: string): Promise<boolean> {
    const { content } = JSON.parse(act.text) as {
      readonly content: { readonly session?: unknown };
    };
    if (content.session === session) return true;
    const basis = await this.ofGrant(grant);
    return basis?.request?.decisions.some(({ actionId }) => actionId === act.id) ?? false;
  }
}
