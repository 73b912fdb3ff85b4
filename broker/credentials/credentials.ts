/** The credentials of assets: set and replaced by administrators, opened only for a leg that dials. */
import type { Clock } from "../clock.ts";
import type { Credential, CredentialKind, CredentialSource } from "../plant/credential.ts";
import {
  findSealed,
  listCredentials,
  putCredential,
  removeCredential,
} from "../store/credentials.ts";
import type { Store } from "../store/store.ts";
import { openSecret, SecretUnreadable, sealSecret } from "./envelope.ts";

/** What may be told about a credential: everything but the secret. */
export interface CredentialShown {
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  readonly kind: CredentialKind;
  readonly user: string;
  readonly setBy: string;
  readonly setMs: number;
}

/** Who sets one: a person of the console, somebody on the host, or the broker at its first start. */
export interface CredentialSetter {
  readonly id?: string;
  readonly name: string;
  /** The broker's own first start: nobody acted, so it raises no alarm. */
  readonly firstStart?: true;
}

/** A private key of 16,384 bit RSA with its certificate chain fits. */
export const SECRET_LENGTH_MAX = 32_768;

export class Credentials implements CredentialSource {
  private readonly store: Store;
  private readonly key: Uint8Array;
  private readonly clock: Clock;

  constructor(store: Store, key: Uint8Array, clock: Clock) {
    this.store = store;
    this.key = key;
    this.clock = clock;
  }

  async list(): Promise<readonly CredentialShown[]> {
    const all = await listCredentials(this.store.queries);
    return all.map(({ sealed, kind, ...shown }) => ({ ...shown, kind: kindOf(kind) }));
  }

  /** In force from the next dial on; sessions that are signed in stay so. */
  async set(by: CredentialSetter, endpoint: string, credential: Credential): Promise<void> {
    const { kind, user } = credential;
    const secret = Buffer.from(JSON.stringify(credential));
    if (secret.length > SECRET_LENGTH_MAX) throw new RangeError("the secret is too long");
    const sealed = sealSecret(this.key, endpoint, secret).toString("base64");
    secret.fill(0);
    const setMs = this.clock.wallMs();
    await this.store.act(async (queries, record) => {
      await putCredential(queries, { endpoint, kind, user, sealed, setBy: by.name, setMs });
      const text = `${by.name} set what ${endpoint} is signed in to with (${kind}${user === "" ? "" : ` of "${user}"`}).`;
      await record({ kind: "credential:set", ...priorityOf(by), text, ...subjectOf(by) });
    });
  }

  /** False where there was none. */
  remove(by: CredentialSetter, endpoint: string): Promise<boolean> {
    return this.store.act(async (queries, record) => {
      if (!(await removeCredential(queries, endpoint))) return false;
      const text = `${by.name} removed what ${endpoint} is signed in to with.`;
      await record({ kind: "credential:removed", ...priorityOf(by), text, ...subjectOf(by) });
      return true;
    });
  }

  async of(endpoint: string): Promise<Credential | undefined> {
    const sealed = await findSealed(this.store.queries, endpoint);
    if (sealed === undefined) return undefined;
    const plain = openSecret(this.key, endpoint, Buffer.from(sealed, "base64"));
    const credential = JSON.parse(plain.toString()) as Credential;
    plain.fill(0);
    return credential;
  }
}

function kindOf(text: string): CredentialKind {
  if (text === "password" || text === "key") return text;
  throw new SecretUnreadable(`a credential of the kind "${text}" is not known`);
}

/** What somebody does past the console needs a look. */
function priorityOf(by: CredentialSetter): { readonly priority: "event" | "alarm" } {
  return { priority: by.id === undefined && by.firstStart !== true ? "alarm" : "event" };
}

function subjectOf({ id }: CredentialSetter): { readonly subject?: string } {
  return id === undefined ? {} : { subject: id };
}
