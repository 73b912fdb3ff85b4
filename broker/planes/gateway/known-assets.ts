/**
 * What a gateway was told of the assets it serves now: in memory only, and gone with the last
 * session that needs it.
 */
import type { Credential, CredentialSource } from "../../plant/credential.ts";
import type { TrustedIdentities } from "../../plant/shown-identity.ts";

interface Known {
  readonly credential: Credential | undefined;
  readonly pins: readonly string[];
}

export class KnownAssets {
  private readonly bySession = new Map<string, { readonly endpoint: string; known: Known }>();
  readonly credentials: CredentialSource = {
    of: async (endpoint) => this.find(endpoint)?.credential,
  };
  readonly trusted: TrustedIdentities = { of: (endpoint) => this.find(endpoint)?.pins ?? [] };

  /** @param endpoint `ASSET/ENDPOINT` */
  set(session: string, endpoint: string, known: Known): void {
    // What was said last counts for all: a secret may have been rotated.
    for (const other of this.bySession.values()) {
      if (other.endpoint === endpoint) other.known = known;
    }
    this.bySession.set(session, { endpoint, known });
  }

  forget(session: string): void {
    this.bySession.delete(session);
  }

  private find(endpoint: string): Known | undefined {
    for (const each of this.bySession.values()) {
      if (each.endpoint === endpoint) return each.known;
    }
    return undefined;
  }
}
