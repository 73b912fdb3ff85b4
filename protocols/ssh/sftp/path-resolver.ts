/** Asks the asset what a path is there: through links, and from the folder it begins in. */
import { encodeUtf8 } from "../../tape/utf8.ts";
import { canonicalPath, joinPath, nameOf, parentOf, pathText } from "../paths.ts";
import { encodeNamed } from "./encode.ts";
import type { Send } from "./files-parts.ts";
import { PACKET, type SftpReply, STATUS } from "./packet.ts";

export interface Wanted {
  readonly path: Uint8Array;
  /** The last name, too, is followed where it is a link. */
  readonly follow: boolean;
}

export type Resolved =
  | { readonly kind: "resolved"; readonly paths: readonly string[] }
  | { readonly kind: "failed"; readonly reply: SftpReply };

type Answered = (path: string | undefined, reply: SftpReply) => void;

export class PathResolver {
  private readonly send: Send;
  private readonly decision: number;
  private asked = 0;
  /** Where relative paths begin; undefined until it is needed. */
  private home: string | undefined;

  /** @param decision under which it asks where relative paths begin */
  constructor(send: Send, decision: number) {
    this.send = send;
    this.decision = decision;
  }

  get busy(): boolean {
    return this.asked > 0;
  }

  /** Calls with the folder that relative paths begin in; `/` where none of these is relative. */
  fromHome(paths: readonly string[], then: (home: string | undefined) => void): void {
    if (paths.every((path) => path.startsWith("/"))) then("/");
    else if (this.home !== undefined) then(this.home);
    else
      this.ask(".", this.decision, (path) => {
        this.home = path;
        then(path);
      });
  }

  /** One after the other; the first that the asset does not know fails them all. */
  resolve(
    paths: readonly string[],
    follow: readonly boolean[],
    decision: number,
    then: (result: Resolved) => void,
    done: readonly string[] = [],
  ) {
    const path = paths[done.length];
    if (path === undefined) return then({ kind: "resolved", paths: done });
    this.resolveOne(path, follow[done.length] ?? false, decision, (resolved, reply) => {
      if (resolved === undefined) then({ kind: "failed", reply });
      else this.resolve(paths, follow, decision, then, [...done, resolved]);
    });
  }

  private resolveOne(path: string, follow: boolean, decision: number, then: Answered): void {
    if (follow || path === "/") {
      this.ask(path, decision, (resolved, reply) => {
        if (resolved !== undefined || path === "/") then(resolved, reply);
        else this.resolveNew(path, decision, then);
      });
      return;
    }
    this.ask(parentOf(path), decision, (parent, reply) => {
      then(parent === undefined ? undefined : joinPath(parent, nameOf(path)), reply);
    });
  }

  /**
   * What is not there yet has a folder that is. Where something is there after all, it is a link
   * that some servers do not resolve while it leads nowhere, and would create what it leads to.
   */
  private resolveNew(path: string, decision: number, then: Answered): void {
    this.resolveOne(path, false, decision, (resolved, reply) => {
      if (resolved === undefined) return then(undefined, reply);
      this.request(PACKET.lstat, resolved, decision, ["attrs", "status"], (there) => {
        if (there.kind === "attrs") then(undefined, NOT_THERE);
        else then(resolved, reply);
      });
    });
  }

  private ask(path: string, decision: number, then: Answered): void {
    this.request(PACKET.realpath, path, decision, ["name", "status"], (reply) => {
      then(pathIn(reply), reply.kind === "status" ? reply : NOT_THERE);
    });
  }

  private request(
    type: number,
    path: string,
    decision: number,
    allows: readonly SftpReply["kind"][],
    then: (reply: SftpReply) => void,
  ): void {
    this.asked += 1;
    const bytes = encodeUtf8(path);
    this.send((id) => encodeNamed(type, id, bytes), decision, {
      allows,
      replied: (reply) => {
        this.asked -= 1;
        then(reply);
      },
    });
  }
}

const NOT_THERE: SftpReply = {
  ...{ kind: "status", id: 0, code: STATUS.noSuchFile, text: "no such file" },
};

/** Of an answer to REALPATH. */
export function pathIn(reply: SftpReply): string | undefined {
  if (reply.kind !== "name" || reply.entries.length !== 1) return undefined;
  const text = pathText(reply.entries[0]?.name ?? new Uint8Array(0));
  return text?.startsWith("/") ? canonicalPath(text, "/") : undefined;
}
