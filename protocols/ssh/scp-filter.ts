/**
 * The data of an old scp: every file and folder is an operation, decided before its content
 * passes. Its paths are names only; scp has no way to ask where a link leads, so a profile that
 * must know permits SFTP.
 */

import { copyBytes } from "../copy-bytes.ts";
import type { Side } from "../guard.ts";
import { type Cut, Inbox } from "../inbox.ts";
import type { FileOperation, PassedOperation } from "./operation.ts";
import { EarlyRoom, Passage } from "./passage.ts";
import { joinPath, nameOf } from "./paths.ts";
import type { ScpCommand } from "./scp-command.ts";
import {
  type CarriedRecord,
  cutAnswer,
  cutRecord,
  encodeAnswer,
  encodeRecord,
  type ScpRecord,
} from "./scp-records.ts";
import type { FilterHost, StreamFilter } from "./stream-filter.ts";

/** Two messages of data at their longest. */
const INBOX_MAX = 262_144;
/** Content handed on at once. */
const PIECE_MAX = 32_768;
const DEPTH_MAX = 64;

/** Content that is under way, and the byte behind it. */
interface Content {
  left: number;
  readonly decision: number;
  readonly paths: readonly string[];
  readonly passage: Passage;
  passed: number;
}

type Placed = Extract<ScpRecord, { kind: "file" | "folder" }>;

export class ScpFilter implements StreamFilter {
  readonly waits = false;
  private readonly inboxes = { client: new Inbox(INBOX_MAX), asset: new Inbox(INBOX_MAX) };
  private readonly command: ScpCommand;
  private readonly decision: number;
  private readonly host: FilterHost;
  private readonly source: Side;
  /** Folders that are entered, below the path of the command. */
  private readonly folders: string[] = [];
  private content: Content | undefined;

  constructor(command: ScpCommand, decision: number, host: FilterHost) {
    this.command = command;
    this.decision = decision;
    this.host = host;
    this.source = command.gives ? "asset" : "client";
  }

  push(from: Side, bytes: Uint8Array): boolean {
    return this.inboxes[from].push(bytes);
  }

  backlog(from: Side): number {
    return this.inboxes[from].length;
  }

  take(from: Side): boolean {
    if (from !== this.source) return this.takeAnswer(from);
    return this.content ? this.takeContent(this.content) : this.takeRecord();
  }

  private takeAnswer(from: Side): boolean {
    const answer = this.frameOf(from, this.inboxes[from].take(cutAnswer));
    if (answer === undefined) return false;
    this.pass(encodeAnswer(answer), this.decision, other(from));
    return true;
  }

  private takeRecord(): boolean {
    const record = this.frameOf(this.source, this.inboxes[this.source].take(cutRecord));
    if (record === undefined) return false;
    if (record.kind === "file" || record.kind === "folder") this.place(record);
    else if (record.kind === "up") this.up(record);
    else if (record.kind === "unnamed") this.refuseUnnamed();
    else this.forward(record, this.decision);
    return true;
  }

  /** Its bytes, then the byte that says that they are all. */
  private takeContent(content: Content): boolean {
    const inbox = this.inboxes[this.source];
    const count = Math.min(inbox.length, PIECE_MAX, Math.max(1, content.left));
    if (count === 0) return false;
    if (content.left === 0) return this.takeAnswerOfSource(content);
    const { bytes, start } = inbox.view;
    const piece = copyBytes(bytes, start, start + count);
    inbox.skip(count);
    content.passage.add(content.passed, piece);
    content.passed += count;
    content.left -= count;
    this.pass(piece, content.decision, other(this.source));
    return true;
  }

  private takeAnswerOfSource(content: Content): boolean {
    const answer = this.frameOf(this.source, this.inboxes[this.source].take(cutAnswer));
    if (answer === undefined) return false;
    const { decision, passage, passed } = content;
    if (answer.code === 0) passage.endsBy(passed);
    const told = this.left();
    const goOn = () => {
      this.host.outcome(decision, { kind: "done" });
      this.pass(encodeAnswer(answer), decision, other(this.source));
    };
    if (told.length === 0) goOn();
    else this.host.ask(told, { permitted: goOn, denied: goOn });
    return true;
  }

  /** Of the file that is under way. */
  left(): readonly PassedOperation[] {
    const { content } = this;
    this.content = undefined;
    const told = this.host.passedUntold ? undefined : content?.passage.told();
    if (!content || !told) return [];
    const [path = "", target] = content.paths;
    return [
      {
        ...{ action: "file:passed", class: "observe", via: "scp" },
        ...{ way: this.command.gives ? "down" : "up", path },
        ...(target !== undefined && { target }),
        ...told,
      },
    ];
  }

  private place(record: Placed): void {
    if (record.kind === "folder" && (!this.command.recursive || this.folders.length >= DEPTH_MAX)) {
      return void this.host.violate(this.source, "a folder that was not asked for");
    }
    const paths = this.pathsOf(record);
    if (paths === undefined) {
      return void this.host.violate(this.source, "a file that was not asked for");
    }
    const size = record.kind === "file" ? { size: record.size } : {};
    const action = this.command.gives ? "file:read" : "file:write";
    this.host.ask(
      paths.map((path) => fileOf(action, path, size)),
      {
        permitted: (decision, scan) => {
          if (scan) {
            this.host.outcome(decision, { kind: "refused", code: 1 });
            return this.refuse("files are scanned here: use sftp, or scp without -O");
          }
          if (record.kind === "folder") this.folders.push(paths.at(-1) ?? "");
          else this.content = this.contentOf(record.size, decision, paths);
          this.forward(record, decision);
        },
        denied: () => this.refuse("not permitted in this session"),
      },
    );
  }

  private contentOf(left: number, decision: number, paths: readonly string[]): Content {
    const passage = new Passage(this.host.newHash(), new EarlyRoom());
    return { left, decision, paths, passage, passed: 0 };
  }

  /** Where it may end up: the path itself, or below it where that is a folder. */
  private pathsOf({ kind, name }: Placed): readonly string[] | undefined {
    const { path, gives, folder } = this.command;
    const inside = this.folders.at(-1);
    if (inside !== undefined) return [joinPath(inside, name)];
    if (gives) return nameOf(path) === name || path === "~" ? [path] : undefined;
    return folder || kind === "folder" ? [joinPath(path, name)] : [path, joinPath(path, name)];
  }

  private up(record: CarriedRecord): void {
    if (this.folders.pop() === undefined) {
      return void this.host.violate(this.source, "the end of a folder that was not entered");
    }
    this.forward(record, this.decision);
  }

  private forward(record: CarriedRecord, decision: number): void {
    this.pass(encodeRecord(record), decision, other(this.source));
  }

  private refuseUnnamed(): void {
    this.host.refused({ reason: "a path that is no plain text" });
    this.refuse("a name that is no plain text is not carried");
  }

  /** The source skips the file and goes on. */
  private refuse(text: string): void {
    const words = { code: 1, text: `Sallyport: ${text}` };
    this.pass(encodeAnswer(words), this.decision, this.source);
  }

  private pass(bytes: Uint8Array, decision: number, to: Side): void {
    if (to === "client") this.host.toClient(bytes);
    else this.host.toAsset(bytes, decision);
  }

  private frameOf<T>(from: Side, cut: Cut<T>): T | undefined {
    if (cut.kind === "malformed") this.host.violate(from, cut.reason);
    return cut.kind === "frame" ? cut.frame : undefined;
  }
}

function other(side: Side): Side {
  return side === "client" ? "asset" : "client";
}

export function fileOf(
  action: FileOperation["action"],
  path: string,
  more: Pick<FileOperation, "size"> = {},
): FileOperation {
  return { action, class: "transfer", via: "scp", path, ...more };
}
