/** Stops and resumes reading: a side whose bytes find no room further on is not read. */
import { BACKLOG_MAX, type Guard } from "../../protocols/guard.ts";
import { LEG_QUEUE_MAX, type Leg } from "../legs/leg.ts";

export class BackPressure {
  private readonly guard: Guard;
  private readonly client: Leg;
  private readonly asset: Leg;
  private clientPaused = false;
  private assetPaused = false;

  constructor(guard: Guard, client: Leg, asset: Leg) {
    this.guard = guard;
    this.client = client;
    this.asset = asset;
  }

  /** Called after whatever may have filled or emptied a queue. */
  update(): void {
    const { guard, client, asset } = this;
    const toClientFull = client.queued > LEG_QUEUE_MAX;
    const toAssetFull = asset.queued > LEG_QUEUE_MAX;
    const pauseClient = toClientFull || toAssetFull || guard.backlog("client") > BACKLOG_MAX;
    const pauseAsset = toClientFull || guard.backlog("asset") > BACKLOG_MAX;
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
}
