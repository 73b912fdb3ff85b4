/** Identity providers through which people may sign in, as the site's own file names them. */
import type { ProviderRules } from "../identity/through-provider.ts";
import type { Secret } from "../integrations/model.ts";
import type { Algorithm } from "../workloads/model.ts";

export interface Provider {
  /** In addresses: `/sign-in/through/ID`, which each provider has for itself. */
  readonly id: string;
  /** On the button. */
  readonly name: string;
  /** `iss`, exactly. */
  readonly issuer: string;
  /** Besides the issuer's own: where its endpoints may lie. */
  readonly hosts: readonly string[];
  readonly clientId: string;
  /** Absent for a public client, which PKCE alone protects. */
  readonly secret?: Secret;
  /** PEM; in place of the system's roots. */
  readonly ca?: Secret;
  readonly algorithms: readonly Algorithm[];
  /** How long ago the person may have proved themselves there. */
  readonly ageMaxMs?: number;
  /** What SCIM brings as `externalId` is its subject. */
  readonly scim: boolean;
}

export interface Providers {
  readonly list: readonly Provider[];
  readonly rules: ProviderRules;
}
