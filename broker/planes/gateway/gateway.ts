/**
 * A gateway: dials control, serves the sessions that control opens over it, hands over what it
 * recorded, and dials again whenever the connection is gone. It listens on nothing.
 */
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { Clock } from "../../clock.ts";
import { type ControlAddress, dialControl } from "../../legs/planes/control-dialer.ts";
import { CERTIFICATE_MS } from "../control/gateway-book.ts";
import { ControlLink } from "./control-link.ts";
import { keepMembership, type Membership } from "./gateway-files.ts";
import { type GatewayRecorder, openGatewayRecorder } from "./gateway-recorder.ts";
import { newKey } from "./join.ts";
import type { GatewayMeans } from "./served-sessions.ts";

export interface GatewayOptions {
  readonly dataFolder: string;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly build: string;
  readonly means: GatewayMeans;
  /** Where control may be; empty: where the membership says. */
  readonly controls?: readonly ControlAddress[];
  /** One line for the log. */
  say(line: string): void;
}

/** Between two attempts; doubled from the first to the last. */
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 15_000;
/** Control with a standby is somewhere else soon, and each place is asked in turn. */
const RETRY_MAX_OF_SEVERAL_MS = 1_000;
/** How often it looks whether its certificate is to be renewed. */
const RENEW_LOOK_MS = 60_000;

export class Gateway {
  private readonly options: GatewayOptions;
  private readonly recording: GatewayRecorder;
  private membership: Membership;
  private link: ControlLink | undefined;
  private pendingKey: string | undefined;
  private stopRenewing: (() => void) | undefined;
  private wake: () => void = () => {};
  private stopping = false;
  /** Which of its addresses control is tried at. */
  private turn = 0;
  private readonly running: Promise<void>;

  private constructor(options: GatewayOptions, recording: GatewayRecorder) {
    this.options = options;
    this.membership = options.membership;
    this.recording = recording;
    this.running = this.run();
  }

  static async open(options: GatewayOptions): Promise<Gateway> {
    const folder = join(options.dataFolder, "tapes");
    const recording = await openGatewayRecorder(folder, options.clock, (reason) =>
      options.say(`what was recorded cannot be handed over: ${reason}`),
    );
    return new Gateway(options, recording);
  }

  /** Ends its sessions as at a cut; what control has not got soon is handed over by the next start. */
  async close(): Promise<void> {
    this.stopping = true;
    this.stopRenewing?.();
    await this.link?.stop("the gateway was stopped");
    this.wake();
    await this.running;
    await this.recording.close();
    await this.options.means.opcua.close();
  }

  private async run(): Promise<void> {
    let retryMs = RETRY_FIRST_MS;
    while (!this.stopping) {
      const beganMs = this.options.clock.monotonicMs();
      const why = await this.serveOnce();
      if (this.stopping) return;
      // One that lasted was a good one: the next is tried soon.
      const lasted = this.options.clock.monotonicMs() - beganMs > RETRY_MAX_MS;
      const isOne = this.controls.length === 1;
      const mostMs = isOne ? RETRY_MAX_MS : RETRY_MAX_OF_SEVERAL_MS;
      retryMs = lasted ? RETRY_FIRST_MS : Math.min(retryMs * 2, mostMs);
      this.turn += 1;
      this.options.say(`not connected to control: ${why}; tried again in ${retryMs / 1_000} s`);
      await this.pause(retryMs);
    }
  }

  private get controls(): readonly ControlAddress[] {
    const { controls = [] } = this.options;
    return controls.length > 0 ? controls : [this.membership.control];
  }

  /** Answers why the connection is over, or why there was none. */
  private async serveOnce(): Promise<string> {
    const { clock, build, means, say } = this.options;
    const { authority, serverName, certificate, key, permitKey } = this.membership;
    const { controls, turn } = this;
    const control = controls[turn % controls.length] ?? this.membership.control;
    try {
      this.pendingKey = undefined;
      const socket = await dialControl(control, { authority, serverName }, { certificate, key });
      if (this.stopping) {
        socket.destroy();
        return "it stops";
      }
      const certificateUntilMs = Date.parse(new X509Certificate(certificate).validTo);
      this.link = new ControlLink({
        ...{ socket, clock, build, recording: this.recording, permitKey, means },
        renewed: (renewed) => this.renewed(renewed),
        said: say,
      });
      say(`connected to control at ${control.host}:${control.port}`);
      this.renewInTime(certificateUntilMs);
      return await this.link.ended;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.link = undefined;
      this.stopRenewing?.();
    }
  }

  private renewInTime(untilMs: number): void {
    this.stopRenewing?.();
    const { clock } = this.options;
    if (untilMs - clock.wallMs() < CERTIFICATE_MS / 2 && !this.pendingKey) {
      const { publicKeyPem, keyPem } = newKey();
      this.pendingKey = keyPem;
      this.link?.renew(publicKeyPem);
    }
    this.stopRenewing = clock.after(RENEW_LOOK_MS, () => this.renewInTime(untilMs));
  }

  private renewed(certificate: string): void {
    const key = this.pendingKey;
    if (!key) return;
    this.pendingKey = undefined;
    this.membership = { ...this.membership, certificate, key };
    keepMembership(this.options.dataFolder, this.membership);
    this.renewInTime(Date.parse(new X509Certificate(certificate).validTo));
  }

  private pause(forMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      this.options.clock.after(forMs, resolve);
    });
  }
}
