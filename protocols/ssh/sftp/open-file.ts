/** An open file of SFTP as it passes: what was read and written of it, for the record. */
import type { ContentHash } from "../../http/parts.ts";
import type { PassedOperation } from "../operation.ts";
import { type EarlyRoom, Passage } from "../passage.ts";
import { type SftpReply, STATUS } from "./packet.ts";

export interface FileSize {
  readonly path: string;
  readonly size: number;
}

export interface OpenFileParts {
  readonly path: string;
  readonly writes: boolean;
  /** Nothing of what was in it is left. */
  readonly fresh: boolean;
  newHash(): ContentHash;
  readonly room: EarlyRoom;
  /** What was looked at last; it may be another file. */
  readonly seen: FileSize | undefined;
}

export class OpenFile {
  private readonly parts: OpenFileParts;
  private down: Passage | undefined;
  private up: Passage | undefined;
  /** As the asset said. */
  private size: number | undefined;

  constructor(parts: OpenFileParts) {
    this.parts = parts;
    const { path, seen } = parts;
    if (seen?.path === path && !parts.writes) this.size = seen.size;
  }

  /** @param reply to a read at this offset */
  read(offset: number, reply: SftpReply): void {
    if (reply.kind === "data") this.goingDown().add(offset, reply.data);
    else if (isEnd(reply)) this.goingDown().endsBy(offset);
  }

  looked(reply: SftpReply): void {
    if (reply.kind === "attrs" && !this.parts.writes) this.size = reply.attributes.size;
  }

  written(offset: number, data: Uint8Array): void {
    this.goingUp().add(offset, data);
  }

  /** @param reply to a write */
  stored(reply: SftpReply): void {
    if (reply.kind !== "status" || reply.code !== STATUS.ok) this.up?.break();
  }

  cutAt(size: number): void {
    this.goingUp().cutAt(size);
  }

  /** As it is closed, once. */
  told(): readonly PassedOperation[] {
    const { fresh, writes } = this.parts;
    if (this.size !== undefined) this.down?.endsBy(this.size);
    if (writes && fresh) this.goingUp().endsBy(0);
    const told = [...this.toldOf("down", this.down), ...this.toldOf("up", this.up)];
    this.down?.forget();
    this.up?.forget();
    this.down = this.up = undefined;
    return told;
  }

  private toldOf(way: "up" | "down", passage: Passage | undefined): readonly PassedOperation[] {
    const told = passage?.told();
    if (!told) return [];
    const { path } = this.parts;
    return [{ action: "file:passed", class: "observe", via: "sftp", way, path, ...told }];
  }

  private goingDown(): Passage {
    this.down ??= this.newPassage();
    return this.down;
  }

  private goingUp(): Passage {
    this.up ??= this.newPassage();
    return this.up;
  }

  private newPassage(): Passage {
    const { newHash, room } = this.parts;
    return new Passage(newHash(), room);
  }
}

function isEnd(reply: SftpReply): boolean {
  return reply.kind === "status" && reply.code === STATUS.eof;
}
