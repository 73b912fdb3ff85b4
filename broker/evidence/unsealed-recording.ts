/** A recording in the sealer: what is on disk of it already, and the segments that are not. */
import type { ProgressMember } from "../../protocols/log/progress.ts";
import { TapeDecoder } from "../../protocols/tape/decoder.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { type Chunk, CLOSE, SEAL } from "./block.ts";
import { addLine, closeOf, NOTHING, rootOf, type Totals } from "./closing.ts";
import type { Close, IndexLine } from "./descriptions.ts";
import { parseFrame, RegisterState } from "./key-frame.ts";
import type { RecordingFolder } from "./recording-folder.ts";
import { openSealed, PICTURE_LEVEL, type SealedTo, seal, sha256Hex } from "./seal.ts";
import { Segment } from "./segment.ts";

/** A look at a recording that is not closed: the lines its index does not have yet. */
export interface Unsealed {
  readonly session: string;
  readonly header: Header | undefined;
  readonly lines: readonly IndexLine[];
}

export interface UnsealedOptions {
  readonly marksMax: number;
  /** Names this broker in what it closes. */
  readonly build: string;
  /** For recordings without a manifest; the others are sealed as they were begun. */
  readonly sealedTo: SealedTo;
  /** Open what an earlier run sealed, to go on with its key frames. */
  readonly identities: readonly string[];
  /** A segment of a screen is in place and another follows. The bytes are the receiver's to keep. */
  onScreen?(session: string, number: number, plain: Uint8Array): void;
}

/** What is drawn: its key frames are made elsewhere. */
const DRAWN: ReadonlySet<string> = new Set(["vnc", "ssh", "opcua"]);

/** Said of a recording that was closed although its session gave no end. */
const NO_END = "The broker closed this recording without the session having ended in order.";

export class UnsealedRecording {
  readonly session: string;
  /** True once there is nothing in it and never will be: its folder is gone. */
  isVoid = false;
  /** Closed before this sealer saw it. */
  wasClosed = false;
  private readonly folder: RecordingFolder;
  private readonly options: UnsealedOptions;
  private sealedTo: SealedTo;
  private header: Header | undefined;
  private manifestWritten = false;
  private totals: Totals = NOTHING;
  private indexLength = 0;
  private progressLength = 0;
  /** What the site log was told last. */
  private told = { segments: 0, bytes: 0, root: "" };
  /** Decisions that are held where the last segment ends. */
  private readonly heldBefore = { waiting: new Set<string>(), own: new Set<string>() };
  private current: Segment | undefined;
  private finished: Segment[] = [];
  /** At the end of what is sealed; undefined until it is known. */
  private registers: RegisterState | undefined;
  private closing: string | undefined;
  private closeFile: number | undefined;
  private close: Close | undefined;

  constructor(session: string, folder: RecordingFolder, options: UnsealedOptions) {
    this.session = session;
    this.folder = folder;
    this.options = options;
    this.sealedTo = options.sealedTo;
  }

  /** Takes up what an earlier run, or an earlier sealer, has put in place. */
  async load(): Promise<void> {
    this.close = await this.folder.readClose();
    this.wasClosed = this.close !== undefined;
    const manifest = await this.folder.readManifest();
    this.header = manifest?.header;
    this.manifestWritten = manifest !== undefined;
    this.sealedTo = manifest ?? this.options.sealedTo;
    const index = await this.folder.readIndex();
    this.indexLength = index.length;
    this.totals = index.lines.reduce(addLine, NOTHING);
    this.progressLength = await this.folder.progressLength();
  }

  /** How far the recording has come; undefined if no farther than when it was asked last. */
  progress(): ProgressMember | undefined {
    if (this.header === undefined || this.close !== undefined || this.isClosing) return undefined;
    const [tail] = this.segments;
    const segments = this.totals.hashes.length;
    const bytes = tail?.length ?? 0;
    const { told } = this;
    if (segments === told.segments && bytes === told.bytes) return undefined;
    const isSame = segments === told.segments && told.root !== "";
    const root = isSame ? told.root : rootOf(this.totals.hashes);
    this.told = { segments, bytes, root };
    const digest = tail?.digest() ?? sha256Hex(new Uint8Array(0));
    return { session: this.session, segments, root, bytes, tail: digest };
  }

  /** Not of a recording that is being closed: its close tells more. */
  async keepProgress(line: string): Promise<void> {
    if (this.close !== undefined || this.isClosing) return;
    this.progressLength = await this.folder.appendProgress(this.progressLength, line);
  }

  /** Set once the recording is closed on disk. */
  get closed(): Close | undefined {
    return this.close;
  }

  /** Bytes in memory that are not sealed. */
  get segments(): readonly Segment[] {
    return this.current === undefined ? this.finished : [...this.finished, this.current];
  }

  /** Plain bytes of segments that are whole and not in place. */
  get backlog(): number {
    return this.finished.reduce((sum, segment) => sum + segment.length, 0);
  }

  get isClosing(): boolean {
    return this.closing !== undefined && this.close === undefined && !this.isVoid;
  }

  get isDue(): boolean {
    return this.finished.length > 0 || this.isClosing;
  }

  /** Whether the write-ahead file has something that is not in place on disk yet. */
  needs(file: number): boolean {
    if (this.isClosing && this.closeFile === file) return true;
    return this.segments.some((segment) => segment.files.has(file));
  }

  /** @param file number of the write-ahead file that the chunk stands in, if it does. */
  take(chunk: Chunk, file: number | undefined): void {
    if (this.close !== undefined) return;
    if (this.isFresh(chunk)) this.takeBytes(chunk, file);
    if ((chunk.flags & CLOSE) === 0) return;
    this.finish();
    this.closing = NO_END;
    this.closeFile = file;
  }

  /** No more will come. */
  end(abortedBecause: string): void {
    this.finish();
    this.closing ??= abortedBecause;
  }

  /** Takes the next step of what is due on disk. After an error the same step is taken again. */
  async work(): Promise<void> {
    if (this.header === undefined) {
      await this.workWithoutHeader();
      return;
    }
    if (!this.manifestWritten) {
      await this.folder.writeManifest({ header: this.header, ...this.sealedTo });
      this.manifestWritten = true;
    }
    const segment = this.finished[0];
    if (segment !== undefined) {
      await this.sealSegment(segment);
      this.finished.shift();
    } else if (this.closing !== undefined && this.close === undefined) {
      await this.folder.settleProgress(this.progressLength);
      const close = closeOf(this.header, this.totals, this.closing, this.options.build);
      await this.folder.writeClose(close);
      this.close = close;
    }
  }

  /** What is not sealed yet, as it stands. */
  look(): Unsealed {
    const lines = this.segments.map((segment) => segment.line());
    return { session: this.session, header: this.header, lines };
  }

  /** A crash before the header was durable: nothing was recorded, and nobody was told it was. */
  private async workWithoutHeader(): Promise<void> {
    this.finished = [];
    if (this.closing === undefined) return;
    await this.folder.removeEmpty();
    this.isVoid = true;
  }

  /** Not of a segment that is in place or on its way there: chunks may be read again. */
  private isFresh(chunk: Chunk): boolean {
    if (chunk.segment < this.totals.segmentNext) return false;
    if (this.finished.length === 0) return true;
    return !this.finished.some((segment) => segment.number === chunk.segment);
  }

  private takeBytes(chunk: Chunk, file: number | undefined): void {
    const { payload, start, end } = chunk;
    if (end > start) {
      const segment = this.segmentOf(chunk.segment);
      segment.put(chunk.offset, payload, start, end);
      segment.stands(file);
      if (chunk.offset === 0) this.header ??= headerOf(payload.subarray(start, end));
    }
    if ((chunk.flags & SEAL) !== 0) this.finish();
  }

  private segmentOf(number: number): Segment {
    if (this.current?.number === number) return this.current;
    this.finish();
    this.current = new Segment(number, this.options.marksMax, this.heldBefore);
    return this.current;
  }

  private finish(): void {
    if (this.current !== undefined) this.finished.push(this.current);
    this.current = undefined;
  }

  private async sealSegment(segment: Segment): Promise<void> {
    const plain = segment.whole();
    const protocol = this.header?.endpoint.protocol ?? "";
    const isScreen = DRAWN.has(protocol);
    const isModbus = protocol === "modbus";
    const registers = isScreen
      ? undefined
      : (this.registers ?? (await this.registersBefore(segment.number)));
    const frame = segment.number > 0 ? registers?.frame() : undefined;
    if (frame) await this.folder.writeFrame(segment.number, await seal(frame, this.sealedTo));
    const sealed = await seal(plain, this.sealedTo, isScreen ? PICTURE_LEVEL : undefined);
    await this.folder.writeSegment(segment.number, sealed);
    const line = { ...segment.line(), bytes: sealed.length, sha256: sha256Hex(sealed) };
    this.indexLength = await this.folder.appendIndex(this.indexLength, line);
    this.totals = addLine(this.totals, line);
    const isLast = this.closing !== undefined && this.finished.length === 1;
    // Of the last segment, which most recordings have alone, nobody asks what it left behind.
    if (isModbus && !isLast) registers?.push(plain);
    this.registers = registers;
    if (isScreen && !isLast) this.options.onScreen?.(this.session, segment.number, plain);
  }

  /** From the last frame and segment in place. Frames are derived: what cannot be read is left. */
  private async registersBefore(number: number): Promise<RegisterState | undefined> {
    if (number === 0) return new RegisterState();
    const { identities } = this.options;
    try {
      const sealedFrame = number > 1 ? await this.folder.readFrame(number - 1) : undefined;
      const frame = sealedFrame && (await openSealed(sealedFrame, identities));
      const points = frame === undefined ? [] : parseFrame(frame);
      if (points === undefined || (number > 1 && frame === undefined)) return undefined;
      const state = new RegisterState(points);
      state.push(await openSealed(await this.folder.readSegment(number - 1), identities));
      return state;
    } catch {
      return undefined;
    }
  }
}

function headerOf(bytes: Uint8Array): Header | undefined {
  const decoder = new TapeDecoder();
  decoder.push(bytes);
  return decoder.header;
}
