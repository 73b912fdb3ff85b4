/** The files of a session without a screen: which folder is looked at, and what is on its way. */
import type { SessionEvent } from "../session-state.ts";
import type { Way } from "../use-session.ts";
import {
  bringFile,
  type FileEntry,
  fetchFile,
  listFolder,
  type Progress,
  pathIn,
  removeFile,
  renameFile,
} from "./files.ts";
import { FileRefused, SftpClient } from "./sftp-client.ts";

export interface Failure {
  readonly message: string;
  readonly rule: string | undefined;
}

export interface Transfer {
  readonly id: number;
  readonly kind: "upload" | "download";
  readonly name: string;
  readonly size: number;
  readonly done: number;
  readonly state: "under way" | "done" | "stopped" | "failed";
  readonly failure: Failure | undefined;
}

export interface FilesState {
  readonly path: string;
  /** Undefined while it is being looked at for the first time. */
  readonly entries: readonly FileEntry[] | undefined;
  readonly busy: boolean;
  /** Why the folder cannot be shown. */
  readonly failure: Failure | undefined;
  /** Why what was asked last for one file was not done. */
  readonly refused: Failure | undefined;
  readonly transfers: readonly Transfer[];
}

type Decision = Extract<SessionEvent, { kind: "decision" }>;

const CHANNEL = "files";
/** What a person still looks at; older ones that are over go. */
const TRANSFERS_SHOWN = 20;

export class FilesDesk {
  private way: Way | undefined;
  private client: SftpClient | undefined;
  private current: FilesState = {
    ...{ path: "/", entries: undefined, busy: false, failure: undefined },
    ...{ refused: undefined, transfers: [] },
  };
  private readonly listeners = new Set<() => void>();
  private readonly stops = new Map<number, AbortController>();
  private lastTransfer = 0;
  private wantedPath = "/";

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly state = (): FilesState => this.current;

  connect(way: Way): void {
    this.way = way;
  }

  decision(decision: Decision): void {
    if (decision.channel === this.client?.channel) this.client.decided(decision);
  }

  /** Looks into a folder, or again into the same one. */
  async look(path = this.wantedPath): Promise<void> {
    this.wantedPath = path;
    this.change({ busy: true, failure: undefined });
    try {
      const entries = await listFolder(await this.ready(), path);
      if (this.wantedPath === path) this.change({ path, entries, busy: false });
    } catch (thrown) {
      const failure = failureOf(thrown);
      if (this.wantedPath === path) this.change({ path, entries: undefined, busy: false, failure });
    }
  }

  /** @param save given what was fetched, once it is whole */
  download(name: string, size: number, save: (content: Blob) => void): Promise<void> {
    const path = pathIn(this.current.path, name);
    return this.transfer("download", name, size, async (progress) => {
      save(await fetchFile(await this.ready(), path, progress));
    });
  }

  async upload(name: string, content: Blob): Promise<void> {
    const path = pathIn(this.current.path, name);
    await this.transfer("upload", name, content.size, async (progress) => {
      await bringFile(await this.ready(), path, content, progress);
    });
    await this.look();
  }

  rename(name: string, to: string): Promise<void> {
    const { path } = this.current;
    return this.act((client) => renameFile(client, pathIn(path, name), pathIn(path, to)));
  }

  remove(name: string): Promise<void> {
    const { path } = this.current;
    return this.act((client) => removeFile(client, pathIn(path, name)));
  }

  stop(transfer: number): void {
    this.stops.get(transfer)?.abort();
  }

  forget(transfer: number): void {
    this.change({ transfers: this.current.transfers.filter(({ id }) => id !== transfer) });
  }

  private async act(act: (client: SftpClient) => Promise<void>): Promise<void> {
    this.change({ refused: undefined });
    try {
      await act(await this.ready());
    } catch (thrown) {
      this.change({ refused: failureOf(thrown) });
    }
    await this.look();
  }

  private async transfer(
    kind: Transfer["kind"],
    name: string,
    size: number,
    act: (progress: Progress) => Promise<void>,
  ): Promise<void> {
    const id = ++this.lastTransfer;
    const stop = new AbortController();
    this.stops.set(id, stop);
    const begun = {
      id,
      kind,
      name,
      size,
      done: 0,
      state: "under way",
      failure: undefined,
    } as const;
    this.change({ transfers: [begun, ...this.current.transfers].slice(0, TRANSFERS_SHOWN) });
    try {
      await act({ signal: stop.signal, bytes: (done) => this.changeTransfer(id, { done }) });
      this.changeTransfer(id, { state: "done" });
    } catch (thrown) {
      const state = stop.signal.aborted ? "stopped" : "failed";
      this.changeTransfer(id, { state, failure: failureOf(thrown) });
    } finally {
      this.stops.delete(id);
    }
  }

  /** Opened when it is first wanted, and again where it was lost. */
  private async ready(): Promise<SftpClient> {
    const { way } = this;
    if (!way) throw new FileRefused("the session is not connected");
    if (!this.client || this.client.isOver) {
      this.client = new SftpClient((sink) => way.openSide(CHANNEL, sink));
    }
    await this.client.ready;
    return this.client;
  }

  private changeTransfer(id: number, change: Partial<Transfer>): void {
    const transfers = this.current.transfers.map((one) =>
      one.id === id ? { ...one, ...change } : one,
    );
    this.change({ transfers });
  }

  private change(change: Partial<FilesState>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }
}

function failureOf(thrown: unknown): Failure {
  if (thrown instanceof FileRefused) return { message: thrown.message, rule: thrown.rule };
  return { message: thrown instanceof Error ? thrown.message : String(thrown), rule: undefined };
}
