/**
 * What the client asks by REALPATH. Where it begins it may know; of the rest the asset is asked
 * only for what may be listed. Any other path is answered as it is written, without `.` and `..`,
 * as if nothing were there: what lies outside cannot be probed, and a tool still gets on.
 */
import { encodeUtf8 } from "../../tape/utf8.ts";
import { canonicalPath } from "../paths.ts";
import { encodeNamed } from "./encode.ts";
import { type FilesParts, fileOperation, NOT_PERMITTED, outcomeOf } from "./files-parts.ts";
import { PACKET, type SftpReply } from "./packet.ts";
import type { PathResolver } from "./path-resolver.ts";

export class RealPath {
  private readonly parts: FilesParts;
  private readonly resolver: PathResolver;

  constructor(parts: FilesParts, resolver: PathResolver) {
    this.parts = parts;
    this.resolver = resolver;
  }

  requested(id: number, written: string): void {
    this.resolver.fromHome([written], (home) => {
      if (home === undefined) return this.parts.answer(id, NOT_PERMITTED);
      const path = canonicalPath(written, home);
      if (path === home || path === "/") return this.answer(id, path);
      this.parts.ask([fileOperation("file:list", path)], {
        permitted: (decision) => this.resolve(id, path, decision),
        denied: () => this.answer(id, path),
      });
    });
  }

  /** As tapes tell it that were made before it was decided. */
  undecided(id: number, path: Uint8Array): void {
    const { send, decision, answer, outcome } = this.parts;
    send((own) => encodeNamed(PACKET.realpath, own, path), decision, {
      allows: ["name", "status"],
      replied: (reply) => {
        outcome(decision, outcomeOf(reply));
        answer(id, reply);
      },
    });
  }

  /** Where a link leads is told to whom may list that as well. */
  private resolve(id: number, path: string, decision: number): void {
    const { ask, answer, outcome } = this.parts;
    this.resolver.resolve([path], [true], decision, (result) => {
      if (result.kind === "failed") {
        outcome(decision, outcomeOf(result.reply));
        return answer(id, result.reply);
      }
      outcome(decision, { kind: "done" });
      const [resolved = path] = result.paths;
      if (resolved === path) return this.answer(id, path);
      ask([fileOperation("file:list", resolved)], {
        permitted: (second) => {
          outcome(second, { kind: "done" });
          this.answer(id, resolved);
        },
        denied: () => this.answer(id, path),
      });
    });
  }

  private answer(id: number, path: string): void {
    const name = encodeUtf8(path);
    const entries = [{ name, long: name, attributes: {} }];
    this.parts.answer(id, { kind: "name", id: 0, entries } satisfies SftpReply);
  }
}
