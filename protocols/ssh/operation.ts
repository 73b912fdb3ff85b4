/** What a client can ask for over SSH, in the words that profiles and recordings use. */
import type { Operation } from "../guard.ts";

export const SSH_ACTIONS = [
  "ssh:shell",
  "ssh:input",
  "ssh:exec",
  "ssh:subsystem",
  "ssh:env",
  "ssh:forward",
  "ssh:other",
] as const;

export const FILE_ACTIONS = [
  "file:list",
  "file:read",
  "file:write",
  "file:remove",
  "file:rename",
  "file:other",
] as const;

/** A shell on a terminal (`terminal` says which) or without one. */
export interface ShellOperation extends Operation {
  readonly action: "ssh:shell";
  readonly class: "configure";
  readonly terminal: string;
}

/** What a person types, or a program sends to one. Decided once until rights change. */
export interface InputOperation extends Operation {
  readonly action: "ssh:input";
  readonly class: "configure";
}

export interface ExecOperation extends Operation {
  readonly action: "ssh:exec";
  readonly class: "configure";
  readonly command: string;
}

export interface SubsystemOperation extends Operation {
  readonly action: "ssh:subsystem";
  /** `transfer` for SFTP, whose requests are decided one by one. */
  readonly class: "transfer" | "program";
  readonly name: string;
}

export interface EnvOperation extends Operation {
  readonly action: "ssh:env";
  readonly class: "configure";
  readonly name: string;
  readonly value: string;
}

/** Forwarding of ports, sockets, agents, displays, tunnels. Never carried: it would be a route. */
export interface ForwardOperation extends Operation {
  readonly action: "ssh:forward";
  readonly class: "program";
  /** The name in the protocol, for example `direct-tcpip`. */
  readonly name: string;
  /** Where to, as far as the message says. */
  readonly to: string;
}

export interface OtherOperation extends Operation {
  readonly action: "ssh:other";
  readonly class: "program";
  readonly name: string;
}

/** Of SFTP and of scp alike. */
export interface FileOperation extends Operation {
  readonly action: (typeof FILE_ACTIONS)[number];
  readonly class: "transfer";
  readonly via: "sftp" | "scp";
  /** Absolute and canonical: no `.`, `..`, doubled or trailing slash. */
  readonly path: string;
  /** Of a renaming or a link: the other end. */
  readonly target?: string;
  /** Bytes of the file after a write, as far as is known now. */
  readonly size?: number;
  /** SHA-256 in hex of a whole file that was scanned before it was sent. */
  readonly digest?: string;
  /** For `file:other`: what it is, for example `setstat`. */
  readonly name?: string;
}

/** How much of a file passed: from its beginning to its end, one run of it, or here and there. */
export const EXTENTS = ["whole", "part", "pieces"] as const;

/**
 * A file as it passed, told when it is closed: the guard's own, asked of nobody and refused by
 * nothing. The recording keeps what passed by its digest, and gives out its content where a rule
 * says so.
 */
export interface PassedOperation extends Operation {
  readonly action: "file:passed";
  readonly class: "observe";
  readonly via: "sftp" | "scp";
  /** `up`: towards the asset. */
  readonly way: "up" | "down";
  readonly path: string;
  /** Of an upload by scp: where it is, if `path` is a folder. */
  readonly target?: string;
  readonly extent: (typeof EXTENTS)[number];
  /** Bytes that passed. */
  readonly size: number;
  /** Of the first byte of a part; absent where it is 0. */
  readonly offset?: number;
  /** SHA-256 in hex of what passed; pieces have none. */
  readonly digest?: string;
}

/** The rule that stands behind a file that passed: what the recording gives out of it later. */
export const KEPT_BY_DIGEST = "kept-by-digest";
export const KEPT_WITH_CONTENT = "kept-with-content";

export type SshOperation =
  | ShellOperation
  | InputOperation
  | ExecOperation
  | SubsystemOperation
  | EnvOperation
  | ForwardOperation
  | OtherOperation
  | FileOperation
  | PassedOperation;

const ACTIONS: ReadonlySet<string> = new Set([...SSH_ACTIONS, ...FILE_ACTIONS, "file:passed"]);

/** For who gets an operation of any protocol. */
export function isSshOperation(operation: Operation): operation is SshOperation {
  return ACTIONS.has(operation.action);
}
