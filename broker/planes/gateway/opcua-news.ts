/** What becomes of a gateway's OPC UA process: for its own log, and for control while it is there. */
import type { OpcuaProcessNews } from "../../legs/opcua/apart/opcua-process.ts";
import { WORDS_MAX } from "../messages.ts";

/** Why it failed; null once it runs again. */
type Listener = (failed: string | null) => void;

export class OpcuaNews implements OpcuaProcessNews {
  private readonly say: (line: string) => void;
  private failing: string | null = null;
  private control: Listener = () => {};

  /** @param say one line for the log */
  constructor(say: (line: string) => void) {
    this.say = say;
  }

  /** The newest connection hears what comes, and of a failure that lasts. */
  tellControl(listener: Listener): void {
    this.control = listener;
    if (this.failing !== null) listener(this.failing);
  }

  failed(why: string): void {
    this.say(`the OPC UA process failed: ${why}; its sessions ended`);
    this.failing = why.slice(0, WORDS_MAX);
    this.control(this.failing);
  }

  well(): void {
    this.say("the OPC UA process runs again");
    this.failing = null;
    this.control(null);
  }
}
