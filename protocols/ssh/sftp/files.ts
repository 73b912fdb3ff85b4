/** Requests of SFTP as operations on files: what each is, and what goes on when it is permitted. */
import { encodeUtf8 } from "../../tape/utf8.ts";
import type { FileOperation, PassedOperation } from "../operation.ts";
import { canonicalPath, parentOf, pathText } from "../paths.ts";
import type { Attributes } from "./attributes.ts";
import { encodeNamed, encodeOpen, encodeTwo, encodeWithAttributes } from "./encode.ts";
import {
  type FilesParts,
  fileOperation,
  MODE_BITS,
  NOT_PERMITTED,
  outcomeOf,
  refusal,
  unscanned,
} from "./files-parts.ts";
import { HANDLES_MAX, Handles } from "./handles.ts";
import { PACKET, type SftpReply, type SftpRequest, STATUS } from "./packet.ts";
import { PathResolver, type Wanted } from "./path-resolver.ts";
import { RealPath } from "./real-path.ts";
import { confirmOpened } from "./second-look.ts";

/** A request on one or two paths. */
interface Job {
  /** The client's own number. */
  readonly id: number;
  readonly wanted: readonly Wanted[];
  items(paths: readonly string[]): readonly FileOperation[];
  encode(id: number, paths: readonly Uint8Array[]): Uint8Array;
  readonly allows: readonly SftpReply["kind"][];
  /** In the place of the asset's opening, where the content is scanned first. */
  keep?(path: string): void;
  /** It gives a handle: of a file, or of a folder. */
  readonly opens?: "file" | "folder";
  readonly isLink?: boolean;
  /** Told right before the asset is asked. */
  begins?(): void;
  /** Where the reply means more than itself. */
  replied?(reply: SftpReply, decision: number, path: string): SftpReply;
}

/** `fresh`: empty, or not there before. */
const OPEN = { write: 2, append: 4, create: 8, truncate: 16, fresh: 16 | 32 } as const;
const OPEN_KNOWN = 63;

type FileRequest = Exclude<SftpRequest, { kind: "init" | "extended" }>;
type PathRequest = Exclude<FileRequest, { readonly handle: Uint8Array }>;

export class Files {
  private readonly parts: FilesParts;
  private readonly handles: Handles;
  private readonly resolver: PathResolver;
  private readonly realPath: RealPath;

  constructor(parts: FilesParts) {
    this.parts = parts;
    this.handles = new Handles(parts);
    this.resolver = new PathResolver(parts.send, parts.decision);
    this.realPath = new RealPath(parts, this.resolver);
  }

  /** The client's next request must wait: an earlier one is being resolved. */
  get resolving(): boolean {
    return this.resolver.busy;
  }

  left(): readonly PassedOperation[] {
    return this.handles.left();
  }

  requested(request: FileRequest): void {
    if ("handle" in request) this.handles.requested(request);
    else if (opens(request) && this.handles.full) this.tooMany(request.id);
    else if (request.kind === "realpath") this.realpath(request.id, request.path);
    else this.run(request.id, this.jobOf(request));
  }

  private realpath(id: number, path: Uint8Array) {
    const text = pathText(path);
    if (text === undefined) return this.unreadable(id);
    if (this.parts.realpathUndecided) return this.realPath.undecided(id, path);
    return this.realPath.requested(id, text);
  }

  /** Undefined where it is none that could be permitted. */
  private jobOf(request: PathRequest): Job | undefined {
    switch (request.kind) {
      case "open":
        return this.opening(request);
      case "opendir":
        return {
          ...this.single(request.id, request.path, PACKET.opendir, "file:list", true),
          allows: ["handle", "status"],
          opens: "folder",
          begins: () => this.handles.begin(),
          replied: (reply, decision, path) => this.handles.opened(reply, { path, decision }),
        };
      case "stat":
      case "lstat": {
        const type = request.kind === "stat" ? PACKET.stat : PACKET.lstat;
        const follow = request.kind === "stat";
        const job = this.single(request.id, request.path, type, "file:list", follow);
        return {
          ...job,
          allows: ["attrs", "status"],
          replied: (reply, _, path) => this.handles.seen(path, reply),
        };
      }
      case "readlink": {
        const job = this.single(request.id, request.path, PACKET.readlink, "file:list", false);
        return { ...job, allows: ["name", "status"] };
      }
      case "remove":
        return this.single(request.id, request.path, PACKET.remove, "file:remove", false);
      case "rmdir":
        return this.single(request.id, request.path, PACKET.rmdir, "file:remove", false);
      case "mkdir":
      case "setstat":
        return this.withAttributes(request);
      case "rename":
      case "symlink":
        return this.onTwo(request);
      default:
        return undefined;
    }
  }

  private opening(request: Extract<PathRequest, { kind: "open" }>): Job | undefined {
    const { id, path, flags, attributes } = request;
    if ((flags & ~OPEN_KNOWN) !== 0) return undefined;
    const writes = (flags & (OPEN.write | OPEN.append | OPEN.create | OPEN.truncate)) !== 0;
    const reads = (flags & 1) !== 0 || !writes;
    const job = this.single(id, path, PACKET.open, "file:read", true);
    const actions = [...(reads ? ["file:read"] : []), ...(writes ? ["file:write"] : [])] as const;
    const permissions = attributes.permissions;
    const mode = permissions === undefined ? {} : { permissions: permissions & MODE_BITS };
    return {
      ...job,
      items: ([at = ""]) =>
        actions.map((action) => fileOperation(action as FileOperation["action"], at)),
      encode: (own, [at = NO_BYTES]) => encodeOpen(own, at, flags, mode),
      allows: ["handle", "status"],
      opens: "file",
      keep: (at) => {
        // Only what is whole can be scanned: not a part put behind, nor into, what is there.
        if (reads || (flags & OPEN.append) !== 0) {
          this.parts.say(WHOLE_ONLY);
          return this.parts.answer(id, unscanned(WHOLE_ONLY));
        }
        this.handles.keep(id, at, (flags & OPEN.fresh) !== 0, mode);
      },
      begins: () => this.handles.begin(),
      replied: (reply, decision, at) => {
        const appends = (flags & OPEN.append) !== 0;
        const fresh = (flags & OPEN.fresh) !== 0;
        return this.handles.opened(reply, { path: at, decision, writes, appends, fresh });
      },
    };
  }

  private single(
    id: number,
    path: Uint8Array,
    type: number,
    action: FileOperation["action"],
    follow: boolean,
  ): Job {
    return {
      id,
      wanted: [{ path, follow }],
      items: ([at = ""]) => [fileOperation(action, at)],
      encode: (own, [at = NO_BYTES]) => encodeNamed(type, own, at),
      allows: ["status"],
    };
  }

  private withAttributes(request: Extract<PathRequest, { kind: "mkdir" | "setstat" }>): Job {
    const { kind, id, path } = request;
    const isFolder = kind === "mkdir";
    const type = isFolder ? PACKET.mkdir : PACKET.setstat;
    const attributes = this.plainAttributes(request.attributes);
    const { size } = attributes;
    const job = this.single(id, path, type, isFolder ? "file:write" : "file:other", !isFolder);
    return {
      ...job,
      items: ([at = ""]) => [
        fileOperation(isFolder ? "file:write" : "file:other", at, { name: kind }),
        // What sets a size cuts off what is behind it, or adds to it: the file is written.
        ...(size === undefined || this.parts.passedUntold
          ? []
          : [fileOperation("file:write", at, { size })]),
      ],
      encode: (own, [at = NO_BYTES]) => encodeWithAttributes(type, own, at, attributes),
    };
  }

  private plainAttributes(attributes: Attributes): Attributes {
    const { permissions } = attributes;
    if (permissions === undefined || this.parts.passedUntold) return attributes;
    return { ...attributes, permissions: permissions & MODE_BITS };
  }

  private onTwo(request: Extract<PathRequest, { kind: "rename" | "symlink" }>): Job {
    const { kind, id, path, target } = request;
    const [type, action] =
      kind === "rename"
        ? ([PACKET.rename, "file:rename"] as const)
        : ([PACKET.symlink, "file:other"] as const);
    return {
      id,
      isLink: kind === "symlink",
      wanted: [
        { path, follow: false },
        { path: target, follow: false },
      ],
      items: ([from = "", to = ""]) => [fileOperation(action, from, { target: to, name: kind })],
      encode: (own, [from = NO_BYTES, to = NO_BYTES]) => encodeTwo(type, own, from, to),
      allows: ["status"],
    };
  }

  /** Decides the paths as written, resolves them, and decides again where they are others. */
  private run(id: number, job: Job | undefined) {
    if (job === undefined) return this.refuse(id);
    const texts = job.wanted.map(({ path }) => pathText(path));
    if (texts.includes(undefined)) return this.unreadable(job.id);
    const written = texts.map((text) => text ?? "");
    this.resolver.fromHome(written, (home) => {
      if (home === undefined) return this.refuse(job.id);
      const paths = this.canonical(job, written, home);
      this.parts.ask(job.items(paths), {
        permitted: (decision, scan) => this.resolve(job, paths, decision, scan),
        denied: (because) => this.parts.answer(job.id, refusal(because)),
      });
    });
  }

  /** What a link leads to, said relatively, is so from where the link stands. */
  private canonical({ isLink }: Job, written: readonly string[], home: string): readonly string[] {
    const paths = written.map((text) => canonicalPath(text, home));
    const [leadsTo, link] = paths;
    if (!isLink || this.parts.openedUnlooked || leadsTo === undefined || !link) return paths;
    return [canonicalPath(written[0] ?? "", parentOf(link)), link];
  }

  private resolve(job: Job, paths: readonly string[], decision: number, scan = false) {
    const follow = job.wanted.map((wanted) => wanted.follow);
    this.resolver.resolve(paths, follow, decision, (result) => {
      if (result.kind === "failed") {
        this.parts.outcome(decision, outcomeOf(result.reply));
        return this.parts.answer(job.id, result.reply);
      }
      if (result.paths.every((path, n) => path === paths[n])) {
        return this.carryOut(job, result.paths, decision, scan);
      }
      this.parts.outcome(decision, { kind: "done" });
      this.parts.ask(job.items(result.paths), {
        permitted: (second, scanned) => this.carryOut(job, result.paths, second, scanned),
        denied: (because) => this.parts.answer(job.id, refusal(because)),
      });
    });
  }

  private carryOut(job: Job, paths: readonly string[], decision: number, scan = false) {
    if (scan) {
      this.parts.outcome(decision, { kind: "done" });
      // What cannot be kept back until it was scanned is not carried at all.
      return job.keep ? job.keep(paths[0] ?? "") : this.refuse(job.id);
    }
    const bytes = paths.map(encodeUtf8);
    const [path = ""] = paths;
    const { send, outcome, answer } = this.parts;
    job.begins?.();
    send((id) => job.encode(id, bytes), decision, {
      allows: job.allows,
      replied: (reply) => {
        const done = (last: SftpReply) => {
          outcome(decision, outcomeOf(last));
          answer(job.id, job.replied?.(last, decision, path) ?? last);
        };
        if (reply.kind !== "handle" || !job.opens) return done(reply);
        const opened = { path, handle: reply.handle, isFolder: job.opens === "folder", decision };
        confirmOpened(this.parts, opened, (failure) => done(failure ?? reply));
      },
    });
  }

  private tooMany(id: number): void {
    this.parts.refused({ reason: "too many files are open" });
    this.parts.answer(id, TOO_MANY);
  }

  private unreadable(id: number): void {
    this.parts.refused({ reason: "a path that is no plain text" });
    this.refuse(id);
  }

  private refuse(id: number): void {
    this.parts.answer(id, NOT_PERMITTED);
  }
}

function opens({ kind }: PathRequest): boolean {
  return kind === "open" || kind === "opendir";
}

const TOO_MANY: SftpReply = {
  ...{ kind: "status", id: 0, code: STATUS.failure },
  text: `Sallyport: ${HANDLES_MAX} files and folders are open already, close some first`,
};
const NO_BYTES = new Uint8Array(0);
const WHOLE_ONLY = "files are scanned here, so they are only written, and whole";
