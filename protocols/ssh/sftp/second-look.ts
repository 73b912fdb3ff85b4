/**
 * Whether what was opened is what was decided. Between resolving a path and opening it somebody at
 * the asset may put a link in its place, and then the handle is another file's. So before anybody
 * has the handle, the asset is asked where the path leads now, and what lies there is compared with
 * what is open: as long as it is, that cannot be exchanged any more.
 *
 *     open -> handle -> realpath, lstat, fstat -> same: it is used
 *                                              -> not: it is closed, and nobody ever had it
 *
 * What this cannot see: an exchange that is undone in between, with a file of the same owner, mode,
 * size and time in the place. And an opening that empties or makes a file has done so by then.
 */
import { encodeUtf8 } from "../../tape/utf8.ts";
import type { Attributes } from "./attributes.ts";
import { encodeNamed } from "./encode.ts";
import { type FilesParts, NOT_PERMITTED, type Send } from "./files-parts.ts";
import { PACKET, type SftpReply, STATUS } from "./packet.ts";
import { pathIn } from "./path-resolver.ts";

/** A file that is being written, such as a log, may grow between two answers. */
const LOOKS_MAX = 4;
/** POSIX: what kind of file a mode is of. */
const KIND_BITS = 0o170000;
const LINK_KIND = 0o120000;

export interface JustOpened {
  readonly path: string;
  /** The asset's. */
  readonly handle: Uint8Array;
  readonly isFolder: boolean;
  readonly decision: number;
}

/**
 * Calls `then` once it is known: with what to answer where it is another, which was closed by then.
 * @param parts of the channel
 */
export function confirmOpened(
  parts: FilesParts,
  opened: JustOpened,
  then: (failure: SftpReply | undefined) => unknown,
): unknown {
  const { send, say, refused, openedUnlooked } = parts;
  if (openedUnlooked) return then(undefined);
  return lookAgain(send, opened, (seen) => {
    if (seen === "same") return then(undefined);
    const { path, handle, decision } = opened;
    send((id) => encodeNamed(PACKET.close, id, handle), decision, {
      allows: ["status"],
      replied: () => {},
    });
    const isExchanged = seen === "other";
    const why = isExchanged ? EXCHANGED : CHANGING;
    say(`${path}: ${why}`);
    refused({ reason: `${path}: ${why}`, ...(isExchanged && { exchanged: true }) });
    return then({ ...NOT_PERMITTED, text: `Sallyport: ${why}` });
  });
}

const EXCHANGED = "what was opened is not what lies there: it was exchanged meanwhile";
/** A program that replaces or removes its own file does that too. */
const CHANGING = "it changed while it was opened, so what was opened cannot be told; try again";

type Told = (seen: Seen) => unknown;

function lookAgain(send: Send, opened: JustOpened, told: Told, looks = LOOKS_MAX): void {
  const replies: SftpReply[] = [];
  const { path, handle, isFolder, decision } = opened;
  const name = encodeUtf8(path);
  const questions: readonly Question[] = [
    { type: PACKET.realpath, of: name, allows: ["name", "status"] },
    { type: PACKET.lstat, of: name, allows: ["attrs", "status"] },
    // Many servers tell nothing of an open folder.
    ...(isFolder ? [] : [{ type: PACKET.fstat, of: handle, allows: ["attrs", "status"] } as const]),
  ];
  questions.forEach(({ type, of, allows }, n) => {
    send((id) => encodeNamed(type, id, of), decision, {
      allows,
      replied: (reply) => {
        replies[n] = reply;
        if (Object.keys(replies).length < questions.length) return;
        const seen = seenIn(path, replies);
        if (seen === "changing" && looks > 1) lookAgain(send, opened, told, looks - 1);
        else told(seen);
      },
    });
  });
}

interface Question {
  readonly type: number;
  /** A path, or a handle. */
  readonly of: Uint8Array;
  readonly allows: readonly SftpReply["kind"][];
}

type Seen = "same" | "changing" | "gone" | "other";

/** What lies there and what is open; the latter is absent for a folder. */
function seenIn(path: string, [real, there, open]: readonly SftpReply[]): Seen {
  if (real === undefined || real.kind === "status") return "gone";
  if (pathIn(real) !== path) return "other";
  if (there?.kind !== "attrs") return isUnknown(there) ? "same" : "gone";
  if (kindOf(there.attributes) === LINK_KIND) return "other";
  if (open?.kind !== "attrs") return "same";
  const [a, b] = [there.attributes, open.attributes];
  const isOther =
    differ(a.owner?.user, b.owner?.user) ||
    differ(a.owner?.group, b.owner?.group) ||
    differ(a.permissions, b.permissions);
  if (isOther) return "other";
  return differ(a.size, b.size) || differ(a.times?.modified, b.times?.modified)
    ? "changing"
    : "same";
}

/** A device that does not know the question. Nobody but the device answers so. */
function isUnknown(reply: SftpReply | undefined): boolean {
  return reply?.kind === "status" && reply.code === STATUS.opUnsupported;
}

function kindOf({ permissions }: Attributes): number | undefined {
  return permissions === undefined ? undefined : permissions & KIND_BITS;
}

/** What one of the two answers leaves out says nothing. */
function differ(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}
