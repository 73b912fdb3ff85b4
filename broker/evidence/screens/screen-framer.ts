/**
 * Makes the key frames of screens, terminals and OPC UA sessions while they are recorded, from segments as they are sealed: the
 * frame of segment n + 1 is written once segment n is in place. Runs beside the sealer, never in
 * its way; a frame that cannot be made is left out, and a player begins at the one before.
 *
 * What a crash leaves out is left out: frames are derived, and tell nothing that the tape does not.
 */

import { decodeHistoryFrame } from "../../../protocols/opcua/history-frame.ts";
import { decodeTerminalFrame } from "../../../protocols/ssh/terminal-frame.ts";
import { TapeDecoder } from "../../../protocols/tape/decoder.ts";
import type { EvidenceKeys } from "../keys.ts";
import { NodeCourse } from "../nodes/node-course.ts";
import { RecordingFolder } from "../recording-folder.ts";
import { openSealed, seal, sealedTo } from "../seal.ts";
import type { TerminalCourse } from "../terminals/terminal-course.ts";
import type { Volume } from "../volume.ts";
import { ScreenCourse } from "./screen-course.ts";
import { momentOf } from "./whole-frame.ts";

export interface FramerPlace {
  readonly volume: Volume;
  readonly recordings: string;
  readonly keys: EvidenceKeys;
}

export interface ScreenSegment {
  readonly session: string;
  readonly number: number;
  readonly plain: Uint8Array;
}

/** Of all screens that are recorded, with what their frames rest on. */
const HELD_MAX = 512 * 1_048_576;
/** Larger ones could not be read back: a picture of 4K that is all noise. */
const FRAME_BYTES_MAX = 8 * 1_048_576;

/** Pixels as they are compress well, also with little effort. */
const FRAME_LEVEL = 3;

type Course = ScreenCourse | TerminalCourse | NodeCourse;

interface Kept {
  readonly course: Course;
  /** Plain bytes of tape since the last frame, and the bytes on disk of that. */
  since: number;
  cost: number;
  /** Segments since then. */
  segments: number;
  /** The segment that must come next. */
  next: number;
}

export class ScreenFramer {
  private readonly place: FramerPlace;
  private readonly kept = new Map<string, Kept>();
  private readonly givenUp = new Set<string>();

  constructor(place: FramerPlace) {
    this.place = place;
  }

  /** One at a time. Never rejects: what cannot be drawn has no frames. */
  async take(segment: ScreenSegment): Promise<void> {
    if (this.givenUp.has(segment.session)) return;
    try {
      await this.draw(segment);
    } catch {
      this.giveUp(segment.session);
    }
  }

  private async draw({ session, number, plain }: ScreenSegment): Promise<void> {
    const kept = this.kept.get(session) ?? (await this.goOn(session, number, plain));
    if (kept?.next !== number) return this.giveUp(session);
    this.kept.set(session, kept);
    await kept.course.push(plain);
    kept.since += plain.length;
    kept.segments += 1;
    kept.next += 1;
    if (kept.course.overdrawn || this.held > HELD_MAX) return this.giveUp(session);
    // Frames never cost more than the tape that they spare.
    const isDue = kept.segments >= kept.course.segmentsApart && kept.since >= kept.cost;
    if (isDue) await this.write(session, kept);
  }

  over(session: string): void {
    this.forget(session);
    this.givenUp.delete(session);
  }

  private async write(session: string, kept: Kept): Promise<void> {
    const frame = await kept.course.frame(kept.next);
    if (!frame) return;
    kept.since = kept.segments = 0;
    try {
      if (frame.length > FRAME_BYTES_MAX) throw new Error("the frame is too large");
      const sealed = await seal(frame, sealedTo(this.place.keys), FRAME_LEVEL);
      kept.cost = sealed.length;
      await this.folder(session).writeFrame(kept.next, sealed);
    } catch {
      kept.course.notKept(kept.next);
    }
  }

  /** What an earlier framer left off, from the frame that it wrote last. */
  private async goOn(
    session: string,
    number: number,
    plain: Uint8Array,
  ): Promise<Kept | undefined> {
    const fresh = { since: 0, cost: 0, segments: 0, next: number };
    const protocol = protocolOf(plain);
    try {
      const frame = number === 0 ? undefined : await this.read(session, number);
      if (number > 0 && !frame) return undefined;
      const course = await this.courseOf(session, protocol, frame);
      return course && { ...fresh, course };
    } catch {
      return undefined;
    }
  }

  /** @param frame from which it goes on; undefined at the beginning */
  private courseOf(
    session: string,
    protocol: string | undefined,
    frame: Uint8Array | undefined,
  ): Promise<Course | undefined> | Course | undefined {
    if (protocol === "ssh") return terminals(frame);
    if (protocol === "opcua") return nodes(frame);
    return frame ? this.screen(session, frame) : new ScreenCourse();
  }

  private async screen(session: string, frame: Uint8Array): Promise<ScreenCourse | undefined> {
    const moment = await momentOf(frame, (base) => this.read(session, base));
    return moment && new ScreenCourse(moment);
  }

  private async read(session: string, number: number): Promise<Uint8Array | undefined> {
    const sealed = await this.folder(session).readFrame(number);
    return sealed && openSealed(sealed, this.place.keys.identities);
  }

  private get held(): number {
    return [...this.kept.values()].reduce((sum, { course }) => sum + course.held, 0);
  }

  private giveUp(session: string): void {
    this.forget(session);
    this.givenUp.add(session);
  }

  private forget(session: string): void {
    this.kept.get(session)?.course.close();
    this.kept.delete(session);
  }

  private folder(session: string): RecordingFolder {
    return new RecordingFolder(this.place.volume, this.place.recordings, session);
  }
}

/** Their emulator is loaded with the first of them. Throws for a frame that cannot be read. */
async function terminals(frame?: Uint8Array): Promise<TerminalCourse> {
  const moment = frame && decodeTerminalFrame(frame);
  if (frame && !moment) throw new Error("not a key frame of terminals");
  const { TerminalCourse } = await import("../terminals/terminal-course.ts");
  return new TerminalCourse(moment);
}

function nodes(frame?: Uint8Array): NodeCourse | undefined {
  const state = frame && decodeHistoryFrame(frame);
  return frame && !state ? undefined : new NodeCourse(state);
}

/** Each segment begins with the header. */
function protocolOf(plain: Uint8Array): string | undefined {
  const decoder = new TapeDecoder();
  decoder.push(plain.subarray(0, HEADER_BYTES_MAX));
  return decoder.header?.endpoint.protocol;
}

/** A header names some hundred tags at most. */
const HEADER_BYTES_MAX = 262_144;
