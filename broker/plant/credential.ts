/**
 * What the broker signs in to an asset with. It is injected by the leg and stays there: never
 * shown, logged, taped or sent to a client.
 */
export type Credential =
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  /** A private key in PEM or OpenSSH form; with `certificate` (PEM) for protocols that show one. */
  | {
      readonly kind: "key";
      readonly user: string;
      readonly privateKey: string;
      readonly passphrase?: string;
      readonly certificate?: string;
    };

export type CredentialKind = Credential["kind"];

/** Asked at each dial, so that a rotated secret counts from then on. */
export interface CredentialSource {
  /**
   * @param endpoint `ASSET/ENDPOINT`
   * @returns undefined where none was set
   * @throws Error if what is stored cannot be opened
   */
  of(endpoint: string): Promise<Credential | undefined>;
}
