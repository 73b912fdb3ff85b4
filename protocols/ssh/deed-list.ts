/**
 * What was done over SSH as flat rows, for spreadsheets and scripts: CSV (RFC 4180) and NDJSON with
 * the same fields. One row for what was asked and decided, for each file that passed with its
 * digest, for each line that was typed (without its text where the terminal did not show it), and
 * for each command as it ended (`ssh:ended`), with its exit status.
 */
import { csvRow } from "../modbus/operation-list.ts";
import type { Header, Judged, TapeRecord } from "../tape/record.ts";
import { isSshOperation, type SshOperation } from "./operation.ts";
import { type TerminalEvent, TerminalHistory } from "./terminal-history.ts";

export interface SshDeedRow {
  /** UTC, RFC 3339 with milliseconds. */
  readonly time: string;
  readonly session: string;
  readonly sequence: number;
  readonly channel: number;
  readonly person: string;
  readonly asset: string;
  readonly class: string;
  readonly action: string;
  /** A command, what was typed, the name of what was asked for. */
  readonly text: string;
  /** Exit status of a command; empty where the asset told none. */
  readonly status: string;
  readonly path: string;
  readonly target: string;
  /** Bytes. */
  readonly size: string;
  /** `up` or `down`, of a file that passed. */
  readonly way: string;
  /** `whole`, `part` (from `offset` on) or `pieces`, of a file that passed. */
  readonly extent: string;
  readonly offset: string;
  /** SHA-256 in hex. */
  readonly digest: string;
  readonly verdict: string;
  readonly rule: string;
  readonly reason: string;
}

const FIELDS = [
  ...["time", "session", "sequence", "channel", "person", "asset", "class", "action", "text"],
  ...["status", "path", "target", "size", "way", "extent", "offset", "digest"],
  ...["verdict", "rule", "reason"],
] as readonly (keyof SshDeedRow)[];

const NOTHING = {
  ...{ class: "", text: "", status: "", path: "", target: "", size: "", way: "", extent: "" },
  ...{ offset: "", digest: "", verdict: "", rule: "", reason: "" },
} as const;

export class SshDeedList {
  private readonly header: Header;
  private readonly iso: (ms: number) => string;
  private readonly history = new TerminalHistory();
  private readonly commands = new Map<number, string>();

  /** @param iso milliseconds since the epoch as RFC 3339 in UTC */
  constructor(header: Header, iso: (ms: number) => string) {
    this.header = header;
    this.iso = iso;
  }

  /** The rows of this record. */
  push(record: TapeRecord): readonly SshDeedRow[] {
    const decided =
      record.kind === "verdict" ? record.items.flatMap((item) => this.decided(record, item)) : [];
    return [...decided, ...this.history.push(record).flatMap((event) => this.seen(event))];
  }

  finish(): readonly SshDeedRow[] {
    return [];
  }

  private decided(
    record: Extract<TapeRecord, { kind: "verdict" }>,
    { operation, answer, rule, reason }: Judged,
  ): readonly SshDeedRow[] {
    if (!isSshOperation(operation) || (answer.kind === "permit" && isNoise(operation))) return [];
    const { class: kind, action } = operation;
    return [
      {
        ...this.common(record),
        ...NOTHING,
        ...{ class: kind, action, text: textOf(operation), ...fileOf(operation) },
        ...{ verdict: answer.kind, rule, reason },
      },
    ];
  }

  private seen(event: TerminalEvent): readonly SshDeedRow[] {
    const row = { ...this.common(event), ...NOTHING };
    if (event.kind === "start") this.commands.set(event.channel, event.command);
    if (event.kind === "typed") {
      return [{ ...row, action: "text:typed", text: event.echo ? event.text : "" }];
    }
    if (event.kind !== "end") return [];
    const text = this.commands.get(event.channel) ?? "";
    this.commands.delete(event.channel);
    const status = event.status === undefined ? "" : String(event.status);
    return [{ ...row, action: "ssh:ended", text, status }];
  }

  private common({ wallMs, sequence, channel }: Pick<TerminalEvent, keyof Placed>) {
    const { session, subject, asset } = this.header;
    const who = { person: subject.name, asset: asset.name };
    return { time: this.iso(wallMs), session, sequence, channel, ...who };
  }
}

interface Placed {
  readonly wallMs: number;
  readonly sequence: number;
  readonly channel: number;
}

/** Typing is a right before it is a line, and a file that grows is one writing. */
function isNoise(operation: SshOperation): boolean {
  if (operation.action === "ssh:input") return true;
  if (operation.action !== "file:write" || operation.via !== "sftp") return false;
  return operation.size !== undefined && operation.digest === undefined;
}

function textOf(operation: SshOperation): string {
  switch (operation.action) {
    case "ssh:shell":
      return operation.terminal;
    case "ssh:exec":
      return operation.command;
    case "ssh:env":
      return `${operation.name}=${operation.value}`;
    case "ssh:forward":
      return `${operation.name} ${operation.to}`;
    default:
      return "name" in operation ? (operation.name ?? "") : "";
  }
}

function fileOf(operation: SshOperation): Partial<SshDeedRow> {
  if (!("path" in operation)) return {};
  const { path, target = "", size, digest = "" } = operation;
  const file = { path, target, size: size === undefined ? "" : String(size), digest };
  if (operation.action !== "file:passed") return file;
  const { way, extent, offset } = operation;
  return { ...file, way, extent, offset: offset === undefined ? "" : String(offset) };
}

export function sshCsvHead(): string {
  return `${FIELDS.join(",")}\r\n`;
}

export function sshCsvLine(row: SshDeedRow): string {
  return csvRow(FIELDS.map((field) => row[field]));
}

export function sshNdjsonLine(row: SshDeedRow): string {
  return `${JSON.stringify(row)}\n`;
}
