/**
 * The recordings that gateways write. Each has a name in a folder of its own from before its
 * first byte until it is closed on disk: so a start knows which recordings get more, and from whom.
 */
import path from "node:path";
import { parseHeader } from "../../protocols/tape/header.ts";
import type { Header } from "../../protocols/tape/record.ts";
import type { Clock } from "../clock.ts";
import { addLine, NOTHING } from "./closing.ts";
import { HandedTape } from "./handed-tape.ts";
import { DESCRIPTION_BYTES_MAX } from "./limits.ts";
import { RecordingFolder } from "./recording-folder.ts";
import type { SealerLink } from "./sealer-link.ts";
import { isSessionId } from "./session-id.ts";
import type { SessionRecorder, TapePlace } from "./session-recorder.ts";
import { readWhole, type Volume, writeWhole } from "./volume.ts";
import type { WriteAhead } from "./write-ahead.ts";

export interface HandedTapesOptions {
  readonly volume: Volume;
  /** Holds one file for each; made if it is not there. */
  readonly folder: string;
  readonly recordings: string;
  readonly clock: Clock;
  readonly recorder: Pick<SessionRecorder, "openWith" | "enter">;
  readonly writeAhead: WriteAhead;
  readonly sealer: Pick<SealerLink, "untilClosed" | "look" | "plain">;
}

interface Marked {
  readonly gateway: string;
  readonly header: Header;
}

export class HandedTapes {
  private readonly options: HandedTapesOptions;
  private readonly tapes = new Map<string, HandedTape>();
  private readonly closedBy = new Set<(session: string) => void>();

  constructor(options: HandedTapesOptions) {
    this.options = options;
  }

  /** Durable, with its header, when this resolves. Throws `RecorderUnavailable`. */
  async open(given: Header, gateway: string): Promise<HandedTape> {
    // As the gateway will read it, so that both write the same bytes.
    const header = parseHeader(JSON.parse(JSON.stringify(given)));
    if (header === undefined) throw new Error("a header that no tape can have");
    await this.mark({ gateway, header });
    try {
      const tape = await this.options.recorder.openWith(header.session, (place) => {
        const made = this.make({ gateway, header }, place);
        made.begin();
        return made;
      });
      return tape;
    } catch (error) {
      await this.forget(header.session);
      throw error;
    }
  }

  /** Tells of each whose recording is closed on disk. Returns an unsubscribe function. */
  onClosed(listener: (session: string) => void): () => void {
    this.closedBy.add(listener);
    return () => this.closedBy.delete(listener);
  }

  get(session: string): HandedTape | undefined {
    return this.tapes.get(session);
  }

  all(): readonly HandedTape[] {
    return [...this.tapes.values()];
  }

  /** Those that this gateway has not handed over whole. */
  of(gateway: string): readonly HandedTape[] {
    return [...this.tapes.values()].filter((tape) => tape.gateway === gateway && !tape.isOver);
  }

  /** Goes on with those of earlier runs. One that cannot be read waits for the next start. */
  async recover(): Promise<void> {
    const { volume, folder } = this.options;
    const names = await volume.list(folder).catch(() => []);
    for (const session of names.filter(isSessionId)) {
      await this.recoverOne(session).catch(() => undefined);
    }
  }

  private async recoverOne(session: string): Promise<void> {
    const { volume, recordings, recorder, sealer } = this.options;
    const at = new RecordingFolder(volume, recordings, session);
    if ((await at.readClose()) !== undefined) return this.forget(session);
    const marked = await this.readMark(session);
    const { lines } = await at.readIndex();
    const sealed = lines.reduce(addLine, NOTHING);
    const [unsealed] = await sealer.look(session);
    const open = unsealed?.lines.at(-1);
    if (open === undefined && lines.length === 0) return this.forget(session);
    const plain = open && (await sealer.plain(session, open.number));
    const tape = recorder.enter(session, (place) => this.make(marked, place));
    tape.resumeAt({
      segment: open?.number ?? sealed.segmentNext - 1,
      plain,
      sequenceNext: (unsealed?.lines ?? []).reduce(addLine, sealed).sequenceNext,
    });
  }

  private make({ gateway, header }: Marked, place: TapePlace): HandedTape {
    const { writeAhead, clock, sealer } = this.options;
    const { session } = header;
    const tape = new HandedTape({
      ...{ header, gateway, writeAhead, clock, slot: place.slot },
      untilClosed: () => sealer.untilClosed(session),
      onClosed: () => place.onClosed(),
    });
    this.tapes.set(session, tape);
    // One that cannot be closed now is tried again, by this run or the next.
    const gone = () => this.tapes.delete(session);
    const closed = async () => {
      await this.forget(session);
      for (const listener of this.closedBy) listener(session);
    };
    tape.closed.then(closed, gone).catch(gone);
    return tape;
  }

  private async mark({ gateway, header }: Marked): Promise<void> {
    const { volume, folder } = this.options;
    if (!isSessionId(header.session)) throw new Error("a session id that cannot name a file");
    const text = JSON.stringify({ gateway, header });
    await volume.makeFolder(folder);
    await writeWhole(volume, this.file(header.session), new TextEncoder().encode(text));
  }

  private async readMark(session: string): Promise<Marked> {
    const bytes = await readWhole(this.options.volume, this.file(session), DESCRIPTION_BYTES_MAX);
    const marked: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof marked !== "object" || marked === null) throw new Error("not the name of a tape");
    const { gateway, header } = marked as { gateway?: unknown; header?: unknown };
    const parsed = parseHeader(header);
    if (typeof gateway !== "string" || !parsed) throw new Error("not the name of a tape");
    return { gateway, header: parsed };
  }

  private async forget(session: string): Promise<void> {
    this.tapes.delete(session);
    await this.options.volume.remove(this.file(session));
  }

  private file(session: string): string {
    return path.join(this.options.folder, session);
  }
}
