/**
 * Stops and resumes reading: a side whose bytes find no room further on, in a leg, before the
 * disk or on it, is not read.
 */
import { BACKLOG_MAX, type Guard } from "../../protocols/guard.ts";
import type { TapeWriter } from "../evidence/recorder.ts";
import { LEG_QUEUE_MAX, type Leg } from "../legs/leg.ts";

interface Pressed {
  /** What waits for the disk. */
  readonly releases: { readonly isFull: boolean };
  breathe(): void;
}

export class BackPressure {
  private readonly guard: Guard;
  private readonly client: Leg;
  private readonly asset: Leg;
  private readonly tape: Pick<TapeWriter, "isBehind" | "whenCaughtUp" | "whenDurable">;
  private readonly channel: Pressed;
  private awaitsTape = false;
  private clientPaused = false;
  private assetPaused = false;

  constructor(
    { guard, client, asset }: { guard: Guard; client: Leg; asset: Leg },
    tape: Pick<TapeWriter, "isBehind" | "whenCaughtUp" | "whenDurable">,
    channel: Pressed,
  ) {
    this.guard = guard;
    this.client = client;
    this.asset = asset;
    this.tape = tape;
    this.channel = channel;
  }

  /** Something is held up: then whatever moves may let it go on. */
  get isOn(): boolean {
    return this.clientPaused || this.assetPaused || this.awaitsTape;
  }

  /** Called after whatever may have filled or emptied a queue. */
  update(): void {
    const { guard, client, asset } = this;
    const behind = this.tape.isBehind === true;
    if (behind) this.awaitTape();
    const toClientFull = client.queued > LEG_QUEUE_MAX;
    const toAssetFull = asset.queued > LEG_QUEUE_MAX;
    const clientWaits = toClientFull || toAssetFull || behind || this.channel.releases.isFull;
    const pauseClient = clientWaits || guard.backlog("client") > BACKLOG_MAX;
    const pauseAsset = toClientFull || behind || guard.backlog("asset") > BACKLOG_MAX;
    if (pauseClient !== this.clientPaused) {
      this.clientPaused = pauseClient;
      if (pauseClient) client.pause();
      else client.resume();
    }
    if (pauseAsset !== this.assetPaused) {
      this.assetPaused = pauseAsset;
      if (pauseAsset) asset.pause();
      else asset.resume();
    }
  }

  private awaitTape(): void {
    if (this.awaitsTape) return;
    this.awaitsTape = true;
    const goOn = () => {
      this.awaitsTape = false;
      this.channel.breathe();
    };
    if (this.tape.whenCaughtUp) this.tape.whenCaughtUp(goOn);
    else this.tape.whenDurable(goOn);
  }
}
