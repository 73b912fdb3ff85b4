/** What only endpoints and rules of web panels have. */
export type WebTls =
  /**
   * SHA-256 of the certificates that it may show (DER), as 64 lower-case hexadecimal digits.
   * None leaves it to an administrator who accepts what it shows.
   */
  | { readonly kind: "pinned"; readonly certificates: readonly string[] }
  /** The certificate (PEM) of the authority that signs its own. */
  | { readonly kind: "ca"; readonly ca: string };

/** How the broker signs in with the endpoint's credential. */
export type WebSignIn =
  | { readonly kind: "none" | "basic" | "digest" }
  /** The credential's password is the value of this field. */
  | { readonly kind: "header"; readonly name: string }
  /** It is posted to a page, which answers with a cookie. */
  | {
      readonly kind: "form";
      readonly path: string;
      /** Names of the fields; "" where there is no user. */
      readonly user: string;
      readonly password: string;
      /** What the form sends besides. */
      readonly fields: readonly (readonly [name: string, value: string])[];
      /** Hidden fields of the page at `path` that it wants back. */
      readonly tokens?: readonly string[];
    };

/** All that are given must match, and a request carries nothing that its rule does not name. */
export interface WebMatch {
  readonly protocol: "web";
  /** `web:request` alone where not given. */
  readonly actions?: readonly string[];
  /** GET, HEAD and POST where not given. */
  readonly methods?: readonly string[];
  /** Globs of decoded paths: `*` within a name, `**` over names. */
  readonly paths?: readonly string[];
  /** `name`, `name=value`, `name=*`, `name=20..45` or `*`; none where not given. */
  readonly query?: readonly string[];
  /** Likewise, of forms. */
  readonly form?: readonly string[];
  /** Likewise, of bodies of JSON: `pump.speed=20..45`. */
  readonly json?: readonly string[];
  /** Of bodies that are no form; forms where not given. */
  readonly contentTypes?: readonly string[];
  /** Texts of WebSocket messages; `*` stands for any letters. */
  readonly messages?: readonly string[];
  /** A limit, not a match: a larger body is denied in this rule's name. Bytes. */
  readonly sizeMax?: number;
}
