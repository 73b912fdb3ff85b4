/**
 * The plant as the broker knows it, parsed and checked: nothing in here can be wrong any more.
 * Terms after IEC 62443-3-2 and DESIGN.md section 3.
 */
import type { OperationClass } from "../../protocols/guard.ts";
import type { Table } from "../../protocols/modbus/operation.ts";
import type { ScreenPage } from "../../protocols/rfb/screen-page.ts";
import type { ApprovalRule } from "./approval-model.ts";
import type { NodeTag, OpcUaMatch, OpcUaSecurity } from "./opcua-model.ts";
import type { ResponseRule } from "./response-model.ts";
import type { WebMatch, WebSignIn, WebTls } from "./web-model.ts";
import type { Conduit, Site, Zone } from "./zone-model.ts";

export interface Plant {
  readonly site: Site;
  /** Those within it, where one broker serves several; a zone that no other contains names its. */
  readonly sites: readonly Site[];
  readonly zones: readonly Zone[];
  readonly conduits: readonly Conduit[];
  readonly assets: readonly Asset[];
  readonly profiles: readonly Profile[];
  /** Standing grants written in the plant file; those made in the console live in the store. */
  readonly grants: readonly PlantGrant[];
  /** Who agrees to requests; a zone without one is ruled by the zone around it. */
  readonly approvals: readonly ApprovalRule[];
  /** What sessions in a zone or by a profile need besides their grant. */
  readonly conditions: readonly ConditionRule[];
  readonly keySwitches: readonly KeySwitch[];
  /** What is done about findings; of several that fit, the first one. */
  readonly responses: readonly ResponseRule[];
  /** SHA-256 (hex) of the file's bytes. */
  readonly digest: string;
}

export interface Asset {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly description: string;
  readonly vendor: string;
  readonly model: string;
  readonly endpoints: readonly Endpoint[];
}

/** One protocol and address on an asset. A protocol joins this union and `PROTOCOLS`. */
export type Endpoint =
  | ModbusEndpoint
  | SshEndpoint
  | VncEndpoint
  | WebEndpoint
  | OpcUaEndpoint
  | TcpEndpoint;

export type Protocol = Endpoint["protocol"];

/** Every protocol that an endpoint can speak. */
export const PROTOCOLS = [
  "modbus",
  "ssh",
  "vnc",
  "web",
  "opcua",
  "tcp",
] as const satisfies readonly Protocol[];

interface EndpointBase {
  readonly id: string;
  readonly host: string;
  /** 1–65535 */
  readonly port: number;
  /** Loopback and link-local addresses are refused unless the plant file says so here. */
  readonly allowLocal: boolean;
  readonly limits: EndpointLimits;
  /** Gateways that reach it, the first one that is there; absent: the broker itself does. */
  readonly gateways?: readonly string[];
  /** Empty where the protocol has no registers. */
  readonly tags: readonly Tag[];
}

export interface ModbusEndpoint extends EndpointBase {
  readonly protocol: "modbus";
  /** Units that may be addressed at all; each operation to another one is refused. */
  readonly units: readonly number[];
  /** One connection for all sessions (default), or one each. */
  readonly connection: "shared" | "dedicated";
}

export interface SshEndpoint extends EndpointBase {
  readonly protocol: "ssh";
  /** `SHA256:…` of the host keys that the asset may show; none pins nothing yet and refuses. */
  readonly hostKeys: readonly string[];
  /** Allows algorithms that old devices need and nobody else should use. */
  readonly legacyAlgorithms: boolean;
}

/** `anonymous` keeps out who only listens: the screen proves nothing. */
export type ScreenTls = WebTls | { readonly kind: "anonymous" };

/** A screen. Its password, if it has one, is a credential. */
export interface VncEndpoint extends EndpointBase {
  readonly protocol: "vnc";
  /** Nobody may do anything but look, whatever a profile says. */
  readonly viewOnly: boolean;
  /** Its desktop may be given another size. */
  readonly resize: boolean;
  /** VeNCrypt, and nothing less; absent: the screen is spoken to in the open. */
  readonly tls?: ScreenTls;
  /** Pages that it shows, by which rules with `regions` judge clicks. */
  readonly pages: readonly ScreenPage[];
}

/** Bytes that nobody here decodes: recorded, passed on whole or not at all. */
export interface TcpEndpoint extends EndpointBase {
  readonly protocol: "tcp";
}

/** A web panel. */
export interface WebEndpoint extends EndpointBase {
  readonly protocol: "web";
  /** Absent: it speaks plain HTTP. */
  readonly tls?: WebTls;
  readonly signIn: WebSignIn;
  /** What it is called in requests; its address where not given. */
  readonly hostName?: string;
  /** Names of fields that its requests have besides those that every panel gets; lower case. */
  readonly moreFields?: readonly string[];
}

export interface OpcUaEndpoint extends EndpointBase {
  readonly protocol: "opcua";
  /** Towards the asset. Native clients are offered None only where it is None. */
  readonly security: OpcUaSecurity;
  /**
   * SHA-256 of the certificates that the asset may show (DER), as 64 lower-case hexadecimal
   * digits. None pins nothing yet and is refused, unless the security is None.
   */
  readonly certificates: readonly string[];
  /** Behind the port in its address: "" or, for example, `/UA/Server`. */
  readonly path: string;
  readonly nodes: readonly NodeTag[];
}

/** What a fragile device must never see exceeded, whoever asks. */
export interface EndpointLimits {
  /** Concurrent connections towards the device (dedicated), or sessions on it (shared). */
  readonly connectionsMax: number;
  readonly requestsPerSecond: number;
  /** Requests sent and not yet answered, over all sessions. */
  readonly inFlightMax: number;
  /** Requests waiting in the broker, over all sessions. */
  readonly queueMax: number;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
}

export type TagType =
  | "bool"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float32"
  | "float64";

/** `big`: the first register is the most significant word; `little`: the least. Bytes within a word are big-endian. */
export type WordOrder = "big" | "little";

export interface Tag {
  /** Unique within the site, for example `P101.SpeedSetpoint`. */
  readonly name: string;
  readonly description: string;
  readonly unitId: number;
  readonly table: Table;
  /** Protocol address, 0-based. A file may write it as 5-digit notation (40012). */
  readonly address: number;
  readonly type: TagType;
  readonly wordOrder: WordOrder;
  /** engineering value = raw * scale + offset */
  readonly scale: number;
  readonly offset: number;
  /** Engineering unit, for example `rpm`. */
  readonly unit: string;
  /** Bounds of the engineering value that hold for every profile. */
  readonly min?: number;
  readonly max?: number;
  /** For booleans and small enumerations: the word of a raw value. Plain data, since permits carry it. */
  readonly states: readonly TagState[];
  /**
   * How far its value may move while a write of it waits before the answer is void, in engineering
   * units. It goes before the rule's, which may speak of tags in other units.
   */
  readonly holdDistance?: number;
  /** Its value before and after a session stands in the report of what the session changed. */
  readonly report?: true;
}

export interface TagState {
  readonly value: number;
  readonly word: string;
}

/** The operations that a grant permits, holds or denies on an endpoint. */
export interface Profile {
  readonly id: string;
  readonly description: string;
  /** What happens to operations above `observe` when the recorder cannot write. */
  readonly onRecorderFailure: "freeze" | "stop";
  /** First match decides; nothing matched is denied as `default-deny`. */
  readonly rules: readonly Rule[];
}

export interface Rule {
  /** Unique within the profile; `<profile>#<n>` (from 1) where the file gives none. */
  readonly name: string;
  readonly verdict: "permit" | "deny" | "hold";
  /** What the rule is about; all that are given must match. */
  readonly match: RuleMatch;
  /** What must hold besides for a `permit` or `hold`; a failed one denies in this rule's name. */
  readonly limits: RuleLimits;
}

export interface RuleMatch {
  readonly classes?: readonly OperationClass[];
  /** Function codes. */
  readonly functions?: readonly number[];
  /** Sub-functions (8), MEI types (43), UMAS sub-codes (90). */
  readonly subFunctions?: readonly number[];
  readonly units?: readonly number[];
  readonly table?: Table;
  /** Inclusive protocol addresses; the whole range of the operation must lie within one of them. */
  readonly addresses?: readonly AddressRange[];
  /** Tag names; the operation must touch nothing but these. */
  readonly tags?: readonly string[];
  /** What only one other protocol has: the rule is about that protocol alone. */
  readonly own?: ProtocolMatch;
}

/** A protocol with keys of its own joins this union. */
export type ProtocolMatch = SshMatch | VncMatch | WebMatch | OpcUaMatch | TcpMatch;

/** The rule is about bytes that are not decoded, and names them. */
export interface TcpMatch {
  readonly protocol: "tcp";
}

/** All that are given must match. */
export interface SshMatch {
  readonly protocol: "ssh";
  /** Actions in the protocol's own words, for example `ssh:exec` or `file:write`. */
  readonly actions?: readonly string[];
  /** Whole commands; an argument `*` stands for any one without shell metacharacters. */
  readonly commands?: readonly string[];
  /** Globs of canonical paths: `*` within a name, `**` over names; both ends of a renaming. */
  readonly paths?: readonly string[];
  /** A limit, not a match: a larger file is denied in this rule's name. Bytes. */
  readonly sizeMax?: number;
  /** Not a match either: what is written is scanned before the asset has any of it. */
  readonly scan?: true;
  /** Nor this: a file of at most as many bytes can be taken out of the recording as it passed. */
  readonly keepMax?: number;
}

/** All that are given must match. */
export interface VncMatch {
  readonly protocol: "vnc";
  /** Actions in the protocol's own words, for example `rfb:click`. */
  readonly actions?: readonly string[];
  /** Keys with their modifiers, for example `Ctrl+Alt+Delete`: the rule is about keys. */
  readonly keys?: readonly string[];
  /** Buttons of the pointer, for example `right`: the rule is about clicks. */
  readonly buttons?: readonly string[];
  /** `PAGE/REGION`, or `PAGE/*`: the rule is about clicks and drags in them, while it shows. */
  readonly regions?: readonly string[];
  /** Text copied to the screen (`in`) or from it (`out`). */
  readonly clipboard?: "in" | "out";
  /** A limit, not a match: longer text is denied in this rule's name. Bytes. */
  readonly textMax?: number;
}

export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** Engineering values where tags are named, raw values otherwise. */
export interface RuleLimits {
  readonly min?: number;
  readonly max?: number;
  /** Only these values. */
  readonly values?: readonly number[];
  /** Largest change from the current value, which is read first. */
  readonly stepMax?: number;
  /** Writes to one point per this many ms, counted over subject + endpoint + point. */
  readonly intervalMs?: number;
  /** How many writes `intervalMs` allows; 1 where not given. */
  readonly intervalCount?: number;
  /** For `hold`: how long it waits for a person; 30 s where not given. */
  readonly holdMs?: number;
  /**
   * For `hold`: a current value that moved further than this while a person decided makes the
   * answer void; a twentieth of the bounds where not given.
   */
  readonly holdDistance?: number;
  /** Only while this tag has this raw value, which is read first. */
  readonly while?: { readonly tag: string; readonly is: number };
}

export interface PlantGrant {
  readonly id: string;
  /** Handle of a person (their e-mail address) or `role:engineer`. */
  readonly subject: string;
  /** Asset and endpoint as `ASSET/ENDPOINT`. */
  readonly endpoint: string;
  readonly profile: string;
  /** Milliseconds since the epoch; absent means not bounded on that side. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  readonly needs?: SessionNeeds;
}

/** What a session needs besides its grant, from its beginning to its end. */
export interface SessionNeeds {
  /**
   * Somebody else who may supervise watches it. Left alone it stands still: `wait` until somebody
   * is back, or `end` after a grace.
   */
  readonly supervisor?: "wait" | "end";
  /** The control room agrees before each one begins. */
  readonly consent?: true;
}

/** For every session in the zone (or one within it), by the profile, or both. */
export interface ConditionRule {
  readonly zone?: string;
  readonly profile?: string;
  readonly needs: SessionNeeds;
}

/** A switch at the plant that must be on for remote access. The broker reads it, nothing more. */
export interface KeySwitch {
  readonly id: string;
  readonly name: string;
  readonly input: KeySwitchInput;
  readonly covers: KeySwitchScope;
  /** What becomes of live sessions when it is off or cannot be read. */
  readonly whenOff: "read-only" | "end";
  /** What becomes of those that were read-only when it is on again: `wait` for a person. */
  readonly whenOn: "resume" | "wait";
}

/** Inputs of other protocols join this union. */
export type KeySwitchInput =
  | {
      readonly kind: "modbus";
      /** `ASSET/ENDPOINT` */
      readonly endpoint: string;
      /** One coil, discrete input or register. */
      readonly tag: Tag;
      /** Raw value that means on. */
      readonly on: number;
    }
  | {
      readonly kind: "opcua";
      readonly endpoint: string;
      /** A node with one number, or a Boolean as 0 or 1. */
      readonly tag: NodeTag;
      readonly on: number;
    };

export type KeySwitchScope =
  /** One of several; without an id the whole. */
  | { readonly kind: "site"; readonly id?: string }
  | { readonly kind: "zone"; readonly id: string }
  | { readonly kind: "asset"; readonly id: string };
