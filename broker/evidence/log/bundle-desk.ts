/**
 * Bundles for whoever takes one over the network: made while it is read, kept nowhere, a few at a
 * time. Reading log and recordings goes in small pieces, as sessions live in the same thread.
 */
import type { Readable } from "node:stream";
import type { Clock } from "../../clock.ts";
import type { RecordingComment } from "../../store/recording-comments.ts";
import { FewDownloads } from "../few-downloads.ts";
import { bundledComments } from "../viewing/comments.ts";
import { type BundleSource, streamBundle } from "./write-bundle.ts";

/** Each reads a disk that sessions are recorded on. */
const AT_ONCE_MAX = 3;

export interface BundleDeskParts {
  /** Folder of the recordings. */
  readonly recordings: string;
  /** Directory of the site log. */
  readonly siteLog: string;
  readonly clock: Clock;
  comments(session: string): Promise<readonly RecordingComment[]>;
  /** As `BundleSource.stored`. */
  readonly stored?: BundleSource["stored"];
}

export class BundleDesk {
  private readonly parts: BundleDeskParts;
  private readonly downloads: FewDownloads;

  constructor(parts: BundleDeskParts) {
    this.parts = parts;
    this.downloads = new FewDownloads(parts.clock, AT_ONCE_MAX);
  }

  /**
   * A zip. It fails, instead of ending, where it could not be made to its end.
   * @returns undefined where others are taking theirs @throws BundleRefused
   */
  take(session: string): Promise<Readable | undefined> {
    return this.downloads.take(async () => {
      const { recordings, siteLog, stored } = this.parts;
      const said = await this.parts.comments(session);
      const comments = (_: string, close: string) => bundledComments(said, close);
      return streamBundle({ recordings, siteLog, comments, ...(stored && { stored }) }, session);
    });
  }
}
