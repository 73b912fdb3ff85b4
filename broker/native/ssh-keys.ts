/**
 * Public keys that people registered for their own SSH clients. A key says whose client it is and
 * that the private half is there; the session is opened by the person's approval in the browser,
 * as without one.
 */
import { canonicalJson } from "../../protocols/log/canonical-json.ts";
import type { Clock } from "../clock.ts";
import { FRESH_MS, IdentityRefused, type SignedIn } from "../identity/identity.ts";
import type { ActionContent, ActionToSign, SignedActions } from "../identity/signed-actions.ts";
import { newId } from "../store/ids.ts";
import { plainText } from "../store/plain-text.ts";
import {
  dropSshKey,
  findSshKey,
  insertSshKey,
  isRegistered,
  listSshKeys,
  noteSshKeyUsed,
  type SshKey,
} from "../store/ssh-keys.ts";
import type { Store } from "../store/store.ts";
import { fingerprintOf, isProved, type KeyProof, readPublicKey } from "./ssh-public-key.ts";

export interface SshKeysParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly signedActions: SignedActions;
}

/** One for each machine of a person. */
const KEYS_MAX = 10;
const LABEL_MAX = 60;

export class SshKeys {
  private readonly parts: SshKeysParts;
  private readonly removed = new Set<(key: SshKey) => void>();

  constructor(parts: SshKeysParts) {
    this.parts = parts;
  }

  list({ person }: SignedIn): Promise<readonly SshKey[]> {
    return listSshKeys(this.parts.store.queries, person.id);
  }

  /** @throws PublicKeyRefused; IdentityRefused input-invalid, too-many */
  async options(
    who: SignedIn,
    wanted: { readonly label: string; readonly publicKey: string },
  ): Promise<ActionToSign> {
    const { text, fingerprint } = readPublicKey(wanted.publicKey);
    const label = plainText(wanted.label, LABEL_MAX);
    if (label === "") throw new IdentityRefused("input-invalid", "a key needs a name");
    await this.mayAdd(who, fingerprint);
    const content = contentOf({ label, publicKey: text, fingerprint });
    return this.parts.signedActions.options(who, "ssh-key", content);
  }

  /** @throws as `options`, and as `SignedActions.prove` */
  async add(
    who: SignedIn,
    answer: { readonly text: string; readonly response: unknown },
  ): Promise<SshKey> {
    const { store, clock, signedActions } = this.parts;
    const { action, content } = await signedActions.prove(who, "ssh-key", answer);
    const { label, publicKey, fingerprint } = wantedIn(content);
    await this.mayAdd(who, fingerprint);
    const key: SshKey = {
      ...{ id: newId(), personId: who.person.id, label, publicKey, fingerprint },
      ...{ actionId: action.id, addedMs: clock.wallMs(), usedMs: null },
    };
    await store.act(async (queries, record) => {
      await insertSshKey(queries, key);
      await record({
        ...{ kind: "ssh-key:added", priority: "event", subject: who.person.id },
        text: `${who.person.name} registered the SSH key ${label} (${fingerprint})`,
      });
    });
    return key;
  }

  /** What it opened ends with it. @throws IdentityRefused step-up-required, not-found */
  async remove(who: SignedIn, id: string): Promise<void> {
    if (who.assertionAgeMs > FRESH_MS) {
      throw new IdentityRefused("step-up-required", "the last assertion is too old for this");
    }
    const key = await this.parts.store.act(async (queries, record) => {
      const dropped = await dropSshKey(queries, who.person.id, id);
      if (!dropped) throw new IdentityRefused("not-found", "no such key of this person");
      await record({
        ...{ kind: "ssh-key:removed", priority: "event", subject: who.person.id },
        text: `${who.person.name} removed the SSH key ${dropped.label} (${dropped.fingerprint})`,
      });
      return dropped;
    });
    for (const listener of [...this.removed]) listener(key);
  }

  /** Undefined where it is not registered, or its person is disabled. */
  find({ data }: KeyProof["key"]): Promise<SshKey | undefined> {
    return findSshKey(this.parts.store.queries, fingerprintOf(data));
  }

  proves(key: SshKey, proof: KeyProof): boolean {
    return isProved(key.publicKey, proof);
  }

  /** Behind the session: a date in a list. */
  used({ id }: SshKey): void {
    const { store, clock } = this.parts;
    noteSshKeyUsed(store.queries, id, clock.wallMs()).catch(() => undefined);
  }

  onRemoved(listener: (key: SshKey) => void): () => void {
    this.removed.add(listener);
    return () => this.removed.delete(listener);
  }

  private async mayAdd(who: SignedIn, fingerprint: string): Promise<void> {
    const { queries } = this.parts.store;
    const own = await listSshKeys(queries, who.person.id);
    if (own.length >= KEYS_MAX) {
      throw new IdentityRefused("too-many", `a person has at most ${KEYS_MAX} SSH keys`);
    }
    // One's own second time, or somebody else's: either way it says nothing new.
    if (await isRegistered(queries, fingerprint)) {
      throw new IdentityRefused("input-invalid", "this key is registered already");
    }
  }
}

interface WantedKey {
  readonly label: string;
  readonly publicKey: string;
  readonly fingerprint: string;
}

function contentOf({ label, publicKey, fingerprint }: WantedKey): ActionContent {
  return { act: "add-ssh-key", label, publicKey, fingerprint };
}

/** As it was made by `options`: its digest was a challenge of ours. */
function wantedIn(content: ActionContent): WantedKey {
  const { label, publicKey, fingerprint } = content as unknown as WantedKey;
  const wanted = { label, publicKey, fingerprint };
  if (canonicalJson(content) === canonicalJson(contentOf(wanted))) return wanted;
  throw new IdentityRefused("response-invalid", "the signature is for something else");
}
