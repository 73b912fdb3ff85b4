/** What only endpoints and rules of OPC UA have. */
export type OpcUaSecurity =
  | { readonly policy: "None"; readonly mode: "None" }
  | {
      readonly policy: (typeof OPCUA_POLICIES)[number];
      readonly mode: "Sign" | "SignAndEncrypt";
    };

/** Older ones are broken and refused. */
export const OPCUA_POLICIES = [
  "Basic256Sha256",
  "Aes128_Sha256_RsaOaep",
  "Aes256_Sha256_RsaPss",
] as const;

/** A point of an OPC UA asset; the value is in its engineering unit already. */
export interface NodeTag {
  /** Unique within the site, for example `P101.SpeedSetpoint`. */
  readonly name: string;
  readonly description: string;
  /** `nsu=http://plant/x;s=P101.Speed`, or `i=2258` of OPC UA's own namespace. */
  readonly node: string;
  /** Engineering unit, for example `rpm`. */
  readonly unit: string;
  /** Bounds that hold for every profile. */
  readonly min?: number;
  readonly max?: number;
  /** Words of its values. */
  readonly states: readonly { readonly value: number; readonly word: string }[];
  /** Its value before and after a session stands in the report of what the session changed. */
  readonly report?: true;
}

/** All that are given must match. */
export interface OpcUaMatch {
  readonly protocol: "opcua";
  /** Actions in the protocol's own words, for example `opcua:write`. */
  readonly actions?: readonly string[];
  /**
   * Nodes by namespace URI and id, `nsu=http://plant/x;s=P101.*`: the id may be a glob, the URI
   * not. Of a call: the object.
   */
  readonly nodes?: readonly string[];
  /** Nodes that hold others, exactly: everything below them, at any depth, and they themselves. */
  readonly below?: readonly string[];
  /** Methods, written likewise; by their id on an object or on its type, which are one method. */
  readonly methods?: readonly string[];
  /** Attribute numbers; Value (13) alone for writes where not given. */
  readonly attributes?: readonly number[];
  /** Types of a written value, for example `Double`; a limit, not a match. */
  readonly types?: readonly string[];
  /** Of a denial: its nodes are not even shown by browsing. */
  readonly hide?: true;
}
